"""The three things to do with a file of any kind: inspect, inject, remove."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from vr360.choices import AmbisonicMark, chosen
from vr360.errors import MetadataError, OutputError
from vr360.partial import check_name
from vr360.spherical import files, iso, matroska, pictures, still
from vr360.spherical.files import Piece, Progress
from vr360.spherical.iso import Request
from vr360.spherical.model import SphericalMetadata
from vr360.spherical.report import UNKNOWN_KIND, Report
from vr360.spherical.verify import same_media

EBML = b"\x1a\x45\xdf\xa3"
BOXES = (  # with which ISO files begin, and MOV files of old
    *(b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp"),
    *(b"sidx", b"moof", b"meta", b"junk", b"pict"),
)
Where = str | os.PathLike[str]


def inspect(path: Where, track: int | None = None) -> Report:
    """Everything that a file says about its sphere; reads headers only.

    Args:
        track: number of the video track to look at, from 1; None takes the film.
    Returns:
        A report with nothing in it for a file of a kind that carries no spherical metadata.
    Raises:
        VideoOpenError: missing or not readable.
        MetadataError: a file of a known kind that is damaged, truncated or empty.
    """
    path = Path(path)
    with files.opened(path) as (file, length):
        kind = _kind(file)
        if kind == "iso":
            return iso.read(file, length, path, track)
        if kind == "ebml":
            return matroska.read(file, length, path, track)
        return still.read(file, length, path) if kind in ("still", "picture") else Report(path)


def inject(
    path: Where,
    metadata: SphericalMetadata,
    output: Where | None = None,
    *,
    track: int | None = None,
    ambisonic: AmbisonicMark | str = AmbisonicMark.AUTO,
    apple: bool = False,
    move_front: bool = True,
    any_shape: bool = False,
    in_place: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> tuple[str, ...]:
    """Write metadata into a film or still, in place of all that is there.

    The result is built beside the target, read back, flushed to disk, and takes the target's
    name in one step; until then, and after any error, the target is what it was.

    Args:
        output: None replaces the file itself; a link stays a link.
        track: number of the video track, from 1; None takes the first enabled one that is no
            thumbnail.
        ambisonic: see `AmbisonicMark`.
        apple: also write Apple's `vexu` and `hfov`; experimental.
        move_front: make the tagged track the first one, which YouTube needs.
        any_shape: accept a picture whose shape contradicts the projection.
        in_place: edit the file where it is if the metadata fits into free space, which takes
            milliseconds but is not safe in a crash; otherwise as without.
        force: replace an output that exists.
        progress: called with (bytes done, bytes in all).
    Returns:
        What was decided on the way, one sentence each.
    Raises:
        VideoOpenError: missing or not readable.
        MetadataError: damaged, of another kind, or unable to say `metadata`.
        OutputError: `output` exists or cannot be written.
        InputError: no such `ambisonic`.
    """
    ambisonic = chosen(AmbisonicMark, ambisonic, "--ambisonic")
    request = Request(track, ambisonic, apple, move_front, any_shape, in_place)
    path, notes = Path(path), list[str]()

    def plan(file: BinaryIO, length: int) -> list[Piece]:
        kind = _known_kind(file)
        if kind == "still":
            return still.inject(file, length, metadata, any_shape)
        writer = iso.inject if kind == "iso" else matroska.inject
        pieces, found = writer(file, length, metadata, request)
        notes.extend(found)
        return pieces

    def check(written: Path) -> None:
        number = 1 if move_front else track
        report = inspect(written, number)
        found, kind = report.metadata, _kind_of(written)
        if kind == "iso":
            same_media(path, written)
        pixel = report.pixel(metadata) if kind == "still" else 0.0
        close = found and not found.differences(metadata, pixel)
        if found != metadata and not (kind == "still" and close):
            raise MetadataError(f"read back as {found}, not as {metadata}")

    _rewrite(path, output, plan, check, in_place, force, progress)
    return tuple(notes)


def remove(
    path: Where,
    output: Where | None = None,
    *,
    in_place: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> None:
    """Take all spherical and ambisonic metadata out: a plain file remains.

    Arguments and errors as for `inject`.
    """
    path = Path(path)

    def plan(file: BinaryIO, length: int) -> list[Piece]:
        kind = _known_kind(file)
        if kind == "still":
            return still.remove(file, length)
        if kind == "iso":
            return iso.remove(file, length, in_place)
        return matroska.remove(file, length)

    def check(written: Path) -> None:
        if inspect(written).metadata is not None:
            raise MetadataError("some metadata would be left; nothing was written")
        if _kind_of(written) == "iso":
            same_media(path, written)

    _rewrite(path, output, plan, check, in_place, force, progress)


def _rewrite(
    path: Path,
    output: Where | None,
    plan: Callable[[BinaryIO, int], list[Piece]],
    check: Callable[[Path], None],
    in_place: bool,
    force: bool,
    progress: Progress | None,
) -> None:
    if in_place and output is not None:
        raise ValueError("in_place edits the file itself; it takes no output")
    with files.opened(path) as (file, length):
        pieces = plan(file, length)
        target = _target(path, output, force)
        if in_place and files.stationary(pieces):
            files.write_over(path, pieces)
            check(path)
            return
        mode = os.fstat(file.fileno()).st_mode & 0o7777
        files.write_new(file, pieces, target, mode, check, progress)


def _target(path: Path, output: Where | None, force: bool) -> Path:
    """Where to write; the input itself may be named as output, and links are followed."""
    if output is None:
        return path.resolve()
    target = Path(output)
    check_name(target)
    if target.is_dir():
        raise OutputError(f"{target}: is a folder; give the name of a file")
    if target.exists() and not target.samefile(path) and not force:
        raise OutputError(f"{target}: exists; choose another name or overwrite it with --force")
    return target.resolve()


def _kind(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(pictures.HEAD)
    if pictures.kind_of(head):
        return "picture"
    if head.startswith(EBML):
        return "ebml"
    if head.startswith((still.JPEG, still.PNG)):
        return "still"
    return "iso" if head[4:8] in BOXES else ""


def _known_kind(file: BinaryIO) -> str:
    kind = _kind(file)
    if not kind:
        raise MetadataError(UNKNOWN_KIND)
    if kind == "picture":
        raise MetadataError(
            "a still of this kind is read and not written; make a PNG of it with vr360 convert"
        )
    return kind


def _kind_of(path: Path) -> str:
    with path.open("rb") as file:
        return _kind(file)
