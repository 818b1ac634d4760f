"""Opening a film in a thread: disks and networks may keep one waiting, the window must not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from viewer.session import Session
from vr360.errors import Vr360Error


class Opening:
    """A film that is being opened.

    Attributes:
        path: of the film.
        then: what is to be done with it when it is there.
        failure: why it did not open, or an empty text.
    """

    def __init__(
        self,
        path: Path,
        make: Callable[[], Session],
        then: Callable[[Session], None] | None = None,
    ) -> None:
        self.path, self.then = path, then
        self.failure = ""
        self._make = make
        self._lock = threading.Lock()
        self._unwanted = False
        self._session: Session | None = None
        self._thread = threading.Thread(target=self._work, name="opening", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def take(self) -> Session | None:
        """The film, once it is open; it belongs to the caller from now on."""
        with self._lock:
            session, self._session = self._session, None
            return session

    def cancel(self) -> None:
        """Nobody waits for it any more; what has been opened, or will be, is closed."""
        with self._lock:
            self._unwanted = True
        session = self.take()
        if session is not None:
            close_aside(session)

    def _work(self) -> None:
        self.failure = f"{self.path}: cannot be opened"  # in case of an error nobody thought of
        try:
            session = self._make()
        except Vr360Error as error:
            self.failure = str(error)
            return
        except OSError as error:  # a disk that fails in the middle
            self.failure = f"{self.path}: cannot be read ({error.strerror or error})"
            return
        with self._lock:
            self._session, self.failure = session, ""
        if self._unwanted:
            self.cancel()


def close_aside(session: Session) -> threading.Thread:
    """Silence a film at once, and close it in a thread, which a slow disk may hold up."""
    session.player.pause()
    thread = threading.Thread(target=session.close, name="closing", daemon=True)
    thread.start()
    return thread
