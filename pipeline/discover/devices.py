"""Work spread over every device there is: each has a worker that takes the next task."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import torch

from pipeline.backends import choose_device

T = TypeVar("T")
R = TypeVar("R")


def all_devices(device: str = "auto") -> list[str]:
    """Every CUDA device and the CPU, or the one that is asked for.

    Raises:
        InputError: it is not there.
    """
    best = choose_device(device)
    if device != "auto":
        return [best]
    found = [f"cuda:{n}" for n in range(torch.cuda.device_count())] or [best]
    return found if "cpu" in found else [*found, "cpu"]


def work_off(
    tasks: Iterable[T], work: Callable[[T, str], R], devices: Sequence[str]
) -> Iterator[R]:
    """Results as they come; one device works in this thread, several in one of their own each.

    The first error ends it; what other workers have in hand then is lost.
    """
    if len(devices) == 1:
        yield from (work(task, devices[0]) for task in tasks)
        return
    waiting: queue.SimpleQueue[T] = queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)
    total = waiting.qsize()
    finished: queue.SimpleQueue[R | Exception] = queue.SimpleQueue()
    for device in devices:
        threading.Thread(
            target=_worker, args=(waiting, finished, work, device), daemon=True
        ).start()
    try:
        for _ in range(total):
            result = finished.get()
            if isinstance(result, Exception):
                raise result
            yield result
    finally:
        _empty(waiting)


def _worker(
    waiting: queue.SimpleQueue[T],
    finished: queue.SimpleQueue[R | Exception],
    work: Callable[[T, str], R],
    device: str,
) -> None:
    while True:
        try:
            task = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            finished.put(work(task, device))
        except Exception as error:  # noqa: BLE001 raised again by the one who waits
            finished.put(error)


def _empty(waiting: queue.SimpleQueue[T]) -> None:
    while not waiting.empty():
        try:
            waiting.get_nowait()
        except queue.Empty:
            return
