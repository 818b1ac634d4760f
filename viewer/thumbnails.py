"""Small pictures of a film for its seek bar, from key frames, in a thread of their own."""

from __future__ import annotations

import threading
from fractions import Fraction

import av.error
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from viewer.layout import eye_area
from viewer.picture import Picture, picture_from_frame, picture_to_rgb
from vr360.errors import VideoOpenError
from vr360.frame import Rgb, Stereo, VideoInfo
from vr360.media.containers import opened

HEIGHT = 72
PLACES = 120  # a film has at most so many thumbnails


class Thumbnails:
    """Asked for a time, it answers with the picture near it, as soon as it is there."""

    def __init__(self, info: VideoInfo) -> None:
        self._info = info
        self._changed = threading.Condition()
        self._wanted: int | None = None
        self._ready: dict[int, Rgb] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="thumbnails", daemon=True)
        self._thread.start()

    def at(self, time: float) -> Rgb | None:
        """(HEIGHT, width, 3) uint8 near `time`; None while it is not ready, which is asked for."""
        place = self._place(time)
        with self._changed:
            if place not in self._ready:
                self._wanted = place
                self._changed.notify_all()
            return self._ready.get(place)

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(timeout=5)

    def _place(self, time: float) -> int:
        return int(time / max(float(self._info.duration), 1e-6) * PLACES)

    def _work(self) -> None:
        try:
            with opened(self._info.path) as (container, stream):
                self._serve(container, stream)
        except (av.error.FFmpegError, VideoOpenError, OSError):
            return  # a film that cannot be read says so in the player

    def _serve(self, container: InputContainer, stream: VideoStream) -> None:
        stream.codec_context.skip_frame = "NONKEY"
        while True:
            with self._changed:
                while self._wanted is None and not self._closing:
                    self._changed.wait()
                if self._closing:
                    return
                place, self._wanted = self._wanted, None
            assert place is not None
            time = Fraction(place, PLACES) * self._info.duration
            rgb = key_frame(self._info, container, stream, time)
            if rgb is not None:
                with self._changed:
                    self._ready[place] = rgb


def key_frame(
    info: VideoInfo, container: InputContainer, stream: VideoStream, time: Fraction
) -> Rgb | None:
    """(HEIGHT, width, 3) uint8 of the key frame at or before a time, where there is one.

    Args:
        info: of the film that is opened.
        container, stream: the film; the stream decodes key frames alone.
        time: seconds from the first frame.
    """
    base = stream.time_base or Fraction(1, 1000)
    container.seek(int((time + info.start_time) / base), stream=stream, backward=True)
    frame = next(container.decode(stream), None)
    if frame is None:
        return None
    return _small(picture_from_frame(frame, info.colour), info.stereo)


def _small(picture: Picture, stereo: Stereo) -> Rgb:
    """The left eye, `HEIGHT` high."""
    rows, _ = eye_area(stereo, 0, picture.height, picture.width)
    scale = HEIGHT / (rows.stop - rows.start)
    size = round(picture.height * scale), round(picture.width * scale)
    whole = picture_to_rgb(picture, size)
    return np.ascontiguousarray(whole[eye_area(stereo, 0, *size)])
