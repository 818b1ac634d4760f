"""The attitude that GoPro cameras write: from GPMF samples to `Attitude`.

GRAV   where down is, CORI how the camera has turned, IORI how the picture lies in the camera; their
       quaternions, w first, take directions of the world to the camera's, and the camera's to the
       picture's. Axes: x right, y down, z ahead.
ACCL, GYRO   of cameras without these. Letters (`ORIN`) name the axes of the numbers: X left, Y
       back, Z up, and small ones their opposites; cameras that name none write Z, X, Y.

Source: gopro/gpmf-parser, README and issues 100, 165, 170. Signs and axes were checked against
gravity, the gyroscope and the picture of gpmf-parser's sample of a MAX.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from vr360.cameras import gpmf
from vr360.cameras.attitude import (
    Attitude,
    integrated,
    interpolated,
    matrices,
    products,
    same_sign,
    settled,
    unit,
)
from vr360.geometry import Array

_LETTERS = {"X": (-1, 0, 0), "Y": (0, 0, 1), "Z": (0, 1, 0)}  # in the picture's axes
_UNNAMED = "ZXY"
_TO_PICTURE = np.array([1.0, -1.0, -1.0])  # of GRAV's axes
_OF_GRAVITY, _OF_ACCELERATION, _UNTURNED = 0.5, 2.0, 0.1  # seconds that down is averaged over
_WANTED = {"GRAV": 3, "CORI": 4, "IORI": 4, "ACCL": 3, "GYRO": 3}  # with so many columns
_NOTHING = 1e-6


class Sample(NamedTuple):
    """One GPMF sample: when it begins, how long it lasts (seconds), and its bytes."""

    start: float
    seconds: float
    data: bytes


class Series(NamedTuple):
    """One sensor's readings (N, columns) at (N,) seconds."""

    times: Array
    values: Array


def attitude(samples: Iterable[Sample]) -> Attitude | None:
    """How the camera lay; None where its sensors do not tell which way is down.

    Raises:
        MetadataError: a sample that does not add up.
    """
    found = _sensors(samples)
    if "GRAV" in found and (np.abs(found["GRAV"].values).sum(1) > _NOTHING).mean() > 0.5:
        return _by_gravity(found)
    return _by_acceleration(found) if "ACCL" in found else None


def _sensors(samples: Iterable[Sample]) -> dict[str, Series]:
    """The sensors that tell of attitude, over the whole film; a sample's readings are even."""
    parts: dict[str, list[tuple[Array, Array]]] = {}
    for sample in samples:
        for stream in gpmf.streams(sample.data):
            count = len(stream.values)
            if not count or stream.values.shape[1] != _WANTED.get(stream.key):
                continue
            times = np.asarray(sample.start + np.arange(count) * (sample.seconds / count), float)
            values = stream.values
            if stream.key in ("ACCL", "GYRO"):
                values = values @ _axes(stream.axes)
            parts.setdefault(stream.key, []).append((times, values))
    joined = {
        key: [np.concatenate(side) for side in zip(*pairs, strict=True)]
        for key, pairs in parts.items()
    }
    return {key: Series(*both) for key, both in joined.items() if len(both[0]) > 1}


def _axes(letters: str) -> Array:
    """(3, 3) that takes readings in the order and signs that letters name to the picture's axes."""
    named = letters if sorted(letters.upper()) == ["X", "Y", "Z"] else _UNNAMED
    rows = [np.multiply(_LETTERS[c.upper()], 1 if c.isupper() else -1) for c in named]
    return np.array(rows, float)


def _by_gravity(found: dict[str, Series]) -> Attitude:
    times, down = found["GRAV"]
    down = unit(down)
    image = _quaternions(found, "IORI", times)
    if image is not None:
        down = np.einsum("nij,nj->ni", matrices(image), down)
    camera = _quaternions(found, "CORI", times)
    if camera is not None and image is not None:
        camera = same_sign(products(image, camera))
    seconds = _UNTURNED if camera is None else _OF_GRAVITY
    turned = None if camera is None else camera * np.array([1.0, *_TO_PICTURE])
    return settled(times, down * _TO_PICTURE, turned, seconds)


def _by_acceleration(found: dict[str, Series]) -> Attitude | None:
    """Down is where what is held up does not fall to: opposite to the mean acceleration."""
    times, acceleration = found["ACCL"]
    orientation = None
    if "GYRO" in found:
        moments, turned = integrated(*found["GYRO"])
        orientation = unit(interpolated(times, moments, turned))
    seconds = _UNTURNED * 4 if orientation is None else _OF_ACCELERATION
    return settled(times, -acceleration, orientation, seconds)


def _quaternions(found: dict[str, Series], key: str, times: Array) -> Array | None:
    """(N, 4) unit quaternions at other times; None where the film has none."""
    if key not in found:
        return None
    return unit(interpolated(times, found[key].times, same_sign(found[key].values)))
