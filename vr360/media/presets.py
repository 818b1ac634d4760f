"""What to encode to: a few named targets, and the choices of those who know.

archive        FFV1, RGB, MKV: every bit of what was painted
lossless-mp4   H.264 (8 bit) or H.265 (10 bit), RGB, MP4: the same, in a file that more can open
youtube        H.264 4:2:0, high quality, for upload; H.265 of 10 bit for HDR
quest          H.264, or H.265 above 4096 wide and for 10 bit; plays in a headset
prores         ProRes 422 HQ, 10 bit, MOV: for editing
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from vr360.choices import chosen
from vr360.errors import OutputError
from vr360.media.targets import STILL_SUFFIXES

MUXERS = {".mkv": "matroska", ".mp4": "mp4", ".mov": "mov"}
WIDEST_H264 = 4096  # what the decoders of headsets and phones take
LARGEST = 4096 * 2048  # pixels, from which on x265 is told to take less memory
LARGEST_WITH_B_FRAMES = 5760 * 2880  # of larger ones each B-frame takes half a gigabyte

_CARRIES = {
    "matroska": None,  # everything
    "mp4": ("libx264", "libx264rgb", "libx265", "h264_", "hevc_", "av1_", "libsvtav1", "libaom"),
    "mov": ("libx264", "libx264rgb", "libx265", "h264_", "hevc_", "prores"),
}
_HEVC = ("libx265", "hevc_")
_X26X = ("libx264", "libx264rgb", "libx265")


class PresetName(StrEnum):
    """The named targets, as the head of this file explains them."""

    ARCHIVE = "archive"
    LOSSLESS_MP4 = "lossless-mp4"
    YOUTUBE = "youtube"
    QUEST = "quest"
    PRORES = "prores"


@dataclass(frozen=True)
class Encoding:
    """What ffmpeg is told about the picture.

    Attributes:
        codec: ffmpeg's encoder name.
        pixel_format: ffmpeg's, what the codec stores.
        options: further options of the encoder, without the leading dash.
    """

    codec: str
    pixel_format: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_rgb(self) -> bool:
        """Stored as R'G'B', so no matrix stands between the frames and the file."""
        return self.pixel_format.startswith(("gbr", "rgb", "bgr"))

    @property
    def joins(self) -> bool:
        """Whether films of it can be joined packet by packet, see `vr360.media.joining`."""
        return self.codec.startswith(("libx264", "h264_", *_HEVC, "ffv1"))

    @property
    def is_lossless(self) -> bool:
        """Whether what is read back is what was written, as far as the options tell."""
        said = "lossless=1" in self.options.get("x265-params", "") or self.options.get("qp") == "0"
        return self.is_rgb and (said or self.codec in ("ffv1", "ffvhuff"))


@dataclass(frozen=True)
class RawVideo:
    """The frames that come: size in pixels, bits a channel, frames a second, PQ or HLG."""

    height: int
    width: int
    bit_depth: int
    rate: Fraction
    hdr: bool = False


@dataclass(frozen=True)
class Preset:
    """A named target.

    Attributes:
        suffixes: of the files it makes, the usual one first.
        encode: the settings for such frames.
    """

    name: str
    suffixes: tuple[str, ...]
    encode: Callable[[RawVideo], Encoding]


@dataclass(frozen=True)
class Overrides:
    """What those who know set themselves; None leaves the preset's choice.

    Attributes:
        codec: ffmpeg's encoder name (`libx265`, `hevc_nvenc`).
        crf: constant quality, 0 to 51 for H.264 and H.265; lower is better.
        pixel_format: ffmpeg's name (`yuv444p`).
        speed: the encoder's own preset (`ultrafast` to `veryslow`).
    """

    codec: str | None = None
    crf: float | None = None
    pixel_format: str | None = None
    speed: str | None = None


def _archive(raw: RawVideo) -> Encoding:
    options = {"level": "3", "g": "1", "slices": "16", "slicecrc": "1", "threads": "0"}
    return Encoding("ffv1", "bgr0" if raw.bit_depth == 8 else "gbrp10le", options)


def _lossless_mp4(raw: RawVideo) -> Encoding:
    if raw.bit_depth == 8:
        return Encoding("libx264rgb", "rgb24", {"qp": "0", "preset": "ultrafast"})
    options = {"preset": "ultrafast", "x265-params": "lossless=1:log-level=error"}
    return Encoding("libx265", "gbrp10le", options)


def _youtube(raw: RawVideo) -> Encoding:
    # closed groups of half a second and two B-frames, as YouTube's upload advice has it; of large
    # pictures x265 takes fewer, see `_lean`, whose parameters win over `bf`
    options = {"crf": "16", "preset": "veryfast", "bf": "2"}
    if raw.hdr and raw.bit_depth > 8:
        return Encoding("libx265", "yuv420p10le", options | _groups(raw, Fraction(1, 2)))
    return Encoding("libx264", "yuv420p", options | _groups(raw, Fraction(1, 2)))


