"""What a job is: its source, its settings and the code that paints it, in `plan.json`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import pipeline
import vr360
from pipeline.jobs.files import fingerprint, sha256, write_json
from pipeline.looks.track import parse_look
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Span
from pipeline.styles import GALLERY
from vr360.errors import InputError
from vr360.media.presets import Overrides

SEGMENT = 240
"""Frames of the source that a segment takes in: what a killed run loses at most."""


@dataclass(frozen=True)
class Plan:
    """All that decides about the bits of a film.

    Attributes:
        source: fingerprint of the input.
        settings: of the `StylizeJob`, as JSON knows them.
        styles: checksums of the files that the settings name.
        code: checksum of the program.
        segment: frames of the source that each segment takes in.
        frames: how many will come, as far as the source knows.
    """

    source: str
    settings: dict[str, Any]
    styles: dict[str, str]
    code: str
    segment: int
    frames: int

    @property
    def job(self) -> StylizeJob:
        """The job that it is the plan of."""
        return job_of(self.settings)


def make_plan(job: StylizeJob, frames: int, segment: int = SEGMENT) -> Plan:
    """The plan of a job as source, styles and code are now."""
    named = {str(path): sha256(path) for path in _files(job)}
    return Plan(fingerprint(job.input), settings_of(job), named, code(), segment, frames)


def save_plan(folder: Path, plan: Plan) -> None:
    write_json(folder / "plan.json", asdict(plan))


def load_plan(folder: Path) -> Plan:
    """The plan in a job's folder.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = folder / "plan.json"
    try:
        return Plan(**json.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise InputError(f"{folder}: no job; it has no plan.json") from None
    except (ValueError, TypeError):
        reason = "damaged; vr360 jobs clean removes the job, then begin anew"
        raise InputError(f"{path}: {reason}") from None


def check_plan(folder: Path, old: Plan, new: Plan) -> None:
    """Raise InputError unless what was begun by one plan can be gone on with by the other."""
    reasons = {
        f"{new.job.input} has changed since": old.source != new.source,
        "its settings were others": old.settings != new.settings,
        "a style or list of cuts has changed since": old.styles != new.styles,
        "another version of vr360 began it": old.code != new.code,
        "its segments have another length": old.segment != new.segment,
    }
    for reason, holds in reasons.items():
        if holds:
            raise InputError(f"{folder}: {reason}; vr360 jobs clean {folder} removes it")


def check_source(job: StylizeJob, plan: Plan) -> None:
    """Raise InputError where the source is no more what it was when the job began."""
    if not job.input.exists() or fingerprint(job.input) != plan.source:
        raise InputError(f"{job.input}: changed while it was painted; begin anew")


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
    """Checksum of every line of the program."""
    digest = hashlib.sha256(vr360.__version__.encode())
    for package in (vr360, pipeline):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(job: StylizeJob) -> set[Path]:
    """Files beside the source that decide about the film: styles, cameras and cuts."""
    styles = {name for look in job.looks for name in parse_look(*look).styles}
    named = {Path(name.partition("#")[0]) for name in {job.cuts, job.camera} | styles}
    return {GALLERY} | {path.absolute() for path in named if path.is_file()}


def _text(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Fraction | Path):
        return str(value)
    raise TypeError(f"cannot be saved: {value!r}")
