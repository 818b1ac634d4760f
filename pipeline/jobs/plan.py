"""What a job is: its source, its settings, the code that paints it, and its segments.

A segment's key is a checksum of all that decides about its bits. What has been painted under a key
never has to be painted again, whichever job it was painted for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import pipeline
import vr360
from pipeline.jobs.coding import Coding
from pipeline.jobs.extra import Extra
from pipeline.jobs.files import checksum, sha256, write_json
from pipeline.jobs.scan import Scan, source_of
from pipeline.jobs.schedule import SEGMENT, split
from pipeline.looks.track import LookTrack, parse_look
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Span
from pipeline.styles import GALLERY
from vr360.errors import InputError
from vr360.frame import VideoInfo
from vr360.media.encoder import ffmpeg_version
from vr360.media.presets import Overrides

_NOT_PAINTED = {"input", "output", "preset", "encoding", "span", "rate", "cuts", "style"}
_NOT_PAINTED |= {"strength", "stroke", "force"}
"""Settings that decide nothing about a painted frame, or that a scan or the look stands for."""


@dataclass(frozen=True)
class Planned:
    """A segment to be painted.

    Attributes:
        key: checksum of all that decides about its bits.
        first: number of its first frame in the film.
        frames: how many it has.
        warm_up: frames before it that are painted and thrown away, to have a state to begin with.
        after: key of the segment whose state it goes on from; None where nothing is remembered.
        is_awaited: another segment goes on from its state.
    """

    key: str
    first: int
    frames: int
    warm_up: int = 0
    after: str | None = None
    is_awaited: bool = False

    def __str__(self) -> str:
        return f"frames {self.first} to {self.first + self.frames - 1}"


@dataclass(frozen=True)
class Plan:
    """All that decides about the bits of a film.

    Attributes:
        source: fingerprint of the input, see `source_of`.
        settings: of the `StylizeJob`, as JSON knows them.
        styles: checksums of the files that the settings name.
        code: checksum of the program.
        encoder: of the segments, see `Coding`.
        suffix: of the segments' films.
        length: frames of a segment at most.
        warm_up: frames painted before segments that begin within a shot; 0 hands the state of one
            over to the next.
        keep: the folder stays when the film is complete.
        frames: of the film.
        extra: what decides about the bits beside the settings, see `Extra`; else empty.
        again: the command that goes on with it.
        segments: in the order of the film.
    """

    source: str
    settings: dict[str, Any]
    styles: dict[str, str]
    code: str
    encoder: str
    suffix: str
    length: int
    warm_up: int
    keep: bool
    frames: int
    extra: str
    again: str = field(compare=False)
    segments: tuple[Planned, ...]

    @property
    def job(self) -> StylizeJob:
        """The job that it is the plan of."""
        return job_of(self.settings)


def make_plan(
    job: StylizeJob,
    info: VideoInfo,
    scan: Scan,
    coding: Coding,
    length: int = SEGMENT,
    warm_up: int = 0,
    keep: bool = False,
    extra: Extra | None = None,
    again: str = "",
) -> Plan:
    """The plan of a job as source, styles and code are now."""
    told = extra.told if extra else ""
    styles = {str(path): sha256(path) for path in _files(job)}
    settings = settings_of(job)
    decides = [_painted(settings), styles, code(), _picture(info), _is_bare(job), told]
    base = checksum([*decides, coding.bit_depth, coding.recipe])
    timed = extra is not None or isinstance(job.smoothness, str)
    segments = tuple(_segments(job, scan, base, length, warm_up, timed))
    source = source_of(job)
    known = source, settings, styles, code(), coding.encoder, coding.suffix
    return Plan(*known, length, warm_up, keep, scan.frames, told, again, segments)


def identity(job: StylizeJob) -> str:
    """Checksum of all that decides about a job's frames, wherever they are written."""
    settings = settings_of(job)
    settings.pop("output")
    styles = {str(path): sha256(path) for path in _files(job)}
    return checksum([source_of(job), settings, styles, code()])


def save_plan(folder: Path, plan: Plan) -> None:
    write_json(folder / "plan.json", asdict(plan))


