"""`vr360 doctor`: is this machine fit, and if not, what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipeline.cli.console import print_json
from pipeline.cli.options import AsJson

if TYPE_CHECKING:
    from pipeline.quality.doctor import Check


def doctor(as_json: AsJson = False) -> None:
    """Check this machine: versions, encoders, devices, OpenGL, sound, disk, and the sphere itself.

    Each line says OK or what to do. Exit 1 where something is missing that painting needs.
    """
    from pipeline.quality.doctor import examine

    checks = [*examine(Path.cwd()), _renderer()]
    if as_json:
        print_json([check.as_dict() for check in checks])
    else:
        typer.echo("\n".join(map(_line, checks)))
    if any(check.needed and not check.ok for check in checks):
        raise typer.Exit(1)


def _renderer() -> Check:
    """What draws for the viewer."""
    from pipeline.quality.doctor import Check
    from vr360.errors import DisplayError

    try:
        from viewer.opengl import headless_context

        with headless_context() as name:
            return Check("OpenGL", True, name, needed=False)
    except (DisplayError, ImportError) as error:
        return Check("OpenGL", False, "none", f"no viewer: {error}", needed=False)


def _line(check: Check) -> str:
    if check.ok:
        return f"{check.name:10}OK   {check.found}"
    mark = "FAIL" if check.needed else "none"
    return f"{check.name:10}{mark} {check.found}; {check.advice}"
