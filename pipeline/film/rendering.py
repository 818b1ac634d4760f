"""Scenes painted once: each is kept, lossless, under the hash of all that decides its bits."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pipeline.film import script
from pipeline.film.looks import is_original, layer_look
from pipeline.film.masks import files_of, open_masks
from pipeline.film.nadir import covered
from pipeline.film.timeline import Placed, Timeline
from pipeline.film.watching import Watched
from pipeline.jobs.extra import Extra
from pipeline.jobs.files import checksum, fingerprint, sha256
from pipeline.jobs.job import LONG, JobOptions, folder_of, remove, stylize_in_segments
from pipeline.jobs.plan import identity
from pipeline.jobs.stop import Stop
from pipeline.looks.track import parse_look
from pipeline.painting.job import StylizeJob
from pipeline.painting.layers import Layer, Layered
from pipeline.painting.stylizer import load_stylizer
from pipeline.source.delivery import Progress
from pipeline.source.unfolding import Unfolding
from pipeline.take import Take, even_frames, load_looks, unfolding_of
from vr360.errors import InputError, OutputError
from vr360.frame import Frame, Projection, Rgb
from vr360.media.probe import probe
from vr360.media.reader import Resampling, read_ahead, read_frames
from vr360.media.writer import FilmWriter
from vr360.stereo import split_eyes

log = logging.getLogger(__name__)


class Kept:
    """The folder of finished scenes beside a film.

    Args:
        output: the film.
        again: the command that goes on with it.

    Attributes:
        painted: names of the scenes that were painted, not found.
    """

    def __init__(self, output: Path, again: str) -> None:
        self._again = again
        self.folder = output.with_name(f"{output.name}.film")
        self.painted: list[str] = []

    def make(self) -> None:
        """Raise OutputError where it cannot be made."""
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be made: {error.strerror}") from None

    def paint_takes(self, film: Timeline, progress: Progress, stop: Stop) -> None:
        """Paint long scenes as jobs, which go on where they were if they are killed."""
        for scene in film.scenes:
            path = self.path(scene, film.bit_depth)
            if is_long_take(scene, film.bit_depth) and not path.exists():
                job = replace(job_of(scene), output=path, force=True)
                extra = extra_of(scene, film.bit_depth, self._again)
                options = JobOptions(stop=stop, extra=extra, again=self._again)
                stylize_in_segments(job, progress, options)
                self.painted.append(scene.scene.name)
                self._forget(path)

    def frames(self, scene: Placed, rate: Fraction, bit_depth: int) -> Iterator[list[Rgb]]:
        """Every frame of a scene, an (H, W, 3) for each eye; painted only where it is not kept."""
        if is_plain(scene):
            return eyes_of(scene, even(painted(scene, bit_depth), scene, rate))
        path = self.path(scene, bit_depth)
        if path.exists():
            return eyes_of(scene, self._read(path, scene))
        self.painted.append(scene.scene.name)
        return eyes_of(scene, self._write(path, scene, rate, bit_depth))

    def path(self, scene: Placed, bit_depth: int) -> Path:
        """Where it is kept."""
        height, width = scene.job.size or (0, 0)
        name = "".join(c if c.isalnum() else "_" for c in scene.scene.name)
        return self.folder / f"{name}.{width}x{height}.{key_of(scene, bit_depth)}.mkv"

    def _read(self, path: Path, scene: Placed) -> Generator[Rgb]:
        info = probe(path, Projection.EQUIRECT, scene.info.stereo)
        if info.frames != scene.count:
            raise InputError(f"{path}: {info.frames} frames, not {scene.count}; delete it")
        with read_ahead(read_frames(info)) as frames:
            yield from (frame.rgb for frame in frames)

    def _write(self, path: Path, scene: Placed, rate: Fraction, depth: int) -> Generator[Rgb]:
        placed = replace(scene, job=replace(scene.job, output=path))
        height, width = scene.job.size or (0, 0)
        silent = replace(scene.info, audio=())
        film = FilmWriter(
            path, height, width, rate, "archive", bit_depth=depth, source=silent, force=True
        )
        with film, closing(even(painted(placed, depth), placed, rate)) as frames:
            for number, rgb in enumerate(frames):
                film.write(Frame(rgb, number / rate))
                yield rgb
        self._forget(path)

    def _forget(self, path: Path) -> None:
        """Former versions of the scene in this size, and their jobs that nobody is at work on."""
        stem = path.name.rsplit(".", 2)[0]
        for old in self.folder.glob(f"{stem}.*.mkv"):
            if old != path and old.name.rsplit(".", 2)[0] == stem:
                old.unlink()
        for job in self.folder.glob(f"{stem}.*.mkv.job"):
            if job.name.rsplit(".", 3)[0] == stem and job != folder_of(path):
                with suppress(OutputError, InputError):  # it is locked, or no job yet
                    remove(job)


def is_plain(scene: Placed) -> bool:
    """Whether nothing is painted, so that reading the clip again costs no more than a copy."""
    layers = all(is_original(layer.style) for layer in scene.scene.layers)
    return layers and str(scene.job.strength) == "0"


def is_long_take(scene: Placed, bit_depth: int) -> bool:
    """Whether a scene is worth a job, and can be one."""
    usual = not is_plain(scene) and scene.info.bit_depth == bit_depth
    whole = scene.job.passes == 1 and not scene.info.is_still
    return usual and whole and scene.count > LONG * (scene.job.rate or scene.info.rate)


def key_of(scene: Placed, bit_depth: int) -> str:
    """Hash of everything that decides about the scene's bits."""
    told = [identity(scene.job), scene.count, bit_depth, *_layers_told(scene)]
    if scene.scene.nadir and is_covered(scene):
        told.append(repr(replace(scene.scene.nadir, place=())))
    return checksum(told)[:20]


