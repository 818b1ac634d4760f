"""OpenEXR panoramas: linear light, half or float, as 16-bit sRGB.

Values above 1 are brighter than a display's white and are clipped. Chromaticities of the header
are brought to those of BT.709; where it names none, they are those.

Source: OpenEXR, technical introduction and file layout; IEC 61966-2-1 for the transfer.
"""

from __future__ import annotations

import struct
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.frame import Rgb
from vr360.geometry import Array

BT709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
"""x and y of red, green, blue and white."""

_ROWS = 256  # at a time: an 8K picture in floats has 400 MB
_TOP = 65535
_HEADER = 1 << 20
_ATTRIBUTE = b"chromaticities\0chromaticities\0" + struct.pack("<i", 32)
_FLOATS: dict[str, type[np.floating]] = {"16": np.float16, "32": np.float32}


def exr_as_png(path: Path) -> bytes:
    """A PNG of 16 bits.

    Raises:
        ValueError: not decoded; says why.
    """
    codes = to_srgb(read_linear(path), primaries_of(path))
    return cv2.imencode(".png", codes[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def read_linear(path: Path) -> NDArray[np.floating]:
    """(H, W, 3) float16 or float32 as they lie in the file; grey is widened, alpha left out.

    Raises:
        ValueError: not decoded; says why.
    """
    try:
        with av.open(f"file:{path.absolute()}", format="exr_pipe") as container:
            frame = next(container.decode(video=0))
    except (av.error.FFmpegError, StopIteration) as error:
        raise ValueError(getattr(error, "strerror", None) or "no layer of R, G and B") from None
    layout = frame.format.name.removesuffix("le")
    order = {"gbr": (2, 0, 1), "gra": (0, 0, 0)}.get(layout[:3])
    kind = _FLOATS.get(layout[-2:])
    if order is None or kind is None:
        raise ValueError(f"its channels are {frame.format.name}, not half or float")
    return np.stack([_plane(frame, plane, kind) for plane in order], axis=-1)


def _plane(frame: av.VideoFrame, number: int, kind: type[np.floating]) -> NDArray[np.floating]:
    values = np.frombuffer(memoryview(frame.planes[number]), kind).reshape(frame.height, -1)
    return values[:, : frame.width]


def primaries_of(path: Path) -> tuple[float, ...]:
    """The chromaticities that the header names, as `BT709`."""
    with path.open("rb") as file:
        head = file.read(_HEADER)
    at = head.find(_ATTRIBUTE)
    if at < 0 or at + len(_ATTRIBUTE) + 32 > len(head):
        return BT709
    return struct.unpack_from("<8f", head, at + len(_ATTRIBUTE))


def to_srgb(linear: NDArray[np.floating], primaries: tuple[float, ...] = BT709) -> Rgb:
    """(H, W, 3) uint16 codes of linear light, clipped to 0..1; what is no number is black."""
    turn = None if np.allclose(primaries, BT709, atol=1e-3) else _between(primaries)
    codes = np.empty(linear.shape, np.uint16)
    for at in range(0, len(linear), _ROWS):
        part = np.nan_to_num(linear[at : at + _ROWS].astype(np.float32), posinf=1e4, neginf=0)
        if turn is not None:
            part = part @ turn.T
        codes[at : at + _ROWS] = np.rint(_TOP * _encoded(part.clip(0, 1)))
    return codes


def _encoded(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """The transfer of sRGB: IEC 61966-2-1."""
    curve = 1.055 * light ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, curve).astype(np.float32)


def _between(primaries: tuple[float, ...]) -> NDArray[np.float32]:
    """(3, 3) from light of these primaries to that of BT.709, white to white."""
    try:
        turn = np.linalg.solve(_to_xyz(BT709), _to_xyz(primaries))
    except np.linalg.LinAlgError:
        raise ValueError("its chromaticities are those of no display") from None
    white = turn @ np.ones(3)  # another white is taken for ours, as an eye does
    return np.asarray(turn / white[:, None], np.float32)


def _to_xyz(primaries: tuple[float, ...]) -> Array:
    """(3, 3): the columns are XYZ of red, green and blue (SMPTE RP 177)."""
    x, y = np.array(primaries).reshape(4, 2).T
    columns = np.stack([x, y, 1 - x - y])
    with np.errstate(all="raise"):
        try:
            columns = columns / y
        except FloatingPointError:
            raise ValueError("its chromaticities are those of no display") from None
    scaled: Array = columns[:, :3] * np.linalg.solve(columns[:, :3], columns[:, 3])
    return scaled
