"""Reading ahead and writing behind: each stage in a thread of its own, a few items apart."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Generic, TypeVar

T = TypeVar("T")

DEPTH = 4
"""Frames that wait between two stages: enough to even out their pace, 25 MB each at 4K."""

ROOM = 120_000_000
"""Bytes in which large frames wait; so two of 5.7K do, and one of 8K."""


def depth_of(height: int, width: int, depth: int = 8) -> int:
    """How many frames of that size and bit depth wait between two stages."""
    return max(1, min(DEPTH, ROOM // (height * width * (3 if depth == 8 else 6))))


class _End:
    """Stands for an exhausted iterator."""


_END: Final = _End()


class _Stage:
    """One thread, and how long it has worked."""

    def __init__(self, name: str) -> None:
        self.busy_seconds = 0.0
        self._pool = ThreadPoolExecutor(1, name)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        return self._pool.submit(self._timed, work)

    def _timed(self, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.busy_seconds += time.perf_counter() - started

    def stop(self) -> None:
        """Finish the work in hand, forget what waits, and end the thread; safe to call twice."""
        self._pool.shutdown(cancel_futures=True)


class ReadAhead(Generic[T]):
    """An iterator that runs another one in a thread, `depth` items ahead.

    With a depth of 0 each item is begun when it is asked for, still in that thread. Errors of the
    inner iterator come out of `next`, in their place. Close it, or use it as a context manager, to
    end the thread and the inner iterator before their time.
    """

    def __init__(self, iterable: Iterable[T], depth: int = DEPTH) -> None:
        self._iterator = iter(iterable)
        self._stage = _Stage("read-ahead")
        self._on_demand = depth == 0
        self._waiting = deque(self._one_more() for _ in range(depth))

    @property
    def busy_seconds(self) -> float:
        """Time that the inner iterator has worked; waiting excluded."""
        return self._stage.busy_seconds

    def _one_more(self) -> Future[T | _End]:
        iterator = self._iterator
        return self._stage.submit(lambda: next(iterator, _END))

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if self._on_demand:
            self._waiting.append(self._one_more())
        item = self._waiting.popleft().result() if self._waiting else _END
        if isinstance(item, _End):
            self.close()
            raise StopIteration
        if not self._on_demand:
            self._waiting.append(self._one_more())
        return item

    def close(self) -> None:
        """End the thread and the inner iterator; safe to call twice."""
        self._on_demand = False
        self._waiting.clear()
        self._stage.stop()
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> ReadAhead[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class WriteBehind(Generic[T]):
    """Hands items to a function in a thread, at most `depth` waiting."""

    def __init__(self, consume: Callable[[T], None], depth: int = DEPTH) -> None:
        self._consume = consume
        self._depth = depth
        self._stage = _Stage("write-behind")
        self._waiting: deque[Future[None]] = deque()

    @property
    def busy_seconds(self) -> float:
        """Time that the function has worked; waiting excluded."""
        return self._stage.busy_seconds

    def put(self, item: T) -> None:
        """Hand over one item; raises what the function raised on an earlier one."""
        while self._waiting and (len(self._waiting) >= self._depth or self._waiting[0].done()):
            self._waiting.popleft().result()
        self._waiting.append(self._stage.submit(lambda: self._consume(item)))

    def close(self, abandon: bool = False) -> None:
        """Wait until all is done, or with `abandon` only until the item in hand is.

        Raises:
            what the function raised, unless abandoned.
        """
        try:
            while self._waiting and not abandon:
                self._waiting.popleft().result()
        finally:
            self._waiting.clear()
            self._stage.stop()
