"""stderr for people: messages, progress, time left."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

T = TypeVar("T")
console = Console(stderr=True, soft_wrap=True)


def say(markup: str, text: str = "") -> None:
    """One message on stderr: `markup` is ours, `text` is printed as it is."""
    console.print(markup + escape(text), highlight=False, emoji=False)


@contextmanager
def live_table() -> Iterator[Live]:
    """A table on stderr that is drawn anew whenever it is updated; the last one stays."""
    live = Live(console=console, refresh_per_second=2)
    try:
        with live:
            yield live
    finally:
        if not console.is_terminal and live.get_renderable():
            console.print()  # into a file `Live` writes the last table alone, and ends no line


def print_json(data: object) -> None:
    """Data on stdout."""
    typer.echo(json.dumps(data, indent=2, default=str))


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.2f} fps" if task.speed else "- fps")


def progress_bar(frames: Iterable[T], total: int, doing: str = "painting") -> Iterator[T]:
    """Frames, frames a second and time left, while `frames` are consumed."""
    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        _Speed(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=False) as bar:
        yield from bar.track(frames, total=total or None)
