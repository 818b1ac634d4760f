"""What spherical metadata says: the one model that every reader and writer maps to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.window import BOUND_STEPS as BOUND_STEPS
from vr360.window import FRONT_HALF as FRONT_HALF
from vr360.window import FULL as FULL
from vr360.window import QUARTER as QUARTER
from vr360.window import Bounds as Bounds
from vr360.window import in_range

POSE_STEPS = 1 << 16
LONGEST_NAME = 1000
SMALLEST_BOUND = 1e-6
USUAL_LENS = 190.0  # degrees; consumer cameras lie between 185 and 200

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class SphericalMetadata:
    """How the picture lies on the sphere, checked on construction.

    Args:
        projection: `half-equirect` is `equirect` with a quarter left out at left and right; the
            two spellings give equal objects.
        stereo: how the eyes lie on the picture.
        yaw, pitch, roll: pose of the sphere in degrees, within ±180, ±90, ±180, held in steps of
            2^-16 degree; -180 is stored as 180.
        bounds: the part of the sphere that the picture of one eye leaves out; equirect only.
        lens_fov: field of view of each fisheye lens in degrees, 180 to 280, held in hundredths;
            dual-fisheye only, 190 where it is not given.
        software: who made the picture; provenance, so it does not take part in comparisons.

    Raises:
        MetadataError: a value that is no number, is out of range, or does not fit the projection.

    Source: Spherical Video V2 RFC of google/spatial-media.
    """

    projection: Projection = Projection.EQUIRECT
    stereo: Stereo = Stereo.MONO
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    bounds: Bounds = FULL
    lens_fov: float = 0.0
    software: str = field(default="vr360", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "projection", _member(Projection, self.projection))
        if self.projection is Projection.EQUI_ANGULAR:
            raise MetadataError("no metadata names an equi-angular cube map; convert it first")
        object.__setattr__(self, "stereo", _member(Stereo, self.stereo))
        object.__setattr__(self, "yaw", _angle("yaw", self.yaw, 180.0))
        object.__setattr__(self, "pitch", _angle("pitch", self.pitch, 90.0))
        object.__setattr__(self, "roll", _angle("roll", self.roll, 180.0))
        _check_software(self.software)
        self._settle_bounds()
        self._settle_lenses()

    def _settle_bounds(self) -> None:
        sides = (self.bounds.left, self.bounds.right)
        if self.projection is Projection.HALF_EQUIRECT and sides == (0.0, 0.0):
            half = Bounds(self.bounds.top, self.bounds.bottom, QUARTER, QUARTER)
            object.__setattr__(self, "bounds", half)
        elif self.projection is Projection.EQUIRECT and sides == (QUARTER, QUARTER):
            object.__setattr__(self, "projection", Projection.HALF_EQUIRECT)
        elif self.projection is Projection.HALF_EQUIRECT and sides != (QUARTER, QUARTER):
            raise MetadataError("half-equirect leaves out exactly a quarter at left and right")
        if not self.is_equirect and self.bounds != FULL:
            raise MetadataError(f"a crop can be given for equirect only, not for {self.projection}")

    def _settle_lenses(self) -> None:
        if self.projection is not Projection.DUAL_FISHEYE:
            if self.lens_fov:
                raise MetadataError(f"{self.projection} has no lenses, so no lens_fov")
            return
        fov = in_range("lens_fov", self.lens_fov or USUAL_LENS, 180.0, 280.0)
        object.__setattr__(self, "lens_fov", round(fov * 100) / 100)
        if self.stereo is not Stereo.MONO:
            raise MetadataError("dual-fisheye is mono: its two circles are front and back")

    @property
    def is_equirect(self) -> bool:
        """Whole or half: the picture is a window of an equirect one."""
        return self.projection in (Projection.EQUIRECT, Projection.HALF_EQUIRECT)

    @property
    def posed(self) -> bool:
        return (self.yaw, self.pitch, self.roll) != (0.0, 0.0, 0.0)

    def differences(self, other: SphericalMetadata, pixel: float = 0.0) -> list[str]:
        """Names of the values in which the two differ by a whole degree, or by two pixels.

        V1 holds whole degrees and whole pixels, so less than that is no disagreement.

        Args:
            pixel: as a fraction of the picture of one eye.
        """
        names = [n for n in ("projection", "stereo") if getattr(self, n) != getattr(other, n)]
        for name in ("yaw", "pitch", "roll"):
            turn = abs(getattr(self, name) - getattr(other, name))
            if min(turn, 360.0 - turn) >= 1.0:
                names.append(name)
        if abs(self.lens_fov - other.lens_fov) >= 1.0:
            names.append("lens_fov")
        pairs = zip(_sides(self.bounds), _sides(other.bounds), strict=True)
        if any(abs(a - b) > max(2 * pixel, SMALLEST_BOUND) for a, b in pairs):
            names.append("bounds")
        return names

    def describe(self) -> str:
        """A line for people: `half-equirect, left-right, yaw 10.5°`."""
        parts = [str(self.projection), STEREO_WORDS[self.stereo]]
        for name in ("yaw", "pitch", "roll"):
            if getattr(self, name):
                parts.append(f"{name} {getattr(self, name):.6g}°")
        if self.lens_fov:
            parts.append(f"lenses of {self.lens_fov:g}°")
        if self.bounds not in (FULL, FRONT_HALF):
            sides = ", ".join(f"{v:.6g}" for v in _sides(self.bounds))
            parts.append(f"leaves out {sides} (top, bottom, left, right)")
        return ", ".join(parts)


STEREO_WORDS = {
    Stereo.MONO: "mono",
    Stereo.TOP_BOTTOM: "top-bottom",
    Stereo.LEFT_RIGHT: "left-right",
    Stereo.RIGHT_LEFT: "right-left",
}


@dataclass(frozen=True)
class Ambisonic:
    """What an SA3D box says: ambisonic audio, ACN channel order, SN3D normalisation.

    Args:
        order: 1 to 3; the track has (order + 1)² channels, two more with head-locked stereo.
        head_locked: two channels of stereo that do not turn with the head.
        channel_map: which ACN component lies in which channel.
    """

    order: int
    head_locked: bool = False
    channel_map: tuple[int, ...] = ()

    @property
    def channels(self) -> int:
        return (self.order + 1) ** 2 + 2 * self.head_locked


def _sides(bounds: Bounds) -> tuple[float, float, float, float]:
    return bounds.top, bounds.bottom, bounds.left, bounds.right


def _member(kind: type[E], value: str) -> E:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(kind)
        raise MetadataError(
            f"{value!r} is no {kind.__name__.lower()}; use one of {known}"
        ) from None


def _angle(name: str, value: object, limit: float) -> float:
    steps = round(in_range(name, value, -limit, limit) * POSE_STEPS)
    if steps == -180 * POSE_STEPS:
        steps = -steps
    return steps / POSE_STEPS


def _check_software(text: str) -> None:
    legal = all(c.isprintable() for c in text)  # neither XML nor a NUL-ended string holds others
    if not text or len(text) > LONGEST_NAME or not legal:
        raise MetadataError(f"the software name must be 1 to {LONGEST_NAME} printable characters")
