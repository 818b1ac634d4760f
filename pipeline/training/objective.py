"""What a lesson costs: the losses of the draft, and those of the revision."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.nets.draftnet import REDUCED, DraftNet, enlarged
from pipeline.nets.looks import Modulation, kept, ratio
from pipeline.nets.losses import (
    even_style_loss,
    gram,
    grid_energy,
    normalised,
    relative_content_loss,
    total_variation,
)
from pipeline.nets.moments import Moments
from pipeline.nets.surface import Plane
from pipeline.nets.vgg import VggFeatures, has_bfloat16
from pipeline.training.lessons import Lesson
from pipeline.training.luma import in_grey
from pipeline.training.motion import MOVE, Motion, as_filmed
from pipeline.training.settings import TrainSettings

MOVED = 1 / 3  # of all lessons are painted twice, before and after a motion
DRAFT_MOVE = 3  # of the draft's pixels
DRAFT_GRID = 8  # of the draft's pixels to one of its coarsest features

Losses = dict[str, Tensor]


def draft_losses(
    net: DraftNet,
    vgg: VggFeatures,
    lesson: Lesson,
    settings: TrainSettings,
    random: np.random.Generator,
) -> Losses:
    """Of pictures (N, 3, s, s) as small as the draft is."""
    surface, count = Plane(together=settings.together), len(lesson.rgb)
    motion = _motion(settings.together, lesson.rgb.shape[-1], DRAFT_MOVE, random)
    rgb, look = _with_moved(lesson, motion, random)
    with precision(rgb.device):
        features, shown = net.draft(rgb, surface, Moments(surface), Modulation(look))
    painted, features = torch.sigmoid(shown.float()), features.float()
    losses = _perceptual(painted[:count], lesson, vgg, settings, 1)
    losses["grid"] = settings.grid_weight * grid_energy(painted[:count], DRAFT_GRID)
    if motion is not None:
        before, after = features[: settings.together], features[count:]
        spread = before.detach().var().clamp(min=1e-6)
        missed = left_behind(painted[: settings.together], painted[count:], motion)
        losses["temporal"] = settings.temporal_weight / MOVED * missed
        losses["features"] = (
            settings.feature_weight / MOVED * left_behind(before, after, motion) / spread
        )
    return {f"draft {name}": loss for name, loss in losses.items()}


def revision_losses(
    net: DraftNet,
    vgg: VggFeatures,
    lesson: Lesson,
    settings: TrainSettings,
    random: np.random.Generator,
) -> Losses:
    """Of a part of views (N, 3, S, S), whose draft is taken as it is.

    A group is held against the painting together: a part of a sky need not hold all of it.
    """
    surface, count = Plane(together=settings.together), len(lesson.rgb)
    motion = _motion(settings.together, settings.crop, MOVE, random)
    rgb, look = _with_moved(lesson, motion, random)
    moments, modulation = Moments(surface), Modulation(look)
    place, coarse = _place(settings, random)
    with precision(rgb.device):
        with torch.no_grad():
            sketch, shown = net.draft(F.avg_pool2d(rgb, REDUCED), surface, moments, modulation)
        sketch = sketch[..., *coarse].contiguous()
        residual, _ = net.revision(rgb[..., *place], sketch, surface, moments, modulation)
    shown = shown.float()
    painted = torch.sigmoid(enlarged(shown, surface)[..., *place] + residual.float())
    drafted = torch.sigmoid(shown[:count][..., *coarse])
    losses = _perceptual(painted[:count], lesson.part(place), vgg, settings, settings.together)
    losses["draft"] = settings.draft_weight * (
        (F.avg_pool2d(painted[:count], REDUCED) - drafted).square().mean()
    )
    losses["grid"] = settings.grid_weight * grid_energy(painted[:count], REDUCED)
    if motion is not None:
        within = motion.within(place[0].start, place[1].start, settings.part)
        missed = left_behind(painted[: settings.together], painted[count:], within)
        losses["temporal"] = settings.temporal_weight / MOVED * missed
    return {f"revision {name}": loss for name, loss in losses.items()}


def _perceptual(
    painted: Tensor, lesson: Lesson, vgg: VggFeatures, settings: TrainSettings, together: int
) -> Losses:
    """Content and style, as the eye sees what is shown at each picture's strength."""
    share = kept(lesson.strengths)[:, None, None, None]
    seen = vgg(in_grey(torch.lerp(painted, lesson.rgb, share), lesson.on_luma))
    with torch.no_grad():
        wanted = vgg(in_grey(lesson.wanted, lesson.on_luma))
    content = relative_content_loss(
        normalised(seen[settings.content_layer]), normalised(wanted[settings.content_layer])
    )
    detail = relative_content_loss(seen[settings.detail_layer], wanted[settings.detail_layer])
    grams = {name: _group_gram(seen[name], together, vgg.precision) for name in lesson.targets}
    style = even_style_loss(grams, lesson.targets, settings.layer_weights) * lesson.weights
    for_style, for_content = pulls(lesson.strengths)
    return {
        "content": settings.content_weight * (content * for_content).mean(),
        "detail": settings.detail_weight * (detail * for_content).mean(),
        "style": settings.style_weight * (style * for_style).mean(),
        "tv": settings.tv_weight * total_variation(painted),
    }


def pulls(strengths: Tensor) -> tuple[Tensor, Tensor]:
    """Weights of style and of content at some strengths, (N,) each; one over the other is `ratio`.

    Up to 1 the ratio pulls at both ends, so that a step is about as large at any strength. Beyond,
    the picture gives way more than the painting pulls: a lesson that pulls thirty times as hard
    would drown the others.
    """
    by = ratio(strengths)
    share = torch.where(strengths > 1, 0.2, 0.5)
    return by**share, by ** (share - 1)


def _group_gram(features: Tensor, together: int, precision: torch.dtype) -> Tensor:
    """(N, C, C): of each picture, or of all in its group."""
    grams = gram(features.to(precision)).float()
    shape = (-1, together, *grams.shape[1:])
    return grams.view(shape).mean(1).repeat_interleave(together, dim=0)


def precision(device: torch.device) -> torch.autocast:
    """In bfloat16 where the device computes it, else as it is."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device.type))


def _motion(count: int, size: int, move: int, random: np.random.Generator) -> Motion | None:
    return Motion.random(count, size, random, move) if random.random() < MOVED else None


def _with_moved(
    lesson: Lesson, motion: Motion | None, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """The pictures and their looks, and behind them those of the first group, moved."""
    if motion is None:
        return lesson.rgb, lesson.look
    count = len(motion.matrices)
    moved = as_filmed(motion(lesson.rgb[:count]).clamp(0, 1), random)
    return torch.cat([lesson.rgb, moved]), torch.cat([lesson.look, lesson.look[:count]])


def _place(
    settings: TrainSettings, random: np.random.Generator
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a part lies, in pixels of the view and in those of its draft."""
    size = settings.part // REDUCED
    y, x = random.integers(settings.crop // REDUCED - size + 1, size=2).tolist()
    fine = slice(REDUCED * y, REDUCED * (y + size)), slice(REDUCED * x, REDUCED * (x + size))
    return fine, (slice(y, y + size), slice(x, x + size))


def left_behind(still: Tensor, moved: Tensor, motion: Motion) -> Tensor:
    """Mean squared difference between what a net made of moved pictures and what should move."""
    inside = motion.inside(still)
    missed = (moved - motion(still)).square() * inside
    return missed.sum() / (inside.sum() * still.shape[1]).clamp(min=1)
