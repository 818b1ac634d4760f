"""Training a style: data, losses, and the loop that reads from top to bottom."""
