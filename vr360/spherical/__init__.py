"""Spherical metadata of films and stills: read it, put it in, take it out, never harm the file.

MP4 and MOV get Spherical Video V1 and V2 (and `SA3D` for ambisonic sound), Matroska and WebM a
Projection element, JPEG and PNG panorama properties in XMP. Media is copied byte for byte.

    inject("film.mp4", SphericalMetadata(Projection.EQUIRECT, Stereo.TOP_BOTTOM))
    inspect("film.mp4").metadata
    remove("film.mp4")
"""

from vr360.spherical.defaults import guess
from vr360.spherical.edit import inject, inspect, remove
from vr360.spherical.files import Progress
from vr360.spherical.model import FULL, Ambisonic, Bounds, SphericalMetadata
from vr360.spherical.report import Report, Statement, Verdict, name_suffix, suffixed

__all__ = [
    "FULL",
    "Ambisonic",
    "Bounds",
    "Progress",
    "Report",
    "SphericalMetadata",
    "Statement",
    "Verdict",
    "guess",
    "inject",
    "inspect",
    "name_suffix",
    "remove",
    "suffixed",
]
