"""Train a gallery, or one style more: read once from top to bottom.

Johnson, Alahi and Li 2016: a feed-forward net learns to minimise, on photographs, the perceptual
loss that Gatys et al. minimise for one picture. Here one net does it for many paintings (Dumoulin
et al. 2016) at any strength (Babaeizadeh & Ghiasi 2018), and what it paints has to move with the
picture (ReCoNet: Gao et al. 2018; ReReVST: Wang et al. 2020).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.nets.checkpoint import Gallery, save_gallery
from pipeline.nets.looks import STRENGTHS, at_strength, kept, ratio
from pipeline.nets.losses import (
    content_loss,
    gram,
    grid_energy,
    style_loss,
    total_variation,
)
from pipeline.nets.net import Net
from pipeline.nets.surface import PLANE
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures, load_vgg
from pipeline.training.data import PhotoFolder, random_sky
from pipeline.training.luma import in_grey
from pipeline.training.motion import Motion, as_filmed
from pipeline.training.optimised import Pair
from pipeline.training.recipe import PIXELS_PER_DEGREE, StyleSource
from pipeline.training.records import save_preview
from pipeline.training.report import save_report
from pipeline.training.run import Run
from pipeline.training.settings import TrainSettings
from vr360.errors import StyleImageError

__all__ = [
    "TrainProgress",
    "TrainSettings",
    "painted_targets",
    "preview_path",
    "report_path",
    "resume_path",
    "train",
]

SKY = 136  # pixels a side: four patches of `grid_energy`
PAIRED = 0.5  # of an optimised sphere's lessons are on its source, the rest on photographs


@dataclass(frozen=True)
class TrainProgress:
    """Where a run stands after a step; losses are weighted and smoothed over recent steps."""

    step: int
    done: float  # share of the run, 0..1
    elapsed: float  # seconds, over all sittings
    losses: Mapping[str, float]

    @property
    def seconds_left(self) -> float:
        return self.elapsed / self.done * (1 - self.done) if self.done else math.inf


def train(
    styles: Sequence[StyleSource],
    out: Path,
    photos: Path,
    settings: TrainSettings,
    *,
    panoramas: Path | None = None,
    start: Gallery | None = None,
    keep: bool = False,
    data_card: Mapping[str, str],
    vgg_weights: Path | None = None,
    device: str = "cpu",
    resume: bool = False,
    save_every: float = 60.0,
) -> Iterator[TrainProgress]:
    """Train the looks of `styles` and the net that paints them; yields after every step.

    Beside `out` lie, while it trains, `out.training` (what `resume` continues from) and
    `out.preview.jpg` (photographs on top, painted in every style below); in the end
    `out.report.html` as well.

    Args:
        panoramas: folder of spheres to learn on as well, seen as the net sees films.
        start: the gallery to begin with: its convolutions, and the looks of the styles it has.
        keep: write its other styles to `out` too; only where the convolutions stay.
        data_card: origin and licence of photographs and VGG weights, for the card.
        save_every: seconds between savings.

    Raises:
        StyleImageError, CheckpointError: the inputs cannot be used; nothing is written then.
        CheckpointError, EncodeError: the disk is full; `out.training` is as it was last saved.
    """
    pairs = [_pair(style, settings.crop) for style in styles]
    data = PhotoFolder(photos, settings.crop, panoramas)
    run = Run(styles, settings, start, device)
    if resume:
        run.load(resume_path(out))
    # The CPUs that train well have bfloat16; so have the GPUs. Only VGG runs in it.
    layers = (settings.content_layer, *settings.style_layers)
    vgg = load_vgg(settings.network, vgg_weights, layers, torch.bfloat16).to(device)
    vgg.calibrate(data.batch(16, np.random.default_rng(0)).to(device))
    course = Course.of(styles, pairs, vgg, settings, device)
    samples = data.batch(4, np.random.default_rng(1)).to(device)

    started, saved = time.monotonic() - run.elapsed, time.monotonic()
    while run.done < 1:
        run.cool()
        random = np.random.default_rng([settings.seed, run.step])  # the same when resumed
        rgb = data.batch(settings.batch, random).to(device)
        lesson = course.lesson(rgb, run.looks, random)
        losses = _losses(run.net, vgg, lesson, settings, random)
        run.step_down(losses)
        run.note(losses, time.monotonic() - started)
        if time.monotonic() - saved > save_every or run.done == 1:
            run.save(resume_path(out))
            save_preview(preview_path(out), run.net, run.looks.detach(), samples, course.on_luma)
            saved = time.monotonic()
        yield TrainProgress(run.step, run.done, run.elapsed, dict(run.smoothed))
    used: dict[str, str | int] = {"photos": photos.name, "count": len(data.photos), **data_card}
    save_gallery(out, run.gallery(styles, used, keep))
    save_report(report_path(out), run, [style.card() for style in styles], used, samples)


def painted_targets(
    styles: Sequence[StyleSource], vgg: VggFeatures, settings: TrainSettings, device: str
) -> dict[str, Tensor]:
    """Gram matrices of the paintings per layer, (styles, C, C)."""
    each = [_painted_grams(style, vgg, device) for style in styles]
    return {name: torch.stack([grams[name] for grams in each]) for name in settings.style_layers}


@torch.no_grad()
def _painted_grams(style: StyleSource, vgg: VggFeatures, device: str) -> dict[str, Tensor]:
    """(C, C) per layer, averaged over what there is of the style."""
    batches = (to_tensor([picture]).to(device) for picture in style.pictures())
    each = [{name: gram(f) for name, f in vgg(rgb).items()} for rgb in batches]
    return {name: torch.cat([grams[name] for grams in each]).mean(0) for name in each[0]}


@dataclass(frozen=True)
class Lesson:
    """What is asked of the net in a step: a style and a strength for each picture of the batch."""

    rgb: Tensor  # (N, 3, crop, crop)
    wanted: Tensor  # (N, 3, crop, crop) whose content is asked for
    look: Tensor  # (N, K)
    strengths: Tensor  # (N,)
    weights: Tensor  # (N,) style against content
    targets: Mapping[str, Tensor]  # per layer (N, C, C)
    on_luma: Tensor  # (N,) whether colour is none of its business


@dataclass(frozen=True)
class Course:
    """What there is to learn of the styles, in the order of their looks."""

    weights: Tensor  # (styles,)
    targets: Mapping[str, Tensor]  # per layer (styles, C, C)
    on_luma: Tensor  # (styles,)
    pairs: Sequence[Pair | None]  # optimised spheres with their sources

    @staticmethod
    def of(
        styles: Sequence[StyleSource],
        pairs: Sequence[Pair | None],
        vgg: VggFeatures,
        settings: TrainSettings,
        device: str,
    ) -> Course:
        return Course(
            torch.tensor([style.weight for style in styles], device=device),
            painted_targets(styles, vgg, settings, device),
            torch.tensor([style.preserve_colour for style in styles], device=device),
            pairs,
        )

    def lesson(self, rgb: Tensor, looks: Tensor, random: np.random.Generator) -> Lesson:
        """A third of the pictures at the strength of most films, a third below, a third at the top.

        Drawn evenly between the last two looks, the last one came out stronger in name only.
        """
        count = len(rgb)
        drawn = np.choose(
            random.integers(3, size=count),
            (random.uniform(0, 1, count), np.ones(count), np.full(count, STRENGTHS[-1])),
        )
        styles = random.integers(len(looks), size=count)
        rgb, wanted, paired = self._paired(rgb, styles, random)
        strengths = torch.from_numpy(np.where(paired, 1, drawn)).float().to(rgb.device)
        return Lesson(
            rgb,
            wanted,
            at_strength(looks[styles], strengths),
            strengths,
            self.weights[styles],
            {name: grams[styles] for name, grams in self.targets.items()},
            self.on_luma[styles],
        )

    def _paired(
        self, rgb: Tensor, styles: NDArray[np.int64], random: np.random.Generator
    ) -> tuple[Tensor, Tensor, NDArray[np.bool_]]:
        """What is painted, whose content that is to have, and where that is its optimised self."""
        given, wanted, paired = rgb.clone(), rgb.clone(), np.zeros(len(rgb), bool)
        for n, style in enumerate(styles):
            pair = self.pairs[style]
            if pair is not None and random.random() < PAIRED:
                given[n], wanted[n] = to_tensor(pair.crop(rgb.shape[-1], random)).to(rgb)
                paired[n] = True
        return given, wanted, paired


def _pair(style: StyleSource, crop: int) -> Pair | None:
    if style.pair and style.pixels < crop:
        raise StyleImageError(
            f"{style.name}: scale {style.scale:g} degrees makes faces of {style.pixels} pixels, "
            f"but {crop} are learned at once; give a scale of {crop / PIXELS_PER_DEGREE:g} or more"
        )
    return style.pair


def _losses(
    net: Net,
    vgg: VggFeatures,
    lesson: Lesson,
    settings: TrainSettings,
    random: np.random.Generator,
) -> dict[str, Tensor]:
    rgb, half, stride = lesson.rgb, (len(lesson.rgb) + 1) // 2, net.geometry.stride
    # Half of the pictures move: as steady a net, for less of a step.
    motion = Motion.random(half, settings.crop, random)
    moved = as_filmed(motion(rgb[:half]).clamp(0, 1), random)
    both, features = net.paint(
        torch.cat([rgb, moved]), torch.cat([lesson.look, lesson.look[:half]]), PLANE
    )
    painted, painted_moved = torch.split(both, [len(rgb), half])
    here, there = torch.split(features, [len(rgb), half])
    sky = random_sky(min(SKY, settings.crop), random).to(rgb.device)
    painted_sky, _ = net.paint(sky, lesson.look[:1], PLANE)
    share = kept(lesson.strengths)[:, None, None, None]
    seen = vgg(in_grey(torch.lerp(painted, rgb, share), lesson.on_luma))
    with torch.no_grad():
        wanted = vgg(in_grey(lesson.wanted, lesson.on_luma))[settings.content_layer]
    # The ratio pulls at both ends, so that a step is about as large at any strength.
    pull = ratio(lesson.strengths).sqrt()
    content = content_loss(seen[settings.content_layer], wanted) / pull
    style = style_loss(seen, lesson.targets) * lesson.weights * pull
    return {
        "content": settings.content_weight * content.mean(),
        "style": settings.style_weight * style.mean(),
        "tv": settings.tv_weight * total_variation(painted),
        "temporal": settings.temporal_weight * _left_behind(painted[:half], painted_moved, motion),
        "features": settings.feature_weight
        * _left_behind(here[:half], there, motion)
        / here.detach().var().clamp(min=1e-6),
        "grid": settings.grid_weight
        * (grid_energy(painted, stride) + grid_energy(painted_sky, stride)),
    }


def _left_behind(still: Tensor, moved: Tensor, motion: Motion) -> Tensor:
    """Mean squared difference between what a net made of moved pictures and what should move."""
    inside = motion.inside(still)
    missed = (moved - motion(still)).square() * inside
    return missed.sum() / (inside.sum() * still.shape[1]).clamp(min=1)


def resume_path(out: Path) -> Path:
    """Where a run of `out` keeps what it continues from."""
    return out.with_name(out.name + ".training")


def preview_path(out: Path) -> Path:
    """Photographs on top, painted in every style below."""
    return out.with_name(out.name + ".preview.jpg")


def report_path(out: Path) -> Path:
    """How the losses fell, and what came of it."""
    return out.with_name(out.name + ".report.html")
