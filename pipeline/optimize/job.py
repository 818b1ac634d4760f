"""The story: a still or a short clip goes in, optimised frame by frame it comes out."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from pipeline.backends import choose_device
from pipeline.choices import settle
from pipeline.nets.tensors import to_rgb, to_tensor
from pipeline.optimize.descent import Terms
from pipeline.optimize.film import FilmPainter, Shot, Step, Watch, shots_of
from pipeline.optimize.finish import Dissolve, finished, share_at
from pipeline.optimize.network import NetworkChoice
from pipeline.optimize.settings import OptimizeSettings
from pipeline.optimize.sphere import SpherePainter, Task, working_size
from pipeline.optimize.style_image import StyleImage
from pipeline.optimize.workspace import Workspace
from pipeline.painting.eyes import carry_over
from pipeline.source.delivery import Span, open_result, sphere_metadata
from pipeline.source.preprocess import open_resizer
from pipeline.source.unfolding import Unfolding, check_paint_width, open_unfolding
from pipeline.temporal.cuts import Cuts, left_eye, open_cuts
from vr360.errors import InputError
from vr360.fisheye.presets import check_camera
from vr360.frame import Frame, Projection, Rgb, Stereo, VideoInfo
from vr360.media.checks import check_files, check_kind
from vr360.media.presets import Overrides, PresetName
from vr360.media.probe import probe
from vr360.media.stills import read_still
from vr360.media.writer import Writer
from vr360.reports import Reported
from vr360.stereo import join_eyes, picture_size, split_eyes

PLATEAU = 1.01  # of the last value: an iteration that is as good has reached the plateau


@dataclass(frozen=True)
class OptimizeJob:
    """What to paint, how, and into what.

    Attributes:
        style: whose style.
        settings: how.
        network: what looks at the pictures, and where it runs.
        paint_width: pixels of width to paint at, of one eye; the result is enlarged. None paints
            at the full size.
        denoise: strength of the finish, see `denoised`.
        dissolve: share of the painting over time.
        baseline: another painting of a still, to be measured by the same objective.
        span, size, cuts, source_projection, stereo, camera, preset, encoding: as for
            `StylizeJob`.
        resume: continue an interrupted run.

    Raises:
        InputError: a value that cannot be.
    """

    input: Path
    output: Path
    style: StyleImage
    settings: OptimizeSettings = field(default_factory=OptimizeSettings)
    network: NetworkChoice = field(default_factory=NetworkChoice)
    paint_width: int | None = None
    denoise: float = 0.0
    dissolve: Dissolve = ()
    baseline: Path | None = None
    span: Span = field(default_factory=Span)
    size: tuple[int, int] | None = None
    cuts: str = "auto"
    source_projection: Projection | None = None
    stereo: Stereo | None = None
    camera: str = "auto"
    preset: PresetName | None = None
    encoding: Overrides = field(default_factory=Overrides)
    resume: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        settle(
            self,
            paths=("input", "output", "baseline"),
            options={"source_projection": "--from"},
            preset=PresetName,
            source_projection=Projection,
            stereo=Stereo,
        )
        check_camera(self.camera)
        check_paint_width(self.paint_width)


@dataclass(frozen=True)
class OptimizeReport(Reported):
    """What came out.

    Attributes:
        note: on the network, see `NetworkChoice.note`.
        size: (height, width) that each eye was painted at.
        terms: of the objective, weighted, of the last frame painted in this sitting.
        plateau: iteration from which on the last scale's objective was within 1 % of its end.
        baseline: terms of `OptimizeJob.baseline`, and those of the result beside it.
    """

    output: Path
    frames: int
    seconds: float
    network: str
    note: str
    size: tuple[int, int]
    terms: Terms
    plateau: int | None
    baseline: dict[str, Terms] | None = None


def optimize(job: OptimizeJob, watch: Watch = lambda _: None) -> OptimizeReport:
    """Paint a still, a clip or a folder of frames; interrupted, it can be resumed.

    Raises:
        Vr360Error: anything about the input, the style or the output that stands in the way.
    """
    started = time.perf_counter()
    check_files(job.input, job.output, job.preset, job.force)
    info = probe(job.input, job.source_projection, job.stereo)
    job.span.check(info)
    check_kind(job.output, info)
    if job.denoise > 0 and info.bit_depth != 8:
        raise InputError(f"--denoise {job.denoise:g}: {info.path} has {info.bit_depth} bits, not 8")
    painting = job.style.load()
    sphere = open_unfolding(info, job.size, job.camera, paints=False)  # which has a size of its own
    size = working_size(sphere.height, sphere.width, job.paint_width)
    network, vgg = job.network.open(job.settings, size[0] * size[1])
    painter = SpherePainter(vgg, network, job.settings, choose_device(job.network.device))
    frames, shots = read_shots(job, info, sphere)
    record = Record(watch)
    with open_film(job, info, sphere) as film:
        work = Workspace(job.output, identity(job, network, info), job.resume, job.force)
        paint = FilmPainter(painter, job.settings, painting, size, work, record)
        paint.paint(shots)
        for frame, eyes in zip(frames, _eyes_of(paint, len(frames), info), strict=True):
            film.write(_picture(job, frame, eyes, info, sphere))
        baseline = _compared(job, painter, painting, size, paint, shots)
    work.remove()
    return OptimizeReport(
        output=job.output,
        frames=len(frames),
        seconds=time.perf_counter() - started,
        network=network,
        note=job.network.note(network),
        size=size,
        terms=record.terms,
        plateau=record.plateau,
        baseline=baseline,
    )


def read_shots(
    job: OptimizeJob, info: VideoInfo, sphere: Unfolding
) -> tuple[list[Frame], list[Shot]]:
    """Every frame with whole equirect eyes, and the same as shots: first the left eye's."""
    cuts: Cuts[Frame] = (
        Cuts() if info.is_still else open_cuts(job.cuts, info.rate, left_eye(info.stereo))
    )
    spheres = (_unfolded(frame, info, sphere) for frame in job.span.frames(info))
    frames = list(cuts.watch(spheres))
    begins = [frame.begins_shot for frame in frames]
    both = zip(*(split_eyes(frame.rgb, info.stereo) for frame in frames), strict=True)
    return frames, [shot for eye in both for shot in shots_of(eye, begins)]


