"""A flat film of the views along a path: reframing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from pathlib import Path

from viewer.camera import Camera, Size
from viewer.clock import Span
from viewer.composition import compose, eyes_that_exist
from viewer.decoder import Decoder
from viewer.film import layout_of
from viewer.journey import Journey
from viewer.layout import Eyes, Layout
from viewer.opengl import headless_context
from viewer.renderer import Look, Renderer
from vr360.errors import InputError
from vr360.frame import Frame, Rgb, VideoInfo
from vr360.geometry import Array
from vr360.media.writer import FilmWriter
from vr360.reports import Progress

SIZE = (1080, 1920)


@dataclass(frozen=True)
class Flat:
    """How the flat film looks, as the window would show it.

    Attributes:
        size: (height, width) in pixels.
        eyes: of a stereo film.
        layout: how the film is read; by default as its metadata and shape say.
        orientation: rotation from the world to the picture, see `Look`.
    """

    size: Size = SIZE
    eyes: Eyes = Eyes.LEFT
    layout: Layout | None = None
    orientation: Array | None = None


def export_journey(
    film: VideoInfo,
    journey: Journey,
    out: Path,
    flat: Flat | None = None,
    span: Span | None = None,
    force: bool = False,
    progress: Progress[Fraction] = lambda times, _: times,
) -> int:
    """Write what the path's camera sees, at the film's rate and with its sound.

    Args:
        film: the film.
        journey: at least one keyframe.
        out: a film; its suffix names the container.
        flat: how the flat film looks.
        span: in and out points; the whole film by default.
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
    flat = flat or Flat()
    flat = replace(flat, layout=flat.layout or layout_of(film))
    times = _frame_times(film, span or Span())
    writer = FilmWriter(
        out, *flat.size, film.rate, source=film, duration=len(times) / film.rate, force=force
    )
    with Decoder(film) as decoder, headless_context(), writer:
        renderer = Renderer()
        for time in progress(times, len(times)):
            camera = journey.camera_at(float(time))
            writer.write(Frame(_seen(renderer, decoder, time, camera, flat), time))
        renderer.close()
    return len(times)


def _frame_times(film: VideoInfo, span: Span) -> list[Fraction]:
    """Even times, whole frames from the film's beginning, within in and out points."""
    first = ceil(Fraction(span.start) * film.rate - Fraction(1, 100))
    stop = ceil(Fraction(span.stop(float(film.duration))) * film.rate - Fraction(1, 100))
    return [n / film.rate for n in range(first, max(stop, first + 1))]


def _seen(renderer: Renderer, decoder: Decoder, time: Fraction, camera: Camera, flat: Flat) -> Rgb:
    assert flat.layout is not None
    beyond_rounding = Fraction(1, 4) / decoder.info.rate  # of times in the container
    renderer.upload("film", decoder.seek(time + beyond_rounding), flat.layout)
    eyes = eyes_that_exist(flat.layout.stereo, flat.eyes)
    look = Look(camera, orientation=flat.orientation)
    return renderer.image(compose(flat.size, ["film"], eyes=eyes), look, flat.size)
