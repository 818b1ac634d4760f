"""`OUT.report.html`: how a training run went, on one page that carries its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from torch import Tensor

from pipeline.nets.checkpoint import StyleCard
from pipeline.pages.charts import chart, picture
from pipeline.pages.style import STYLE
from pipeline.training.records import painted_samples, sheet
from pipeline.training.run import Run
from vr360.errors import OutputError

SHOWN = (0.5, 1.0, 1.5)
"""Strengths of the samples."""

LOSSES = {
    "content": "where things are in the picture and no longer in the painting",
    "detail": "what the picture shows and the painting no longer does",
    "style": "how far the painting's texture is from that of the style image, all layers alike",
    "tv": "differences between neighbouring pixels",
    "temporal": "what does not move along when the picture moves",
    "features": "the same, inside the net",
    "grid": "what repeats with the blocks of the net",
    "draft": "what the revision changes of the draft's large shapes",
}


def save_report(
    path: Path,
    run: Run,
    styles: Sequence[StyleCard],
    data: Mapping[str, Any],
    samples: Tensor,
    held_out: Sequence[Mapping[str, float]] = (),
) -> None:
    """Write the page.

    Args:
        styles: in the order of the run's looks.
        data: what was learned on.
        samples: (N, 3, H, W), to be painted in every style.
        held_out: what is measured on them, by name, for each style.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.write_text("".join(_page(run, styles, data, samples, held_out)), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def _page(
    run: Run,
    styles: Sequence[StyleCard],
    data: Mapping[str, Any],
    samples: Tensor,
    held_out: Sequence[Mapping[str, float]],
) -> Iterator[str]:
    title = escape(f"Training of {', '.join(style.name for style in styles)}")
    yield "<!DOCTYPE html>\n"
    yield '<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8" />'
    yield f"<title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
    yield f"<p>{run.step} steps in {run.elapsed / 60:.1f} minutes</p>"
    for looks, style in zip(run.looks.detach(), styles, strict=True):
        yield from _style(run, looks, style, samples)
    if held_out:
        yield "<h2>On photographs held out</h2><p>Distance to the painting in each layer, over the "
        yield "painting's own square; content over the photographs' own. Strength 1.</p>"
        yield from _figures([style.name for style in styles], held_out)
    yield "<h2>Losses</h2><p>Weighted, and smoothed over about fifty lessons; by lesson.</p>"
    for name, values in run.history.items():
        yield f"<h3>{name}</h3><p>{LOSSES.get(name.split()[-1], '')}</p>"
        yield chart(range(1, len(values) + 1), {name: values}, unit="")
    yield "<h2>Settings</h2>" + _table(asdict(run.settings) | dict(data))
    yield "</body></html>\n"


def _style(run: Run, looks: Tensor, style: StyleCard, samples: Tensor) -> Iterator[str]:
    on_luma = bool(style.settings.get("preserve_colour"))
    rows = [painted_samples(run.net, looks, samples, on_luma, at) for at in SHOWN]
    strengths = ", ".join(f"{strength:g}" for strength in SHOWN)
    yield f"<h2>{escape(style.name)}</h2>"
    yield f"<p>Photographs, and below them painted at strengths {strengths}.</p>"
    yield picture(sheet([samples, *rows]), f"photographs painted in {style.name}")
    yield _table({**style.painting, **style.settings})


def _figures(names: Sequence[str], rows: Sequence[Mapping[str, float]]) -> Iterator[str]:
    heads = "".join(f"<th>{escape(head)}</th>" for head in ("style", *rows[0]))
    yield f"<table><tr>{heads}</tr>"
    for name, row in zip(names, rows, strict=True):
        cells = "".join(f"<td>{value:.3f}</td>" for value in row.values())
        yield f"<tr><th>{escape(name)}</th>{cells}</tr>"
    yield "</table>"


def _table(values: Mapping[str, Any]) -> str:
    rows = (
        f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>"
        for name, value in values.items()
        if value not in ("", None)
    )
    return f"<table>{''.join(rows)}</table>"
