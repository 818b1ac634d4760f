"""Planes of a picture as OpenGL textures: one set for each eye. Needs a current context."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from viewer.layout import Layout, eye_area
from viewer.opengl import GL
from viewer.picture import Picture, Plane
from vr360.cubelayout import GRIDS
from vr360.cubemap import FACES
from vr360.frame import Projection, Stereo

CHANNEL_FORMATS = {1: GL.GL_RED, 2: GL.GL_RG, 3: GL.GL_RGB, 4: GL.GL_RGBA}
STORED_FORMATS = {
    (1, 1): GL.GL_R8,
    (2, 1): GL.GL_RG8,
    (3, 1): GL.GL_RGB8,
    (4, 1): GL.GL_RGBA8,
    (1, 2): GL.GL_R16,
    (2, 2): GL.GL_RG16,
    (3, 2): GL.GL_RGB16,
    (4, 2): GL.GL_RGBA16,
}
CUBE_MAP_ORDER = "RLUDFB"  # +x, -x, +y, -y, and to the front what OpenGL calls +z
SAMPLE_TYPES = {1: GL.GL_UNSIGNED_BYTE, 2: GL.GL_UNSIGNED_SHORT}


@dataclass
class Texture:
    """One plane of one eye on the graphics card. Storage is kept while shape and type stay."""

    target: int
    wraps: bool
    name: int = 0
    shape: tuple[int, ...] = ()
    _faces: list[int] = field(default_factory=list)

    def bind(self, unit: int) -> None:
        GL.glActiveTexture(GL.GL_TEXTURE0 + unit)
        GL.glBindTexture(self.target, self.name)

    def store(self, parts: list[Plane], mipmaps: bool) -> None:
        """Upload one plane, or the six faces of one."""
        if not self.name:
            self._create()
        self.bind(0)
        targets = self._targets(len(parts))
        for target, part in zip(targets, parts, strict=True):
            _upload(target, part, fresh=self.shape != (*parts[0].shape, parts[0].itemsize))
        self.shape = (*parts[0].shape, parts[0].itemsize)
        if mipmaps:
            GL.glGenerateMipmap(self.target)
        smooth = GL.GL_LINEAR_MIPMAP_LINEAR if mipmaps else GL.GL_LINEAR
        GL.glTexParameteri(self.target, GL.GL_TEXTURE_MIN_FILTER, smooth)

    def delete(self) -> None:
        if self.name:
            GL.glDeleteTextures(1, [self.name])
        self.name, self.shape = 0, ()

    def _create(self) -> None:
        self.name = int(GL.glGenTextures(1))
        self.bind(0)
        edge = GL.GL_REPEAT if self.wraps else GL.GL_CLAMP_TO_EDGE
        for parameter, value in (
            (GL.GL_TEXTURE_WRAP_S, edge),
            (GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE),
            (GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR),
        ):
            GL.glTexParameteri(self.target, parameter, value)

    def _targets(self, count: int) -> list[int]:
        if self.target == GL.GL_TEXTURE_2D:
            return [GL.GL_TEXTURE_2D]
        return [GL.GL_TEXTURE_CUBE_MAP_POSITIVE_X + i for i in range(count)]


class EyeTextures:
    """All planes of a picture, split into its eyes (and those into cube faces).

    Attributes:
        largest: pixels a side that a texture may have; larger planes are scaled down to that.
    """

    def __init__(self, layout: Layout, largest: int) -> None:
        self.layout, self.largest = layout, largest
        self.eyes: list[list[Texture]] = []

    def upload(self, picture: Picture, mipmaps: bool) -> None:
        count = 1 if self.layout.stereo is Stereo.MONO else 2
        if [len(eye) for eye in self.eyes] != [len(picture.planes)] * count:
            self.delete()
            self.eyes = [[self._texture() for _ in picture.planes] for _ in range(count)]
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
        for eye, textures in enumerate(self.eyes):
            for texture, plane in zip(textures, picture.planes, strict=True):
                parts = [_fitted(part, self.largest) for part in self._parts(plane, eye)]
                texture.store(parts, mipmaps)

    def delete(self) -> None:
        for texture in (t for eye in self.eyes for t in eye):
            texture.delete()
        self.eyes = []

    def _texture(self) -> Texture:
        if self.layout.is_cube:
            return Texture(GL.GL_TEXTURE_CUBE_MAP, wraps=False)
        wraps = self.layout.projection is Projection.EQUIRECT and self.layout.window.width == 1.0
        return Texture(GL.GL_TEXTURE_2D, wraps)

    def _parts(self, plane: Plane, eye: int) -> Iterator[Plane]:
        area = plane[eye_area(self.layout.stereo, eye, plane.shape[0], plane.shape[1])]
        if not self.layout.is_cube:
            yield area
            return
        grid = GRIDS[self.layout.cube_layout(*area.shape[:2])]
        high, wide = area.shape[0] // grid.rows, area.shape[1] // grid.columns
        side = min(high, wide)
        for place in (grid.places[FACES.index(face)] for face in CUBE_MAP_ORDER):
            top, left = place.row * high, place.column * wide
            part = area[top : top + side, left : left + side]
            yield np.rot90(part, place.quarter_turns) if place.quarter_turns else part


def largest_texture(layout: Layout) -> int:
    """Pixels a side that the graphics card takes for a picture so laid out."""
    limit = GL.GL_MAX_CUBE_MAP_TEXTURE_SIZE if layout.is_cube else GL.GL_MAX_TEXTURE_SIZE
    return int(GL.glGetIntegerv(limit))


def _fitted(part: Plane, largest: int) -> Plane:
    height, width = part.shape[:2]
    if max(height, width) <= largest:
        return part
    scale = largest / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA))


def _upload(target: int, part: Plane, fresh: bool) -> None:
    """Copy an array to the bound texture without packing it first, where its rows allow."""
    channels = part.shape[2] if part.ndim == 3 else 1
    pixel = channels * part.itemsize
    if part.strides[1] != pixel or part.strides[0] <= 0 or part.strides[0] % pixel:
        part = np.ascontiguousarray(part)
    GL.glPixelStorei(GL.GL_UNPACK_ROW_LENGTH, part.strides[0] // pixel)
    height, width = part.shape[:2]
    data = ctypes.c_void_p(part.ctypes.data)
    form, kind = CHANNEL_FORMATS[channels], SAMPLE_TYPES[part.itemsize]
    if fresh:
        stored = STORED_FORMATS[channels, part.itemsize]
        GL.glTexImage2D(target, 0, stored, width, height, 0, form, kind, data)
    else:
        GL.glTexSubImage2D(target, 0, 0, 0, width, height, form, kind, data)
    GL.glPixelStorei(GL.GL_UNPACK_ROW_LENGTH, 0)
