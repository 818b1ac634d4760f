"""Reading ahead and writing behind: each stage in a thread of its own, over a bounded queue."""

from __future__ import annotations

import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")

DEPTH = 4
"""Frames that wait between two stages: enough to even out their pace, 25 MB each at 4K."""


class _End:
    """Last thing in a queue, with what went wrong if anything did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Shared(Generic[T]):
    """What the thread and its owner both hold, so that the owner can be collected."""

    def __init__(self, depth: int) -> None:
        self.queue: queue.Queue[T | _End] = queue.Queue(depth)
        self.stop = threading.Event()
        self.busy = 0.0

    def drain(self) -> None:
        """Make room, so that a thread waiting to put can see `stop`."""
        while True:
            try:
                self.queue.get_nowait()
            except queue.Empty:
                return


class ReadAhead(Generic[T]):
    """An iterator that runs another one in a thread, `depth` items ahead.

    Errors of the inner iterator come out of `next`, in their place. Close it, or use it as a
    context manager, to end the thread and the inner iterator before their time.

    Attributes:
        busy_seconds: time the inner iterator has worked, waiting excluded.
    """

    def __init__(self, iterable: Iterable[T], depth: int = DEPTH) -> None:
        self._shared: _Shared[T] = _Shared(depth)
        self._thread = threading.Thread(
            target=_produce, args=(iterable, self._shared), name="read-ahead", daemon=True
        )
        self._finalizer = weakref.finalize(self, _release, self._shared)
        self._thread.start()

    @property
    def busy_seconds(self) -> float:
        return self._shared.busy

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if self._shared.stop.is_set():
            raise StopIteration
        item = self._shared.queue.get()
        if not isinstance(item, _End):
            return item
        self.close()
        raise item.error or StopIteration

    def close(self) -> None:
        """End the thread; safe to call twice."""
        self._finalizer()
        self._thread.join()

    def __enter__(self) -> ReadAhead[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _release(shared: _Shared[T]) -> None:
    shared.stop.set()
    shared.drain()


def _produce(iterable: Iterable[T], shared: _Shared[T]) -> None:
    iterator = iter(iterable)
    try:
        while not shared.stop.is_set():
            started = time.perf_counter()
            item = next(iterator)
            shared.busy += time.perf_counter() - started
            shared.queue.put(item)
    except StopIteration:
        shared.queue.put(_End())
    except BaseException as error:  # noqa: BLE001  the consumer raises it
        shared.queue.put(_End(error))
    finally:
        close = getattr(iterator, "close", None)
        if close:
            close()


class WriteBehind(Generic[T]):
    """Hands items to a function in a thread, at most `depth` waiting.

    Attributes:
        busy_seconds: time the function has worked, waiting excluded.
    """

    def __init__(self, consume: Callable[[T], None], depth: int = DEPTH) -> None:
        self._shared: _Shared[T] = _Shared(depth)
        self._error: list[BaseException] = []
        self._thread = threading.Thread(
            target=_consume,
            args=(consume, self._shared, self._error),
            name="write-behind",
            daemon=True,
        )
        self._thread.start()

    @property
    def busy_seconds(self) -> float:
        return self._shared.busy

    def put(self, item: T) -> None:
        """Hand over one item; raises what the function raised on an earlier one."""
        self._raise()
        self._shared.queue.put(item)

    def close(self, abandon: bool = False) -> None:
        """Wait until all is done, or with `abandon` only until the current item is.

        Raises:
            what the function raised, unless abandoned.
        """
        if abandon:
            _release(self._shared)
        self._shared.queue.put(_End())
        self._thread.join()
        if not abandon:
            self._raise()

    def _raise(self) -> None:
        if self._error:
            raise self._error[0]


def _consume(consume: Callable[[T], None], shared: _Shared[T], errors: list[BaseException]) -> None:
    while not isinstance(item := shared.queue.get(), _End):
        if errors or shared.stop.is_set():
            continue  # the writer must never wait for a queue that nobody empties
        started = time.perf_counter()
        try:
            consume(item)
        except BaseException as error:  # noqa: BLE001  raised where the items come from
            errors.append(error)
        shared.busy += time.perf_counter() - started
