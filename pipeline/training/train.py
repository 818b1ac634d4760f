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
from torch import Tensor

from pipeline.nets.checkpoint import Gallery, save_gallery
from pipeline.nets.losses import gram, gram_distance, relative_content_loss
from pipeline.nets.vgg import VggFeatures, fastest_precision, load_vgg
from pipeline.nets.vgg_files import check_weights
from pipeline.training.data import PhotoFolder
from pipeline.training.lessons import LENGTHS, Course, checked_pairs, painted_targets
from pipeline.training.objective import draft_losses, revision_losses
from pipeline.training.predict import known_grams, predicted_shares
from pipeline.training.recipe import StyleSource
from pipeline.training.records import painted_samples, save_preview
from pipeline.training.report import save_report
from pipeline.training.run import Run
from pipeline.training.settings import TrainSettings

__all__ = [
    "TrainProgress",
    "TrainSettings",
    "painted_targets",
    "preview_path",
    "report_path",
    "resume_path",
    "train",
]

LEAST = 256  # pixels a side of a photograph; smaller ones are enlarged too far
SHOWN = 4  # photographs held out, in the preview and the report


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
    pairs = [checked_pairs(style, settings.crop) for style in styles]
    run = Run(styles, settings, start, device)
    if resume:
        run.load(resume_path(out))
    check_weights(vgg_weights, settings.network)  # before photographs are read
    data = PhotoFolder(photos, min(settings.crop, LEAST), panoramas)
    vgg = open_vgg(settings, vgg_weights, device)
    course = Course.of(styles, pairs, data, vgg, settings, device)
    samples = data.samples(SHOWN, settings.crop).to(device)
    if start and not resume:
        begin_unseen(run, start, course, vgg, samples)

    started, saved = time.monotonic() - run.elapsed, time.monotonic()
    while run.done < 1:
        run.cool()
        random = np.random.default_rng([settings.seed, run.step])  # the same when resumed
        if run.step % 2:
            lesson = course.revision_lesson(run.looks, run.strokes, random)
            losses = revision_losses(run.net, vgg, lesson, settings, random)
        else:
            lesson = course.draft_lesson(run.looks, run.strokes, random)
            losses = draft_losses(run.net, vgg, lesson, settings, random)
        run.step_down(losses)
        run.note(losses, time.monotonic() - started)
        if time.monotonic() - saved > save_every or run.done == 1:
            run.save(resume_path(out))
            save_preview(preview_path(out), run.net, run.looks.detach(), samples, course.on_luma)
            saved = time.monotonic()
        yield TrainProgress(run.step, run.done, run.elapsed, dict(run.smoothed))
    used: dict[str, str | int] = {"photos": photos.name, "count": len(data.photos), **data_card}
    save_gallery(out, run.gallery(styles, used, keep))
    found = held_out_figures(run, course, vgg, samples)
    save_report(report_path(out), run, [style.card() for style in styles], used, samples, found)


def open_vgg(settings: TrainSettings, weights: Path | None, device: str) -> VggFeatures:
    """VGG with the layers that the settings compare, in the device's best precision."""
    layers = dict.fromkeys((settings.content_layer, settings.detail_layer, *settings.style_layers))
    best = fastest_precision(device)
    return load_vgg(settings.network, weights, tuple(layers), best).to(device)


def begin_unseen(
    run: Run, start: Gallery, course: Course, vgg: VggFeatures, samples: Tensor
) -> None:
    """Give each style that the gallery does not have the blend of looks that comes nearest."""
    unseen = [n for n, name in enumerate(run.names) if name not in start.card.names]
    if not unseen:
        return
    known = known_grams(run.net, start.looks, samples, vgg)
    for n in unseen:
        wanted = {name: grams[n, LENGTHS.index(1)] for name, grams in course.drafted.items()}
        shares = predicted_shares(known, wanted)[:, None, None]
        run.begin(n, (start.looks * shares).sum(0), (start.strokes * shares).sum(0))


@torch.no_grad()
def held_out_figures(
    run: Run, course: Course, vgg: VggFeatures, samples: Tensor
) -> list[dict[str, float]]:
    """For each style the distance to its painting per layer, and the content distance, of samples
    (N, 3, H, W) that it was not learned on, at strength 1.
    """
    own = vgg(samples)[run.settings.detail_layer]
    rows = []
    for n, looks in enumerate(run.looks.detach()):
        on_luma = bool(course.on_luma[n])
        seen = vgg(painted_samples(run.net, looks, samples, on_luma))
        row = {
            name: float(gram_distance(gram(seen[name]), grams[n : n + 1, LENGTHS.index(1)]).mean())
            for name, grams in course.revised.items()
        }
        content = relative_content_loss(seen[run.settings.detail_layer], own)
        rows.append(row | {"content": float(content.mean())})
    return rows


def resume_path(out: Path) -> Path:
    """Where a run of `out` keeps what it continues from."""
    return out.with_name(out.name + ".training")


def preview_path(out: Path) -> Path:
    """Photographs on top, painted in every style below."""
    return out.with_name(out.name + ".preview.jpg")


def report_path(out: Path) -> Path:
    """How the losses fell, and what came of it."""
    return out.with_name(out.name + ".report.html")
