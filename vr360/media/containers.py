"""Opening files with PyAV, and finding out whether all of a file is there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from vr360.errors import VideoOpenError
from vr360.media.transcoding import is_transcoded, picture_bytes

_NO_MEDIA = ("tty",)  # libavformat plays any text file as a picture of its letters
_UNTIMED = ("avi", "h264", "hevc", "m4v", "mjpeg", "mpegvideo")
_ONE_LENGTH = ("asf",)  # which gives every stream the length of the longest
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_ISO_TOP = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"moof", b"sidx")


def check_readable(path: Path) -> None:
    """Raise VideoOpenError for what no decoder needs to look at."""
    if str(path) == "-" or path.is_fifo() or path.is_char_device():
        raise VideoOpenError(
            f"{path}: a pipe can be read once, and films are read several times; write it into a "
            "file first"
        )
    if not path.exists():
        raise VideoOpenError(f"{path}: no such file")
    if path.is_file() and path.stat().st_size == 0:
        raise VideoOpenError(f"{path}: the file is empty")
    try:
        path.open("rb").close()
    except IsADirectoryError:
        return
    except OSError as error:
        raise VideoOpenError(f"{path}: cannot be read ({error.strerror})") from None


@contextmanager
def opened(path: Path, number: int = 0) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its main video stream, decoding on all cores.

    Args:
        path: of the film or picture.
        number: 1 takes the second video stream.

    Raises:
        VideoOpenError: missing, empty, not a film, or without a video stream.
    """
    check_readable(path)
    try:
        container = _opened(path)
    except av.error.FFmpegError as error:
        raise VideoOpenError(_cannot_open(path, error)) from None
    with container:
        if container.format.name in _NO_MEDIA:
            raise VideoOpenError(f"{path}: neither a film nor a picture")
        stream = main_video(container, path, number)
        stream.thread_type = "AUTO"
        yield container, stream


def open_media(path: Path, options: dict[str, str] | None = None) -> InputContainer:
    """A file of any kind; tags in another encoding than UTF-8 do not keep it from being read.

    Raises:
        av.error.FFmpegError: see there.
    """
    return av.open(str(path.absolute()), options=options, metadata_errors="replace")


def _opened(path: Path) -> InputContainer:
    if not is_transcoded(path):
        return open_media(path)
    try:
        png = picture_bytes(path)
    except ValueError as error:
        raise VideoOpenError(f"{path}: {error}") from None
    return av.open(io.BytesIO(png), "r", format="png_pipe")


def main_video(container: InputContainer, path: Path, number: int = 0) -> VideoStream:
    """The first video stream that is no cover picture, or one of those behind it."""
    pictures = real_videos(container)
    if len(pictures) > number:
        return pictures[number]
    raise VideoOpenError(f"{path}: the file holds no video stream of a kind that is known")


def first_frame(path: Path, container: InputContainer, stream: VideoStream) -> av.VideoFrame:
    """The first picture that a stream shows; raises VideoOpenError where there is none."""
    try:
        return next(container.decode(stream))
    except (av.error.FFmpegError, StopIteration):
        raise VideoOpenError(f"{path}: not one frame of it can be decoded") from None


def real_videos(container: InputContainer) -> list[VideoStream]:
    """The video streams that are no cover pictures and of a kind that FFmpeg knows."""
    cover = Disposition.attached_pic
    known = [s for s in container.streams.video if is_known(s)]
    return [s for s in known if not s.disposition & cover]


def is_known(stream: Stream) -> bool:
    """Whether FFmpeg has a decoder for it; PyAV's types promise a context that others lack."""
    context: object = stream.codec_context
    return context is not None


def missing_bytes(path: Path) -> int:
    """How many bytes the file lacks of what its own top level promises; 0 where unknown.

    Reads box and element headers of MP4, MOV and Matroska only, never the media.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        file.seek(0)
        if head[:4] == _EBML:
            return max(0, _matroska_end(file) - size)
        if head[4:8] in _ISO_TOP:
            return max(0, _iso_end(file, size) - size)
    return 0


def _iso_end(file: io.BufferedReader, size: int) -> int:
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1 and len(header) == 16:
            length = int.from_bytes(header[8:16], "big")
        if length == 0:  # to the end of the file
            return size
        if length < 8 or (at + length > size and header[4:8] not in _ISO_TOP):
            return at  # no box: padding, or what cameras put behind the last one
        at += length
    return at


def _matroska_end(file: io.BufferedReader) -> int:
    at = 0
    for _ in range(2):  # EBML header, then the segment that holds everything
        file.seek(at)
        header = file.read(12)
        if len(header) < 12:
            return 0
        length, octets = _vint(header[4:])
        if header[:4] == _SEGMENT:
            unknown = length == (1 << 7 * octets) - 1
            return 0 if unknown else at + 4 + octets + length
        at += 4 + octets + length
    return 0


def _vint(data: bytes) -> tuple[int, int]:
    """EBML variable-length number: (value, octets)."""
    octets = 9 - data[0].bit_length()
    if octets > len(data):
        return 0, len(data)
    value = int.from_bytes(data[:octets], "big") & ((1 << 7 * octets) - 1)
    return value, octets


def _cannot_open(path: Path, error: Exception) -> str:
    missing = missing_bytes(path)
    if missing:
        return f"{path}: cut short, {missing} bytes are missing at the end; copy the file again"
    reason = getattr(error, "strerror", None) or "unreadable"
    return f"{path}: neither a film nor a picture that can be opened ({reason.lower()})"


@dataclass(frozen=True)
class Declared:
    """A length that the container states.

    Attributes:
        seconds: exact as far as the container's clock is.
        of_video: of the video stream itself; otherwise of the longest stream in the file.
    """

    seconds: Fraction
    of_video: bool


def declared_duration(container: InputContainer, stream: VideoStream) -> Declared | None:
    """How long the video is, as the container says."""
    if stream.duration and stream.time_base:
        of_video = container.format.name not in _ONE_LENGTH
        return Declared(stream.duration * Fraction(stream.time_base), of_video)
    tag = stream.metadata.get("DURATION", "")
    if tag.count(":") == 2:  # Matroska: when the last frame ends
        hours, minutes, seconds = tag.split(":")
        end = int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds.strip("\0 "))
        return Declared(end - start_of(stream), of_video=True)
    if container.duration:
        return Declared(Fraction(container.duration, av.time_base), of_video=False)
    return None


def start_of(stream: VideoStream) -> Fraction:
    """When the stream begins on the container's clock, as the container says."""
    return (stream.start_time or 0) * Fraction(stream.time_base or 1)


def counts_frames(container: InputContainer) -> bool:
    """Whether the format has no times of its own, so that frame n lies at n / rate."""
    return container.format.name in _UNTIMED


def clock_slack(tick: Fraction) -> Fraction:
    """Seconds by which a rounded time may be off: Matroska rounds to 1 ms, some writers cut off."""
    return max(tick, Fraction(1, 1000)) * Fraction(11, 10)


def packet_times(path: Path, limit: int | None = None) -> tuple[list[Fraction], Fraction]:
    """When the frames of the first packets are shown, in order, and the container's tick."""
    with opened(path) as (container, stream):
        tick = Fraction(stream.time_base or 1)
        timed = (p.dts if counts_frames(container) else p.pts for p in container.demux(stream))
        times = islice((t for t in timed if t is not None), limit)
        return sorted(t * tick for t in times), tick
