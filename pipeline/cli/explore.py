"""`vr360 explore`: looks to choose from, on one page."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.choices import Network, OptimizeKind
from pipeline.cli.console import live_table, print_json, say
from pipeline.cli.optimize import (
    AddBlock,
    Kind,
    Seed,
    Style,
    StyleScale,
    Vgg,
    VggWeights,
)
from pipeline.cli.options import AsJson, Device, Input, usage
from pipeline.cli.values import parse_seconds

Folder = Annotated[Path, typer.Argument(help="Folder for index.html and grid.png.")]


def explore(
    input: Input,
    folder: Folder,
    style: Style,
    unrealness: str | None = typer.Option(
        None, "--unrealness", "-u", help="Values of u, as 2,3,4,5."
    ),
    crop: list[str] | None = typer.Option(
        None,
        help="Part of the style image, x,y,w,h as shares; repeatable. Default: all of it.",
    ),
    style_layers: list[str] | None = typer.Option(
        None, help="LAYER=WEIGHT,..., or five weights of conv1_1 to conv5_1; repeatable."
    ),
    kind: Kind = OptimizeKind.PAINTING,
    network: Vgg = Network.AUTO,
    add_block: AddBlock = None,
    style_scale: StyleScale = None,
    iterations: int = typer.Option(64, min=1, max=100_000, help="Gradient steps for each picture."),
    width: int = typer.Option(256, min=64, help="Width of each picture, pixels."),
    at: str = typer.Option("0", help="Time of a film's frame, in seconds or [H:]M:S."),
    vgg_weights: VggWeights = None,
    device: Device = "auto",
    seed: Seed = 0,
    resume: bool = typer.Option(False, "--resume", help="Continue an interrupted run."),
    force: bool = typer.Option(False, "--force", help="Replace the page in FOLDER."),
    as_json: AsJson = False,
) -> None:
    """Paint one frame in many looks, small, on a page to choose from; each with its command."""
    from pipeline.looks.style_images import WHOLE, parse_box
    from pipeline.nets.vgg_files import check_weights
    from pipeline.optimize.settings import parse_layers, parse_numbers, settings_for
    from pipeline.optimize.style_image import StyleImage, parse_block
    from vr360.media.containers import check_readable

    time = parse_seconds(at, "--at") or Fraction(0)
    with usage():
        settings = settings_for(kind, iterations=iterations, style_scale=style_scale, seed=seed)
        layers = [parse_layers(text, "--style-layers") for text in style_layers or ()]
        image = StyleImage(style, WHOLE, tuple(parse_block(block) for block in add_block or ()))
        ratios = parse_numbers(unrealness or "2,3,4,5", "--unrealness")
        crops = tuple(parse_box(text, "--crop") for text in crop or ()) or (WHOLE,)
    for path in (input, style):
        check_readable(path)
    check_weights(vgg_weights, network)

    from pipeline.optimize.explore import Exploration, explore  # and torch: nothing above needs it
    from pipeline.optimize.network import NetworkChoice
    from pipeline.optimize.page import write_page
    from pipeline.quality.report import check_folder

    with usage():
        wanted = Exploration(
            input=input,
            folder=folder,
            style=image,
            unrealness=ratios,
            crops=crops,
            layers=tuple(layers) or (settings.style_layers,),
            settings=settings,
            network=NetworkChoice(network, vgg_weights, kind, device),
            width=width,
            time=time,
            resume=resume,
            force=force,
        )
    check_folder(folder, force)
    with live_table() as live:

        def watch(number: int, iteration: int, iterations: int, terms: dict[str, float]) -> None:
            live.update(_table(number, wanted.count, iteration, iterations, sum(terms.values())))

        source, cells = explore(wanted, watch)
    page, grid = write_page(folder, source, cells)
    if as_json:
        print_json({"page": page, "grid": grid, "commands": [cell.command for cell in cells]})
    else:
        say("page     ", str(page))
        say("picture  ", str(grid))


def _table(number: int, count: int, iteration: int, iterations: int, loss: float) -> Table:
    table = Table("picture", "iteration", "loss", box=None)
    table.add_row(f"{number}/{count}", f"{iteration}/{iterations}", f"{loss:.4g}")
    return table
