"""`vr360 train`: a painting becomes a style."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from pipeline.choices import ImageKind, Network
from pipeline.cli.console import live_table, say
from pipeline.cli.options import Device, usage

if TYPE_CHECKING:
    from pipeline.training.hero import Hero
    from pipeline.training.train import TrainProgress


def train(
    style_image: Path = typer.Argument(..., help="The painting, JPEG or PNG; or a recipe (.toml)."),
    out: Path = typer.Argument(..., help="The style or gallery to write, OUT.safetensors."),
    photos: Path = typer.Option(..., help="Folder of photographs to learn on."),
    panoramas: Path | None = typer.Option(None, help="Folder of 2:1 panoramas to learn on too."),
    images: Path | None = typer.Option(None, help="Folder of a recipe's paintings."),
    gallery: str = typer.Option("shipped", help="Gallery to begin with: shipped, a FILE, or none."),
    convolutions: bool = typer.Option(
        False,
        "--convolutions",
        help="Train the whole net, not the new look alone. It comes nearer to the painting, but no "
        "longer blends with the gallery.",
    ),
    keep: bool = typer.Option(
        False, "--keep", help="Write the gallery's styles to OUT too, beside the new one."
    ),
    vgg_weights: Path | None = typer.Option(
        None, help="VGG features as safetensors. Default: torchvision downloads them."
    ),
    network: Network = typer.Option(
        Network.AUTO,
        help="Whose features are compared; auto takes what --vgg-weights holds, vgg16 without.",
    ),
    iterations: int | None = typer.Option(
        None,
        min=1,
        help="Training steps (1000 unless --minutes). The same --seed gives the same style.",
    ),
    minutes: float | None = typer.Option(
        None, min=0.01, help="Training minutes, instead of steps."
    ),
    kind: ImageKind = typer.Option(
        ImageKind.PAINTING, help="Kind of style image; photo keeps the film's detail."
    ),
    name: str | None = typer.Option(None, help="Name of the style. Default: OUT's."),
    crop: str | None = typer.Option(
        None, help="Part of the painting to learn, x,y,w,h as shares. Default: all but its edge."
    ),
    scale: float | None = typer.Option(
        None,
        min=1,
        max=360,
        help="Degrees that the painting spans on the sphere (90). More makes larger strokes.",
    ),
    style_weight: float | None = typer.Option(
        None, min=0.0, help="Weight of style against content; 1 is usual."
    ),
    preserve_colour: bool = typer.Option(
        False, "--preserve-colour", help="Learn on luma alone; films keep their colours."
    ),
    match: Path | None = typer.Option(
        None, help="Film or picture to match the painting's colours to before training."
    ),
    from_optimised: list[str] | None = typer.Option(
        None,
        help="SOURCE of STYLE_IMAGE, where that is a panorama painted by vr360 optimize or by "
        "hand. SOURCE,HERO is another one of the same look, SOURCE,HERO,MASK one of which only "
        "what is white in MASK counts; repeatable.",
    ),
    seed: int = typer.Option(0, min=0, help="Random seed of weights, photographs and noise."),
    device: Device = "auto",
    resume: bool = typer.Option(False, "--resume", help="Continue from OUT.training."),
    force: bool = typer.Option(False, "--force", help="Overwrite OUT."),
    title: str | None = typer.Option(None, help="The painting's title, for the card."),
    artist: str | None = typer.Option(None, help="Its painter, for the card."),
    year: str | None = typer.Option(None, help="Its year, for the card."),
    rights: str | None = typer.Option(
        None, help="Its rights, for the card (public domain, CC BY, ...)."
    ),
    data_rights: str = typer.Option("", help="Origin and licence of the photographs."),
) -> None:
    """Train a style for `vr360 stylize --style OUT`; resumable, with a preview and a report."""
    from pipeline.looks.style_images import parse_box
    from pipeline.training.job import TrainJob, train_styles

    with usage():
        given = {
            "name": name, "crop": parse_box(crop, "--crop") if crop else None,
            "scale": scale, "weight": style_weight, "match": match,
            "preserve_colour": preserve_colour or None,
            "optimised_from": _heroes(from_optimised, style_image),
            "title": title, "artist": artist, "year": year, "rights": rights,
        }  # fmt: skip
        job = TrainJob(
            style_image,
            out,
            photos,
            {field: value for field, value in given.items() if value is not None},
            kind=kind,
            iterations=iterations,
            minutes=minutes,
            gallery=gallery,
            convolutions=convolutions,
            keep=keep,
            panoramas=panoramas,
            images=images,
            vgg_weights=vgg_weights,
            network=network,
            data_rights=data_rights,
            device=device,
            seed=seed,
            resume=resume,
            force=force,
        )
    with live_table() as live:
        report = train_styles(job, lambda state: live.update(_table(state)))
    say("style    ", str(report.style))
    say("preview  ", str(report.preview))
    say("report   ", str(report.page))


def _heroes(texts: list[str] | None, style_image: Path) -> tuple[Hero, ...] | None:
    from pipeline.training.hero import Hero

    return tuple(Hero.parse(text, style_image) for text in texts) if texts else None


def _table(state: TrainProgress) -> Table:
    """A row for each kind of lesson: all losses side by side are wider than a window."""
    kinds: dict[str, dict[str, float]] = {}
    for name, value in state.losses.items():
        lesson, _, term = name.partition(" ")
        kinds.setdefault(lesson, {})[term] = value
    terms = list(dict.fromkeys(term for losses in kinds.values() for term in losses))
    left = str(timedelta(seconds=round(state.seconds_left))) if state.done else "-"
    title = f"step {state.step}   {state.done:.0%}   left {left}"
    table = Table("lesson", *terms, box=None, title=title, title_justify="left", title_style="")
    for lesson, losses in kinds.items():
        table.add_row(lesson, *(f"{losses[term]:.3g}" if term in losses else "" for term in terms))
    return table
