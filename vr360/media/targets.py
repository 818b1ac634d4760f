"""Where a result goes: refused early, and complete under its name or not there at all."""

from __future__ import annotations

import os
from pathlib import Path

from vr360.errors import OutputError

STILL_SUFFIXES = (".jpg", ".jpeg", ".png")


def behind_link(path: Path) -> Path:
    """The file that a symbolic link points to, there or not: results go there, the link stays."""
    return path.resolve() if path.is_symlink() else path


def partial_of(path: Path) -> Path:
    """Where a result grows until it is complete."""
    return path.with_name(path.name + ".partial")


def check_target(path: Path, force: bool, source: Path | None = None) -> None:
    """Raise OutputError for a target that cannot or must not be written.

    Args:
        path: the file or folder to be made.
        force: an existing one may be replaced.
        source: the input, which is never overwritten, `force` or not.
    """
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise OutputError(f"{path}: is the input itself; name another output")
    if _is_device(path):
        raise OutputError(f"{path}: a device or a stream; results go into files")
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already; --force replaces it")
    folder = behind_link(path).absolute().parent
    if not folder.is_dir():
        raise OutputError(f"{path}: the folder {folder} does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path}: the folder {folder} cannot be written to")


def reserve(path: Path) -> None:
    """Make the partial file, so that a target that refuses does so before the work begins.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        partial_of(path).touch()
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def _is_device(path: Path) -> bool:
    """Whether it is what cannot be renamed into; /dev/stdout is, even where it leads to a file."""
    folder = path.absolute().parent.resolve()
    odd = path.exists() and not (path.is_file() or path.is_dir())
    return odd or folder == Path("/dev") or folder.is_relative_to("/proc")
