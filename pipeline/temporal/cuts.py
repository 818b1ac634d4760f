"""Shot boundary detection, streaming; or a list of cuts from a file.

1. PySceneDetect's adaptive detector proposes cuts: frames whose change stands out of its temporal
   window, so neither fades nor a steady pan qualify. It gets small pictures whose rows cover equal
   areas of the sphere, and compares luma alone: hue and saturation jump where a fade is nearly
   black.
2. A proposal is a cut unless the old place is still there: registered by rotation (`turning.py`),
   lit differently, or back within `FLASH` frames.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from pipeline.temporal.turning import ROWS, likeness
from vr360.errors import InputError
from vr360.frame import Frame, Rgb, Stereo, in_bytes
from vr360.geometry import row_areas
from vr360.stereo import split_eyes

FLASH = 5
"""Frames after which the old picture must be back for a change to be a flash."""

SAME_PLACE = 0.8
"""Likeness from which on two pictures show one place: real panoramas turned, dimmed and with noise
reach 0.96, pairs of different ones at most 0.64."""

FROZEN = 0.15  # codes: below this mean difference a frame is the one before, shown again
REPEATS = 2  # repeated frames in a row that pulldown makes; more are a still picture
RECENT = 2 * FLASH + 2  # pictures that are kept to compare with
_WINDOW = 2  # frames on either side that a change must stand out of
_TIME = re.compile(r"(\d+:){1,2}\d+(\.\d+)?|\d+\.\d+")


class InTime(Protocol):
    """A frame that says when it is shown, and whether a shot begins with it; a dataclass."""

    @property
    def pts(self) -> Fraction: ...
    @property
    def begins_shot(self) -> bool: ...


F = TypeVar("F", bound=InTime)


@dataclass
class CutState(Generic[F]):
    """The state of shot boundary detection between two frames.

    Attributes:
        times: of the cuts that are known, in order.
        last: pts of the last frame given out.
        held: frames that wait, each with its number; repeated ones bear that of the one before.
        detector: state of the detector; None where cuts are given.
    """

    times: list[Fraction] = field(default_factory=list)
    last: Fraction | None = None
    held: list[tuple[int, F]] = field(default_factory=list)
    detector: DetectorState | None = None


class Cuts(Generic[F]):
    """Frames in, the same frames out, each saying whether a shot begins with it.

    The first frame begins nothing: there is no state yet to be dropped. `state` is all that is
    remembered between two frames; given to another `Cuts` of its kind, that one goes on from it.

    Args:
        times: of the cuts, seconds.
    """

    def __init__(self, times: Iterable[Fraction] = ()) -> None:
        self.state: CutState[F] = CutState(sorted(times))

    def step(self, frame: F) -> list[F]:
        """One more frame; those that are now decided, in order."""
        return [self._marked(frame)]

    def rest(self) -> list[F]:
        """No more frames come; those that wait."""
        return []

    def watch(self, frames: Iterable[F]) -> Iterator[F]:
        """All frames, marked."""
        for frame in frames:
            yield from self.step(frame)
        yield from self.rest()

    def _marked(self, frame: F) -> F:
        state = self.state
        last, state.last = state.last, frame.pts
        times = state.times
        begins = last is not None and bisect_right(times, last) < bisect_right(times, frame.pts)
        return replace(frame, begins_shot=True) if begins else frame  # type: ignore[type-var]


class DetectedCuts(Cuts[F]):
    """Cuts that are found in the frames themselves.

    It holds `FLASH` frames back, and up to `REPEATS` more for each where frames are repeated.

    Args:
        eye: a frame -> the sphere (H, W, 3) to look at.
    """

    def __init__(self, eye: Callable[[F], Rgb]) -> None:
        super().__init__()
        self._eye = eye
        self._open: _Detector | None = None
        self.state.detector = DetectorState()

    def step(self, frame: F) -> list[F]:
        detector = self._detector()
        self.state.times += detector.see(self._eye(frame), frame.pts)
        self.state.held.append((detector.state.count - 1, frame))
        return self._released(detector.state.count - FLASH)

    def rest(self) -> list[F]:
        detector = self._detector()
        self.state.times += detector.finish()
        return self._released(detector.state.count)

    def _detector(self) -> _Detector:
        assert self.state.detector is not None
        if self._open is None or self._open.state is not self.state.detector:
            self._open = _Detector(self.state.detector)
        return self._open

    def _released(self, until: int) -> list[F]:
        held = self.state.held
        count = next((i for i, (number, _) in enumerate(held) if number >= until), len(held))
        self.state.held = held[count:]
        return [self._marked(frame) for _, frame in held[:count]]


def left_eye(stereo: Stereo) -> Callable[[Frame], Rgb]:
    """What `DetectedCuts` looks at in frames that hold their eyes as `stereo` says."""
    return lambda frame: split_eyes(frame.rgb, stereo)[0]


def open_cuts(choice: str, rate: Fraction, eye: Callable[[F], Rgb]) -> Cuts[F]:
    """`auto`, `none`, or a file with one frame number or time a line.

    Args:
        choice: what `--cuts` says.
        rate: frames a second of the film that the numbers count.
        eye: a frame -> the sphere (H, W, 3) that is looked at for `auto`.

    Raises:
        InputError: the file is missing or a line of it is no frame and no time.
    """
    if choice == "auto":
        return DetectedCuts(eye)
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


@dataclass
class DetectorState:
    """The state of the detector: a short history of small pictures.

    Attributes:
        count: frames so far, repeated ones left out.
        repeats: how often the last one was repeated.
        recent: times and small pictures of the last ones.
        proposed: numbers of the frames that may begin a shot.
    """

    count: int = 0
    repeats: int = 0
    recent: list[tuple[Fraction, Rgb]] = field(default_factory=list)
    proposed: list[int] = field(default_factory=list)


class _Detector:
    """Frames go in one by one; out come the times of the cuts, `FLASH` frames later.

    PySceneDetect's own window ends `2 * _WINDOW + 1` changes back, so its state is not saved:
    replaying the recent pictures restores it.
    """

    def __init__(self, state: DetectorState) -> None:
        self.state = state
        self._adaptive = AdaptiveDetector(window_width=_WINDOW, min_scene_len=0, luma_only=True)
        replayed = [picture for _, picture in state.recent]
        if state.count == len(replayed):
            replayed = replayed[:1] * _WINDOW + replayed
        self._fed = state.count + (_WINDOW if state.count else 0) - len(replayed)
        for picture in replayed:
            self._feed(picture)  # its proposals were taken before

    def see(self, eye: Rgb, pts: Fraction) -> list[Fraction]:
        """One more frame; cuts that are now certain."""
        state, picture = self.state, _small(eye)
        if self._repeated(picture):
            return []
        if state.count == 0:
            self._propose(picture, _WINDOW)
        state.recent = [*state.recent, (pts, picture)][-RECENT:]
        state.count += 1
        self._propose(picture)
        return self._decide(state.count - FLASH)

    def finish(self) -> list[Fraction]:
        """No more frames come; the cuts among the last ones."""
        if self.state.recent:
            self._propose(self.state.recent[-1][1], _WINDOW)
        return self._decide(self.state.count)

    def _repeated(self, picture: Rgb) -> bool:
        state = self.state
        recent = state.recent
        repeated = bool(recent) and cv2.absdiff(picture, recent[-1][1]).mean() < FROZEN
        state.repeats = state.repeats + 1 if repeated else 0
        return 0 < state.repeats <= REPEATS

    def _propose(self, picture: Rgb, times: int = 1) -> None:
        for _ in range(times):
            self.state.proposed += self._feed(picture)

    def _feed(self, picture: Rgb) -> list[int]:
        """Show it a picture: numbers of the frames that it proposes."""
        bgr = np.ascontiguousarray(_equal_area(picture)[..., ::-1])
        cuts = self._adaptive.process_frame(FrameTimecode(self._fed, 30.0), bgr)
        self._fed += 1
        return [cut.frame_num - _WINDOW for cut in cuts]

    def _decide(self, until: int) -> list[Fraction]:
        """Times of the cuts among the proposed frames whose number lies below `until`."""
        state = self.state
        decided = [n for n in state.proposed if n < until]
        state.proposed = [n for n in state.proposed if n >= until]
        first = state.count - len(state.recent)
        pictures = [picture for _, picture in state.recent]
        return [state.recent[n - first][0] for n in decided if _new_place(pictures, n - first)]


def _new_place(pictures: Sequence[Rgb], cut: int) -> bool:
    """Whether the place before picture `cut` is gone for good."""
    before, after = pictures[cut - 1], pictures[cut]
    if likeness(before, after) >= SAME_PLACE:
        return False
    back = pictures[cut + 1 : cut + FLASH]
    gone = pictures[max(0, cut - FLASH) : cut - 1]
    pairs = [(before, later) for later in back] + [(earlier, after) for earlier in gone]
    return all(likeness(a, b, any_rotation=False) < SAME_PLACE for a, b in pairs)


def _small(eye: Rgb) -> Rgb:
    return in_bytes(np.asarray(cv2.resize(eye, (2 * ROWS, ROWS), interpolation=cv2.INTER_AREA)))


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
