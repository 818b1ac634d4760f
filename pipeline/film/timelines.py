"""A film's cuts for other editors: an OpenTimelineIO timeline or an EDL (CMX 3600).

Each scene is a clip of the first picture track, with a marker at its beginning; what two scenes
show together is a dissolve about the cut. Looks, masks, turns and sounds have no place there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
from otio_cmx3600_adapter import cmx_3600

from pipeline.film.timeline import Placed, Timeline
from vr360.errors import OutputError
from vr360.media.targets import check_target
from vr360.partial import write_whole

SUFFIXES = (".otio", ".edl")
_DISSOLVE = "SMPTE_Dissolve"


def write_timeline(film: Timeline, path: Path, force: bool = False) -> None:
    """Write where every scene lies, what it shows, and its name as a marker.

    Raises:
        OutputError: the target is of another kind, is there already, or cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{path}: timelines are written as {', '.join(SUFFIXES)}")
    check_target(path, force)
    timeline = as_timeline(film, path.stem)
    try:
        if path.suffix.lower() == ".edl":
            text = cmx_3600.write_to_string(timeline, rate=float(film.rate))
        else:
            text = otio.adapters.write_to_string(timeline, "otio_json")
        write_whole(path, text.encode())
    except ValueError:
        raise OutputError(
            f"{path}: an EDL counts 24, 25, 30, 50, 60 frames a second or 30000/1001, not "
            f"{film.rate}; name a .otio"
        ) from None
    except (OSError, otio.exceptions.OTIOError) as error:
        raise OutputError(f"{path}: cannot be written: {error}") from None


def as_timeline(film: Timeline, name: str) -> otio.schema.Timeline:
    """The film as OpenTimelineIO has it."""
    track = otio.schema.Track("scenes", kind=otio.schema.TrackKind.Video)
    track.extend(_items(film))
    timeline = otio.schema.Timeline(name)
    timeline.tracks.append(track)
    return timeline


def _items(film: Timeline) -> Iterator[otio.core.Composable]:
    rate = float(film.rate)
    late = 0  # frames of the scene before that are seen after the cut
    for number, placed in enumerate(film.scenes):
        shared = placed.enters if placed.scene.enter.overlap and number else 0
        early = shared // 2
        if shared:
            offsets = (otio.opentime.RationalTime(n, rate) for n in (early, shared - early))
            yield otio.schema.Transition(_DISSOLVE, _DISSOLVE, *offsets)
        following = film.scenes[number + 1 :][:1]
        next_shared = following[0].enters if following and placed.leave.overlap else 0
        late = next_shared - next_shared // 2
        yield _clip(placed, early, late, rate)


def _clip(placed: Placed, early: int, late: int, rate: float) -> otio.schema.Clip:
    """A scene without what dissolves add at its two ends."""

    def span(start: float, frames: float) -> otio.opentime.TimeRange:
        time = otio.opentime.RationalTime
        return otio.opentime.TimeRange(time(start, rate), time(frames, rate))

    first = round(float(placed.start) * rate) + early
    lasts = round(float(placed.info.duration) * rate) or placed.count
    media = otio.schema.ExternalReference(placed.info.path.absolute().as_uri(), span(0, lasts))
    shown = span(first, placed.count - early - late)
    clip = otio.schema.Clip(placed.info.path.name, media, shown)  # what editors link by
    marker = otio.schema.Marker(placed.scene.name, span(first, 0))
    marker.color = otio.schema.MarkerColor.GREEN
    clip.markers.append(marker)
    return clip
