"""The ffmpeg command of a film, and the bytes it expects of every frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np

from vr360.frame import Colour, Rgb, Stereo, VideoInfo, bit_depth
from vr360.media.colour import LIMITED_WHITE_16, TOP_10, colour_codes, rescaled
from vr360.media.joining import FORMAT
from vr360.media.metadata import pixel_aspect
from vr360.media.presets import Encoding, RawVideo
from vr360.media.sound import Track, as_channels, track_options
from vr360.media.tags import tag_options
from vr360.spherical import SphericalMetadata

# swscale's own default is the middle between two pixels, where MPEG-1 had it; H.264 and H.265
# put chroma on the left one unless told otherwise, and so do all who read them.
_CHROMA_LEFT = "out_h_chr_pos=0:out_v_chr_pos=128"
_EXACT = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
_STEREO_MODES = {
    Stereo.TOP_BOTTOM: "top_bottom",
    Stereo.LEFT_RIGHT: "left_right",
    Stereo.RIGHT_LEFT: "right_left",
}
_OF_CONTAINERS = {"tag:v", "movflags", "metadata:s:v:0"}
_COLOURS = ("color_primaries:v", "color_trc:v", "colorspace:v", "color_range:v")
_UNGUESSED = {"guess_layout_max": "3"}  # else four channels become loudspeakers, which is said
_SOURCE, _TARGET = "<source>", "<target>"  # ffmpeg-python takes no names that are not UTF-8
_QUIET = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "error")


@dataclass(frozen=True)
class Sound:
    """What comes along: tracks of a film, from `start` seconds after its first frame.

    `listed` names the chapters of a film that has several, see `concat_list`.
    """

    film: VideoInfo
    tracks: Sequence[Track]
    start: Fraction
    duration: Fraction | None = None
    listed: Path | None = None


def film_command(
    binary: str,
    target: Path,
    muxer: str,
    raw: RawVideo,
    encoding: Encoding,
    colour: Colour,
    sphere: SphericalMetadata | None = None,
    sound: Sound | None = None,
    joins: bool = False,
) -> list[str]:
    """Arguments that make ffmpeg turn raw frames on its standard input into a film.

    Args:
        binary: ffmpeg.
        target: the file to write, whatever its suffix.
        muxer: ffmpeg's name of the container.
        raw: the frames that will come, see `raw_bytes`.
        encoding: what to store.
        colour: primaries and transfer of the frames, which are tagged as they are.
        sphere: what the picture is, if anything is known: gives pixels their shape.
        sound: what to put beside the picture.
        joins: packets will come instead of frames, see `vr360.media.joining`.
    """
    streams = [(_packet_input() if joins else _raw_input(raw, encoding))["v"]]
    options = _picture_options(muxer, raw, encoding, colour, sphere)
    if joins:
        options = _copying(options, colour, encoding)
    names = {_TARGET: str(target.absolute())}
    if sound is not None:
        names[_SOURCE] = str((sound.listed or sound.film.path).absolute())
        joined = {"f": "concat", "safe": "0"} if sound.listed else {}
        film = ffmpeg.input(_SOURCE, **joined, **_cut(sound), **_UNGUESSED)
        tags = sound.film.tags
        streams += [_track(film, track, names) for track in sound.tracks]
        if sound.start == 0:  # ffmpeg moves subtitles that are cut at their beginning
            streams += [film[str(index)] for index in tags.subtitles]
        options |= track_options(sound.tracks, muxer) | _chapters(sound, raw)
        options |= tag_options(tags, muxer, sound.start, sound.film.rate)
    graph = ffmpeg.output(*streams, _TARGET, f=muxer, **options)
    clock = ("-copyts",) if _from_zero(sound) else ()
    command: list[str] = graph.global_args(*_QUIET, *clock).overwrite_output().compile(binary)
    return [names.get(word, word) for word in command]


def _track(film: Any, track: Track, names: dict[str, str]) -> Any:
    """A track of the film, or the file of bare samples that stands for it."""
    if track.turned is None:
        return film[str(track.info.index)]
    name = f"<turned {track.info.index}>"
    names[name] = str(track.turned.absolute())
    bare = {"f": "f32le", "ar": track.info.sample_rate, "ac": track.info.channels}
    return ffmpeg.input(name, **bare, guess_layout_max="0")["a"]  # no loudspeakers: never remixed


def decoding(binary: str, sound: Sound, track: Track) -> list[str]:
    """The command that writes a track as bare samples to its standard output, cut as the film."""
    source = sound.listed or sound.film.path
    joined = ("-f", "concat", "-safe", "0") if sound.listed else ()
    cut = [word for key, value in _cut(sound).items() for word in (f"-{key}", value)]
    clock = ("-copyts",) if _from_zero(sound) else ()
    return [
        *(binary, *_QUIET, *clock, *joined, *cut, "-i", str(source.absolute())),
        *("-map", f"0:{track.info.index}", "-af", as_channels(track), "-f", "f32le", "-"),
    ]


def _chapters(sound: Sound, raw: RawVideo) -> dict[str, str]:
    """The chapters of the source come along; what is cut off must not make the film longer.

    Half a frame is added, which no rounding of times takes from the last one.
    """
    if sound.duration is None:
        return {}
    return {"t": f"{float(sound.duration + 1 / (2 * raw.rate)):.6f}"}


def _raw_input(raw: RawVideo, encoding: Encoding) -> Any:
    return ffmpeg.input(
        "pipe:",
        f="rawvideo",
        pix_fmt=_raw_format(raw.bit_depth, encoding),
        video_size=(raw.width, raw.height),
        framerate=str(raw.rate),
    )


def _packet_input() -> Any:
    return ffmpeg.input("pipe:", f=FORMAT)


def _copying(options: dict[str, str], colour: Colour, encoding: Encoding) -> dict[str, str]:
    """What remains of the picture's options where nothing is coded, and the colours by name."""
    kept = {name: options[name] for name in _OF_CONTAINERS & options.keys()}
    codes = map(str, colour_codes(*_tags(encoding, colour)))
    return {"c:v": "copy", **kept, **dict(zip(_COLOURS, codes, strict=True))}


