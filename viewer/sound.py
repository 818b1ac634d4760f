"""The sound of a film. What has been played is the master clock of the player.

PyAV decodes in a thread, miniaudio plays; a change of speed keeps the pitch. Without a sound card
the film plays against miniaudio's null device, in silence and in time.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import chain, dropwhile, pairwise
from pathlib import Path
from typing import Any

import av
import av.error
import miniaudio
import numpy as np
from numpy.typing import NDArray

from viewer.field import Field
from vr360.geometry import Array
from vr360.media.containers import is_known, open_media

RATE = 48000
CHANNELS = 2
PERIOD_MS = 20
LATENCY = 2 * PERIOD_MS / 1000  # seconds between handing over and hearing, as a rule
SILENCE = 4 * PERIOD_MS / 1000  # seconds without being asked for samples: the device hangs
AHEAD = RATE // 2  # samples decoded ahead

Samples = NDArray[np.int16]  # (n, channels)


def decoded_sound(
    path: Path,
    start: float,
    speed: float = 1.0,
    origin: Fraction = Fraction(0),
    field: Field | None = None,
) -> Iterator[Samples]:
    """Samples at 48 kHz from `start` seconds on, `speed` times as fast at the same pitch.

    Args:
        origin: when the film's first picture begins in the container's time.
        field: what the track is, whose channels are given as they are; None gives stereo.
    """
    channels = field.channels if field else CHANNELS
    with open_media(path) as container:
        stream = next(s for s in container.streams.audio if is_known(s))
        container.seek(round((max(start, 0.0) + float(origin)) * 1_000_000), backward=True)
        frames = dropwhile(lambda f: _end(f, origin) <= start, container.decode(stream))
        first = next(frames, None)
        if first is None:
            return
        graph = _tempo_graph(stream, first, speed, mixed=field is None)
        skip = round((start - _begin(first, origin)) / speed * RATE)
        if skip < 0:
            yield np.zeros((-skip, channels), np.int16)
        for frame in chain([first], frames):
            graph.push(frame)
            for samples in _pulled(graph, channels):
                yield samples[max(skip, 0) :]
                skip -= min(len(samples), max(skip, 0))


def _begin(frame: av.AudioFrame, origin: Fraction) -> float:
    return float(frame.time or 0) - float(origin)


def _end(frame: av.AudioFrame, origin: Fraction) -> float:
    return _begin(frame, origin) + frame.samples / frame.sample_rate


class Sound:
    """Plays the first audio stream of a film.

    Args:
        path: of the film.
        origin: see `decoded_sound`.
        wall: the clock.
        field: what the stream is, where it turns with the view, see `face`.

    Attributes:
        volume: 0..1.
        muted: play silence, but keep the time.
        silent: why there is nothing to hear, or an empty text.
        failure: why the sound stopped, or an empty text.
        field: what turns with the view, or None.
    """

    def __init__(
        self,
        path: Path,
        origin: Fraction = Fraction(0),
        wall: Callable[[], float] = time.monotonic,
        field: Field | None = None,
    ) -> None:
        self.volume = 1.0
        self.muted = False
        self._path, self._origin, self._wall = path, origin, wall
        self.field = field
        self._turn: Array = np.eye(3)
        self._changed = threading.Condition()
        self._queue: deque[Samples] = deque()
        self._queued = 0
        self._generation = 0
        self._playing = False
        self._finished = False
        self._speed = 1.0
        self._mark: tuple[float, float] | None = None  # wall, position
        self._position = 0.0
        self._closing = False
        self.failure = ""
        self._device, self.silent = _open_device()
        callback = self._feed()
        next(callback)
        self._device.start(callback)
        self._thread = threading.Thread(target=self._work, name="sound", daemon=True)
        self._thread.start()

    def play(self, position: float, speed: float) -> None:
        """Sound from `position` seconds on; replaces what was playing."""
        with self._changed:
            self._clear()
            self._position, self._speed, self._playing = position, speed, True
            self._changed.notify_all()

    def face(self, turn: Array) -> None:
        """Turn the head: (3, 3) from the axes of the view to the picture's."""
        self._turn = turn

    def stop(self) -> None:
        with self._changed:
            self._clear()
            self._playing = False

    def position(self, now: float) -> float | None:
        """Seconds of the film that are being heard; None while nothing is, or nobody knows."""
        with self._changed:
            if not self._playing or self._mark is None:
                return None
            wall, position = self._mark
            passed = max(now - wall, 0.0)
            if passed > SILENCE:
                return None
            return position + (passed - LATENCY) * self._speed

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._clear()
            self._changed.notify_all()
        self._device.close()
        self._thread.join(timeout=5)

    def _clear(self) -> None:
        self._generation += 1
        self._queue.clear()
        self._queued = 0
        self._mark = None
        self._finished = False

    def _feed(self) -> Generator[bytes, int, None]:
        """What miniaudio asks for samples."""
        wanted = yield b""
        while True:
            wanted = yield self._take(wanted).tobytes()

    def _take(self, wanted: int) -> Samples:
        out = np.zeros((wanted, self.field.channels if self.field else CHANNELS), np.int16)
        with self._changed:
            got = self._fill(out) if self._playing else 0
            if got:
                self._mark = (self._wall(), self._position)
                self._position += got / RATE * self._speed
                self._changed.notify_all()
            elif self._finished:
                self._mark = None  # the film outlasts its sound: the clock runs free
            loudness = 0.0 if self.muted else self.volume
        out = self.field.heard(out, self._turn) if self.field else out
        return (out * loudness).astype(np.int16)

    def _fill(self, out: Samples) -> int:
        got = 0
        while got < len(out) and self._queue:
            head = self._queue.popleft()
            part = head[: len(out) - got]
            out[got : got + len(part)] = part
            got += len(part)
            if len(part) < len(head):
                self._queue.appendleft(head[len(part) :])
        self._queued -= got
        return got

    def _work(self) -> None:
        done = -1
        while True:
            with self._changed:
                while not self._closing and (not self._playing or self._generation == done):
                    self._changed.wait()
                if self._closing:
                    return
                done, start, speed = self._generation, self._position, self._speed
            self._decode(done, start, speed)

    def _decode(self, generation: int, start: float, speed: float) -> None:
        try:
            for samples in decoded_sound(self._path, start, speed, self._origin, self.field):
                if not self._append(generation, samples):
                    return
        except (av.error.FFmpegError, OSError) as error:
            self.failure = f"{self._path.name}: the sound stops ({error.strerror})"
        with self._changed:
            self._finished = generation == self._generation

    def _append(self, generation: int, samples: Samples) -> bool:
        """Queue samples when there is room; False when they are no longer wanted."""
        with self._changed:
            while self._queued > AHEAD and generation == self._generation and not self._closing:
                self._changed.wait()
            if generation != self._generation or self._closing:
                return False
            self._queue.append(samples)
            self._queued += len(samples)
            return True


