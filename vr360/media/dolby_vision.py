"""Dolby Vision in MP4 and MOV: what the base layer is, which is all that is read of it.

Source: *Dolby Vision Streams Within the ISO Base Media File Format*, version 2.5: the boxes `dvcC`,
`dvvC` and `dvwC` of a sample entry hold the configuration record.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from vr360.errors import MetadataError
from vr360.spherical.boxes import Box, unpack
from vr360.spherical.files import opened
from vr360.spherical.movie import Movie

_RECORDS = (b"dvcC", b"dvvC", b"dvwC")  # of profiles up to 7, to 10, and beyond
_BASE = {1: "HDR10", 2: "SDR", 4: "HLG", 6: "HDR10"}  # by the base layer's compatibility


def dolby_vision_notes(path: Path) -> tuple[str, ...]:
    """What is left out of a film that carries Dolby Vision; nothing of any other file."""
    with suppress(MetadataError):
        return tuple(_note(record) for record in _records(path)[:1])
    return ()


def _records(path: Path) -> list[Box]:
    with opened(path) as (file, length):
        tracks = [track for track in Movie(file, length).tracks if track.is_video]
    entries = [entry for track in tracks for entry in track.visual_entries()]
    return [record for entry in entries for record in entry.all(*_RECORDS)]


def _note(record: Box) -> str:
    """Fields: version (2 bytes), profile (7 bits), level (6), three flags, compatibility (4)."""
    profile = unpack(">B", record.payload, 2, "Dolby Vision")[0] >> 1
    compatible = unpack(">B", record.payload, 4, "Dolby Vision")[0] >> 4
    base = _BASE.get(compatible)
    if base is None:
        return (
            f"Dolby Vision profile {profile} has no base layer that others know: its colours "
            "will be wrong; have its maker's program write HLG"
        )
    return f"Dolby Vision profile {profile}.{compatible} is read as its {base} base layer"
