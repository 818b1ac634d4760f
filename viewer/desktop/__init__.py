"""The window: Qt widgets around the player and the renderer."""
