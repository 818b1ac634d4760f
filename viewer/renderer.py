"""Draw pictures on the sphere with OpenGL 3.3 core, one specialised shader per combination.

The screen is ray-cast: a direction for each pixel, then its place in the picture. No sphere mesh,
whose segments star at the poles. A general shader with branches costs three times as much on a
software rasteriser, so projection, view and pixel format are compiled in. Wrapping at +-180 degrees
is the texture's; no texture coordinate is ever differentiated, so there is no line at the seam.

Every method needs the context current in which the renderer was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.camera import Camera, Size
from viewer.composition import Pass, reach, view_matrix
from viewer.layout import Layout, View
from viewer.opengl import GL, check_version
from viewer.picture import Picture, Pixels, with_paired_chroma
from viewer.textures import EyeTextures, largest_texture
from vr360.frame import Projection, Rgb
from vr360.geometry import HALF_TURN, Array
from vr360.media.hdr import HLG, PQ
from vr360.media.tonemap import peak_of
from vr360.spherical.model import FULL

SEAM, POLES, GRID, HORIZON = 1, 2, 4, 8
SOFTWARE = ("llvmpipe", "softpipe", "SwiftShader")
MIPMAPS_FROM = 1.5  # texels of the picture on one of the screen: below, linear filtering suffices


@dataclass(frozen=True)
class Look:
    """Where the camera looks, how, and which lines are drawn over it.

    Attributes:
        orientation: (3, 3) rotation from the world to the picture; None leaves it as it is.
        lines: sum of `SEAM`, `POLES`, `GRID`, `HORIZON`.
    """

    camera: Camera = field(default_factory=Camera)
    view: View = View.RECTILINEAR
    orientation: Array | None = None
    lines: int = 0

    @property
    def to_picture(self) -> Array:
        """(3, 3) from the axes of the view to the picture's."""
        to_world = view_matrix(self.camera, self.view)
        return to_world if self.orientation is None else self.orientation @ to_world


@dataclass
class _Slot:
    """A picture on the graphics card."""

    textures: EyeTextures
    picture: Picture | None = None
    mipmaps: bool = False


Variant = tuple[Projection, View, Pixels, bool, bool, int, bool, str]
CURVES = {PQ: "PQ", HLG: "HLG"}


