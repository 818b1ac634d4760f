"""Arguments and options that several commands take, said once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.values import parse_seconds

if TYPE_CHECKING:
    from pipeline.source.delivery import Span

Input = Annotated[Path, typer.Argument(help="360° film, JPEG or PNG, or folder of frames.")]
Output = Annotated[Path, typer.Argument(help="Film (.mp4, .mov, .mkv), still, or folder to write.")]
Start = Annotated[str, typer.Option(help="Where to begin, in seconds or [H:]M:S.")]
Duration = Annotated[str | None, typer.Option(help="How much of it, in seconds or [H:]M:S.")]
Preset = Annotated[
    str | None,
    typer.Option(
        help="archive, lossless-mp4, youtube, quest or prores; by default OUTPUT's suffix "
        "decides: .mp4 quest, .mkv archive, .mov prores."
    ),
]
Codec = Annotated[str | None, typer.Option(help="ffmpeg's encoder instead of the preset's.")]
Crf = Annotated[float | None, typer.Option(help="Quality of that encoder; lower is better.")]
PixelFormat = Annotated[str | None, typer.Option(help="ffmpeg's pixel format (yuv444p, ...).")]
Speed = Annotated[str | None, typer.Option(help="The encoder's own preset (ultrafast, slow, ...).")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite OUTPUT.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]


def parse_span(start: str, duration: str | None) -> Span:
    """What `Start` and `Duration` say."""
    from pipeline.source.delivery import Span

    first = parse_seconds(start, "--start") or Fraction(0)
    return Span(first, parse_seconds(duration, "--duration"))