def _picture_options(
    muxer: str,
    raw: RawVideo,
    encoding: Encoding,
    colour: Colour,
    sphere: SphericalMetadata | None,
) -> dict[str, str]:
    options = {
        "c:v": encoding.codec,
        "pix_fmt": encoding.pixel_format,
        "filter:v": _conversion(encoding, colour),
        **encoding.options,
    }
    if encoding.codec == "libx265":
        options["x265-params"] = _with_mastering(options.get("x265-params", ""), colour)
    if sphere is None:
        return options
    aspect = pixel_aspect(sphere, raw.height, raw.width)
    options["filter:v"] += f",setsar={aspect}:max=10000"
    if muxer == "matroska" and sphere.stereo in _STEREO_MODES:
        # there the display size is that of one eye, which needs to be known on writing
        options["metadata:s:v:0"] = f"stereo_mode={_STEREO_MODES[sphere.stereo]}"
    return options


def _with_mastering(params: str, colour: Colour) -> str:
    """x265's parameters with what the source says of its mastering."""
    said = [f"master-display={colour.mastering}"] if colour.mastering else []
    said += [f"max-cll={colour.light}"] if colour.light else []
    return ":".join([*filter(None, [params or "log-level=error"]), *said])


def raw_bytes(rgb: Rgb, encoding: Encoding) -> memoryview:
    """The bytes of one frame as the command expects them.

    Args:
        rgb: (H, W, 3), uint8 or 10-bit codes.
        encoding: the same that the command was made with.
    """
    if bit_depth(rgb) == 8:
        return np.ascontiguousarray(rgb).data.cast("B")
    if not encoding.is_rgb:
        rgb = rescaled(rgb, LIMITED_WHITE_16 / TOP_10)
    planes = np.stack([rgb[..., 1], rgb[..., 2], rgb[..., 0]])  # G, B, R
    return planes.data.cast("B")


def _raw_format(depth: int, encoding: Encoding) -> str:
    """Lossless codecs get the codes themselves; a matrix needs 16 bits.

    swscale takes 1020 for white in 10 bits of R'G'B' but 255 << 8 in 16, of which only the
    latter can be met exactly.
    """
    if depth == 8:
        return "rgb24"
    return "gbrp10le" if encoding.is_rgb else "gbrp16le"


def _conversion(encoding: Encoding, colour: Colour) -> str:
    primaries, transfer, matrix, span = _tags(encoding, colour)
    to = f"out_color_matrix={matrix.removesuffix('nc')}:out_range={span}"
    scale = f"scale={to}:{_CHROMA_LEFT}:{_EXACT},format={encoding.pixel_format},"
    convert = "" if encoding.is_rgb else scale
    tags = f"range={span}:color_primaries={primaries}:color_trc={transfer}"
    return f"{convert}setparams={tags}:colorspace={matrix}"


def _tags(encoding: Encoding, colour: Colour) -> tuple[str, str, str, str]:
    """Primaries, transfer, matrix and range, as ffmpeg calls them."""
    # sRGB and BT.709 footage is shown alike, and players know the latter
    transfer = "bt709" if colour.transfer == "iec61966-2-1" else colour.transfer
    if encoding.is_rgb:
        return colour.primaries, transfer, "gbr", "pc"
    matrix = "bt2020nc" if colour.primaries == "bt2020" else "bt709"
    return colour.primaries, transfer, matrix, "tv"


def _from_zero(sound: Sound | None) -> bool:
    return sound is not None and sound.film.start_time + sound.start == 0


def _cut(sound: Sound) -> dict[str, str]:
    """Absolute times on the film's own clock: ffmpeg's idea of where a file starts varies.

    A seek to 0 would lose packets of negative time, which decoders need to warm up.
    """
    begin = sound.film.start_time + sound.start
    cut = {} if begin == 0 else {"seek_timestamp": "1", "ss": f"{float(begin):.6f}"}
    if sound.duration is not None:
        cut["t"] = f"{float(sound.duration):.6f}"
    return cut
