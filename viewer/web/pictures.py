"""Small pictures that come with a shared film: the poster, and the card of a gallery."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import radians

import av.error
import cv2
import numpy as np

from viewer.decoder import Decoder
from viewer.picture import picture_to_rgb
from viewer.thumbnails import key_frame
from vr360.frame import Rgb, VideoInfo
from vr360.geometry import rotation
from vr360.media.containers import opened
from vr360.media.stills import read_still
from vr360.projections import source_map
from vr360.sampling import build_sampler
from vr360.stereo import split_eyes
from vr360.views import Rectilinear

POSTER_SIDE = 2048
SPRITE_COLUMNS = 10
SPRITE_MOST = 60  # pictures for a seek bar
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


def sprite(info: VideoInfo) -> tuple[Rgb, int] | None:
    """Small pictures of a film in rows of ten, and how many; evenly spaced, one a second at most.

    None where the film cannot be sought in.
    """
    count = min(max(int(info.duration), 1), SPRITE_MOST)
    times = [(n + Fraction(1, 2)) * info.duration / count for n in range(count)]
    try:
        with opened(info.path) as (container, stream):
            stream.codec_context.skip_frame = "NONKEY"
            found = [key_frame(info, container, stream, time) for time in times]
    except av.error.FFmpegError:
        return None
    pictures = [each for each in found if each is not None]
    if len(pictures) < count:
        return None
    return _in_rows(pictures), count


def _in_rows(pictures: list[Rgb]) -> Rgb:
    gap = np.zeros_like(pictures[0])
    columns = min(len(pictures), SPRITE_COLUMNS)
    padded = pictures + [gap] * (-len(pictures) % columns)
    rows = [np.hstack(padded[n : n + columns]) for n in range(0, len(padded), columns)]
    return np.vstack(rows)


def jpeg(rgb: Rgb) -> bytes:
    """A JPEG file; not a progressive one: browsers take twice as long or longer to decode those."""
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    return cv2.imencode(".jpg", rgb[..., ::-1], options)[1].tobytes()
