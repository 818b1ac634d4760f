"""How a sphere is laid out for the net: spread over pictures to paint, gathered again.

    whole equirect     every convolution pads with the sphere itself
    extended equirect  the picture is continued over its edges, painted, cropped back
    cube               six equi-angular faces, each padded with its true neighbours

The first and the third are exact. The second is the classic way, for nets whose own padding cannot
be replaced and for sizes that the net's stride does not divide.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np

from pipeline.choices import CanvasKind, Padding
from pipeline.nets.net import NetGeometry
from pipeline.nets.surface import CubeFaces, ExtendedSphere, PlacesPixels, Sphere
from vr360.choices import chosen
from vr360.cubelayout import pack_faces, unpack_faces
from vr360.cubemap import FACES
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.padding import sphere_pad_rgb
from vr360.projections import CubeMap, Equirect
from vr360.sampling import Sampler, build_sampler
from vr360.sampling.padding import beyond_edges

LEAN = (0.03, 0.015)  # share of the pixel as far beyond the edge, from the edge inwards
FEWEST = 4  # of a net's coarsest features along a face's edge, below which its corners show
SMALLEST = 4  # of a net's multiples, the width of a sphere that is drawn smaller
FEATHER = 32  # pixels over which the two ends of an extended picture fade into each other


class Canvas(Protocol):
    """Lays one eye (H, W, 3), a whole equirect sphere, out for the net.

    `surface` is what the pictures of all eyes lie on, in the order that `spread` gives them.
    """

    surface: PlacesPixels

    def spread(self, eye: Rgb) -> list[Rgb]:
        """The pictures to paint."""

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        """The eye (H, W, 3) from its painted pictures."""


class WholeEquirect:
    """The eye as it is; H must divide by the net's stride and W by its multiple."""

    def __init__(self, eyes: int) -> None:
        self.surface: PlacesPixels = Sphere(together=eyes)

    def spread(self, eye: Rgb) -> list[Rgb]:
        return [eye]

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        return pictures[0]


