"""Films: encoded beside the work, checked, and complete under their name or not there at all."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import ffmpeg
import numpy as np

from vr360.errors import EncodeError, MetadataError, OutputError
from vr360.frame import Colour, Frame, Rgb, VideoInfo, bit_depth
from vr360.media import presets, sound
from vr360.media.colour import LIMITED_WHITE_16, TOP_10, rescaled
from vr360.media.containers import declared_duration, opened
from vr360.media.encoder import Encoder, ffmpeg_binary
from vr360.media.presets import MUXERS, Encoding, Overrides, Preset
from vr360.media.stills import FolderWriter
from vr360.media.targets import check_target, partial_of
from vr360.media.threads import WriteBehind

if TYPE_CHECKING:
    from vr360.spherical import SphericalMetadata

log = logging.getLogger(__name__)

_LEFT = "out_h_chr_pos=0:out_v_chr_pos=128"  # where H.264 and H.265 put chroma unless told
_EXACT = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"


class FilmWriter:
    """One film, written with ffmpeg in its own process, which a thread feeds.

    Use as a context manager. The film grows as `NAME.partial`; leaving the block waits for
    ffmpeg, reads the file back, injects the metadata and only then gives it its name. An error
    or Ctrl-C ends ffmpeg and removes the partial file.

    Args:
        path: of the film; its suffix names the container.
        height, width: of the frames.
        rate: frames a second, exact.
        preset: what to encode to.
        bit_depth: of the frames, 8 or 10.
        source: the film whose sound and colour tags are carried over; its sound starts where
            the first frame written lies in it (`Frame.pts`).
        duration: seconds of sound; to the end by default.
        metadata: spherical metadata to inject and read back.
        overrides: codec, quality, pixel format and speed of the user's own choice.
        force: replace an existing file.

    Raises:
        OutputError: the target exists, is the source, cannot be written, or cannot carry the
            preset; before anything is written.
        EncodeError: ffmpeg refused or died, the disk is full, or the file is not what it should be.
        MetadataError: the metadata read back differs from what was given.
    """

    def __init__(
        self,
        path: Path,
        height: int,
        width: int,
        rate: Fraction,
        preset: Preset | str | None = None,
        *,
        bit_depth: int = 8,
        source: VideoInfo | None = None,
        duration: Fraction | None = None,
        metadata: SphericalMetadata | None = None,
        overrides: Overrides | None = None,
        force: bool = False,
    ) -> None:
        name = preset.name if isinstance(preset, Preset) else preset
        chosen = presets.preset_named(name, path)
        check_target(path, force, source.path if source else None)
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a film")
        self.path = path
        self.frames = 0
        self.encoding = presets.settle(
            chosen, presets.Source(height, width, bit_depth, rate), overrides or Overrides(), path
        )
        self._size = (height, width)
        self._rate = rate
        self._bit_depth = bit_depth
        self._source = source
        self._duration = duration
        self._metadata = metadata
        self._partial = partial_of(path)
        self._encoder: Encoder | None = None
        self._behind: WriteBehind[Rgb] | None = None
        self._first = Fraction(0)

    @property
    def busy_seconds(self) -> float:
        """Time spent handing frames to ffmpeg, waiting for frames excluded."""
        return self._behind.busy_seconds if self._behind else 0.0

    def __enter__(self) -> FilmWriter:
        return self

    def write(self, frame: Frame) -> None:
        """Add one frame; the film's frames lie at even distances of 1 / rate.

        Raises:
            EncodeError: ffmpeg has ended meanwhile.
            ValueError: size, depth or time do not belong to this film.
        """
        if self._behind is None:
            self._start(frame.pts)
        self._check(frame)
        assert self._behind is not None
        self._behind.put(frame.rgb)
        self.frames += 1

    def _check(self, frame: Frame) -> None:
        if frame.rgb.shape != (*self._size, 3) or frame.bit_depth != self._bit_depth:
            raise ValueError(f"frame {self.frames} is {frame.rgb.shape}, {frame.bit_depth} bit")
        late = frame.pts - self._first - self.frames / self._rate
        if abs(late) > Fraction(1, 2) / self._rate:
            raise ValueError(
                f"frame {self.frames} is {float(late):.3f} s off; see at_constant_rate"
            )

    def _start(self, pts: Fraction) -> None:
        self._first = pts
        self._encoder = Encoder(self._command(), self.path)
        self._behind = WriteBehind(self._feed)

    def _feed(self, rgb: Rgb) -> None:
        assert self._encoder is not None
        self._encoder.feed(_raw(rgb, self.encoding))

    def _command(self) -> list[str]:
        height, width = self._size
        video = ffmpeg.input(
            "pipe:",
            f="rawvideo",
            pix_fmt=_raw_format(self._bit_depth, self.encoding),
            video_size=(width, height),
            framerate=str(self._rate),
        )
        muxer = MUXERS[self.path.suffix.lower()]
        options: dict[str, str] = {
            "c:v": self.encoding.codec,
            "pix_fmt": self.encoding.pixel_format,
            **_colour_options(self.encoding, self._source.colour if self._source else Colour()),
            **self.encoding.options,
        }
        streams = [video["v"]]
        if self._source and self._source.audio:
            tracks = sound.plan_tracks(self._source, muxer, self._first)
            _report(tracks, self.path)
            film = ffmpeg.input(str(self._source.path.absolute()), **self._sound_cut())
            streams += [film[str(track.info.index)] for track in tracks]
            options |= sound.track_options(tracks, muxer)
        target = str(self._partial.absolute())
        graph = ffmpeg.output(*streams, target, f=muxer, **options)
        quiet = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "error")
        command: list[str] = graph.global_args(*quiet).overwrite_output().compile(ffmpeg_binary())
        return command

    def _sound_cut(self) -> dict[str, str]:
        assert self._source is not None
        begin = self._source.start_time + self._first
        cut = {"seek_timestamp": "1", "ss": _seconds(begin)}
        return cut if self._duration is None else cut | {"t": _seconds(self._duration)}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._complete()
        finally:
            self._release()

    def _complete(self) -> None:
        if self._behind is None or self._encoder is None:
            raise EncodeError(f"{self.path}: no frames came; nothing is written")
        self._behind.close()
        self._encoder.finish()
        self._verify()
        if self._metadata is not None:
            _inject(self._partial, self._metadata)
        self._partial.replace(self.path)

    def _release(self) -> None:
        if self._encoder is not None:
            self._encoder.kill()
        if self._behind is not None:
            self._behind.close(abandon=True)
        self._partial.unlink(missing_ok=True)

    def _verify(self) -> None:
        """Read the file back: size, rate and number of frames are those that were written."""
        with opened(self._partial) as (container, stream):
            first = next(container.decode(stream))
            declared = declared_duration(container, stream)
            rate = stream.average_rate or Fraction(0)
            frames = stream.frames or round((declared.seconds if declared else 0) * self._rate)
        found = {"size": (first.height, first.width), "frames": frames}
        wanted = {"size": self._size, "frames": self.frames}
        if found != wanted:
            raise EncodeError(f"{self.path}: the file holds {found}, written were {wanted}")
        if abs(rate / self._rate - 1) > Fraction(1, 10**6):
            raise EncodeError(f"{self.path}: the file runs at {rate} a second, not {self._rate}")


def open_writer(
    path: Path,
    height: int,
    width: int,
    rate: Fraction,
    preset: Preset | str | None = None,
    **options: Any,
) -> FilmWriter | FolderWriter:
    """The writer for a target: a film by its suffix, a folder of PNG frames without one."""
    if path.suffix or path.is_file():
        return FilmWriter(path, height, width, rate, preset, **options)
    return FolderWriter(path, force=bool(options.get("force")))


def _raw_format(bit_depth: int, encoding: Encoding) -> str:
    if bit_depth == 8:
        return "rgb24"
    return "gbrp10le" if encoding.is_rgb else "gbrp16le"


def _raw(rgb: Rgb, encoding: Encoding) -> memoryview:
    """The bytes of a frame as `_raw_format` names them.

    swscale takes white as 255 << 8 in 16 bits but as 1020 in 10: only the former is exact.
    """
    if bit_depth(rgb) == 8:
        return np.ascontiguousarray(rgb).data.cast("B")
    if not encoding.is_rgb:
        rgb = rescaled(rgb, LIMITED_WHITE_16 / TOP_10)
    planes = np.stack([rgb[..., 1], rgb[..., 2], rgb[..., 0]])
    return planes.data.cast("B")


def _colour_options(encoding: Encoding, colour: Colour) -> dict[str, str]:
    """Matrix and range of what is stored, and the source's primaries and transfer as they are."""
    if encoding.is_rgb:
        matrix, span, convert = "gbr", "pc", ""
    else:
        matrix = "bt2020nc" if colour.primaries == "bt2020" else "bt709"
        span = "tv"
        name = matrix.removesuffix("nc")
        convert = f"scale=out_color_matrix={name}:out_range=tv:{_LEFT}:{_EXACT},"
        convert += f"format={encoding.pixel_format},"
    transfer = "bt709" if colour.transfer == "iec61966-2-1" else colour.transfer
    tags = f"range={span}:color_primaries={colour.primaries}:color_trc={transfer}"
    return {
        "filter:v": f"{convert}setparams={tags}:colorspace={matrix}",
        "colorspace": {"gbr": "rgb"}.get(matrix, matrix),
        "color_primaries": colour.primaries,
        "color_trc": transfer,
        "color_range": span,
    }


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"


def _report(tracks: list[sound.Track], path: Path) -> None:
    for track in tracks:
        if track.encoder is not None:
            log.warning("%s: sound becomes %s: %s", path, track.encoder, track.why)


def _inject(path: Path, metadata: SphericalMetadata) -> None:
    from vr360 import spherical

    spherical.inject(path, metadata)
    found = spherical.inspect(path).metadata
    if found != metadata:
        raise MetadataError(f"{path}: metadata reads back as {found}, written was {metadata}")
