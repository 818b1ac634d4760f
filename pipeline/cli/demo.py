"""`vr360 demo`: the shipped clip from end to end, with what to look at afterwards."""

from __future__ import annotations

from pathlib import Path

import typer

from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.options import Device
from pipeline.cli.stylize import as_data, summarise

SAMPLE = Path(__file__).parents[2] / "sample_clips" / "valley_2048x1024.mp4"


def demo(
    out: Path = typer.Option(Path("out"), help="Folder for the film, the picture, the figures."),
    style: str = typer.Option("starry_night", help="Name of a shipped style, or a style FILE."),
    device: Device = "auto",
    as_json: bool = typer.Option(False, "--json", help="Print the figures as JSON."),
) -> None:
    """Paint the shipped sample clip; an earlier demo in the same folder is replaced."""
    import json
    from dataclasses import asdict

    from pipeline.styles import check_styles
    from vr360.errors import VideoOpenError

    if not SAMPLE.is_file():
        raise VideoOpenError(f"{SAMPLE}: the sample clip is missing; run this in a full checkout")
    check_styles(style)

    from pipeline.quality.before_after import save_before_after
    from pipeline.quality.measure import measure_film, measure_style
    from pipeline.stylize import StylizeJob, stylize

    out.mkdir(parents=True, exist_ok=True)
    film, picture, figures = out / "demo.mp4", out / "before_after.jpg", out / "figures.json"
    job = StylizeJob(SAMPLE, film, style, device=device, force=True)
    report = stylize(job, progress_bar)
    say("measuring", " film and style")
    save_before_after(SAMPLE, film, picture)
    measured = as_data(report) | asdict(measure_film(film, SAMPLE)) | asdict(measure_style(style))
    figures.write_text(json.dumps(measured, indent=2, default=str) + "\n")
    if as_json:
        print_json(measured)
        return
    summarise(report)
    say("picture  ", str(picture))
    seam, grid = measured["seam_ratio"], measured["grid_ratio"]
    say(
        "figures  ",
        f"{figures}: step at the seam {seam:.2f}, at the net's grid {grid:.2f}; 1 is none",
    )
    say("next     ", f"vr360 view {film} --compare {SAMPLE}")
