"""What is drawn where: which picture, which eye, which part of the window. Pure.

Rectangles are (x, y, width, height) in pixels from the lower left corner, as OpenGL counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import tan

import numpy as np

from viewer.camera import Camera, Point, Size, view_ray
from viewer.layout import Eyes, View
from vr360.frame import Stereo
from vr360.geometry import FULL_TURN, HALF_TURN, Array, lonlat_to_xyz

Rectangle = tuple[int, int, int, int]

ALL_CHANNELS = (True, True, True)
RED_ONLY = (True, False, False)
CYAN_ONLY = (False, True, True)
LEFT, RIGHT = 0, 1


class Compare(StrEnum):
    """How two pictures share the window."""

    A = "a"
    B = "b"
    WIPE = "wipe"
    SIDE_BY_SIDE = "side-by-side"


@dataclass(frozen=True)
class Pass:
    """One drawing of one eye of one picture.

    Attributes:
        slot: name of the picture in the renderer.
        viewport: where the view lies.
        cut: part of the window that may be painted.
        channels: red, green, blue that may be painted.
        opacity: below 1, or with a picture that has alpha, what lies beneath shines through.
    """

    slot: str
    eye: int
    viewport: Rectangle
    cut: Rectangle
    channels: tuple[bool, bool, bool] = ALL_CHANNELS
    blend: bool = False
    opacity: float = 1.0


def compose(
    size: Size,
    slots: Sequence[str],
    compare: Compare = Compare.A,
    wipe: float = 0.5,
    eyes: Eyes = Eyes.LEFT,
    overlay: str | None = None,
) -> list[Pass]:
    """Passes for a window of `size` that shows one or two pictures.

    `slots` names picture A and, where there is one, picture B; `wipe` is the share of the width,
    0..1, that shows A in a wipe; `overlay` names a picture with alpha that is laid over everything.
    """
    areas = _shared(size, slots, compare, wipe)
    passes = [p for slot, view, cut in areas for p in _with_eyes(slot, view, cut, eyes)]
    if overlay is not None:
        passes += [replace(p, slot=overlay, blend=True) for p in passes]
    return passes


def reach(camera: Camera, view: View, size: Size) -> tuple[float, float]:
    """Half-extents of the image plane at the edges of a viewport.

    Rectilinear: tangents. Planet: the stereographic plane, `planet_fov` wide. Flat: radians of
    longitude and latitude, 2:1 kept.
    """
    height, width = size
    if view is View.FLAT:
        half = max(HALF_TURN, HALF_TURN / 2 * width / height)
    elif view is View.PLANET:
        half = tan(planet_fov(camera.fov) / 4)
    else:
        half = tan(camera.fov / 2)
    return half, half * height / width


def direction_at(point: Point, size: Size, camera: Camera, view: View) -> Array | None:
    """Unit vector (3,) in world axes of what is seen at a point of a view; None beside it."""
    half, high = reach(camera, view, size)
    x = (2 * point[0] / size[1] - 1) * half
    y = (1 - 2 * point[1] / size[0]) * high
    if view is View.FLAT:
        if abs(x) > HALF_TURN or abs(y) > HALF_TURN / 2:
            return None
        ray = lonlat_to_xyz(np.array(x), np.array(y))
    elif view is View.PLANET:
        around = x * x + y * y
        ray = np.array([2 * x, 2 * y, around - 1]) / (around + 1)
    else:
        ray = view_ray(point, size, camera.fov)
    found: Array = view_matrix(camera, view) @ ray
    return found


def viewport_at(point: Point, height: int, passes: Sequence[Pass]) -> Rectangle | None:
    """Where the view lies that is painted at a point of a window; None where none is."""
    x, y = point[0], height - point[1]
    for each in passes:
        left, bottom, width, high = each.cut
        if left <= x < left + width and bottom < y <= bottom + high:
            return each.viewport
    return None


def planet_fov(fov: float) -> float:
    """Field of view of the little planet: three times the camera's, one zoom serves both."""
    return min(3 * fov, FULL_TURN * 0.95)


def view_matrix(camera: Camera, view: View) -> Array:
    """(3, 3) rotation from the axes of a view to the world.

    The planet looks down where the camera looks level. The flat view ignores pitch and roll and has
    the seam, not the front, in its middle.
    """
    if view is View.FLAT:
        return Camera(yaw=camera.yaw + HALF_TURN).matrix()
    if view is View.PLANET:
        down = Camera(pitch=-HALF_TURN / 2).matrix()
        turned: Array = camera.matrix() @ down
        return turned
    return camera.matrix()


def eyes_that_exist(stereo: Stereo, eyes: Eyes) -> Eyes:
    """A mono picture has the left eye alone."""
    return Eyes.LEFT if stereo is Stereo.MONO else eyes


def _shared(
    size: Size, slots: Sequence[str], compare: Compare, wipe: float
) -> list[tuple[str, Rectangle, Rectangle]]:
    """(slot, viewport, cut) of each picture."""
    height, width = size
    whole = (0, 0, width, height)
    if len(slots) == 1 or compare is Compare.A:
        return [(slots[0], whole, whole)]
    if compare is Compare.B:
        return [(slots[1], whole, whole)]
    edge = round(width * (wipe if compare is Compare.WIPE else 0.5))
    left, right = (0, 0, edge, height), (edge, 0, width - edge, height)
    if compare is Compare.SIDE_BY_SIDE:
        return [(slots[0], left, left), (slots[1], right, right)]
    return [(slots[0], whole, left), (slots[1], whole, right)]


def _with_eyes(slot: str, view: Rectangle, cut: Rectangle, eyes: Eyes) -> list[Pass]:
    if eyes is Eyes.ANAGLYPH:
        return [Pass(slot, LEFT, view, cut, RED_ONLY), Pass(slot, RIGHT, view, cut, CYAN_ONLY)]
    if eyes is Eyes.BOTH:
        x, y, width, height = view
        half = width // 2
        views = [(x, y, half, height), (x + half, y, width - half, height)]
        return [Pass(slot, eye, area, _overlap(area, cut)) for eye, area in enumerate(views)]
    return [Pass(slot, LEFT if eyes is Eyes.LEFT else RIGHT, view, cut)]


def _overlap(a: Rectangle, b: Rectangle) -> Rectangle:
    left, bottom = max(a[0], b[0]), max(a[1], b[1])
    right = min(a[0] + a[2], b[0] + b[2])
    top = min(a[1] + a[3], b[1] + b[3])
    return left, bottom, max(right - left, 0), max(top - bottom, 0)
