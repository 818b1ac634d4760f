"""One painting becomes one style, in one call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.backends import choose_device
from pipeline.choices import ImageKind, Network
from pipeline.looks.style_images import pictures_in
from pipeline.nets.checkpoint import Gallery, load_gallery
from pipeline.nets.vgg import network_in
from pipeline.styles import GALLERY
from pipeline.training.recipe import StyleSource
from pipeline.training.settings import PRESETS, TrainSettings
from pipeline.training.train import TrainProgress, preview_path, report_path, train
from vr360.choices import chosen
from vr360.errors import OutputError
from vr360.media.containers import check_readable
from vr360.reports import Reported

Watch = Callable[[TrainProgress], None]


@dataclass(frozen=True)
class TrainReport(Reported):
    """What was learned.

    Attributes:
        style: the file to paint with.
        preview: photographs on top, painted below.
        page: how the losses fell; HTML.
        steps, seconds: of the run, over all sittings.
        losses: weighted, smoothed over the last steps.
    """

    style: Path
    preview: Path
    page: Path
    steps: int
    seconds: float
    losses: Mapping[str, float]


def train_style(
    painting: Path,
    out: Path,
    photos: Path,
    *,
    kind: str,
    iterations: int,
    minutes: float | None,
    gallery: str | Path | None,
    vgg_weights: Path | None,
    device: str,
    seed: int,
    resume: bool,
    force: bool,
    watch: Watch,
    **source: Any,
) -> TrainReport:
    """Learn `painting` as a look; see `vr360.train`.

    Raises:
        Vr360Error: anything about the inputs or the output that stands in the way.
    """
    preset = PRESETS[chosen(ImageKind, kind, "--kind")]
    check_out(out, force or resume)
    for path in filter(None, (painting, vgg_weights)):
        check_readable(path)
    pictures_in(photos)
    start = open_start(gallery)
    settings = TrainSettings(
        iterations=None if minutes else iterations,
        minutes=minutes,
        network=network_in(vgg_weights) if vgg_weights else Network.VGG16,
        convolutions=start is None,
        seed=seed,
        **preset,
    )
    name = source.pop("name", None) or re.sub(r"[^\w-]+", "_", out.stem)
    run = train(
        [StyleSource(name=name, image=painting, **source)],
        out,
        photos,
        settings,
        start=start,
        data_card={"rights": ""},
        vgg_weights=vgg_weights,
        device=choose_device(device),
        resume=resume,
    )
    state = TrainProgress(0, 0.0, 0.0, {})
    for state in run:
        watch(state)
    return TrainReport(
        out, preview_path(out), report_path(out), state.step, state.elapsed, state.losses
    )


def open_start(gallery: str | Path | None) -> Gallery | None:
    """The gallery to begin with: `shipped`, a file, or none."""
    if gallery is None:
        return None
    return load_gallery(GALLERY if gallery == "shipped" else Path(gallery))


def check_out(out: Path, may_exist: bool) -> None:
    """Raise OutputError where no style can be written, before anything is loaded."""
    if out.suffix != ".safetensors":
        raise OutputError(f"{out}: a style is written as NAME.safetensors")
    if out.exists() and not may_exist:
        raise OutputError(f"{out}: exists; --force overwrites it, --resume continues its training")
    if not out.parent.is_dir():
        raise OutputError(f"{out}: there is no folder {out.parent}; make it first")
