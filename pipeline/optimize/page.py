"""The looks that were tried on one page, and as one picture."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from pipeline.optimize.explore import Cell
from pipeline.pages.charts import picture
from pipeline.quality.report import PAGE
from pipeline.source.preprocess import open_resizer
from vr360.errors import OutputError
from vr360.frame import Rgb, in_bytes
from vr360.media.stills import encoded, store

GRID = "grid.png"
MARGIN = 18  # pixels of a line of text above each picture
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; margin: 2em; }
h1 { font-size: 1.4em; } h2 { font-size: 1em; margin: 1.6em 0 0.4em; }
.row { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(220px, 1fr); gap: 8px; }
figure { margin: 0; } img { width: 100%; display: block; }
figcaption { font-size: 13px; } .source { max-width: 640px; }
code { display: block; font-size: 11px; color: #4b5563; user-select: all; overflow-wrap: anywhere; }
"""


def write_page(folder: Path, source: Rgb, cells: Sequence[Cell]) -> tuple[Path, Path]:
    """`index.html`, which carries its pictures, and `grid.png`; see `quality.report.check_folder`.

    Args:
        folder: exists.
        source: (H, W, 3), shown above at the cells' size.
        cells: row by row.

    Raises:
        OutputError: they cannot be written.
    """
    small = in_bytes(open_resizer(source.shape[:2], cells[0].rgb.shape[:2])(source))
    page, grid = folder / PAGE, folder / GRID
    try:
        page.write_text("".join(_page(small, cells)), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{page}: cannot be written ({error.strerror})") from None
    store(grid, encoded(_grid(cells), ".png"))
    return page, grid


def _rows(cells: Sequence[Cell]) -> Iterator[tuple[str, list[Cell]]]:
    for caption, row in itertools.groupby(cells, key=lambda cell: cell.caption):
        yield caption, list(row)


def _page(source: Rgb, cells: Sequence[Cell]) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head>'
    yield f'<meta charset="utf-8" /><title>Looks</title><style>{STYLE}</style></head><body>'
    yield "<h1>Looks</h1><p>Under each picture the command that renders it at full size.</p>"
    yield f'<div class="source">{picture(source, "the source")}</div>'
    for caption, row in _rows(cells):
        yield f'<h2>{escape(caption)}</h2><div class="row">'
        yield "".join(_figure(cell) for cell in row)
        yield "</div>"
    yield "</body></html>\n"


def _figure(cell: Cell) -> str:
    label = f"u = {cell.unrealness:g}"
    return (
        f"<figure>{picture(cell.rgb, label)}<figcaption>{label}"
        f"<code>{escape(cell.command)}</code></figcaption></figure>"
    )


def _grid(cells: Sequence[Cell]) -> Rgb:
    lines = []
    for caption, row in _rows(cells):
        lines.append(_text(caption, sum(cell.rgb.shape[1] for cell in row)))
        lines.append(np.concatenate([_labelled(cell) for cell in row], axis=1))
    return np.concatenate(lines)


def _labelled(cell: Cell) -> Rgb:
    return np.concatenate([_text(f"u = {cell.unrealness:g}", cell.rgb.shape[1]), cell.rgb])


def _text(text: str, width: int) -> Rgb:
    line = np.full((MARGIN, width, 3), 255, np.uint8)
    font = cv2.FONT_HERSHEY_SIMPLEX
    written = cv2.putText(line, text, (4, MARGIN - 5), font, 0.4, (30, 30, 30), 1, cv2.LINE_AA)
    return np.asarray(written, np.uint8)