def _open_device() -> tuple[Any, str]:
    """The default device, else the null device and why."""
    _hush_alsa()
    options = {
        "output_format": miniaudio.SampleFormat.SIGNED16,
        "nchannels": CHANNELS,
        "sample_rate": RATE,
        "buffersize_msec": PERIOD_MS,
        "app_name": "vr360 viewer",
    }
    try:
        return miniaudio.PlaybackDevice(**options), ""
    except miniaudio.MiniaudioError:
        null = miniaudio.PlaybackDevice(**options, backends=[miniaudio.Backend.NULL])
        return null, "no audio device: playing without sound"


_ALSA_HANDLER = ctypes.CFUNCTYPE(None)(lambda: None)


def _hush_alsa() -> None:
    """ALSA prints a page to stderr where there is no sound card; we say it in one line."""
    try:
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ALSA_HANDLER)
    except (OSError, AttributeError):
        return


def _tempo_graph(stream: Any, frame: av.AudioFrame, speed: float, mixed: bool) -> av.filter.Graph:
    """Ends in 16 bits at `RATE`: stereo where it is `mixed`, else in the channels that come."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=frame.time_base or stream.time_base,
    )
    chain = [source]
    while speed < 0.5:  # atempo below a half skips samples in some versions
        chain.append(graph.add("atempo", "0.5"))
        speed *= 2
    if speed != 1.0:
        chain.append(graph.add("atempo", f"{speed}"))
    form = f"sample_fmts=s16:sample_rates={RATE}" + ":channel_layouts=stereo" * mixed
    chain += [graph.add("aresample", f"{RATE}"), graph.add("aformat", form)]
    chain.append(graph.add("abuffersink"))
    for left, right in pairwise(chain):
        left.link_to(right)
    graph.configure()
    return graph


def _pulled(graph: av.filter.Graph, channels: int) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield frame.to_ndarray().astype(np.int16, copy=False).reshape(-1, channels)
