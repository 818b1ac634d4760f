"""Which late pictures a window shows after a stall. Pure: callers give the time."""

from __future__ import annotations

from dataclasses import dataclass

BEARABLE = 0.09  # seconds that pictures may follow their sound (ITU-R BT.1359-1)
EVEN = (0.25, 2.0)  # seconds after a drop without catching up: at first, at most


@dataclass
class CatchUp:
    """After one stall, show the late pictures in order; drop evenly where stalls do not end.

    A window that is always too slow would fall behind and jump, over and over. It drops evenly
    until it has kept up for a while; each drop soon after another makes that while longer.

    Attributes:
        behind: some due pictures are left for later.
    """

    behind: bool = False
    _late: float = 0.0
    _even: float = EVEN[0]
    _until: float = 0.0

    def take(self, now: float, due: int, late: float) -> int:
        """How many due pictures to take, oldest first; the last one taken is shown.

        Args:
            now: seconds of a monotonic clock.
            due: number of pictures whose time has come.
            late: seconds since the oldest of them should have been shown.
        """
        if not due:
            self.behind = False
            return 0
        recovering = late < self._late if self.behind else now >= self._until
        one = due == 1 or (late <= BEARABLE and recovering)
        if not one:
            again = now < self._until + self._even
            self._even = min(2 * self._even, EVEN[1]) if again else EVEN[0]
            self._until = now + self._even
        self._late, self.behind = late, one and due > 1
        return 1 if one else due
