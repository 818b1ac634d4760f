"""Films of scenes: what their parts cost, and how a painted mask stays on a balloon.

Costs are ratios in one run, the sides taken in turns, of processor time.
"""

import time
from fractions import Fraction
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pytest

from pipeline.film.carrying import QUALITY, between
from pipeline.film.film import FilmJob, make_film
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Span
from pipeline.stylize import stylize
from pipeline.temporal.flow import grey
from sample_clips import Scene
from sample_clips.clip import COMMITTED
from vr360.frame import Projection, Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames

pytestmark = pytest.mark.bench

SIZE, FRAMES, ROUNDS = (256, 512), 24, 3
SCENE = (
    '[[scene]]\nname = "{name}"\nsource = "{clip}"\nin = {first}\nout = {last}\nstyle = "{style}"\n'
)
LAYER = '[[scene.layer]]\nmask = "right"\nstyle = "great_wave"\n'
HEAD = '[film]\nsize = "512x256"\npreset = "archive"\n[masks.right]\ncircle = 90\nyaw = 90\n'


def script(folder: Path, name: str, *scenes: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(HEAD + "".join(scenes))
    return path


def scene(name: str, first: float, last: float, style: str = "starry_night") -> str:
    return SCENE.format(name=name, clip=COMMITTED, first=first, last=last, style=style)


@pytest.fixture
def films(tmp_path: Path):
    """By name, what makes each film anew."""
    dissolve = 'transition = { kind = "dissolve", seconds = 0.5 }\n'
    plain = scene("a", 0, 1)
    two = scene("a", 0, 1), scene("b", 1, 2, "great_wave")
    scripts = {
        "scene": script(tmp_path, "scene", plain),
        "two layers": script(tmp_path, "layers", plain + LAYER),
        "two scenes, cut": script(tmp_path, "cut", *two),
        "two scenes, dissolved": script(tmp_path, "dissolved", *two, dissolve),
    }

    def make(name: str) -> None:
        target = tmp_path / f"{name}.mkv"
        for kept in target.with_name(f"{target.name}.film").glob("*"):
            kept.unlink()
        make_film(FilmJob(scripts[name], target, force=True))

    def plainly() -> None:
        target = tmp_path / "stylize.mkv"
        span = Span(duration=Fraction(1))
        stylize(StylizeJob(COMMITTED, target, ["starry_night"], size=SIZE, span=span, force=True))

    return {"stylize": plainly} | {name: (lambda n=name: make(n)) for name in scripts}


def test_what_layers_and_dissolves_cost(films):
    taken: dict[str, list[float]] = {name: [] for name in films}
    for _ in range(ROUNDS + 1):
        for name, make in films.items():
            started = time.process_time()
            make()
            taken[name].append(time.process_time() - started)
    seconds = {name: median(each[1:]) for name, each in taken.items()}  # the first warms up
    for name, each in taken.items():
        spread = max(each[1:]) - min(each[1:])
        print(f"{name:24}{seconds[name]:8.2f} s, spread {spread:.2f}")
    print(f"scene / stylize {seconds['scene'] / seconds['stylize']:.2f}")
    print(f"two layers / one {seconds['two layers'] / seconds['scene']:.2f}")
    print(f"dissolved / cut {seconds['two scenes, dissolved'] / seconds['two scenes, cut']:.2f}")
    assert seconds["scene"] < 1.15 * seconds["stylize"]
    assert seconds["two layers"] < 1.6 * seconds["scene"]
    assert seconds["two scenes, dissolved"] < 1.1 * seconds["two scenes, cut"]


def balloon(kind: np.ndarray) -> np.ndarray:
    """(H, W) 0 or 1: the large balloon, before mountains and sky."""
    _, labels, stats, middles = cv2.connectedComponentsWithStats(np.uint8(kind == 3))
    high = abs(middles[:, 1] / len(kind) - 0.394) < 0.05
    size = stats[:, 4] / len(kind) ** 2
    likely = high & (size > 0.0027) & (size < 0.0057) & (stats[:, 2] < 0.12 * len(kind))
    likely &= abs(middles[:, 0] / len(kind) - 1.25) < 0.5
    return np.float32(labels == np.flatnonzero(likely)[0])


def test_a_painted_mask_stays_on_a_balloon():
    rows, count = QUALITY.height, 96
    info = probe(COMMITTED, Projection.EQUIRECT, Stereo.MONO)
    frames = [grey(frame.rgb, rows) for frame in read_frames(info)]
    drawn = Scene()
    truth = {n: balloon(drawn.render(n, 512, 1024).kind) for n in (0, 24, 48, 72, count - 1)}
    ends = [cv2.resize(truth[n], (2 * rows, rows), interpolation=cv2.INTER_AREA) for n in (0, 95)]
    masks = between(*ends, frames, QUALITY)
    for n in (24, 48, 72):
        found, there = cv2.resize(masks[n], (1024, 512)) > 0.5, truth[n] > 0.5
        share = (found & there).sum() / (found | there).sum()
        print(f"frame {n}: intersection over union {share:.3f}")
        assert share > 0.9
