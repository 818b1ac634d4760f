"""From where each pixel of a target looks to a function of pictures, on the host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import starmap

import cv2
import numpy as np

from vr360.choices import Interpolation
from vr360.frame import Rgb, peak_at
from vr360.geometry import Array, Mask
from vr360.projections import SphereMap
from vr360.sampling.footprint import measure_footprint
from vr360.sampling.surround import surround

_NOWHERE = -1000.0  # far off the canvas, where nothing but black is found
_BAND = 256  # target rows at once, where they are rendered finer than they are kept
_MOST_CHANNELS = 4  # of cv2.remap


_CV2_NAMES = {
    Interpolation.LINEAR: cv2.INTER_LINEAR,
    Interpolation.CUBIC: cv2.INTER_CUBIC,
    Interpolation.LANCZOS: cv2.INTER_LANCZOS4,
}


class Sampler:
    """Turns pictures of one map into pictures of another; see `build_sampler`.

    Positions are held in 1/32 of a pixel, as cv2 has it.

    Attributes:
        source, target, turn: what it was built from.
        footprint: how it averages where the target is coarser than the source.
        surround: the source with its neighbours beside every edge.
        interpolation: the kernel.
    """

    def __init__(
        self, source: SphereMap, target: SphereMap, turn: Array, interpolation: Interpolation
    ) -> None:
        self.source = source
        self.target = target
        self.turn = turn
        self.footprint = measure_footprint(source, target, turn)
        self.surround = surround(source, self.footprint.rows)
        self.interpolation = interpolation
        self._taps = _CV2_NAMES[interpolation]
        self._look_at(self.positions())

    def positions(self) -> Iterator[tuple[Rgb, Rgb]]:
        """Where to look on the source's canvas: x and y, float32, in bands of rows from the top.

        Together (times H, times W) for a target of (H, W) and times = footprint.supersampling.
        """
        return starmap(self._position, self._directions())

    def turn_to(self, turn: Array) -> None:
        """Look another way from now on, averaging as before.

        The target's directions are kept, in single precision: a fraction of the time that another
        sampler takes, for a few thousandths of a pixel.
        """
        self.turn = turn.astype(np.float32)
        self._look_at(starmap(self._position, self._kept))

    def _look_at(self, positions: Iterable[tuple[Rgb, Rgb]]) -> None:
        times = self.footprint.supersampling
        size = self.target.height * times, self.target.width * times
        self._whole = np.empty((*size, 2), np.int16)
        self._part = np.empty(size, np.uint16)
        row = 0
        for x, y in positions:
            rows = slice(row, row + len(x))
            self._whole[rows], self._part[rows] = cv2.convertMaps(x, y, cv2.CV_16SC2)
            row = rows.stop

    def _position(self, xyz: Rgb, seen: Mask) -> tuple[Rgb, Rgb]:
        at_x, at_y, shown = self.surround.place(xyz @ self.turn.T)
        seen = seen & shown
        at = (np.where(seen, at_x, _NOWHERE), np.where(seen, at_y, _NOWHERE))
        return at[0].astype(np.float32), at[1].astype(np.float32)

    def _directions(self) -> Iterator[tuple[Array, Mask]]:
        """Of the target's pixels, in bands of rows, and which of these show anything."""
        times = self.footprint.supersampling
        x = (np.arange(self.target.width * times) + 0.5) / times - 0.5
        y = (np.arange(self.target.height * times) + 0.5) / times - 0.5
        for start in range(0, len(y), _BAND):
            yield self.target.directions(x[None], y[start : start + _BAND, None])

    @cached_property
    def _kept(self) -> list[tuple[Rgb, Mask]]:
        return [(xyz.astype(np.float32), seen) for xyz, seen in self._directions()]

    def __call__(self, rgb: Rgb, peak: int = peak_at(10)) -> Rgb:
        """Resample one picture.

        Args:
            rgb: (H, W) or (H, W, C) of the source's size, any number of channels: uint8, uint16 or
                float32.
            peak: the highest code of uint16 pictures; sharp kernels reach beyond it.

        Returns:
            The target's size, same channels and type; black where nothing is seen.

        Raises:
            ValueError: another size or type.
        """
        if rgb.dtype not in (np.uint8, np.uint16, np.float32):
            raise ValueError(f"pictures are uint8, uint16 or float32, got {rgb.dtype}")
        if rgb.shape[:2] != (self.source.height, self.source.width) or rgb.ndim not in (2, 3):
            size = f"{self.source.height}x{self.source.width}"
            raise ValueError(f"built for pictures of {size}, got {rgb.shape}")
        channels = rgb.reshape(*rgb.shape[:2], -1)
        parts = [
            self._sample(np.ascontiguousarray(channels[..., i : i + _MOST_CHANNELS]))
            for i in range(0, channels.shape[2], _MOST_CHANNELS)
        ]
        out = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)
        if rgb.dtype == np.uint16:
            np.minimum(out, peak, out=out)
        return out.reshape(self.target.height, self.target.width, *rgb.shape[2:])

    def _sample(self, rgb: Rgb) -> Rgb:
        canvas = self.surround.extend(rgb)
        times = self.footprint.supersampling
        if times == 1:
            return cv2.remap(canvas, self._whole, self._part, self._taps)
        out = np.empty((self.target.height, self.target.width, rgb.shape[2]), rgb.dtype)
        for start in range(0, len(out), _BAND):
            band = out[start : start + _BAND]
            rows = slice(start * times, (start + len(band)) * times)
            fine = cv2.remap(canvas, self._whole[rows], self._part[rows], self._taps)
            coarse = cv2.resize(fine, band.shape[1::-1], interpolation=cv2.INTER_AREA)
            band[:] = coarse.reshape(band.shape)
        return out


def build_sampler(
    source: SphereMap,
    target: SphereMap,
    turn: Array | None = None,
    interpolation: Interpolation = Interpolation.CUBIC,
) -> Sampler:
    """A function from pictures of `source` to pictures of `target`.

    Args:
        source, target: see `vr360.projections`; one eye each.
        turn: (3, 3) rotation from the target's directions to the source's: with
            `rotation(yaw, pitch, roll)` the target's front looks at (lon = yaw, lat = pitch).
        interpolation: `LANCZOS` is sharper and takes about four times as long.
    """
    return Sampler(source, target, np.eye(3) if turn is None else turn, interpolation)
