"""What is opened: a film with its layout, and where that knowledge comes from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from viewer.layout import Layout
from vr360.errors import NotEquirectError, VideoOpenError
from vr360.frame import Projection, Stereo, VideoInfo
from vr360.media.probe import probe


def open_film(
    path: Path, projection: Projection | None = None, stereo: Stereo | None = None
) -> VideoInfo:
    """Facts of a film. A picture of no known 360° shape is taken as equirect, and says so.

    Raises:
        VideoOpenError: missing, damaged, without a picture, or a folder.
    """
    if path.is_dir():
        raise VideoOpenError(f"{path}: is a folder; give a film or a still")
    try:
        return probe(path, projection, stereo)
    except NotEquirectError as error:
        info = probe(path, projection or Projection.EQUIRECT, stereo or Stereo.MONO)
        return replace(info, reason=f"{info.projection}, {info.stereo} is a guess: {error}")


def layout_of(info: VideoInfo) -> Layout:
    return Layout(info.projection, info.stereo)
