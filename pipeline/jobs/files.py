"""What stays when the power fails: checksums, and files that are whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from vr360.errors import InputError, OutputError
from vr360.partial import Partial

_END = 1 << 20  # bytes of a film's head and tail that are hashed


def sha256(path: Path) -> str:
    """Of the whole file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(path: Path) -> str:
    """Of a source: size and time of each file, and of a film its head and tail.

    Args:
        path: a film, or a folder of pictures.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return _fingerprint(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    if path.is_file():
        with path.open("rb") as film:
            digest.update(film.read(_END))
            film.seek(max(0, path.stat().st_size - _END))
            digest.update(film.read(_END))
    return digest.hexdigest()


def checksum(value: Any) -> str:
    """SHA-256 of a value that JSON knows, hexadecimal."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def keep(path: Path) -> None:
    """See that a file and its name are on the disk."""
    for place in (path, path.parent):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """All of it or nothing.

    Raises:
        OutputError: it cannot be written.
    """
    partial = Partial(path)
    try:
        partial.make().write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
        keep(partial.path)
        partial.path.replace(path)
        keep(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        partial.discard()
