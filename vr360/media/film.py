"""A film as something to iterate over, for those who write their own loop."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType

from vr360.frame import Frame, VideoInfo
from vr360.media.reader import read_ahead, read_frames
from vr360.media.threads import ReadAhead


class Film:
    """The frames of a film, a still or a folder of frames; decoded in a thread, a few ahead.

    Args:
        info: from `probe`.
        start: seconds into the film.
        duration: seconds; None is to its end.

    Attributes:
        info: size, rate, projection and eyes of the source.
    """

    def __init__(self, info: VideoInfo, start: Fraction, duration: Fraction | None) -> None:
        self.info = info
        self._span = start, duration
        self._reading: ReadAhead[Frame] | None = None

    def __iter__(self) -> Iterator[Frame]:
        """From the first frame on, each time anew.

        Raises:
            VideoOpenError: the film is damaged or cut short; what comes before has been given out.
        """
        self.close()
        self._reading = read_ahead(read_frames(self.info, *self._span))
        return self._reading

    def close(self) -> None:
        """Stop decoding; safe to call twice."""
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
