"""The first picture of a film: what probing looks at."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from vr360.errors import VideoOpenError
from vr360.frame import Rgb
from vr360.media.colour import RgbConverter, colour_of, depth_of
from vr360.media.containers import counts_frames, opened
from vr360.media.rotation import display_matrix, upright


def first_picture(path: Path, number: int) -> Rgb:
    """The first picture of a video track, upright."""
    with opened(path, number) as (container, stream):
        first = first_frame(path, container, stream)
        colour, _ = colour_of(first, first.height)
        return upright(RgbConverter(colour, depth_of(first))(first), display_matrix(first))


def first_frame(path: Path, container: InputContainer, stream: VideoStream) -> av.VideoFrame:
    try:
        return next(container.decode(stream))
    except (av.error.FFmpegError, StopIteration):
        raise VideoOpenError(f"{path}: not one frame of it can be decoded") from None


def has_alpha(frame: av.VideoFrame) -> bool:
    """Whether a decoded frame says how transparent it is."""
    return any(component.is_alpha for component in frame.format.components)


def start_time(container: InputContainer, first: av.VideoFrame) -> Fraction:
    if counts_frames(container):
        return Fraction(0)
    return (first.pts or 0) * Fraction(first.time_base or 1)
