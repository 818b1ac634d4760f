"""From clips to a film: scenes, looks, turns, transitions and sound, told by one file."""
