"""How the camera of a film lay, read from the film's telemetry."""

from __future__ import annotations

from contextlib import suppress

from vr360.cameras import camm, gopro
from vr360.cameras.attitude import Attitude
from vr360.errors import MetadataError
from vr360.frame import VideoInfo
from vr360.media.chapters import begun
from vr360.media.telemetry import data_packets

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
        for packet in data_packets(chapter.path, float(begins - chapter.start_time))
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
