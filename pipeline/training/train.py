"""Train a style: read once from top to bottom.

Johnson, Alahi and Li 2016: a feed-forward net learns to minimise, on photographs, the perceptual
loss that Gatys et al. minimise for one picture.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.nets.checkpoint import StyleCard, load_tensors, save_style, save_tensors
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
from vr360.errors import CheckpointError

RESUME_KIND = "vr360-training"
EDGE = 24  # pixels at the edge of a crop that a roll disturbs most


@dataclass(frozen=True)
class TrainSettings:
    """One training run.

    Attributes:
        iterations: steps to take; a run of so many steps is the same whenever it is repeated.
        minutes: instead of `iterations`, the time to use; the learning rate falls with the clock,
            so two runs differ a little.
        crop, batch: photographs a step, `batch` of `crop` x `crop` pixels; crop a multiple of 4.
        style_size: long side of the painting; larger makes larger strokes.
        style_border: share of each side of the painting that is canvas edge or frame.
        content_weight, style_weight, tv_weight: found with VGG scaled to `REFERENCE_RMS`.
        shift_weight: of the squared difference that moving the picture by less than the net's
            stride makes. What depends on where the blocks fall is a grid in flat sky, and a
            shimmer when the camera moves.
        grid_weight: of the energy that repeats with the net's stride, in photographs and in made
            skies, where nothing hides it; see `grid_energy`.
        learning_rate: at the start; it falls to zero along half a cosine.
    """

    iterations: int | None = 4000
    minutes: float | None = None
    crop: int = 256
    batch: int = 2
    style_size: int = 512
    style_border: float = 0.02
    content_layer: str = "relu3_3"
    style_layers: tuple[str, ...] = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
    content_weight: float = 1.0
    style_weight: float = 3.0
    tv_weight: float = 2e5
    shift_weight: float = 4e6
    grid_weight: float = 1e9
    learning_rate: float = 1e-3
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
    style_image: Path,
    out: Path,
    photos: Path,
    settings: TrainSettings,
    *,
    painting: Mapping[str, str],
    data_card: Mapping[str, str],
    vgg_weights: Path | None = None,
    device: str = "cpu",
    resume: bool = False,
    save_every: float = 60.0,
) -> Iterator[TrainProgress]:
    """Train the style of `style_image` and write it to `out`; yields after every step.

    Beside `out` lie, while it trains, `out.training` (what `resume` continues from) and
    `out.preview.jpg` (photographs above, their painted versions below).

    Args:
        painting: title, artist, year, rights of the style image, for the card.
        data_card: origin and licence of photographs and VGG weights, for the card.
        save_every: seconds between savings.

    Raises:
        StyleImageError, CheckpointError: the inputs cannot be used; nothing is written then.
    """
    data = PhotoFolder(photos, settings.crop)
    style = to_tensor([load_style(style_image, settings.style_size, settings.style_border)])
    # The CPUs that train well have bfloat16; so have the GPUs. Only VGG runs in it.
    layers = (settings.content_layer, *settings.style_layers)
    vgg = load_vgg16(vgg_weights, layers, torch.bfloat16).to(device)
    vgg.calibrate(data.batch(16, np.random.default_rng(0)).to(device))
    with torch.no_grad():
        targets = {
            k: gram(v) for k, v in vgg(style.to(device)).items() if k in settings.style_layers
        }
    run = Run(settings, device)
    if resume:
        run.load(resume_path(out))
    samples = data.batch(4, np.random.default_rng(1)).to(device)

    started, saved = time.monotonic() - run.elapsed, time.monotonic()
    while run.done < 1:
        for group in run.adam.param_groups:
            group["lr"] = settings.learning_rate * 0.5 * (1 + math.cos(math.pi * run.done))
        random = np.random.default_rng([settings.seed, run.step])  # the same when resumed
        rgb = data.batch(settings.batch, random).to(device)
        losses = _losses(run.net, vgg, rgb, targets, settings, random)
        run.adam.zero_grad(set_to_none=True)
        torch.autograd.backward(sum(losses.values(), rgb.new_zeros(())))
        run.adam.step()
        run.note(losses, time.monotonic() - started)
        if time.monotonic() - saved > save_every or run.done == 1:
            run.save(resume_path(out))
            _save_preview(preview_path(out), run.net, samples)
            saved = time.monotonic()
        yield TrainProgress(run.step, run.done, run.elapsed, dict(run.smoothed))
    provenance = {"photos": photos.name, "count": len(data.photos), **data_card}
    card = StyleCard(
        name=out.stem,
        net=settings.net,
        painting={**painting, "file": style_image.name, "sha256": _sha256(style_image)},
        data=provenance,
        settings=asdict(settings) | {"steps": run.step, "minutes_taken": run.elapsed / 60},
        losses=run.smoothed,
    )
    save_style(out, run.net, card)


def _losses(
    net: StyleNet,
    vgg: VggFeatures,
    rgb: Tensor,  # (N, 3, crop, crop)
    targets: Mapping[str, Tensor],
    settings: TrainSettings,
    random: np.random.Generator,
) -> dict[str, Tensor]:
    shift = 1 + random.integers(STRIDE**2 - 1)  # of the moves within a block, any but none
    move = (int(shift) // STRIDE, int(shift) % STRIDE)
    sky = random_sky(settings.crop, random).to(rgb.device)
    everything = net(torch.cat([rgb, rgb.roll(move, (2, 3)), sky]), PLANE)
    painted, moved, painted_sky = everything.split([len(rgb), len(rgb), len(sky)])
    inside = ..., slice(EDGE, -EDGE), slice(EDGE, -EDGE)  # where the roll broke nothing
    features = vgg(painted)
    with torch.no_grad():
        wanted = vgg(rgb)[settings.content_layer]
    return {
        "content": settings.content_weight * content_loss(features[settings.content_layer], wanted),
        "style": settings.style_weight * style_loss(features, targets),
        "tv": settings.tv_weight * total_variation(painted),
        "shift": settings.shift_weight
        * F.mse_loss(moved[inside], painted.roll(move, (2, 3))[inside]),
        "grid": settings.grid_weight
        * (grid_energy(painted, STRIDE) + grid_energy(painted_sky, STRIDE)),
    }


class Run:
    """What changes while a run goes on, and its file `OUT.training`."""

    def __init__(self, settings: TrainSettings, device: str) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.net = StyleNet(settings.net).to(device)
        self.adam = torch.optim.Adam(self.net.parameters())
        self.step = 0
        self.elapsed = 0.0
        self.smoothed: dict[str, float] = {}

    @property
    def done(self) -> float:
        """Share of the run, 0..1."""
        if self.settings.minutes is not None:
            return min(1.0, self.elapsed / 60 / self.settings.minutes)
        return min(1.0, self.step / (self.settings.iterations or 1))

    def note(self, losses: Mapping[str, Tensor], elapsed: float) -> None:
        """Count a step and smooth its losses."""
        self.step += 1
        self.elapsed = elapsed
        for name, loss in losses.items():
            value = float(loss.detach())
            self.smoothed[name] = 0.98 * self.smoothed.get(name, value) + 0.02 * value

    def save(self, path: Path) -> None:
        tensors = {f"net.{k}": v.contiguous() for k, v in self.net.state_dict().items()}
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
        adam = self.adam.state_dict()
        adam["state"] = {
            i: {key: tensors[f"adam.{i}.{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for i in range(len(list(self.net.parameters())))
        }
        self.adam.load_state_dict(adam)

    def _kept(self) -> str:
        """The settings that must not change between sittings: all but the length of the run."""
        kept = asdict(self.settings)
        return json.dumps({k: v for k, v in kept.items() if k not in ("iterations", "minutes")})


def resume_path(out: Path) -> Path:
    """Where a run of `out` keeps what it continues from."""
    return out.with_name(out.name + ".training")


def preview_path(out: Path) -> Path:
    """Photographs above, their painted versions below."""
    return out.with_name(out.name + ".preview.jpg")


@torch.no_grad()
def _save_preview(path: Path, net: StyleNet, samples: Tensor) -> None:
    rows = [torch.cat(list(row), dim=-1) for row in (samples, net(samples, PLANE))]
    sheet = torch.cat(rows, dim=-2).permute(1, 2, 0).mul(255).round().byte().cpu().numpy()
    cv2.imwrite(str(path), np.ascontiguousarray(sheet[..., ::-1]))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
