"""`vr360 view`: look at a film, and judge it; the only place where viewer and pipeline meet.

Of the viewer only its words are imported before the command runs.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.choices import Level, SourceKind
from viewer.choices import Eyes, View
from vr360.choices import CubeLayout, Projection, Stereo
from vr360.errors import Vr360Error

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from viewer.export import Flat
    from viewer.film import Reading
    from viewer.live import StyleEntry, Stylize
    from vr360.frame import Rgb, VideoInfo

    Wanted = tuple[str, float, float]
    """A style, its strength, the length of its strokes."""

log = logging.getLogger(__name__)

SIZE = (720, 1280)


def view(
    file: Path | None = typer.Argument(None, help="Film or still to look at."),
    compare: Path | None = typer.Option(None, help="Original to compare it with, frame by frame."),
    style: str | None = typer.Option(None, help="Paint what is played: NAME or FILE of a style."),
    strength: float = typer.Option(1.0, min=0.0, max=1.5, help="Strength of --style, 0 to 1.5."),
    stroke: float = typer.Option(1.0, min=0.5, max=4.0, help="Stroke length of --style, 0.5 to 4."),
    source: SourceKind | None = typer.Option(
        None, "--from", help="Projection of FILE; or one fisheye. Default: what it says."
    ),
    from_fov: float | None = typer.Option(
        None, help="Degrees that the circle of --from fisheye spans; 180 by default."
    ),
    stereo: Stereo | None = typer.Option(
        None, help="Stereo layout of FILE. Default: what it says."
    ),
    layout: CubeLayout | None = typer.Option(
        None, help="Cube-face layout. Default: guessed from the picture's shape."
    ),
    show: View = typer.Option(View.RECTILINEAR, help="View of the sphere."),
    eyes: Eyes = typer.Option(Eyes.LEFT, help="Eyes of a stereo film to show."),
    yaw: float = typer.Option(0.0, help="Look to the right, degrees."),
    pitch: float = typer.Option(0.0, min=-90, max=90, help="Look up, degrees."),
    fov: float = typer.Option(90.0, min=20, max=150, help="Horizontal field of view, degrees."),
    screenshot: Path | None = typer.Option(
        None, help="Save the view as PNG or JPEG, without a window."
    ),
    at: float = typer.Option(0.0, min=0.0, help="Start at this time, seconds."),
    wipe: float | None = typer.Option(
        None, min=0.0, max=1.0, help="Share of the width that shows the original."
    ),
    path: Path | None = typer.Option(None, help="View path (JSON) to open or to export."),
    export: Path | None = typer.Option(
        None, help="Write the flat film that --path describes, without a window."
    ),
    force: bool = typer.Option(False, "--force", help="Replace the file of --export."),
) -> None:
    """Play a 360° film in a window; compare, paint and judge it there.

    F1 in the window lists all keys. With --screenshot or --export nothing is opened.
    """
    from math import radians

    from viewer.camera import Camera
    from viewer.composition import Compare
    from viewer.export import Flat
    from viewer.film import layout_of, open_as, open_original
    from viewer.orientation import file_pose
    from viewer.renderer import Look
    from vr360.media.containers import check_readable

    camera = Camera(radians(yaw), radians(pitch), 0.0, radians(fov))
    reading = _reading(source, from_fov, stereo, layout)
    for each in filter(None, (file, compare)):
        check_readable(each)
    if screenshot is None and export is None:
        from pipeline.film.carrying import Carrying
        from viewer.desktop.app import Options, run

        look = Look(camera, show)
        options = Options(
            file, compare, style, strength, stroke, reading, look, eyes, at, wipe, path
        )
        raise typer.Exit(run(options, Styles(), Carrying))
    if file is None:
        raise typer.BadParameter("--screenshot and --export need a FILE")
    film = open_as(file, reading)
    level = file_pose(file).orientation
    if export is not None:
        flat = Flat(eyes=eyes, layout=layout_of(film, layout), orientation=level)
        _export(film, path, export, flat, force)
    if screenshot is not None:
        from viewer.screenshot import render_view, save_still

        original = open_original(compare, reading) if compare else None
        how = Compare.A if original is None else Compare.WIPE
        look = Look(camera, show, level)
        rgb = render_view(film, at, look, SIZE, original, how, _share(wipe), eyes, layout)
        save_still(screenshot, rgb)


def _export(film: VideoInfo, path: Path | None, out: Path, flat: Flat, force: bool) -> None:
    from pipeline.cli.console import progress_bar
    from viewer.export import export_journey
    from viewer.journey import load_journey

    if path is None:
        raise typer.BadParameter("--export needs --path, the view path to follow")
    progress = partial(progress_bar, doing="exporting")
    export_journey(film, load_journey(path), out, flat, force=force, progress=progress)


def _reading(
    source: SourceKind | None, fov: float | None, stereo: Stereo | None, layout: CubeLayout | None
) -> Reading:
    from math import radians

    from pipeline.source.asking import check_asked
    from viewer.film import Reading

    check_asked(source, fov, Level.NONE)
    if source is SourceKind.FISHEYE:
        return Reading(None, stereo, layout, radians(180 if fov is None else fov))
    return Reading(Projection(source) if source else None, stereo, layout)


def _share(wipe: float | None) -> float:
    return 0.5 if wipe is None else wipe


class Styles:
    """The pipeline's styles as the viewer knows them.

    They paint in a process of their own: the compiler that torch brings and the one of Mesa's
    software rasteriser cannot live in one, and whatever happens there, the film plays on.
    Several painters may ask at once, as while one film is closed and the next is open already.
    """

    def __init__(self, device: str = "auto") -> None:
        self._device = device
        self._turn = threading.Lock()  # an answer belongs to whoever asked last
        self._loaded: Wanted | None = None  # over there
        self._worker: BaseProcess | None = None
        self._pipe: Connection | None = None

    def entries(self) -> Sequence[StyleEntry]:
        from pipeline.styles import shipped_styles, thumbnail
        from viewer.live import StyleEntry

        pictures = {name: thumbnail(name) for name in shipped_styles()}
        return [StyleEntry(n, p if p.is_file() else None) for n, p in pictures.items()]

    def load(self, name: str, strength: float, stroke: float = 1.0) -> Stylize:
        """The style, ready in the other process.

        Raises:
            Vr360Error: no such style, or a damaged one.
            RuntimeError: the style does not load, or the process ended.
        """
        self._ask((name, strength, stroke))
        return partial(self._ask, (name, strength, stroke))

    def close(self) -> None:
        """Let the process end by itself, after the picture that it paints."""
        if self._pipe is not None and self._worker is not None:
            self._pipe.close()
            self._worker.join(timeout=2)

    def _ask(self, wanted: Wanted, rgb: Rgb | None = None) -> Any:
        """Have a picture painted in a style, which is loaded first unless it was the last."""
        with self._turn:
            if self._worker is None or not self._worker.is_alive():
                self._loaded = None
                self._start()
            if self._loaded != wanted:
                self._loaded = None
                self._exchange(wanted)
                self._loaded = wanted
            return None if rgb is None else self._exchange(rgb)

    def _exchange(self, request: Wanted | Rgb) -> Any:
        """Send a style to load or a picture to paint; what comes back."""
        assert self._pipe is not None
        try:
            self._pipe.send(request)
            kind, found = self._pipe.recv()
        except (EOFError, OSError):
            self._worker = None
            raise RuntimeError("the painting process ended; is there memory enough?") from None
        if kind == "refused":
            raise Vr360Error(found)
        if kind == "failed":
            raise RuntimeError(found)
        return found

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._worker = context.Process(target=_serve, args=(other, self._device), daemon=True)
        self._worker.start()
        other.close()


def _serve(pipe: Connection, device: str) -> None:
    """The painting process, until the viewer is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the viewer's
    if hasattr(os, "nice"):
        os.nice(5)  # playing comes first
    answer(pipe, partial(_stylize, device=device))


def answer(pipe: Connection, load: Callable[[str, float, float], Stylize]) -> None:
    """Load the styles and paint the pictures that come through a pipe, until it is closed."""
    from viewer.live import reason_of

    paint: Stylize | None = None
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        try:
            if isinstance(request, tuple):
                paint = load(*request)
                pipe.send(("done", None))
            else:
                pipe.send(("done", paint(request) if paint else request))
        except Vr360Error as error:
            pipe.send(("refused", str(error)))
        except Exception as error:  # a style is foreign code: it may raise anything
            log.debug("painting failed", exc_info=True)
            pipe.send(("failed", reason_of(error)))


def _stylize(name: str, strength: float, stroke: float, device: str) -> Stylize:
    from pipeline.painting.stylizer import load_stylizer

    # Single frames, in whatever order the user looks at them, belong to no shot.
    stylizer = load_stylizer(
        name, strength=strength, stroke=stroke, device=device, statistics="frame"
    )
    return lambda rgb: stylizer([rgb])[0]
