"""Films with one sphere on two tracks or in two files, told by their first pictures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer

from vr360.cameras.lens_files import other_lens
from vr360.cameras.pairs import Pair, PairKind, pair_of
from vr360.errors import NotEquirectError
from vr360.frame import Projection, Rgb, Stereo, VideoInfo
from vr360.media.colour import RgbConverter, colour_of, depth_of
from vr360.media.containers import first_frame, opened, real_videos
from vr360.media.recognise import looks_like_dual_fisheye
from vr360.media.rotation import display_matrix, upright

ONE_LENS = (".insv", ".lrv")  # Insta360's, in which each lens has a track or a file
_SAME_END = Fraction(1, 2)  # seconds between the ends of two files of one film, at most


def find_pair(path: Path, container: InputContainer, rgb: Rgb, alone: bool = False) -> Pair | None:
    """The two tracks that make one sphere, where the first one shows `rgb`; None elsewhere.

    Args:
        alone: a lens is wanted without the other.

    Raises:
        NotEquirectError: one lens, and the file of the other is not beside it.
    """
    streams = real_videos(container)
    pair = pair_of(*rgb.shape[:2])
    if pair is None or (alone and pair.kind is PairKind.LENSES):
        return None
    lenses = pair.kind is PairKind.LENSES
    if len(streams) == 1:
        if lenses and path.suffix.lower() in ONE_LENS:
            raise NotEquirectError(_lacks_other(path))
        return None
    sizes = {(s.codec_context.height, s.codec_context.width) for s in streams[:2]}
    if sizes != {rgb.shape[:2]}:
        return None
    if lenses and path.suffix.lower() not in ONE_LENS:
        both = pair.join(rgb, first_picture(path, 1))
        return pair if looks_like_dual_fisheye(both) else None
    return pair


def _lacks_other(path: Path) -> str:
    other = other_lens(path)
    alone = "take this lens alone with --from fisheye --from-fov 200"
    if other is None:
        names = "VID_20260102_101112_00_001.insv and VID_20260102_101112_10_001.insv"
        return (
            f"{path}: shows one lens, and its name does not tell which file shows the other; name "
            f"the two as the camera does ({names}), or {alone}"
        )
    return (
        f"{path}: shows one lens; the other one's file {other.name} is not beside it: put it "
        f"there, or {alone}"
    )


def first_picture(path: Path, number: int) -> Rgb:
    """The first picture of a video track, upright."""
    with opened(path, number) as (container, stream):
        first = first_frame(path, container, stream)
        colour, _ = colour_of(first, first.height)
        return upright(RgbConverter(colour, depth_of(first))(first), display_matrix(first))


def side_by_side(
    first: VideoInfo, second: VideoInfo, projection: Projection | None, stereo: Stereo | None
) -> VideoInfo | None:
    """The film of two files that show one lens each; None where they do not, and of stills.

    Sound, times and tags are the first one's.

    Args:
        first, second: each as one picture, see `probe`.
        projection, stereo: what the user says of both together.

    Raises:
        NotEquirectError: they differ in size, rate or depth, or one is cut short.
    """
    pair = pair_of(first.height, first.width)
    if first.is_still or second.is_still or pair is None or pair.kind is not PairKind.LENSES:
        return None
    if first.path.suffix.lower() not in ONE_LENS:
        pictures = (first_picture(film.path, 0) for film in (first, second))
        if _kind(first) != _kind(second) or not looks_like_dual_fisheye(pair.join(*pictures)):
            return None
    _check_alike(first, second)
    return replace(
        first,
        width=2 * first.width,
        duration=min(first.duration, second.duration),
        frames=min(first.frames, second.frames),
        projection=projection or pair.projection,
        stereo=stereo or Stereo.MONO,
        reason=f"{projection or pair.projection}: one lens in each of two files",
        pair=pair,
        beside=replace(second, colour=first.colour),
        notes=(*first.notes, f"{second.path.name} is taken as the other lens, on the right"),
    )


def _check_alike(first: VideoInfo, second: VideoInfo) -> None:
    if _kind(first) != _kind(second):
        raise NotEquirectError(
            f"{second.path}: differs from {first.path.name} in size, rate or depth, so it is not "
            "its other lens; rename it"
        )
    if abs(first.duration - second.duration) > _SAME_END:
        raise NotEquirectError(
            f"{second.path}: lasts {float(second.duration):.2f} s and {first.path.name} "
            f"{float(first.duration):.2f} s, so one of the two lenses is cut short: copy them again"
        )


def _kind(info: VideoInfo) -> tuple[object, ...]:
    return info.height, info.width, info.rate, info.bit_depth
