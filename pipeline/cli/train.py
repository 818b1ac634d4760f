"""`vr360 train`: a painting becomes a style."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.live import Live
from rich.table import Table

from pipeline.cli.console import console, say

if TYPE_CHECKING:
    from pipeline.nets.checkpoint import Gallery
    from pipeline.training.recipe import StyleSource
    from pipeline.training.settings import TrainSettings


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
        False,
        "--convolutions",
        help="Train the whole net, not the new look alone: nearer to the painting, but it no "
        "longer blends with the gallery.",
    ),
    keep: bool = typer.Option(
        False, "--keep", help="Write the gallery's styles to OUT too, beside the new one."
    ),
    vgg_weights: Path | None = typer.Option(
        None, help="VGG features as safetensors; without it torchvision downloads its own."
    ),
    network: str = typer.Option(
        "auto", help="vgg16 or vgg19; auto takes what --vgg-weights holds, vgg16 without."
    ),
    iterations: int | None = typer.Option(
        None, min=1, help="Steps to take (1000 unless --minutes); repeatable by --seed."
    ),
    minutes: float | None = typer.Option(None, min=0.01, help="Minutes to use instead."),
    preset: str = typer.Option(
        "painting", help="Kind of style image: painting, photo (keeps detail) or animation."
    ),
    name: str | None = typer.Option(None, help="The style's name; OUT's by default."),
    crop: str | None = typer.Option(
        None, help="Part of the painting to learn, x,y,w,h as shares; all but its edge by default."
    ),
    scale: float | None = typer.Option(
        None,
        min=1,
        max=360,
        help="Degrees that the painting spans on the sphere (90): larger, larger strokes.",
    ),
    style_weight: float | None = typer.Option(
        None, min=0.0, help="Style against content, 1 the usual."
    ),
    preserve_colour: bool = typer.Option(
        False, "--preserve-colour", help="Learn on luma alone: what is painted keeps its colours."
    ),
    match: Path | None = typer.Option(
        None, help="Film or picture whose colours the painting takes on before it is learned."
    ),
    from_optimised: Path | None = typer.Option(
        None,
        help="STYLE_IMAGE is a panorama painted by vr360 optimize; this is what it was painted "
        "from.",
    ),
    seed: int = typer.Option(0, min=0, help="Seed of weights, photographs and noise."),
    device: str = typer.Option("auto", help="auto, cuda, mps or cpu."),
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
    from pipeline.backends import choose_device
    from pipeline.looks.style_images import parse_box
    from pipeline.training.train import preview_path, report_path, train

    _check_out(out, force or resume)
    start = _start(from_, convolutions, keep)
    settings = _settings(preset, iterations, minutes, convolutions or start is None, seed)
    settings = replace(settings, network=_network(network, vgg_weights))
    given = {
        "name": name, "crop": parse_box(crop, "--crop") if crop else None,
        "scale": scale, "weight": style_weight, "match": match,
        "preserve_colour": preserve_colour or None, "optimised_from": from_optimised,
        "title": title, "artist": artist, "year": year, "rights": rights,
    }  # fmt: skip
    run = train(
        _styles(style_image, out, images, {k: v for k, v in given.items() if v is not None}),
        out,
        photos,
        settings,
        panoramas=panoramas,
        start=start,
        keep=keep,
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
    say("report   ", str(report_path(out)))


def _check_out(out: Path, may_exist: bool) -> None:
    from vr360.errors import OutputError

    if out.suffix != ".safetensors":
        raise OutputError(f"{out}: a style is written as NAME.safetensors")
    if out.exists() and not may_exist:
        raise OutputError(f"{out}: exists; --force overwrites it, --resume continues its training")
    if not out.parent.is_dir():
        raise OutputError(f"{out}: there is no folder {out.parent}; make it first")


def _start(from_: str, convolutions: bool, keep: bool) -> Gallery | None:
    from pipeline.nets.checkpoint import load_gallery
    from pipeline.styles import GALLERY
    from vr360.errors import InputError

    if keep and (convolutions or from_ == "none"):
        raise InputError("--keep: the gallery's styles want its net; not with --convolutions, none")
    if from_ == "none":
        return None
    return load_gallery(GALLERY if from_ == "shipped" else Path(from_))


def _settings(
    preset: str, iterations: int | None, minutes: float | None, convolutions: bool, seed: int
) -> TrainSettings:
    from pipeline.training.settings import PRESETS, TrainSettings
    from vr360.errors import InputError

    if iterations is not None and minutes is not None:
        raise InputError("--iterations and --minutes: give one of the two")
    if preset not in PRESETS:
        raise InputError(f"--preset {preset}: unknown; one of {', '.join(PRESETS)}")
    steps = None if minutes else iterations or 1000
    return TrainSettings(
        iterations=steps, minutes=minutes, convolutions=convolutions, seed=seed, **PRESETS[preset]
    )


def _network(name: str, weights: Path | None) -> str:
    from pipeline.nets.vgg import CONVOLUTIONS, network_in
    from vr360.errors import InputError

    if name == "auto":
        return network_in(weights) if weights else "vgg16"
    if name not in CONVOLUTIONS:
        raise InputError(f"--network {name}: one of auto, {', '.join(CONVOLUTIONS)}")
    return name


def _styles(
    image: Path, out: Path, images: Path | None, given: Mapping[str, Any]
) -> list[StyleSource]:
    from pipeline.training.recipe import StyleSource, load_recipe
    from vr360.errors import InputError

    if image.suffix != ".toml":
        name = re.sub(r"[^\w-]+", "_", out.stem)
        return [StyleSource(**{"name": name, "image": image, **given})]
    if given:
        raise InputError(f"{_options(given)}: say so in {image} instead")
    return load_recipe(image, images)


def _options(given: Mapping[str, Any]) -> str:
    """The options as they were written."""
    written = ("style-weight" if field == "weight" else field for field in given)
    return ", ".join("--" + field.replace("_", "-") for field in written)


def _table(step: int, done: float, seconds_left: float, losses: Mapping[str, float]) -> Table:
    table = Table("step", "done", "left", *losses, box=None)
    left = str(timedelta(seconds=round(seconds_left))) if done else "-"
    table.add_row(str(step), f"{done:.0%}", left, *(f"{value:,.0f}" for value in losses.values()))
    return table
