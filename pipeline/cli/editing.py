"""What `inject` and `remove` share: which files to write, one after the other, with a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

from pipeline.cli.console import console, print_json, say
from vr360.errors import OutputError, Vr360Error

if TYPE_CHECKING:
    from vr360.spherical import Progress as OnBytes

BIG = 256 << 20  # below, a bar would only flicker

PATHS = typer.Argument(
    ...,
    metavar="INPUT [OUTPUT]",
    help="Without OUTPUT the file itself is replaced, in one step. OUTPUT may be a folder. "
    "With --each, or with three and more, all are inputs.",
)


def jobs(paths: Sequence[Path], each: bool, force: bool) -> list[tuple[Path, Path | None]]:
    """(input, output) pairs; no output where the file itself is to be replaced.

    Raises:
        OutputError: two files that exist: the second could be meant as either.
    """
    if each or len(paths) == 1:
        return [(path, None) for path in paths]
    *inputs, last = paths
    if last.is_dir():
        return [(path, last / path.name) for path in inputs]
    if len(paths) > 2:
        return [(path, None) for path in paths]
    if last.exists() and not force and not last.samefile(paths[0]):
        raise OutputError(
            f"{last}: exists; overwrite it with --force, or change both files with --each"
        )
    return [(paths[0], last)]


def run(
    pairs: Sequence[tuple[Path, Path | None]],
    edit: Callable[[Path, Path | None], dict[str, Any]],
    as_json: bool,
) -> None:
    """Edit each file; of several, the good ones are done although others fail.

    Raises:
        Vr360Error: the only file failed.
        typer.Exit: with 1, some of several files failed; each has had its line.
    """
    done, failed = [], False
    for source, target in pairs:
        try:
            done.append(edit(source, target))
        except Vr360Error as error:
            if len(pairs) == 1:
                raise
            failed = True
            say("[red]error:[/red] ", str(error))
            done.append({"file": str(source), "error": str(error)})
    if as_json:
        print_json(done[0] if len(pairs) == 1 else done)
    if failed:
        raise typer.Exit(1)


@contextmanager
def byte_bar(path: Path) -> Iterator[OnBytes | None]:
    """A progress bar for a big file; nothing for a small one."""
    if not path.is_file() or path.stat().st_size < BIG:
        yield None
        return
    columns = ("[progress.description]{task.description}", BarColumn(), DownloadColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(path.name)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say_stripped(path: Path) -> None:
    """Take the place out of a film, and say how much that was."""
    from vr360.media.location import strip_location

    count = strip_location(path)
    say("place ", f"{path}: {count} bytes blanked" if count else f"{path}: tells no place")
