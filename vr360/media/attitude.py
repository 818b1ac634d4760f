"""How the camera of a film lay, read from the film's telemetry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import av.error

from vr360.cameras import camm, gopro
from vr360.cameras.attitude import Attitude
from vr360.errors import MetadataError
from vr360.frame import VideoInfo
from vr360.media.chapters import begun

_GPMF_BEGINS = b"DEVC"


def attitude_of(info: VideoInfo) -> Attitude | None:
    """The attitude that GPMF or CAMM tells; None where a film has neither or they do not tell it.

    Times are seconds from the film's first frame.

    Raises:
        MetadataError: telemetry that does not add up.
    """
    packets = [
        packet
        for begins, chapter in begun(info)
        for packet in _packets(chapter.path, float(begins - chapter.start_time))
    ]
    samples = [
        gopro.Sample(start, seconds or 1.0, data)
        for start, seconds, data in packets
        if data.startswith(_GPMF_BEGINS)
    ]
    if samples:
        return gopro.attitude(samples)
    readings = list[tuple[float, camm.Reading]]()
    for start, _, data in packets:
        with suppress(MetadataError):  # of another kind of track
            readings.append((start, camm.read(data)))
    return camm.attitude(readings) if readings else None


def _packets(path: Path, later: float) -> Iterator[tuple[float, float, bytes]]:
    """When each packet of a film's data tracks begins, how long it lasts, and its bytes."""
    with suppress(av.error.FFmpegError), av.open(str(path.absolute())) as container:
        if not container.streams.data:
            return
        for packet in container.demux(*container.streams.data):
            if packet.pts is not None and packet.time_base is not None:
                tick = float(packet.time_base)
                yield packet.pts * tick + later, (packet.duration or 0) * tick, bytes(packet)
