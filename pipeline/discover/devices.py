"""Work spread over every device there is: each has a worker that takes the next task."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
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
    free: queue.SimpleQueue[str] = queue.SimpleQueue()
    for device in devices:
        free.put(device)

    def work_on_a_free_one(task: T) -> R:
        device = free.get()
        try:
            return work(task, device)
        finally:
            free.put(device)

    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            for done in as_completed([pool.submit(work_on_a_free_one, task) for task in tasks]):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
