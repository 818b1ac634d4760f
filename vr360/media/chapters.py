"""Films that a camera cut into chapters, told and read as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from vr360.cameras.chapters import chapters_after
from vr360.errors import InputError
from vr360.frame import VideoInfo
from vr360.media.probe import probe


def with_chapters(info: VideoInfo) -> VideoInfo:
    """The film with the chapters that follow it, where it is the first one of several.

    Raises:
        VideoOpenError: a chapter cannot be opened.
        InputError: one is of another kind.
    """
    if info.is_still or not info.path.is_file():
        return info
    asked = info.projection, info.stereo
    chapters = [info, *(probe(path, *asked, parts=True) for path in chapters_after(info.path))]
    if len(chapters) == 1:
        return info
    for chapter in chapters:
        if _kind(chapter) != _kind(info):
            raise InputError(
                f"{chapter.path}: differs from {info.path.name} in size, rate or depth, so it is "
                "no chapter of it; --no-chapters takes the first alone"
            )
    names = ", ".join(chapter.path.name for chapter in chapters)
    note = (
        f"{len(chapters)} chapters are taken as one film ({names}); --no-chapters takes the first"
    )
    return replace(
        info,
        duration=sum((chapter.duration for chapter in chapters), Fraction(0)),
        frames=sum(chapter.frames for chapter in chapters),
        chapters=tuple(chapters),
        notes=(*info.notes, note),
    )


def begun(info: VideoInfo) -> Iterator[tuple[Fraction, VideoInfo]]:
    """Each chapter, or the film itself, with when it begins, seconds into the whole."""
    begins = Fraction(0)
    for chapter in info.chapters or (info,):
        yield begins, chapter
        begins += chapter.duration


def _kind(info: VideoInfo) -> tuple[object, ...]:
    return info.height, info.width, info.rate, info.bit_depth, info.pair, len(info.audio)
