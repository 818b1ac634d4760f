"""`discover.json`: what a sweep has found so far. The page is written from it and its pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.discover.verdict import rank
from vr360 import __version__
from vr360.errors import OutputError
from vr360.partial import write_whole

FILE = "discover.json"
KIND = "vr360-discover"
PICTURES = "pictures"


@dataclass
class Record:
    """All jobs done in a folder, in however many sittings.

    Attributes:
        settings: what all of them have in common.
        clips: by path.
        jobs: in the order in which they were done.
    """

    folder: Path
    settings: Mapping[str, Any]
    clips: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def keys(self) -> set[str]:
        return {job["key"] for job in self.jobs}

    def add(self, job: dict[str, Any]) -> None:
        """One more; an older one of the same name is replaced."""
        name = _name(job)
        self.jobs = [other for other in self.jobs if _name(other) != name]
        self.jobs.append(job)
        self.save()

    def data(self) -> dict[str, Any]:
        return {
            "kind": KIND,
            "version": __version__,
            "settings": dict(self.settings),
            "clips": self.clips,
            "ranking": rank(self.jobs),
            "jobs": self.jobs,
        }

    def save(self) -> None:
        """Whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        path = self.folder / FILE
        try:
            write_whole(path, (json.dumps(self.data(), indent=1) + "\n").encode())
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def open_record(folder: Path, settings: Mapping[str, Any]) -> Record:
    """The record of a folder, begun or to be continued.

    Raises:
        OutputError: something else lies there, or a sweep that this one cannot be compared with.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: no folder can be made there ({error.strerror})") from None
    if not (folder / FILE).exists():
        if any(folder.iterdir()):
            raise OutputError(
                f"{folder}: holds something else; give a new or empty folder as --out"
            )
        record = Record(folder, settings)
        record.save()
        return record
    found = _load(folder / FILE)
    if found["settings"] != settings:
        told = ", ".join(f"{name} {value}" for name, value in found["settings"].items())
        raise OutputError(
            f"{folder}: holds looks tried with {told}; "
            "try more with the same, or give another --out"
        )
    return Record(folder, settings, found["clips"], found["jobs"])


def _load(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["kind"] == KIND and {"settings", "clips", "jobs"} <= found.keys():
            return dict(found)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise OutputError(f"{path}: no record of vr360 discover, or damaged; give another --out")


def _name(job: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(job[part] for part in ("style", "strength", "stroke", "scale", "clip"))
