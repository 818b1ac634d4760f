"""Plays one film, or two in step: a decoding thread, a clock, and the picture to show now.

The window calls `poll` as often as it can paint. After a stall it shows the late pictures in order.
It drops pictures only when they are too late to bear (`catch_up`). A seek stops the clock until its
picture is decoded. A newer seek replaces an older one; steps add up. Sound leads the clock where a
film has any.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction

from viewer.catch_up import CatchUp
from viewer.clock import Clock, Span
from viewer.decoder import Decoder
from viewer.field import field_of
from viewer.picture import Picture
from viewer.sound import Sound
from vr360.errors import Vr360Error
from vr360.frame import VideoInfo

QUEUE = 5  # pictures decoded ahead
LATE = 1.0  # seconds; the clock waits for a decoder that is further behind
PATIENCE = 10.0  # seconds that closing waits for the decoding thread


@dataclass(frozen=True)
class Shown:
    """One moment on the screen: the film's picture, and the original's where there is one."""

    a: Picture
    b: Picture | None = None


@dataclass(frozen=True)
class Counters:
    """Pictures shown while playing, pictures dropped, and waits for a slow decoder."""

    shown: int = 0
    dropped: int = 0
    waits: int = 0


@dataclass(frozen=True)
class _Request:
    """A seek: to a time (None is the present one), then so many frames on."""

    number: int
    time: Fraction | None
    steps: int = 0


class Player:
    """A film, maybe its original, and their time.

    Attributes:
        clock: the film's time; change it through the methods here.
        span: in and out points.
        loop: begin again at the in point instead of stopping at the out point.
        counters: since the film was opened.

    Raises:
        VideoOpenError: a film does not open.
    """

    def __init__(
        self,
        film: VideoInfo,
        original: VideoInfo | None = None,
        wall: Callable[[], float] = time.monotonic,
        with_sound: bool = True,
    ) -> None:
        self.film, self.original = film, original
        self.clock = Clock(float(film.duration))
        self.span, self.loop = Span(), False
        self.counters = Counters()
        self._wall = wall
        with ExitStack() as files:
            films = [info for info in (film, original) if info is not None]
            self._decoders = [files.enter_context(Decoder(info)) for info in films]
            self._current = self._pair(self._decoders[0].current)
            self._files = files.pop_all()
        self._changed = threading.Condition()
        self._queue: deque[Shown] = deque()
        self._landed: Shown | None = self._current
        self._catch_up = CatchUp()
        self._request: _Request | None = None
        self._base_time = self._current.a.pts  # of the decoding thread; steps count from it
        self._asked = self._answered = 0
        self._wants_to_play = False
        self._failure = ""  # stops the film until it is asked again
        self._note = ""
        self._closing = False
        has_sound = film.audio and with_sound
        how = film.path, film.start_time, wall
        self.sound = Sound(*how, field_of(film)) if has_sound else None
        self._thread = threading.Thread(target=self._work, name="decoder", daemon=True)
        self._thread.start()

    @property
    def current(self) -> Shown:
        """What `poll` gave out last."""
        return self._current

    @property
    def playing(self) -> bool:
        return self._wants_to_play

    @property
    def settled(self) -> bool:
        """Every seek and step asked for has been given out by `poll`."""
        with self._changed:
            return self._asked == self._answered and self._landed is None

    @property
    def position(self) -> float:
        return self.clock.position(self._wall())

    @property
    def message(self) -> str:
        """What the user has to know about the file; empty if nothing."""
        if self._failure or self._note:
            return self._failure or self._note
        if not self._thread.is_alive() and not self._closing:
            return f"{self.film.path.name}: decoding stopped; open the film again"
        broken = sum(decoder.damaged for decoder in self._decoders)
        if broken:
            return f"{self.film.path.name}: {broken} damaged packets were left out"
        return self.sound.failure if self.sound is not None else ""

    def play(self) -> None:
        """Play on. At the out point or the end, begin again at the in point."""
        self._wants_to_play = True
        last = self.span.stop(self.clock.duration) - 3 * self._half_frame()
        if self.position >= last or self._out_of_pictures():
            self.seek(self.span.start)
        else:
            self._start_clock()

    def pause(self) -> None:
        self._wants_to_play = False
        self._stop_clock()
        if self.settled:
            self.clock.seek(self._wall(), float(self._current.a.pts))

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def seek(self, position: float) -> None:
        """Show the frame at `position` seconds, and go on playing from there."""
        position = min(max(position, 0.0), self.clock.duration)
        self._stop_clock()
        self.clock.seek(self._wall(), position)
        self._ask(Fraction(position).limit_denominator(10**6))

    def step(self, frames: int) -> None:
        """Pause, and go some frames forth or back from the frame asked for last."""
        self._wants_to_play = False
        self._stop_clock()
        self._ask(None, frames)

    def set_speed(self, speed: float) -> None:
        self.clock.set_speed(self._wall(), speed)
        if self.clock.playing:
            self._start_clock()

    def poll(self) -> Shown | None:
        """The picture to show now; None while it has not changed."""
        shown = self._take_landed()
        if shown is None and self.clock.playing:
            self._follow_sound()
            shown = self._take_due()
            self._current = shown or self._current
            if not self._catch_up.behind:
                self._mind_the_end()
        elif self._failure and self.playing:
            self.pause()
        self._current = shown or self._current
        return shown

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=PATIENCE)
        if self.sound is not None:
            self.sound.close()

    def _ask(self, time: Fraction | None, steps: int = 0) -> None:
        with self._changed:
            waiting = self._request
            if time is None and waiting is not None:
                time, steps = waiting.time, waiting.steps + steps
            elif time is None and self._asked == self._answered:
                time = (self._landed or self._current).a.pts
            self._failure = ""
            self._asked += 1
            self._request = _Request(self._asked, time, steps)
            self._landed = None
            self._queue.clear()
            self._changed.notify_all()

    def _take_landed(self) -> Shown | None:
        """The picture that a seek or step asked for, once it is decoded."""
        with self._changed:
            shown, self._landed = self._landed, None
        if shown is not None:
            self.clock.seek(self._wall(), float(shown.a.pts))
            if self._wants_to_play:
                self._start_clock()
        return shown

    def _take_due(self) -> Shown | None:
        """The picture that is due, if there is one; older ones may have been dropped for it."""
        position = self.position
        limit = position if self.span.end is None else self.span.end - self._half_frame()
        with self._changed:
            due = [s for s in self._queue if s.a.pts <= min(position, limit)]
            taken = due[: self._catch_up.take(self._wall(), len(due), self._lateness(due))]
            for _ in taken:
                self._queue.popleft()
            if taken:
                self._changed.notify_all()
        if not taken:
            return None
        self.counters = replace(
            self.counters,
            shown=self.counters.shown + 1,
            dropped=self.counters.dropped + len(taken) - 1,
        )
        self._wait_for_slow_decoder(position - float(taken[-1].a.pts))
        return taken[-1]

    def _lateness(self, due: list[Shown]) -> float:
        """Seconds of real time since the oldest due picture should have been shown."""
        return (self.position - float(due[0].a.pts)) / self.clock.speed if due else 0.0

    def _wait_for_slow_decoder(self, behind: float) -> None:
        if behind > LATE:
            self.counters = replace(self.counters, waits=self.counters.waits + 1)
            self.clock.seek(self._wall(), self.position - behind)
            self._start_clock()

    def _mind_the_end(self) -> None:
        """Loop or stop, at the out point or after the last picture."""
        stop = self.span.stop(self.clock.duration)
        if self.position < stop and not (self._out_of_pictures() and self._outlasted()):
            return
        if self.loop:
            self.seek(self.span.start)
        else:
            self._wants_to_play = False
            self._stop_clock()

    def _out_of_pictures(self) -> bool:
        """Whether the last picture is shown and no seek is under way."""
        with self._changed:
            waiting = self._queue or self._request or self._asked != self._answered
            return not waiting and (self._decoders[0].at_end or bool(self._failure))

    def _outlasted(self) -> bool:
        """Whether the last picture had its time; notes it where the file promised more."""
        last = self._current.a.pts
        if self.position < float(last) + 2 * self._half_frame():
            return False
        if float(last) + 1.0 < self.clock.duration:
            self._note = (
                f"{self.film.path.name}: the file ends after {float(last):.1f} s of "
                f"{self.clock.duration:.1f} s; it is incomplete"
            )
        return True

    def _follow_sound(self) -> None:
        now = self._wall()
        heard = self.sound.position(now) if self.sound is not None else None
        if heard is not None:
            self.clock.follow(now, heard)

    def _start_clock(self) -> None:
        with self._changed:
            if self._asked != self._answered:
                return  # the clock starts when the picture is decoded
        self.clock.play(self._wall())
        if self.sound is not None:
            self.sound.play(self.position, self.clock.speed)

    def _stop_clock(self) -> None:
        self.clock.pause(self._wall())
        if self.sound is not None:
            self.sound.stop()

    def _half_frame(self) -> float:
        return float(Fraction(1, 2) / self.film.rate) if self.film.rate else 0.0

    def _work(self) -> None:
        """The decoding thread. It alone closes the files, so none is closed while it reads."""
        with self._files:
            self._decode()

    def _decode(self) -> None:
        """Seeks and steps first, then pictures ahead."""
        while True:
            with self._changed:
                while not self._has_work():
                    self._changed.wait()
                if self._closing:
                    return
                request, self._request = self._request, None
            try:
                if request is None:
                    self._read_ahead()
                else:
                    self._answer(request)
            except Vr360Error as error:
                self._give_up(str(error), request)

    def _has_work(self) -> bool:
        if self._closing or self._request is not None:
            return True
        return len(self._queue) < QUEUE and not self._decoders[0].at_end and not self._failure

    def _give_up(self, reason: str, request: _Request | None) -> None:
        with self._changed:
            self._failure = reason
            if request is not None:
                self._answered = request.number

    def _answer(self, request: _Request) -> None:
        decoder = self._decoders[0]
        picture = self._base(request)
        for _ in range(abs(request.steps)):
            moved = decoder.next() if request.steps > 0 else decoder.previous()
            picture = moved or decoder.current
            if self._stale(request):
                break
        shown = self._pair(picture)
        with self._changed:
            self._base_time = picture.pts
            if not self._stale_locked(request):
                self._answered, self._landed = request.number, shown

    def _base(self, request: _Request) -> Picture:
        time = self._base_time if request.time is None else request.time
        return self._decoders[0].seek(time, lambda: self._stale(request))

    def _read_ahead(self) -> None:
        picture = self._decoders[0].next()
        if picture is None:
            return
        shown = self._pair(picture)
        with self._changed:
            if self._request is None:
                self._queue.append(shown)

    def _stale(self, request: _Request) -> bool:
        with self._changed:
            return self._stale_locked(request)

    def _stale_locked(self, request: _Request) -> bool:
        return self._closing or (self._request is not None and self._request.time is not None)

    def _pair(self, picture: Picture) -> Shown:
        """The film's picture and the original's of the same time; None after the original's end."""
        if len(self._decoders) == 1:
            return Shown(picture)
        other = self._decoders[1]
        half = Fraction(1, 2) / other.info.rate if other.info.rate else Fraction(0)
        twin = other.seek(picture.pts + half)
        gone = other.ended and picture.pts > twin.pts + 2 * half
        return Shown(picture, None if gone and other.info.rate else twin)