class Renderer:
    """Pictures by slot name, and the shaders that show them.

    Raises:
        DisplayError: the current context is older than OpenGL 3.3.
    """

    def __init__(self) -> None:
        self.device = check_version()
        self._on_the_processor = self.device.startswith(SOFTWARE)
        self._slots: dict[str, _Slot] = {}
        self._programs: dict[Variant, _Program] = {}
        self._vertices = GL.glGenVertexArrays(1)
        GL.glEnable(GL.GL_TEXTURE_CUBE_MAP_SEAMLESS)

    def upload(self, name: str, picture: Picture, layout: Layout) -> None:
        """Put a picture into a slot; a layout that changes makes the slot anew."""
        slot = self._slots.get(name)
        if slot is None or slot.textures.layout != layout:
            self.forget(name)
            textures = EyeTextures(layout, largest_texture(layout))
            slot = self._slots[name] = _Slot(textures)
        if self._on_the_processor:  # where looking up is what drawing costs
            picture = with_paired_chroma(picture)
        slot.picture = picture
        slot.textures.upload(picture, slot.mipmaps)

    def forget(self, name: str) -> None:
        slot = self._slots.pop(name, None)
        if slot is not None:
            slot.textures.delete()

    def draw(self, passes: Sequence[Pass], look: Look) -> None:
        """Draw into the bound framebuffer. Slots that hold nothing stay black."""
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glDisable(GL.GL_SCISSOR_TEST)
        GL.glColorMask(True, True, True, True)
        GL.glClearColor(0.0, 0.0, 0.0, 1.0)
        GL.glClear(GL.GL_COLOR_BUFFER_BIT)
        GL.glBindVertexArray(self._vertices)
        for each in passes:
            if each.slot in self._slots and min(each.cut[2:]) > 0:
                self._draw_pass(each, look)
        _leave_as_found()

    def draw_enlarged(self, passes: Sequence[Pass], look: Look, size: Size, full: Size) -> None:
        """Draw at `size` and enlarge it into the bound framebuffer, which is `full` large."""
        with _aside(size) as target:
            self.draw(passes, look)
            GL.glBindFramebuffer(GL.GL_DRAW_FRAMEBUFFER, target)
            source, goal = (0, 0, size[1], size[0]), (0, 0, full[1], full[0])
            GL.glBlitFramebuffer(*source, *goal, GL.GL_COLOR_BUFFER_BIT, GL.GL_LINEAR)

    def warm_up(self, passes: Sequence[Pass], look: Look, size: Size, full: Size) -> None:
        """Have the driver compile what `draw_enlarged` takes, before a film that plays needs it."""
        with _aside(full):
            self.draw_enlarged(passes, look, size, full)

    def image(self, passes: Sequence[Pass], look: Look, size: Size) -> Rgb:
        """Draw aside: (height, width, 3) uint8, whatever framebuffer is bound."""
        with _aside(size):
            self.draw(passes, look)
            return read_pixels(size)

    def close(self) -> None:
        for name in list(self._slots):
            self.forget(name)
        for program in self._programs.values():
            GL.glDeleteProgram(program.name)
        self._programs.clear()
        GL.glDeleteVertexArrays(1, [self._vertices])

    def _draw_pass(self, each: Pass, look: Look) -> None:
        slot = self._slots[each.slot]
        picture, layout = slot.picture, slot.textures.layout
        assert picture is not None
        eye = slot.textures.eyes[min(each.eye, len(slot.textures.eyes) - 1)]
        size = each.viewport[3], each.viewport[2]
        stored = eye[0].shape[0], eye[0].shape[1]
        texels = _texels_per_radian(layout, stored)
        self._choose_filter(slot, texels, look, size)
        lines = look.lines if not each.blend else 0
        part = layout.window != FULL
        picture_is = layout.projection, look.view, picture.pixels, layout.one_lens, part
        curve = CURVES[picture.hdr.transfer] if picture.hdr else ""
        program = self._program((*picture_is, lines, slot.mipmaps, curve))
        GL.glUseProgram(program.name)
        program.set_look(look, size)
        bias = float(np.log2(eye[-1].shape[0] / eye[0].shape[0]))
        program.set_picture(picture, layout, texels, bias, each.opacity)
        program.set_lens(layout, stored)
        for unit, texture in enumerate(eye):
            texture.bind(unit)
        _confine(each)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)

    def _choose_filter(self, slot: _Slot, texels: float, look: Look, size: Size) -> None:
        """Mipmaps where the picture is shown smaller than it is; they cost an upload."""
        half, _ = reach(look.camera, look.view, size)
        per_pixel = texels * half * 2 / size[1]  # in the middle of the view
        wanted = per_pixel > MIPMAPS_FROM
        if wanted != slot.mipmaps and slot.picture is not None:
            slot.mipmaps = wanted
            slot.textures.upload(slot.picture, wanted)

    def _program(self, variant: Variant) -> _Program:
        if variant not in self._programs:
            self._programs[variant] = _Program(*variant)
        return self._programs[variant]


class _Program:
    """One compiled combination."""

    def __init__(
        self,
        projection: Projection,
        view: View,
        pixels: Pixels,
        one_lens: bool,
        part: bool,
        lines: int,
        mipmaps: bool,
        curve: str,
    ) -> None:
        words = [f"VIEW_{view.name}", f"PROJECTION_{projection.name}", f"PIXELS_{pixels.name}"]
        words += ["ONE_LENS"] * one_lens + ["WINDOW"] * part + [curve] * bool(curve)
        words += [f"LINES {lines}"] * bool(lines) + ["MIPMAPS"] * mipmaps
        defines = "".join(f"#define {word}\n" for word in words)
        self.name = _link(
            _shader("screen.vert"), "#version 330 core\n" + defines + _shader("sphere.frag")
        )
        self._places: dict[str, int] = {}
        GL.glUseProgram(self.name)
        for unit in range(3):
            GL.glUniform1i(self._place(f"plane{unit}"), unit)

    def set_look(self, look: Look, size: Size) -> None:
        self._set_matrix("to_world", view_matrix(look.camera, look.view))
        self._set_matrix("to_picture", look.to_picture)
        GL.glUniform2f(self._place("reach"), *reach(look.camera, look.view, size))

    def set_picture(
        self, picture: Picture, layout: Layout, texels: float, chroma_bias: float, opacity: float
    ) -> None:
        self._set_matrix("samples_to_rgb", picture.to_rgb[:, :3])
        GL.glUniform3f(self._place("rgb_offset"), *picture.to_rgb[:, 3])
        GL.glUniform1f(self._place("opacity"), opacity)
        if picture.hdr:
            GL.glUniform1f(self._place("peak"), peak_of(picture.hdr))
        GL.glUniform1f(self._place("texels"), texels)
        GL.glUniform1f(self._place("chroma_bias"), chroma_bias)
        left_out = layout.window
        place = left_out.left, left_out.top, left_out.width, left_out.height
        GL.glUniform4f(self._place("window"), *place)

    def set_lens(self, layout: Layout, size: Size) -> None:
        """`size`: (height, width) of the eye's picture."""
        if layout.projection is not Projection.DUAL_FISHEYE:
            return
        GL.glUniform1f(self._place("lens_fov"), layout.lens_fov)
        turn = np.cos(layout.lens_roll), np.sin(layout.lens_roll)
        GL.glUniform2f(self._place("lens_turn"), *turn)
        GL.glUniform1f(self._place("front_lens"), layout.front_lens)
        height, width = size
        across, down = min(size) / width, min(size) / height
        GL.glUniform2f(self._place("lens_share"), across, down)

    def _set_matrix(self, name: str, matrix: NDArray[Any]) -> None:
        rows = np.ascontiguousarray(matrix, np.float32)
        GL.glUniformMatrix3fv(self._place(name), 1, True, rows)

    def _place(self, name: str) -> int:
        if name not in self._places:
            self._places[name] = GL.glGetUniformLocation(self.name, name)
        return self._places[name]


