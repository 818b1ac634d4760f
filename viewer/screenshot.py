"""The view of a film at a moment, rendered without a window."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import cv2

from viewer.camera import Size
from viewer.composition import Compare, compose, eyes_that_exist
from viewer.decoder import Decoder
from viewer.film import layout_of
from viewer.layout import Eyes
from viewer.opengl import headless_context
from viewer.renderer import Look, Renderer
from vr360.cubelayout import CubeLayout
from vr360.errors import OutputError
from vr360.frame import Rgb, VideoInfo
from vr360.media.stills import STILL_SUFFIXES


def render_view(
    film: VideoInfo,
    at: float,
    look: Look,
    size: Size,
    original: VideoInfo | None = None,
    compare: Compare = Compare.A,
    wipe: float = 0.5,
    eyes: Eyes = Eyes.LEFT,
    cube: CubeLayout | None = None,
) -> Rgb:
    """(height, width, 3) uint8 of the frame on show `at` seconds.

    With an original, it is the picture on the left of a wipe, and the film the one on the right.

    Raises:
        VideoOpenError: a film does not open.
        DisplayError: this machine cannot draw without a window.
    """
    slots = [("film", film)] if original is None else [("original", original), ("film", film)]
    with ExitStack() as stack:
        pictures = []
        for _, info in slots:
            decoder = stack.enter_context(Decoder(info))
            pictures.append(decoder.seek(Fraction(at).limit_denominator(10**6)))
        stack.enter_context(headless_context())
        renderer = Renderer()
        stack.callback(renderer.close)
        for (name, info), picture in zip(slots, pictures, strict=True):
            renderer.upload(name, picture, layout_of(info, cube))
        names = [name for name, _ in slots]
        passes = compose(size, names, compare, wipe, eyes_that_exist(film.stereo, eyes))
        return renderer.image(passes, look, size)


def save_still(path: Path, rgb: Rgb) -> None:
    """Write a PNG or JPEG.

    Raises:
        OutputError: another suffix, or a place that cannot be written.
    """
    if path.suffix.lower() not in STILL_SUFFIXES:
        raise OutputError(f"{path}: a screenshot is a .png or .jpg")
    quality = [] if path.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 92]
    _, data = cv2.imencode(path.suffix, rgb[..., ::-1], quality)
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
