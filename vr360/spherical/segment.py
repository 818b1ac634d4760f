"""The segment of a Matroska file: its elements, and the positions that follow when they move.

Positions count from the start of the segment's payload. They stand in the seek head, the cues
and, as a hint, in each cluster.

Source: RFC 9559 (Matroska).
"""

from __future__ import annotations

from typing import BinaryIO

from vr360.errors import MetadataError
from vr360.spherical import ebml
from vr360.spherical.boxes import LARGEST_TREE, Extent
from vr360.spherical.ebml import CRC32, VOID, Head, Node
from vr360.spherical.files import Patch, Piece, Span, patched, tidy
from vr360.spherical.offsets import Shift

EBML, SEGMENT = 0x1A45DFA3, 0x18538067
SEEK_HEAD, CUES, TRACKS, CLUSTER = 0x114D9B74, 0x1C53BB6B, 0x1654AE6B, 0x1F43B675
DOC_TYPE = 0x4282
MASTERS = (0x4DBB, 0xBB, 0xB7, 0xDB)  # Seek, CuePoint, CueTrackPositions, CueReference
POSITIONS = (0x53AC, 0xF1, 0x97, 0xEA)  # SeekPosition, CueClusterPosition, CueRefCluster, ...
CLUSTER_POSITION = 0xA7
IN_CLUSTER = (0xE7, 0xA3, 0xA0, 0xA7, 0xAB, 0x5854, CRC32, VOID)
BEFORE_BLOCKS = (0xE7, 0xA7, 0xAB, 0x5854, CRC32, VOID)
MOST_ELEMENTS = 400_000
SMALLEST_VOID = 2
BEGINNING = 16 << 20  # of the file: what is held in memory while it moves
MOST_ABSORBED = 1024  # a mesh that comes or goes moves the rest instead of leaving a hole


