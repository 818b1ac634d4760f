"""`vr360 inspect`: what a file says about its sphere, and who will understand it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pipeline.cli.editing import run
from vr360.choices import Projection
from vr360.errors import InputError, MetadataError

if TYPE_CHECKING:
    from vr360.frame import VideoInfo
    from vr360.media.telemetry import Telemetry
    from vr360.spherical import Report


def inspect(
    paths: list[Path] = typer.Argument(..., metavar="FILE...", help="Films or stills."),
    track: int | None = typer.Option(None, min=1, help="Video track to look at, from 1."),
    as_json: bool = typer.Option(
        False, "--json", help="Print JSON: an object for one file, a list for several."
    ),
) -> None:
    """Show all spherical metadata, where it disagrees, and what each target makes of it."""
    from vr360 import spherical
    from vr360.media.telemetry import telemetry_of

    def look(path: Path, _: Path | None) -> dict[str, Any]:
        report = spherical.inspect(path, track)
        stream = _stream(path, report)
        if stream is None and report.container is None:
            raise MetadataError(f"{path}: neither a film nor a still that can be read")
        known = telemetry_of(path) if stream else None
        if not as_json:
            typer.echo("\n".join(lines(report, stream) + telemetry_lines(known)))
        told = asdict(known) if known else None
        return report.as_dict() | {"stream": _plain(stream), "telemetry": told}

    run([(path, None) for path in paths], look, as_json)


def lines(report: Report, stream: VideoInfo | None) -> list[str]:
    """The report for people."""
    out = [str(report.path)]
    out.append(f"  container     {report.container or 'of a kind without spherical metadata'}")
    out.append(f"  picture       {_picture(report, stream)}")
    metadata = report.metadata
    out.append(f"  sphere        {metadata.describe() if metadata else 'none stated'}")
    if not metadata:
        out.append(f"  taken as      {_taken_as(report.path)}")
    if report.right_eye:
        out.append("  right eye     in its XMP (GImage); the left one alone is read")
    for source, said, note, track, _ in report.statements:
        words = said.describe() if said else f"not usable: {note}"
        where = f", track {track}" if track > 1 else ""
        out.append(f"    {source + where:<12}{words}")
    for sound in report.ambisonic:
        stereo = ", and head-locked stereo" if sound.head_locked else ""
        out.append(f"  sound         ambisonic of order {sound.order}, ACN, SN3D (SA3D){stereo}")
    out += [f"  disagreement  {text}" for text in report.disagreements]
    out += [f"  problem       {text}" for text in report.problems]
    for target, plays, missing in report.verdicts:
        out.append(f"  {target:<14}{'recognises it' if plays else 'misses ' + missing}")
    return out


def telemetry_lines(known: Telemetry | None) -> list[str]:
    """What the camera told of its motion and its place, for people."""
    if known is None:
        return []
    out = [f"  telemetry     {known.kind}: {', '.join(known.sensors)}"]
    if known.place is not None:
        where = "{:.5f}, {:.5f}".format(*known.place)
        out.append(f"  place         {where} (vr360 remove --strip-location takes it out)")
    return out


def _stream(path: Path, report: Report) -> VideoInfo | None:
    """Facts about the picture and the sound; None where they cannot be read."""
    from vr360.media.probe import probe

    said = report.metadata.projection if report.metadata else Projection.EQUIRECT
    try:
        return probe(path, projection=said)
    except InputError:
        return None


def _taken_as(path: Path) -> str:
    """What is made of a picture of which the file says nothing."""
    from vr360.media.probe import probe

    try:
        return probe(path).reason
    except InputError as error:
        return f"nothing: {str(error).removeprefix(f'{path}: ').removeprefix(f'{path.name}: ')}"


def _picture(report: Report, stream: VideoInfo | None) -> str:
    if stream is None:
        return f"{report.width}x{report.height} {report.codec} (cannot be decoded here)"
    size = f"{stream.width}x{stream.height} {stream.codec} {stream.pixel_format}"
    if not stream.rate:
        return size
    audio = ", ".join(f"{a.codec} {a.layout or a.channels}" for a in stream.audio) or "no sound"
    return f"{size}, {float(stream.rate):.6g} fps, {float(stream.duration):.6g} s, {audio}"


def _plain(stream: VideoInfo | None) -> dict[str, Any] | None:
    """For JSON; what the picture is taken for stands with the metadata."""
    if stream is None:
        return None
    found = asdict(stream)
    for name in ("path", "projection", "stereo", "reason", "notes"):
        found.pop(name, None)
    found["beside"] = str(stream.beside.path) if stream.beside else None
    return found | {"rate": str(stream.rate), "duration": float(stream.duration)}
