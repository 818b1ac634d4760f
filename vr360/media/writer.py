"""Films: encoded beside the work, checked, and complete under their name or not there at all."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from copy import copy
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, TypedDict, Unpack

import numpy as np

from vr360.cameras.chapters import concat_list
from vr360.errors import EncodeError, OutputError, VideoOpenError, Vr360Error
from vr360.frame import Colour, Frame, Rgb, VideoInfo
from vr360.geometry import Array
from vr360.media.carrying import carry_telemetry, say_mastering, why_not
from vr360.media.checks import check_kind
from vr360.media.command import Sound, decoding, film_command, raw_bytes
from vr360.media.containers import declared_duration, opened
from vr360.media.encoder import Encoder, ffmpeg_binary, ffmpeg_version
from vr360.media.folders import FolderWriter
from vr360.media.joining import join
from vr360.media.metadata import inject_checked
from vr360.media.presets import MUXERS, Overrides, Preset, RawVideo, preset_named, settle
from vr360.media.sound import Track, plan_tracks
from vr360.media.stills import STILL_SUFFIXES, StillWriter
from vr360.media.targets import behind_link, check_target
from vr360.media.threads import WriteBehind, depth_of
from vr360.media.turning import Turning, write_turned
from vr360.partial import Partial
from vr360.spherical import SphericalMetadata

log = logging.getLogger(__name__)

_RATE_SLACK = Fraction(1, 10**6)  # Matroska stores the length of a frame in whole nanoseconds


class Writer(Protocol):
    """Where frames go: a film, a folder of frames, or a still."""

    @property
    def bit_depth(self) -> int:
        """Of the frames it wants."""

    @property
    def busy_seconds(self) -> float:
        """Time spent on writing; waiting for frames excluded."""

    def __enter__(self) -> Writer: ...

    def write(self, frame: Frame) -> None:
        """Add one frame."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the result, or leave nothing of it after an error."""


class FilmOptions(TypedDict, total=False):
    """Keyword arguments of `FilmWriter`."""

    bit_depth: int
    source: VideoInfo | None
    start: Fraction
    duration: Fraction | None
    metadata: SphericalMetadata | None
    overrides: Overrides | None
    force: bool
    turn: Array | None
    turning: Turning | None


def open_writer(
    path: Path | str,
    height: int,
    width: int,
    rate: Fraction,
    preset: Preset | str | None = None,
    **options: Unpack[FilmOptions],
) -> Writer:
    """The writer for a target: a still or a film by its suffix, a folder of frames without one.

    Raises:
        OutputError: see `FilmWriter`; or a film is to become one still.
    """
    path = behind_link(Path(path))
    source, force = options.get("source"), options.get("force", False)
    bit_depth = options.get("bit_depth", 8)
    if source is not None:
        check_kind(path, source)
    if path.suffix.lower() in STILL_SUFFIXES:
        return StillWriter(path, bit_depth, source, options.get("metadata"), force)
    if path.suffix:
        return FilmWriter(path, height, width, rate, preset, **options)
    return FolderWriter(path, bit_depth, source, force)


