"""What a page is told of a film: how the sphere and the eyes lie on it. JSON, in the page's words.

Convention: rectangles are (left, top, width, height) in shares of the picture; matrices are column
by column, as WebGL takes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from viewer.film import layout_of
from viewer.journey import load_journey
from viewer.layout import Layout, eye_area
from viewer.orientation import file_pose
from vr360.errors import InputError
from vr360.frame import Projection, Stereo, VideoInfo

SHOWN = (Projection.EQUIRECT, Projection.HALF_EQUIRECT, Projection.DUAL_FISHEYE)


def layout_for_page(info: VideoInfo) -> dict[str, Any]:
    """`Layout` of `viewer/web/player/sphere.js`.

    Raises:
        InputError: a cube map, which a page cannot draw from one picture.
    """
    if info.projection not in SHOWN:
        raise InputError(
            f"{info.path}: a page shows equirect, VR180 and dual-fisheye films, not "
            f"{info.projection}; convert it first: vr360 convert {info.path} equirect.mp4"
        )
    layout = layout_of(info)
    part = layout.window
    return {
        "projection": str(layout.projection),
        "eyes": _eyes(layout),
        "window": [part.left, part.top, part.width, part.height],
        "lensFov": layout.lens_fov,
        "frontLens": layout.front_lens,
    }


def orientation_for_page(info: VideoInfo) -> list[float] | None:
    """The rotation from the world to the picture that the metadata asks for."""
    turn = file_pose(info.path).orientation
    return None if turn is None else [float(value) for value in turn.T.ravel()]


def path_for_page(path: Path) -> list[dict[str, float]]:
    """The keyframes of a view path; seconds and radians.

    Raises:
        InputError: missing, no view path, or an empty one.
    """
    frames = load_journey(path).keyframes
    if not frames:
        raise InputError(f"{path}: the view path has no keyframes")
    return [
        {"time": k.time, "yaw": k.camera.yaw, "pitch": k.camera.pitch, "fov": k.camera.fov}
        for k in frames
    ]


def _eyes(layout: Layout) -> list[list[float]]:
    count = 1 if layout.stereo is Stereo.MONO else 2
    return [_eye(layout.stereo, eye) for eye in range(count)]


def _eye(stereo: Stereo, eye: int) -> list[float]:
    rows, columns = eye_area(stereo, eye, 2, 2)
    size = columns.stop - columns.start, rows.stop - rows.start
    return [share / 2 for share in (columns.start, rows.start, *size)]
