"""The bar of play controls at the foot of the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QStyle, QToolButton, QWidget

from viewer.clock import Span, timecode
from viewer.desktop.seekbar import SeekBar

HEIGHT = 44
STYLE = """
Controls { background: rgba(20, 20, 24, 220); }
QLabel { color: #f2f2f2; }
QToolButton { border: none; padding: 4px; border-radius: 4px; }
QToolButton { background: rgba(255, 255, 255, 200); }
"""


class Controls(QWidget):
    """Buttons, seek bar, timecode and volume. Nothing here takes the keyboard.

    Attributes:
        muted: no sound is wanted; the volume is kept.
    """

    toggled = Signal()
    stepped = Signal(int)
    volume_changed = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.muted = False
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(STYLE)
        self.back = self._button(QStyle.StandardPixmap.SP_MediaSeekBackward, "One frame back  ,")
        self.play = self._button(QStyle.StandardPixmap.SP_MediaPlay, "Play or pause  Space")
        self.on = self._button(QStyle.StandardPixmap.SP_MediaSeekForward, "One frame on  .")
        self.bar = SeekBar(self)
        self.time = QLabel("00:00.000", self)
        self.volume = QSlider(Qt.Orientation.Horizontal, self)
        self.volume.setRange(0, 100)
        self.volume.setFixedWidth(80)
        self.volume.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        for widget in (self.back, self.play, self.on):
            row.addWidget(widget)
        row.addWidget(self.bar, 1)
        row.addWidget(self.time)
        row.addWidget(self.volume)
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.play.clicked.connect(self.toggled)
        self.on.clicked.connect(lambda: self.stepped.emit(1))
        self.volume.valueChanged.connect(lambda value: self.volume_changed.emit(value / 100))

    @property
    def loudness(self) -> float:
        """0..1."""
        return self.volume.value() / 100

    def place(self, area: QSize) -> None:
        self.setGeometry(0, area.height() - HEIGHT, area.width(), HEIGHT)

    def tell(
        self,
        position: float,
        duration: float,
        frame: int,
        span: Span,
        marks: Sequence[float],
        speed: float,
        playing: bool,
    ) -> None:
        """Show where the film is."""
        self.bar.tell(position, duration, span, marks)
        pace = "" if speed == 1.0 else f"  ×{speed:g}"
        text = f"{timecode(position)} / {timecode(duration)}  frame {frame}{pace}"
        if text != self.time.text():
            self.time.setText(text)
        if self.play.property("playing") != playing:
            self.play.setProperty("playing", playing)
            kind = QStyle.StandardPixmap
            icon = kind.SP_MediaPause if playing else kind.SP_MediaPlay
            self.play.setIcon(self.style().standardIcon(icon))

    def _button(self, icon: QStyle.StandardPixmap, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(self.style().standardIcon(icon))
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button
