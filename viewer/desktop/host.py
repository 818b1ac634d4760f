"""What a part may ask of the window, and what the window asks of a part.

Parts carry out commands. Those of a film are made when it opens and go with it, so none ever asks
whether there is one; `OpenFilm` holds them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from viewer.desktop.canvas import Canvas
from viewer.desktop.memory import Memory
from viewer.film import Reading
from viewer.painted_mask import Carry
from viewer.session import Session

Commands = Mapping[str, Callable[..., object]]
"""By the name of the command; called with what follows its colon, where something does."""

States = Mapping[str, Callable[..., bool]]
"""Whether what a command stands for holds; called likewise."""


class Host(Protocol):
    """The window, as its parts know it."""

    @property
    def canvas(self) -> Canvas: ...

    @property
    def memory(self) -> Memory: ...

    @property
    def carry(self) -> Carry | None:
        """What follows a mask, if there is something that can."""

    def tell(self, text: str, stays: bool = False) -> None:
        """Say what happened; `stays` until something else is said."""

    def show_state(self) -> None:
        """Bring menus, labels and places up to date."""

    def wake_controls(self) -> None:
        """Show the play controls for a while."""

    def open(
        self,
        path: Path,
        compare: Path | None = None,
        reading: Reading | None = None,
        then: Callable[[Session], None] | None = None,
    ) -> None:
        """Begin to open another film; `then` is done with it when it is there."""


class Part(Protocol):
    """Commands that belong together."""

    @property
    def commands(self) -> Commands: ...

    @property
    def states(self) -> States: ...


class Follower(Protocol):
    """A part whose film changes by itself."""

    def follow(self, now: float) -> None:
        """Take up what has changed; `now` is in seconds of a monotonic clock."""
