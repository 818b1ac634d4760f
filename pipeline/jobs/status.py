"""How far jobs are, and whether what they hold is whole."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.jobs.claims import owner_of
from pipeline.jobs.plan import Planned, load_plan
from pipeline.jobs.segments import Manifest, Segment
from pipeline.jobs.stop import PAUSE, free
from vr360.errors import InputError, OutputError

DONE, PAINTING, PART, WAITING = "done", "painting", "part", "waiting"


@dataclass(frozen=True)
class Row:
    """A segment.

    Attributes:
        first, frames: which frames of the film it holds.
        state: done, painting, part (paused within it) or waiting.
        painted: frames of it so far; those of one that is being painted are not kept yet.
        by: which process paints or has painted it.
        fps: that it was painted at.
    """

    first: int
    frames: int
    state: str
    painted: int
    by: str | None = None
    fps: float | None = None


@dataclass(frozen=True)
class Status:
    """How far a job is.

    Attributes:
        folder, output: of the job.
        frames, done: of the film; how many of them are painted.
        fps: of all that paint it together; None before the first segment is there.
        seconds_left: at that speed.
        workers: processes that are at work on it.
        size, free: bytes that the job holds, and that its disk has left.
        paused: it was asked to pause.
        warm_up: see `JobOptions`.
        again: the command that goes on with it.
        rows: its segments.
    """

    folder: str
    output: str
    frames: int
    done: int
    fps: float | None
    seconds_left: float | None
    workers: list[str]
    size: int
    free: int
    paused: bool
    warm_up: int
    again: str
    rows: list[Row]

    def as_data(self) -> dict[str, Any]:
        """For a script."""
        return asdict(self)


def status(folder: Path) -> Status:
    """How far a job is, as its files say; nothing is verified.

    Raises:
        InputError: there is no job in the folder, or its plan is damaged.
    """
    plan = load_plan(folder)
    rows = [_row(folder, planned) for planned in plan.segments]
    done = sum(row.painted for row in rows)
    workers = sorted({row.by for row in rows if row.state == PAINTING and row.by})
    fps = _speed(rows)
    return Status(
        folder=str(folder),
        output=plan.settings["output"],
        frames=plan.frames,
        done=done,
        fps=fps,
        seconds_left=(plan.frames - done) / fps if fps else None,
        workers=workers,
        size=_size(folder),
        free=free(folder),
        paused=(folder / PAUSE).exists(),
        warm_up=plan.warm_up,
        again=plan.again,
        rows=rows,
    )


def jobs_in(place: Path) -> list[Path]:
    """Folders of jobs below a place, or the place itself.

    Raises:
        InputError: there is no such folder.
    """
    if not place.is_dir():
        raise InputError(f"{place}: no such folder")
    return sorted(plan.parent for plan in place.rglob("*.job/plan.json"))


def verify(folder: Path) -> list[str]:
    """What is wrong with the segments of a job, a line each; nothing is changed.

    Raises:
        InputError: there is no job in the folder, or its plan is damaged.
    """
    faults = []
    plan = load_plan(folder)
    for planned in plan.segments:
        segment = Segment(folder, planned.key, plan.suffix)
        if segment.manifest() and not segment.verified():
            faults.append(f"{segment.film}: damaged; {plan.again} paints it again")
    return faults


def pause(folder: Path) -> list[str]:
    """Ask all who work on a job to stop after the frame in hand; who they are.

    Raises:
        OutputError: nobody is at work on it.
    """
    workers = status(folder).workers
    if not workers:
        raise OutputError(f"{folder}: nobody is at work on it")
    (folder / PAUSE).touch()
    return workers


def _row(folder: Path, planned: Planned) -> Row:
    segment, where = Segment(folder, planned.key), (planned.first, planned.frames)
    manifest = segment.manifest()
    if manifest:
        return Row(*where, DONE, planned.frames, manifest.by, _fps(manifest))
    part, owner = segment.part.manifest(), owner_of(folder, planned.key)
    kept = part.frames if part else 0
    if owner:
        fps = owner.frames / owner.seconds if owner.frames else None
        return Row(*where, PAINTING, min(kept + owner.frames, planned.frames), str(owner), fps)
    return Row(*where, PART if part else WAITING, kept, part.by if part else None)


def _fps(manifest: Manifest) -> float | None:
    return manifest.frames / manifest.seconds if manifest.seconds else None


def _speed(rows: list[Row]) -> float | None:
    """Frames a second of all workers together, by what is painted so far."""
    timed = [(row.painted, row.painted / row.fps) for row in rows if row.fps]
    frames, seconds = (sum(column) for column in zip(*timed, strict=True)) if timed else (0, 0)
    workers = sum(row.state == PAINTING for row in rows)
    return max(1, workers) * frames / seconds if seconds else None


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # it has got its name meanwhile
            size += path.stat().st_size if path.is_file() else 0
    return size
