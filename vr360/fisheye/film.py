"""From a dual-fisheye film to the function that stitches its frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from vr360.errors import CameraError, VideoOpenError
from vr360.fisheye.calibration import Calibration, calibrate, grey_levels
from vr360.fisheye.camera import Camera
from vr360.fisheye.presets import AUTO, CAMERAS, check_camera, find_camera
from vr360.fisheye.rim import trimmed
from vr360.fisheye.stitching import Stitcher, fit_blend
from vr360.frame import Rgb, VideoInfo
from vr360.geometry import Array
from vr360.media.reader import read_frames

SAMPLES = 8  # frames that light, seam and calibration are fitted to
INSTA360 = (".insv", ".insp", ".lrv")
_ONE_PASS = 120  # frames: films so short are read from end to end, which costs less than seeking


@dataclass(frozen=True)
class Footage:
    """What is told of a dual-fisheye film.

    Attributes:
        camera: preset, Hugin project, `ideal-FOV`, or `auto`.
        calibrate: refine it from the film; `auto` always does where the film allows it.
        swap: the two lens pictures lie exchanged.
        quarters: clockwise quarter turns of the pictures in the left and in the right half.
        turn: (3, 3) from the camera's directions to the film's, see `camera.level`.
        start, duration: seconds of the film that are wanted; None is to its end.

    Raises:
        CameraError: no such camera.
    """

    camera: str = AUTO
    calibrate: bool = False
    swap: bool = False
    quarters: tuple[int, int] = (0, 0)
    turn: Array | None = None
    start: Fraction = Fraction(0)
    duration: Fraction | None = None

    def __post_init__(self) -> None:
        check_camera(self.camera)


@dataclass(frozen=True)
class Opened:
    """A stitcher, the camera it uses, and how that was refined if it was."""

    stitcher: Stitcher
    camera: Camera
    calibration: Calibration | None


def open_stitcher(
    info: VideoInfo, camera: str = AUTO, height: int = 0, width: int = 0
) -> Callable[[Rgb], Rgb]:
    """The function that turns each frame of a dual-fisheye film into an equirect one.

    The same frames give the same pictures in any order and in any process: all that depends on the
    film is fixed here, by frames spread over the whole of it.

    Args:
        info: from `probe`.
        camera: see `Footage`.
        height, width: of the result; 0 takes `result_size`.

    Raises:
        CameraError: unknown, or not one for such frames.
        VideoOpenError: the film cannot be read.
    """
    size = (height, width) if height and width else result_size(info)
    return open_footage(info, Footage(camera), *size).stitcher


def result_size(info: VideoInfo) -> tuple[int, int]:
    """(height, width) of an equirect picture as fine as the lenses': as wide as both together."""
    return info.width // 4 * 2, info.width // 4 * 4


def open_footage(info: VideoInfo, footage: Footage, height: int, width: int) -> Opened:
    """`open_stitcher` with everything that can be told; also says what became of the camera."""
    frames = sample_frames(info, footage.start, footage.duration)
    try:
        camera = _told(_known(footage, info), frames)
        refined = _refined(footage, camera, frames)
    except CameraError as error:
        raise CameraError(f"{info.path}: {error}") from None
    camera = refined.camera if refined else camera
    camera = trimmed(camera, frames)
    blend = fit_blend(camera, frames)
    return Opened(Stitcher(camera, blend, height, width, footage.turn), camera, refined)


def sample_frames(
    info: VideoInfo, start: Fraction = Fraction(0), duration: Fraction | None = None
) -> list[Rgb]:
    """Up to `SAMPLES` frames, evenly spread.

    Raises:
        VideoOpenError: there are none.
    """
    length = info.duration - start if duration is None else min(duration, info.duration - start)
    shown = max(1, round(length * info.rate))
    count = min(SAMPLES, shown)
    if shown <= _ONE_PASS:
        passed = enumerate(read_frames(info, start, duration))
        frames = [frame.rgb for n, frame in passed if (n * count) % shown < count]
    else:
        middles = [(2 * n + 1) * shown // (2 * count) for n in range(count)]
        times = [start + middle / info.rate for middle in middles]
        found = [next(read_frames(info, time), None) for time in times]
        frames = [frame.rgb for frame in found if frame is not None]
    if not frames:
        raise VideoOpenError(f"{info.path}: no frame at {float(start):.2f} s to fit the lenses to")
    return frames


def _known(footage: Footage, info: VideoInfo) -> Footage:
    """Files that one maker alone writes name their camera, which is refined all the same."""
    known = footage.camera == AUTO and info.path.suffix.lower() in INSTA360
    return replace(footage, camera="insta360") if known else footage


def _told(footage: Footage, frames: list[Rgb]) -> Camera:
    """The camera of the footage, its lenses where the footage has them, sized to the frames."""
    if footage.camera != AUTO:
        return _placed(footage, find_camera(footage.camera), frames[0])
    fitting = []
    for preset in CAMERAS.values():
        try:
            fitting.append(_placed(footage, preset(), frames[0]))
        except CameraError:
            continue
    if not fitting:
        height, width = frames[0].shape[:2]
        raise CameraError(f"no camera known has frames of {width}x{height}; give --camera FILE.pto")
    return min(fitting, key=lambda camera: grey_levels(camera, frames[:2]))


def _placed(footage: Footage, camera: Camera, frame: Rgb) -> Camera:
    camera = camera.scaled(*frame.shape[:2])
    if not footage.swap:
        return camera.with_pictures_turned(*footage.quarters)
    return camera.with_pictures_turned(*footage.quarters[::-1]).swapped()


def _refined(footage: Footage, camera: Camera, frames: list[Rgb]) -> Calibration | None:
    if footage.calibrate:
        return calibrate(camera, frames)
    if footage.camera != AUTO:
        return None
    try:
        result = calibrate(camera, frames)
    except CameraError:  # nothing to hold on to at the seam: the preset has to do
        return None
    better = np.nan_to_num(result.after.rms_deg, nan=np.inf) < result.before.rms_deg
    return result if better else None
