"""Films whose sphere lies on two tracks, or in two files of one lens each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from av.container import InputContainer

from vr360.cameras.pairs import ONE_LENS, Pair, PairKind, lens_files, pair_of
from vr360.errors import NotEquirectError
from vr360.frame import Rgb, VideoInfo
from vr360.media.containers import opened, real_videos
from vr360.media.first import first_frame, first_picture, start_time
from vr360.media.recognise import looks_like_dual_fisheye


@dataclass(frozen=True)
class Paired:
    """Two tracks that make one sphere, and where the second one lies."""

    pair: Pair
    path: Path
    number: int

    @property
    def parts(self) -> str:
        """What there are two of."""
        return "tracks" if self.number else "files"

    @property
    def note(self) -> str:
        """What was done, for the user."""
        if self.number == 0:
            return f"{self.path.name} shows its other lens; both are laid side by side"
        return self.pair.note

    def picture(self) -> Rgb:
        """The first one of the second track."""
        return first_picture(self.path, self.number)


def find_pair(path: Path, container: InputContainer, rgb: Rgb) -> Paired | None:
    """The two tracks that make one sphere, where the first one shows `rgb`; None elsewhere.

    Raises:
        NotEquirectError: one lens, and no file with the other one.
    """
    streams = real_videos(container)
    pair = pair_of(*rgb.shape[:2])
    if pair is None:
        return None
    lenses, named = pair.kind is PairKind.LENSES, path.suffix.lower() in ONE_LENS
    if len(streams) == 1:
        return _with_lens_beside(pair, path, rgb) if lenses and named else None
    sizes = {(s.codec_context.height, s.codec_context.width) for s in streams[:2]}
    paired = Paired(pair, path, 1)
    if sizes != {rgb.shape[:2]}:
        return None
    if lenses and not named and not looks_like_dual_fisheye(pair.join(rgb, paired.picture())):
        return None
    return paired


def _with_lens_beside(pair: Pair, path: Path, rgb: Rgb) -> Paired:
    """Raises NotEquirectError where the file that holds the other lens is not known or there."""
    files = lens_files(path)
    if files is None:
        raise NotEquirectError(
            f"{path}: shows one lens, and its name does not say where the other one is (_10_ for "
            "_00_); lay them side by side: ffmpeg -i A -i B -filter_complex hstack OUT.mp4"
        )
    first, second = files
    if path == second and first.is_file():
        raise NotEquirectError(f"{path}: shows the second lens; give {first.name}: both are taken")
    missing = first if path == second else second
    if not missing.is_file():
        raise NotEquirectError(
            f"{path}: shows one lens; {missing.name}, which shows the other one, is not beside it"
        )
    paired = Paired(pair, second, 0)
    if paired.picture().shape != rgb.shape:
        raise NotEquirectError(f"{second}: differs from {path.name} in size: not its other lens")
    return paired


def beside(info: VideoInfo, path: Path) -> VideoInfo | None:
    """The film of the second lens, where it is a file of its own; its clock is its own too."""
    if path == info.path:
        return None
    with opened(path) as (container, stream):
        return replace(
            info,
            path=path,
            start_time=start_time(container, first_frame(path, container, stream)),
        )
