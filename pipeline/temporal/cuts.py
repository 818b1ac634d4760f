"""Where a film cuts to another place: found while it streams, or read from a file.

PySceneDetect's adaptive detector proposes: it asks for a change that stands out of those around it,
so neither fades nor a steadily moving camera qualify. It sees small pictures whose rows cover equal
areas of the sphere, and of those the brightness alone: hue and saturation of what is nearly black
jump at the end of every fade. What it proposes is a cut unless the old place is still there,
turned, lit otherwise, or back within `FLASH` frames.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from pipeline.temporal.turning import ROWS, likeness
from vr360.errors import InputError
from vr360.frame import Frame, Rgb, Stereo, bit_depth
from vr360.geometry import row_areas
from vr360.stereo import split_eyes

FLASH = 5
"""Frames after which the old picture must be back for a change to be a flash."""

SAME_PLACE = 0.8
"""Likeness from which on two pictures show one place: real panoramas turned, dimmed and with noise
reach 0.96, pairs of different ones at most 0.64."""

FROZEN = 0.15  # codes: below this mean difference a frame is the one before, shown again
REPEATS = 2  # such frames in a row that pulldown makes; from then on the picture stands still
_WINDOW = 2  # frames on either side that a change must stand out of
_TIME = re.compile(r"(\d+:){1,2}\d+(\.\d+)?|\d+\.\d+")


class Cuts:
    """Cuts at given times; none by default.

    In the loop that paints: `if cuts.begins(frame): smoother.reset()`.
    """

    def __init__(self, times: Iterable[Fraction] = ()) -> None:
        self.times = sorted(times)
        self._last: Fraction | None = None

    def watch(self, frames: Iterable[Frame], stereo: Stereo = Stereo.MONO) -> Iterator[Frame]:
        """Pass frames on; cuts are known once their frame has come out."""
        yield from frames

    def begins(self, frame: Frame) -> bool:
        """Whether a new shot begins with this frame; ask once for each, in order.

        The first frame asked for begins nothing: there is no state yet to be dropped.
        """
        last, self._last = self._last, frame.pts
        if last is None:
            return False
        return bisect_right(self.times, last) < bisect_right(self.times, frame.pts)


class DetectedCuts(Cuts):
    """Cuts that are found in the frames that pass `watch`.

    It holds `FLASH` frames back, and up to `REPEATS` more for each where frames are repeated.
    """

    def watch(self, frames: Iterable[Frame], stereo: Stereo = Stereo.MONO) -> Iterator[Frame]:
        held: deque[tuple[int, Frame]] = deque()
        detector = _Detector()
        for frame in frames:
            self.times += detector.see(split_eyes(frame.rgb, stereo)[0], frame.pts)
            held.append((detector.count - 1, frame))
            while held[0][0] < detector.count - FLASH:
                yield held.popleft()[1]
        self.times += detector.finish()
        yield from (frame for _, frame in held)


def open_cuts(choice: str, rate: Fraction) -> Cuts:
    """`auto`, `none`, or a file with one frame number or time a line.

    Args:
        choice: what `--cuts` says.
        rate: frames a second of the film that the numbers count.

    Raises:
        InputError: the file is missing or a line of it is no frame and no time.
    """
    if choice == "auto":
        return DetectedCuts()
    if choice == "none":
        return Cuts()
    return Cuts(read_cuts(Path(choice), rate))


def read_cuts(path: Path, rate: Fraction) -> list[Fraction]:
    """Times in seconds, each that of a frame.

    A line holds the number of a shot's first frame, from 0, or its time ([H:]M:S or S.f); empty
    lines and what follows a # are skipped.

    Raises:
        InputError: names the file and the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: no list of cuts ({error.__class__.__name__}); --cuts takes auto, none or a "
            "text file with one frame number or time a line"
        ) from None
    entries = ((number, line.split("#")[0].strip()) for number, line in enumerate(lines, 1))
    return [_time(path, number, entry, rate) for number, entry in entries if entry]


