"""A path of views through a film: keyframes of yaw, pitch and field of view along time.

Convention: between keyframes each quantity follows a monotone cubic (Fritsch and Carlson, 1980), so
that nothing overshoots a keyframe; yaw takes the shorter way round. Files hold degrees.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import degrees, radians
from pathlib import Path

from viewer.camera import Camera, wrap_angle
from vr360.errors import InputError, OutputError


@dataclass(frozen=True)
class Keyframe:
    """A view at a moment, seconds from the first frame."""

    time: float
    camera: Camera


@dataclass(frozen=True)
class Journey:
    """Keyframes in the order of time."""

    keyframes: tuple[Keyframe, ...] = ()

    def with_keyframe(self, time: float, camera: Camera, near: float = 0.0) -> Journey:
        """Add a keyframe; those within `near` seconds give way to it."""
        kept = [k for k in self.keyframes if abs(k.time - time) > near]
        return Journey(tuple(sorted([*kept, Keyframe(time, camera)], key=lambda k: k.time)))

    def without(self, time: float) -> Journey:
        """Remove the keyframe nearest to a time."""
        if not self.keyframes:
            return self
        nearest = min(self.keyframes, key=lambda k: abs(k.time - time))
        return Journey(tuple(k for k in self.keyframes if k is not nearest))

    def camera_at(self, time: float) -> Camera:
        """The view at a time; before the first and after the last keyframe it rests.

        Raises:
            ValueError: there are no keyframes.
        """
        if not self.keyframes:
            raise ValueError("a journey without keyframes has no views")
        times = [k.time for k in self.keyframes]
        yaw, pitch, fov = (_eased(times, values, time) for values in self._tracks())
        return Camera(yaw, pitch, 0.0, fov)

    def _tracks(self) -> tuple[list[float], list[float], list[float]]:
        yaws = [self.keyframes[0].camera.yaw]
        for before, after in pairwise(self.keyframes):
            yaws.append(yaws[-1] + wrap_angle(after.camera.yaw - before.camera.yaw))
        pitches = [k.camera.pitch for k in self.keyframes]
        return yaws, pitches, [k.camera.fov for k in self.keyframes]


def save_journey(path: Path, journey: Journey) -> None:
    """Write keyframes as JSON.

    Raises:
        OutputError: the file cannot be written.
    """
    rows = [
        {
            "time": k.time,
            "yaw_deg": round(degrees(k.camera.yaw), 4),
            "pitch_deg": round(degrees(k.camera.pitch), 4),
            "fov_deg": round(degrees(k.camera.fov), 4),
        }
        for k in journey.keyframes
    ]
    try:
        path.write_text(json.dumps({"view_path": rows}, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error


def load_journey(path: Path) -> Journey:
    """Read keyframes.

    Raises:
        InputError: missing, or not a view path.
    """
    try:
        rows = json.loads(path.read_text("utf-8"))["view_path"]
        frames = [_keyframe(row) for row in rows]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path}: is not a view path; it needs time, yaw_deg, pitch_deg and fov_deg "
            "of each keyframe, as `Save view path` writes them"
        ) from error
    return Journey(tuple(sorted(frames, key=lambda k: k.time)))


def _keyframe(row: dict[str, float]) -> Keyframe:
    angles = (radians(float(row[name])) for name in ("yaw_deg", "pitch_deg", "fov_deg"))
    yaw, pitch, fov = angles
    return Keyframe(float(row["time"]), Camera(yaw, pitch, 0.0, fov))


def _eased(times: list[float], values: list[float], time: float) -> float:
    """Monotone cubic through (times, values), constant outside."""
    after = bisect_right(times, time)
    if after == 0:
        return values[0]
    if after == len(times):
        return values[-1]
    span = times[after] - times[after - 1]
    t = (time - times[after - 1]) / span
    left, right = values[after - 1], values[after]
    out, into = (_slope(times, values, i) * span for i in (after - 1, after))
    blend = t * t * (3 - 2 * t)
    return left + (right - left) * blend + t * (1 - t) * ((1 - t) * out - t * into)


def _slope(times: list[float], values: list[float], i: int) -> float:
    """Harmonic mean of the slopes on both sides; level at the ends and at turning points."""
    if i in (0, len(times) - 1):
        return 0.0
    before = (values[i] - values[i - 1]) / (times[i] - times[i - 1])
    after = (values[i + 1] - values[i]) / (times[i + 1] - times[i])
    return 2 * before * after / (before + after) if before * after > 0 else 0.0
