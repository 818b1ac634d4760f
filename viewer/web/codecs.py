"""What a browser is asked: the media type of a film, with its codecs (RFC 6381)."""

from __future__ import annotations

from dataclasses import dataclass

from av.container import InputContainer
from av.video.stream import VideoStream

from vr360.frame import VideoInfo
from vr360.media.ambisonics import order_of
from vr360.media.containers import opened
from vr360.spherical import inspect

CONTAINERS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/mp4", ".webm": "video/webm"}
SOUNDS = {"aac": "mp4a.40.2", "mp3": "mp4a.6B", "opus": "opus", "flac": "flac", "vorbis": "vorbis"}
PLAIN_PIXELS = ("yuv420p", "yuvj420p")


@dataclass(frozen=True)
class MediaType:
    """A media type such as `video/mp4; codecs="avc1.640033, mp4a.40.2"`, and its video codec."""

    text: str
    video: str

    @property
    def is_plain(self) -> bool:
        """Every browser plays it, as far as its size allows."""
        return self.video.startswith("avc1.") and self.text.startswith("video/mp4")


def media_type(info: VideoInfo) -> MediaType | None:
    """The type of a film; None where no browser plays its container, picture or sound."""
    container = CONTAINERS.get(info.path.suffix.lower())
    with opened(info.path) as (file, stream):
        video = _video(stream, info)
        sound = _sound(file)
    if container is None or video is None or sound is None:
        return None
    codecs = ", ".join([video, *sound])
    return MediaType(f'{container}; codecs="{codecs}"', video)


def ambisonic_order(info: VideoInfo) -> int:
    """Of the first sound track, if it is a field that turns with the view; else 0."""
    return order_of(info.audio[0], inspect(info.path).ambisonic) if info.audio else 0


def _video(stream: VideoStream, info: VideoInfo) -> str | None:
    deep = info.bit_depth > 8
    if stream.codec_context.name == "h264":
        setup = stream.codec_context.extradata or b""  # avcC: ISO/IEC 14496-15, 5.3.3.1
        plain = info.pixel_format in PLAIN_PIXELS and len(setup) > 3 and setup[0] == 1
        return f"avc1.{setup[1:4].hex()}" if plain else None
    names = {
        "hevc": "hvc1.2.4.L153.B0" if deep else "hvc1.1.6.L153.B0",
        "vp9": "vp09.02.51.10" if deep else "vp09.00.51.08",
        "av1": "av01.0.13M.10" if deep else "av01.0.13M.08",
        "libdav1d": "av01.0.13M.10" if deep else "av01.0.13M.08",
        "vp8": "vp8",
    }
    return names.get(stream.codec_context.name) if "420" in info.pixel_format else None


def _sound(file: InputContainer) -> list[str] | None:
    """The codec of the first track, if there is one."""
    if not file.streams.audio:
        return []
    name = SOUNDS.get(file.streams.audio[0].codec_context.codec.canonical_name)
    return None if name is None else [name]
