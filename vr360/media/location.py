"""Taking the place out of a film: GPS in GoPro's and CAMM telemetry, and the film's own tags.

Bytes are blanked where they lie, so that nothing moves: the picture, the sound and what else the
telemetry says stay as they are.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import av.error

from vr360.cameras import camm, gpmf
from vr360.errors import MetadataError
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
_MOST = 64 << 20
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
    if not found:
        return 0
    partial = Partial(path)
    try:
        with shutil.copyfile(path, partial.make()).open("r+b") as file:
            for start, blank in found:
                file.seek(start)
                file.write(blank)
        partial.settle()
    finally:
        partial.discard()
    return sum(len(blank) for _, blank in found)


def _strip_photo(path: Path) -> int:
    before = path.read_bytes()
    after = without_place(before)
    changed = sum(a != b for a, b in zip(before, after, strict=True))
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
                yield extent.start + text.start(), re.sub(rb"\d", b"0", text.group())
            for box in _LOCI.finditer(moov):
                yield extent.start + box.start(), b"free"


def _in_tags(path: Path) -> Iterator[Place]:
    """The tags of a Matroska film, which holds no telemetry; checksums are renewed."""
    with opened(path) as (file, length):
        for head in Segment(file, length).elements:
            if head.id != _TAGS:
                continue
            if head.end - head.body > _MOST:
                raise MetadataError("more than 64 MiB of tags")
            file.seek(head.start)
            old = file.read(head.end - head.start)
            new = b"".join(_placeless(node).to_bytes() for node in nodes(old))
            if len(new) != len(old):
                raise MetadataError("the tags are written in a way that cannot be kept")
            changed = (n for n in range(len(new)) if new[n] != old[n])
            yield from ((head.start + n, new[n : n + 1]) for n in changed)


def _placeless(node: Node) -> Node:
    """The same tags, places in them blanked."""
    if node.id in (_TAGS, _TAG):
        return node.with_children([_placeless(child) for child in node.children()])
    if node.id != _SIMPLE_TAG:
        return node
    parts = node.children()
    name = next((part.payload for part in parts if part.id == _TAG_NAME), b"")
    return node.with_children([_blanked(part, bool(_NAMED.search(name))) for part in parts])


def _blanked(part: Node, place: bool) -> Node:
    if part.id == _SIMPLE_TAG:
        return _placeless(part)
    if part.id != _TAG_STRING:
        return part
    text = _ISO_6709.sub(lambda found: re.sub(rb"\d", b"0", found.group()), part.payload)
    if place and text == part.payload:
        text = re.sub(rb"[^\0]", b" ", text)
    return Node(part.id, text, part.width)


def _in_telemetry(path: Path) -> Iterator[Place]:
    with av.open(str(path.absolute())) as container:
        if not container.streams.data:
            return
        with suppress(av.error.FFmpegError):  # the picture's own damage is found elsewhere
            packets = container.demux(*container.streams.data)
            for packet in packets:
                yield from _in_packet(packet)


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
