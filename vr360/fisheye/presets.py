"""Cameras that are known by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vr360.errors import CameraError
from vr360.fisheye.camera import Camera, ideal_camera
from vr360.fisheye.pto import hugin_lens, read_pto

AUTO = "auto"
_IDEAL = re.compile(r"ideal-\d+(\.\d+)?")


def _gear360_2016() -> Camera:
    """Samsung SM-C200: 3840x1920 films, 7776x3888 stills."""
    size = {"w": 3840, "h": 1920}
    left = {"v": 387.454063018623, "y": 0, "p": 0, "r": 0, "b": 0.0115820133918171, "d": -907.2}
    right = {
        "v": 372.778480484579,
        "y": 168.87925571057,
        "p": -0.335220286462938,
        "r": 0.597332522733759,
        "b": -0.00193455996232153,
        "d": 907,
    }
    lenses = (
        hugin_lens(size | left, (-39, 1953, -57, 2004)),
        hugin_lens(size | right, (1889, 3890, -43, 1973)),
    )
    source = "gear360video3840.pto of ultramango/gear360pano, MIT"
    return Camera("gear360-2016", 1920, 3840, lenses, source)


def _gear360_2017() -> Camera:
    """Samsung SM-R210: 4096x2048 films, 5792x2896 stills."""
    size = {"w": 5792, "h": 2896}
    left = {"v": 393.753196246989, "y": 0, "p": 0, "r": 0, "d": -1526.07062098465}
    left["b"] = 0.00243108424513467
    right = {
        "v": 373.044609390441,
        "y": -167.574941075364,
        "p": 0.334382621836863,
        "r": -0.219420460133713,
        "b": -0.00105999568171646,
        "d": 1550.75675269003,
    }
    lenses = (
        hugin_lens(size | left, (0, 2896, 0, 2896)),
        hugin_lens(size | right, (2896, 5792, 0, 2896)),
    )
    source = "gear360sm-r210.pto of ultramango/gear360pano, MIT"
    return Camera("gear360-2017", 2896, 5792, lenses, source)


def _theta() -> Camera:
    """Ricoh Theta SC: 1920x1080, both circles at the top, black below."""
    return ideal_camera(
        "theta",
        1080,
        1920,
        fov=np.radians(202.15558),
        focal=4.7488 / np.radians(1),
        circle=480.0,
        back_turn=(np.radians(178.761624), np.radians(1.109424), np.radians(0.6723145)),
        source="an ideal lens as measured by a user of a Theta SC, "
        "monochrome.sutic.nu/2017/08/03/ricoh-theta-sc-lens-parameters.html",
    )


def _insta360() -> Camera:
    """Insta360 cameras that write both lenses into one 2:1 picture (.insp, stitched .insv)."""
    fov = np.radians(204)
    return ideal_camera(
        "insta360",
        1920,
        3840,
        fov=fov,
        focal=1920 / fov,
        source="an ideal lens; the angle that a user found by trial, "
        "www.arj.no/2025/12/19/insta360-to-equirectangular",
    )


CAMERAS: dict[str, Callable[[], Camera]] = {
    "gear360-2016": _gear360_2016,
    "gear360-2017": _gear360_2017,
    "theta": _theta,
    "insta360": _insta360,
}


def _ideal(name: str) -> Camera:
    """Two lenses of the angle in the name, inscribed in the halves of a 2:1 picture."""
    degrees = float(name.removeprefix("ideal-"))
    if not 180 < degrees <= 300:
        raise CameraError(f"{name}: each lens must see more than 180 and at most 300 degrees")
    fov = np.radians(degrees)
    return ideal_camera(name, 1920, 3840, fov, 1920 / fov, "two ideal lenses, as asked for")


def check_camera(name: str) -> None:
    """Raise CameraError for what is neither `auto` nor what `find_camera` finds."""
    if name != AUTO:
        find_camera(name)


def find_camera(name: str | Path) -> Camera:
    """A camera by the name of its preset, from a Hugin project, or `ideal-FOV` (degrees).

    Raises:
        CameraError: neither, or a project that does not parse.
    """
    if str(name) in CAMERAS:
        return CAMERAS[str(name)]()
    if _IDEAL.fullmatch(str(name)):
        return _ideal(str(name))
    path = Path(name)
    if path.suffix.lower() == ".pto" or path.is_file():
        return read_pto(path)
    raise CameraError(
        f"no camera {str(name)!r}: there are {', '.join(CAMERAS)} and ideal-FOV (as "
        "ideal-195); or give a Hugin project (.pto)"
    )
