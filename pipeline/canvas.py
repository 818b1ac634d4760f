"""How a sphere is laid out for the net: spread over pictures to paint, gathered again.

    whole equirect     every convolution pads with the sphere itself
    extended equirect  the picture is continued over its edges, painted, cropped back
    cube               six equi-angular faces, each padded with its true neighbours
    wide cube          six faces rendered wider, blended over their overlap

The first and the third are exact; the second and the fourth are the classic ways, for nets whose
own padding cannot be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipeline.nets.stylenet import MULTIPLE, STRIDE
from pipeline.nets.surface import ExtendedSphere, Sphere, Surface
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.padding import sphere_pad_rgb

PROJECTIONS = ("auto", "equirect", "cubemap")
PADDINGS = ("sphere", "wrap")
FEATHER = 32  # pixels over which the two ends of an extended picture fade into each other


class Canvas(Protocol):
    """Lays one eye (H, W, 3), a whole equirect sphere, out for the net.

    `surface` is what the pictures of all eyes lie on, in the order that `spread` gives them.
    """

    surface: Surface

    def spread(self, eye: Rgb) -> list[Rgb]:
        """The pictures to paint."""

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        """The eye (H, W, 3) from its painted pictures."""


class WholeEquirect:
    """The eye as it is; H must be a multiple of `STRIDE` and W of `MULTIPLE`."""

    def __init__(self, eyes: int) -> None:
        self.surface: Surface = Sphere(together=eyes)

    def spread(self, eye: Rgb) -> list[Rgb]:
        return [eye]

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        return pictures[0]


class ExtendedEquirect:
    """The eye continued over its edges by the net's reach and a feather; of any even width.

    The method of the Berkeley 360° film. It also fits sizes that the net's stride does not divide:
    nothing that the net pads by itself survives the crop.
    """

    def __init__(self, height: int, width: int, eyes: int, reach: int) -> None:
        margin = -(-(reach + FEATHER) // STRIDE) * STRIDE
        self._height, self._width = height, width
        self._margin = min(margin, (height - MULTIPLE) // STRIDE * STRIDE)
        self._total_height = 2 * self._margin + height + -height % STRIDE
        self._total_width = 2 * self._margin + width + -width % MULTIPLE
        self.surface: Surface = ExtendedSphere(
            height, width, self._margin, self._total_height, self._total_width, together=eyes
        )

    def spread(self, eye: Rgb) -> list[Rgb]:
        extended = sphere_pad_rgb(eye, self._margin + MULTIPLE)[MULTIPLE:, MULTIPLE:]
        return [extended[: self._total_height, : self._total_width]]

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        rows = pictures[0][self._margin : self._margin + self._height]
        end = self._margin + self._width
        return _join_at_seam(rows[:, self._margin : end], rows[:, end:])


def _join_at_seam(painted: Rgb, beyond: Rgb) -> Rgb:
    """Begin with what was painted beyond the right edge and fade into `painted`.

    Where the stride does not divide the width, the two differ a little: the net's blocks fall
    elsewhere. The fade leaves no step at ±180°.
    """
    feather = min(FEATHER, beyond.shape[1])
    ramp = ((np.arange(feather) + 0.5) / feather)[:, None]
    begin = beyond[:, :feather] * (1 - ramp) + painted[:, :feather] * ramp
    if np.issubdtype(painted.dtype, np.integer):
        begin = begin.round()
    return np.concatenate([begin.astype(painted.dtype), painted[:, feather:]], axis=1)


def check_layout(projection: str, padding: str) -> None:
    """Whether there are canvases of that kind.

    Raises:
        InputError: there are not.
    """
    if projection not in PROJECTIONS:
        raise InputError(f"--projection {projection}: one of {', '.join(PROJECTIONS)}")
    if padding not in PADDINGS:
        raise InputError(f"--padding {padding}: one of {', '.join(PADDINGS)}")


def choose_canvas(
    height: int, width: int, eyes: int, projection: str, padding: str, reach: int
) -> Canvas:
    """The canvas for `eyes` equirect spheres of (height, width)."""
    if height % STRIDE == 0 and width % MULTIPLE == 0 and padding == "sphere":
        return WholeEquirect(eyes)
    return ExtendedEquirect(height, width, eyes, reach)
