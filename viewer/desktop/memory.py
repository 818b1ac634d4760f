"""What the window remembers from one day to the next.

What cannot be read, in a settings file that is damaged or was written by hand, is as good as none.
"""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import TypeGuard

from PySide6.QtCore import QSettings, QStandardPaths

RECENT = 10
POSITIONS = 100
WORTH = 5.0  # seconds: nearer to either end, a position is not worth remembering


class Memory:
    """Recent films, where they were left, volume, and the folder of screenshots."""

    def __init__(self, file: Path | None = None) -> None:
        self._settings = (
            QSettings("vr360", "viewer")
            if file is None
            else QSettings(str(file), QSettings.Format.IniFormat)
        )

    @property
    def recent(self) -> list[Path]:
        """The newest first; films that are gone are left out."""
        return [path for path in map(Path, self._list("recent")) if path.is_file()]

    def opened(self, path: Path) -> None:
        name = str(path.absolute())
        kept = [name, *(other for other in self._list("recent") if other != name)]
        self._store("recent", kept[:RECENT])

    def position(self, path: Path) -> float:
        """Seconds at which a film was left; 0 where that is not known."""
        return self._positions().get(str(path.absolute()), 0.0)

    def left(self, path: Path, position: float, duration: float) -> None:
        positions = self._positions()
        positions.pop(str(path.absolute()), None)
        if WORTH < position < duration - WORTH:
            positions[str(path.absolute())] = position
        newest = dict(list(positions.items())[-POSITIONS:])
        self._store("positions", newest)

    @property
    def volume(self) -> float:
        found = self._read("volume")
        return min(found, 1.0) if _is_amount(found) else 1.0

    @volume.setter
    def volume(self, volume: float) -> None:
        self._settings.setValue("volume", volume)

    @property
    def screenshots(self) -> Path:
        """Where the S key saves."""
        pictures = QStandardPaths.StandardLocation.PicturesLocation
        usual = QStandardPaths.writableLocation(pictures) or str(Path.home())
        chosen = Path(str(self._settings.value("screenshots", usual)))
        return chosen if chosen.is_absolute() else Path(usual)

    @screenshots.setter
    def screenshots(self, folder: Path) -> None:
        self._settings.setValue("screenshots", str(folder))

    def _list(self, key: str) -> list[str]:
        found = self._read(key)
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    def _positions(self) -> dict[str, float]:
        found = self._read("positions")
        known = found.items() if isinstance(found, dict) else ()
        return {name: float(seconds) for name, seconds in known if _is_amount(seconds)}

    def _read(self, key: str) -> object:
        """What was stored; None where that cannot be read."""
        try:
            return json.loads(str(self._settings.value(key, "null")))
        except (ValueError, RecursionError):
            return None

    def _store(self, key: str, value: object) -> None:
        self._settings.setValue(key, json.dumps(value))
        self._settings.sync()


def _is_amount(found: object) -> TypeGuard[float]:
    """A number, finite and not negative."""
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return False
    return isfinite(found) and found >= 0
