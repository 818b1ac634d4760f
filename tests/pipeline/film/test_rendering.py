"""A scene in layers that is broken off and gone on with elsewhere is the one that never stopped."""

import copy
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.film import rendering
from pipeline.film.film import FilmJob, check, make_film
from pipeline.film.rendering import layered
from pipeline.film.timeline import Placed
from pipeline.jobs.job import JobOptions, resume
from pipeline.jobs.lock import locked
from pipeline.jobs.stop import PausedError, Stop
from pipeline.painting.look_state import LayeredState
from pipeline.painting.state import PaintState, load_state, save_state
from pipeline.take import Take, unfolding_of
from tests.pipeline.conftest import soft_noise
from tests.pipeline.film.conftest import frames_of
from tests.pipeline.jobs.conftest import stopping_at
from vr360.errors import InputError
from vr360.frame import Frame, Stereo
from vr360.media.writer import FilmWriter
from vr360.stereo import join_eyes

HEIGHT, WIDTH, FRAMES, CUT = 64, 128, 14, 9
RATE = Fraction(12)

SCENE = """
[film]
rate = 12

[masks.thing]
painted = [[0, "thing.png"]]
[masks.way]
painted = [[0.25, "thing.png"], [0.75, "thing.png"]]
[masks.left]
circle = 60
yaw = [[0, -90], [1, 90]]
feather = 20
[masks.both]
is = "moving + sky"

[[scene]]
source = "clip.mkv"
in = 0.17
style = "{style}"
strength = [[0, 0.5], [1, 1]]
flow = "dis"
{stereo}
[[scene.layer]]
mask = "{mask}"
style = "{other}"
[[scene.layer]]
mask = "left & thing"
"""


