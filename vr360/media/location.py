"""Taking the place out of a film: GPS in the cameras' telemetry, and the film's own tags.

Bytes are blanked where they lie, so that nothing moves: the picture, the sound and what else the
telemetry says stay as they are.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.error
import numpy as np

from vr360.cameras import camm, gpmf, insta360
from vr360.errors import MetadataError
from vr360.media.containers import open_media
from vr360.media.still_location import is_photo, without_place
from vr360.partial import Partial
from vr360.spherical.ebml import Node, nodes
from vr360.spherical.edit import EBML
from vr360.spherical.files import opened
from vr360.spherical.movie import Movie
from vr360.spherical.segment import Segment

_ISO_6709 = re.compile(rb"[+-]\d{2}\.\d+[+-]\d{3}\.\d+(?:[+-]\d+(?:\.\d+)?)?/?")
_LOCI = re.compile(rb"loci(?=\0{4})")
_CAMM_PLACES = {5: (4, 24), 6: (16, 20)}  # where latitude, longitude and altitude lie
_TAGS, _TAG, _SIMPLE_TAG, _TAG_NAME, _TAG_STRING = 0x1254C367, 0x7373, 0x67C8, 0x45A3, 0x4487
_NAMED = re.compile(rb"location|gps|latitude|longitude", re.IGNORECASE)
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_SPACES = b"\0" + b" " * 255
_MOST, _DEEPEST = 64 << 20, 16
Place = tuple[int, bytes]


def strip_location(path: Path) -> int:
    """Blank every place that a film or a photo tells, in a copy that then takes its name.

    Returns:
        How many bytes were blanked.

    Raises:
        MetadataError: no MP4, MOV, Matroska, JPEG or PNG, or what does not add up; the file is as
            it was.
    """
    with path.open("rb") as file:
        head = file.read(8)
    if is_photo(head):
        return _strip_photo(path)
    matroska = head.startswith(EBML)
    found = [*_in_tags(path)] if matroska else [*_in_movie(path), *_in_telemetry(path)]
    found += _in_trailer(path)
    if not found:
        return 0
    partial = Partial(path)
    try:
        with shutil.copyfile(path, partial.make()).open("r+b") as file:
            changed = sum([_blank(file, *place) for place in found])
        partial.settle()
    finally:
        partial.discard()
    return changed


def _blank(file: BinaryIO, start: int, blank: bytes) -> int:
    """Write bytes over others; how many changed."""
    file.seek(start)
    old = file.read(len(blank))
    file.seek(start)
    file.write(blank)
    return _differing(old, blank[: len(old)])


def _differing(old: bytes, new: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(old, np.uint8) != np.frombuffer(new, np.uint8)))


def _strip_photo(path: Path) -> int:
    before = path.read_bytes()
    blanked = bytearray(without_place(before))
    for start, blank in _in_trailer(path):
        blanked[start : start + len(blank)] = blank
    after = bytes(blanked)
    changed = _differing(before, after)
    if changed:
        partial = Partial(path)
        try:
            partial.make().write_bytes(after)
            partial.settle()
        finally:
            partial.discard()
    return changed


def _in_movie(path: Path) -> Iterator[Place]:
    with opened(path) as (file, length):
        for extent in Movie(file, length).extents:
            if extent.kind != b"moov":
                continue
            file.seek(extent.start)
            moov = file.read(extent.end - extent.start)
            for text in _ISO_6709.finditer(moov):
                yield extent.start + text.start(), text.group().translate(_ZEROS)
            for box in _LOCI.finditer(moov):
                yield extent.start + box.start(), b"free"


def _in_trailer(path: Path) -> list[Place]:
    with path.open("rb") as file:
        return [(start, bytes(length)) for start, length in insta360.places(file)]


def _in_tags(path: Path) -> Iterator[Place]:
    """The tags of a Matroska film, which holds no telemetry; checksums are renewed."""
    with opened(path) as (file, length):
        heads = [head for head in Segment(file, length).elements if head.id == _TAGS]
        if sum(head.end - head.body for head in heads) > _MOST:
            raise MetadataError("more than 64 MiB of tags")
        for head in heads:
            file.seek(head.start)
            old = file.read(head.end - head.start)
            new = b"".join(_placeless(node).to_bytes() for node in nodes(old))
            if len(new) != len(old):
                raise MetadataError("the tags are written in a way that cannot be kept")
            if new != old:
                yield head.start, new


def _placeless(node: Node, depth: int = 0) -> Node:
    """The same tags, places in them blanked; every level takes a copy of what lies in it."""
    if depth > _DEEPEST:
        raise MetadataError(f"tags lie more than {_DEEPEST} deep in each other")
    if node.id in (_TAGS, _TAG):
        return node.with_children([_placeless(child, depth + 1) for child in node.children()])
    if node.id != _SIMPLE_TAG:
        return node
    parts = node.children()
    name = next((part.payload for part in parts if part.id == _TAG_NAME), b"")
    place = bool(_NAMED.search(name))
    return node.with_children([_blanked(part, place, depth) for part in parts])


def _blanked(part: Node, place: bool, depth: int) -> Node:
    if part.id == _SIMPLE_TAG:
        return _placeless(part, depth + 1)
    if part.id != _TAG_STRING:
        return part
    text = _ISO_6709.sub(lambda found: found.group().translate(_ZEROS), part.payload)
    if place and text == part.payload:
        text = text.translate(_SPACES)
    return Node(part.id, text, part.width)


def _in_telemetry(path: Path) -> Iterator[Place]:
    try:
        with open_media(path) as container:
            streams = container.streams.data
            for packet in container.demux(*streams) if streams else ():
                yield from _in_packet(packet)
    except av.error.FFmpegError as error:
        reason = (error.strerror or "unreadable").lower()
        raise MetadataError(
            f"the film cannot be read to its end ({reason}), so not every place was found; "
            "copy the file again"
        ) from None


def _in_packet(packet: av.Packet[Any]) -> Iterator[Place]:
    start, data = packet.pos, bytes(packet)
    if start is None:
        return
    if data.startswith(b"DEVC"):
        yield from ((start + at, bytes(size)) for at, size in gpmf.places(data))
        return
    with suppress(MetadataError):  # of another kind of track
        at = _CAMM_PLACES.get(camm.read(data).kind)
        if at is not None:
            yield start + at[0], bytes(at[1])
