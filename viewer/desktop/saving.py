"""Commands of files beside the film: its original, pictures of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from viewer.clock import timecode
from viewer.desktop.host import Commands, Host, States
from viewer.film import Reading
from viewer.picture import picture_to_rgb
from viewer.screenshot import save_still
from viewer.session import Session
from vr360.errors import OutputError
from vr360.frame import Rgb
from vr360.media.targets import STILL_SUFFIXES
from vr360.media.transcoding import TRANSCODED_SUFFIXES

_STILLS = " ".join(f"*{suffix}" for suffix in (*STILL_SUFFIXES, *TRANSCODED_SUFFIXES))
FILTER = f"Films and stills (*.mp4 *.mov *.mkv *.webm *.m4v *.ts *.avi {_STILLS});;All (*)"


class Saving:
    """Saves the view and the frame; opens the film again beside an original."""

    def __init__(self, host: Host, session: Session) -> None:
        self._host, self._session = host, session
        self.commands: Commands = {
            "choose_original": self.choose_original,
            "save_view": self.save_view,
            "save_frame": self.save_frame,
        }
        self.states: States = {}

    def choose_original(self) -> None:
        canvas, session = self._host.canvas, self._session
        name, _ = QFileDialog.getOpenFileName(canvas, "Compare with", filter=FILTER)
        if not name:
            return
        film, position = session.film, session.player.position
        lens = film.lens_fov or None
        reading = Reading(film.projection, film.stereo, session.layout.cube, lens)
        self._host.open(film.path, Path(name), reading, lambda new: new.player.seek(position))

    def save_view(self) -> None:
        """The view, without what lies over it."""
        self._save(self._host.canvas.render_image(), "view")

    def save_frame(self) -> None:
        """The whole picture as it is in the file, in R'G'B'."""
        self._save(picture_to_rgb(self._session.player.current.a), "frame")

    def _save(self, rgb: Rgb, kind: str) -> None:
        moment = timecode(float(self._session.player.current.a.pts)).replace(":", "-")
        folder = self._host.memory.screenshots
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({error.strerror})") from error
        path = folder / f"{self._session.film.path.stem}_{kind}_{moment}.png"
        save_still(path, rgb)
        self._host.tell(f"saved {path}")
