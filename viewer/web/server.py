"""Serves a shared folder: byte ranges, right types, entity tags, and nothing outside of it.

Who may look is whoever knows the token, where there is one: it is the first part of every address.
"""

from __future__ import annotations

import gzip
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from viewer.web.live import Easel
from viewer.web.pages import POLICY

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".vtt": "text/vtt; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
}
TEXT = frozenset({".html", ".js", ".css", ".json", ".vtt", ".txt"})
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",  # ask each time; the tag says whether it changed
}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Served:
    """What is served.

    Attributes:
        folder: all regular files in it but hidden ones; links must stay within.
        films: files from elsewhere by their place in the folder, as `media/film.mp4`.
        token: first part of every address; empty for none.
        hosts: names that the server answers to; a page from elsewhere that has its own name lead
            here is refused.
        easel: paints films live, where that is wanted.
    """

    folder: Path
    films: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    token: str = ""
    hosts: tuple[str, ...] = LOOPBACK
    easel: Easel | None = None

    def find(self, asked: str) -> Path | None:
        """The file of an address; None where there is none to be had.

        Args:
            asked: the decoded path, without its first slash.
        """
        place = self.place(asked)
        if place is None:
            return None
        if place in self.films:
            return self.films[place]
        return self._inside(place)

    def place(self, asked: str) -> str | None:
        """The address without the token; None where that is wrong."""
        if not self.token:
            return asked
        first, _, rest = asked.partition("/")
        same = secrets.compare_digest(first.encode(), self.token.encode())
        return rest if same else None

    def _inside(self, place: str) -> Path | None:
        """A regular file of the folder, wherever links lead."""
        parts = PurePosixPath(place).parts
        if any(part.startswith(".") or "\\" in part or ":" in part for part in parts):
            return None
        try:
            root = self.folder.resolve(strict=True)
            path = root.joinpath(place).resolve(strict=True)
            if path.is_dir():
                path = (path / "index.html").resolve(strict=True)
            regular = stat.S_ISREG(path.stat().st_mode)
        except (OSError, ValueError, RuntimeError):  # no such file, no such name, links in a circle
            return None
        return path if regular and path.is_relative_to(root) else None


def application(served: Served) -> Starlette:
    """The ASGI application."""

    async def answer(request: Request) -> Response:
        asked = request.path_params["path"]
        if served.token and asked == served.token:
            return RedirectResponse(f"/{served.token}/", headers=HEADERS)
        film = served.place(asked)
        if film and served.easel and film in served.easel.films:
            return await served.easel.answer(film, request, HEADERS)
        path = served.find(asked)
        if path is None:
            return PlainTextResponse("There is no such file.\n", 404, HEADERS)
        return _file(path, request)

    routes = [Route("/{path:path}", answer, methods=["GET", "HEAD"])]
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=list(served.hosts), www_redirect=False)
    return Starlette(routes=routes, middleware=[guard])


def _file(path: Path, request: Request) -> Response:
    state = path.stat()
    kind = path.suffix.lower()
    tag = f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
    changed = formatdate(state.st_mtime, usegmt=True)
    headers = HEADERS | {"ETag": tag, "Last-Modified": changed}
    if _knows(request, tag):
        return Response(status_code=304, headers=headers)
    media_type = TYPES.get(kind, "application/octet-stream")
    if kind in TEXT and "range" not in request.headers:
        return _text(path.read_bytes(), headers, media_type, request)
    return FileResponse(path, headers=headers, media_type=media_type, stat_result=state)


def _knows(request: Request, tag: str) -> bool:
    """Whether the client has this state of the file (RFC 9110, 13.1.2: weak comparison)."""
    known = request.headers.get("if-none-match", "")
    return known == "*" or tag in [each.strip().removeprefix("W/") for each in known.split(",")]


def _text(data: bytes, headers: dict[str, str], media_type: str, request: Request) -> Response:
    headers = headers | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        data = gzip.compress(data, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(data, headers=headers, media_type=media_type)
