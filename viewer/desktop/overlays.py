"""Small widgets that lie over the picture: messages, labels, facts, keys, and the wipe's handle."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from viewer.desktop.commands import key_table

SHADE = "background: rgba(20, 20, 24, 210); color: #f2f2f2; border-radius: 6px; padding: 6px 10px;"
MESSAGE_MS = 4000


class Label(QLabel):
    """Text on a dark ground that lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setStyleSheet(SHADE)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def say(self, text: str) -> None:
        """Show a text, or nothing."""
        if text != self.text():
            self.setText(text)
            self.adjustSize()
        self.setVisible(bool(text))


class Message(Label):
    """What just happened; an error stays until the next message."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self._timer = QTimer(self, singleShot=True, interval=MESSAGE_MS)
        self._timer.timeout.connect(self.hide)

    def tell(self, text: str, stays: bool = False) -> None:
        self.setMinimumWidth(min(self.parentWidget().width() - 40, 12 * len(text) + 40))
        self.say(text)
        self.adjustSize()
        self.place()
        self.raise_()
        if stays:
            self._timer.stop()
        else:
            self._timer.start()

    def place(self) -> None:
        self.move((self.parentWidget().width() - self.width()) // 2, 12)


class Help(Label):
    """All keys."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        rows = key_table()
        half = (len(rows) + 1) // 2
        pairs = [
            (rows[i], rows[i + half] if i + half < len(rows) else ("", "")) for i in range(half)
        ]
        lines = "".join(
            "<tr>" + "".join(f"<td><b>{escape(k)}</b></td><td>{escape(t)}</td>" for k, t in pair)
            for pair in pairs
        )
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText(f"<table cellspacing=0 cellpadding=1>{lines}</table>")
        self.adjustSize()

    def place(self) -> None:
        parent = self.parentWidget()
        left = max((parent.width() - self.width()) // 2, 0)
        self.move(left, max((parent.height() - self.height()) // 2, 0))


class WipeHandle(QWidget):
    """The line between A and B, to be dragged."""

    dragged = Signal(float)
    WIDTH = 11

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.hide()

    def place(self, share: float) -> None:
        """Stand at a share of the parent's width."""
        parent = self.parentWidget()
        left = round(parent.width() * share) - self.WIDTH // 2
        self.setGeometry(left, 0, self.WIDTH, parent.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            x = self.mapTo(self.parentWidget(), event.position().toPoint()).x()
            self.dragged.emit(min(max(x / self.parentWidget().width(), 0.0), 1.0))

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        middle = self.WIDTH // 2
        painter.fillRect(middle - 1, 0, 3, self.height(), Qt.GlobalColor.white)
        painter.fillRect(0, self.height() // 2 - 18, self.WIDTH, 36, Qt.GlobalColor.white)
        painter.end()
