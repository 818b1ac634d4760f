"""`vr360 serve`: a folder, or films for which one is made, until Ctrl-C."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from viewer.web.lan import own_address, write_certificate
from viewer.web.renditions import Progress
from viewer.web.server import LOOPBACK, Served, application
from viewer.web.site import INDEX, ShareJob, share
from vr360.errors import InputError

PORT = 8360
_HEADER_BYTES = 16 * 1024
_CLIENTS = 200  # at a time; more are asked to come back
_IDLE = 20  # seconds that a connection may rest

Announce = Callable[[str], None]
"""Is told the address once the port is ours."""


@dataclass(frozen=True)
class ServeJob:
    """What is served, and to whom.

    Attributes:
        paths: one folder that was shared, or films and stills.
        port: 0 takes a free one.
        lan: everyone in the network who knows the address, over https; else this machine alone.
        address: of this machine in that network, where it is in several.
    """

    paths: tuple[Path, ...]
    port: int = PORT
    lan: bool = False
    address: str | None = None

    def __post_init__(self) -> None:
        if self.address is not None and not self.lan:
            raise InputError("--address says where --lan serves; it does nothing without")
        try:
            ipaddress.ip_address(self.address or "127.0.0.1")
        except ValueError:
            raise InputError(f"--address {self.address}: give an IP, as 192.168.1.20") from None


def serve(job: ServeJob, announce: Announce, progress: Progress = lambda n, _: n) -> None:
    """Serve until Ctrl-C.

    Raises:
        InputError: nothing that can be served, a port in use, no network.
    """
    address = (job.address or own_address()) if job.lan else "127.0.0.1"
    with _listening(address, job.port) as listener, TemporaryDirectory(prefix="vr360-") as spare:
        folder, films = _what(job.paths, Path(spare) / "site", progress)
        token = secrets.token_urlsafe(12) if job.lan else ""
        hosts = (address,) if job.lan else LOOPBACK
        app = application(Served(folder, films, token, hosts))
        config = uvicorn.Config(
            app,
            log_level="error",
            server_header=False,
            limit_concurrency=_CLIENTS,
            timeout_keep_alive=_IDLE,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=_HEADER_BYTES,
        )
        if job.lan:
            config.ssl_certfile, config.ssl_keyfile = write_certificate(Path(spare), address)
        port = listener.getsockname()[1]
        announce(f"http{'s' if job.lan else ''}://{address}:{port}/{token + '/' if token else ''}")
        asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


@contextmanager
def _listening(address: str, port: int) -> Iterator[socket.socket]:
    try:
        listener = socket.create_server((address, port))
    except OSError as error:
        reason = error.strerror or error
        where = f"{address}, --port {port}"
        raise InputError(f"{where}: {reason}; --port 0 takes a free one") from None
    with listener:
        yield listener


def _what(paths: Sequence[Path], spare: Path, progress: Progress) -> tuple[Path, dict[str, Path]]:
    """A folder, and films that stay where they are."""
    if len(paths) == 1 and paths[0].is_dir():
        if not (paths[0] / INDEX).is_file():
            raise InputError(f"{paths[0]}: holds no {INDEX}; make it with vr360 share")
        return paths[0], {}
    films: dict[str, Path] = {}

    def place(source: Path, target: Path) -> None:
        films[target.relative_to(spare).as_posix()] = source.absolute()

    share(ShareJob(tuple(paths), spare, versions=False), progress, place)
    return spare, films
