"""What is open: the film, its original, the painter, and the pictures that follow from them.

Pictures lie in slots: `film`, `original`, `painted`, `heat`. Side A is what one compares with: the
original, or the film as it is when it is being painted live; side B is the look to be judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from viewer.film import Reading, layout_of, open_as, open_original
from viewer.heat import Heat, HeatMap
from viewer.layout import Layout
from viewer.live import Catalogue, LivePainter, Painted, Wish, lag
from viewer.orientation import file_pose
from viewer.picture import Picture, picture_from_rgb
from viewer.player import Player, Shown
from viewer.thumbnails import Thumbnails
from vr360.frame import VideoInfo

FILM, ORIGINAL, PAINTED, HEAT = "film", "original", "painted", "heat"


class Stage(Protocol):
    """Where pictures are shown."""

    def show_picture(self, slot: str, picture: Picture, layout: Layout) -> None: ...

    def forget(self, slot: str) -> None: ...


class Session:
    """A film that is open.

    Attributes:
        layout: of the film; the original has its own.
        pose: what the film's metadata states.
        heat: which map is laid over the view.
        heat_shown: there are pictures enough for it.

    Raises:
        VideoOpenError: a file does not open; nothing is left running.
    """

    def __init__(
        self,
        path: Path,
        compare: Path | None = None,
        reading: Reading | None = None,
        catalogue: Catalogue | None = None,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        reading = reading or Reading()
        self.film: VideoInfo = open_as(path, reading)
        self.original = open_original(compare, reading) if compare else None
        self.player = Player(self.film, self.original, wall)
        self.thumbnails = Thumbnails(self.film)
        self.layout = self._first_layout = layout_of(self.film, reading.cube)
        self._own_layout = layout_of(self.original or self.film, reading.cube)
        self.pose = file_pose(path)
        self.heat, self.heat_shown = HeatMap.NONE, False
        self.painted: Painted | None = None
        self._catalogue = catalogue
        self._painter: LivePainter | None = None
        self._wish: Wish | None = None
        self._heat = Heat()

    @property
    def slots(self) -> list[str]:
        """Side A and, where there is one, side B."""
        if self._wish is not None and self.painted is not None:
            return [FILM, PAINTED]
        return [FILM] if self.original is None else [ORIGINAL, FILM]

    @property
    def wish(self) -> Wish | None:
        """How the film is being painted, if it is."""
        return self._wish

    @property
    def failure(self) -> str:
        """Why the painter stands still, or an empty text."""
        return self._painter.failure if self._painter is not None else ""

    @property
    def lag(self) -> float:
        """Seconds of film by which the painted picture is behind."""
        if self.painted is None:
            return 0.0
        return float(lag(self.player.current.a, self.painted.picture))

    def names(self) -> tuple[str, str]:
        """What stands over side A and side B."""
        if self.slots == [FILM, PAINTED] and self.painted is not None:
            behind = f"{max(self.lag, 0.0) * 1000:.0f} ms behind"
            return self.film.path.name, f"{Path(self.painted.wish.style).stem}, live, {behind}"
        return "original" if self.original else "", self.film.path.name

    def tick(self, stage: Stage) -> bool:
        """Bring the stage up to date; True when a new picture is on show."""
        shown = self.player.poll()
        if shown is not None:
            self._show(stage, shown)
        if self._painter is not None:
            self._show_painted(stage)
        return shown is not None

    def refresh(self, stage: Stage) -> None:
        """Show again what is on show, after a change of layout or heat map."""
        self._show(stage, self.player.current)
        if self.painted is not None:
            stage.show_picture(PAINTED, self.painted.picture, self.layout)

    def set_layout(self, layout: Layout, stage: Stage) -> None:
        self.layout = layout
        self.refresh(stage)

    def set_heat(self, heat: HeatMap, stage: Stage) -> None:
        self.heat = heat
        stage.forget(HEAT)
        self.refresh(stage)

    def paint(self, wish: Wish | None, stage: Stage) -> None:
        """Paint what is played like this from now on; None stops."""
        if (wish is None) != (self._wish is None):
            self._heat.forget()  # side B is another film now
        self._wish = wish
        if wish is None:
            self.painted = None
            stage.forget(PAINTED)
        if self._painter is None and wish is not None and self._catalogue is not None:
            self._painter = LivePainter(self._catalogue)
        if self._painter is not None:
            self._painter.wish(wish)
            self._offer(self.player.current)

    def close(self) -> None:
        self.player.close()
        self.thumbnails.close()
        if self._painter is not None:
            self._painter.close()

    def _show(self, stage: Stage, shown: Shown) -> None:
        stage.show_picture(FILM, shown.a, self.layout)
        if self.original is not None and shown.b is not None:
            stage.show_picture(ORIGINAL, shown.b, self._original_layout())
        elif self.original is not None:
            stage.forget(ORIGINAL)
        self._offer(shown)
        if self.painted is None:
            self._show_heat(stage, shown.a, shown.b)

    def _original_layout(self) -> Layout:
        """The original's own; what is set by hand holds for both, if both are alike."""
        own = self._own_layout
        if own == self._first_layout:
            return self.layout
        return replace(
            self.layout,
            projection=own.projection,
            stereo=own.stereo,
            bounds=own.bounds,
            one_lens=own.one_lens,
        )

    def _offer(self, shown: Shown) -> None:
        if self._painter is not None and self._wish is not None:
            self._painter.offer(shown.a, self.layout.stereo)

    def _show_painted(self, stage: Stage) -> None:
        assert self._painter is not None
        painted = self._painter.take()
        if painted is not None and self._wish is not None:
            self.painted = painted
            stage.show_picture(PAINTED, painted.picture, self.layout)
            self._show_heat(stage, painted.picture, painted.source)

    def _show_heat(self, stage: Stage, look: Picture, source: Picture | None) -> None:
        """The heat map of side B, `look`, against side A."""
        self._heat.see((look, source))
        found = None if self.heat is HeatMap.NONE else self._heat.map(self.heat)
        self.heat_shown = found is not None
        if found is None:
            stage.forget(HEAT)
        else:
            stage.show_picture(HEAT, picture_from_rgb(found), self.layout)
