"""Segments of a film: each a film itself, the state behind it, and a manifest that vouches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path

from pipeline.jobs.coding import LOSSLESS, Coding
from pipeline.jobs.files import keep, sha256, write_json
from pipeline.jobs.spare import Spare
from pipeline.painting.state import PaintState, load_state, save_state
from vr360.errors import OutputError, VideoOpenError
from vr360.frame import Frame
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter
from vr360.partial import Partial


@dataclass(frozen=True)
class Manifest:
    """What a segment holds; it is written last, so what has none is not complete.

    Attributes:
        key: of the segment, see `Planned`.
        film, state: sha256 of the two files; None where nothing goes on from its state.
        frames: in the film.
        painted: fewer than `frames` where the source shows a frame twice.
        size: bytes of the two files.
        seconds: that it took.
        warm_up: frames that were painted before it and thrown away.
        entered: key of the segment whose state it went on from, if any.
        backend, layout, stage_seconds: see `StylizeReport`.
        by: which process painted it.
    """

    key: str
    film: str
    state: str | None
    frames: int
    painted: int
    size: int
    seconds: float
    warm_up: int
    entered: str | None
    backend: str
    layout: str
    stage_seconds: dict[str, float]
    by: str


class Segment:
    """The files of one segment in a job's folder.

    Args:
        folder: of the job.
        name: its key; with `.part` behind it, what was painted of it before a pause.
        suffix: of its film, see `Coding`.

    Attributes:
        film: its frames.
        state: the `PaintState` behind it.
    """

    def __init__(self, folder: Path, name: str, suffix: str = LOSSLESS) -> None:
        self.folder, self.name = folder, name
        self.film = folder / f"{name}{suffix}"
        self.state = folder / f"{name}.safetensors"
        self._manifest = folder / f"{name}.json"

    @property
    def part(self) -> Segment:
        """What was painted of it before a pause."""
        return Segment(self.folder, f"{self.name}.part")

    def manifest(self) -> Manifest | None:
        """What it holds, as it was written; None where it never was or cannot be read."""
        try:
            manifest = Manifest(**json.loads(self._manifest.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return manifest if manifest.key == self.name.removesuffix(".part") else None

    def verified(self) -> Manifest | None:
        """What it holds; None unless all its files are to the bit what they were."""
        manifest = self.manifest()
        if manifest is None or not _is(self.film, manifest.film):
            return None
        if manifest.state is not None and not _is(self.state, manifest.state):
            return None
        return manifest

    def frames(self, manifest: Manifest, first: Fraction, rate: Fraction) -> Iterator[Frame]:
        """Its frames, with the times that they have in a film.

        Args:
            manifest: of it.
            first: pts of its first frame.
            rate: frames a second.

        Raises:
            VideoOpenError: there are more or fewer than the manifest says.
        """
        count = 0
        for frame in read_frames(probe(self.film)):
            yield Frame(frame.rgb, first + count / rate)
            count += 1
        if count != manifest.frames:
            raise VideoOpenError(f"{self.film}: {count} frames, not {manifest.frames}")

    def leaving(self) -> PaintState:
        """What the next segment goes on from."""
        return load_state(self.state)

    def forget_state(self) -> None:
        """Remove the state behind it, which nothing goes on from any more."""
        manifest = self.manifest()
        if manifest is not None:
            write_json(self._manifest, asdict(replace(manifest, state=None)))
            self.state.unlink(missing_ok=True)

    def remove_manifest(self) -> None:
        """Have it painted again."""
        self._manifest.unlink(missing_ok=True)

    def remove(self) -> None:
        for path in (self._manifest, self.film, self.state):
            path.unlink(missing_ok=True)

    def settle(self, made: Making, manifest: Manifest) -> None:
        """Give finished files their names, the manifest last.

        Raises:
            OutputError: they cannot be written.
        """
        try:
            self._manifest.unlink(missing_ok=True)
            made.film.replace(self.film)
            if manifest.state is not None:
                made.state.replace(self.state)
            keep(self.film)
        except OSError as error:
            raise OutputError(f"{self.film}: cannot be written: {error.strerror}") from None
        write_json(self._manifest, asdict(manifest))


class Making:
    """A segment on its way, in a folder that no other process writes to; a context manager.

    Attributes:
        film, state: where the two files grow; once complete, `film` is the spare of a part.
        frames: written so far.
    """

    def __init__(self, segment: Segment, coding: Coding) -> None:
        self._place = Partial(segment.folder / segment.name)
        self.film = self._place.path / f"film{coding.suffix}"
        self.state = self._place.path / "state.safetensors"
        self.frames = 0
        self._coding = coding
        self._writer: FilmWriter | None = None
        self._spare = Spare(self._spare_file, coding.room > 0) if coding.wants_spare else None

    def __enter__(self) -> Making:
        self._place.make(folder=True)
        return self

    def write(self, frame: Frame) -> None:
        """Add one frame; raises as `FilmWriter`."""
        self._writer = self._writer or self._coding.writer(self.film, frame).__enter__()
        self._writer.write(frame)
        if self._spare:
            self._spare.write(frame)
        self.frames += 1

    def _spare_file(self, frame: Frame) -> FilmWriter:
        return self._coding.spare(self.film.with_name(f"spare{LOSSLESS}"), frame)

    def complete(self, state: PaintState | None, whole: bool = True) -> tuple[str, str | None, int]:
        """End the film and save the state: sha256 of both, and how many bytes they have.

        Args:
            state: behind the last frame; None saves none.
            whole: False leaves the frames as they are, to be written again with those to come.
        """
        if self._spare and not whole:
            self.film = self._spare.keep()
        elif self._writer:
            self._writer.__exit__(None, None, None)
            self._writer = None
        keep(self.film)
        film, size = sha256(self.film), self.film.stat().st_size
        if state is None:
            return film, None, size
        save_state(self.state, state)
        keep(self.state)
        return film, sha256(self.state), size + self.state.stat().st_size

    def __exit__(self, *error: object) -> None:
        if self._writer:
            self._writer.__exit__(GeneratorExit, None, None)  # nobody wants it any more
        if self._spare:
            self._spare.drop()
        self._place.discard()


def _is(path: Path, checksum: str) -> bool:
    try:
        return sha256(path) == checksum
    except OSError:
        return False
