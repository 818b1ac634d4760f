"""The story of a long film: plan it, render the segments that are missing, assemble them.

Truth is the folder `OUTPUT.job` beside the output: whatever is complete in it is not made again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.jobs.files import keep
from pipeline.jobs.lock import locked
from pipeline.jobs.plan import (
    SEGMENT,
    Plan,
    check_plan,
    check_source,
    load_plan,
    make_plan,
    save_plan,
)
from pipeline.jobs.segments import Manifest, Segment
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Progress
from pipeline.source.unfolding import Unfolding, open_unfolding
from pipeline.stylize import StylizeReport, open_film
from pipeline.take import probe_source
from vr360.errors import InputError, OutputError
from vr360.frame import Frame, VideoInfo
from vr360.media.reader import Resampling
from vr360.media.writer import Writer

LONG = 60
"""Seconds from which on a film is made as a job by itself."""


def folder_of(output: Path) -> Path:
    """Where the job of a film lies."""
    return output.with_name(f"{output.name}.job")


def is_long(job: StylizeJob) -> bool:
    """Whether a film is worth a job: longer than `LONG`, and one that can be broken off."""
    info = probe_source(job)
    return job.passes == 1 and not info.is_still and job.span.end(info) - job.span.start > LONG


def stylize_in_segments(
    job: StylizeJob, progress: Progress = lambda frames, _: frames, segment: int = SEGMENT
) -> StylizeReport:
    """Paint a film as `stylize` does, to the same bits; killed and called again, it goes on.

    Args:
        segment: frames of the source that are taken in between two states on the disk.

    Raises:
        Vr360Error: what `stylize` refuses, and a job begun with another source, other settings or
            other code, or that another process works on.
    """
    started = time.perf_counter()
    info = probe_source(job)
    if job.passes != 1 or info.is_still:
        raise InputError(f"{job.input}: a still, and --passes 2, cannot be a job; --job never")
    sphere = open_unfolding(info, job.size, job.camera, job.paint_width, job.paints)
    film = open_film(job, info, sphere)
    folder = folder_of(job.output)
    _make(folder)
    with locked(folder):
        plan = _planned(folder, make_plan(job, job.span.count(info, job.rate), segment))
        _render(folder, plan, job, info, sphere, film.bit_depth, progress)
        check_source(job, plan)
        parts = assemble(folder, film, job, info)
    shutil.rmtree(folder)
    return _report(job, info, parts, time.perf_counter() - started, film)


def resume(
    folder: Path, progress: Progress = lambda frames, _: frames, force: bool = False
) -> StylizeReport:
    """Go on with the job in a folder; raises as `stylize_in_segments`.

    Args:
        force: a film that has the output's name may be replaced.
    """
    plan = load_plan(folder)
    return stylize_in_segments(replace(plan.job, force=force), progress, plan.segment)


def status(folder: Path) -> dict[str, Any]:
    """How far a job is: frames, segments, frames a second, seconds left (None: not yet known)."""
    plan = load_plan(folder)
    made = [manifest for _, manifest in complete(folder)]
    done, seconds = sum(m.frames for m in made), sum(m.seconds for m in made)
    fps = done / seconds if seconds else None
    left = max(0, plan.frames - done) / fps if fps else None
    return {
        "output": plan.settings["output"],
        "frames": plan.frames,
        "done": done,
        "segments": len(made),
        "fps": fps,
        "seconds_left": left,
    }


def remove(folder: Path) -> None:
    """Remove a job that nobody is at work on; a folder that is none is left alone."""
    if not (folder / "plan.json").exists():
        raise InputError(f"{folder}: no job; it has no plan.json")
    with locked(folder):
        shutil.rmtree(folder)


def assemble(
    folder: Path, film: Writer, job: StylizeJob, info: VideoInfo
) -> list[tuple[Segment, Manifest]]:
    """Write the film of all segments, with the source's sound and metadata; its parts."""
    parts = list(complete(folder))
    if not parts or not parts[-1][1].is_last:
        raise OutputError(f"{folder}: segments are missing; vr360 jobs resume {folder}")
    with film:
        for segment, manifest in parts:
            for frame in segment.frames(manifest, job.rate or info.rate):
                film.write(frame)
    return parts


def complete(folder: Path) -> Iterator[tuple[Segment, Manifest]]:
    """The segments from the first on that are to the bit what they were, up to a gap."""
    for number in range(len(list(folder.glob("*.json")))):
        segment = Segment(folder, number)
        manifest = segment.verified()
        if manifest is None:
            return
        yield segment, manifest
        if manifest.is_last:
            return


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from None


def _planned(folder: Path, new: Plan) -> Plan:
    if (folder / "plan.json").exists():
        check_plan(folder, load_plan(folder), new)
    else:
        save_plan(folder, new)
        keep(folder)
    return new


def _render(
    folder: Path,
    plan: Plan,
    job: StylizeJob,
    info: VideoInfo,
    sphere: Unfolding,
    bit_depth: int,
    progress: Progress,
) -> None:
    done = sum(manifest.frames for _, manifest in complete(folder))
    frames = _missing(folder, plan, job, info, sphere, bit_depth)
    with closing(frames):
        shown: Iterable[Frame] = progress(frames, max(0, plan.frames - done))
        for _ in shown:
            pass


def _missing(
    folder: Path, plan: Plan, job: StylizeJob, info: VideoInfo, sphere: Unfolding, bit_depth: int
) -> Generator[Frame, None, None]:
    """Frames of the segments that are not there or not whole, as they are rendered."""
    number, before, is_last = 0, None, False
    while not is_last:
        segment = Segment(folder, number)
        manifest = segment.verified()
        if manifest is None:
            check_source(job, plan)
            entering = before.leaving() if before else None
            yield from segment.render(job, info, sphere, bit_depth, entering, plan.segment)
            manifest = segment.manifest()
        assert manifest is not None
        number, before, is_last = number + 1, segment, manifest.is_last


def _report(
    job: StylizeJob,
    info: VideoInfo,
    parts: list[tuple[Segment, Manifest]],
    seconds: float,
    film: Writer,
) -> StylizeReport:
    made = [manifest for _, manifest in parts]
    frames = sum(m.frames for m in made)
    stages = {name: sum(m.stage_seconds[name] for m in made) for name in made[0].stage_seconds}
    return StylizeReport(
        output=job.output,
        frames=frames,
        painted=sum(m.painted for m in made),
        seconds=seconds,
        source=info,
        resampling=Resampling(frames, sum(m.repeated for m in made), sum(m.dropped for m in made)),
        backend=made[0].backend,
        layout=made[0].layout,
        stage_seconds=stages | {"encode": film.busy_seconds},
    )
