"""What can be refused of a job's files before any of them is opened."""

from __future__ import annotations

from pathlib import Path

from vr360.errors import OutputError
from vr360.frame import VideoInfo
from vr360.media.containers import check_readable
from vr360.media.presets import preset_named
from vr360.media.targets import STILL_SUFFIXES, behind_link, check_target


def check_files(
    source: Path | None, target: Path, preset: str | None = None, force: bool = False
) -> None:
    """Refuse a source that is not there and a target that cannot be; nothing is decoded.

    Args:
        source: film, still or folder of frames; None where there is none to compare with.
        target: film, still, or folder for frames.
        preset: see `vr360.media.presets`; None goes by the target's suffix.
        force: an existing target may be replaced.

    Raises:
        VideoOpenError: the source is missing, empty or not readable.
        InputError: no such preset.
        OutputError: the target exists, is the source, is of no kind that is written, or cannot
            carry the preset.
    """
    if source is not None:
        check_readable(source)
    real = behind_link(target)
    if real.suffix.lower() not in ("", *STILL_SUFFIXES):
        preset_named(preset, real)
    check_target(target, force, source)


def check_kind(target: Path, source: VideoInfo) -> None:
    """Raise OutputError for a film that is to become a still, or a still a film."""
    still = target.suffix.lower() in STILL_SUFFIXES
    if still and not source.is_still:
        raise OutputError(f"{target}: a film does not fit into a still; name a film or a folder")
    if target.suffix and not still and source.is_still:
        raise OutputError(f"{target}: one still is no film; name a .png or .jpg")