class FilmWriter:
    """One film, written by ffmpeg in its own process, which a thread feeds.

    Use as a context manager. The film grows as a `Partial`; leaving the block waits for ffmpeg,
    reads the file back, injects the metadata and only then gives it its name. An error or Ctrl-C
    ends ffmpeg and leaves nothing behind.

    Args:
        path: of the film; its suffix names the container.
        height: of the frames.
        width: of the frames.
        rate: frames a second, exact.
        preset: what to encode to; by default what suits the suffix.
        bit_depth: of the frames, 8 or 10.
        source: the film whose sound and colour tags are carried over; the sound starts where
            the first frame written lies in it.
        start: seconds into `source` where a frame of pts 0 lies.
        duration: seconds of sound; to its end by default.
        metadata: spherical metadata to inject and read back.
        overrides: codec, quality, pixel format and speed of the user's own choice.
        force: replace an existing file.
        turn: how the picture is turned against the source's, which ambisonic sound follows, see
            `vr360.media.ambisonics`.
        turning: the same where it changes over time: seconds into the source -> rotations.

    Raises:
        OutputError: the target exists, is the source, cannot be written, or cannot carry the
            preset; before anything is written.
        EncodeError: ffmpeg refused or died, the disk is full, or the file is not what it should be.
        MetadataError: the metadata read back differs from what was given.

    Attributes:
        frames: written so far.
        encoding: codec, pixel format and options that were settled on.
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
        start: Fraction = Fraction(0),
        duration: Fraction | None = None,
        metadata: SphericalMetadata | None = None,
        overrides: Overrides | None = None,
        force: bool = False,
        turn: Array | None = None,
        turning: Turning | None = None,
    ) -> None:
        chosen = preset_named(preset.name if isinstance(preset, Preset) else preset, path)
        check_target(path, force, source.path if source else None)
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a film")
        if rate <= 0:
            raise OutputError(f"{path}: one still is no film; name a .png or .jpg")
        self.path = path
        self.frames = 0
        hdr = source is not None and source.colour.is_hdr
        self._raw = RawVideo(height, width, bit_depth, rate, hdr)
        self.encoding = settle(chosen, self._raw, overrides or Overrides(), path)
        self._source = source
        self._start = start
        self._duration = duration
        self._metadata = metadata
        self._turn = turn if turning is None else np.eye(3)
        self._turning = turning
        self._turned = list[Partial]()
        self._partial = Partial(path)
        self._list = Partial(path.with_suffix(".ffconcat"))
        self._encoder: Encoder | None = None
        self._behind: WriteBehind[Rgb] | None = None
        self._first = Fraction(0)
        self._finishing = 0.0
        self._is_part = False

    @property
    def bit_depth(self) -> int:
        """Of the frames that `write` takes."""
        return self._raw.bit_depth

    @property
    def frame_bytes(self) -> int:
        """Of one of those frames."""
        return 3 * self._raw.height * self._raw.width * (1 if self.bit_depth == 8 else 2)

    @property
    def busy_seconds(self) -> float:
        """Time that ffmpeg took to accept and to finish the film; waiting for frames excluded."""
        return self._finishing + (self._behind.busy_seconds if self._behind else 0.0)

    def __enter__(self) -> FilmWriter:
        self._partial.make()
        return self

    def write(self, frame: Frame) -> None:
        """Add one frame; frames lie 1 / rate apart.

        Raises:
            EncodeError: ffmpeg has ended meanwhile.
            ValueError: size, depth or time do not belong to this film.
        """
        if self._behind is None:
            self._behind = self._begin(frame.pts)
        self._check(frame)
        self._behind.put(frame.rgb)
        self.frames += 1

    def part(self, path: Path) -> FilmWriter:
        """A writer of some of its frames, coded as it codes them, without sound.

        Args:
            path: of the part; its suffix is that of the film.
        """
        part = copy(self)
        part.path, part._partial, part._is_part = path, Partial(path), True
        return part

    @property
    def recipe(self) -> list[str]:
        """All that decides how the pictures of a part are coded."""
        part = self.part(self.path)
        part._partial = Partial(Path("part"))
        target = str(part._partial.path.absolute())
        return [ffmpeg_version(), *(word for word in part._command() if word != target)]

    def join(self, parts: Sequence[Path], first: Fraction) -> Generator[int, None, None]:
        """Make the film of its parts, instead of writing frames; the frames of each as it is done.

        Args:
            parts: see `part`, in the order of the film.
            first: pts of the first frame.

        Raises:
            OutputError: the parts were coded differently.
            EncodeError: ffmpeg has ended meanwhile.
        """
        self._first = first
        self._encoder = Encoder(self._command(joins=True), self.path)
        with closing(join(parts, self._raw.rate, self._encoder.feed)) as joined:
            for frames in joined:
                self.frames += frames
                yield frames

    def _check(self, frame: Frame) -> None:
        raw = self._raw
        if frame.rgb.shape != (raw.height, raw.width, 3) or frame.bit_depth != raw.bit_depth:
            raise ValueError(f"frame {self.frames} is {frame.rgb.shape}, {frame.bit_depth} bit")
        late = frame.pts - self._first - self.frames / raw.rate
        if abs(late) * raw.rate > Fraction(1, 2):
            raise ValueError(
                f"frame {self.frames} is {float(late):.3f} s off; see at_constant_rate"
            )

    def _begin(self, pts: Fraction) -> WriteBehind[Rgb]:
        """Start ffmpeg with the first frame, because its time says where the sound begins."""
        self._first = pts
        encoder = Encoder(self._command(), self.path)
        self._encoder = encoder
        raw = self._raw
        depth = depth_of(raw.height, raw.width, raw.bit_depth)
        return WriteBehind(lambda rgb: encoder.feed(raw_bytes(rgb, self.encoding)), depth)

    def _command(self, joins: bool = False) -> list[str]:
        muxer = MUXERS[self.path.suffix.lower()]
        colour = self._source.colour if self._source else Colour()
        return film_command(
            ffmpeg_binary(),
            self._partial.path,
            muxer,
            self._raw,
            self.encoding,
            colour,
            self._metadata,
            None if self._is_part else self._sound(muxer),
            joins,
        )

    def _sound(self, muxer: str) -> Sound | None:
        if self._source is None or self._source.is_still or not self._source.path.is_file():
            return None
        start = self._start + self._first
        if start and self._source.tags.subtitles:
            log.warning("%s: subtitles are left out where the film is cut at its start", self.path)
        tracks = plan_tracks(self._source, muxer, start, self._turn)
        for track in tracks:
            if self._turn is not None and track.mix is None:
                log.warning("%s: sound stays as it is: not ambisonic, it cannot turn", self.path)
            if track.encoder is not None:
                log.warning("%s: sound becomes %s: %s", self.path, track.encoder, track.why)
        listed = self._listed_chapters()
        sound = Sound(self._source, tracks, start, self._duration, listed)
        return replace(sound, tracks=[self._turned_over_time(sound, track) for track in tracks])

    def _turned_over_time(self, sound: Sound, track: Track) -> Track:
        """The track, or with an ambisonic one of a film whose turn changes, a file of it turned."""
        turning = self._turning
        if turning is None or not track.order:
            return track
        made = Partial(self.path.with_name(f"{self.path.stem}.{track.info.index}.sound"))
        self._turned.append(made)
        info, start = track.info, float(sound.start)
        path, command = made.make(), decoding(ffmpeg_binary(), sound, track)
        rate, channels = info.sample_rate, info.channels
        write_turned(
            path, command, rate, channels, track.order, lambda times: turning(times + start)
        )
        return replace(track, turned=path)

    def _listed_chapters(self) -> Path | None:
        """The list of the source's chapters, written beside the film for ffmpeg."""
        if self._source is None or not self._source.chapters:
            return None
        made = self._list.make()
        made.write_text(concat_list(chapter.path for chapter in self._source.chapters))
        return made

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
        if self._encoder is None:
            raise EncodeError(f"{self.path}: no frames came, so nothing is written")
        if self._behind is not None:
            self._behind.close()
        started = time.perf_counter()
        self._encoder.finish()
        self._finishing = time.perf_counter() - started
        try:
            self._verify()
        except VideoOpenError as error:
            raise EncodeError(f"{self.path}: cannot be read back: {error}") from None
        self._carry()
        if self._source is not None and not self._is_part:
            say_mastering(self._source.colour, self.encoding.codec, self._partial.path)
        if self._metadata is not None and not self._is_part:
            inject_checked(self._partial.path, self._metadata, self._source)
        self._partial.settle()

    def _carry(self) -> None:
        """Put in what ffmpeg does not: the telemetry."""
        source = self._source
        muxer = MUXERS[self.path.suffix.lower()]
        if source is None or not source.tags.telemetry or self._is_part:
            return
        if reason := why_not(source, muxer, self._turn is not None):
            log.warning("%s: %s", self.path, reason)
            return
        length = self.frames / self._raw.rate
        try:
            carry_telemetry(source, self._partial.path, self._start + self._first, length)
        except Vr360Error as error:  # the film is whole without it
            log.warning("%s: telemetry is left out: %s", self.path, error)

    def _release(self) -> None:
        if self._encoder is not None:
            self._encoder.kill()
        if self._behind is not None:
            self._behind.close(abandon=True)
        if self._encoder is not None:
            self._encoder.close()
        self._partial.discard()
        for made in (self._list, *self._turned):
            made.discard()

    def _verify(self) -> None:
        """Read the file back: size, rate and number of frames are those that were written."""
        with opened(self._partial.path) as (container, stream):
            first = next(container.decode(stream))
            declared = declared_duration(container, stream)
            rate = stream.average_rate or Fraction(0)
            frames = stream.frames or round((declared.seconds if declared else 0) * self._raw.rate)
        found = f"{frames} frames of {first.width}x{first.height}"
        wanted = f"{self.frames} frames of {self._raw.width}x{self._raw.height}"
        if found != wanted:
            raise EncodeError(f"{self.path}: the file holds {found}, written were {wanted}")
        if abs(rate / self._raw.rate - 1) > _RATE_SLACK:
            wanted = f"{self._raw.rate} frames a second"
            raise EncodeError(f"{self.path}: the file runs at {rate}, written were {wanted}")
