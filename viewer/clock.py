"""The time of the film. Pure: the time of the wall is handed in, never asked for.

`now` is in seconds of any monotonic clock. Positions are seconds of the film from its first frame.
While sound plays, its consumed samples are the master: `follow` pulls the clock after them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
JUMP = 0.25  # seconds: beyond this a correction is a jump, not drift
SETTLING = 1.0  # seconds in which most of a small error is taken back, so that motion stays even


@dataclass
class Clock:
    """Play, pause, seek, speed.

    Attributes:
        duration: seconds; the clock stops there.
        speed: seconds of film per second of wall.
    """

    duration: float
    speed: float = 1.0
    playing: bool = False
    _position: float = 0.0
    _since: float = 0.0
    _followed: float | None = None

    def position(self, now: float) -> float:
        """Seconds of the film, within 0..duration."""
        passed = (now - self._since) * self.speed if self.playing else 0.0
        return min(max(self._position + passed, 0.0), self.duration)

    def play(self, now: float) -> None:
        self._anchor(now)
        self._followed = None
        self.playing = True

    def pause(self, now: float) -> None:
        self._anchor(now)
        self.playing = False

    def seek(self, now: float, position: float) -> None:
        self._position = min(max(position, 0.0), self.duration)
        self._since = now

    def set_speed(self, now: float, speed: float) -> None:
        if not SPEEDS[0] <= speed <= SPEEDS[-1]:
            raise ValueError(f"speed must lie in {SPEEDS[0]}..{SPEEDS[-1]}, got {speed}")
        self._anchor(now)
        self.speed = speed

    def follow(self, now: float, master: float) -> None:
        """Take a master's position: small errors are pulled in gently, large ones at once.

        The first one after a start is taken as it is: until then nobody knew when it would begin.
        """
        error = master - self.position(now)
        passed = inf if self._followed is None or abs(error) > JUMP else now - self._followed
        self.seek(now, self.position(now) + (1 - exp(-passed / SETTLING)) * error)
        self._followed = now

    def _anchor(self, now: float) -> None:
        self.seek(now, self.position(now))


@dataclass(frozen=True)
class Span:
    """In and out points, seconds. `end` None means the end of the film."""

    start: float = 0.0
    end: float | None = None

    def stop(self, duration: float) -> float:
        return duration if self.end is None else min(self.end, duration)

    def with_start(self, start: float) -> Span:
        """A new in point; an out point before it is forgotten."""
        return Span(start, self.end if self.end is not None and self.end > start else None)

    def with_end(self, end: float) -> Span:
        """A new out point; an in point after it goes back to the start."""
        return Span(self.start if self.start < end else 0.0, end)


def next_speed(speed: float, step: int) -> float:
    """The neighbouring entry of `SPEEDS`, staying at the ends."""
    index = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - speed))
    return SPEEDS[min(max(index + step, 0), len(SPEEDS) - 1)]


def timecode(seconds: float) -> str:
    """`h:mm:ss.mmm`, the hour only where there is one."""
    ms = round(max(seconds, 0.0) * 1000)
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    text = f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{hours}:{text}" if hours else text
