"""A source as its user says it is, where the file does not: a single fisheye too."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pipeline.choices import Level, SourceKind
from vr360.errors import InputError
from vr360.frame import Projection, Stereo, VideoInfo
from vr360.geometry import HALF_TURN
from vr360.media.probe import probe


def check_asked(kind: SourceKind | None, fov: float | None, level: Level) -> None:
    """Raise InputError for what does not suit one lens, or wants one."""
    lens = kind is SourceKind.FISHEYE
    if fov is not None and not lens:
        raise InputError(f"--from-fov {fov:g}: is of one lens; give --from fisheye too")
    if fov is not None and not 0 < fov <= 360:
        raise InputError(f"--from-fov {fov:g}: a lens spans up to 360 degrees")
    if lens and level is not Level.NONE:
        raise InputError("--level wants a whole sphere, and one fisheye is a part of it")


def probe_asked(
    path: Path,
    kind: SourceKind | None = None,
    fov: float | None = None,
    stereo: Stereo | None = None,
    rate: Fraction | None = None,
    parts: bool = False,
) -> VideoInfo:
    """As `probe`; of one fisheye, a source whose sphere is black where the lens saw nothing.

    Args:
        kind: what the user knows better than the file.
        fov: degrees that a fisheye's circle spans; 180 by default.

    Raises:
        Vr360Error: see `probe`.
    """
    if kind is not SourceKind.FISHEYE:
        return probe(path, Projection(kind) if kind else None, stereo, rate, parts)
    # a size that nothing contradicts, and a square is no pair of eyes
    info = probe(path, Projection.CUBEMAP, stereo or Stereo.MONO, rate)
    span = HALF_TURN if fov is None else fov / 180 * HALF_TURN
    reason = f"fisheye of {span / HALF_TURN * 180:g}°: as asked for"
    return replace(info, projection=Projection.EQUIRECT, lens_fov=span, reason=reason)
