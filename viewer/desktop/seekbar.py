"""The bar along the film: position, in and out points, keyframes, thumbnails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from viewer.clock import Span, timecode
from vr360.frame import Rgb

TRACK = 6
MARGIN = 8


class SeekBar(QWidget):
    """Click or drag to seek; hover to see what is there.

    Attributes:
        thumbnail: gives the picture near a time, or None while there is none.
    """

    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnail: Callable[[float], Rgb | None] = lambda _: None
        self.duration, self.position = 0.0, 0.0
        self.span = Span()
        self.marks: Sequence[float] = ()
        self._hover: int | None = None
        self.popup = QLabel(self.window())
        self.popup.setStyleSheet("background: #141418; color: #f2f2f2; border: 1px solid #555;")
        self.popup.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.popup.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.popup.hide()
        self.setMouseTracking(True)
        self.setMinimumHeight(22)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def tell(self, position: float, duration: float, span: Span, marks: Sequence[float]) -> None:
        state = (position, duration, span, tuple(marks))
        if state != (self.position, self.duration, self.span, tuple(self.marks)):
            self.position, self.duration, self.span, self.marks = state
            self.update()
        if self._hover is not None:
            self._show_popup(self._hover)

    def time_at(self, x: float) -> float:
        share = (x - MARGIN) / max(self.width() - 2 * MARGIN, 1)
        return min(max(share, 0.0), 1.0) * self.duration

    def x_of(self, time: float) -> float:
        return MARGIN + time / max(self.duration, 1e-9) * (self.width() - 2 * MARGIN)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self.sought.emit(self.time_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._hover = event.position().toPoint().x()
        self._show_popup(self._hover)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.sought.emit(self.time_at(event.position().x()))

    def leaveEvent(self, _: object) -> None:  # noqa: N802
        self._hover = None
        self.popup.hide()

    def resizeEvent(self, _: object) -> None:  # noqa: N802
        self._hover = None  # the bar may have gone from under the cursor
        self.popup.hide()

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._bar(painter, 0.0, self.duration, "#55555c")
        self._bar(painter, self.span.start, self.span.stop(self.duration), "#77777f")
        self._bar(painter, self.span.start, max(self.position, self.span.start), "#e8a33d")
        painter.setBrush(QColor("#6cc7ff"))
        for mark in self.marks:
            painter.drawEllipse(QRectF(self.x_of(mark) - 3, 1, 6, 6))
        painter.setBrush(Qt.GlobalColor.white)
        centre = self.height() / 2
        painter.drawEllipse(QRectF(self.x_of(self.position) - 6, centre - 6, 12, 12))
        painter.end()

    def _bar(self, painter: QPainter, start: float, end: float, colour: str) -> None:
        painter.setBrush(QColor(colour))
        top = (self.height() - TRACK) / 2
        left, right = self.x_of(start), self.x_of(end)
        painter.drawRoundedRect(QRectF(left, top, max(right - left, 0), TRACK), 3, 3)

    def _show_popup(self, x: int) -> None:
        time = self.time_at(x)
        rgb = self.thumbnail(time)
        if rgb is None:
            self.popup.setPixmap(QPixmap())
            self.popup.setText(timecode(time))
        else:
            self.popup.setPixmap(_pixmap(rgb))
        self.popup.adjustSize()
        spot = self.mapTo(self.window(), QPoint(x - self.popup.width() // 2, 0))
        right = self.window().width() - self.popup.width()
        self.popup.move(min(max(spot.x(), 0), right), spot.y() - self.popup.height() - 6)
        self.popup.show()
        self.popup.raise_()


def _pixmap(rgb: Rgb) -> QPixmap:
    height, width = rgb.shape[:2]
    image = QImage(rgb.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)
