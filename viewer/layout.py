"""How the sphere and the eyes lie on a picture, and how the screen shows them.

Conventions:
    - Cube faces lie as `vr360.cubelayout` says.
    - Dual fisheye: as `vr360.projections.DualFisheye`, its halves exchanged where `swap_lenses`.
    - Half equirect covers 180 degrees of longitude around the front.
    - Layout tb: left eye on top. lr: left eye on the left. rl: left eye on the right.
    - What a picture leaves out of the sphere is black.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer.choices import Eyes as Eyes
from viewer.choices import View as View
from vr360.cubelayout import CubeLayout
from vr360.frame import Projection, Stereo
from vr360.geometry import HALF_TURN
from vr360.projections import BACK_LENS, FRONT_LENS
from vr360.spherical.model import FRONT_HALF, FULL, Bounds

SLACK = 0.02  # relative, of a shape: cameras pad their pictures a little


@dataclass(frozen=True)
class Layout:
    """Projection and stereo of a picture.

    Attributes:
        cube: how the faces of a cube lie; None: as the metadata or the picture's shape says.
        lens_fov: radians that the diameter of a fisheye circle spans.
        one_lens: of a dual fisheye there is one lens alone, which looks ahead; its circle spans the
            shorter side (`vr360.views.Fisheye`).
        lens_roll: radians that both lenses are turned clockwise.
        declared_cube: how the faces of a cube map lie by the file's metadata.
        bounds: what an equirect picture leaves out of the sphere, by the file's metadata.
    """

    projection: Projection = Projection.EQUIRECT
    stereo: Stereo = Stereo.MONO
    cube: CubeLayout | None = None
    swap_lenses: bool = False
    lens_fov: float = HALF_TURN
    one_lens: bool = False
    lens_roll: float = 0.0
    declared_cube: CubeLayout | None = None
    bounds: Bounds = FULL

    @property
    def is_cube(self) -> bool:
        return self.projection in (Projection.CUBEMAP, Projection.EQUI_ANGULAR)

    @property
    def front_lens(self) -> int:
        """The half of the picture, counted from the left, that shows the front."""
        return BACK_LENS if self.swap_lenses else FRONT_LENS

    def cube_layout(self, height: int, width: int) -> CubeLayout:
        """How the faces lie on the picture of one eye, of any scale."""
        usual = CubeLayout.EAC if self.projection is Projection.EQUI_ANGULAR else CubeLayout.C3X2
        if self.cube is not None:
            return self.cube
        if self.declared_cube is not None and self.projection is Projection.CUBEMAP:
            return self.declared_cube
        shapes = {CubeLayout.C6X1: 6.0, CubeLayout.CROSS: 4 / 3}
        ratio = width / height
        likely = [name for name, shape in shapes.items() if abs(ratio / shape - 1) < SLACK]
        return likely[0] if likely else usual

    @property
    def window(self) -> Bounds:
        """What the picture leaves out of a whole equirect one; `FULL` for other projections."""
        if self.projection is Projection.HALF_EQUIRECT:
            return replace(self.bounds, left=FRONT_HALF.left, right=FRONT_HALF.right)
        return self.bounds if self.projection is Projection.EQUIRECT else FULL


def eye_area(stereo: Stereo, eye: int, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of an eye (0 left, 1 right) in a picture or one of its planes."""
    if stereo is Stereo.MONO:
        return slice(0, height), slice(0, width)
    if stereo is Stereo.TOP_BOTTOM:
        half = height // 2
        return slice(eye * half, eye * half + half), slice(0, width)
    side = eye if stereo is Stereo.LEFT_RIGHT else 1 - eye
    half = width // 2
    return slice(0, height), slice(side * half, side * half + half)
