"""Small MP4 files built by hand, and a reader of their media that shares no code with vr360."""

from __future__ import annotations

import os
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
V1_UUID = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
FOREIGN_UUID = bytes(range(16))
CONTAINERS = {
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"moof", b"traf", b"mfra"),
    *(b"sv3d", b"proj", b"vexu", b"eyes", b"pack"),
}


def box(kind: bytes, *parts: bytes, wide: bool = False) -> bytes:
    payload = b"".join(parts)
    if wide:
        return struct.pack(">I4sQ", 1, kind, len(payload) + 16) + payload
    return struct.pack(">I4s", len(payload) + 8, kind) + payload


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def visual_entry(kind: bytes = b"avc1", *children: bytes, width: int = 64, height: int = 32):
    head = struct.pack(
        ">6xH16xHHIIIH32sHh", 1, width, height, 0x480000, 0x480000, 0, 1, b"", 24, -1
    )
    return box(kind, head, *(children or (box(b"avcC", b"\1config"),)))


def audio_entry(kind: bytes = b"lpcm", *children: bytes, channels: int = 2) -> bytes:
    return box(kind, struct.pack(">6xH8xHH4xI", 1, channels, 16, 48000 << 16), *children)


@dataclass
class Track:
    handler: bytes = b"vide"
    entries: tuple[bytes, ...] = field(default_factory=lambda: (visual_entry(),))
    samples: tuple[bytes, ...] = (b"first sample", b"second", b"third one")
    enabled: bool = True
    extra: bytes = b""  # boxes at the end of the track
    wide: bool = False  # co64
    self_contained: bool = True
    auxiliary: bool = False  # saio beside the chunk table, with the same offsets
    ticks: int = 1  # milliseconds that a sample lasts

    def box(self, track_id: int, offsets: list[int]) -> bytes:
        sizes = b"".join(struct.pack(">I", len(s)) for s in self.samples)
        count = len(self.samples)
        layout, kind = (">Q", b"co64") if self.wide else (">I", b"stco")
        chunk_table = b"".join(struct.pack(layout, offset) for offset in offsets)
        stbl = box(
            b"stbl",
            full(b"stsd", struct.pack(">I", len(self.entries)), *self.entries),
            full(b"stts", struct.pack(">3I", 1, count, self.ticks)),
            full(b"stsc", struct.pack(">4I", 1, 1, 1, 1)),
            full(b"stsz", struct.pack(">2I", 0, count), sizes),
            full(kind, struct.pack(">I", count), chunk_table),
            full(b"saio", struct.pack(">I", count), chunk_table) if self.auxiliary else b"",
        )
        dref = full(b"dref", struct.pack(">I", 1), full(b"url ", flags=int(self.self_contained)))
        minf = box(b"minf", full(b"vmhd", bytes(8), flags=1), box(b"dinf", dref), stbl)
        hdlr = full(b"hdlr", bytes(4), self.handler, bytes(13))
        mdhd = full(b"mdhd", struct.pack(">4IHH", 0, 0, 1000, count * self.ticks, 0, 0))
        ids = struct.pack(">5I8x4H", 0, 0, track_id, 0, count * self.ticks, 0, 0, 0, 0)
        tkhd = full(
            b"tkhd", ids, MATRIX, struct.pack(">2I", 64 << 16, 32 << 16), flags=self.enabled
        )
        edts = box(b"edts", full(b"elst", struct.pack(">4I", 1, count * self.ticks, 0, 0x10000)))
        return box(b"trak", tkhd, edts, box(b"mdia", mdhd, hdlr, minf), self.extra)


def movie(
    *tracks: Track,
    order: str = "ftyp moov mdat",
    brand: bytes = b"isom",
    wide_mdat: bool = False,
    open_ended: bool = False,
    wide_moov: bool = False,
    extra: bytes = b"",
    others: dict[str, bytes] | None = None,
) -> bytes:
    """A movie whose samples, a chunk each, lie round-robin in the `mdat` boxes of `order`.

    `others` gives the bytes of boxes that `order` names besides ftyp, moov and mdat.
    """
    tracks = tracks or (Track(),)
    names = order.split()
    fixed = {"ftyp": box(b"ftyp", brand, bytes(4), brand), **(others or {})}
    mdats: list[list[tuple[int, int, bytes]]] = [[] for name in names if name == "mdat"]
    samples = [
        (t, s, data) for t, track in enumerate(tracks) for s, data in enumerate(track.samples)
    ]
    for i, sample in enumerate(samples):
        mdats[i % len(mdats)].append(sample)
    offsets = [[0] * len(track.samples) for track in tracks]
    out = b""
    for _ in range(2):  # sizes are known after the first round, offsets after the second
        out, number = b"", 0
        for position, name in enumerate(names):
            if name == "moov":
                traks = [t.box(i + 1, offsets[i]) for i, t in enumerate(tracks)]
                mvhd = full(b"mvhd", struct.pack(">4I", 0, 0, 1000, 3), bytes(76), bytes(4))
                out += box(b"moov", mvhd, *traks, extra, wide=wide_moov)
            elif name == "mdat":
                last = open_ended and position == len(names) - 1
                at = len(out) + (16 if wide_mdat else 8)
                for t, s, data in mdats[number]:
                    offsets[t][s] = at
                    at += len(data)
                body = b"".join(data for _, _, data in mdats[number])
                number += 1
                out += (
                    struct.pack(">I4s", 0, b"mdat") + body
                    if last
                    else box(b"mdat", body, wide=wide_mdat)
                )
            else:
                out += fixed[name]
    return out


