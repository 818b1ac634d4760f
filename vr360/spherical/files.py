"""Write a changed copy of a big file: pieces of the old one and new bytes, all or nothing.

Media is copied by the kernel where it can be (sharing blocks where the file system can), and
holes stay holes; nothing is ever held whole in memory.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from vr360.errors import MetadataError, OutputError, VideoOpenError
from vr360.partial import Partial

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""

BLOCK = 8 << 20
BUFFER = 128 << 10  # stays in the processor's cache
PAGE = 4096
NO_KERNEL_COPY = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}


class Span(NamedTuple):
    """Bytes [start, end) of the old file."""

    start: int
    end: int


Piece = Span | bytes


class Patch(NamedTuple):
    """Bytes to write over the old ones at `start`."""

    start: int
    data: bytes


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The file and its length; its name goes in front of every metadata error inside.

    Raises:
        VideoOpenError: missing, no regular file, or not readable.
        MetadataError: empty, or what the block raises.
    """
    try:
        with path.open("rb") as file:
            length = os.fstat(file.fileno()).st_size
            if not length:
                raise MetadataError("the file is empty")
            yield file, length
    except MetadataError as error:
        raise MetadataError(f"{path}: {error}") from None
    except OSError as error:
        raise VideoOpenError(f"{path}: cannot be read: {error.strerror}") from None


def patched(start: int, end: int, patches: Iterable[Patch]) -> Iterator[Piece]:
    """The old bytes [start, end) with sorted patches laid over them."""
    for patch in patches:
        yield Span(start, patch.start)
        yield patch.data
        start = patch.start + len(patch.data)
    yield Span(start, end)


def tidy(pieces: Iterable[Piece]) -> list[Piece]:
    """The same bytes in as few pieces as possible."""
    out: list[Piece] = []
    for piece in pieces:
        if length_of(piece) == 0:
            continue
        last = out[-1] if out else None
        if isinstance(piece, Span) and isinstance(last, Span) and last.end == piece.start:
            out[-1] = Span(last.start, piece.end)
        else:
            out.append(piece)
    return out


def stationary(pieces: list[Piece]) -> bool:
    """No old byte changes its place, so the file can be edited where it is."""
    at = 0
    for piece in pieces:
        if isinstance(piece, Span) and piece.start != at:
            return False
        at += length_of(piece)
    return True


def write_over(path: Path, pieces: list[Piece]) -> None:
    """Write the new bytes into the file itself; quick, but a crash leaves half of them.

    Raises:
        OutputError: the file cannot be written.
    """
    if not stationary(pieces):
        raise ValueError("pieces would move bytes of the file")
    try:
        with path.open("r+b") as file:
            _write_literals(file, pieces)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None


def _write_literals(file: BinaryIO, pieces: list[Piece]) -> None:
    for piece in pieces:
        if isinstance(piece, Span):
            file.seek(piece.end)
        else:
            file.write(piece)


def write_new(
    source: BinaryIO,
    pieces: list[Piece],
    target: Path,
    mode: int,
    check: Callable[[Path], None],
    progress: Progress | None = None,
) -> None:
    """Build the file beside `target`, check it, flush it to disk, then take the name.

    Until the last step `target` is what it was, and a failure leaves nothing behind.

    Args:
        mode: permission bits of the result.
        check: reads the finished file and raises if it is not right.
    Raises:
        OutputError: no place, no permission, or no such folder.
    """
    partial = Partial(target)
    try:
        with partial.make().open("wb") as out:
            _fill(source, pieces, out, progress)
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
        check(partial.path)
        partial.settle()
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror}") from None
    finally:
        partial.discard()
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # some network shares cannot; the file itself is safe already
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _fill(source: BinaryIO, pieces: list[Piece], out: BinaryIO, progress: Progress | None) -> None:
    total, done = sum(map(length_of, pieces)), 0
    out.truncate(total)  # what is never written stays a hole
    for piece in pieces:
        for count in _put(source, piece, out, done):
            done += count
            if progress:
                progress(done, total)


def _put(source: BinaryIO, piece: Piece, out: BinaryIO, at: int) -> Iterator[int]:
    if isinstance(piece, bytes):
        out.seek(at)
        out.write(piece)
        out.flush()
        yield len(piece)
        return
    shift = at - piece.start
    for start, end, is_data in _extents(source, piece):
        if not is_data:
            yield end - start
            continue
        while start < end:
            count = _copy(source, out, start, start + shift, min(BLOCK, end - start))
            start += count
            yield count


def _extents(source: BinaryIO, span: Span) -> Iterator[tuple[int, int, bool]]:
    """(start, end, is data) of the data and the holes in a span, in order."""
    handle, at = source.fileno(), span.start
    while at < span.end:
        try:
            data = min(os.lseek(handle, at, os.SEEK_DATA), span.end)
        except OSError as error:
            data = span.end if error.errno == errno.ENXIO else at  # ENXIO: a hole to the end
        if data > at:
            yield at, data, False
        if data == span.end:
            return
        at = _hole_after(handle, data, span.end)
        yield data, at, True


def _hole_after(handle: int, at: int, end: int) -> int:
    try:
        return min(os.lseek(handle, at, os.SEEK_HOLE), end)
    except OSError:
        return end  # a file system that knows no holes


def _copy(source: BinaryIO, out: BinaryIO, start: int, at: int, count: int) -> int:
    """Copy up to `count` bytes from `start` to `at`; returns how many it were, at least one."""
    # the kernel shares or copies whole pages; where they do not fall together it is slow
    if hasattr(os, "copy_file_range") and (start - at) % PAGE == 0:
        try:
            copied = os.copy_file_range(source.fileno(), out.fileno(), count, start, at)
        except OSError as error:
            if error.errno not in NO_KERNEL_COPY:
                raise
        else:
            if copied:
                return copied
    done = 0
    while done < count:
        size = min(count - done, BUFFER - (at + done) % PAGE)  # the next one begins with a page
        data = os.pread(source.fileno(), size, start + done)
        if not data:
            raise OSError(errno.EIO, "the input became shorter while it was copied")
        done += os.pwrite(out.fileno(), data, at + done)
    return done


def length_of(piece: Piece) -> int:
    """Bytes that a piece will take."""
    return piece.end - piece.start if isinstance(piece, Span) else len(piece)
