"""Small widgets that lie over the picture: messages, labels, facts, keys, and the wipe's handle."""

from __future__ import annotations

from html import escape
from itertools import zip_longest

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from viewer.desktop.commands import key_table

SHADE = "background: rgba(20, 20, 24, 210); color: #f2f2f2; border-radius: 6px; padding: 6px 10px;"
MESSAGE_MS = 4000
COLUMNS = 3
CELL = "<td style='padding-left: 14px'><b>{}</b></td><td style='padding-left: 8px'>{}</td>"
ABOVE = 60  # pixels of play controls below a message


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
        self._area = parent.size()

    def tell(self, text: str, stays: bool = False) -> None:
        self.say(text)
        self.place(self._area)
        self.raise_()
        if stays:
            self._timer.stop()
        else:
            self._timer.start()

    def place(self, area: QSize) -> None:
        self._area = area
        if not self.text():
            return
        words = self.fontMetrics().boundingRect(0, 0, 10000, 10000, 0, self.text()).width()
        self.setFixedWidth(max(min(area.width() - 40, words + 32), 1))
        self.setFixedHeight(self.heightForWidth(self.width()))
        self.move((area.width() - self.width()) // 2, area.height() - self.height() - ABOVE)


class Help(Label):
    """All keys."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        cells = [CELL.format(escape(keys), escape(text)) for keys, text in key_table()]
        rows = -(-len(cells) // COLUMNS)
        columns = [cells[i : i + rows] for i in range(0, len(cells), rows)]
        lines = "".join(f"<tr>{''.join(row)}</tr>" for row in zip_longest(*columns, fillvalue=""))
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText(f"<table cellspacing=0 cellpadding=1>{lines}</table>")
        self.adjustSize()

    def place(self, area: QSize) -> None:
        left, top = (area.width() - self.width()) // 2, (area.height() - self.height()) // 2
        self.move(max(left, 0), max(top, 0))


class WipeHandle(QWidget):
    """The line between A and B, to be dragged."""

    dragged = Signal(float)
    WIDTH = 11

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._area = parent.size()
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.hide()

    def place(self, area: QSize, share: float) -> None:
        """Stand at a share of an area's width."""
        self._area = area
        left = round(area.width() * share) - self.WIDTH // 2
        self.setGeometry(left, 0, self.WIDTH, area.height())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            x = self.x() + event.position().x()
            self.dragged.emit(min(max(x / max(self._area.width(), 1), 0.0), 1.0))

    def paintEvent(self, _: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        middle = self.WIDTH // 2
        painter.fillRect(middle - 1, 0, 3, self.height(), Qt.GlobalColor.white)
        painter.fillRect(0, self.height() // 2 - 18, self.WIDTH, 36, Qt.GlobalColor.white)
        painter.end()


class Sides:
    """What says which side is A and which is B: two names, and the line of a wipe."""

    def __init__(self, parent: QWidget) -> None:
        self.wipe = WipeHandle(parent)
        self.label_a, self.label_b = Label(parent), Label(parent)
        self._width = parent.width()

    def show_names(self, a: str, b: str) -> None:
        self.label_a.say(a)
        self.label_b.say(b)

    def rename_b(self, name: str) -> None:
        """Another name for side B, where it has one."""
        if self.label_b.isVisible() and name != self.label_b.text():
            self.label_b.say(name)
            self._place_labels()

    def hide(self) -> None:
        self.show_names("", "")
        self.wipe.hide()

    def place(self, area: QSize, share: float) -> None:
        """Over an area, the line at a share of its width."""
        self._width = area.width()
        self.wipe.place(area, share)
        self._place_labels()

    def _place_labels(self) -> None:
        self.label_a.move(12, 12)
        self.label_b.move(self._width - self.label_b.width() - 12, 12)
