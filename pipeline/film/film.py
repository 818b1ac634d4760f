"""The story: a file or values that tell of scenes go in, their film comes out."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.film.attention import jumps
from pipeline.film.composing import Composer
from pipeline.film.mastering import master
from pipeline.film.nadir import logo
from pipeline.film.overlays import open_flat
from pipeline.film.reading import Film, read_script
from pipeline.film.rendering import Kept
from pipeline.film.script import Cover, Script, Transition
from pipeline.film.sound import Heard, channels_of, find_sounds
from pipeline.film.steadying import steadied
from pipeline.film.table import Problems
from pipeline.film.timeline import Timeline, lay_out
from pipeline.jobs.stop import PausedError, Stop
from pipeline.source.delivery import Progress
from vr360.errors import InputError
from vr360.frame import Projection, VideoInfo
from vr360.media.checks import check_files
from vr360.media.writer import Writer, open_writer
from vr360.reports import Reported
from vr360.spherical import SphericalMetadata

PREVIEW = 4
"""By how much a preview is smaller, each way."""


@dataclass(frozen=True)
class FilmJob:
    """Which film to make, and what of it.

    Attributes:
        input: the file that tells of its scenes, or what that would hold.
        preview: a quarter as wide and as high.
        scene: the name of the only one wanted, without transitions.
    """

    input: Film
    output: Path
    preview: bool = False
    scene: str | None = None
    force: bool = False

    @property
    def command(self) -> str:
        """Which makes it, or goes on with it."""
        if not isinstance(self.input, Path):
            return f"vr360.film of the same scenes to {self.output.absolute()}"
        words = ["vr360", "film", str(self.input.absolute()), str(self.output.absolute())]
        words += ["--preview"] * self.preview + (["--scene", self.scene] if self.scene else [])
        return shlex.join([*words, *["--force"] * self.force])


@dataclass(frozen=True)
class FilmReport(Reported):
    """What came out.

    Attributes:
        painted: scenes that were not kept from a run before.
        notes: see `Checked`.
    """

    output: Path
    frames: int
    height: int
    width: int
    seconds: float
    scenes: tuple[str, ...]
    painted: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A film in which nothing stands in the way of making it."""

    film: Timeline
    sounds: list[Heard]

    @property
    def notes(self) -> tuple[str, ...]:
        """What may well be meant, but makes viewers lose what they look at; what its sound is."""
        field = channels_of(self.film, self.sounds)
        kind = f"ambisonics of order {field.order}{', head-locked stereo' * field.stereo}"
        return (*jumps(self.film), *([f"the film's sound is {kind}"] if field.order else []))


def check(film: Film, preview: bool = False, scene: str | None = None) -> Checked:
    """Read a film and all that it names; paint nothing.

    Raises:
        InputError: everything that is wrong with it, a line each.
    """
    script, problems = read_script(film)
    if scene is not None:
        script = one_scene(script, scene, str(film) if isinstance(film, Path) else "film")
    return check_script(script, problems, preview)


def check_script(script: Script, problems: Problems, preview: bool = False) -> Checked:
    """Likewise, of a script."""
    film = lay_out(script, problems, PREVIEW if preview else 1)
    sounds = find_sounds(film, problems)
    check_flats(film, problems)
    problems.raise_any()
    return Checked(film, sounds)


def check_flats(film: Timeline, problems: Problems) -> None:
    """Note titles and logos that cannot be drawn, or that the film has no time for."""
    nadirs = [placed.scene.nadir for placed in film.scenes]
    logos = [logo(nadir) for nadir in nadirs if nadir and nadir.kind is Cover.IMAGE]
    for flat in (*film.script.flats, *logos):
        try:
            open_flat(flat)
        except InputError as error:
            problems.add(flat.place, str(error))
    for flat in film.script.flats:
        if flat.start + flat.seconds > film.frames / film.rate:
            over = f"ends at {float(flat.start + flat.seconds):g} s"
            lasts = f"the film lasts {float(film.frames / film.rate):.2f} s"
            problems.add((*flat.place, "seconds"), f"seconds: the title {over}, but {lasts}")


def one_scene(script: Script, name: str, told: str) -> Script:
    """The film of that scene alone, in the size and at the rate of the whole."""
    found = [scene for scene in script.scenes if scene.name == name]
    if not found:
        names = ", ".join(scene.name for scene in script.scenes)
        raise InputError(f"{told}: no scene {name!r}; there are {names}")
    alone = replace(found[0], enter=Transition(), match=None)
    return replace(script, scenes=(alone,), flats=(), end=Transition())


def make_film(
    job: FilmJob, progress: Progress = lambda frames, _: frames, stop: Stop | None = None
) -> FilmReport:
    """Make a film; scenes that are kept from before are not painted again.

    Args:
        stop: is asked after every frame whether to stop.

    Raises:
        PausedError: it was asked to stop; what is finished of long scenes, and other scenes, are
            kept.
        Vr360Error: anything about the script, its clips or the output that stands in the way.
    """
    started, stop = time.perf_counter(), stop or Stop()
    checked = check(job.input, job.preview, job.scene)
    film = checked.film
    source = job.input if isinstance(job.input, Path) else None
    check_files(source, job.output, film.script.preset, job.force)
    kept = Kept(job.output, job.command)
    kept.make()
    with stop.at_once():
        film = steadied(film, kept.folder)
        sound = master(film, checked.sounds, kept.folder)
    kept.paint_takes(film, progress, stop)
    with open_film(job, film, sound) as writer:
        frames = Composer(film).frames(lambda s: kept.frames(s, film.rate, film.bit_depth))
        for done, frame in enumerate(progress(frames, film.frames), 1):
            writer.write(frame)
            if stop.reason and done < film.frames:
                kept_too = "scenes that are finished are kept"
                raise PausedError(f"paused ({stop.reason}): {kept_too}; go on with: {job.command}")
    height, width = film.picture
    return FilmReport(
        output=job.output,
        frames=film.frames,
        height=height,
        width=width,
        seconds=time.perf_counter() - started,
        scenes=tuple(placed.scene.name for placed in film.scenes),
        painted=tuple(kept.painted),
        notes=checked.notes,
    )


def open_film(job: FilmJob, film: Timeline, sound: VideoInfo) -> Writer:
    """The output, with the film's sound and the metadata of a sphere."""
    return open_writer(
        job.output,
        *film.picture,
        film.rate,
        film.script.preset,
        bit_depth=film.bit_depth,
        source=sound,
        overrides=film.script.encoding,
        metadata=SphericalMetadata(Projection.EQUIRECT, film.stereo),
        force=job.force,
    )
