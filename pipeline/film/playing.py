"""The frame of a film that lies at a moment, for moments that mostly go forward."""

from __future__ import annotations

from collections.abc import Iterator

from vr360.errors import InputError
from vr360.frame import Frame, Rgb, VideoInfo
from vr360.media.reader import read_frames


class Playing:
    """Frames of a film or a still by their times; before its first and after its last one these.

    Args:
        info: from `probe`.
    """

    def __init__(self, info: VideoInfo) -> None:
        self._info = info
        self._slack = 0.0 if info.is_still else float(1 / info.rate) / 4
        self._frames: Iterator[Frame] = iter(())
        self._shown: Frame | None = None
        self._next: Frame | None = None

    def __call__(self, seconds: float) -> Rgb:
        """The newest frame (H, W, 3) that is not later.

        Raises:
            InputError: the film is damaged.
        """
        shown = self._shown
        if shown is None or float(shown.pts) > seconds + self._slack:
            shown = self._begin()
        while self._next is not None and float(self._next.pts) <= seconds + self._slack:
            shown, self._next = self._next, next(self._frames, None)
        self._shown = shown
        return shown.rgb

    def _begin(self) -> Frame:
        self._frames = iter(read_frames(self._info))
        first = next(self._frames, None)
        if first is None:
            raise InputError(f"{self._info.path}: not one frame of it can be read")
        self._next = next(self._frames, None)
        return first