def _time(path: Path, number: int, entry: str, rate: Fraction) -> Fraction:
    if re.fullmatch(r"\d+", entry):
        return int(entry) / rate
    if not _TIME.fullmatch(entry):
        raise InputError(
            f"{path}, line {number}: {entry!r} is neither a frame number (25) nor a time (0:01.5)"
        )
    seconds = Fraction(0)
    for part in entry.split(":"):
        seconds = seconds * 60 + Fraction(part)
    return round(seconds * rate) / rate


class _Detector:
    """Frames go in one by one; out come the times of the cuts, `FLASH` frames later.

    Attributes:
        count: frames so far, repeated ones left out.
    """

    def __init__(self) -> None:
        self.count = 0
        self._adaptive = AdaptiveDetector(window_width=_WINDOW, min_scene_len=0, luma_only=True)
        self._recent: deque[tuple[Fraction, Rgb]] = deque(maxlen=2 * FLASH + 2)
        self._repeats = 0
        self._proposed: list[int] = []
        self._fed = 0

    def see(self, eye: Rgb, pts: Fraction) -> list[Fraction]:
        """One more frame; cuts that are now certain."""
        picture = _small(eye)
        if self._repeated(picture):
            return []
        if self.count == 0:
            self._feed(picture, _WINDOW)
        self._recent.append((pts, picture))
        self.count += 1
        self._feed(picture)
        return self._decide(self.count - FLASH)

    def finish(self) -> list[Fraction]:
        """No more frames come; the cuts among the last ones."""
        if self._recent:
            self._feed(self._recent[-1][1], _WINDOW)
        return self._decide(self.count)

    def _repeated(self, picture: Rgb) -> bool:
        alike = bool(self._recent) and cv2.absdiff(picture, self._recent[-1][1]).mean() < FROZEN
        self._repeats = self._repeats + 1 if alike else 0
        return 0 < self._repeats <= REPEATS

    def _feed(self, picture: Rgb, times: int = 1) -> None:
        bgr = np.ascontiguousarray(_equal_area(picture)[..., ::-1])
        for _ in range(times):
            cuts = self._adaptive.process_frame(FrameTimecode(self._fed, 30.0), bgr)
            self._proposed += [cut.frame_num - _WINDOW for cut in cuts]
            self._fed += 1

    def _decide(self, until: int) -> list[Fraction]:
        """Times of the cuts among the proposed frames whose number lies below `until`."""
        ripe = [n for n in self._proposed if n < until]
        self._proposed = [n for n in self._proposed if n >= until]
        first = self.count - len(self._recent)
        pictures = [picture for _, picture in self._recent]
        return [self._recent[n - first][0] for n in ripe if _new_place(pictures, n - first)]


def _new_place(pictures: Sequence[Rgb], cut: int) -> bool:
    """Whether the place before picture `cut` is gone for good."""
    before, after = pictures[cut - 1], pictures[cut]
    if likeness(before, after) >= SAME_PLACE:
        return False
    back = pictures[cut + 1 : cut + FLASH]
    gone = pictures[max(0, cut - FLASH) : cut - 1]
    pairs = [(before, later) for later in back] + [(earlier, after) for earlier in gone]
    return all(likeness(a, b, anyhow=False) < SAME_PLACE for a, b in pairs)


def _small(eye: Rgb) -> Rgb:
    small = cv2.resize(eye, (2 * ROWS, ROWS), interpolation=cv2.INTER_AREA)
    return small if bit_depth(eye) == 8 else np.asarray(np.right_shift(small, 2), np.uint8)


def _equal_area(picture: Rgb) -> Rgb:
    """Rows of equal latitude steps become rows of equal area, so that plain means are right."""
    # einsum: BLAS is slow on little matrices while other processes use the cores
    rows = np.einsum("ij,jkc->ikc", _bands(len(picture)), picture.astype(np.float64))
    return np.asarray(np.rint(rows), np.uint8)


@lru_cache(maxsize=1)
def _bands(height: int) -> NDArray[np.float64]:
    """(height, height) shares that rows have in bands of equal area."""
    edges = np.concatenate([[0.0], np.cumsum(row_areas(height))])
    bounds = np.linspace(0, 1, height + 1)
    upper = np.minimum(edges[None, 1:], bounds[1:, None])
    lower = np.maximum(edges[None, :-1], bounds[:-1, None])
    return np.asarray(np.maximum(upper - lower, 0) * height, np.float64)
