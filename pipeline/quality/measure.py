"""`vr360 measure`: the figures of a film, and of a style."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pipeline.backends import TorchBackend, open_backend
from pipeline.quality.flashes import FlashMeter
from pipeline.quality.perception import open_perception
from pipeline.quality.seam import seam_gradient
from pipeline.quality.sphere import SphereMeter
from pipeline.quality.stability import StabilityMeter, Trace, summarise
from pipeline.quality.style import flat_sky, grid_ratio, yaw_equivariance_max
from pipeline.quality.together import Films, Moment
from pipeline.styles import load_look
from vr360.frame import Frame, Projection, Rgb, Stereo, VideoInfo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.reports import Progress
from vr360.stereo import split_eyes

SPHERES = (Projection.EQUIRECT, Projection.HALF_EQUIRECT)


class Meter(Protocol):
    """Takes the moments of a film one by one."""

    def see(self, moment: Moment) -> None: ...


@dataclass(frozen=True)
class FilmFigures:
    """What `vr360 measure FILE` prints.

    Attributes:
        frames: frames decoded, counted.
        fps, duration: as the container's timestamps give them.
        seam_gradient: step across ±180° over the steps beside it, mean over all frames and eyes;
            None where there is a step on a blank picture.
        seam_ratio: the same divided by the source's; None without a source.
        flash_rate: flashes in the worst second, of either eye; see `pipeline.quality.flashes`.
            None for stills and what is neither equirect nor half of one.
        source_flash_rate: the same of the source.
    """

    file: str
    width: int
    height: int
    projection: str
    stereo: str
    frames: int
    fps: float
    duration: float
    seam_gradient: float | None
    seam_ratio: float | None = None
    flash_rate: int | None = None
    source_flash_rate: int | None = None


@dataclass(frozen=True)
class StyleFigures:
    """What `vr360 measure --style NAME` prints.

    Attributes:
        grid_ratio: spectral energy at the net's stride on flat sky over that beside it, as painted
            by the backend that paints films here.
        yaw_equivariance_max: largest difference, in [0, 1], between turning before and after
            painting, in float32.
    """

    style: str
    grid_ratio: float
    yaw_equivariance_max: float


def measure_film(
    path: Path,
    source: Path | None = None,
    progress: Progress[Frame] = lambda frames, total: frames,
    duration: Fraction | None = None,
) -> FilmFigures:
    """Decode `path` (and as much of `source`) and measure.

    Args:
        duration: seconds of the source; all by default.

    Raises:
        InputError: a file that cannot be read or is no 360° picture.
    """
    info = probe(path)
    film = _look_through(info, progress)
    before = _look_through(probe(source), progress, duration) if source else None
    gradient, own = film.seam_gradient, before.seam_gradient if before else 0.0
    ratio = gradient / own if own and math.isfinite(gradient / own) else None
    fps = info.rate
    return FilmFigures(
        file=str(path),
        width=info.width,
        height=info.height,
        projection=info.projection.value,
        stereo=info.stereo.value,
        frames=film.frames,
        fps=float(fps),
        duration=float(film.last + 1 / fps) if fps else 0.0,
        seam_gradient=gradient if math.isfinite(gradient) else None,
        seam_ratio=ratio,
        flash_rate=film.flash_rate,
        source_flash_rate=before.flash_rate if before else None,
    )


def measure_against_source(
    films: Films,
    painting: Path | None = None,
    vgg_weights: Path | None = None,
    progress: Progress[Moment] = lambda moments, _: moments,
) -> tuple[dict[str, Any], Trace]:
    """Pass once through a film and its source, in bounded memory, and measure.

    Args:
        painting: style image; with it the perceptual losses are measured as well.
        vgg_weights: see `load_vgg16`.

    Returns:
        Figures by name, without infinities, and what a report shows.

    Raises:
        InputError: a film is damaged; the painting or the weights cannot be read.
    """
    stability = StabilityMeter(films.baseline is not None)
    sphere = SphereMeter(films.frames)
    meters: list[Meter] = [stability, sphere]
    perception = open_perception(painting, vgg_weights, films.frames) if painting else None
    if perception:
        meters.append(perception)
    for moment in progress(films.moments(), films.frames):
        for meter in meters:
            meter.see(moment)
    figures = asdict(summarise(stability.trace)) | asdict(sphere.figures)
    if perception:
        figures |= asdict(perception.figures)
    return figures, stability.trace


def measure_style(style: str) -> StyleFigures:
    """Paint a flat sky with `style` and look for what does not belong there."""
    net, look = load_look(style)
    painted = open_backend(net)(flat_sky(512, 1024), look).cpu()
    exact = partial(TorchBackend(net), look=look)
    geometry = net.geometry
    turned = yaw_equivariance_max(exact, flat_sky(128, 256), geometry.stride)
    return StyleFigures(style, grid_ratio(painted, geometry.stride), turned)


@dataclass(frozen=True)
class _Seen:
    frames: int
    last: Fraction  # when the last frame is shown
    seam_gradient: float  # mean over frames and eyes
    flash_rate: int | None


def _look_through(
    info: VideoInfo, progress: Progress[Frame], duration: Fraction | None = None
) -> _Seen:
    gradients, last = [], Fraction(0)
    flashes = [FlashMeter(info.rate) for _ in range(1 if info.stereo is Stereo.MONO else 2)]
    timed = not info.is_still and info.projection in SPHERES
    total = info.frames if duration is None else min(info.frames, round(duration * info.rate))
    for frame in progress(read_frames(info, duration=duration), total):
        eyes = split_eyes(frame.rgb, info.stereo)
        gradients.append(float(np.mean([seam_gradient(eye) for eye in eyes])))
        last = frame.pts
        if timed:
            for meter, eye in zip(flashes, eyes, strict=True):
                meter.see(_whole(eye, info.projection))
    rate = max(meter.flash_rate for meter in flashes) if timed else None
    return _Seen(len(gradients), last, float(np.mean(gradients)), rate)


def _whole(eye: Rgb, projection: Projection) -> Rgb:
    """The whole sphere; behind a front half a headset shows black."""
    if projection is Projection.EQUIRECT:
        return eye
    beside = eye.shape[1] // 2
    return np.pad(eye, ((0, 0), (beside, beside), (0, 0)))
