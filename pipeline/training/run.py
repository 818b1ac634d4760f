"""A run of training: what changes while it goes on, and the file it continues from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.nets.checkpoint import Gallery, GalleryCard, load_tensors, save_tensors
from pipeline.nets.draftnet import DraftNet
from pipeline.nets.looks import STRENGTHS, STROKES
from pipeline.training.recipe import StyleSource
from pipeline.training.settings import BESIDE, TrainSettings
from vr360.errors import CheckpointError

KIND = "vr360-training"
BETAS = 0.9, 0.99  # of Adam: what each style's lessons pull at changes from step to step
WARM_UP = 60  # steps until Adam knows how far each weight is to move
LONGEST = 5.0  # slope of all convolutions, or of all looks, in a step


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
        self.settings, self.start = settings, start
        self.net = _net(settings, start).to(device).to(memory_format=torch.channels_last)
        self.names = names = [style.name for style in styles]
        looks = self.net.plain_look().expand(len(styles), len(STRENGTHS), -1).clone()
        strokes = torch.zeros(len(styles), len(STROKES), self.net.look_size)
        if start:
            looks = _begun(names, start.card.names, start.looks)
            strokes = _begun(names, start.card.names, start.strokes)
        # What the strengths of a style have in common, each lesson teaches all of them.
        self._common = torch.zeros_like(looks[:, :1]).to(device).requires_grad_()
        self._own = looks.to(device).requires_grad_()
        self.strokes = strokes.to(device).requires_grad_()
        self.net.requires_grad_(settings.convolutions)
        self.adam = torch.optim.Adam(
            [{"params": [self._common, self._own, self.strokes]}], betas=BETAS
        )
        if settings.convolutions:
            self.adam.add_param_group({"params": list(self.net.parameters())})
        self.step = 0
        self.elapsed = 0.0
        self.smoothed: dict[str, float] = {}
        self.history: dict[str, list[float]] = {}  # `smoothed` after every step
        self._styles = [style.as_data() for style in styles]

    @torch.no_grad()
    def begin(self, style: int, looks: Tensor, strokes: Tensor) -> None:
        """Start a style from looks (strengths, K) and strokes (2, K)."""
        self._own[style], self.strokes[style] = looks, strokes

    @property
    def looks(self) -> Tensor:
        """(styles, strengths, K)."""
        return self._common + self._own

    @property
    def done(self) -> float:
        """Share of the run, 0..1."""
        if self.settings.minutes is not None:
            return min(1.0, self.elapsed / 60 / self.settings.minutes)
        return min(1.0, self.step / (self.settings.iterations or 1))

    def cool(self) -> None:
        """Set the learning rates for the share of the run that is done."""
        left = 0.5 * (1 + math.cos(math.pi * self.done)) * min(1, (self.step + 1) / WARM_UP)
        beside = BESIDE if self.settings.convolutions else 1
        rates = (self.settings.look_rate * beside, self.settings.learning_rate)
        for group, rate in zip(self.adam.param_groups, rates, strict=False):
            group["lr"] = rate * left

    def step_down(self, losses: Mapping[str, Tensor]) -> None:
        """One step against the sum of the losses."""
        self.adam.zero_grad(set_to_none=True)
        torch.autograd.backward(torch.stack(list(losses.values())).sum())
        lengths = [
            torch.nn.utils.clip_grad_norm_(group["params"], LONGEST)
            for group in self.adam.param_groups
        ]
        if all(length.isfinite() for length in lengths):
            self.adam.step()

    def note(self, losses: Mapping[str, Tensor], elapsed: float) -> None:
        """Count a step and smooth its losses."""
        self.step += 1
        self.elapsed = elapsed
        for name, loss in losses.items():
            value = float(loss.detach())
            self.smoothed[name] = 0.98 * self.smoothed.get(name, value) + 0.02 * value
            self.history.setdefault(name, []).append(self.smoothed[name])

    def gallery(
        self, styles: Sequence[StyleSource], data: Mapping[str, str | int], keep: bool = False
    ) -> Gallery:
        """What has been learned, with its card; with `keep` the other styles it began with too."""
        settings = asdict(self.settings) | {"steps": self.step, "minutes_taken": self.elapsed / 60}
        told: dict[str, Any] = {"data": data, "settings": settings, "losses": self.smoothed}
        looks = self.looks.detach()
        if self.start is None or self.settings.convolutions:
            cards = tuple(style.card() for style in styles)
            card = GalleryCard.of(self.net, cards, **told)
            return Gallery(self.net, looks, self.strokes.detach(), card)
        # The net is the one it began with, and so is what there is to say of it.
        card = replace(self.start.card, styles=tuple(style.card(told) for style in styles))
        learned = Gallery(self.net, looks, self.strokes.detach(), card)
        return _joined(self.start, learned) if keep else learned

    def save(self, path: Path) -> None:
        tensors = {f"net.{k}": v.contiguous() for k, v in self.net.state_dict().items()}
        tensors |= {"common": self._common.detach(), "own": self._own.detach()}
        tensors["strokes"] = self.strokes.detach()
        for i, moments in self.adam.state_dict()["state"].items():
            tensors |= {f"adam.{i}.{key}": value.contiguous() for key, value in moments.items()}
        tensors |= {f"history.{k}": torch.tensor(v) for k, v in self.history.items()}
        state = {"step": self.step, "elapsed": self.elapsed, "losses": self.smoothed}
        header = {"kind": KIND, "state": json.dumps(state), "settings": self._kept()}
        save_tensors(path, tensors, header)

    def load(self, path: Path) -> None:
        """Continue where `save` stood.

        Raises:
            CheckpointError: no such file, damaged, or of a run with other settings.
        """
        tensors, header = load_tensors(path, KIND)
        if header.get("settings") != self._kept():
            raise CheckpointError(f"{path}: from a run with other settings; leave out --resume")
        try:
            self._restore(tensors, json.loads(header["state"]))
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path}: of another version of vr360, or damaged; leave out --resume"
            ) from error

    def _restore(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        self.step, self.elapsed, self.smoothed = state["step"], state["elapsed"], state["losses"]
        self.net.load_state_dict({k[4:]: v for k, v in tensors.items() if k.startswith("net.")})
        self._common.data.copy_(tensors["common"])
        self._own.data.copy_(tensors["own"])
        self.strokes.data.copy_(tensors["strokes"])
        self.history = {name: tensors[f"history.{name}"].tolist() for name in self.smoothed}
        adam = self.adam.state_dict()
        count = sum(len(group["params"]) for group in self.adam.param_groups)
        # Weights that no lesson has pulled at yet have no moments.
        adam["state"] = {
            i: {key: tensors[f"adam.{i}.{key}"] for key in ("step", "exp_avg", "exp_avg_sq")}
            for i in range(count)
            if f"adam.{i}.step" in tensors
        }
        self.adam.load_state_dict(adam)

    def _kept(self) -> str:
        """What must not change between sittings: all settings but the length of the run."""
        kept = {
            k: v for k, v in asdict(self.settings).items() if k not in ("iterations", "minutes")
        }
        return json.dumps({"settings": kept, "styles": self._styles})


def _net(settings: TrainSettings, start: Gallery | None) -> DraftNet:
    if start is None:
        return DraftNet(settings.net)
    if not isinstance(start.net, DraftNet):
        raise CheckpointError(
            f"a gallery whose net is of the kind {start.net.kind!r} cannot be trained on; begin "
            "with --from shipped or --from none"
        )
    return deepcopy(start.net)


def _begun(names: Sequence[str], known: Sequence[str], values: Tensor) -> Tensor:
    """What a run begins with, (names, ...): a style's own values, or the mean of all."""
    own = dict(zip(known, values, strict=True))
    return torch.stack([own.get(name, values.mean(0)) for name in names])


def _joined(start: Gallery, learned: Gallery) -> Gallery:
    """The styles of both; one of the same name is replaced."""
    new = set(learned.card.names)
    kept = [i for i, name in enumerate(start.card.names) if name not in new]
    styles = (*(start.card.styles[i] for i in kept), *learned.card.styles)
    looks, strokes = (
        torch.cat([old[kept].to(new), new])
        for old, new in ((start.looks, learned.looks), (start.strokes, learned.strokes))
    )
    return Gallery(learned.net, looks, strokes, replace(learned.card, styles=styles))
