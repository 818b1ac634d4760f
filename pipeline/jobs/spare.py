"""The frames of a segment as they are, in case it is paused while it is coded at a loss."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vr360.frame import Frame
from vr360.media.writer import FilmWriter

HELD = 400_000_000
"""Bytes of frames that are held in memory: a segment of 240 frames of 1024x512, of 60 of 2048x1024.
Larger ones go to a file, which takes time, and room on disk, all along."""


class Spare:
    """Held in memory as far as they fit, so that most segments never write them.

    Args:
        begin: opens the lossless file that frames like this one go to.
        room: bytes that they may take in memory.
    """

    def __init__(self, begin: Callable[[Frame], FilmWriter], room: int) -> None:
        self._begin, self._room = begin, room
        self._frames: list[Frame] = []
        self._bytes = 0
        self._file: FilmWriter | None = None

    def write(self, frame: Frame) -> None:
        """Add one frame; raises as `FilmWriter`."""
        if self._file:
            self._file.write(frame)
            return
        self._frames.append(frame)
        self._bytes += frame.rgb.nbytes
        if self._bytes > self._room:
            self._file = self._written()

    def keep(self) -> Path:
        """End their file; where it lies."""
        file = self._file or self._written()
        self._file = None
        file.__exit__(None, None, None)
        return file.path

    def drop(self) -> None:
        """Nobody wants them any more."""
        if self._file:
            self._file.__exit__(GeneratorExit, None, None)

    def _written(self) -> FilmWriter:
        file = self._begin(self._frames[0]).__enter__()
        for frame in self._frames:
            file.write(frame)
        self._frames = []
        return file