@pytest.fixture(scope="module", params=[Stereo.MONO, Stereo.TOP_BOTTOM], ids=["mono", "stereo"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a clip that pans and has a cut, and a painted mask."""
    stereo: Stereo = request.param
    place = tmp_path_factory.mktemp(stereo.value)
    height = HEIGHT if stereo is Stereo.MONO else 2 * HEIGHT
    with FilmWriter(place / "clip.mkv", height, WIDTH, RATE, "archive") as film:
        for n in range(FRAMES):
            eyes = [np.roll(picture(n), n % 3, axis=1), picture(n)][stereo is Stereo.MONO :]
            film.write(Frame(join_eyes(eyes, stereo), n / RATE))
    thing = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(thing, (40, 30), 14, 255, -1)
    cv2.imwrite(str(place / "thing.png"), thing)
    (place / "stereo").write_text(f'stereo = "{stereo.value}"')
    return place


def picture(n: int) -> np.ndarray:
    """A sky above a ground; a part of it goes another way."""
    shown = np.roll(soft_noise(HEIGHT, WIDTH, 7 * (n >= CUT)), 2 * n, axis=1)
    shown[: HEIGHT // 3] = shown[: HEIGHT // 3] // 8 + np.array([60, 120, 200], np.uint8)
    shown[36:50, 20:60] = np.roll(soft_noise(HEIGHT, WIDTH, 3), -n, axis=1)[36:50, 20:60]
    return shown // (1 + (n >= CUT))


def scene(folder: Path, style: Path, mask: str) -> Placed:
    told = (folder / "stereo").read_text()
    path = folder / "film.toml"
    path.write_text(SCENE.format(style=style, other=style, mask=mask, stereo=told))
    return check(path).film.scenes[0]


def run(
    placed: Placed, state: PaintState | None = None, count: int | None = None
) -> tuple[list[Frame], PaintState]:
    sphere = unfolding_of(placed.job, placed.info, layered=True)
    layers = layered(placed)
    with Take(placed.job, placed.info, sphere, 8, state, count, layered=layers) as take:
        frames = list(take)
    return frames, take.state


def same(ours: list[Frame], theirs: list[Frame]) -> bool:
    return [f.pts for f in ours] == [f.pts for f in theirs] and all(
        np.array_equal(a.rgb, b.rgb) for a, b in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize(
    ("mask", "counts"),
    [("(moving + thing) - left", [3, 6, 9, 11]), ("sky - moving & ~way", [10])],
    ids=["carried", "found"],
)
def test_layers_go_on_behind_any_frame_to_the_same_bits(
    folder: Path, tiny_style: Path, tmp_path: Path, mask: str, counts: list[int]
):
    placed = scene(folder, tiny_style, mask)
    whole, _ = run(placed)
    assert len(whole) == FRAMES - 2
    for count in counts:  # the cut is the eighth, and is known five frames late
        first, state = run(placed, count=count)
        save_state(tmp_path / "state.safetensors", state)
        rest, _ = run(placed, load_state(tmp_path / "state.safetensors"))
        assert same(first + rest, whole), count


@pytest.mark.parametrize("mask", ["sky", "moving"])
def test_what_masks_remember_decides_about_the_frames_to_come(
    folder: Path, tiny_style: Path, mask: str
):
    placed = scene(folder, tiny_style, mask)
    _, state = run(placed, count=8)
    (shot,) = state.shots
    assert isinstance(shot, LayeredState)
    forgetful = replace(shot, masks=[[None], shot.masks[1]])
    rest, _ = run(placed, copy.deepcopy(state))
    other, _ = run(placed, replace(state, shots=[forgetful]))
    assert not same(rest[:1], other[:1])
    assert same(rest[-1:], other[-1:])  # of another shot


GO_ON = """
import sys
from pathlib import Path
import numpy as np
from pipeline.film.film import check
from pipeline.film.rendering import layered
from pipeline.painting.look_state import LayeredState
from pipeline.painting.state import load_state
from pipeline.take import Take, unfolding_of
script, state, out = map(Path, sys.argv[1:])
placed = check(script).film.scenes[0]
sphere = unfolding_of(placed.job, placed.info, layered=True)
state = load_state(state)
with Take(placed.job, placed.info, sphere, 8, state, layered=layered(placed)) as take:
    np.save(out, np.stack([frame.rgb for frame in take]))
"""


def test_another_process_goes_on_with_layers_to_the_same_bits(
    folder: Path, tiny_style: Path, tmp_path: Path
):
    placed = scene(folder, tiny_style, "moving + thing")
    whole, _ = run(placed)
    first, state = run(placed, count=9)
    save_state(tmp_path / "state.safetensors", state)
    words = [folder / "film.toml", tmp_path / "state.safetensors", tmp_path / "rest.npy"]
    subprocess.run([sys.executable, "-c", GO_ON, *map(str, words)], check=True)
    rest = np.load(tmp_path / "rest.npy")
    assert np.array_equal(np.stack([frame.rgb for frame in whole[len(first) :]]), rest)


def test_the_state_of_other_layers_is_refused(folder: Path, tiny_style: Path):
    _, state = run(scene(folder, tiny_style, "sky"), count=8)
    with pytest.raises(ValueError, match="another mask: Averages"):
        run(scene(folder, tiny_style, "moving"), state)


DONE = f"film.mkv.film/*.job/{'[0-9a-f]' * 32}.json"
JOB = """
import sys
from functools import partial
from pathlib import Path
from pipeline.film import rendering
from pipeline.film.film import FilmJob, make_film
from pipeline.jobs.job import JobOptions
rendering.LONG = 0.5
rendering.JobOptions = partial(JobOptions, length=3)
make_film(FilmJob(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def test_a_long_scene_in_layers_that_is_killed_goes_on_within_it(
    folder: Path, tiny_style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scene(folder, tiny_style, "moving + thing")
    script, output = folder / "film.toml", tmp_path / "film.mkv"
    script.write_text(script.read_text().replace("[[scene]]", '[[scene]]\nnadir = "fill"'))
    make_film(FilmJob(script, tmp_path / "whole.mkv"))
    for segments in (1, 3):
        words = [sys.executable, "-c", JOB, script, output]
        run = subprocess.Popen(words, start_new_session=True)
        while run.poll() is None and len(list(tmp_path.glob(DONE))) < segments:
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL, "it ended before it was killed"
    (job,) = tmp_path.glob("film.mkv.film/*.job")
    with pytest.raises(InputError, match=f"go on with: vr360 film {script} {output}"):
        resume(job)
    monkeypatch.setattr(rendering, "LONG", 0.5)
    monkeypatch.setattr(rendering, "JobOptions", partial(JobOptions, length=3))
    painted: list[int] = []
    make_film(FilmJob(script, output), lambda frames, total: painted.append(total) or frames)
    assert painted[0] <= FRAMES - 2 - 7, "what was there was painted again"
    for ours, whole in zip(*map(frames_of, (output, tmp_path / "whole.mkv")), strict=True):
        assert np.array_equal(ours, whole)


def test_a_film_that_is_asked_to_stop_keeps_every_frame_of_a_long_scene(
    folder: Path, tiny_style: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    scene(folder, tiny_style, "moving")
    job = FilmJob(folder / "film.toml", tmp_path / "film.mkv")
    make_film(replace(job, output=tmp_path / "whole.mkv"))
    monkeypatch.setattr(rendering, "LONG", 0.5)
    stop = Stop()
    asking = stopping_at(1, lambda: stop.ask("test"))
    said = r"paused \(test\): \d+ of 12 frames are kept; go on with: vr360 film .*film.mkv"
    with pytest.raises(PausedError, match=said):
        make_film(job, asking, stop)
    assert len(list(tmp_path.glob("film.mkv.film/*.job/*.part.mkv"))) == 1
    make_film(job)
    assert np.array_equal(frames_of(job.output), frames_of(tmp_path / "whole.mkv"))


def test_former_jobs_of_a_scene_go_unless_they_are_locked(tmp_path: Path):
    kept = rendering.Kept(tmp_path / "film.mkv", "")
    kept.make()
    for name in ("a.128x64.old", "a.128x64.busy", "a.128x64.new", "a.256x128.old", "b.128x64.old"):
        job = kept.folder / f"{name}.mkv.job"
        job.mkdir()
        (job / "plan.json").write_text("{}")
    with locked(kept.folder / "a.128x64.busy.mkv.job"):
        kept._forget(kept.folder / "a.128x64.new.mkv")
    left = {path.name.removesuffix(".mkv.job") for path in kept.folder.iterdir()}
    assert left == {"a.128x64.busy", "a.128x64.new", "a.256x128.old", "b.128x64.old"}