@contextmanager
def _aside(size: Size) -> Iterator[int]:
    """Bind a framebuffer of its own; yields the one that was, and is again afterwards, bound."""
    before = int(GL.glGetIntegerv(GL.GL_DRAW_FRAMEBUFFER_BINDING))
    frame, store = GL.glGenFramebuffers(1), GL.glGenRenderbuffers(1)
    GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, store)
    GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, GL.GL_RGBA8, size[1], size[0])
    GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, frame)
    GL.glFramebufferRenderbuffer(
        GL.GL_FRAMEBUFFER, GL.GL_COLOR_ATTACHMENT0, GL.GL_RENDERBUFFER, store
    )
    try:
        yield before
    finally:
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, before)
        GL.glDeleteFramebuffers(1, [frame])
        GL.glDeleteRenderbuffers(1, [store])


def read_pixels(size: Size) -> Rgb:
    """(height, width, 3) uint8 of the bound framebuffer, top row first."""
    height, width = size
    GL.glPixelStorei(GL.GL_PACK_ALIGNMENT, 1)
    data = GL.glReadPixels(0, 0, width, height, GL.GL_RGB, GL.GL_UNSIGNED_BYTE)
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)[::-1].copy()


def _texels_per_radian(layout: Layout, size: Size) -> float:
    height, width = size
    if layout.is_cube:
        return height / (HALF_TURN / 2)
    if layout.projection is Projection.DUAL_FISHEYE:
        return (min(height, width) if layout.one_lens else height) / layout.lens_fov
    return height / (HALF_TURN * layout.window.height)


def _confine(each: Pass) -> None:
    """Restrict what the next drawing may touch."""
    GL.glViewport(*each.viewport)
    GL.glEnable(GL.GL_SCISSOR_TEST)
    GL.glScissor(*each.cut)
    GL.glColorMask(*each.channels, True)
    if each.blend or each.opacity < 1:
        GL.glEnable(GL.GL_BLEND)
        GL.glBlendFuncSeparate(GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ZERO, GL.GL_ONE)
    else:
        GL.glDisable(GL.GL_BLEND)


def _leave_as_found() -> None:
    """Qt paints with the same context after us."""
    GL.glDisable(GL.GL_SCISSOR_TEST)
    GL.glDisable(GL.GL_BLEND)
    GL.glColorMask(True, True, True, True)
    GL.glUseProgram(0)
    GL.glActiveTexture(GL.GL_TEXTURE0)
    GL.glBindVertexArray(0)


def _shader(name: str) -> str:
    return files("viewer").joinpath("shaders", name).read_text("utf-8")


def _link(vertex: str, fragment: str) -> int:
    program = GL.glCreateProgram()
    for kind, source in ((GL.GL_VERTEX_SHADER, vertex), (GL.GL_FRAGMENT_SHADER, fragment)):
        shader = GL.glCreateShader(kind)
        GL.glShaderSource(shader, source)
        GL.glCompileShader(shader)
        if not GL.glGetShaderiv(shader, GL.GL_COMPILE_STATUS):
            raise ValueError(f"shader: {GL.glGetShaderInfoLog(shader)!r}\n{source}")
        GL.glAttachShader(program, shader)
        GL.glDeleteShader(shader)
    GL.glLinkProgram(program)
    if not GL.glGetProgramiv(program, GL.GL_LINK_STATUS):
        raise ValueError(f"shader program: {GL.glGetProgramInfoLog(program)!r}")
    return int(program)
