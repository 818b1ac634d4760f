"""Two lenses side by side in one picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vr360.errors import CameraError
from vr360.fisheye.lens import Lens
from vr360.geometry import Array, rotation
from vr360.projections import BACK_LENS, FRONT_LENS

SHAPE_TOLERANCE = 0.01  # of the aspect ratio: rounding to even sides, no more


@dataclass(frozen=True)
class Camera:
    """A calibrated dual fisheye.

    Attributes:
        name: of the preset or file, for messages.
        height, width: of the picture that the lenses' pixels count in.
        lenses: the one in the left half of the picture, then the one in the right; `left` and
            `right` stay their names when their pictures are exchanged.
        source: where the numbers come from.
    """

    name: str
    height: int
    width: int
    lenses: tuple[Lens, Lens]
    source: str

    def scaled(self, height: int, width: int) -> Camera:
        """The same camera recording pictures of another size.

        Raises:
            CameraError: the picture has not the shape of this camera's.
        """
        if abs(width / height * self.height / self.width - 1) > SHAPE_TOLERANCE:
            raise CameraError(
                f"{width}x{height} ({width / height:.2f}:1) is not the shape of {self.name}: "
                f"expected {self.width / self.height:.2f}:1, as {self.width}x{self.height}"
            )
        lenses = tuple(lens.scaled(height / self.height) for lens in self.lenses)
        return replace(self, height=height, width=width, lenses=(lenses[0], lenses[1]))

    def swapped(self) -> Camera:
        """For footage with the two lens pictures exchanged; the lenses keep their order."""
        left, right = self.lenses
        half = self.width / 2
        return replace(self, lenses=(left.moved(half), right.moved(-half)))

    def with_pictures_turned(self, left: int, right: int) -> Camera:
        """For footage whose lens pictures are turned clockwise in place, by quarter turns each."""
        lenses = tuple(
            lens.turned(quarters, self._middle(side))
            for side, (lens, quarters) in enumerate(zip(self.lenses, (left, right), strict=True))
        )
        return replace(self, lenses=(lenses[0], lenses[1]))

    def _middle(self, side: int) -> tuple[float, float]:
        """Centre of a half of the picture; both halves are as high as the lens pictures."""
        square = min(self.height, self.width / 2)
        return self.width / 4 * (1 + 2 * side) - 0.5, square / 2 - 0.5

    @property
    def seam_frame(self) -> Array:
        """(3, 3) rotation whose -z axis is the mean axis of the two lenses, the left one forward.

        In that frame the seam lies about the equator that separates z < 0 from z > 0.
        """
        back = -(self.lenses[0].axis - self.lenses[1].axis)
        back = back / np.linalg.norm(back)
        right = np.cross(self._up(back), back)
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(back, right), back], axis=1)

    def _up(self, back: Array) -> Array:
        """The camera's own up; where the lenses look up and down, its forward."""
        return np.array([0.0, 1.0, 0.0]) if abs(back[1]) < 0.9 else np.array([0.0, 0.0, -1.0])


def ideal_camera(
    name: str,
    height: int,
    width: int,
    fov: float,
    focal: float,
    source: str,
    circle: float | None = None,
    back_turn: tuple[float, float, float] = (np.pi, 0.0, 0.0),
) -> Camera:
    """Two equidistant lenses, centred in the halves of the picture as in a `DualFisheye`.

    Args:
        fov: radians that each lens sees.
        focal: pixels a radian.
        circle: radius in pixels of what a lens paints; by default `fov` decides.
        back_turn: of the back lens; the front lens is the camera's own direction.
    """
    turns = {FRONT_LENS: (0.0, 0.0, 0.0), BACK_LENS: back_turn}
    side = min(height, width / 2)
    radius = circle or fov / 2 * focal + 0.5

    def lens(index: int) -> Lens:
        left = index * width / 2
        centre = (left + width / 4 - 0.5, side / 2 - 0.5)
        box = (left, left + width / 2, 0.0, float(side))
        unit = min(height, width) / 2
        turn = turns[index]
        return Lens(focal, centre, unit, fov, turn, circle=(*centre, radius), box=box)

    return Camera(name, height, width, (lens(0), lens(1)), source)


def level(yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Array:
    """(3, 3) from the camera's directions to the film's, for a camera that was held at such angles.

    A camera that was pitched up or rolled clockwise gets its horizon back. Degrees, as typed.
    """
    return rotation(*np.radians([yaw_deg, pitch_deg, roll_deg]))
