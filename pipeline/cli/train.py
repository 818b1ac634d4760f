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
    style_image: Path = typer.Argument(..., help="The painting, JPEG or PNG."),
    out: Path = typer.Argument(..., help="The style to write, OUT.safetensors."),
    photos: Path = typer.Option(..., help="Folder of photographs to learn on."),
    vgg_weights: Path | None = typer.Option(
        None, help="VGG-16 features as safetensors; without it torchvision downloads its own."
    ),
    iterations: int | None = typer.Option(
        None, min=1, help="Steps to take (4000 unless --minutes); repeatable by --seed."
    ),
    minutes: float | None = typer.Option(None, min=0.01, help="Minutes to use instead."),
    style_size: int = typer.Option(
        512, min=64, help="Long side of the painting in pixels: larger makes larger strokes."
    ),
    style_border: float = typer.Option(
        0.02, min=0.0, max=0.4, help="Share of each side of the painting to cut off (its frame)."
    ),
    style_weight: float = typer.Option(3.0, min=0.0, help="Style against content (weight 1)."),
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
    from pipeline.training.train import TrainSettings, preview_path, train
    from vr360.errors import InputError, OutputError

    if out.suffix != ".safetensors":
        raise OutputError(f"{out}: a style is written as NAME.safetensors")
    if out.exists() and not (force or resume):
        raise OutputError(f"{out}: exists; --force overwrites it, --resume continues its training")
    if iterations is not None and minutes is not None:
        raise InputError("--iterations and --minutes: give one of the two")
    settings = TrainSettings(
        iterations=None if minutes else iterations or 4000,
        minutes=minutes,
        style_size=style_size,
        style_border=style_border,
        style_weight=style_weight,
        seed=seed,
    )
    run = train(
        style_image,
        out,
        photos,
        settings,
        painting={"title": title, "artist": artist, "year": year, "rights": rights},
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
