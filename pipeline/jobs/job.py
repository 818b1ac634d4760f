"""The story of a long film: scan its source, plan it, paint what is missing, assemble it.

Truth is the folder `OUTPUT.job` beside the output: whatever is complete in it is not made again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.jobs.claims import owner_of
from pipeline.jobs.coding import Coding, coding_of
from pipeline.jobs.extra import Extra
from pipeline.jobs.files import keep
from pipeline.jobs.lock import locked
from pipeline.jobs.log import events, logged
from pipeline.jobs.plan import (
    Plan,
    Planned,
    check_plan,
    check_source,
    load_plan,
    make_plan,
    save_plan,
)
from pipeline.jobs.scan import Scan, load_scan, open_scan
from pipeline.jobs.schedule import SEGMENT
from pipeline.jobs.segments import Manifest
from pipeline.jobs.stop import PAUSE, Stop
from pipeline.jobs.studio import Studio
from pipeline.jobs.work import Engine, paint, pausing
from pipeline.painting.asked import probe_source
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Progress
from pipeline.source.unfolding import Unfolding
from pipeline.stylize import StylizeReport, open_film
from pipeline.take import unfolding_of
from vr360.errors import InputError, OutputError
from vr360.frame import Frame, VideoInfo
from vr360.media.reader import Resampling
from vr360.media.writer import FilmWriter, Writer
from vr360.partial import Partial
from vr360.stereo import picture_size

LONG = 60
"""Seconds from which on a film is made as a job by itself."""


def _silent(frames: Iterable[Frame], _: int) -> Iterable[Frame]:
    return frames


@dataclass(frozen=True)
class JobOptions:
    """How a job is made; only `warm_up` and `extra` decide about its bits.

    Attributes:
        length: frames of a segment at most.
        warm_up: frames painted before segments that begin within a shot, so that they can be
            painted side by side; 0 hands the state of one over to the next.
        keep: leave the folder when the film is complete, for the next job to take from.
        stop: is asked after every frame whether to stop; by default only the folder and the disk
            are.
        scanning: shows how far the source is scanned.
        engine: paints what is missing; this process by default.
        extra: what is painted beside the job's own look.
        again: the command that goes on with it; by default `vr360 jobs resume`.
    """

    length: int = SEGMENT
    warm_up: int = 0
    keep: bool = False
    stop: Stop | None = None
    scanning: Progress = _silent
    engine: Engine = paint
    extra: Extra | None = None
    again: str = ""


def folder_of(output: Path) -> Path:
    """Where the job of a film lies."""
    return output.with_name(f"{output.name}.job")


def is_long(job: StylizeJob, info: VideoInfo) -> bool:
    """Whether a film is worth a job: longer than `LONG`, and one that can be broken off."""
    return job.passes == 1 and not info.is_still and job.span.end(info) - job.span.start > LONG


def stylize_in_segments(
    job: StylizeJob, progress: Progress = _silent, options: JobOptions | None = None
) -> StylizeReport:
    """Paint a film as `stylize` does, to the same bits; killed and called again, it goes on.

    With other settings, another source or other code it paints what they change.

    Raises:
        PausedError: it was asked to stop; what is painted is kept.
        Vr360Error: what `stylize` refuses; another process works on the job; the source changes.
    """
    started, options = time.perf_counter(), options or JobOptions()
    info = probe_source(job)
    if job.passes != 1 or info.is_still:
        raise InputError(f"{job.input}: a still, and --passes 2, cannot be a job; --job never")
    sphere = unfolding_of(job, info, layered=options.extra is not None)
    if options.extra:
        sphere = options.extra.sphere(sphere)
    film, folder = open_film(job, info, sphere), folder_of(job.output)
    _make(folder)
    stop = options.stop or Stop()
    with locked(folder), logged(folder, f"painting {job.output.name}"):
        (folder / PAUSE).unlink(missing_ok=True)
        coding = coding_of(film, job.rate or info.rate, options.keep)
        with stop.at_once():  # a scan that is broken off leaves nothing that could be kept
            studio = _planned(folder, job, info, sphere, coding, options)
        manifests = options.engine(studio, progress, stop)
        assemble(studio, film, stop)
        _finish(studio)
    return _report(studio, manifests, time.perf_counter() - started, film)


def resume(
    folder: Path,
    progress: Progress = _silent,
    options: JobOptions | None = None,
    force: bool = False,
) -> StylizeReport:
    """Go on with the job in a folder, with the length, warm-up and keep that it was planned with.

    Args:
        force: a film that has the output's name may be replaced.

    Raises:
        Vr360Error: as `stylize_in_segments`; source, styles or code are not what they were.
    """
    plan = load_plan(folder)
    check_plan(folder, plan)
    options = replace(
        options or JobOptions(), length=plan.length, warm_up=plan.warm_up, keep=plan.keep
    )
    return stylize_in_segments(replace(plan.job, force=force), progress, options)


def help_out(folder: Path, progress: Progress = _silent, stop: Stop | None = None) -> None:
    """Paint segments of a job that another process plans and assembles, until all are there.

    Raises:
        Vr360Error: as `paint`; there is no plan yet, or source, styles or code are others here.
    """
    studio = open_studio(folder)
    with logged(folder, "helping"):
        paint(studio, progress, stop or Stop())


def open_studio(folder: Path) -> Studio:
    """The job that another process has planned, to paint segments of it.

    Raises:
        Vr360Error: there is no plan yet, or source, styles or code are others here.
    """
    plan, scan = load_plan(folder), load_scan(folder / "scan.json")
    check_plan(folder, plan)
    if scan is None or scan.frames != plan.frames:
        raise InputError(f"{folder}: scan.json is damaged; vr360 jobs resume {folder} scans anew")
    info = probe_source(replace(plan.job, force=True))
    sphere = unfolding_of(plan.job, info)
    film = open_film(replace(plan.job, force=True), info, sphere)
    coding = coding_of(film, Fraction(scan.rate), plan.keep)
    return Studio(folder, plan, scan, plan.job, info, sphere, coding)


def remove(folder: Path) -> None:
    """Remove a job that nobody is at work on; a folder that is none is left alone.

    Raises:
        InputError: it is no job, or one that is worked on.
    """
    if not (folder / "plan.json").exists():
        raise InputError(f"{folder}: no job; it has no plan.json")
    with locked(folder):
        for claim in folder.glob("*.claim"):
            owner = owner_of(folder, claim.stem)
            if owner:
                raise OutputError(f"{folder}: is being worked on by {owner}")
        _dispose(folder)


def assemble(studio: Studio, film: Writer, stop: Stop) -> None:
    """Write the film of all segments, with the source's sound and metadata.

    Raises:
        OutputError: a segment was damaged since it was painted.
        PausedError: it was asked to stop; the film is assembled anew next time.
    """
    check_source(studio.plan)
    events.info("assembling %d segments", len(studio.plan.segments))
    step_by_step = _joined if studio.coding.film else _coded
    with film, closing(step_by_step(studio, film)) as steps:
        for _ in steps:
            pausing(studio, stop)


def _joined(studio: Studio, film: Writer) -> Generator[int, None, None]:
    assert isinstance(film, FilmWriter)
    manifests = [_whole(studio, planned) for planned in studio.plan.segments]
    films = [studio.segment(planned).film for planned in studio.plan.segments]
    with closing(film.join(films, studio.scan.pts(0))) as joined:
        for frames, manifest, path in zip(joined, manifests, films, strict=True):
            if frames != manifest.frames:
                raise OutputError(f"{path}: {frames} frames, not {manifest.frames}")
            yield frames


def _coded(studio: Studio, film: Writer) -> Generator[int, None, None]:
    for planned in studio.plan.segments:
        manifest, segment = _whole(studio, planned), studio.segment(planned)
        for frame in segment.frames(manifest, studio.scan.pts(planned.first), studio.rate):
            film.write(frame)
            yield 1


def _whole(studio: Studio, planned: Planned) -> Manifest:
    manifest = studio.verified(planned)
    if manifest is None:
        again = f"{studio.plan.again} paints it again"
        raise OutputError(f"{studio.segment(planned).film}: damaged since it was painted; {again}")
    return manifest


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from None


def _planned(
    folder: Path,
    job: StylizeJob,
    info: VideoInfo,
    sphere: Unfolding,
    coding: Coding,
    options: JobOptions,
) -> Studio:
    scan = open_scan(folder, job, info, sphere, options.scanning)
    again = options.again or f"vr360 jobs resume {folder}"
    length = coding.shortened(options.length)
    chosen = length, options.warm_up, options.keep, options.extra, again
    plan = make_plan(job, info, scan, coding, *chosen)
    if _known(folder) != plan:
        _rehearse(folder, job, info, sphere, scan)
        save_plan(folder, plan)
        events.info("planned %d frames in %d segments", plan.frames, len(plan.segments))
    return Studio(folder, plan, scan, job, info, sphere, coding, options.extra)


def _known(folder: Path) -> Plan | None:
    try:
        return load_plan(folder)
    except InputError:
        return None


def _rehearse(
    folder: Path, job: StylizeJob, info: VideoInfo, sphere: Unfolding, scan: Scan
) -> None:
    """Write one black frame with all the sound and metadata, before hours are spent on painting.

    Raises:
        Vr360Error: what would have ended the film at its end.
    """
    if not job.output.suffix:
        return
    trial = folder / job.output.name
    film = open_film(replace(job, output=trial, force=True), info, sphere)
    size = picture_size((sphere.height, sphere.width), info.stereo)
    black = np.zeros((*size, 3), np.uint8 if film.bit_depth == 8 else np.uint16)
    with film:
        film.write(Frame(black, scan.pts(0)))
    trial.unlink()


def _finish(studio: Studio) -> None:
    """See that the film is on the disk, and remove what nobody needs any more.

    Raises:
        OutputError: the disk refuses it; the segments stay.
    """
    _secure(studio.job.output)
    if not studio.plan.keep:
        _dispose(studio.folder)
        return
    keys = {planned.key for planned in studio.plan.segments}
    for path in studio.folder.glob(f"{'[0-9a-f]' * 32}.*"):
        if path.name[:32] not in keys or ".part." in path.name:
            path.unlink()


def _secure(film: Path) -> None:
    """See that a film, or a folder of pictures, outlasts the power."""
    try:
        for path in [*(film.iterdir() if film.is_dir() else []), film]:
            keep(path)
    except OSError as error:
        raise OutputError(f"{film}: cannot be written: {error.strerror}") from None


def _dispose(folder: Path) -> None:
    """Remove a job; who opens it meanwhile finds none rather than half of one."""
    away = Partial(folder).path
    folder.rename(away)
    shutil.rmtree(away)


def _report(
    studio: Studio, manifests: dict[str, Manifest], seconds: float, film: Writer
) -> StylizeReport:
    made = [manifests[planned.key] for planned in studio.plan.segments]
    stages = {name: sum(m.stage_seconds[name] for m in made) for name in made[0].stage_seconds}
    scan = studio.scan
    return StylizeReport(
        output=studio.job.output,
        frames=scan.frames,
        painted=sum(m.painted for m in made),
        seconds=seconds,
        source=studio.info,
        resampling=Resampling(scan.frames, scan.repeated, scan.dropped),
        backend=made[0].backend,
        layout=made[0].layout,
        stage_seconds=stages | {"encode": film.busy_seconds},
    )
