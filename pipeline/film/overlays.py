"""Titles, stills and flat clips on the sphere, and what hides the foot of the camera.

A flat picture stands upright on the sphere at a direction, as wide as an angle; the same for both
eyes, or turned for each as far as its distance wants it. moviepy draws the letters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.film.light import mix
from pipeline.film.near import PUPILS
from pipeline.film.playing import Playing
from pipeline.film.script import Flat
from pipeline.looks.masks import Floats
from vr360.errors import InputError
from vr360.frame import Projection, Rgb, Stereo, peak_of
from vr360.geometry import FULL_TURN, equirect_directions, rotation
from vr360.media.probe import probe

_PIXELS = 8  # of a drawn letter's height for each degree that the title is wide
_FLATTEST = 0.25  # cosine of a pitch: eyes on a circle see no distance straight up or down
_LIMIT = 0.05  # cosine of the angle to a flat picture's plane from which on it is not seen


Plane = tuple[Any, Any, Any]


@dataclass(frozen=True)
class Patch:
    """A flat picture: R'G'B' (h, w, 3) in 0..1, and how opaque it is (h, w)."""

    rgb: Floats
    alpha: Floats


class Overlay:
    """One of them, laid on frames of one size.

    Args:
        flat: what it is.
        height, width: of an eye.
    """

    def __init__(self, flat: Flat, height: int, width: int) -> None:
        self._flat = flat
        self._shape = height, width
        self._at = open_flat(flat)
        self._planes: dict[int, Plane] = {}

    def __call__(self, eye: Rgb, seconds: float, side: int = 0) -> Rgb:
        """The eye (H, W, 3) with it, at a time of the film; side is 1 of a left eye, -1 of a right
        one, 0 of the only one.
        """
        flat = self._flat
        own = seconds - float(flat.start)
        if not 0 <= own < float(flat.seconds):
            return eye
        patch = self._fitted(self._at(own))
        share = _fade(flat, own)
        x, y, seen = self._places(side, *patch.alpha.shape)
        rgb = cv2.remap(patch.rgb, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.remap(patch.alpha, x, y, cv2.INTER_LINEAR)
        peak = peak_of(eye)
        codes = np.asarray(np.rint(rgb * peak), eye.dtype)
        return mix(eye, codes, np.where(seen, alpha * np.float32(share), np.float32(0)))

    def _fitted(self, patch: Patch) -> Patch:
        """The patch with no more pixels than the sphere has for it, so that nothing aliases."""
        rows, columns = patch.alpha.shape
        across = 2 * np.tan(self._flat.width / 2) / (FULL_TURN / self._shape[1])
        if columns <= 1.25 * across:
            return patch
        size = max(1, round(across)), max(1, round(rows * across / columns))
        rgb, alpha = (cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in astuple(patch))
        return Patch(rgb, alpha)

    def _places(self, side: int, rows: int, columns: int) -> tuple[Floats, Floats, Any]:
        """Where each pixel of the sphere lies on the flat picture, and whether it does."""
        if side not in self._planes:
            self._planes[side] = self._plane(side * parallax(self._flat))
        u, v, seen = self._planes[side]
        half = np.tan(self._flat.width / 2)
        x = (u / half + 1) * columns / 2 - 0.5
        y = (rows - v / half * columns) / 2 - 0.5
        return x.astype(np.float32), y.astype(np.float32), seen

    def _plane(self, aside: float) -> Plane:
        """Places on the plane that touches the sphere at its direction, right and up."""
        turn = rotation(self._flat.yaw + aside, self._flat.pitch, self._flat.roll)
        x, y, z = np.moveaxis(equirect_directions(*self._shape) @ turn, -1, 0)
        seen = -z > _LIMIT
        ahead = np.where(seen, -z, 1)
        return x / ahead, y / ahead, seen


def parallax(flat: Flat) -> float:
    """By how much further right a left eye sees it than one between both, radians of yaw.

    The eyes lie on a circle about the middle of the sphere, as those of a stereo panorama do.
    """
    if flat.distance is None:
        return 0.0
    return float(np.arcsin(PUPILS / 2 / (flat.distance * max(np.cos(flat.pitch), _FLATTEST))))


def open_flat(flat: Flat) -> Callable[[float], Patch]:
    """What it shows at each of its own seconds.

    Raises:
        InputError: a file that cannot be read, or a font that is none.
    """
    if flat.kind == "film":
        return _film(flat)
    patch = _title(flat) if flat.kind == "text" else _still(flat)
    return lambda seconds: patch


def _title(flat: Flat) -> Patch:
    from moviepy import TextClip

    font = str(flat.values["font"]) if "font" in flat.values else None
    colour = "#" + "".join(f"{round(255 * each):02x}" for each in flat.values["colour"])
    size = max(24, round(np.degrees(flat.width) * _PIXELS))
    try:
        clip = TextClip(
            font=font,
            text=flat.values["text"],
            font_size=size,
            color=colour,
            margin=(8, size // 2),  # less cuts off what hangs below the line
            text_align="center",
        )
    except (OSError, ValueError) as error:
        raise InputError(f"font: {font} cannot be used: {error}") from None
    mask = np.asarray(clip.mask.get_frame(0), np.float32)
    even = np.broadcast_to(np.array(flat.values["colour"], np.float32), (*mask.shape, 3))
    return Patch(np.ascontiguousarray(even), mask)


def _still(flat: Flat) -> Patch:
    read = cv2.imread(str(flat.values["file"]), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise InputError(f"{flat.values['file']}: no picture that can be read")
    peak = np.float32(65535 if read.dtype == np.uint16 else 255)
    whole = np.asarray(read, np.float32) / peak
    whole = whole[..., None].repeat(3, 2) if whole.ndim == 2 else whole
    alpha = whole[..., 3] if whole.shape[2] == 4 else np.ones(whole.shape[:2], np.float32)
    return Patch(np.ascontiguousarray(whole[..., 2::-1]), np.ascontiguousarray(alpha))


def _film(flat: Flat) -> Callable[[float], Patch]:
    path = flat.values["file"]
    playing = Playing(probe(path, Projection.CUBEMAP, Stereo.MONO))  # of any shape

    def at(seconds: float) -> Patch:
        shown = playing(seconds)
        rgb = np.asarray(shown / np.float32(peak_of(shown)), np.float32)
        return Patch(rgb, np.ones(rgb.shape[:2], np.float32))

    return at


def _fade(flat: Flat, own: float) -> float:
    """How much of it shows at one of its own seconds."""
    comes = own / float(flat.fade_in) if flat.fade_in else 1.0
    goes = (float(flat.seconds) - own) / float(flat.fade_out) if flat.fade_out else 1.0
    return float(np.clip(min(comes, goes), 0, 1))
