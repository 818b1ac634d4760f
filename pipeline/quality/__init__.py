"""What the tool can show about a film or a style, in figures."""
