"""Stylization of what is playing: a worker that always takes the newest picture.

Nothing here knows how painting is done: a `Catalogue` is handed in. Playing never waits for it; a
picture that was not taken before the next one came is skipped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from viewer.layout import eye_area
from viewer.picture import Picture, picture_from_rgb, picture_to_rgb
from vr360.errors import Vr360Error
from vr360.frame import Rgb, Stereo

log = logging.getLogger(__name__)

PREVIEW_HEIGHTS = (160, 256, 320, 512, 1024)  # of one eye; 32 divides them
PREVIEW_HEIGHT = 256
MULTIPLE = 32
STROKE_RANGE = (0.5, 4.0)  # shortest and longest, relative to a style's own

Stylize = Callable[[Rgb], Rgb]
"""(H, W, 3) uint8 equirect picture -> the same, painted."""


@dataclass(frozen=True)
class StyleEntry:
    """A style to choose: its name, and a small picture of it where there is one."""

    name: str
    thumbnail: Path | None = None


class Catalogue(Protocol):
    """The styles there are, and how to get one ready."""

    def entries(self) -> Sequence[StyleEntry]: ...

    def load(self, name: str, strength: float, stroke: float) -> Stylize:
        """A function for a style at a strength, 0..1.5, with strokes of a length, 0.5..4.

        May be slow, may raise `Vr360Error`.
        """


@dataclass(frozen=True)
class Wish:
    """What is wanted of the painter.

    Attributes:
        strength: 0..1.5, handed to the style.
        stroke: length of strokes, 0.5..4, handed to the style.
        blend: 0..1, share of the painted picture that is shown.
        height: of one eye as it is painted.
    """

    style: str
    strength: float = 1.0
    stroke: float = 1.0
    blend: float = 1.0
    height: int = PREVIEW_HEIGHT


@dataclass(frozen=True)
class Painted:
    """A picture that was painted, what it was before, and how long it took."""

    picture: Picture
    source: Picture
    seconds: float
    wish: Wish


class LivePainter:
    """Paints the newest picture offered, in a thread of its own.

    Attributes:
        failure: why the style in use does not paint, or an empty text.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.failure = ""
        self._catalogue = catalogue
        self._changed = threading.Condition()
        self._wish: Wish | None = None
        self._offer: tuple[Picture, Stereo] | None = None
        self._last: tuple[Picture, Stereo] | None = None
        self._painted: Painted | None = None
        self._ready: tuple[tuple[str, float, float], Stylize] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="painter", daemon=True)
        self._thread.start()

    def wish(self, wish: Wish | None) -> None:
        """Paint like this from now on, beginning with the picture on show; None stops."""
        with self._changed:
            self._wish, self.failure = wish, ""
            self._offer = self._last
            self._changed.notify_all()

    def offer(self, picture: Picture, stereo: Stereo) -> None:
        """The picture on show now; replaces one that has not been taken."""
        with self._changed:
            self._offer = self._last = (picture, stereo)
            self._changed.notify_all()

    def take(self) -> Painted | None:
        """The newest painted picture, once."""
        with self._changed:
            painted, self._painted = self._painted, None
            return painted

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=2)  # a style in the middle of a picture is left to its end

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._closing and (not self._wish or not self._offer or self.failure):
                    self._changed.wait()
                if self._closing:
                    return
                wish, offer = self._wish, self._offer
                self._offer = None
            assert wish is not None
            assert offer is not None
            self._paint(wish, *offer)

    def _paint(self, wish: Wish, picture: Picture, stereo: Stereo) -> None:
        begin = time.monotonic()
        try:
            with failures_named(wish.style):
                rgb = painted_eyes(picture, stereo, self._loaded(wish), wish)
                done = picture_from_rgb(rgb, picture.pts, picture.index)
        except Vr360Error as error:
            self._fail(wish, str(error))
        else:
            self._deliver(Painted(done, picture, time.monotonic() - begin, wish))

    def _deliver(self, painted: Painted) -> None:
        with self._changed:
            if painted.wish == self._wish:
                self._painted = painted

    def _loaded(self, wish: Wish) -> Stylize:
        wanted = wish.style, wish.strength, wish.stroke
        if self._ready is None or self._ready[0] != wanted:
            self._ready = wanted, self._catalogue.load(*wanted)
        return self._ready[1]

    def _fail(self, wish: Wish, reason: str) -> None:
        with self._changed:
            if wish == self._wish:
                self.failure = reason


class StyleFailedError(Vr360Error):
    """A style raised what no style should, or the process that paints has ended."""


@contextmanager
def failures_named(style: str) -> Iterator[None]:
    """Whatever a style raises comes as a `Vr360Error`, so that the film plays on."""
    try:
        yield
    except Vr360Error:
        raise
    except Exception as error:  # a style is foreign code
        log.debug("style %s", style, exc_info=True)
        raise StyleFailedError(f"style {style} failed: {reason_of(error)}") from error


def reason_of(error: Exception) -> str:
    """What an error says, or its kind where it says nothing."""
    return str(error) or type(error).__name__


def painted_eyes(picture: Picture, stereo: Stereo, paint: Stylize, wish: Wish) -> Rgb:
    """The picture at preview size, each eye painted by itself and blended with what it was."""
    rgb = picture_to_rgb(picture, preview_size(picture, stereo, wish.height))
    out = np.empty_like(rgb)
    for eye in range(1 if stereo is Stereo.MONO else 2):
        area = eye_area(stereo, eye, *rgb.shape[:2])
        before = np.ascontiguousarray(rgb[area])
        after = paint(before)
        if after.shape != before.shape:
            raise ValueError(f"it made {after.shape} of {before.shape}")
        out[area] = cv2.addWeighted(after, wish.blend, before, 1 - wish.blend, 0)
    return out


def preview_size(picture: Picture, stereo: Stereo, height: int) -> tuple[int, int]:
    """(height, width) of the whole picture whose eyes are about `height` high, never enlarged."""
    area = eye_area(stereo, 0, picture.height, picture.width)
    eye_height = area[0].stop - area[0].start
    eye_width = area[1].stop - area[1].start
    height = min(height, eye_height)
    width = max(round(height * eye_width / eye_height / MULTIPLE), 1) * MULTIPLE
    rows = 2 if stereo is Stereo.TOP_BOTTOM else 1
    columns = 2 if stereo in (Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT) else 1
    return height * rows, width * columns


def lag(shown: Picture, painted: Picture) -> Fraction:
    """Seconds of film by which the painted picture is older than the one on show."""
    return shown.pts - painted.pts
