"""Interlaced films: two fields of each frame, taken one after the other, made one picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import av
from av.error import BlockingIOError, EOFError
from av.filter import Graph
from av.video.stream import VideoStream

from vr360.frame import VideoInfo

_FILTER = "bwdif"
_OPTIONS = "mode=send_frame:deint=interlaced"


def interlacing_notes(first: av.VideoFrame) -> tuple[str, ...]:
    """What to tell of a film by its first frame."""
    said = f"the film is interlaced: its fields are made one picture ({_FILTER})"
    return (said,) if first.interlaced_frame else ()


def deinterlaced(
    info: VideoInfo, stream: VideoStream, frames: Iterable[av.VideoFrame]
) -> Iterator[av.VideoFrame]:
    """As many frames at the same times; those of other films pass as they are."""
    if not info.interlaced:
        yield from frames
        return
    graph = Graph()
    source, sink = graph.add_buffer(template=stream), graph.add("buffersink")
    filtered = graph.add(_FILTER, _OPTIONS)
    source.link_to(filtered)
    filtered.link_to(sink)
    graph.configure()
    for frame in frames:
        graph.push(frame)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(frame, av.VideoFrame):
            yield frame
