"""A flat film of the views along a path: reframing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import ceil
from pathlib import Path

from viewer.camera import Size
from viewer.clock import Span
from viewer.composition import compose
from viewer.decoder import Decoder
from viewer.film import layout_of
from viewer.journey import Journey
from viewer.opengl import headless_context
from viewer.renderer import Look, Renderer
from vr360.errors import InputError
from vr360.frame import Frame, Rgb, VideoInfo
from vr360.geometry import Array
from vr360.media.writer import FilmWriter

SIZE = (1080, 1920)

Progress = Callable[[Iterable[Fraction], int], Iterable[Fraction]]


def export_journey(
    film: VideoInfo,
    journey: Journey,
    out: Path,
    size: Size = SIZE,
    span: Span | None = None,
    orientation: Array | None = None,
    force: bool = False,
    progress: Progress = lambda times, _: times,
) -> int:
    """Write what the path's camera sees, at the film's rate and with its sound.

    Args:
        film: the film; of a stereo one the left eye.
        journey: at least one keyframe.
        out: a film; its suffix names the container.
        size: (height, width) in pixels.
        span: in and out points; the whole film by default.
        orientation: rotation from the world to the picture, see `Look`.
        force: replace an existing file.
        progress: sees the time of each frame before it is rendered; may raise to stop.

    Returns:
        Number of frames written.

    Raises:
        InputError: a still, or a path without keyframes.
        VideoOpenError, OutputError, EncodeError, DisplayError: see there.
    """
    if not film.rate:
        raise InputError(f"{film.path}: is a still; a view path needs a film")
    if not journey.keyframes:
        raise InputError("the view path has no keyframes; set some with K")
    times = _frame_times(film, span or Span())
    writer = FilmWriter(
        out, *size, film.rate, source=film, duration=len(times) / film.rate, force=force
    )
    with Decoder(film) as decoder, headless_context(), writer:
        renderer = Renderer()
        for time in progress(times, len(times)):
            look = Look(journey.camera_at(float(time)), orientation=orientation)
            writer.write(Frame(_seen(renderer, decoder, film, time, look, size), time))
        renderer.close()
    return len(times)


def _frame_times(film: VideoInfo, span: Span) -> list[Fraction]:
    """Even times, whole frames from the film's beginning, within in and out points."""
    first = ceil(Fraction(span.start) * film.rate - Fraction(1, 100))
    stop = ceil(Fraction(span.stop(float(film.duration))) * film.rate - Fraction(1, 100))
    return [n / film.rate for n in range(first, max(stop, first + 1))]


def _seen(
    renderer: Renderer, decoder: Decoder, film: VideoInfo, time: Fraction, look: Look, size: Size
) -> Rgb:
    picture = decoder.seek(time + Fraction(1, 4) / film.rate)  # beyond a container's rounding
    renderer.upload("film", picture, layout_of(film))
    return renderer.image(compose(size, ["film"]), look, size)
