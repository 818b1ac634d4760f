"""A clip with all that can go wrong in it, and what makes two films the same."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.jobs.job import JobOptions, folder_of, stylize_in_segments
from pipeline.painting.job import StylizeJob
from pipeline.stylize import stylize
from tests.pipeline.conftest import soft_noise
from vr360.frame import Frame, Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter
from vr360.spherical import inspect
from vr360.stereo import join_eyes

LENGTH = 8
OPTIONS = JobOptions(length=LENGTH)


def make_clip(
    path: Path,
    count: int,
    cuts: list[int],
    depth: int = 8,
    stereo: Stereo = Stereo.MONO,
    title: int = 0,
) -> Path:
    """Frames that pan at 10 frames a second, another place from each cut on, behind a title."""
    height = 64 if stereo is Stereo.MONO else 128
    options = {"bit_depth": depth, "force": True}
    with FilmWriter(path, height, 128, Fraction(10), "archive", **options) as film:
        for n in range(title):
            film.write(Frame(np.roll(soft_noise(64, 128, 99) // 2, 3 * n, axis=1), Fraction(n, 10)))
        for n in range(count):
            shot = sum(n >= cut for cut in cuts)
            place = np.roll(soft_noise(64, 128, 7 * shot) // (1 + shot % 2), 2 * n, axis=1)
            rgb = place if depth == 8 else place.astype(np.uint16) * 4 + n % 4
            eyes = [rgb] if stereo is Stereo.MONO else [rgb, np.roll(rgb, 1, axis=1)]
            film.write(Frame(join_eyes(eyes, stereo), Fraction(title + n, 10)))
    return path


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory, tiny_style: Path) -> StylizeJob:
    """Twenty frames, a cut at the twelfth, a ramp, a rate that repeats frames."""
    place = tmp_path_factory.mktemp("example")
    return StylizeJob(
        make_clip(place / "clip.mkv", 20, [12]),
        place / "film.mkv",
        str(tiny_style),
        "0.2s:0.4,0.9s:1",
        rate=Fraction(12),
        flow="dis",
    )


@pytest.fixture
def job(example: StylizeJob, tmp_path: Path) -> StylizeJob:
    """The example in a folder of its own."""
    clip = Path(shutil.copy(example.input, tmp_path / "clip.mkv"))
    return replace(example, input=clip, output=tmp_path / "film.mkv")


@pytest.fixture(scope="session")
def whole(example: StylizeJob) -> Path:
    """The film of the example, painted in one go."""
    return painted_at_once(example)


def painted_at_once(job: StylizeJob) -> Path:
    output = job.output.with_name(f"whole{job.output.suffix}")
    stylize(replace(job, output=output, force=True))
    return output


def same(ours: Path, theirs: Path) -> bool:
    """Decoded frames and their times, sound packets and metadata are the same to the bit."""
    pairs = zip(*(read_frames(probe(path)) for path in (ours, theirs)), strict=False)
    equal = all(np.array_equal(x.rgb, y.rgb) for x, y in pairs)
    return equal and same_but_for_the_picture(ours, theirs)


def same_but_for_the_picture(ours: Path, theirs: Path) -> bool:
    """Number and times of frames, size, colours, sound packets and metadata are the same."""
    a, b = (probe(path) for path in (ours, theirs))
    times = [[frame.pts for frame in read_frames(info)] for info in (a, b)]
    return (
        times[0] == times[1]
        and (a.height, a.width, a.rate, a.bit_depth) == (b.height, b.width, b.rate, b.bit_depth)
        and a.colour == b.colour
        and sound(ours) == sound(theirs)
        and inspect(ours).metadata == inspect(theirs).metadata
    )


def sound(path: Path) -> list[tuple[int, int | None, bytes]]:
    """Packets of all sound tracks: track, time, bytes."""
    with av.open(str(path)) as film:
        packets = film.demux([s for s in film.streams if s.type == "audio"])
        return [(p.stream_index, p.pts, bytes(p)) for p in packets if p.size]


class StopHereError(Exception):
    pass


def stopping_after(count: int) -> Callable:
    """A progress that ends the run with an error when so many frames are painted."""

    def progress(frames, total):
        for n, frame in enumerate(frames):
            if n == count:
                raise StopHereError
            yield frame

    return progress


def stopping_at(frame: int, act: Callable[[], object]) -> Callable:
    """A progress that does something when so many frames are painted."""

    def progress(frames, total):
        for n, one in enumerate(frames):
            if n == frame:
                act()
            yield one

    return progress


def broken_off(job: StylizeJob, after: int, options: JobOptions = OPTIONS) -> Path:
    """The folder of a job that an error ends when so many frames are painted."""
    with pytest.raises(StopHereError):
        stylize_in_segments(job, stopping_after(after), options)
    return folder_of(job.output)


class Counted:
    """A progress that counts the frames that are painted."""

    def __init__(self) -> None:
        self.frames, self.total = 0, 0

    def __call__(self, frames, total):
        self.total = total
        for frame in frames:
            self.frames += 1
            yield frame
