"""Where bytes go when boxes before them grow, and the chunk tables that must follow.

Offsets in `stco`, `co64` and `saio` are absolute. Each is moved by what changed before that very
offset. Where one passes 2^32 its table is widened to 64 bits, which moves everything again, so
the layout is settled by iteration; tables only ever widen, so it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vr360.errors import MetadataError
from vr360.spherical.boxes import Box, Extent, name, unpack
from vr360.spherical.tracks import Track

Positions = NDArray[np.int64]
LARGEST_32 = (1 << 32) - 1
SELF_CONTAINED = 1


class Shift:
    """Maps old file positions to new ones; a step function of the boxes on file level."""

    def __init__(self, extents: list[Extent], sizes: dict[int, int]) -> None:
        """
        Args:
            sizes: new size of each extent that changes, by its index; 0 where it is dropped.
        """
        starts, deltas = [], []
        new = extents[0].start
        for index, extent in enumerate(extents):
            starts.append(extent.start)
            deltas.append(new - extent.start)
            new += sizes.get(index, extent.end - extent.start)
        self._starts = np.array(starts, np.int64)
        self._deltas = np.array(deltas, np.int64)
        self.length = extents[-1].end

    def __bool__(self) -> bool:
        return bool(self._deltas.any())

    def by(self, positions: Positions) -> Positions:
        """How far each position moves."""
        return self._deltas[np.searchsorted(self._starts, positions, "right") - 1]

    def of(self, position: int) -> int:
        """How far one position moves.

        Raises:
            MetadataError: it lies outside the file.
        """
        if not 0 <= position <= self.length:
            raise MetadataError(f"an offset points to byte {position}, outside the file: truncated")
        return int(self.by(np.array([position], np.int64))[0])


@dataclass(eq=False)
class Table:
    """The offsets in one `stco`, `co64` or `saio` box."""

    box: Box
    offsets: Positions
    head: bytes  # what precedes the offsets in the payload
    rest: bytes  # what follows them, which should be nothing

    @classmethod
    def of(cls, box: Box) -> Table:
        """
        Raises:
            MetadataError: the box is shorter than its own count says.
        """
        version, flags = unpack(">BxH", box.payload, 0, name(box.kind))
        at = 8 + 8 * (box.kind == b"saio" and flags & 1)
        (count,) = unpack(">I", box.payload, at - 4, name(box.kind))
        wide = box.kind == b"co64" or (box.kind == b"saio" and version == 1)
        end = at + count * (8 if wide else 4)
        body = box.payload[at:end]
        if len(box.payload) < end:
            raise MetadataError(f"the {name(box.kind)} box is shorter than its own count says")
        values = np.frombuffer(body, ">u8" if wide else ">u4")
        if len(values) and values.max() > np.iinfo(np.int64).max:
            raise MetadataError(f"the {name(box.kind)} box holds an absurd offset")
        return cls(box, values.astype(np.int64), bytes(box.payload[:at]), bytes(box.payload[end:]))

    @property
    def wide(self) -> bool:
        return self.box.kind == b"co64" or (self.box.kind == b"saio" and self.head[0] == 1)

    def check(self, length: int) -> None:
        """
        Raises:
            MetadataError: an offset lies behind the end of the file.
        """
        if len(self.offsets) and self.offsets.max() > length:
            raise MetadataError(
                f"media is expected at byte {self.offsets.max()}, the file has {length}: truncated"
            )

    def overflows(self, shift: Shift) -> bool:
        if self.wide or not len(self.offsets):
            return False
        return int((self.offsets + shift.by(self.offsets)).max()) > LARGEST_32

    def widen(self) -> None:
        """Make room for 64 bits an offset."""
        if self.box.kind == b"stco":
            self.box.kind = b"co64"
        else:
            self.head = b"\1" + self.head[1:]
        self._store(self.offsets)

    def move(self, shift: Shift) -> None:
        deltas = shift.by(self.offsets)
        if deltas.any():
            self._store(self.offsets + deltas)

    def _store(self, offsets: Positions) -> None:
        body = offsets.astype(">u8" if self.wide else ">u4").tobytes()
        self.box.payload = self.head + body + self.rest


def tables(tracks: Iterable[Track]) -> list[Table]:
    """The offset tables of all tracks whose media lies in this file.

    Raises:
        MetadataError: a track whose media lies partly in other files, or a damaged table.
    """
    found = []
    for track in tracks:
        if _self_contained(track):
            found += [Table.of(box) for box in track.stbl.all(b"stco", b"co64", b"saio")]
    return found


def settle(
    offset_tables: list[Table], extents: list[Extent], moov_at: int, moov: Box, dropped: set[int]
) -> Shift:
    """Find the final layout, widening tables until every offset fits, and move all offsets.

    Args:
        moov_at: index of the movie box among the extents.
        dropped: indices of extents that are left out.
    """
    for table in offset_tables:
        table.check(extents[-1].end)
    while True:
        shift = Shift(extents, {moov_at: moov.size, **dict.fromkeys(dropped, 0)})
        narrow = [table for table in offset_tables if table.overflows(shift)]
        if not narrow:
            break
        for table in narrow:
            table.widen()
    for table in offset_tables:
        table.move(shift)
    return shift


def _self_contained(track: Track) -> bool:
    minf = track.mdia.first(b"minf")
    dinf = minf.first(b"dinf") if minf else None
    dref = dinf.open().first(b"dref") if dinf else None
    if dref is None:
        return True
    inside = {
        bool(unpack(">I", entry.payload, 0, "dref")[0] & SELF_CONTAINED)
        for entry in dref.open(8).children or []
    }
    if len(inside) > 1:
        raise MetadataError(f"media of track {track.track_id} lies partly in other files")
    return inside != {False}
