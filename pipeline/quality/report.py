"""`vr360 measure --report`: one page that shows where and when a film does not hold still.

The page carries its pictures and asks no network for anything; it is well-formed XML as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.pages.charts import chart, heat_map, legend, overlay, picture
from pipeline.pages.style import STYLE
from pipeline.quality.stability import Trace
from pipeline.quality.together import Films
from pipeline.quality.worst import Sight
from vr360.errors import OutputError

PAGE = "index.html"

CAPTIONS = {
    "warp_error": "mean squared difference from the frame before, moved along the source's flow",
    "warp_error_long": "the same from 9 frames before",
    "flicker": "luma that alternates from frame to frame where the source stands still",
    "sharpness": "mean slope of luma, shares of full scale a degree",
}

FACTS = {"width", "height", "frames", "fps", "duration"}
"""Of the film; the page's head tells them."""


def check_folder(folder: Path, force: bool) -> None:
    """Refuse before anything is measured.

    Raises:
        OutputError: the page is there already, or the folder cannot be made.
    """
    if (folder / PAGE).exists() and not force:
        raise OutputError(f"{folder / PAGE}: exists already; give --force to replace it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: no folder can be made there ({error.strerror})") from None


def write_report(folder: Path, films: Films, figures: Mapping[str, Any], trace: Trace) -> Path:
    """Write the page; see `check_folder`.

    Raises:
        OutputError: the page cannot be written.
    """
    page = folder / PAGE
    try:
        page.write_text("".join(_page(films, figures, trace)), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{page}: cannot be written ({error.strerror})") from None
    return page


def _page(films: Films, figures: Mapping[str, Any], trace: Trace) -> Iterator[str]:
    title = escape(films.film.path.name)
    yield "<!DOCTYPE html>\n"
    yield '<html lang="en" xmlns="http://www.w3.org/1999/xhtml"><head><meta charset="utf-8" />'
    yield f"<title>{title}: how still it holds</title><style>{STYLE}</style></head><body>"
    yield f"<h1>{title}: how still it holds</h1>"
    yield f"<p>{escape(_origin(films, trace))}</p>"
    yield from _tables(figures)
    for name, caption in CAPTIONS.items():
        yield f"<h2>{name}</h2><p>{caption}</p>"
        yield _over_time(name, trace)
        yield _on_the_sphere(name, trace)
    yield from _worst(trace)
    yield "</body></html>\n"


def _origin(films: Films, trace: Trace) -> str:
    info = films.film
    against = f"{len(trace.times)} frames of {info.width}x{info.height}, {info.stereo.value}, "
    against += f"measured against {films.source.path.name}"
    if films.baseline is not None:
        against += f"; frame by frame: {films.baseline.path.name}"
    return against


def _tables(figures: Mapping[str, Any]) -> Iterator[str]:
    regions: dict[str, dict[str, float | None]] = figures["regions"]
    others = {
        name: value
        for name, value in figures.items()
        if name not in {*regions, *FACTS} and isinstance(value, int | float)
    }
    yield "<h2>Figures</h2><table><tr><th></th>"
    yield "".join(f"<th>{name}</th>" for name in next(iter(regions.values())))
    yield "</tr>"
    for name, values in regions.items():
        cells = "".join(f"<td>{_shown(value)}</td>" for value in values.values())
        yield f"<tr><td>{name}</td>{cells}</tr>"
    yield "</table><table>"
    yield "".join(f"<tr><td>{name}</td><td>{_shown(v)}</td></tr>" for name, v in others.items())
    yield "</table>"


def _over_time(name: str, trace: Trace) -> str:
    lines = {"film": trace.film[name].series}
    if trace.with_baseline:
        lines["frame by frame"] = trace.baseline[name].series
    if name in trace.source:
        lines["source"] = trace.source[name].series
    drawn = chart(trace.times, lines, trace.cuts)
    return f"<div>{legend(list(lines))}</div>{drawn}"


def _on_the_sphere(name: str, trace: Trace) -> str:
    maps = {"film": trace.film[name].heat}
    if trace.with_baseline:
        maps["frame by frame"] = trace.baseline[name].heat
    sides = [
        heat[len(heat) // 6 : -len(heat) // 6] for heat in maps.values()
    ]  # not the poles' rows
    top = float(np.quantile(sides, 0.99))
    return "".join(
        f"<figure>{heat_map(heat, top, f'{name} of the {whose} on the sphere')}"
        f"<figcaption>{whose}: the sphere, from above, from below; brightest from {top:.2g} on"
        "</figcaption></figure>"
        for whose, heat in maps.items()
    )


def _worst(trace: Trace) -> Iterator[str]:
    if not trace.worst.sights:
        return
    yield "<h2>Worst moments</h2><p>Where warp_error is highest.</p>"
    for sight in trace.worst.sights:
        yield f"<h3>{sight.time:.2f} s: {sight.value:.3g}</h3>"
        yield f'<div class="four">{"".join(_sight(sight))}</div>'


def _sight(sight: Sight) -> Iterator[str]:
    shown = {
        "film": sight.film,
        "film, one frame before": sight.before,
        "source": sight.source,
        "what does not move with the source": overlay(sight.film, sight.heat),
    }
    for caption, rgb in shown.items():
        image = picture(rgb, f"{caption} at {sight.time:.2f} s")
        yield f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
