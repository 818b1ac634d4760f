"""`vr360 measure`: figures instead of impressions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from pipeline.cli.console import print_json, progress_bar


def measure(
    file: Path | None = typer.Argument(None, help="Film or still to measure."),
    source: Path | None = typer.Option(
        None, help="What it was painted from; its own seam is divided out of seam_ratio."
    ),
    style: str | None = typer.Option(
        None, help="Measure a style as well: NAME or FILE; prints grid_ratio, yaw_equivariance_max."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the figures as JSON."),
) -> None:
    """Print the figures of a film, a style, or both.

    seam_gradient: mean step across ±180° over the steps just beside it; 1.00 is invisible.
    seam_ratio: that, divided by the same figure of --source.
    grid_ratio: energy at the net's stride on painted flat sky over that beside it; 1.00 is none.
    yaw_equivariance_max: difference between turning before and after painting; 0 is exact.
    """
    from dataclasses import asdict

    from pipeline.quality.measure import measure_film, measure_style

    if file is None and style is None:
        raise typer.BadParameter("give a FILE, --style, or both")
    figures: dict[str, Any] = {}
    if file is not None:
        figures |= asdict(measure_film(file, source, progress_bar))
    if style is not None:
        figures |= asdict(measure_style(style))
    if as_json:
        print_json(figures)
        return
    for name, value in figures.items():
        shown = f"{value:.4g}" if isinstance(value, float) else value
        if value is not None:
            typer.echo(f"{name:22}{shown}")
