"""One page to choose a look on, written from `discover.json` and the pictures beside it.

It carries its pictures and its script, and asks no network for anything. What flashes plays only
while the mouse is over it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from pipeline.discover.record import FILE
from pipeline.discover.verdict import ASKED, CRITERIA, Criterion
from vr360.errors import OutputError

PAGE = "index.html"
HERE = Path(__file__).parent

Data = Mapping[str, Any]


def write_page(folder: Path) -> Path:
    """Write the page of a folder's record.

    Raises:
        OutputError: it cannot be written, or a picture is gone.
    """
    page = folder / PAGE
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
        page.write_text("".join(_page(folder, data)), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{error.filename or page}: the page cannot be written ({error.strerror})"
        ) from None
    return page


def _page(folder: Path, data: Data) -> Iterator[str]:
    style, script = ((HERE / f"page.{kind}").read_text("utf-8") for kind in ("css", "js"))
    looks, clips = data["ranking"], data["clips"]
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Looks</title><style>{style}</style></head><body>"
    yield f"<header><h1>{_count(looks)}</h1><p>{escape(_origin(data))}</p></header>"
    yield from _controls(list(clips))
    yield '<main><div class="cards">'
    yield _source_card(folder, clips)
    jobs = {job["key"]: job for job in data["jobs"]}
    for look in looks:
        yield _card(folder, look, [jobs[key] for key in look["jobs"]], next(iter(clips)))
    yield "</div><h2>Figures</h2>"
    yield from _table(looks)
    yield from _limits()
    yield '</main><dialog><form method="dialog"><button>Close</button></form>'
    yield f'<div class="inside"></div></dialog><script>{script}</script></body></html>\n'


def _count(looks: list[Data]) -> str:
    fit = sum(not look["faults"] for look in looks)
    return f"{len(looks)} look{'s' * (len(looks) != 1)}, {fit} without a fault"


def _origin(data: Data) -> str:
    settings = data["settings"]
    return (
        f"On {', '.join(data['clips'])}, painted frame by frame at {settings['size']}, "
        f"the first {settings['duration']:g} s. Steadier ones first, then those nearer to their "
        "painting. Click one to look closely; a column's head sorts."
    )


def _controls(clips: list[str]) -> Iterator[str]:
    options = "".join(f"<option>{escape(name)}</option>" for name in clips)
    yield '<div class="bar"><div><button id="pause">Pause</button>'
    yield f'<label>on <select id="clip">{options}</select></label>'
    yield '<label><input type="checkbox" id="calm"> hide the rejected</label></div></div>'


def _source_card(folder: Path, clips: Mapping[str, Data]) -> str:
    strips = "".join(
        _strip(folder, name, clip, hidden=number > 0)
        for number, (name, clip) in enumerate(clips.items())
    )
    sheets = "".join(_sheet(folder, name, clip) for name, clip in clips.items())
    return (
        f'<button class="card source">{strips}<span class="about"><span class="words">'
        '<span class="name">as it was filmed</span><span class="quiet">the source</span></span>'
        f'<span class="place">source</span></span><template><h2>The source</h2>{sheets}'
        "</template></button>"
    )


def _card(folder: Path, look: Data, jobs: list[Data], first: str) -> str:
    flashes = any("flashes" in fault for fault in look["faults"])
    kind = f"card{' rejected' if look['faults'] else ''}{' careful' if flashes else ''}"
    strips = "".join(_strip(folder, job["clip"], job, job["clip"] != first) for job in jobs)
    faults = "".join(f'<span class="fault">{escape(fault)}</span>' for fault in look["faults"])
    told = "".join(f'<span class="quiet">{line}</span>' for line in _told(look))
    place = "rejected" if look["faults"] else look["rank"]
    return (
        f'<button class="{kind}" id="look-{look["rank"]}">{strips}<span class="about">'
        f'{_thumbnail(folder, look)}<span class="words"><span class="name">'
        f"{escape(look['style'])}</span>{told}{faults}</span>"
        f'<span class="place">{place}</span></span>'
        f"<template>{''.join(_closely(folder, look, jobs))}</template></button>"
    )


def _told(look: Data) -> Iterator[str]:
    """Lines below a look's name: how it is asked for, and how it does."""
    wide = "" if look["scale"] is None else f", {look['scale']:g}° wide"
    length = "" if look["stroke"] == 1 else f", strokes {look['stroke']:g}×"
    yield f"strength {look['strength']:g}{length}{wide}"
    figures = look["figures"]
    known = {"warp_error_ratio": "{:.1f}× as restless", "style_loss": "{:.2f} from the painting"}
    yield ", ".join(
        text.format(figures[name]) for name, text in known.items() if figures[name] is not None
    )


