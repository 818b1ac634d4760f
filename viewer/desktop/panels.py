"""Docks at the side: choosing a style, levelling the horizon."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDockWidget,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from viewer.live import PREVIEW_HEIGHT, PREVIEW_HEIGHTS, STROKE_RANGE, StyleEntry, Wish

THUMBNAIL = 96


def slider(low: int, high: int, value: int) -> QSlider:
    """A slider that leaves arrows and space to the film."""
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(low, high)
    made.setValue(value)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return made


class StylePanel(QDockWidget):
    """Style list with thumbnails; strength, strokes, blend and size of the preview."""

    wished = Signal(object)

    def __init__(self, entries: Sequence[StyleEntry], strength: float, parent: QWidget) -> None:
        super().__init__("Paint live", parent)
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(THUMBNAIL, THUMBNAIL // 2))
        for entry in entries:
            self.add(entry)
        self.strength = slider(0, 150, round(strength * 100))
        low, high = (round(100 * log2(each)) for each in STROKE_RANGE)  # hundredths of an octave
        self.stroke = slider(low, high, 0)
        self.blend = slider(0, 100, 100)
        self.preview = slider(0, len(PREVIEW_HEIGHTS) - 1, PREVIEW_HEIGHTS.index(PREVIEW_HEIGHT))
        self.lag = QLabel("not painting")
        self.lag.setWordWrap(True)
        form = QFormLayout()
        form.addRow("Strength", self.strength)
        form.addRow("Strokes", self.stroke)
        form.addRow("Blend", self.blend)
        form.addRow("Preview size", self.preview)
        body = QWidget()
        column = QVBoxLayout(body)
        column.addWidget(self.list, 1)
        column.addLayout(form)
        column.addWidget(self.lag)
        self.setWidget(body)
        self.list.itemClicked.connect(self._changed)
        for each in (self.strength, self.stroke, self.blend, self.preview):
            each.valueChanged.connect(self._changed)

    def add(self, entry: StyleEntry) -> None:
        item = QListWidgetItem(entry.name)
        if entry.thumbnail is not None:
            item.setIcon(QIcon(str(entry.thumbnail)))
        self.list.addItem(item)

    def choose(self, name: str) -> None:
        """Select a style; one that is not listed is a file, and joins the list."""
        found = self.list.findItems(name, Qt.MatchFlag.MatchExactly)
        if not found:
            self.add(StyleEntry(name))
            found = self.list.findItems(name, Qt.MatchFlag.MatchExactly)
        self.list.setCurrentItem(found[0])
        self._changed()

    @property
    def wish(self) -> Wish | None:
        item = self.list.currentItem()
        if item is None:
            return None
        height = PREVIEW_HEIGHTS[self.preview.value()]
        return Wish(
            item.text(),
            self.strength.value() / 100,
            2 ** (self.stroke.value() / 100),
            self.blend.value() / 100,
            height,
        )

    def _changed(self, *_: object) -> None:
        if self.wish is not None:
            self.wished.emit(self.wish)


class LevelPanel(QDockWidget):
    """Roll and pitch that make the horizon level, and a button that keeps them in the file."""

    levelled = Signal(float, float)
    saved = Signal()
    TENTHS = 10

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Level the horizon", parent)
        self.roll = slider(-45 * self.TENTHS, 45 * self.TENTHS, 0)
        self.pitch = slider(-45 * self.TENTHS, 45 * self.TENTHS, 0)
        self.value = QLabel("roll 0.0°, pitch 0.0°")
        self.save = QPushButton("Save a levelled copy…")
        self.save.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QWidget()
        form = QFormLayout(body)
        form.addRow("Roll", self.roll)
        form.addRow("Pitch", self.pitch)
        form.addRow(self.value)
        form.addRow(self.save)
        self.setWidget(body)
        for each in (self.roll, self.pitch):
            each.valueChanged.connect(self._changed)
        self.save.clicked.connect(self.saved)

    def show_pose(self, roll: float, pitch: float) -> None:
        """Degrees, rounded to what the sliders can say."""
        self.roll.setValue(round(roll * self.TENTHS))
        self.pitch.setValue(round(pitch * self.TENTHS))

    def degrees(self) -> tuple[float, float]:
        """(roll, pitch)."""
        return self.roll.value() / self.TENTHS, self.pitch.value() / self.TENTHS

    def _changed(self) -> None:
        roll, pitch = self.degrees()
        self.value.setText(f"roll {roll:.1f}°, pitch {pitch:.1f}°")
        self.levelled.emit(roll, pitch)
