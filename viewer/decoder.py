"""Decoded pictures of one film, in order, with exact seeks and steps in both directions.

Time is in exact seconds from the first frame. A short window of decoded pictures is kept, so that
stepping back and forth about a place costs no seek.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, Self, cast

import av
import av.error
import numpy as np

from viewer.picture import Picture, Plane, picture_from_frame
from vr360.errors import VideoOpenError
from vr360.frame import VideoInfo

WINDOW_BYTES = 192 * 2**20
WINDOW_FRAMES = (4, 24)
NEAR = Fraction(1, 2)  # seconds: decoding on to there is cheaper than a seek
UPRIGHT = np.eye(3, dtype=np.int32).ravel()
STEPS_BACK = (Fraction(0), Fraction(2), Fraction(10))  # for files whose index points too late


class Decoder:
    """A film that is read forwards, backwards and at any place.

    Attributes:
        ended: the last picture has been decoded.
        damaged: number of packets that could not be decoded.
        mirrored: the file asks for that.

    Raises:
        VideoOpenError: the file does not open or holds no picture.
    """

    def __init__(self, info: VideoInfo) -> None:
        self.info = info
        self.ended = False
        self.damaged = 0
        self.mirrored = False
        self._container = _open(info)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._frames = self._decode()
        self._start: Fraction | None = None
        self._window: list[Picture] = []
        self._cursor = -1
        self._times = _packet_times(info) if info.variable_rate else []
        if self.next() is None:
            raise VideoOpenError(f"{info.path}: no picture could be decoded; is the file complete?")
        self._keep = _window_length(self._window[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._window.clear()
        self._container.close()

    @property
    def start(self) -> Fraction:
        """When the first picture begins in the container's own time."""
        return self._start or Fraction(0)

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
        self._container.close()  # seeking does not work in this file: read from its beginning
        self._container = _open(self.info)
        self._stream = self._container.streams.video[0]
        self._forget()
        self._append()

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
        surplus = len(self._window) - getattr(self, "_keep", 1)
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
        matrix = _display_matrix(frame)
        self.mirrored = matrix[0] * matrix[3] - matrix[1] * matrix[2] < 0
        return _turned(picture, matrix)

    def index_at(self, pts: Fraction) -> int:
        """Number of the frame that begins at `pts`."""
        if self._times:
            return max(bisect_right(self._times, pts + self._tick()) - 1, 0)
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


def _open(info: VideoInfo) -> av.container.InputContainer:
    try:
        container = av.open(str(info.path))
    except (av.error.FFmpegError, OSError) as error:
        raise VideoOpenError(f"{info.path}: cannot be opened ({error.strerror})") from error
    if not container.streams.video:
        container.close()
        raise VideoOpenError(f"{info.path}: holds no picture; give a video or a still")
    return container


def _packet_times(info: VideoInfo) -> list[Fraction]:
    """When each frame begins, from the packets alone."""
    with _open(info) as container:
        stream = container.streams.video[0]
        base = stream.time_base or Fraction(1)
        ticks = sorted(p.pts for p in container.demux(stream) if p.pts is not None)
    return [(tick - ticks[0]) * base for tick in ticks]


def _window_length(picture: Picture) -> int:
    size = sum(plane.nbytes for plane in picture.planes)
    return min(max(WINDOW_BYTES // size, WINDOW_FRAMES[0]), WINDOW_FRAMES[1])


def _display_matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Signs of a, b, c, d: a stored point (x, y) is to be shown at (a x + c y, b x + d y).

    Source: ISO/IEC 14496-12, `tkhd`; ffmpeg's AV_FRAME_DATA_DISPLAYMATRIX.
    """
    found = cast("Any", frame.side_data.get("DISPLAYMATRIX"))  # a buffer, which its type hides
    numbers = np.frombuffer(bytes(found), np.int32) if found is not None else UPRIGHT
    a, b, c, d = (int(np.sign(numbers[i])) for i in (0, 1, 3, 4))
    quarter_turns = (abs(a), abs(b), abs(c), abs(d)) in ((1, 0, 0, 1), (0, 1, 1, 0))
    return (a, b, c, d) if quarter_turns else (1, 0, 0, 1)


def _turned(picture: Picture, matrix: tuple[int, int, int, int]) -> Picture:
    """Apply the container's display matrix: turned by quarters, mirrored."""
    if matrix == (1, 0, 0, 1):
        return picture
    planes = tuple(np.ascontiguousarray(_shown(plane, *matrix)) for plane in picture.planes)
    return replace(picture, planes=planes)


def _shown(plane: Plane, a: int, b: int, c: int, d: int) -> Plane:
    plane = plane if a else plane.swapaxes(0, 1)
    return plane[:: b + d, :: a + c]
