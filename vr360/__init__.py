"""What a 360° frame and a 360° file are: geometry, media and spherical metadata.

Nothing here knows about styles or networks. `pipeline` and `viewer` build on this package; it
imports neither.
"""

__version__ = "0.1.0"
