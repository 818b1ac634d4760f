"""The colours of a film or picture, for a painting to take on before it is learned.

DeepMovie (Anderson et al. 2016) begins so: the style image gets the colours of the film, and the
style brings its strokes without its light. Channel by channel and whole distributions: a film is
sky and ground, and a mean and a covariance do not tell two heaps of colours from one.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from pipeline.looks.colours import Palette, picture_palette, sphere_palette
from pipeline.looks.style_images import load_picture
from vr360.errors import NotEquirectError
from vr360.frame import Projection, Rgb, VideoInfo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import PICTURE_SUFFIXES
from vr360.stereo import split_eyes

FRAMES = 8  # of a film, evenly spaced
SIZE = 512, 256  # pixels that a sphere is looked at with


def reference_palette(path: Path) -> Palette:
    """Of a flat picture, or of the left eye of a 360° film or picture, by area on the sphere.

    Raises:
        VideoOpenError, StyleImageError: not to be read.
        NotEquirectError: a film, but not a 360° one.
    """
    try:
        info = probe(path)
    except NotEquirectError:
        if path.suffix.lower() not in PICTURE_SUFFIXES:
            raise
        return picture_palette(load_picture(path))
    eyes = [_small(split_eyes(rgb, info.stereo)[0]) for rgb in _some_frames(info)]
    if info.projection is Projection.EQUIRECT:
        return sphere_palette(eyes)
    return picture_palette(np.concatenate(eyes))


def _some_frames(info: VideoInfo) -> Iterator[Rgb]:
    count = min(FRAMES, info.frames)
    for n in range(count):
        # A film's end may come a little before its time.
        frames = read_frames(info, info.duration * Fraction(2 * n + 1, 2 * count))
        yield from (frame.rgb for frame, _ in zip(frames, range(1), strict=False))


def _small(rgb: Rgb) -> Rgb:
    return np.asarray(cv2.resize(rgb, SIZE, interpolation=cv2.INTER_AREA), rgb.dtype)
