"""`vr360 train`: a painting becomes a style."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import typer
from rich.live import Live
from rich.table import Table

from pipeline.cli.console import console, say


def train(
    style_image: Path = typer.Argument(..., help="The painting, JPEG or PNG; or a recipe (.toml)."),
    out: Path = typer.Argument(..., help="The style or gallery to write, OUT.safetensors."),
    photos: Path = typer.Option(..., help="Folder of photographs to learn on."),
    panoramas: Path | None = typer.Option(None, help="Folder of 2:1 panoramas to learn on too."),
    images: Path | None = typer.Option(None, help="Folder of a recipe's paintings."),
    from_: str = typer.Option(
        "shipped", "--from", help="Gallery to begin with: shipped, a FILE, or none."
    ),
    convolutions: bool = typer.Option(
        False, "--convolutions", help="Train the whole net, not the new look alone."
    ),
    vgg_weights: Path | None = typer.Option(
        None, help="VGG-16 features as safetensors; without it torchvision downloads its own."
    ),
    iterations: int | None = typer.Option(
        None, min=1, help="Steps to take (1000 unless --minutes); repeatable by --seed."
    ),
    minutes: float | None = typer.Option(None, min=0.01, help="Minutes to use instead."),
    scale: float = typer.Option(
        90.0, min=1, help="Degrees that the painting spans on the sphere: larger, larger strokes."
    ),
    style_weight: float = typer.Option(1.0, min=0.0, help="Style against content, 1 the usual."),
    seed: int = typer.Option(0, min=0, help="Seed of weights, photographs and noise."),
    device: str = typer.Option("auto", help="auto, cuda, mps or cpu."),
    resume: bool = typer.Option(False, "--resume", help="Continue from OUT.training."),
    force: bool = typer.Option(False, "--force", help="Overwrite OUT."),
    title: str = typer.Option("", help="The painting's title, for the card."),
    artist: str = typer.Option("", help="Its painter, for the card."),
    year: str = typer.Option("", help="Its year, for the card."),
    rights: str = typer.Option("", help="Its rights, for the card (public domain, CC BY, ...)."),
    data_rights: str = typer.Option("", help="Origin and licence of the photographs."),
) -> None:
    """Train a style for `vr360 stylize --style OUT`; resumable, with a preview picture."""
    from pipeline.backends import choose_device
    from pipeline.nets.checkpoint import load_gallery
    from pipeline.styles import GALLERY
    from pipeline.training.recipe import StyleSource, load_recipe
    from pipeline.training.train import TrainSettings, preview_path, train
    from vr360.errors import InputError, OutputError

    if out.suffix != ".safetensors":
        raise OutputError(f"{out}: a style is written as NAME.safetensors")
    if out.exists() and not (force or resume):
        raise OutputError(f"{out}: exists; --force overwrites it, --resume continues its training")
    if iterations is not None and minutes is not None:
        raise InputError("--iterations and --minutes: give one of the two")
    start = (
        None if from_ == "none" else load_gallery(GALLERY if from_ == "shipped" else Path(from_))
    )
    if style_image.suffix == ".toml":
        styles = load_recipe(style_image, images)
    else:
        styles = [
            StyleSource(
                out.stem,
                style_image,
                title=title,
                artist=artist,
                year=year,
                rights=rights,
                scale=scale,
                weight=style_weight,
            )
        ]
    settings = TrainSettings(
        iterations=None if minutes else iterations or 1000,
        minutes=minutes,
        convolutions=convolutions or start is None,
        seed=seed,
    )
    run = train(
        styles,
        out,
        photos,
        settings,
        panoramas=panoramas,
        start=start,
        data_card={"rights": data_rights},
        vgg_weights=vgg_weights,
        device=choose_device(device),
        resume=resume,
    )
    with Live(console=console, refresh_per_second=2) as live:
        for state in run:
            live.update(_table(state.step, state.done, state.seconds_left, state.losses))
    say("style    ", str(out))
    say("preview  ", str(preview_path(out)))


def _table(step: int, done: float, seconds_left: float, losses: Mapping[str, float]) -> Table:
    table = Table("step", "done", "left", *losses, box=None)
    left = str(timedelta(seconds=round(seconds_left))) if done else "-"
    table.add_row(str(step), f"{done:.0%}", left, *(f"{value:,.0f}" for value in losses.values()))
    return table