def is_covered(scene: Placed) -> bool:
    """Whether something is laid over the nadir before it is painted."""
    return scene.scene.nadir is not None and scene.scene.nadir.kind is not script.Cover.IMAGE


def extra_of(scene: Placed, bit_depth: int, again: str) -> Extra | None:
    """What a scene paints that its job does not tell of."""
    if not (scene.scene.layers or is_covered(scene)):
        return None
    return Extra(
        told=key_of(scene, bit_depth),
        again=again,
        layers=lambda: layered(scene),
        sphere=lambda sphere: covered_in(scene, sphere),
    )


def _layers_told(scene: Placed) -> list[str]:
    """All that decides about the scene's layers: their masks, and the files of these."""
    if not scene.scene.layers:
        return []
    files = {f for layer in scene.scene.layers for f in files_of(layer.mask, scene.masks)}
    layers = [replace(layer, place=()) for layer in scene.scene.layers]
    specs = {name: replace(spec, place=()) for name, spec in scene.masks.items()}
    told = [repr(layers), repr(sorted(specs.items())), *map(fingerprint, sorted(files))]
    return [*told, *(sha256(path) for layer in layers for path in _style_files(layer))]


def _style_files(layer: script.Layer) -> list[Path]:
    names = {name for key in layer.style.keys for name in parse_look(key.value).styles}
    return [path for path in sorted(Path(n.partition("#")[0]) for n in names) if path.is_file()]


def painted(scene: Placed, bit_depth: int) -> Generator[Frame]:
    """The scene as painting gives it."""
    layers, job, info = layered(scene), job_of(scene), scene.info
    sphere = covered_in(scene, unfolding_of(job, info, bool(scene.scene.layers)))
    with Take(job, info, sphere, bit_depth, layered=layers) as take:
        yield from take


def job_of(scene: Placed) -> StylizeJob:
    """How it is painted; masks follow every frame."""
    return replace(scene.job, paint_every=1) if scene.scene.layers else scene.job


def covered_in(scene: Placed, sphere: Unfolding) -> Unfolding:
    """The scene's spheres with their nadir covered, alike from its first frame to its last."""

    def first() -> Rgb:
        frame = next(even_frames(scene.job, scene.info, Resampling()))
        return split_eyes(frame.rgb, scene.info.stereo)[0]

    return covered(sphere, scene.scene.nadir, first)


def layered(scene: Placed) -> Layered | None:
    """The scene's look with its layers upon it; None where it has none."""
    if not scene.scene.layers:
        return None
    (base,) = load_looks(scene.job)
    return Layered(base, [_layer(scene, layer) for layer in scene.scene.layers])


def _layer(scene: Placed, layer: script.Layer) -> Layer:
    masks = open_masks(layer.mask, scene.masks, Watched(scene))
    if is_original(layer.style):
        return masks
    told, job = layer_look(layer, scene.scene.start), scene.job
    look = load_stylizer(
        told.style,
        strength=told.strength,
        stroke=told.stroke,
        device=job.device,
        projection=job.projection,
        padding=job.padding,
        statistics=job.statistics,
        preserve_colour=job.preserve_colour,
    )
    return replace(masks, look=look, median=layer.median)


def even(frames: Generator[Frame], scene: Placed, rate: Fraction) -> Generator[Rgb]:
    """Exactly as many pictures as the scene has; the nearest one where its clip has none."""
    number, rgb = 0, None
    with closing(frames):
        for frame in frames:
            tick = round((frame.pts - scene.start) * rate)
            rgb = frame.rgb if rgb is None else rgb
            while number < min(tick, scene.count):
                yield rgb
                number += 1
            rgb = frame.rgb
    if rgb is None:
        raise InputError(f"{scene.scene.source}: no frame of it in scene {scene.scene.name!r}")
    for _ in range(number, scene.count):
        yield rgb


def eyes_of(scene: Placed, pictures: Generator[Rgb]) -> Iterator[list[Rgb]]:
    """Pictures as eyes."""
    with closing(pictures):
        for rgb in pictures:
            yield split_eyes(rgb, scene.info.stereo)
