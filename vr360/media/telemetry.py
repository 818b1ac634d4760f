"""What a film tells of the camera's motion and place: which sensors, and where it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av.error

from vr360.cameras import camm, gpmf, insta360
from vr360.errors import MetadataError
from vr360.media.containers import open_media
from vr360.spherical.files import opened
from vr360.spherical.movie import Movie
from vr360.spherical.tracks import Track

_GPMF_BEGINS = b"DEVC"
_ENTRIES = {b"gpmd": "GPMF", b"camm": "CAMM"}  # sample descriptions
_AS_EDITED = {"advanced_editlist": "0"}  # else a sample that an edit cuts through is misplaced
_LOOKED_AT = 16  # CAMM packets: each is one reading of one sensor


@dataclass(frozen=True)
class Telemetry:
    """What the first second tells.

    Attributes:
        kind: `GPMF`, `CAMM` or `Insta360`.
        sensors: their names, each once.
        place: latitude and longitude, degrees; None where there is no fix.
    """

    kind: str
    sensors: tuple[str, ...]
    place: tuple[float, float] | None = None


def telemetry_kinds(path: Path) -> tuple[str, ...]:
    """`GPMF`, `CAMM`: of the telemetry tracks of an MP4 or MOV; none of any other file."""
    with suppress(MetadataError):
        return tuple(kind for _, kind, _ in telemetry_tracks(path))
    return ()


def telemetry_tracks(path: Path) -> list[tuple[int, str, Track]]:
    """Which track of the file each telemetry is, its kind, and the track.

    Raises:
        MetadataError: no MP4 or MOV, or damaged.
    """
    with opened(path) as (file, length):
        tracks = Movie(file, length).tracks
    found = ((n, _ENTRIES.get(_entry(track), ""), track) for n, track in enumerate(tracks))
    return [(n, kind, track) for n, kind, track in found if kind]


def _entry(track: Track) -> bytes:
    described = track.stbl.only(b"stsd")
    return bytes(described.payload[12:16]) if described else b""


def data_packets(
    path: Path, later: float, number: int | None = None
) -> Iterator[tuple[float, float, bytes]]:
    """When each packet of a film's data tracks begins, how long it lasts, and its bytes.

    Args:
        later: seconds that are added to its times.
        number: of one track of the file, from 0; else all of them.
    """
    with suppress(av.error.FFmpegError), open_media(path, _AS_EDITED) as container:
        streams = [s for s in container.streams.data if number in (None, s.index)]
        for packet in container.demux(*streams) if streams else ():
            if packet.pts is not None and packet.time_base is not None:
                tick = float(packet.time_base)
                yield packet.pts * tick + later, (packet.duration or 0) * tick, bytes(packet)


def telemetry_of(path: Path) -> Telemetry | None:
    """The telemetry of a film; None where it has none that is known, or it is damaged."""
    with suppress(av.error.FFmpegError, MetadataError):
        with open_media(path) as container:
            count = len(container.streams.data)
        for number in range(count):
            if found := _of_stream(path, number):
                return found
    return _of_trailer(path)


def _of_trailer(path: Path) -> Telemetry | None:
    with path.open("rb") as file:
        kinds = sorted({record.kind for record in insta360.records(file)})
        names = tuple(insta360.NAMES[kind] for kind in kinds if kind in insta360.NAMES)
        return Telemetry("Insta360", names, insta360.place(file)) if names else None


def _of_stream(path: Path, number: int) -> Telemetry | None:
    packets: list[bytes] = []
    with open_media(path) as container:
        for packet in container.demux(container.streams.data[number]):
            packets.append(bytes(packet))
            if packets[0].startswith(_GPMF_BEGINS) or len(packets) == _LOOKED_AT:
                break
    if packets and packets[0].startswith(_GPMF_BEGINS):
        return of_gpmf(packets[0])
    with suppress(MetadataError):
        return of_camm([packet for packet in packets if packet])
    return None


def of_gpmf(sample: bytes) -> Telemetry:
    """From one sample of a GoPro's metadata track.

    Raises:
        MetadataError: it does not add up.
    """
    streams = [s for s in gpmf.streams(sample) if s.values.size]
    names = tuple(dict.fromkeys(s.name or s.key for s in streams))
    gps = [s.values for s in streams if s.key.encode() in gpmf.GPS and s.values.shape[1] > 1]
    fixes = [(float(table[0, 0]), float(table[0, 1])) for table in gps if table[0, :2].any()]
    place = fixes[0] if fixes else None
    return Telemetry("GPMF", names, place)


def of_camm(packets: list[bytes]) -> Telemetry | None:
    """From the first packets of a camera motion track; None of none.

    Raises:
        MetadataError: a packet of another kind of track.
    """
    readings = [camm.read(packet) for packet in packets]
    places = [reading.place for reading in readings if reading.place and any(reading.place)]
    names = tuple(dict.fromkeys(reading.name for reading in readings))
    return Telemetry("CAMM", names, places[0] if places else None) if names else None
