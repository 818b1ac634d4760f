"""The styles that ship with vr360, and where to find any other."""

from __future__ import annotations

import difflib
from pathlib import Path

from vr360.errors import CheckpointError

FOLDER = Path(__file__).parent
SUFFIX = ".safetensors"


def shipped_styles() -> dict[str, Path]:
    """Names of the shipped styles and their checkpoints, in alphabetical order."""
    return {path.stem: path for path in sorted(FOLDER.glob("*" + SUFFIX))}


def find_style(style: str | Path) -> Path:
    """The checkpoint of a shipped style, or `style` itself when it is a file.

    Raises:
        CheckpointError: neither; the message offers the nearest names.
    """
    shipped = shipped_styles()
    if str(style) in shipped:
        return shipped[str(style)]
    path = Path(style)
    if path.is_file():
        return path
    if path.suffix == SUFFIX:
        raise CheckpointError(f"{path}: no such file")
    near = difflib.get_close_matches(str(style), shipped, n=3, cutoff=0.4) or list(shipped)
    raise CheckpointError(
        f"--style {style}: no such style; did you mean {' or '.join(near)}? "
        "`vr360 styles` lists them all"
    )
