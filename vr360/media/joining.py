"""Parts of a film become one stream of packets: nothing is coded anew.

Every part has been coded by the same encoder with the same settings, and begins with a key frame.
Its packets keep their order; their times are counted anew, so no container's rounding adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.video.stream import VideoStream

from vr360.errors import OutputError, VideoOpenError
from vr360.media.containers import main_video

FORMAT = "nut"
"""ffmpeg's name of the stream's container: it needs no seeking and takes exact times."""


@dataclass(frozen=True)
class _Order:
    """How the packets of a part are to be shown: the rank of each among their times."""

    ranks: list[int]

    @property
    def delay(self) -> int:
        """How many frames a packet is decoded before it is shown, at most."""
        return max(number - rank for number, rank in enumerate(self.ranks))


class _Pipe:
    """A file for PyAV that hands on what is written to it."""

    def __init__(self, feed: Callable[[memoryview], None]) -> None:
        self._feed = feed

    def write(self, data: bytes) -> int:
        self._feed(memoryview(data))
        return len(data)


def join(
    parts: Sequence[Path], rate: Fraction, feed: Callable[[memoryview], None]
) -> Generator[int, None, None]:
    """Stream the pictures of some films, one behind the other; the frames of each as it is done.

    Args:
        parts: films of one coding.
        rate: frames a second, of them all.
        feed: takes the bytes of the stream.

    Raises:
        OutputError: the parts were coded differently.
        VideoOpenError: a part cannot be read.
    """
    orders = [_order(part) for part in parts]
    delay = max(order.delay for order in orders)
    with av.open(_Pipe(feed), "w", format=FORMAT) as target, av.open(str(parts[0])) as first:
        template = main_video(first, parts[0])
        stream = target.add_stream_from_template(template)
        stream.time_base = 1 / rate
        begins = 0
        for part, order in zip(parts, orders, strict=True):
            for number, packet in enumerate(_packets(part, template.codec_context.extradata)):
                packet.stream, packet.time_base, packet.duration = stream, 1 / rate, 1
                packet.pts, packet.dts = begins + order.ranks[number], begins + number - delay
                target.mux_one(packet)
            begins += len(order.ranks)
            yield len(order.ranks)


def _order(part: Path) -> _Order:
    times = [packet.pts or 0 for packet in _packets(part)]
    rank = {time: number for number, time in enumerate(sorted(times))}
    return _Order([rank[time] for time in times])


def _packets(part: Path, extradata: bytes | None = None) -> Iterator[av.Packet[VideoStream]]:
    try:
        with av.open(str(part)) as film:
            stream = main_video(film, part)
            if extradata is not None and stream.codec_context.extradata != extradata:
                raise OutputError(f"{part}: was coded by another encoder than the parts before it")
            yield from (packet for packet in film.demux(stream) if packet.size)
    except av.error.FFmpegError as error:
        raise VideoOpenError(f"{part}: cannot be read: {error.strerror}") from None
