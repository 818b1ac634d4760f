"""Many looks of one picture, small, to choose from: unrealness by crop by layers."""

from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.backends import choose_device
from pipeline.looks.style_images import WHOLE, Box
from pipeline.nets.tensors import to_rgb
from pipeline.optimize.descent import Terms
from pipeline.optimize.job import OptimizeJob, identity
from pipeline.optimize.network import NetworkChoice
from pipeline.optimize.settings import GATYS, Layers, OptimizeSettings
from pipeline.optimize.sphere import SpherePainter, Task, working_size
from pipeline.optimize.style_image import StyleImage
from pipeline.optimize.workspace import Workspace
from pipeline.source.delivery import Span
from pipeline.source.unfolding import open_unfolding
from vr360.errors import InputError
from vr360.frame import Rgb, VideoInfo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.stereo import split_eyes

MOST_CELLS = 200

WatchCells = Callable[[int, int, int, Terms], None]
"""Told of every step: cell, counted from 1, its iteration, all iterations, terms."""


@dataclass(frozen=True)
class Exploration:
    """What is tried.

    Attributes:
        input: still, or film whose frame at `time` is taken; of stereo, the left eye.
        folder: where the page goes.
        style: without its crop.
        unrealness, crops, layers: every combination is painted.
        settings: of all the rest.
        width: of a cell in pixels.
    """

    input: Path
    folder: Path
    style: StyleImage
    unrealness: tuple[float, ...] = (2.0, 3.0, 4.0, 5.0)
    crops: tuple[Box, ...] = (WHOLE,)
    layers: tuple[Layers, ...] = (GATYS,)
    settings: OptimizeSettings = field(default_factory=OptimizeSettings)
    network: NetworkChoice = field(default_factory=NetworkChoice)
    width: int = 256
    time: Fraction = Fraction(0)
    resume: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        if self.count > MOST_CELLS:
            raise InputError(f"{self.count} pictures: {MOST_CELLS} are the most to choose from")

    @property
    def count(self) -> int:
        """Pictures on the page."""
        return len(self.unrealness) * len(self.crops) * len(self.layers)


@dataclass(frozen=True)
class Cell:
    """One combination and, once painted, its picture.

    Attributes:
        rgb: (h, w, 3) uint8.
        command: that renders it at full size.
    """

    unrealness: float
    crop: Box
    layers: Layers
    command: str
    rgb: Rgb

    @property
    def caption(self) -> str:
        """What the row it stands in has in common."""
        return f"crop {box_text(self.crop)}; layers {layers_text(self.layers)}"


def explore(wanted: Exploration, watch: WatchCells = lambda *_: None) -> tuple[Rgb, list[Cell]]:
    """The source as it is painted from, and every cell, row by row of unrealness.

    Raises:
        Vr360Error: anything about the input or the style that stands in the way.
    """
    combinations = itertools.product(wanted.crops, wanted.layers, wanted.unrealness)
    info = probe(wanted.input)
    source = _source(wanted, info)
    paintings = {crop: replace(wanted.style, crop=crop).load() for crop in wanted.crops}
    work = Workspace(wanted.folder, _identity(wanted, info), wanted.resume, wanted.force)
    height, width = source.shape[:2]
    size = working_size(height, width, wanted.width)
    cells = []
    for number, (crop, layers, unrealness) in enumerate(combinations, 1):
        job = _job(wanted, unrealness, crop, layers)
        task = Task(f"cell{number:03}", source, paintings[crop], size, seed=job.settings.seed)
        rgb = _painted(job, task, work, number, watch)
        command = _command(job, wanted, source.shape[1], size[1])
        cells.append(Cell(unrealness, crop, layers, command, rgb))
    work.remove()
    return source, cells


def box_text(box: Box) -> str:
    """As `--crop` takes it."""
    return ",".join(f"{share:g}" for share in box)


def layers_text(layers: Layers) -> str:
    """As `--style-layers` takes it."""
    return ",".join(f"{name}={weight:g}" for name, weight in layers if weight > 0)


def _painted(job: OptimizeJob, task: Task, work: Workspace, number: int, watch: WatchCells) -> Rgb:
    done = work.result(task.key)
    if done is None:
        network, vgg = job.network.open(job.settings, task.size[0] * task.size[1])
        painter = SpherePainter(vgg, network, job.settings, choose_device(job.network.device))

        def told(_: int, iteration: int, iterations: int, terms: Terms) -> None:
            watch(number, iteration, iterations, terms)

        done = work.keep(task.key, painter.paint(task, work, told))
    return to_rgb(done, 8)[0]


def _job(wanted: Exploration, unrealness: float, crop: Box, layers: Layers) -> OptimizeJob:
    settings = replace(wanted.settings, unrealness=unrealness, style_layers=layers, scales=1)
    return OptimizeJob(
        input=wanted.input,
        output=wanted.folder,
        style=replace(wanted.style, crop=crop),
        settings=settings,
        network=wanted.network,
    )


def _source(wanted: Exploration, info: VideoInfo) -> Rgb:
    Span(wanted.time).check(info)
    frame = next(iter(read_frames(info, wanted.time)))
    sphere = open_unfolding(info)
    return np.ascontiguousarray(sphere.unfold(split_eyes(frame.rgb, info.stereo)[0]))


def _identity(wanted: Exploration, info: VideoInfo) -> str:
    first = _job(wanted, wanted.unrealness[0], wanted.crops[0], wanted.layers[0])
    grid = [wanted.unrealness, wanted.crops, wanted.layers, wanted.width, str(wanted.time)]
    return identity(first, wanted.network.name, info) + json.dumps(grid)


def _command(job: OptimizeJob, wanted: Exploration, full: int, width: int) -> str:
    """Its coarsest scale is the cell, then it goes on to the full size."""
    return shlex.join(["vr360", "optimize", *_words(job, wanted, full, width)])


def _words(job: OptimizeJob, wanted: Exploration, full: int, width: int) -> Iterator[str]:
    settings = job.settings
    scales = 1 + max(0, round(float(np.log2(working_size(full // 2, full)[1] / width))))
    yield from (str(wanted.input), "OUTPUT", "--style", str(job.style.path))
    yield from ("-u", f"{settings.unrealness:g}")
    yield from ("--style-layers", layers_text(settings.style_layers))
    yield from ("--iterations", str(settings.iterations), "--scales", str(scales))
    for block in job.style.blocks:
        yield from ("--add-block", f"{block.path}:{box_text(block.box)}")
    given = {
        "--crop": (box_text(job.style.crop), box_text(WHOLE)),
        "--kind": (job.network.look, "painting"),
        "--network": (job.network.name, "auto"),
        "--style-scale": (f"{settings.style_scale:g}", f"{OptimizeSettings.style_scale:g}"),
        "--seed": (str(settings.seed), "0"),
        "--vgg-weights": (str(job.network.weights), "None"),
    }
    for option, (value, usual) in given.items():
        if value != usual:
            yield from (option, value)
