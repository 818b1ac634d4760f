"""How segments are coded: as the film is, which is then their packets in a row; or lossless.

While a segment is coded at a loss, its frames are also held as they are. A pause keeps them, so
that going on codes the whole segment once, to the bits that it would have had anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pipeline.jobs.spare import HELD
from vr360.frame import Frame
from vr360.media.encoder import ffmpeg_version
from vr360.media.presets import Overrides
from vr360.media.writer import FilmOptions, FilmWriter, Writer

LOSSLESS = ".mkv"
LEAST = 60
"""Frames of a segment that are worth a state, though they cannot be held in memory."""


@dataclass(frozen=True)
class Coding:
    """How the segments of a job are coded.

    Attributes:
        film: that they are parts of; None where they are lossless and the film is coded of them.
        rate: frames a second.
        bit_depth: of the frames.
    """

    film: FilmWriter | None
    rate: Fraction
    bit_depth: int

    @property
    def suffix(self) -> str:
        """Of the segments' files."""
        return self.film.path.suffix if self.film else LOSSLESS

    @property
    def encoder(self) -> str:
        """Which encoder all segments must come from; empty where it does not matter."""
        return ffmpeg_version() if self.film else ""

    @property
    def recipe(self) -> list[str]:
        """What decides about the bits of the segments' files, beside their frames."""
        return self.film.recipe if self.film else []

    @property
    def wants_spare(self) -> bool:
        """Whether the painted frames cannot be read from a segment's file."""
        lossless = self.film is None or self.film.encoding.is_lossless
        return not lossless or self.suffix != LOSSLESS

    @property
    def held_bytes(self) -> int:
        """Of each frame that is held until its segment is complete."""
        return self.film.frame_bytes if self.film and self.wants_spare else 0

    @property
    def room(self) -> int:
        """Bytes of them that are held in memory: none where a segment would not fit anyway."""
        return HELD if self.held_bytes * LEAST <= HELD else 0

    def held(self, length: int) -> int:
        """Bytes of a segment of so many frames that are held in memory."""
        return min(self.held_bytes * length, self.room)

    def shortened(self, length: int) -> int:
        """Frames of a segment at most, so that all can be held."""
        return min(length, max(LEAST, HELD // self.held_bytes)) if self.held_bytes else length

    def writer(self, path: Path, frame: Frame) -> FilmWriter:
        """What writes a segment whose frames are like this one."""
        return self.film.part(path) if self.film else self._lossless(path, frame, Overrides())

    def spare(self, path: Path, frame: Frame) -> FilmWriter:
        """What writes its frames as they are: fast, and three times as large as painted films."""
        pixels = "rgb24" if self.bit_depth == 8 else "gbrp10le"
        return self._lossless(path, frame, Overrides("ffvhuff", None, pixels))

    def _lossless(self, path: Path, frame: Frame, overrides: Overrides) -> FilmWriter:
        (height, width, _), depth = frame.rgb.shape, self.bit_depth
        options: FilmOptions = {"bit_depth": depth, "overrides": overrides}
        return FilmWriter(path, height, width, self.rate, "archive", **options)


def coding_of(film: Writer, rate: Fraction, keep: bool) -> Coding:
    """Parts of the film where that can be; lossless where other films will be made of them."""
    if isinstance(film, FilmWriter) and film.encoding.joins and not keep:
        return Coding(film, rate, film.bit_depth)
    return Coding(None, rate, film.bit_depth)
