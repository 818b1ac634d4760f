"""A painting becomes a style, or a recipe a gallery: what can be chosen, and the whole run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.choices import ImageKind, Network, check_device, settle
from pipeline.looks.style_images import pictures_in
from vr360.errors import InputError, OutputError
from vr360.media.containers import check_readable
from vr360.reports import Reported

if TYPE_CHECKING:
    from pipeline.nets.checkpoint import Gallery
    from pipeline.training.recipe import StyleSource
    from pipeline.training.settings import TrainSettings
    from pipeline.training.train import TrainProgress

ITERATIONS = 1000  # steps, where neither they nor minutes are given


@dataclass(frozen=True)
class TrainJob:
    """What to learn, from what, and the file to write; checked when it is made.

    Attributes:
        image: a painting, JPEG or PNG; or a recipe (.toml) of several.
        out: NAME.safetensors.
        photos, panoramas: folders of photographs and of spheres to learn on.
        source: fields of `StyleSource` that describe the painting; a recipe has its own.
        images: folder of a recipe's paintings; None is the recipe's.
        iterations, minutes: steps to take, or the time to use instead.
        gallery: what to begin with: `shipped`, a file, or `none`.
        convolutions: train the whole net, not the new look alone.
        keep: write the gallery's styles to `out` too.
        vgg_weights, network: VGG as safetensors, None is torchvision's; whose features they are.
        data_rights: origin and licence of the photographs, for the card.

    Raises:
        InputError: choices that contradict each other.
    """

    image: Path
    out: Path
    photos: Path
    source: Mapping[str, Any] = field(default_factory=dict)
    kind: ImageKind = ImageKind.PAINTING
    iterations: int | None = None
    minutes: float | None = None
    gallery: str = "shipped"
    convolutions: bool = False
    keep: bool = False
    panoramas: Path | None = None
    images: Path | None = None
    vgg_weights: Path | None = None
    network: Network = Network.AUTO
    data_rights: str = ""
    device: str = "auto"
    seed: int = 0
    resume: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        paths = ("image", "out", "photos", "panoramas", "images", "vgg_weights")
        settle(self, paths=paths, kind=ImageKind, network=Network)
        check_device(self.device)
        if self.iterations is not None and self.minutes is not None:
            raise InputError("--iterations and --minutes: give one of the two")
        if self.keep and (self.convolutions or self.gallery == "none"):
            raise InputError(
                "--keep: the gallery's styles want its net; not with --convolutions, --gallery none"
            )

    def check_files(self) -> None:
        """Ask for the files before anything is loaded.

        Raises:
            VideoOpenError, StyleImageError: one is missing.
            OutputError: no style can be written there.
        """
        for path in filter(None, (self.image, self.vgg_weights)):
            check_readable(path)
        pictures_in(self.photos)
        check_out(self.out, self.force or self.resume)


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


def train_styles(job: TrainJob, watch: Callable[[TrainProgress], None]) -> TrainReport:
    """Learn what the job names; `watch` is called after every step.

    Raises:
        Vr360Error: anything about the inputs or the output that stands in the way; nothing is
            written then.
    """
    job.check_files()
    from pipeline.backends import choose_device
    from pipeline.training.train import TrainProgress, preview_path, report_path, train

    start = _start(job.gallery)
    run = train(
        _styles(job),
        job.out,
        job.photos,
        _settings(job, start),
        panoramas=job.panoramas,
        start=start,
        keep=job.keep,
        data_card={"rights": job.data_rights},
        vgg_weights=job.vgg_weights,
        device=choose_device(job.device),
        resume=job.resume,
    )
    state = TrainProgress(0, 0.0, 0.0, {})
    for state in run:
        watch(state)
    pages = preview_path(job.out), report_path(job.out)
    return TrainReport(job.out, *pages, state.step, state.elapsed, state.losses)


def check_out(out: Path, may_exist: bool) -> None:
    """Raise OutputError where no style can be written."""
    if out.suffix != ".safetensors":
        raise OutputError(f"{out}: a style is written as NAME.safetensors")
    if out.exists() and not may_exist:
        raise OutputError(f"{out}: exists; --force overwrites it, --resume continues its training")
    if not out.parent.is_dir():
        raise OutputError(f"{out}: there is no folder {out.parent}; make it first")


def _start(gallery: str) -> Gallery | None:
    from pipeline.nets.checkpoint import load_gallery
    from pipeline.styles import GALLERY

    if gallery == "none":
        return None
    return load_gallery(GALLERY if gallery == "shipped" else Path(gallery))


def _settings(job: TrainJob, start: Gallery | None) -> TrainSettings:
    from pipeline.training.settings import PRESETS, TrainSettings

    return TrainSettings(
        iterations=None if job.minutes else job.iterations or ITERATIONS,
        minutes=job.minutes,
        network=_network(job.network, job.vgg_weights),
        convolutions=job.convolutions or start is None,
        seed=job.seed,
        **PRESETS[job.kind],
    )


def _network(name: Network, weights: Path | None) -> str:
    from pipeline.nets.vgg import network_in

    if name is not Network.AUTO:
        return name
    return network_in(weights) if weights else Network.VGG16


def _styles(job: TrainJob) -> list[StyleSource]:
    from pipeline.training.recipe import StyleSource, load_recipe

    if job.image.suffix != ".toml":
        name = re.sub(r"[^\w-]+", "_", job.out.stem)
        return [StyleSource(**{"name": name, "image": job.image, **job.source})]
    if job.source:
        raise InputError(f"{_options(job.source)}: say so in {job.image} instead")
    return load_recipe(job.image, job.images)


def _options(given: Mapping[str, Any]) -> str:
    """The options as they were written."""
    written = ("style-weight" if name == "weight" else name for name in given)
    return ", ".join("--" + name.replace("_", "-") for name in written)
