"""Menus and shortcuts, made from the table of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from viewer.desktop.commands import COMMANDS, Command


class Menus:
    """The menu bar of a window.

    Attributes:
        actions: by the name of the command.
        recent: the submenu of recent films.
    """

    def __init__(self, window: QMainWindow, do: Callable[[str], None]) -> None:
        self._window, self._do = window, do
        self.actions: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        for command in COMMANDS:
            self._add(command)
        self.recent = QMenu("Recent", window)
        self._menus["File"].insertMenu(self.actions["save_view"], self.recent)

    def show_state(self, holds: Callable[[str], bool]) -> None:
        """Check what holds."""
        for name, action in self.actions.items():
            if action.isCheckable() and action.isChecked() != holds(name):
                action.setChecked(holds(name))

    def show_recent(self, paths: list[Path], open_film: Callable[[Path], None]) -> None:
        self.recent.clear()
        for path in paths:
            action = self.recent.addAction(str(path))
            action.triggered.connect(lambda _=False, path=path: open_film(path))

    def _add(self, command: Command) -> None:
        menu = self._menus.get(command.menu)
        if menu is None:
            menu = self._menus[command.menu] = QMenu(command.menu, self._window)
            self._window.menuBar().addMenu(menu)
        action = QAction(command.text, self._window)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setCheckable(bool(command.group) or command.checkable)
        if command.group:
            self._group(command.group).addAction(action)
        action.triggered.connect(lambda _=False, name=command.name: self._do(name))
        menu.addAction(action)
        self._window.addAction(action)  # shortcuts work while the menu bar is hidden
        self.actions[command.name] = action

    def _group(self, name: str) -> QActionGroup:
        return self._groups.setdefault(name, QActionGroup(self._window))
