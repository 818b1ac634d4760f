"""Small pictures that come with a shared film: the poster, and the card of a gallery."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import radians

import cv2

from viewer.decoder import Decoder
from viewer.picture import picture_to_rgb
from vr360.frame import Rgb, VideoInfo
from vr360.geometry import rotation
from vr360.media.stills import read_still
from vr360.projections import Rectilinear, source_map
from vr360.sampling import build_sampler
from vr360.stereo import split_eyes

POSTER_SIDE = 2048
CARD = (630, 1200)  # height, width: what link previews show
QUALITY = 82


@dataclass(frozen=True)
class View:
    """Where a film is looked at first; degrees."""

    yaw: float = 0.0
    pitch: float = 0.0
    fov: float = 90.0


def frame_at(info: VideoInfo, seconds: float) -> Rgb:
    """(H, W, 3) uint8 of a still, or of the frame on show.

    Raises:
        VideoOpenError: the film does not open.
    """
    if info.is_still:
        return read_still(info.path)
    with Decoder(info) as decoder:
        return picture_to_rgb(decoder.seek(Fraction(seconds).limit_denominator(10**6)))


def fitted(rgb: Rgb, side: int) -> Rgb:
    """The picture, made smaller until neither side is longer than `side`."""
    scale = side / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def card(info: VideoInfo, rgb: Rgb, view: View) -> Rgb:
    """(630, 1200, 3): what the left eye sees at first."""
    turn = rotation(radians(view.yaw), radians(view.pitch))
    target = Rectilinear(*CARD, radians(view.fov))
    return build_sampler(source_map(info), target, turn)(split_eyes(rgb, info.stereo)[0])


def jpeg(rgb: Rgb) -> bytes:
    """A JPEG file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    return cv2.imencode(".jpg", rgb[..., ::-1], options)[1].tobytes()
