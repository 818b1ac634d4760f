"""How a film is looked at in a browser: the player, the folder that is shared, and its server."""
