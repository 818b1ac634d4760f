"""Every figure of a film, of a style, or of both, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline.quality.measure import measure_against_source, measure_film, measure_style
from pipeline.quality.together import open_films
from vr360.reports import Reported, as_plain


@dataclass(frozen=True)
class Figures(Reported):
    """Figures by name, as docs/measures.md defines them; None where one cannot be had."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def as_dict(self) -> dict[str, Any]:
        """The figures alone, as plain data."""
        return {name: as_plain(value) for name, value in self.values.items()}


def measure(
    film: Path | None,
    source: Path | None = None,
    *,
    baseline: Path | None = None,
    style: str | None = None,
    painting: Path | None = None,
    vgg_weights: Path | None = None,
    duration: Fraction | None = None,
) -> Figures:
    """See `vr360.measure`.

    Raises:
        InputError: a file that cannot be read, or that does not belong to the other one.
        ValueError: nothing to measure, or a figure that needs a source without one.
    """
    if film is None and style is None:
        raise ValueError("give a film, a style, or both")
    if source is None and (baseline or painting):
        raise ValueError("baseline and painting need the source")
    values: dict[str, Any] = {}
    if film is not None:
        values |= asdict(measure_film(film, source, duration=duration))
    if film is not None and source is not None:
        films = open_films(film, source, baseline, duration)
        values |= measure_against_source(films, painting, vgg_weights)[0]
    if style is not None:
        values |= asdict(measure_style(style))
    return Figures(values)
