"""A picture that shows what happened: the source above, the painted film below, and a view."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from vr360.frame import Rgb, in_bytes
from vr360.geometry import rotation
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import write_still
from vr360.projections import Equirect
from vr360.sampling import build_sampler
from vr360.stereo import split_eyes
from vr360.views import Rectilinear

SHEET = 1600  # pixels across


def save_before_after(source: Path, film: Path, picture: Path) -> None:
    """The middle frame of both: the whole sphere, and the view over ±180°, side by side.

    Raises:
        InputError: a file that cannot be read.
        OutputError: the picture cannot be written.
    """
    middle = probe(film).duration / 2
    rows = []
    for path in (source, film):
        eye = frame_at(path, middle)
        sphere = cv2.resize(eye, (SHEET * 2 // 3, SHEET // 3), interpolation=cv2.INTER_AREA)
        view = look(eye, yaw=np.pi, pitch=0.0, fov=np.pi / 2, size=SHEET // 3)
        rows.append(np.concatenate([sphere, view[:, : SHEET - sphere.shape[1]]], axis=1))
    write_still(picture, np.concatenate(rows), force=True)


def frame_at(path: Path, time: Fraction) -> Rgb:
    """The left (or only) eye at `time` seconds, 8 bit."""
    info = probe(path)
    rgb = next(iter(read_frames(info, min(time, max(Fraction(0), info.duration * 9 / 10)))))
    return in_bytes(split_eyes(rgb.rgb, info.stereo)[0])


def look(eye: Rgb, yaw: float, pitch: float, fov: float, size: int) -> Rgb:
    """A square rectilinear view (size, size, 3) into an equirect eye."""
    view = Rectilinear(size, size, fov)
    return build_sampler(Equirect(*eye.shape[:2]), view, rotation(yaw, pitch))(eye)
