"""What styles look like: each painted on one small scene, as thumbnails and on one sheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from pipeline.painting.stylizer import load_stylizer
from pipeline.styles import GALLERY
from vr360.frame import Rgb
from vr360.media.stills import read_still, write_still

SCENE = GALLERY.with_name("_scene.jpg")
"""Two seconds into the sample clip, 512x256."""

SIZE = 160, 80  # pixels of a thumbnail, width and height
COLUMNS = 3
LABEL = 28  # pixels of height for a name


def paint_scene(style: str) -> Rgb:
    """The scene in a style, (256, 512, 3).

    Raises:
        CheckpointError: no such style.
    """
    return load_stylizer(style, projection="equirect")([read_still(SCENE)])[0]


def save_thumbnails(folder: Path, painted: Mapping[str, Rgb]) -> None:
    """`NAME.jpg` of each style; earlier ones are replaced.

    Raises:
        OutputError, EncodeError: they cannot be written.
    """
    for name, rgb in painted.items():
        small = cv2.resize(rgb, SIZE, interpolation=cv2.INTER_AREA)
        write_still(folder / f"{name}.jpg", np.asarray(small, np.uint8), force=True)


def save_sheet(path: Path, painted: Mapping[str, Rgb], force: bool = False) -> None:
    """The scene and every style of it, named, on one JPEG or PNG.

    Raises:
        OutputError, EncodeError: it exists, or cannot be written.
    """
    shown = {"the scene itself": read_still(SCENE), **painted}
    cells = [_labelled(name, rgb) for name, rgb in shown.items()]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[n : n + COLUMNS]) for n in range(0, len(cells), COLUMNS)]
    write_still(path, np.vstack(rows), force=force)


def _labelled(name: str, rgb: Rgb) -> Rgb:
    label = np.full((LABEL, rgb.shape[1], 3), 255, np.uint8)
    place, grey = (6, LABEL - 8), (40, 40, 40)
    cv2.putText(label, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, grey, 1, cv2.LINE_AA)
    return np.vstack([rgb, label])
