"""`vr360 serve`: a folder, or films for which one is made, until Ctrl-C."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from viewer.film import open_film
from viewer.live import Catalogue
from viewer.web.lan import own_address, write_certificate
from viewer.web.live import LIVE, Easel
from viewer.web.server import LOOPBACK, Served, application
from viewer.web.site import INDEX, ShareJob, names_of, share
from vr360.errors import InputError
from vr360.reports import Progress

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
        catalogue: looks in which the films are painted while they are watched.
    """

    paths: tuple[Path, ...]
    port: int = PORT
    lan: bool = False
    address: str | None = None
    catalogue: Catalogue | None = None

    def __post_init__(self) -> None:
        if self.catalogue is not None and any(path.is_dir() for path in self.paths):
            raise InputError("--live paints films and stills: name them instead of a folder")
        if self.address is not None and not self.lan:
            raise InputError("--address says where --lan serves; it does nothing without")
        try:
            ipaddress.ip_address(self.address or "127.0.0.1")
        except ValueError:
            raise InputError(f"--address {self.address}: give an IP, as 192.168.1.20") from None


def serve(job: ServeJob, announce: Announce, progress: Progress[int] = lambda n, _: n) -> None:
    """Serve until Ctrl-C.

    Raises:
        InputError: nothing that can be served, a port in use, no network.
    """
    address = (job.address or own_address()) if job.lan else "127.0.0.1"
    with ExitStack() as stack:
        listener = stack.enter_context(_listening(address, job.port))
        spare = stack.enter_context(TemporaryDirectory(prefix="vr360-"))
        folder, films = _what(job, Path(spare) / "site", progress)
        token = secrets.token_urlsafe(12) if job.lan else ""
        hosts = (address,) if job.lan else LOOPBACK
        easel = easel_for(job.catalogue, job.paths) if job.catalogue else None
        if easel:
            stack.enter_context(closing(easel))
        app = application(Served(folder, films, token, hosts, easel))
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


def easel_for(catalogue: Catalogue, paths: Sequence[Path]) -> Easel:
    """Paints films under the addresses that their pages know."""
    named = zip(names_of(paths), paths, strict=True)
    return Easel(catalogue, {f"{LIVE}/{name}": open_film(path) for name, path in named})


def _what(job: ServeJob, spare: Path, progress: Progress[int]) -> tuple[Path, dict[str, Path]]:
    """A folder, and films that stay where they are."""
    paths = job.paths
    if len(paths) == 1 and paths[0].is_dir():
        if not (paths[0] / INDEX).is_file():
            raise InputError(f"{paths[0]}: holds no {INDEX}; make it with vr360 share")
        return paths[0], {}
    films: dict[str, Path] = {}

    def place(source: Path, target: Path) -> None:
        films[target.relative_to(spare).as_posix()] = source.absolute()

    looks = tuple(job.catalogue.entries()) if job.catalogue else ()
    share(ShareJob(paths, spare, versions=False, looks=looks), progress, place)
    return spare, films