class ExtendedEquirect:
    """The eye continued over its edges by the net's reach and a feather; of any even width.

    The method of the Berkeley 360° film. It also fits sizes that the net's stride does not divide:
    nothing that the net pads by itself survives the crop.
    """

    def __init__(self, height: int, width: int, eyes: int, net: NetGeometry) -> None:
        margin = -(-(net.reach + FEATHER) // net.stride) * net.stride
        self._height, self._width, self._spare = height, width, net.multiple
        self._margin = max(0, min(margin, (height - net.multiple) // net.stride * net.stride))
        self._total_height = 2 * self._margin + height + -height % net.stride
        self._total_width = 2 * self._margin + width + -width % net.multiple
        self.surface: PlacesPixels = ExtendedSphere(
            height, width, self._margin, self._total_height, self._total_width, together=eyes
        )

    def spread(self, eye: Rgb) -> list[Rgb]:
        spare = self._spare
        extended = sphere_pad_rgb(eye, self._margin + spare)[spare:, spare:]
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


class Cube:
    """Six equi-angular faces of the eye's angular resolution, padded by their true neighbours."""

    def __init__(
        self, height: int, width: int, eyes: int, net: NetGeometry, reduction: float = 1
    ) -> None:
        self._cube = CubeMap(face_size(width / reduction, net.stride))
        self._eye = Equirect(height, width)
        self.size, self._layout = self._cube.size, self._cube.layout
        self.surface: PlacesPixels = CubeFaces(together=len(FACES) * eyes)
        self._to_faces = build_sampler(self._eye, self._cube)

    @cached_property
    def _to_eye(self) -> Sampler:
        """Made when it is needed: of a large still it takes as much room as the painting itself."""
        return build_sampler(self._cube, self._eye)

    def spread(self, eye: Rgb) -> list[Rgb]:
        return list(unpack_faces(self._to_faces(eye), self._layout))

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        return self._to_eye(pack_faces(soften_rims(np.stack(pictures)), self._layout))


class Resized:
    """A canvas for the eye drawn larger or smaller than it is."""

    def __init__(self, inner: Canvas, eye: Equirect, drawn: Equirect) -> None:
        self.surface = inner.surface
        self._inner = inner
        self._there, self._back = build_sampler(eye, drawn), build_sampler(drawn, eye)

    def spread(self, eye: Rgb) -> list[Rgb]:
        return self._inner.spread(self._there(eye))

    def gather(self, pictures: Sequence[Rgb]) -> Rgb:
        return self._back(self._inner.gather(pictures))


def soften_rims(faces: Rgb) -> Rgb:
    """Let the first pixels on both sides of U's and D's edges lean towards each other.

    Strokes know up from down. Around the equator all faces agree where that is; U and D are turned
    against their neighbours, and no two directions of strokes meet without a step. This takes the
    step down to that between any two pixels, as the filters of video codecs do at their blocks.

    Args:
        faces: (6, S, S, 3) in the order F R B L U D.
    """
    lean = np.asarray(LEAN, np.float32)[:, None, None]
    depth = len(LEAN)
    soft = faces.copy()
    for edge, strip in enumerate(beyond_edges(faces, depth)):
        # Seen with the edge on top; R and L of U and D alone, whose neighbours are not turned.
        chosen = slice(None) if edge % 2 == 0 else slice(4, None)
        upright = np.rot90(strip[chosen], -edge, (1, 2))
        beyond = upright[:, ::-1].astype(np.float32)
        inside = np.rot90(faces[chosen], -edge, (1, 2))[:, :depth]
        rim = np.rot90(soft[chosen], -edge, (1, 2))[:, :depth]
        change = (lean * (beyond - inside)).round().astype(np.int16)
        rim += change.astype(faces.dtype)  # wraps back below zero
    return soft


def face_size(width: float, stride: int) -> int:
    """Side of the faces that show as many pixels a degree as an equirect picture of `width`.

    It is a multiple of the net's stride.
    """
    return max(stride, round(width / 4 / stride) * stride)


def check_layout(projection: str, padding: str) -> None:
    """Whether there are canvases of that kind.

    Raises:
        InputError: there are not.
    """
    layout = chosen(CanvasKind, projection, "--canvas"), chosen(Padding, padding, "--padding")
    if layout == (CanvasKind.CUBEMAP, Padding.WRAP):
        raise InputError(
            "--padding wrap is for --canvas equirect; faces of a cube are padded with their "
            "true neighbours"
        )


def choose_canvas(
    height: int,
    width: int,
    eyes: int,
    projection: str,
    padding: str,
    net: NetGeometry,
    reduction: float = 1,
) -> Canvas:
    """The canvas for `eyes` equirect spheres of (height, width).

    Args:
        reduction: how many times smaller they are drawn for the net. Its strokes are as many
            pixels long at any size, so in degrees they become so many times as long.
    """
    if projection == "auto":
        projection, _ = choose_projection(width / reduction, padding, net)
    if projection == "cubemap":
        return Cube(height, width, eyes, net, reduction)
    if reduction != 1:
        drawn = _reduced(height, width, reduction, net)
        inner = choose_canvas(*drawn, eyes, projection, padding, net)
        return Resized(inner, Equirect(height, width), Equirect(*drawn))
    if height % net.stride == 0 and width % net.multiple == 0 and padding == "sphere":
        return WholeEquirect(eyes)
    return ExtendedEquirect(height, width, eyes, net)


def _reduced(height: int, width: int, reduction: float, net: NetGeometry) -> tuple[int, int]:
    """An equirect size (height, width) so many times smaller that the net's stride divides."""
    columns = max(SMALLEST, round(width / reduction / net.multiple)) * net.multiple
    return max(1, round(height * columns / width / net.stride)) * net.stride, columns


def choose_projection(width: float, padding: str, net: NetGeometry) -> tuple[str, str]:
    """`equirect` or `cubemap` for eyes of that width, and why, for the user.

    A net may look further than a face is wide: each of its convolutions takes what lies beyond an
    edge from the face beside, so what comes from further away has come through that one.
    """
    if padding == "wrap":
        return "equirect", "the picture is continued over its edges, as asked for"
    size = face_size(width, net.stride)
    if size < FEWEST * net.stride:
        return "equirect", f"faces of {size} pixels would be too few for the net's stride"
    return "cubemap", f"six faces of {size} pixels; strokes keep their size at the poles"
