"""The widget that shows the sphere, and takes mouse and wheel."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QMouseEvent,
    QSurfaceFormat,
    QWheelEvent,
)
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from viewer.camera import Camera, Glide, Size
from viewer.composition import (
    Compare,
    Pass,
    Rectangle,
    compose,
    direction_at,
    eyes_that_exist,
    viewport_at,
)
from viewer.layout import Eyes, Layout, View
from viewer.opengl import GraphicsError, refusal
from viewer.pace import COARSER
from viewer.picture import Picture
from viewer.renderer import Look, Renderer
from vr360.errors import DisplayError
from vr360.frame import Rgb
from vr360.geometry import FULL_TURN, Array

Brush = Callable[[Array | None, bool], None]
MASK = "mask"  # slot of what the brush paints
NOTCH = 120  # of a wheel, in Qt's units
FLICK = 0.06  # seconds before letting go that decide the gliding speed
PATIENCE = 0.2  # seconds: a picture not painted by then is given up for newer ones
FASTEST = FULL_TURN / 2  # radians a second; a flick never makes the head spin


class Canvas(QOpenGLWidget):
    """Draws what it was given last.

    Attributes:
        camera, view, eyes, compare, wipe, orientation, lines: how; set them and call `update`.
        scale: below 1, draw fewer pixels and enlarge them.
        slots: names of side A and side B.
        overlay: slot with a heat map, or None; while there is a brush, its mask lies there instead.
        brush: takes the directions of the picture that the left button is drawn over, and whether
            Shift is held; None when it is let go. Without one the left button looks around.
        skipped: pictures of the film that were replaced before they were painted, while the window
            could be seen.
        failure: why nothing can be drawn, or an empty text.
    """

    looked = Signal()
    failed = Signal(str)
    dropped = Signal(Path)
    double_clicked = Signal()
    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.camera, self.view, self.eyes = Camera(), View.RECTILINEAR, Eyes.LEFT
        self.compare, self.wipe = Compare.A, 0.5
        self.orientation: Array | None = None
        self.lines = 0
        self.slots: list[str] = []
        self.overlay: str | None = None
        self.scale = 1.0
        self.brush: Brush | None = None
        self.skipped = 0
        self.failure = ""
        self.glide = Glide()
        self._renderer: Renderer | None = None
        self._pending: dict[str, tuple[Picture, Layout]] = {}
        self._layouts: dict[str, Layout] = {}
        self._gone: set[str] = set()
        self._given = 0.0
        self._grip: tuple[QPointF, Camera, Qt.MouseButton] | None = None
        self._painted_in: Rectangle | None = None
        self._trail: list[tuple[float, Camera]] = []
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setMinimumSize(320, 180)

    @property
    def pixels(self) -> Size:
        """(height, width) in device pixels."""
        ratio = self.devicePixelRatio()
        return round(self.height() * ratio), round(self.width() * ratio)

    @property
    def device(self) -> str:
        """Name of the graphics card."""
        return self._renderer.device if self._renderer is not None else ""

    @property
    def waiting(self) -> bool:
        """A picture of the film is about to be painted; another would push it out."""
        given = time.monotonic() - self._given < PATIENCE
        return "film" in self._pending and given and self._exposed

    @property
    def _exposed(self) -> bool:
        handle = self.window().windowHandle()
        return handle is not None and handle.isExposed()

    @property
    def look(self) -> Look:
        return Look(self.camera, self.view, self.orientation, self.lines)

    @property
    def layout_on_show(self) -> Layout:
        """Of side B, or of the one picture there is."""
        return self._layouts.get(self.slots[-1], Layout()) if self.slots else Layout()

    def show_picture(self, slot: str, picture: Picture, layout: Layout) -> None:
        waiting = self._pending.get(slot)
        if waiting is not None and waiting[0] is not picture:
            self.skipped += slot == "film" and self._exposed
        self._given = time.monotonic()
        self._pending[slot] = (picture, layout)
        self._layouts[slot] = layout
        self._gone.discard(slot)
        self.update()

    def forget(self, slot: str) -> None:
        self._pending.pop(slot, None)
        self._layouts.pop(slot, None)
        self._gone.add(slot)
        self.update()

    def turn_to(self, camera: Camera) -> None:
        self.camera = camera
        self.looked.emit()
        self.update()

    def glide_on(self, seconds: float) -> None:
        """Let a flick carry the view on."""
        if self.glide.resting or self._grip is not None:
            return
        camera, self.glide = self.glide.step(self.camera, seconds)
        self.turn_to(camera)

    def warm_up(self) -> None:
        """Get ready to draw coarser: about a tenth of a second, to spend while nothing plays."""
        if self._renderer is None or not self._layouts:
            return
        small = round(self.pixels[0] * COARSER), round(self.pixels[1] * COARSER)
        self.makeCurrent()
        try:
            self._upload()
            self._renderer.warm_up(self._passes(small), self.look, small, self.pixels)
        except GraphicsError as error:
            self._fail(refusal(error))
        self.doneCurrent()

    def render_image(self, size: Size | None = None) -> Rgb:
        """(height, width, 3) uint8 of what is shown, drawn aside.

        Raises:
            DisplayError: nothing can be drawn.
        """
        size = size or self.pixels
        if self._renderer is None:
            raise DisplayError(self.failure or "the window has not been drawn yet")
        self.makeCurrent()
        try:
            self._upload()
            return self._renderer.image(self._passes(size), self.look, size)
        except GraphicsError as error:
            raise DisplayError(refusal(error)) from error
        finally:
            self.doneCurrent()

    def release(self) -> None:
        """Free what is on the graphics card, while there is still a context."""
        if self._renderer is not None:
            self.makeCurrent()
            self._renderer.close()
            self._renderer = None
            self.doneCurrent()

    def initializeGL(self) -> None:  # noqa: N802
        try:
            self._renderer = Renderer()
        except (DisplayError, GraphicsError) as error:
            self._fail(str(error))

    def paintGL(self) -> None:  # noqa: N802
        if self._renderer is None:
            return
        try:
            self._upload()
            self._draw(self._renderer)
        except GraphicsError as error:
            self._fail(refusal(error))

    def _draw(self, renderer: Renderer) -> None:
        height, width = self.pixels
        if self.scale == 1.0:
            renderer.draw(self._passes(self.pixels), self.look)
            return
        size = round(height * self.scale), round(width * self.scale)
        renderer.draw_enlarged(self._passes(size), self.look, size, self.pixels)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self.brush is not None:
            self._paint(self.brush, event)
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._grip = (event.position(), self.camera, event.button())
            self._trail = [(time.monotonic(), self.camera)]
            self.glide = Glide()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.moved.emit()
        left = Qt.MouseButton.LeftButton
        turns = self._grip is not None and self._grip[2] == left
        if self.brush is not None and event.buttons() & left and not turns:
            self._paint(self.brush, event)
        if self._grip is None:
            return
        start, camera, _ = self._grip
        self.turn_to(self._dragged(camera, start, event.position()))
        self._trail.append((time.monotonic(), self.camera))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self.brush is not None:
            self.brush(None, False)
        if self._grip is not None and self._grip[2] == event.button():
            self._grip = None
            self.glide = _speed_of(self._trail, time.monotonic())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self.brush is not None:
            self._paint(self.brush, event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._grip = None
            self.double_clicked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.turn_to(self.camera.zoomed(event.angleDelta().y() / NOTCH))
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if _local_files(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        event.acceptProposedAction()
        for path in _local_files(event)[:1]:
            self.dropped.emit(path)

    def _paint(self, brush: Brush, event: QMouseEvent) -> None:
        place, size = event.position(), (self.height(), self.width())
        area = viewport_at((place.x(), place.y()), size[0], self._passes(size))
        if area != self._painted_in:  # no streak from one view into the next
            brush(None, False)
        self._painted_in = area
        seen = None if area is None else self._seen_at(place, area)
        brush(seen, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def _seen_at(self, place: QPointF, area: Rectangle) -> Array | None:
        """The direction of the picture in a view that lies there."""
        left, bottom, width, height = area
        point = place.x() - left, place.y() - (self.height() - bottom - height)
        seen = direction_at(point, (height, width), self.camera, self.view)
        return seen if seen is None or self.orientation is None else self.orientation @ seen

    def _dragged(self, camera: Camera, start: QPointF, end: QPointF) -> Camera:
        way = end - start
        if self.view is View.RECTILINEAR:
            size = (self.height(), self.width())
            return camera.dragged((start.x(), start.y()), (end.x(), end.y()), size)
        turn = -way.x() / self.width() * FULL_TURN
        tilt = 0.0 if self.view is View.FLAT else way.y() / self.width() * FULL_TURN
        return camera.turned(turn, tilt)

    def _passes(self, size: Size) -> list[Pass]:
        if not self.slots:
            return []
        eyes = eyes_that_exist(self.layout_on_show.stereo, self.eyes)
        overlay = self.overlay if self.brush is None else MASK
        shown = overlay if overlay in self._layouts else None
        return compose(size, self.slots, self.compare, self.wipe, eyes, shown)

    def _upload(self) -> None:
        assert self._renderer is not None
        for slot in self._gone:
            self._renderer.forget(slot)
        for slot, (picture, layout) in self._pending.items():
            self._renderer.upload(slot, picture, layout)
        self._gone.clear()
        self._pending.clear()

    def _fail(self, reason: str) -> None:
        if not self.failure:
            self.failure = reason
            self.failed.emit(reason)


def surface_format() -> QSurfaceFormat:
    """What to ask of the display: OpenGL 3.3 core, no buffers that are not used."""
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setDepthBufferSize(0)
    wanted.setStencilBufferSize(0)
    return wanted


def _local_files(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]


def _speed_of(trail: list[tuple[float, Camera]], now: float) -> Glide:
    """Turning speed over the last moments of a drag; none when the mouse rested before."""
    recent = [(when, camera) for when, camera in trail if now - when <= FLICK]
    if len(recent) < 2:
        return Glide()
    (begin, first), (_, last) = recent[0], recent[-1]
    seconds = max(now - begin, 1e-3)
    turn = (last.yaw - first.yaw + FULL_TURN / 2) % FULL_TURN - FULL_TURN / 2
    return Glide(_capped(turn / seconds), _capped((last.pitch - first.pitch) / seconds))


def _capped(speed: float) -> float:
    return min(max(speed, -FASTEST), FASTEST)
