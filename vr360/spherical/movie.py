"""An MP4 or MOV file as something to edit: its movie box, its tracks, and where the rest lies."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from vr360.errors import MetadataError
from vr360.spherical import fragments, offsets
from vr360.spherical.boxes import Extent, load, scan
from vr360.spherical.files import Piece, Span, patched, tidy
from vr360.spherical.offsets import Shift
from vr360.spherical.tracks import Track, all_tracks
from vr360.spherical.v1 import UUID, remove

SLACK = (b"free", b"skip")
SMALLEST_BOX = 8


class Movie:
    """The parts of the file; `moov` may be edited, then `pieces` tells the new file.

    Raises:
        MetadataError: no movie box, several, a compressed one, or damaged boxes.
    """

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self.extents = scan(file, length)
        found = [i for i, extent in enumerate(self.extents) if extent.kind == b"moov"]
        if len(found) != 1:
            raise MetadataError(_miscounted(len(found), self.extents))
        self._at = found[0]
        self.moov = load(file, self.extents[self._at]).open()
        if self.moov.first(b"cmov"):
            raise MetadataError("the movie box is compressed (cmov); remux the file first")
        if not self.moov.first(b"trak"):
            raise MetadataError("the movie box has no tracks")
        self.tracks: list[Track] = all_tracks(self.moov)

    @property
    def brand(self) -> str:
        """`mov` or `mp4`, by the file type box."""
        first = self.extents[0]
        if first.kind != b"ftyp":
            return "mov"
        self._file.seek(first.body)
        return "mov" if self._file.read(4) == b"qt  " else "mp4"

    @property
    def stray_v1(self) -> list[int]:
        """Indices of V1 boxes on file level, where no reader looks."""
        return [i for i, extent in enumerate(self.extents) if extent.user == UUID]

    def drop_stray_v1(self) -> None:
        """Take V1 out of the movie box; `pieces` leaves out those on file level."""
        remove(self.moov)

    def lead_with(self, track: Track) -> bool:
        """Make a track the first one; False if it was."""
        traks = self.moov.all(b"trak")
        if traks[0] is track.trak:
            return False
        children = self.moov.children or []
        first = next(i for i, box in enumerate(children) if box is traks[0])
        children.remove(track.trak)
        children.insert(first, track.trak)
        return True

    def pieces(self, in_place: bool = False) -> list[Piece]:
        """The new file; nothing in it moves if it can be so and `in_place` asks for it."""
        if in_place and not self.stray_v1 and (pieces := self._in_slack()):
            return tidy(pieces)
        dropped = set(self.stray_v1)
        shift = offsets.settle(
            offsets.tables(self.tracks), self.extents, self._at, self.moov, dropped
        )
        return tidy(self._moved(shift, dropped))

    def _moved(self, shift: Shift, dropped: set[int]) -> Iterator[Piece]:
        patches = fragments.patches(self._file, self.extents, shift)
        at = 0
        for index, extent in enumerate(self.extents):
            until = at
            while until < len(patches) and patches[until].start < extent.end:
                until += 1
            if index == self._at:
                yield self.moov.to_bytes()
            elif index not in dropped:
                yield from patched(extent.start, extent.end, patches[at:until])
            at = until

    def _in_slack(self) -> list[Piece]:
        """The movie box in its old place and the free space after it; empty if too small."""
        moov = self.extents[self._at]
        after = self._at + 1
        while after < len(self.extents) and self.extents[after].kind in SLACK:
            after += 1
        end = self.extents[after - 1].end
        left = end - moov.start - self.moov.size
        if after == len(self.extents):  # nothing behind it: the file may end anywhere
            return [Span(0, moov.start), self.moov.to_bytes()]
        if left != 0 and left < SMALLEST_BOX:
            return []
        filler: list[Piece] = []
        if left:
            filler = [struct.pack(">I4s", left, b"free"), Span(end - left + SMALLEST_BOX, end)]
        rest = Span(end, self.extents[-1].end)
        return [Span(0, moov.start), self.moov.to_bytes(), *filler, rest]


def _miscounted(count: int, extents: list[Extent]) -> str:
    if count:
        return f"{count} movie boxes (moov) in one file"
    if any(extent.kind == b"meta" for extent in extents):
        return "a still picture in a HEIF container; JPEG and PNG can be tagged"
    return "no movie box (moov): cut off while recording, or a bare segment"