class Segment:
    """The elements on the first level; replace some, then `pieces` tells the new file.

    Args:
        whole: look at everything; else stop at the first cluster after the tracks.
    Raises:
        MetadataError: damaged, truncated, or without tracks.
    """

    def __init__(self, file: BinaryIO, length: int, whole: bool = True) -> None:
        self._file, self._length = file, length
        self.doc_type = self._read_doc_type()
        self._head = self._find_segment()
        self._end = length if self._head.end < 0 else self._head.end
        if self._end > length:
            if whole:
                raise MetadataError(f"{self._end - length} bytes are missing at the end: truncated")
            self._end = length
        self.elements = self._scan(whole)
        tracks = [i for i, head in enumerate(self.elements) if head.id == TRACKS]
        if not tracks:
            raise MetadataError("no tracks (Tracks element)")
        self._tracks_at = tracks[0]

    @property
    def tracks(self) -> Node:
        return self._node(self.elements[self._tracks_at])

    def pieces(self, tracks: Node) -> list[Piece]:
        """The file with other tracks; filler near them takes up the difference if it can."""
        new = {self._tracks_at: tracks.to_bytes()}
        self._absorb(new)
        for index, head in enumerate(self.elements):
            if head.id == CRC32:  # over the whole segment
                new[index] = ebml.void(head.end - head.start)
        shift = self._settle(new)
        return tidy(self._assemble(new, shift))

    def _node(self, head: Head) -> Node:
        if head.end - head.body > LARGEST_TREE:
            raise MetadataError(f"element {head.id:X} of {head.end - head.body} bytes is absurd")
        self._file.seek(head.body)
        return Node(head.id, self._file.read(head.end - head.body), head.width)

    def _bytes(self, head: Head) -> bytes:
        self._file.seek(head.start)
        return self._file.read(head.end - head.start)

    def _read_doc_type(self) -> str:
        head = ebml.read_head_at(self._file, 0)
        if head.id != EBML or not head.end - head.body <= 4096:
            raise MetadataError("the EBML header is damaged")
        self._start = head.end
        found = (n for n in self._node(head).children() if n.id == DOC_TYPE)
        return next((n.payload.rstrip(b"\0").decode("latin-1") for n in found), "matroska")

    def _find_segment(self) -> Head:
        at = self._start
        while at < self._length:
            head = ebml.read_head_at(self._file, at)
            if head.id == SEGMENT:
                return head
            if head.end < 0:
                break
            at = head.end
        raise MetadataError("no segment: cut off")

    def _scan(self, whole: bool) -> list[Head]:
        found: list[Head] = []
        at = self._head.body
        while at < self._end:
            if len(found) == MOST_ELEMENTS:
                raise MetadataError(f"more than {MOST_ELEMENTS} elements in the segment")
            head = ebml.read_head_at(self._file, at)
            if not whole and head.id == CLUSTER and any(h.id == TRACKS for h in found):
                break
            found.append(self._sized(head))
            at = found[-1].end
            if at > self._end:
                raise MetadataError(f"element {head.id:X} reaches past the end: truncated")
        return found

    def _sized(self, head: Head) -> Head:
        """The element with its end; a cluster of unknown size ends where its children do."""
        if head.end >= 0:
            return head
        if head.id != CLUSTER:
            raise MetadataError(f"element {head.id:X} has no size")
        at = head.body
        while at < self._end:
            child = ebml.read_head_at(self._file, at)
            if child.id not in IN_CLUSTER:
                break
            if child.end < 0:
                raise MetadataError("a block has no size")
            at = child.end
        return head._replace(end=at)

    def _absorb(self, new: dict[int, bytes]) -> None:
        tracks = self.elements[self._tracks_at]
        growth = len(new[self._tracks_at]) - (tracks.end - tracks.start)
        for index in self._fillers() if abs(growth) <= MOST_ABSORBED else ():
            left = self.elements[index].end - self.elements[index].start - growth
            if growth and left >= SMALLEST_VOID:
                new[index] = ebml.void(left)
                return

    def _fillers(self) -> list[int]:
        """Void elements with no cluster between them and the tracks, the nearest first."""
        found = []
        for step in (-1, 1):
            index = self._tracks_at + step
            while 0 <= index < len(self.elements) and self.elements[index].id != CLUSTER:
                if self.elements[index].id == VOID:
                    found.append(index)
                index += step
        return sorted(found, key=lambda index: abs(index - self._tracks_at))

    def _settle(self, new: dict[int, bytes]) -> Shift:
        """Rewrite seek head and cues until their positions and sizes agree."""
        extents = [Extent(b"", h.start, h.body, h.end) for h in self.elements]
        indexes = [(i, h) for i, h in enumerate(self.elements) if h.id in (SEEK_HEAD, CUES)]
        while True:
            shift = Shift(extents, {index: len(data) for index, data in new.items()})
            sizes = {index: len(data) for index, data in new.items()}
            if shift:
                for index, head in indexes:
                    new[index] = self._moved(self._node(head), shift).to_bytes()
            if sizes == {index: len(data) for index, data in new.items()}:
                return shift

    def _moved(self, node: Node, shift: Shift) -> Node:
        children = []
        for child in node.children():
            if child.id in MASTERS:
                child = self._moved(child, shift)
            elif child.id in POSITIONS and (position := ebml.unsigned(child.payload)):
                target = position + self._head.body
                if target < self._end:
                    moved = position + shift.of(target)
                    payload = ebml.pack_unsigned(moved, len(child.payload))
                    child = Node(child.id, payload, child.width)
            children.append(child)
        return node.with_children(children)

    def _assemble(self, new: dict[int, bytes], shift: Shift) -> list[Piece]:
        grown = sum(
            len(data) - (self.elements[index].end - self.elements[index].start)
            for index, data in new.items()
        )
        pieces: list[Piece] = [Span(0, self._head.start), self._segment_head(grown)]
        for index, head in enumerate(self.elements):
            if index in new:
                pieces.append(new[index])
            elif head.id == CLUSTER and shift.of(head.start):
                pieces += patched(head.start, head.end, self._cluster_position(head, shift))
            elif shift.of(head.start) and head.end - self._head.body < BEGINNING:
                pieces.append(self._bytes(head))  # so that a move within the head can be in place
            else:
                pieces.append(Span(head.start, head.end))
        return [*pieces, Span(self._end, self._length)]

    def _segment_head(self, grown: int) -> Piece:
        if self._head.end < 0 or not grown:
            return Span(self._head.start, self._head.body)
        size = self._head.end - self._head.body + grown
        return ebml.pack_id(SEGMENT) + ebml.pack_size(size, self._head.width)

    def _cluster_position(self, cluster: Head, shift: Shift) -> list[Patch]:
        """The position hint in a cluster that moves, renewed; as filler if it needs more room."""
        at, checked = cluster.body, False
        while at < cluster.end:
            head = ebml.read_head_at(self._file, at)
            if head.id not in BEFORE_BLOCKS:
                break
            checked |= head.id == CRC32
            if head.id == CLUSTER_POSITION:
                if checked:
                    raise MetadataError("clusters with both position and checksum cannot be moved")
                return [self._position_patch(head, cluster.start, shift)]
            at = head.end
        return []

    def _position_patch(self, head: Head, start: int, shift: Shift) -> Patch:
        width = head.end - head.body
        value = ebml.pack_unsigned(start - self._head.body + shift.of(start), width)
        if len(value) > width:
            return Patch(head.start, ebml.void(head.end - head.start))
        return Patch(head.body, value)
