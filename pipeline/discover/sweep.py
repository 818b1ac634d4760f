"""The story of `vr360 discover`: learn what is to be learned, then paint and score job by job."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from pipeline.discover.candidates import (
    Candidate,
    Lessons,
    candidates,
    check_lessons,
    learn,
    learned,
    learned_path,
)
from pipeline.discover.clips import MEDIAN, Clip, open_clip
from pipeline.discover.devices import all_devices, work_off
from pipeline.discover.page import write_page
from pipeline.discover.pictures import STRIP_FRAMES, save_picture, sheet, strip, thumbnail
from pipeline.discover.record import PICTURES, open_record
from pipeline.discover.score import score
from pipeline.looks.style_images import is_picture, load_picture, load_style
from pipeline.looks.track import STRONGEST, parse_look
from pipeline.nets.strengths import STROKE_RANGE
from pipeline.nets.vgg import LAYERS, load_vgg16
from pipeline.painting.stylizer import load_stylizer
from pipeline.quality.perception import PAINTING, PerceptionMeter
from pipeline.styles import open_palette
from vr360 import __version__
from vr360.errors import InputError
from vr360.frame import Rgb

STYLES = "styles"
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Sweep:
    """What is tried.

    Attributes:
        styles: shipped names, blends, style files, paintings.
        clips: films and stills to try them on.
        strengths: of every style, 0 to `STRONGEST`.
        strokes: lengths of every style's strokes, see `STROKE_RANGE`.
        scales: of paintings, degrees.
        size: (height, width) that clips are painted at.
        duration: seconds of each film.
        images: folder with the paintings of known styles.
    """

    styles: Sequence[str]
    clips: Sequence[Path]
    out: Path
    strengths: Sequence[float] = (1.0,)
    strokes: Sequence[float] = (1.0,)
    scales: Sequence[float] = (90.0,)
    size: tuple[int, int] = (256, 512)
    duration: Fraction = Fraction(1)
    images: Path | None = None
    lessons: Lessons = field(default_factory=Lessons)
    device: str = "auto"

    def __post_init__(self) -> None:
        _check("--strength", self.strengths, 0, STRONGEST)
        _check("--stroke", self.strokes, *STROKE_RANGE)
        for scale in self.scales:
            if not 1 <= scale <= 360:
                raise InputError(f"--scale {scale:g}: give degrees from 1 to 360")
        if self.size[1] != 2 * self.size[0]:
            raise InputError(
                f"--size {self.size[1]}x{self.size[0]}: give a sphere, as wide as twice its height"
            )
        if self.duration <= 0:
            raise InputError("--duration 0: give the seconds of each film that are tried")


@dataclass(frozen=True)
class Job:
    """One look on one clip."""

    candidate: Candidate
    strength: float
    stroke: float
    clip: Clip


@dataclass(frozen=True)
class Step:
    """How far the sweep is, in jobs of this sitting."""

    done: int
    total: int


class Discovery:
    """A sweep that has been found to be possible; nothing is painted before `run`.

    Raises:
        InputError: no such style or clip, no photographs for a painting, a folder in use.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self._candidates = candidates(sweep.styles, sweep.scales, sweep.images)
        if any(is_picture(one.style) for one in self._candidates):
            check_lessons(sweep.lessons)
        weights = sweep.lessons.vgg_weights
        self._vgg = load_vgg16(weights, list(LAYERS)) if weights else None
        self._devices = all_devices(sweep.device)
        self._clips = [open_clip(path, sweep.size, sweep.duration) for path in sweep.clips]
        _check_names([clip.path.name for clip in self._clips])
        height, width = sweep.size
        settings = {"size": f"{width}x{height}", "duration": float(sweep.duration)}
        self.record = open_record(sweep.out, settings | {"median": MEDIAN})

    def run(self, tell: Tell = lambda doing: None) -> Iterator[Step]:
        """Do what is not done yet; however it ends, the page shows what there is."""
        try:
            for clip in self._clips:
                self.record.clips[clip.path.name] = self._show(clip)
            self.record.save()
            known = self._learn(tell)
            todo = [(key, job) for key, job in self._jobs(known) if key not in self.record.keys]
            yield Step(0, len(todo))
            tell("painting")
            for number, done in enumerate(work_off(todo, self._work, self._devices), 1):
                self.record.add(done)
                yield Step(number, len(todo))
        finally:
            write_page(self.sweep.out)

    def _learn(self, tell: Tell) -> list[Candidate]:
        """The candidates, paintings among them learned; on GPUs alone where there are any."""
        lessons, folder = self.sweep.lessons, self.sweep.out / STYLES

        def work(candidate: Candidate, device: str) -> Candidate:
            if not is_picture(candidate.style):
                return candidate
            out = learned_path(candidate, lessons, folder)
            if not out.is_file():
                for state in learn(candidate, lessons, out, device):
                    tell(f"learning {candidate.name}, {state.done:.0%}")
            return learned(candidate, out)

        fast = [device for device in self._devices if device != "cpu"] or self._devices
        return list(work_off(self._candidates, work, fast))

    def _jobs(self, known: Sequence[Candidate]) -> Iterator[tuple[str, Job]]:
        """Every look on every clip, and what tells it from any other job."""
        for parts in product(known, self.sweep.strengths, self.sweep.strokes, self._clips):
            job = Job(*parts)
            yield self._key(job), job

    def _key(self, job: Job) -> str:
        track = parse_look(job.candidate.style, job.strength, job.stroke)
        palette = open_palette(track.styles)
        look = track.at()
        digest = hashlib.sha256(palette.values(look).numpy().tobytes())
        digest.update(repr(palette.colour_kept(look)).encode())
        for tensor in palette.net.state_dict().values():
            digest.update(tensor.numpy().tobytes())
        if self._vgg and job.candidate.painting:
            digest.update(job.candidate.painting.read_bytes())
        name, scale = job.candidate.name, job.candidate.scale
        names = (name, scale, job.strength, job.stroke, job.clip.path.name)
        digest.update(repr((names, job.clip.identity, bool(self._vgg), __version__)).encode())
        return digest.hexdigest()[:16]

    def _work(self, task: tuple[str, Job], device: str) -> dict[str, Any]:
        key, job = task
        started = time.perf_counter()
        stylizer = load_stylizer(
            job.candidate.style, strength=job.strength, stroke=job.stroke, device=device
        )
        painted = job.clip.painted(stylizer)
        figures = score(job.clip, painted, self._perception(job))
        return {
            "key": key,
            "style": job.candidate.name,
            "strength": job.strength,
            "stroke": job.stroke,
            "scale": job.candidate.scale,
            "clip": job.clip.path.name,
            "look": job.candidate.style,
            "learned": self._lessons(job.candidate),
            "thumbnail": self._thumbnail(job.candidate),
            "device": stylizer.backend.name,
            "seconds": time.perf_counter() - started,
            "figures": figures,
            **self._pictures(key, job.clip, painted),
        }

    def _perception(self, job: Job) -> PerceptionMeter | None:
        if self._vgg is None:
            return None
        path = job.candidate.painting
        painting = load_style(path, PAINTING, job.candidate.crop) if path else None
        return PerceptionMeter(self._vgg, painting, len(job.clip.frames))

    def _lessons(self, candidate: Candidate) -> dict[str, Any] | None:
        if candidate.scale is None:
            return None
        lessons = self.sweep.lessons
        length = {"iterations": lessons.iterations, "minutes": lessons.minutes}
        return {**length, "photos": str(lessons.photos), "settings": asdict(lessons.settings)}

    def _thumbnail(self, candidate: Candidate) -> str | None:
        if candidate.thumbnail is None:
            return None
        name = f"{PICTURES}/painting-{candidate.name}.webp"
        save_picture(self.sweep.out / name, thumbnail(load_picture(candidate.thumbnail)))
        return name

    def _show(self, clip: Clip) -> dict[str, Any]:
        shown = self._pictures(clip.identity[:16], clip, clip.frames)
        return {"path": str(clip.path), "rate": float(clip.rate), **shown}

    def _pictures(self, key: str, clip: Clip, frames: Sequence[Rgb]) -> dict[str, Any]:
        made = {"strip": strip(frames), "sheet": sheet(frames[len(frames) // 2])}
        names = {kind: f"{PICTURES}/{key}-{kind}.webp" for kind in made}
        for kind, rgb in made.items():
            save_picture(self.sweep.out / names[kind], rgb)
        shown = min(len(frames), STRIP_FRAMES)
        seconds = float(shown / clip.rate) if clip.rate else 0.0
        return {**names, "frames": len(frames), "strip_frames": shown, "strip_seconds": seconds}


def _check(option: str, values: Sequence[float], least: float, most: float) -> None:
    for value in values:
        if not least <= value <= most:
            raise InputError(f"{option} {value:g}: give numbers from {least:g} to {most:g}")


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"--on {name}: two clips of one name; rename one of them")