def _unfolded(frame: Frame, info: VideoInfo, sphere: Unfolding) -> Frame:
    eyes = [sphere.unfold(eye) for eye in split_eyes(frame.rgb, info.stereo)]
    return Frame(join_eyes(eyes, info.stereo), frame.pts)


def open_film(job: OptimizeJob, info: VideoInfo, sphere: Unfolding) -> Writer:
    """The output, with the source's sound and the metadata of a sphere."""
    size = picture_size((sphere.height, sphere.width), info.stereo)
    return open_result(job, info, size, sphere_metadata(info, sphere.projection))


class Record:
    """Passes steps on, and keeps what the report says of them."""

    def __init__(self, watch: Watch) -> None:
        self.terms: Terms = {}
        self._watch = watch
        self._totals: list[float] = []

    def __call__(self, step: Step) -> None:
        self.terms = step.terms
        if step.iteration == 1:
            self._totals = []
        self._totals.append(sum(step.terms.values()))
        self._watch(step)

    @property
    def plateau(self) -> int | None:
        """Iteration from which on the last run of steps was within 1 % of its end."""
        late = [n for n, total in enumerate(self._totals, 1) if total > PLATEAU * self._totals[-1]]
        return late[-1] + 1 if late else None


def _eyes_of(paint: FilmPainter, frames: int, info: VideoInfo) -> Iterator[list[Rgb]]:
    """The painted eyes of one frame after the other, of the source's depth."""
    eyes = 1 if info.stereo is Stereo.MONO else 2
    for n in range(frames):
        yield [to_rgb(paint.result(eye * frames + n), info.bit_depth)[0] for eye in range(eyes)]


def _picture(
    job: OptimizeJob, frame: Frame, painted: list[Rgb], info: VideoInfo, sphere: Unfolding
) -> Frame:
    sources = split_eyes(frame.rgb, info.stereo)
    share = share_at(job.dissolve, frame.pts - job.span.start)
    if len(painted) == 2:
        small = [open_resizer(e.shape[:2], painted[0].shape[:2])(e) for e in sources]
        painted = [painted[0], carry_over(*small, *painted)]
    eyes = [
        finished(eye, source, job.denoise, share)
        for eye, source in zip(painted, sources, strict=True)
    ]
    return Frame(join_eyes([sphere.fold(eye) for eye in eyes], info.stereo), frame.pts)


def _compared(
    job: OptimizeJob,
    painter: SpherePainter,
    painting: Rgb,
    size: tuple[int, int],
    paint: FilmPainter,
    shots: Sequence[Shot],
) -> dict[str, Terms] | None:
    if job.baseline is None:
        return None
    other = read_still(job.baseline)
    device = torch.device(choose_device(job.network.device))
    objective = painter.objective(Task("", shots[0][0], painting, size), size[1])
    resized = to_tensor([open_resizer(other.shape[:2], size)(other)], device)
    return {
        "baseline": objective(resized)[0],
        "result": objective(paint.result(0).to(device))[0],
    }


def identity(job: OptimizeJob, network: str, info: VideoInfo) -> str:
    """All that decides what comes out, but for what may change between two sittings."""
    files = [job.style.path, *(block.path for block in job.style.blocks)]
    facts = {
        "settings": job.settings.for_resuming(),
        "network": network,
        "style": [hashlib.sha256(file.read_bytes()).hexdigest() for file in files],
        "boxes": [job.style.crop, *(block.box for block in job.style.blocks)],
        "input": [str(info.path.resolve()), info.height, info.width, info.frames],
        "span": [str(job.span.start), str(job.span.duration)],
        "sizes": [job.size, job.paint_width],
        "layout": [info.projection, info.stereo, job.camera, job.cuts],
    }
    return json.dumps(facts, indent=1)