def _closely(folder: Path, look: Data, jobs: list[Data]) -> Iterator[str]:
    yield f"<h2>{escape(look['style'])}</h2><p>{', '.join(filter(None, _told(look)))}</p>"
    yield from (f'<p class="fault">{escape(fault)}</p>' for fault in look["faults"])
    command = f"vr360 stylize FILM OUT.mp4 --style {_quoted(jobs[0]['look'])}"
    command += f" --strength {look['strength']:g} --stroke {look['stroke']:g}"
    yield f"<p><code>{escape(command)}</code></p>"
    for job in jobs:
        figures = job["figures"].items()
        known = ", ".join(f"{name} {value:.3g}" for name, value in figures if value is not None)
        yield f'{_sheet(folder, job["clip"], job)}<p class="quiet">{escape(known)}</p>'


def _strip(folder: Path, clip: str, shown: Data, hidden: bool) -> str:
    frames = shown["strip_frames"]
    moves = " moves" if frames > 1 else ""
    style = f"background-image:url({_inline(folder, shown['strip'])});--frames:{frames};"
    return (
        f'<span class="strip{moves}" role="img" aria-label="{escape(clip)}" '
        f'data-clip="{escape(clip)}"{" hidden" if hidden else ""} '
        f'style="{style}--time:{shown["strip_seconds"]:.3f}s"></span>'
    )


def _sheet(folder: Path, clip: str, shown: Data) -> str:
    alt = f"{clip}: the sphere, then ahead, behind, up and down"
    return f'<img class="sheet" alt="{escape(alt)}" src="{_inline(folder, shown["sheet"])}">'


def _thumbnail(folder: Path, look: Data) -> str:
    if not look["thumbnail"]:
        return ""
    return f'<img alt="the painting" src="{_inline(folder, look["thumbnail"])}">'


def _table(looks: list[Data]) -> Iterator[str]:
    heads = ["#", *ASKED, *(criterion.title for criterion in CRITERIA), "rejected because"]
    yield '<div class="scroll"><table id="figures"><thead><tr>'
    for head in heads:
        text = ' class="text"' if head in ("style", heads[-1]) else ""
        yield f"<th{text}><button>{head}</button></th>"
    yield "</tr></thead><tbody>"
    for look in looks:
        kind = ' class="rejected"' if look["faults"] else ""
        yield f'<tr{kind} data-card="look-{look["rank"]}">{_cell(look["rank"])}'
        yield _cell(look["style"], "text")
        yield from (_cell(look[name]) for name in ASKED[1:])
        yield from (_figure(criterion, look["figures"]) for criterion in CRITERIA)
        yield f"{_cell('; '.join(look['faults']), 'text faults')}</tr>"
    yield "</tbody></table></div>"


def _figure(criterion: Criterion, figures: Mapping[str, float | None]) -> str:
    value = figures[criterion.figure]
    return _cell(value, "beyond" if criterion.beyond(value) else "")


def _cell(value: float | str | None, kind: str = "") -> str:
    shown = "–" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
    held = "" if value is None else escape(str(value))
    return f'<td class="{kind}" data-value="{held}">{escape(shown)}</td>'


def _limits() -> Iterator[str]:
    yield '<footer><h2>What is rejected, and why</h2><table><thead><tr><th class="text">figure'
    yield '</th><th>limit</th><th class="text">why there</th></tr></thead><tbody>'
    for one in CRITERIA:
        limit = f"{'below' if one.below else 'above'} {one.limit:g}"
        yield f'<tr><td class="text">{one.title} <span class="figure">{one.figure}</span></td>'
        yield f'<td>{limit}</td><td class="text">{escape(one.reason)}</td></tr>'
    yield "</tbody></table></footer>"


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _inline(folder: Path, name: str) -> str:
    data = base64.b64encode((folder / name).read_bytes()).decode()
    return f"data:image/webp;base64,{data}"
