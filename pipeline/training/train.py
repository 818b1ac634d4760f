"""Train a gallery, or one style more: read once from top to bottom.

Johnson, Alahi and Li 2016: a feed-forward net learns to minimise, on photographs, the perceptual
loss that Gatys et al. minimise for one picture. Here one net does it for many paintings (Dumoulin
et al. 2016) at any strength (Babaeizadeh & Ghiasi 2018), and what it paints has to move with the
picture (ReCoNet: Gao et al. 2018; ReReVST: Wang et al. 2020).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pipeline.nets.checkpoint import (
    Gallery,
    GalleryCard,
    load_tensors,
    save_gallery,
    save_tensors,
)
from pipeline.nets.looks import STRENGTHS, at_strength, kept, ratio
from pipeline.nets.stylenet import STRIDE, NetConfig, StyleNet
from pipeline.nets.surface import PLANE
from pipeline.nets.vgg import VggFeatures, load_vgg16
from pipeline.training.data import PhotoFolder, load_style, random_sky, to_tensor
from pipeline.training.losses import (
    content_loss,
    gram,
    grid_energy,
    style_loss,
    total_variation,
)
from pipeline.training.motion import Motion, as_filmed
from pipeline.training.recipe import StyleSource
from pipeline.training.records import save_preview
from vr360.errors import CheckpointError

RESUME_KIND = "vr360-training"


@dataclass(frozen=True)
class TrainSettings:
    """One training run.

    Attributes:
        iterations: steps to take; a run of so many steps is the same whenever it is repeated.
        minutes: instead of `iterations`, the time to use; the learning rate falls with the clock,
            so two runs differ a little.
        crop, batch: photographs a step, `batch` of `crop` x `crop` pixels; crop a multiple of 4.
        content_weight, style_weight, tv_weight: at strength 1, found with VGG scaled to
            `REFERENCE_RMS`.
        temporal_weight: of the squared difference between a moved picture painted and the painted
            picture moved; feature_weight: of the same for the net's features, relative to their
            spread. What does not move along flickers, and what depends on where the net's blocks
            fall is a grid in flat sky.
        grid_weight: of the energy that repeats with the net's stride, in photographs and in made
            skies, where nothing hides it; see `grid_energy`.
        learning_rate: of the convolutions, at the start; it falls to zero along half a cosine.
        look_rate: of the looks; each is seen by a few pictures only.
        convolutions: train them as well, not the looks alone.
    """

    iterations: int | None = 4000
    minutes: float | None = None
    crop: int = 256
    batch: int = 2
    content_layer: str = "relu3_3"
    style_layers: tuple[str, ...] = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
    content_weight: float = 1.0
    style_weight: float = 3.5e6
    tv_weight: float = 2e5
    temporal_weight: float = 6e6
    feature_weight: float = 1e4
    grid_weight: float = 1e9
    learning_rate: float = 1e-3
    look_rate: float = 3e-3
    convolutions: bool = True
    seed: int = 0
    net: NetConfig = field(default_factory=NetConfig)

    def __post_init__(self) -> None:
        if (self.iterations is None) == (self.minutes is None):
            raise ValueError("give either iterations or minutes")
        if self.crop % 4 or self.crop < 64:
            raise ValueError(f"crop must be a multiple of 4 and at least 64, got {self.crop}")


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
    data_card: Mapping[str, str],
    vgg_weights: Path | None = None,
    device: str = "cpu",
    resume: bool = False,
    save_every: float = 60.0,
) -> Iterator[TrainProgress]:
    """Train the looks of `styles` and the net that paints them; yields after every step.

    Beside `out` lie, while it trains, `out.training` (what `resume` continues from) and
    `out.preview.jpg` (photographs on top, painted in every style below).

    Args:
        panoramas: folder of spheres to learn on as well, seen as the net sees films.
        start: the gallery to begin with: its convolutions, and the looks of the styles it has.
        data_card: origin and licence of photographs and VGG weights, for the card.
        save_every: seconds between savings.

    Raises:
        StyleImageError, CheckpointError: the inputs cannot be used; nothing is written then.
    """
    data = PhotoFolder(photos, settings.crop, panoramas)
    # The CPUs that train well have bfloat16; so have the GPUs. Only VGG runs in it.
    layers = (settings.content_layer, *settings.style_layers)
    vgg = load_vgg16(vgg_weights, layers, torch.bfloat16).to(device)
    vgg.calibrate(data.batch(16, np.random.default_rng(0)).to(device))
    targets = painted_targets(styles, vgg, settings, device)
    weights = torch.tensor([style.weight for style in styles], device=device)
    run = Run(styles, settings, start, device)
    if resume:
        run.load(resume_path(out))
    samples = data.batch(4, np.random.default_rng(1)).to(device)

    started, saved = time.monotonic() - run.elapsed, time.monotonic()
    while run.done < 1:
        run.cool()
        random = np.random.default_rng([settings.seed, run.step])  # the same when resumed
        rgb = data.batch(settings.batch, random).to(device)
        task = Task.random(settings.batch, len(styles), random, device)
        look = at_strength(run.looks[task.styles], task.strengths)
        wanted = {name: grams[task.styles] for name, grams in targets.items()}
        losses = _losses(
            run.net, vgg, rgb, look, task, weights[task.styles], wanted, settings, random
        )
        run.step_down(losses)
        run.note(losses, time.monotonic() - started)
        if time.monotonic() - saved > save_every or run.done == 1:
            run.save(resume_path(out))
            save_preview(preview_path(out), run.net, run.looks[:, STRENGTHS.index(1)], samples)
            saved = time.monotonic()
        yield TrainProgress(run.step, run.done, run.elapsed, dict(run.smoothed))
    save_gallery(
        out, run.gallery(styles, {"photos": photos.name, "count": len(data.photos), **data_card})
    )


def painted_targets(
    styles: Sequence[StyleSource], vgg: VggFeatures, settings: TrainSettings, device: str
) -> dict[str, Tensor]:
    """Gram matrices of the paintings per layer, (styles, C, C)."""
    each = []
    for style in styles:
        painting = to_tensor([load_style(style.image, style.pixels, style.crop)]).to(device)
        with torch.no_grad():
            each.append({name: gram(f) for name, f in vgg(painting).items()})
    return {name: torch.cat([grams[name] for grams in each]) for name in settings.style_layers}


@dataclass(frozen=True)
class Task:
    """What is asked of the net in a step, a style and a strength for each picture of the batch."""

    styles: Tensor  # (N,) indices
    strengths: Tensor  # (N,)

    @staticmethod
    def random(count: int, styles: int, random: np.random.Generator, device: str) -> Task:
        """Every other picture at the strength that most films are painted with."""
        strengths = random.uniform(0, STRENGTHS[-1], count)
        strengths[random.random(count) < 0.5] = 1
        return Task(
            torch.from_numpy(random.integers(styles, size=count)).to(device),
            torch.from_numpy(strengths).float().to(device),
        )


def _losses(
    net: StyleNet,
    vgg: VggFeatures,
    rgb: Tensor,  # (N, 3, crop, crop)
    look: Tensor,  # (N, K)
    task: Task,
    weights: Tensor,  # (N,)
    targets: Mapping[str, Tensor],  # per layer (N, C, C)
    settings: TrainSettings,
    random: np.random.Generator,
) -> dict[str, Tensor]:
    motion = Motion.random(len(rgb), settings.crop, random)
    moved = as_filmed(motion(rgb).clamp(0, 1), random)
    sky = random_sky(settings.crop, random).to(rgb.device)
    everything, features = net.paint(
        torch.cat([rgb, moved, sky]), torch.cat([look, look, look[:1]]), PLANE
    )
    parts = [len(rgb), len(rgb), 1]
    painted, painted_moved, painted_sky = torch.split(everything, parts)
    here, there, _ = torch.split(features, parts)
    share = kept(task.strengths)[:, None, None, None]
    seen = vgg(torch.lerp(painted, rgb, share))
    with torch.no_grad():
        wanted = vgg(rgb)[settings.content_layer]
    # The ratio pulls at both ends, so that a step is about as large at any strength.
    pull = ratio(task.strengths).sqrt()
    content = content_loss(seen[settings.content_layer], wanted) / pull
    style = style_loss(seen, targets) * weights * pull
    return {
        "content": settings.content_weight * content.mean(),
        "style": settings.style_weight * style.mean(),
        "tv": settings.tv_weight * total_variation(painted),
        "temporal": settings.temporal_weight * _left_behind(painted, painted_moved, motion),
        "features": settings.feature_weight
        * _left_behind(here, there, motion)
        / here.detach().var().clamp(min=1e-6),
        "grid": settings.grid_weight
        * (grid_energy(painted, STRIDE) + grid_energy(painted_sky, STRIDE)),
    }


def _left_behind(still: Tensor, moved: Tensor, motion: Motion) -> Tensor:
    """Mean squared difference between what a net made of moved pictures and what should move."""
    inside = motion.inside(still)
    missed = (moved - motion(still)).square() * inside
    return missed.sum() / (inside.sum() * still.shape[1]).clamp(min=1)


class Run:
    """What changes while a run goes on, and its file `OUT.training`."""

    def __init__(
        self,
        styles: Sequence[StyleSource],
        settings: TrainSettings,
        start: Gallery | None,
        device: str,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.net = StyleNet(start.net.config if start else settings.net).to(device)
        looks = self.net.plain_look().expand(len(styles), len(STRENGTHS), -1).clone()
        if start:
            self.net.load_state_dict(start.net.state_dict())
            known = dict(zip(start.card.names, start.looks, strict=True))
            unseen = start.looks.mean(0)
            looks = torch.stack([known.get(style.name, unseen) for style in styles])
        self.looks = looks.to(device).requires_grad_()
        self.net.requires_grad_(settings.convolutions)
        self.adam = torch.optim.Adam([{"params": [self.looks]}])
        if settings.convolutions:
            self.adam.add_param_group({"params": list(self.net.parameters())})
        self.step = 0
        self.elapsed = 0.0
        self.smoothed: dict[str, float] = {}
        self._styles = [asdict(style) | {"image": style.image.name} for style in styles]

    @property
    def done(self) -> float:
        """Share of the run, 0..1."""
        if self.settings.minutes is not None:
            return min(1.0, self.elapsed / 60 / self.settings.minutes)
        return min(1.0, self.step / (self.settings.iterations or 1))

    def cool(self) -> None:
        """Set the learning rates for the share of the run that is done."""
        left = 0.5 * (1 + math.cos(math.pi * self.done))
        rates = (self.settings.look_rate, self.settings.learning_rate)
        for group, rate in zip(self.adam.param_groups, rates, strict=False):
            group["lr"] = rate * left

    def step_down(self, losses: Mapping[str, Tensor]) -> None:
        """One step against the sum of the losses."""
        self.adam.zero_grad(set_to_none=True)
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        self.adam.step()

    def note(self, losses: Mapping[str, Tensor], elapsed: float) -> None:
        """Count a step and smooth its losses."""
        self.step += 1
        self.elapsed = elapsed
        for name, loss in losses.items():
            value = float(loss.detach())
            self.smoothed[name] = 0.98 * self.smoothed.get(name, value) + 0.02 * value

    def gallery(self, styles: Sequence[StyleSource], data: Mapping[str, str | int]) -> Gallery:
        """What has been learned, with its card."""
        settings = asdict(self.settings) | {"steps": self.step, "minutes_taken": self.elapsed / 60}
        cards = tuple(style.card() for style in styles)
        card = GalleryCard(self.net.config, cards, data, settings, self.smoothed)
        return Gallery(self.net, self.looks.detach(), card)

    def save(self, path: Path) -> None:
        tensors = {f"net.{k}": v.contiguous() for k, v in self.net.state_dict().items()}
        tensors["looks"] = self.looks.detach().contiguous()
        for i, moments in self.adam.state_dict()["state"].items():
            tensors |= {f"adam.{i}.{key}": value.contiguous() for key, value in moments.items()}
        state = {"step": self.step, "elapsed": self.elapsed, "losses": self.smoothed}
        header = {"kind": RESUME_KIND, "state": json.dumps(state), "settings": self._kept()}
        save_tensors(path, tensors, header)

    def load(self, path: Path) -> None:
        """Continue where `save` stood.

        Raises:
            CheckpointError: no such file, damaged, or of a run with other settings.
        """
        tensors, header = load_tensors(path, RESUME_KIND)
        if header["settings"] != self._kept():
            raise CheckpointError(f"{path}: from a run with other settings; leave out --resume")
        state = json.loads(header["state"])
        self.step, self.elapsed, self.smoothed = state["step"], state["elapsed"], state["losses"]
        self.net.load_state_dict({k[4:]: v for k, v in tensors.items() if k.startswith("net.")})
        self.looks.data.copy_(tensors["looks"])
        adam = self.adam.state_dict()
        count = sum(len(group["params"]) for group in self.adam.param_groups)
        adam["state"] = {
            i: {key: tensors[f"adam.{i}.{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for i in range(count)
        }
        self.adam.load_state_dict(adam)

    def _kept(self) -> str:
        """What must not change between sittings: all settings but the length of the run."""
        kept = {
            k: v for k, v in asdict(self.settings).items() if k not in ("iterations", "minutes")
        }
        return json.dumps({"settings": kept, "styles": self._styles})


def resume_path(out: Path) -> Path:
    """Where a run of `out` keeps what it continues from."""
    return out.with_name(out.name + ".training")


def preview_path(out: Path) -> Path:
    """Photographs on top, painted in every style below."""
    return out.with_name(out.name + ".preview.jpg")
