"""Masks that another program made, or that were painted: grey stills and films of whole spheres."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.film.playing import Playing
from pipeline.looks.masks import Floats, Seen
from pipeline.source.preprocess import open_resizer
from vr360.change import luma
from vr360.errors import InputError
from vr360.frame import Projection, Stereo, VideoInfo
from vr360.media.probe import probe


def probe_mask(path: Path) -> VideoInfo:
    """A grey still or film as a mask.

    Raises:
        InputError: it cannot be read, or is no sphere.
    """
    info = probe(path, Projection.EQUIRECT, Stereo.MONO)
    if info.width != 2 * info.height:
        raise InputError(f"{path}: {info.width}x{info.height} is no mask of a sphere; make it 2:1")
    return info


def still_mask(path: Path) -> Floats:
    """The brightness (H, W) of a still."""
    info = probe_mask(path)
    return np.asarray(luma(Playing(info)(0.0)).clip(0, 1), np.float32)


class FileMask:
    """The brightness of a still, or of the frame of a film that lies at the clip's time."""

    def __init__(self, path: Path) -> None:
        self._info = probe_mask(path)
        self._playing = Playing(self._info)

    def __call__(self, seen: Seen) -> Floats:
        height, width = seen.size
        resize = open_resizer((self._info.height, self._info.width), (height, width))
        return luma(resize(self._playing(seen.clip_seconds))).clip(0, 1)
