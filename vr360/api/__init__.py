"""The public names: what the command line does, from Python.

Files are given as text or `Path`. Pictures are numpy arrays (H, W, 3), R'G'B' as encoded: uint8,
or uint16 with 10-bit codes 0 to 1023. Sizes are (height, width) in pixels, all eyes included.
Times are seconds, angles degrees. Options are called as on the command line; a message that names
`--smoothness` is about `smoothness`. What the user, a file or the disk is to blame for raises
`vr360.errors.Vr360Error`; a call that makes no sense raises `ValueError` or `TypeError`.

Nothing is loaded before a name is called: this package alone in vr360 imports `pipeline`.
"""

from vr360.api.files import inject, inspect, measure, open, remove
from vr360.api.painting import film, load_style, optimize, stylize, train
from vr360.api.projections import convert, load_projection, stitch

__all__ = [
    "convert",
    "film",
    "inject",
    "inspect",
    "load_projection",
    "load_style",
    "measure",
    "open",
    "optimize",
    "remove",
    "stitch",
    "stylize",
    "train",
]
