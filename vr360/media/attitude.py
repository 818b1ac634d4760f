"""How the camera of a film lay, read from the film's telemetry."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import av
import av.error

from vr360.cameras import camm, gopro
from vr360.cameras.attitude import Attitude
from vr360.errors import MetadataError

_GPMF_BEGINS = b"DEVC"


def attitude_of(path: Path) -> Attitude | None:
    """The attitude that GPMF or CAMM tells; None where a film has neither or they do not tell it.

    Raises:
        MetadataError: telemetry that does not add up.
    """
    samples, readings = list[gopro.Sample](), list[tuple[float, camm.Reading]]()
    with suppress(av.error.FFmpegError), av.open(str(path.absolute())) as container:
        if not container.streams.data:
            return None
        for packet in container.demux(*container.streams.data):
            if packet.pts is None or packet.time_base is None:
                continue
            start, data = float(packet.pts * packet.time_base), bytes(packet)
            if data.startswith(_GPMF_BEGINS):
                seconds = float((packet.duration or 0) * packet.time_base)
                samples.append(gopro.Sample(start, seconds or 1.0, data))
            else:
                with suppress(MetadataError):  # of another kind of track
                    readings.append((start, camm.read(data)))
    if samples:
        return gopro.attitude(samples)
    return camm.attitude(readings) if readings else None
