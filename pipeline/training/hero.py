"""A frame that was painted with care, and what it was painted from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vr360.errors import InputError


@dataclass(frozen=True)
class Hero:
    """A painted sphere, what it was painted from, and a picture that is white where it counts."""

    source: Path
    painted: Path
    mask: Path | None = None

    @classmethod
    def parse(cls, text: str, painted: Path, folder: Path = Path()) -> Hero:
        """`SOURCE[,HERO[,MASK]]`; without a HERO it is `painted`. Files lie in `folder`.

        Raises:
            InputError: no source, or more than three files.
        """
        source, hero, mask, *more = *text.split(","), "", ""
        if not source or any(more):
            raise InputError(
                f"optimised sphere {text!r}: give SOURCE, SOURCE,HERO or SOURCE,HERO,MASK"
            )
        return cls(
            folder / source, folder / hero if hero else painted, folder / mask if mask else None
        )

    @property
    def files(self) -> dict[str, Path]:
        """Those that are given, by what they are."""
        named = {"source": self.source, "painted": self.painted, "mask": self.mask}
        return {name: path for name, path in named.items() if path}
