"""Decoded pictures of one film, in order, with exact seeks and steps in both directions.

Time is in exact seconds from the first frame. A short window of decoded pictures is kept, so that
stepping back and forth about a place costs no seek.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from typing import Self

import av
import av.error

from viewer.picture import Picture, picture_from_frame
from viewer.two_tracks import joined
from vr360.errors import VideoOpenError
from vr360.frame import VideoInfo
from vr360.media.containers import opened, packet_times

WINDOW_BYTES = 192 * 2**20
WINDOW_FRAMES = (4, 24)
NEAR = Fraction(1, 2)  # seconds: decoding on to there is cheaper than a seek
STEPS_BACK = (Fraction(0), Fraction(2), Fraction(10))  # for files whose index points too late


class Decoder:
    """A film that is read forwards, backwards and at any place.

    Args:
        info: the film; both tracks of one that has its sphere on two.
        number: of the video track, 1 for the second; None takes what `info` says.

    Attributes:
        ended: the last picture has been decoded.
        damaged: number of packets that could not be decoded.

    Raises:
        VideoOpenError: the file does not open or holds no picture; nothing is left open.
    """

    def __init__(self, info: VideoInfo, number: int | None = None) -> None:
        self.info = info
        self._number = number or 0
        self._other: Decoder | None = None
        self.ended = False
        self.damaged = 0
        self._start: Fraction | None = None  # of the first picture, in the container's own time
        self._window: list[Picture] = []
        self._cursor, self._keep = -1, 1
        self._times = packet_times(info.path)[0] if info.variable_rate else []
        self._file = ExitStack()
        with ExitStack() as undo:
            undo.callback(self.close)
            if info.pair is not None and number is None:
                self._other = Decoder(info.beside) if info.beside else Decoder(info, 1)
            self._open()
            self._keep = _window_length(self._first())
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._window.clear()
        self._file.close()
        if self._other is not None:
            self._other.close()

    @property
    def current(self) -> Picture:
        return self._window[self._cursor]

    @property
    def at_end(self) -> bool:
        """The current picture is known to be the last."""
        return self.ended and self._cursor == len(self._window) - 1

    def next(self) -> Picture | None:
        """The following picture; None after the last."""
        if self._cursor + 1 < len(self._window):
            self._cursor += 1
            return self.current
        picture = self._append()
        if picture is not None:
            self._cursor = len(self._window) - 1
        return picture

    def previous(self) -> Picture | None:
        """The picture before; None before the first."""
        here = self.current.pts
        if self._cursor > 0:
            self._cursor -= 1
            return self.current
        if here > 0:
            before = here - self._tick()
            self._restart(before)
            self._run_to(before, lambda: False)
        return self.current if self.current.pts < here else None

    def seek(self, time: Fraction, stale: Callable[[], bool] = lambda: False) -> Picture:
        """The picture on show at `time`: the last that does not begin after it.

        `stale` is asked between pictures; when it says True the search ends where it is.
        """
        first, last = self._window[0].pts, self._window[-1].pts
        if not first <= time <= last + NEAR or (self.ended and time < first):
            self._restart(time)
        self._run_to(time, stale)
        return self.current

    def _run_to(self, time: Fraction, stale: Callable[[], bool]) -> None:
        """Decode until a picture later than `time` is known, and stand on the one before it."""
        while self._window[-1].pts <= time and not stale():
            if self._append() is None:
                break
        later = bisect_right([picture.pts for picture in self._window], time)
        self._cursor = max(later - 1, 0)

    def _restart(self, time: Fraction) -> None:
        """Begin decoding anew at a key frame that does not lie after `time`."""
        base = self._stream.time_base or Fraction(1, 1000)
        for back in STEPS_BACK:
            goal = max(time - back, Fraction(0)) + (self._start or 0)
            try:
                self._container.seek(int(goal / base), stream=self._stream, backward=True)
            except av.error.FFmpegError:
                break
            self._forget()
            if self._append() is not None and self._window[0].pts <= max(time, Fraction(0)):
                return
        self._open()  # seeking does not work in this file: read from its beginning
        self._forget()
        self._append()

    def _open(self) -> None:
        """Open the file, anew if it is open already."""
        self._file.close()
        self._container, self._stream = self._file.enter_context(
            opened(self.info.path, self._number)
        )
        self._frames = self._decode()

    def _first(self) -> Picture:
        picture = self.next()
        if picture is None:
            name = self.info.path
            raise VideoOpenError(f"{name}: no picture could be decoded; is the file complete?")
        return picture

    def _forget(self) -> None:
        self._frames = self._decode()
        self._window.clear()
        self._cursor = 0
        self.ended = False

    def _append(self) -> Picture | None:
        """Decode one more picture into the window."""
        frame = next(self._frames, None)
        if frame is None:
            self.ended = True
            return None
        picture = self._picture(frame)
        self._window.append(picture)
        surplus = len(self._window) - self._keep
        if surplus > 0:
            del self._window[:surplus]
            self._cursor = max(self._cursor - surplus, 0)
        return picture

    def _picture(self, frame: av.VideoFrame) -> Picture:
        if frame.pts is None and self._start is None:
            raise VideoOpenError(
                f"{self.info.path}: its frames carry no time; wrap it first: "
                "ffmpeg -i FILE -c copy film.mp4"
            )
        base = frame.time_base or self._stream.time_base or Fraction(1)
        time = (frame.pts or 0) * base
        if self._start is None:
            self._start = time
        pts = time - self._start
        picture = picture_from_frame(frame, self.info.colour, pts, self.index_at(pts))
        if self._other is None or self.info.pair is None:
            return picture
        return joined(self.info.pair, picture, self._other.seek(pts))

    def index_at(self, pts: Fraction) -> int:
        """Number of the frame that begins at `pts`."""
        if self._times:
            return max(bisect_right(self._times, self._times[0] + pts + self._tick()) - 1, 0)
        return round(pts * self.info.rate)

    def _tick(self) -> Fraction:
        """Less than any distance between frames, more than rounding in a container."""
        return Fraction(1, 4) / self.info.rate if self.info.rate else Fraction(1, 1000)

    def _decode(self) -> Iterator[av.VideoFrame]:
        """Frames in order; what cannot be decoded is left out and counted."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                frames = packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.damaged += 1
                if self.damaged > 1000:
                    return
                continue
            yield from (f for f in frames if isinstance(f, av.VideoFrame))


def _window_length(picture: Picture) -> int:
    size = sum(plane.nbytes for plane in picture.planes)
    return min(max(WINDOW_BYTES // size, WINDOW_FRAMES[0]), WINDOW_FRAMES[1])
