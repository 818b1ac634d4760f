"""Segments as tasks of Ray (https://docs.ray.io), on one machine or a cluster with a shared disk.

The folder is the truth here too: tasks are told its path and a key, and answer with a path. No
frame enters Ray's object store. A driver that dies loses nothing but the segments in hand.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.jobs.job import open_studio
from pipeline.jobs.plan import Planned
from pipeline.jobs.segments import Manifest
from pipeline.jobs.stop import PAUSE, Stop
from pipeline.jobs.studio import Studio
from pipeline.jobs.work import PATIENCE, Progressing, paused, render, reserve
from pipeline.source.delivery import Progress
from vr360.errors import InputError
from vr360.frame import Frame

if TYPE_CHECKING:
    from pipeline.jobs.work import Engine

RETRIES = 3
"""How often a task is begun again whose process has died."""

ANSWERS_WITHIN = 10.0
"""Seconds in which a cluster answers, if there is one."""

_DONE = Frame(np.zeros((1, 1, 3), np.uint8), Fraction(0))  # stands for a frame, to be counted


def ray_engine(address: str | None = None) -> Engine:
    """What paints a job by the tasks of a Ray cluster.

    Args:
        address: of the cluster, `HOST:PORT` or `ray://HOST:PORT`; by default what the environment
            says in RAY_ADDRESS, and without that a cluster of this machine alone.

    Raises:
        InputError: Ray is not installed.
    """
    try:
        import ray
    except ImportError:
        raise InputError("--engine ray: Ray is missing; pip install 'vr360[ray]'") from None
    where = address or os.environ.get("RAY_ADDRESS") or "local"

    def paint(studio: Studio, progress: Progress, stop: Stop) -> dict[str, Manifest]:
        there = Progressing(studio)
        with _connected(ray, where), closing(_frames(ray, studio, there, stop)) as frames:
            for _ in progress(frames, studio.plan.frames - there.frames):
                pass
        if there.missing:
            raise paused(studio, there, stop)
        return there.manifests

    return paint


def _check_there(address: str) -> None:
    """Raise InputError where nothing answers at HOST:PORT; Ray itself may wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdigit()):
        return  # local, or one that Ray finds by itself
    try:
        socket.create_connection((host, int(port)), ANSWERS_WITHIN).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"--address {address}: no Ray cluster there: {error}") from None


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    if ray.is_initialized():  # by whoever calls us
        yield
        return
    on_term = signal.getsignal(signal.SIGTERM)
    _check_there(address)
    try:
        ray.init(address=address, log_to_driver=False, include_dashboard=False)
    except (ConnectionError, ValueError) as error:
        raise InputError(f"--address {address}: no Ray cluster there: {error}") from None
    if threading.current_thread() is threading.main_thread():  # Ray puts its own in its place
        signal.signal(signal.SIGTERM, on_term)
    try:
        yield
    finally:
        ray.shutdown()


def _frames(
    ray: Any, studio: Studio, there: Progressing, stop: Stop
) -> Generator[Frame, None, None]:
    """A sign for each frame, once its segment is there."""
    task = ray.remote(**_resources(studio))(render_task)
    running = dict[Any, Planned]()
    while there.missing and not stop.look(studio.folder, reserve(studio)):
        _submit(ray, task, studio, there, running)
        done, _ = ray.wait(list(running), timeout=PATIENCE)
        for reference in done:
            ray.get(reference)  # raises what the task has raised
            planned = running.pop(reference)
            there.look()
            yield from [_DONE] * (planned.frames if planned.key in there.manifests else 0)
    if running:
        _let_stop(ray, studio, running)


def _submit(
    ray: Any, task: Any, studio: Studio, there: Progressing, running: dict[Any, Planned]
) -> None:
    """Keep every place of the cluster busy, with the segments first that most others wait for."""
    places = int(ray.cluster_resources().get("CPU", 1))
    taken = {planned.key for planned in running.values()}
    ready = [planned for planned in there.ready() if planned.key not in taken]
    for planned in ready[: max(0, places - len(running))]:
        running[task.remote(str(studio.folder.absolute()), planned.key)] = planned


def _let_stop(ray: Any, studio: Studio, running: dict[Any, Planned]) -> None:
    """Have tasks finish the frame in hand and keep their parts, and wait until they have."""
    (studio.folder / PAUSE).touch()
    ray.wait(list(running), num_returns=len(running))
    (studio.folder / PAUSE).unlink(missing_ok=True)


def _resources(studio: Studio) -> dict[str, Any]:
    gpu = {"num_gpus": 1} if studio.job.device.startswith("cuda") else {}
    return {"num_cpus": 1, "max_retries": RETRIES} | gpu


def render_task(folder: str, key: str) -> str:
    """Paint one segment, in a process of Ray's; where it lies."""
    studio = _studio(folder, (Path(folder) / "plan.json").stat().st_mtime_ns)
    planned = next(planned for planned in studio.plan.segments if planned.key == key)
    return str(render(studio, planned, Stop()))


@lru_cache(maxsize=1)
def _studio(folder: str, version: int) -> Studio:
    """The job in a folder, whose nets stay loaded from one task of a process to the next."""
    return open_studio(Path(folder))