def _quest(raw: RawVideo) -> Encoding:
    group = _groups(raw, Fraction(1))  # a jump to any second decodes one second at most
    if raw.width <= WIDEST_H264 and raw.bit_depth == 8:
        return Encoding("libx264", "yuv420p", {"crf": "18", "preset": "fast"} | group)
    pixel_format = "yuv420p" if raw.bit_depth == 8 else "yuv420p10le"
    return Encoding("libx265", pixel_format, {"crf": "18", "preset": "fast"} | group)


def _prores(raw: RawVideo) -> Encoding:
    return Encoding("prores_ks", "yuv422p10le", {"profile:v": "3", "vendor": "apl0"})


def _groups(raw: RawVideo, seconds: Fraction) -> dict[str, str]:
    return {"g": str(max(1, round(raw.rate * seconds))), "flags": "+cgop"}


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("archive", (".mkv",), _archive),
        Preset("lossless-mp4", (".mp4", ".mkv"), _lossless_mp4),
        Preset("youtube", (".mp4", ".mov", ".mkv"), _youtube),
        Preset("quest", (".mp4", ".mov", ".mkv"), _quest),
        Preset("prores", (".mov", ".mkv"), _prores),
    )
}

# A headset plays what `quest` makes from the disk, and YouTube takes it too; the reverse does not
# hold above 4096 pixels.
_BY_SUFFIX = {".mkv": "archive", ".mov": "prores", ".mp4": "quest"}


def preset_named(name: str | None, path: Path) -> Preset:
    """The preset of that name, or the one that a film's suffix suggests.

    Raises:
        InputError: unknown name.
        OutputError: unknown suffix, or a container that cannot carry the preset.
    """
    suffix = path.suffix.lower()
    if suffix not in MUXERS:
        raise OutputError(
            f"{path}: films are written as {', '.join(MUXERS)}, stills as "
            f"{', '.join(STILL_SUFFIXES)}, frames into a folder (a name without a suffix)"
        )
    name = name or _BY_SUFFIX[suffix]
    preset = PRESETS[chosen(PresetName, name, "--preset")]
    if suffix not in preset.suffixes:
        allowed = ", ".join(preset.suffixes)
        raise OutputError(f"{path}: preset {name} goes into {allowed}; rename the output")
    return preset


def settle(preset: Preset, raw: RawVideo, overrides: Overrides, path: Path) -> Encoding:
    """The preset's encoding of the frames, with the overrides, checked against the container.

    Raises:
        OutputError: the container cannot carry the codec, or the size does not suit the format.
    """
    encoding = _overridden(preset.encode(raw), raw, overrides)
    muxer = MUXERS[path.suffix.lower()]
    carried = _CARRIES[muxer]
    if carried is not None and not encoding.codec.startswith(carried):
        raise OutputError(f"{path}: {muxer} cannot carry {encoding.codec}; name the output .mkv")
    if raw.hdr and raw.bit_depth > 8 and "10" not in encoding.pixel_format:
        raise OutputError(
            f"{path}: {encoding.pixel_format} has 8 bits, and HDR needs 10; take yuv420p10le"
        )
    if "420" in encoding.pixel_format and (raw.height % 2 or raw.width % 2):
        size = f"{raw.width}x{raw.height}"
        raise OutputError(f"{path}: {encoding.pixel_format} needs even sides, not {size}")
    if muxer != "matroska":
        encoding = replace(encoding, options=dict(encoding.options) | _mp4_options(encoding.codec))
    return encoding


def _mp4_options(codec: str) -> dict[str, str]:
    tag = {"tag:v": "hvc1"} if codec.startswith(_HEVC) else {}  # hev1 does not play on Apple's
    return {"movflags": "+faststart+write_colr"} | tag


def _overridden(encoding: Encoding, raw: RawVideo, overrides: Overrides) -> Encoding:
    options = dict(encoding.options)
    codec = overrides.codec or encoding.codec
    if codec != encoding.codec:
        kept = {"g", "flags"} | ({"crf", "preset"} if codec in _X26X else set())
        options = {k: v for k, v in options.items() if k in kept}
    if overrides.crf is not None:
        options.pop("qp", None)
        options.pop("x265-params", None)
        options["cq" if codec.endswith("_nvenc") else "crf"] = f"{overrides.crf:g}"
    if overrides.speed:
        options["preset"] = overrides.speed
    if codec == "libx265":
        params = options.get("x265-params", "log-level=error:open-gop=0")
        options["x265-params"] = params + _lean(raw)
    pixel_format = overrides.pixel_format or encoding.pixel_format
    return Encoding(codec, pixel_format, options)


def _lean(raw: RawVideo) -> str:
    """x265 in a third of the memory, for pictures of which it would fill gigabytes.

    A painted film took as much room at the same PSNR with one B-frame, 10 % more without; it had
    0.7 dB less at the same crf (docs/measurements.md). A second reference changed nothing.
    """
    pixels = raw.width * raw.height
    if pixels <= LARGEST:
        return ""
    between = 1 if pixels <= LARGEST_WITH_B_FRAMES else 0
    return f":rc-lookahead={between + 1}:bframes={between}:ref=1:frame-threads=1:ctu=32"
