"""`vr360 inject`: tell headsets, YouTube and players how the picture lies on the sphere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.console import say
from pipeline.cli.editing import PATHS, byte_bar, jobs, run, say_stripped
from vr360.choices import AmbisonicMark, Projection, Stereo
from vr360.errors import MetadataError

if TYPE_CHECKING:
    from vr360.spherical import Report, SphericalMetadata
    from vr360.spherical.v1 import Crop


def inject(
    paths: list[Path] = PATHS,
    projection: Projection | None = typer.Option(
        None, help="Projection. Default: what the file, its name or its shape says."
    ),
    stereo: Stereo | None = typer.Option(
        None,
        help="mono, tb (left eye on top), lr (left eye left), rl (left eye right). "
        "Default: as --projection.",
    ),
    yaw: float | None = typer.Option(
        None, min=-180, max=180, help="Yaw of the pose in degrees, as the metadata counts it."
    ),
    pitch: float | None = typer.Option(
        None, min=-90, max=90, help="Pitch of the pose in degrees, as the metadata counts it."
    ),
    roll: float | None = typer.Option(
        None, min=-180, max=180, help="Roll of the pose in degrees, as the metadata counts it."
    ),
    crop: str | None = typer.Option(
        None,
        metavar="W:H:FW:FH:X:Y",
        help="Size of one eye, size of the full sphere, left and top of the eye in it; pixels.",
    ),
    lens_fov: float | None = typer.Option(
        None, help="Field of view of each lens of a dual-fisheye picture, degrees. Default: 190."
    ),
    ambisonic: AmbisonicMark = typer.Option(
        AmbisonicMark.AUTO,
        help="auto marks sound of 4, 9 or 16 channels that declares no loudspeakers; acn-sn3d "
        "marks it anyway, and 6, 11 or 18 as ambisonics with head-locked stereo; none takes "
        "marks away.",
    ),
    apple: bool = typer.Option(
        False, "--apple", help="Write Apple's vexu and hfov too. Experimental."
    ),
    track: int | None = typer.Option(
        None,
        min=1,
        help="Number of the video track. Default: the first enabled one that is no thumbnail.",
    ),
    keep_order: bool = typer.Option(
        False, "--keep-order", help="Do not move the video track to the front (YouTube needs it)."
    ),
    any_shape: bool = typer.Option(
        False, "--any-shape", help="Accept a shape that contradicts the projection."
    ),
    in_place: bool = typer.Option(
        False,
        "--in-place",
        help="Edit the file where it is if the metadata fits into free space: milliseconds, "
        "but a crash in between leaves it damaged.",
    ),
    name_suffix: bool = typer.Option(
        False, "--name-suffix", help="End the output's name as Quest wants it (_360_TB, ...)."
    ),
    strip_location: bool = typer.Option(
        False,
        "--strip-location",
        help="Blank GPS and places in telemetry, tags and photos (MP4, MOV, MKV, JPEG, PNG).",
    ),
    each: bool = typer.Option(False, "--each", help="All paths are inputs."),
    force: bool = typer.Option(False, "--force", help="Overwrite OUTPUT."),
    as_json: bool = typer.Option(False, "--json", help="Print what was written as JSON."),
) -> None:
    """Write spherical metadata (V1 and V2, Matroska, or XMP) in place of all that is there."""
    from vr360 import spherical
    from vr360.spherical.report import plain

    if in_place and name_suffix:
        raise typer.BadParameter("--in-place edits the file itself, --name-suffix makes another")
    angles = {"yaw": yaw, "pitch": pitch, "roll": roll, "lens_fov": lens_fov}
    settings: dict[str, Any] = {name: value for name, value in angles.items() if value is not None}
    if crop is not None:
        settings["bounds"] = parse_crop(crop).bounds

    def edit(source: Path, target: Path | None) -> dict[str, Any]:
        report = spherical.inspect(source, track)
        metadata = _metadata(report, projection, stereo, settings)
        if name_suffix:
            target = _suffixed(target or source, metadata)
        with byte_bar(source) as progress:
            notes = spherical.inject(
                source,
                metadata,
                target,
                track=track,
                ambisonic=ambisonic,
                apple=apple,
                move_front=not keep_order,
                any_shape=any_shape,
                in_place=in_place,
                force=force,
                progress=progress,
            )
        for note in notes:
            say("", note)
        written = target or source
        if strip_location:
            say_stripped(written)
        say("wrote ", f"{written}: {metadata.describe()}")
        return {"file": str(written), "metadata": plain(metadata), "notes": list(notes)}

    pairs = jobs(paths, each, force)
    if in_place and any(target for _, target in pairs):
        raise typer.BadParameter("--in-place edits the file itself; it takes no OUTPUT")
    run(pairs, edit, as_json)


def parse_crop(text: str) -> Crop:
    """`W:H:FW:FH:X:Y`, the order of Google's own tool."""
    from vr360.spherical.v1 import Crop

    parts = text.split(":")
    if len(parts) != 6 or not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise typer.BadParameter(f"--crop {text}: give six whole numbers W:H:FW:FH:X:Y")
    return Crop(*map(int, parts))


def _metadata(
    report: Report,
    projection: Projection | None,
    stereo: Stereo | None,
    settings: dict[str, Any],
) -> SphericalMetadata:
    """What to write; the reason for what the user did not say goes to stderr."""
    from vr360.spherical import SphericalMetadata
    from vr360.spherical.defaults import complete

    if "bounds" in settings and projection is None:
        projection = Projection.EQUIRECT
    if projection and stereo:
        found = report.metadata
        same = found and (found.projection, found.stereo) == (projection, stereo)
        base = found if found and same else SphericalMetadata(projection, stereo)
    else:
        base, reason = complete(report, projection, stereo)
        say("taken as ", f"{base.describe()}: {reason}")
    return replace(base, software="vr360", **settings)


def _suffixed(path: Path, metadata: SphericalMetadata) -> Path:
    from vr360.spherical import name_suffix, suffixed

    if not name_suffix(metadata):
        raise MetadataError(f"{path}: Quest has no name suffix for {metadata.describe()}")
    return suffixed(path, metadata)
