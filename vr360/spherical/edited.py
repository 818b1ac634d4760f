"""What an edit of metadata left in a file, for those who call it from Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vr360.reports import Reported
from vr360.spherical.model import SphericalMetadata


@dataclass(frozen=True)
class Edited(Reported):
    """Attributes:
    output: the file that was written.
    metadata: what it says now; None after `remove`.
    notes: what was decided on the way, one sentence each.
    """

    output: Path
    metadata: SphericalMetadata | None
    notes: tuple[str, ...] = ()
