"""Where a result goes: refused before the work begins."""

from __future__ import annotations

import os
from pathlib import Path

from vr360.errors import OutputError
from vr360.partial import check_name

STILL_SUFFIXES = (".jpg", ".jpeg", ".png")  # which are written
PICTURE_SUFFIXES = (*STILL_SUFFIXES, ".webp", ".bmp", ".tif", ".tiff")  # of paintings and photos


def behind_link(path: Path) -> Path:
    """The file that a symbolic link points to, there or not: results go there, the link stays.

    Raises:
        OutputError: the name is longer than the file system takes.
    """
    check_name(path)
    return path.resolve() if path.is_symlink() else path


def check_target(path: Path, force: bool, source: Path | None = None) -> None:
    """Raise OutputError for a target that cannot or must not be written.

    Args:
        path: the file or folder to be made.
        force: an existing one may be replaced.
        source: the input, which is never overwritten, `force` or not.
    """
    check_name(path)
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


def _is_device(path: Path) -> bool:
    """Whether it is what cannot be renamed into; /dev/stdout is, even where it leads to a file."""
    folder = path.absolute().parent.resolve()
    odd = path.exists() and not (path.is_file() or path.is_dir())
    return odd or folder == Path("/dev") or folder.is_relative_to("/proc")