def load_plan(folder: Path) -> Plan:
    """The plan in a job's folder.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = folder / "plan.json"
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        segments = tuple(Planned(**segment) for segment in plan.pop("segments"))
        return Plan(**plan, segments=segments)
    except OSError:
        raise InputError(f"{folder}: no job; it has no plan.json") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        reason = "damaged; vr360 stylize with the same words plans the job anew, and keeps the rest"
        raise InputError(f"{path}: {reason}") from None


def check_plan(folder: Path, plan: Plan) -> None:
    """Raise InputError unless it can be painted as it is: it tells all, and source, styles and code
    are what they were when it was made.
    """
    if plan.extra:
        raise InputError(
            f"{folder}: a scene with layers or a covered nadir; go on with: {plan.again}"
        )
    job = plan.job
    styles = {str(path): sha256(path) for path in _files(job)}
    reasons = {
        f"{job.input} has changed since": source_of(job) != plan.source,
        "a style or camera has changed since": styles != plan.styles,
        "another version of vr360 began it": code() != plan.code,
        "another version of ffmpeg began it": plan.encoder not in ("", ffmpeg_version()),
    }
    for reason, holds in reasons.items():
        if holds:
            again = "vr360 stylize with the same words paints what that has changed"
            raise InputError(f"{folder}: {reason}; {again}")


def check_source(plan: Plan) -> None:
    """Raise InputError where the source is no more what it was when the job began."""
    job = plan.job
    if not job.input.exists() or source_of(job) != plan.source:
        raise InputError(f"{job.input}: changed while it was painted; what is painted is kept")


def settings_of(job: StylizeJob) -> dict[str, Any]:
    """A job as JSON knows it; `force` says nothing of the film, and is left out."""
    settings = {f.name: getattr(job, f.name) for f in fields(job) if f.name != "force"}
    absolute = {"input": job.input.absolute(), "output": job.output.absolute()}
    plain = {"span": [job.span.start, job.span.duration], "encoding": asdict(job.encoding)}
    tree: dict[str, Any] = json.loads(json.dumps(settings | absolute | plain, default=_text))
    return tree


def job_of(settings: dict[str, Any]) -> StylizeJob:
    """The job that `settings_of` made them of."""
    start, duration = settings["span"]
    return StylizeJob(
        **settings
        | {
            "span": Span(Fraction(start), None if duration is None else Fraction(duration)),
            "encoding": Overrides(**settings["encoding"]),
            "rate": None if settings["rate"] is None else Fraction(settings["rate"]),
            "size": tuple(settings["size"]) if settings["size"] else None,
        }
    )


def code() -> str:
    """Checksum of every line of the program that paints; its commands are not among them."""
    digest = hashlib.sha256(vr360.__version__.encode())
    for package in (vr360, pipeline):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            if path.relative_to(root).parts[0] != "cli":
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _segments(
    job: StylizeJob, scan: Scan, base: str, length: int, warm_up: int, timed: bool
) -> Iterator[Planned]:
    tracks, names = _tracks(job), _names(job, scan)
    if timed:  # what is laid over equal frames, or holds them, may differ from time to time
        names = [[*name, str(scan.pts(n))] for n, name in enumerate(names)]
    looks = [[track.styles, track.reduction] for track in tracks]
    for shot in split(scan.cuts, scan.frames, length, warm_up):
        after: str | None = None
        for piece in shot:
            entering = None if warm_up else after
            seen = names[piece.first - piece.warm_up : piece.first + piece.frames]
            awaited = not warm_up and piece is not shot[-1]
            key = checksum([base, looks, entering, piece.warm_up, awaited, seen])[:32]
            yield Planned(key, piece.first, piece.frames, piece.warm_up, entering, awaited)
            after = key


def _names(job: StylizeJob, scan: Scan) -> list[list[Any]]:
    """For every frame what is painted, and with which looks."""
    tracks = _tracks(job)
    constant = [asdict(track.at(0)) for track in tracks if track.is_constant]
    if len(constant) == len(tracks):
        looks = [constant] * scan.frames
    else:
        looks = [[asdict(track.at(scan.pts(n))) for track in tracks] for n in range(scan.frames)]
    return [[scan.digests[n], scan.repeats(n), looks[n]] for n in range(scan.frames)]


def _tracks(job: StylizeJob) -> list[LookTrack]:
    return [parse_look(*look) for look in job.looks]


def _painted(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in _NOT_PAINTED}


def _picture(info: VideoInfo) -> list[Any]:
    """What probing says of how the source is to be taken."""
    size, bounds = [info.height, info.width], str(info.bounds)
    return [*size, info.projection.value, info.stereo.value, bounds]


def _is_bare(job: StylizeJob) -> bool:
    """Whether nothing is ever painted; then nothing is held still either."""
    return all(track.is_nothing for track in _tracks(job))


def _files(job: StylizeJob) -> set[Path]:
    """Files beside the source that decide about the film: styles and cameras."""
    styles = {name for look in job.looks for name in parse_look(*look).styles}
    named = {Path(name.partition("#")[0]) for name in {job.camera} | styles}
    return {GALLERY} | {path.absolute() for path in named if path.is_file()}


def _text(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction | Path):
        return str(value)
    raise TypeError(f"cannot be saved: {value!r}")
