"""Live painting for a page: one worker, one picture at a time, always the one asked for last.

A page asks with a plain request for the frame that it shows now and asks again once that came, so
pictures never queue: those that a slow painter cannot follow are skipped. What is painted, and how,
is the desktop's: `viewer.live`.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from viewer.decoder import Decoder
from viewer.live import (
    PREVIEW_HEIGHTS,
    STROKE_RANGE,
    Catalogue,
    StyleFailedError,
    Wish,
    failures_named,
    painted_eyes,
)
from viewer.picture import Picture, picture_from_rgb
from viewer.web.pictures import jpeg
from vr360.errors import InputError, Vr360Error
from vr360.frame import Rgb, VideoInfo
from vr360.media.stills import read_still

LIVE = "live"
FRAME, SECONDS = "Vr360-Frame", "Vr360-Seconds"  # headers of an answer
MOST_WAITING = 8  # pages that wait for the worker; more are asked to come back
_LIMITS = {"strength": (0.0, 1.5), "stroke": STROKE_RANGE, "share": (0.0, 1.0), "time": (0.0, 1e6)}


@dataclass(frozen=True)
class Painting:
    """A painted frame: (H, W, 3) uint8, its number, and the seconds it took."""

    rgb: Rgb
    frame: int
    seconds: float


class Easel:
    """Paints the films of a server.

    Attributes:
        films: by their address, as `live/film`.
    """

    def __init__(self, catalogue: Catalogue, films: Mapping[str, VideoInfo]) -> None:
        self.films = films
        self._catalogue = catalogue
        self._names = {entry.name for entry in catalogue.entries()}
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._source: tuple[str, Decoder | Picture] | None = None

    async def answer(self, address: str, request: Request, headers: dict[str, str]) -> Response:
        """The painting that a request asks for as JPEG; else what is wrong, in words."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("Only pages of this server may paint.\n", 403, headers)
        if self._waiting >= MOST_WAITING:
            return PlainTextResponse("Others are painting; try again.", 503, headers)
        self._waiting += 1
        try:
            wish, at = self.read(request.query_params)
            async with self._turn:
                made = await run_in_threadpool(self.paint, address, wish, at)
        except StyleFailedError as error:  # the next request starts the worker anew
            return PlainTextResponse(str(error), 503, headers)
        except Vr360Error as error:
            return PlainTextResponse(str(error), 422, headers)
        finally:
            self._waiting -= 1
        told = {FRAME: str(made.frame), SECONDS: f"{made.seconds:.3f}", "Cache-Control": "no-store"}
        return Response(jpeg(made.rgb), headers=headers | told, media_type="image/jpeg")

    def read(self, asked: QueryParams) -> tuple[Wish, float]:
        """What is wanted, and the second of the film.

        Looks are chosen by name from the catalogue: a name that is a file is not read.

        Raises:
            InputError: an unknown look, a number out of range.
        """
        first, second = asked.get("style", ""), asked.get("with", "")
        for name in [first, second] if second else [first]:
            if name not in self._names:
                raise InputError(f"{name[:40]!r} is no look of the gallery")
        share = _number(asked, "share", 0.5)
        blended = f"{first}:{1 - share:.2f},{second}:{share:.2f}"
        look = blended if second and 0 < share < 1 else (second if second and share else first)
        height = int(_number(asked, "height", PREVIEW_HEIGHTS[0]))
        if height not in PREVIEW_HEIGHTS:
            raise InputError(f"height {height}: give one of {', '.join(map(str, PREVIEW_HEIGHTS))}")
        strength, stroke = _number(asked, "strength", 1.0), _number(asked, "stroke", 1.0)
        return Wish(look, strength, stroke, height=height), _number(asked, "time", 0.0)

    def paint(self, address: str, wish: Wish, seconds: float) -> Painting:
        """A frame of a film as a wish wants it; the first in a look takes longer, to load it.

        Raises:
            StyleFailedError: the look failed, or the process that paints has ended.
            Vr360Error: no such look, a film that cannot be read.
        """
        begin = time.monotonic()
        info = self.films[address]
        picture = self._picture(address, info, seconds)
        with failures_named(wish.style):
            stylize = self._catalogue.load(wish.style, wish.strength, wish.stroke)
            rgb = painted_eyes(picture, info.stereo, stylize, wish)
        return Painting(rgb, picture.index, time.monotonic() - begin)

    def close(self) -> None:
        """Let go of the film that is open."""
        if self._source is not None and isinstance(self._source[1], Decoder):
            self._source[1].close()
        self._source = None

    def _picture(self, address: str, info: VideoInfo, seconds: float) -> Picture:
        """The frame on show; the film that was asked for last stays open."""
        if self._source is None or self._source[0] != address:
            self.close()
            still = picture_from_rgb(read_still(info.path)) if info.is_still else None
            self._source = address, still or Decoder(info)
        source = self._source[1]
        if isinstance(source, Picture):
            return source
        return source.seek(Fraction(seconds).limit_denominator(10**6))


def _number(asked: QueryParams, name: str, default: float) -> float:
    low, high = _LIMITS.get(name, (-math.inf, math.inf))
    try:
        value = float(asked.get(name, default))
        if low <= value <= high and math.isfinite(value):
            return value
    except ValueError:
        pass
    raise InputError(f"{name} {asked.get(name, '')[:20]!r}: give a number from {low:g} to {high:g}")