def walk(data: bytes, start: int = 0, end: int | None = None):
    """(kind, body, end) of the boxes in data[start:end]."""
    end = len(data) if end is None else end
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            size, body = struct.unpack_from(">Q", data, body)[0], body + 8
        size = size or end - start
        yield kind, body, start + size
        start += size


def find(data: bytes, path: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """(body, end) of all boxes at a path such as `moov/trak/uuid`, below plain containers."""
    first, _, rest = path.partition("/")
    hits = [(b, e) for kind, b, e in walk(data, start, end) if kind == first.encode()]
    return [hit for b, e in hits for hit in find(data, rest, b, e)] if rest else hits


def entries(data: bytes) -> list[tuple[bytes, int, int]]:
    """(kind, first child, end) of all sample entries of video tracks."""
    found = []
    for body, end in find(data, "moov/trak"):
        ((hdlr, _),) = find(data, "mdia/hdlr", body, end)
        ((stsd, stop),) = find(data, "mdia/minf/stbl/stsd", body, end)
        if data[hdlr + 8 : hdlr + 12] == b"vide":
            found += [(kind, b + 78, e) for kind, b, e in walk(data, stsd + 8, stop)]
    return found


def chunks(moov: bytes) -> dict[int, list[tuple[int, int]]]:
    """(offset, size) of the samples of each track, one a chunk as `movie` lays them.

    `moov` may be any bytes that hold the movie box on their top level.
    """
    found = {}
    for body, end in find(moov, "moov/trak"):
        ((tkhd, _),) = find(moov, "tkhd", body, end)
        stbl, stop = find(moov, "mdia/minf/stbl", body, end)[0]
        ((stsz, _),) = find(moov, "stsz", stbl, stop)
        count = struct.unpack_from(">I", moov, stsz + 8)[0]
        sizes = struct.unpack_from(f">{count}I", moov, stsz + 12)
        narrow, wide = find(moov, "stco", stbl, stop), find(moov, "co64", stbl, stop)
        table = (narrow or wide)[0][0]
        offsets = struct.unpack_from(f">{count}{'I' if narrow else 'Q'}", moov, table + 8)
        track_id = struct.unpack_from(">I", moov, tkhd + 12)[0]
        found[track_id] = list(zip(offsets, sizes, strict=True))
    return found


def media(data: bytes) -> dict[int, list[bytes]]:
    """The samples of each track."""
    return {i: [data[o : o + n] for o, n in places] for i, places in chunks(data).items()}


def sparse_film(path: Path, tracks: list[Track], offsets: list[list[int]], end: int) -> None:
    """A film of `end` bytes, movie first, whose samples lie at the given places; holes between."""
    traks = [
        track.box(i + 1, places)
        for i, (track, places) in enumerate(zip(tracks, offsets, strict=True))
    ]
    mvhd = full(b"mvhd", struct.pack(">4I", 0, 0, 1000, 3), bytes(80))
    head = box(b"ftyp", b"isom", bytes(4)) + box(b"moov", mvhd, *traks)
    with path.open("wb") as file:
        file.write(head + struct.pack(">I4sQ", 1, b"mdat", end - len(head)))
        for track, places in zip(tracks, offsets, strict=True):
            for sample, at in zip(track.samples, places, strict=True):
                file.seek(at)
                file.write(sample)
        file.truncate(end)


def head_of(path: Path) -> bytes:
    """The boxes before the media of a film whose movie comes first."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    at = 0
    while head[at + 4 : at + 8] != b"mdat":
        at += struct.unpack_from(">I", head, at)[0]
    return head[:at]


def sparse_media(path: Path) -> dict[int, list[bytes]]:
    """As `media`, without reading the holes."""
    with path.open("rb") as file:
        return {
            i: [os.pread(file.fileno(), n, o) for o, n in places]
            for i, places in chunks(head_of(path)).items()
        }


def noise(seed: int, sizes: tuple[int, ...] = (700, 900, 800)) -> tuple[bytes, ...]:
    """Samples that do not repeat, so that a wrong offset shows."""
    source = random.Random(seed)
    return tuple(source.randbytes(size) for size in sizes)
