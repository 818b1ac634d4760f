"""A film, what it was painted from, and what it is compared with, frame by frame side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from pipeline.temporal.cuts import Cuts, DetectedCuts, left_eye
from vr360.errors import InputError
from vr360.frame import Frame, Rgb, Stereo, VideoInfo, in_bytes
from vr360.media.probe import probe
from vr360.media.reader import at_constant_rate, read_frames
from vr360.stereo import split_eyes

LARGEST = 1024, 2048
"""Rows and columns of an eye; larger ones are reduced to it, by area, before they are measured."""

ALIKE = Fraction(1, 5000)  # by which rates may differ: Matroska rounds them; 30 is not 29.97
SLACK = Fraction(3, 2)  # frames by which lengths may differ: containers round


@dataclass(frozen=True)
class Moment:
    """The same instant of all films: left (or only) eyes, (H, W, 3) uint8, of one size.

    Attributes:
        pts: seconds.
        cut: a new shot begins here.
        baseline: None where there is none.
        right: the right eyes of a stereo film, its source and its baseline, as far as there are.
    """

    pts: Fraction
    cut: bool
    film: Rgb
    source: Rgb
    baseline: Rgb | None = None
    right: tuple[Rgb, ...] = ()


@dataclass(frozen=True)
class Films:
    """Films that belong together, probed and checked against each other."""

    film: VideoInfo
    source: VideoInfo
    baseline: VideoInfo | None = None
    duration: Fraction | None = None

    @property
    def frames(self) -> int:
        """How many moments will come, as far as the container knows."""
        if self.film.is_still:
            return 1
        seconds = self.film.duration if self.duration is None else self.duration
        return max(1, round(min(seconds, self.film.duration) * self.film.rate))

    def moments(self) -> Iterator[Moment]:
        """One after the other, cuts found on the way.

        Raises:
            VideoOpenError: a film is damaged.
        """
        still, eye = self.film.is_still, left_eye(self.source.stereo)
        cuts: Cuts[Frame] = Cuts() if still else DetectedCuts(eye)
        films = read_frames(self.film, duration=self.duration)
        sources = cuts.watch(self._paced(self.source))
        pairs: Iterable[tuple[Frame, ...]] = zip(films, sources, strict=False)
        if self.baseline is not None:
            baselines = read_frames(self.baseline, duration=self.duration)
            pairs = zip(films, sources, baselines, strict=False)
        size = None
        for film, source, *baseline in pairs:
            size = size or working_size(split_eyes(film.rgb, self.film.stereo)[0])
            rgbs = [_eyes(f.rgb, self.film.stereo, size) for f in (film, source, *baseline)]
            left, *right = (tuple(eyes) for eyes in zip(*rgbs, strict=True))
            third = left[2] if baseline else None
            yield Moment(film.pts, source.begins_shot, left[0], left[1], third, *right)

    def _paced(self, info: VideoInfo) -> Iterator[Frame]:
        """A source of uneven rate as `vr360 stylize` makes it even."""
        frames = read_frames(info, duration=self.duration)
        if info.is_still:
            return frames
        end = info.duration if self.duration is None else min(self.duration, info.duration)
        return at_constant_rate(frames, info.rate, end=end)


def open_films(
    film: Path, source: Path, baseline: Path | None = None, duration: Fraction | None = None
) -> Films:
    """Probe the films and see whether they can be compared.

    Args:
        duration: seconds to be measured; all by default.

    Raises:
        InputError: no film, or layouts, shapes, rates or lengths that differ.
    """
    infos = [probe(path) for path in (film, source, *([baseline] if baseline else []))]
    for other in infos[1:]:
        _check_picture(infos[0], other)
        _check_time(infos[0], other, duration)
    return Films(infos[0], infos[1], infos[2] if baseline else None, duration)


def working_size(eye: Rgb) -> tuple[int, int]:
    """(height, width) at which an eye is measured."""
    height, width = eye.shape[:2]
    scale = min(1, LARGEST[0] / height, LARGEST[1] / width)
    return round(height * scale), 2 * round(width * scale / 2)


def _check_picture(film: VideoInfo, other: VideoInfo) -> None:
    kinds = [f"{info.projection.value} {info.stereo.value}" for info in (film, other)]
    if kinds[0] != kinds[1]:
        raise InputError(
            f"{other.path}: {kinds[1]}, but {film.path} is {kinds[0]}; "
            "measure a film against what it was painted from"
        )
    if (film.width, film.height) != (other.width, other.height):
        raise InputError(
            f"{other.path}: {other.width}x{other.height}, but {film.path} is "
            f"{film.width}x{film.height}; measure films of one size"
        )


def _check_time(film: VideoInfo, other: VideoInfo, duration: Fraction | None) -> None:
    if film.is_still != other.is_still:
        raise InputError(f"{other.path}: a still and a film ({film.path}) have no time in common")
    if film.is_still:
        return
    if abs(film.rate / other.rate - 1) > ALIKE and not other.variable_rate:
        raise InputError(
            f"{other.path}: {float(other.rate):.5g} frames a second, but {film.path} has "
            f"{float(film.rate):.5g}; paint without --rate to measure"
        )
    ends = [info.duration if duration is None else min(duration, info.duration)
            for info in (film, other)]  # fmt: skip
    if abs(ends[0] - ends[1]) * film.rate > SLACK:
        raise InputError(
            f"{other.path}: lasts {float(other.duration):.3f} s, but {film.path} "
            f"{float(film.duration):.3f} s; give --duration to measure what both have"
        )


def _eyes(rgb: Rgb, stereo: Stereo, size: tuple[int, int]) -> list[Rgb]:
    return [_measured(eye, size) for eye in split_eyes(rgb, stereo)]


def _measured(eye: Rgb, size: tuple[int, int]) -> Rgb:
    if eye.shape[:2] != size:
        eye = np.asarray(cv2.resize(eye, size[::-1], interpolation=cv2.INTER_AREA))
    return in_bytes(eye)
