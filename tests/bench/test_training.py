"""What training comes to: its temporal term in films painted frame by frame, and its length.

One gallery is trained on with the term, one without, `TrainSettings(temporal_weight=0,
feature_weight=0)`:
    VR360_WITH=with.safetensors VR360_WITHOUT=without.safetensors pytest -m bench -s ... -k term
A painting of the shared data is learned for three minutes, and fully:
    VR360_QUICK=quick.safetensors VR360_LONG=long.safetensors pytest -m bench -s ... -k usable
"""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.backends import TorchBackend
from pipeline.nets.checkpoint import load_card
from pipeline.nets.net import Net
from pipeline.nets.surface import PLANE
from pipeline.styles import GALLERY, load_look
from pipeline.temporal.views import sample
from pipeline.training.recipe import StyleSource, load_recipe
from sample_clips import Scene
from tests.bench.perception import Judge, Paint, held_out, load_photos
from vr360.frame import Rgb
from vr360.geometry import row_areas

pytestmark = pytest.mark.bench
HEIGHT = 384
FRAMES = (13, 37, 61, 85)  # pan, shake, walk and moving things


def named(*names: str) -> list[Path]:
    """The files that the environment gives as VR360_NAME."""
    paths = [os.environ.get(f"VR360_{name}") for name in names]
    if not all(paths):
        pytest.skip(f"VR360_{' and VR360_'.join(names)} name what was trained, see above")
    return [Path(path) for path in paths if path]


def look_of(path: Path, name: str) -> tuple[Net, Tensor]:
    """A style's look, whether the file holds others or not."""
    return load_look(f"{path}#{name}" if len(load_card(path).names) > 1 else str(path))


@pytest.fixture(scope="module")
def judge(shared_data: Path) -> Judge:
    photos = load_photos(held_out(shared_data / "photos"))
    return Judge(shared_data / "weights" / "vgg16_features.safetensors", photos)


@dataclass(frozen=True)
class Step:
    """Two frames of the sample scene, where the later one's pixels were, and what counts."""

    before: Tensor
    now: Tensor
    direction: np.ndarray
    weight: np.ndarray


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    scene, size = Scene(), (HEIGHT, 2 * HEIGHT)
    found = []
    for n in FRAMES:
        before, now = (on_tensor(scene.render(m, *size).rgb) for m in (n - 1, n))
        flow = scene.flow(n, *size)
        weight = row_areas(HEIGHT)[:, None] * ~(flow.occluded | flow.water)
        found.append(Step(before, now, flow.direction.astype(np.float32), weight))
    return found


def on_tensor(rgb: Rgb) -> Tensor:
    return torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255


def warping_error(paint: Paint, steps: list[Step]) -> float:
    """Mean square by which painted frames miss the painted frame before, moved by the true flow."""
    errors = []
    for step in steps:
        before, now = (paint(rgb)[0].permute(1, 2, 0).numpy() for rgb in (step.before, step.now))
        missed = np.square(sample(before, step.direction) - now).mean(-1)
        errors.append((missed * step.weight).sum() / step.weight.sum())
    return float(np.mean(errors))


def turning_error(paint: Paint, steps: list[Step], stride: int) -> float:
    """Mean square by which frames turned by less than the net's stride are painted otherwise.

    Nothing is interpolated and nothing comes into view: what differs is where the net's blocks
    fall. A turn by the stride differs by nothing (tests/pipeline/nets/test_net.py).
    """
    errors = []
    for step in steps:
        painted = paint(step.now)
        for pixels in range(1, stride):
            turned = paint(step.now.roll(pixels, -1)).roll(-pixels, -1)
            missed = (turned - painted)[0].square().mean(0).numpy()
            errors.append((missed * step.weight).sum() / step.weight.sum())
    return float(np.mean(errors))


def test_the_temporal_term_lowers_flicker_at_the_same_style(
    shared_data: Path, judge: Judge, steps: list[Step]
):
    galleries = named("WITH", "WITHOUT")
    recipe = load_recipe(GALLERY.with_suffix(".toml"), shared_data / "styles")
    measured = ("warping error", "turned by pixels", "style loss", "content loss")
    print(f"\n{'':18}" + "".join(f"{name:>27} " for name in measured))
    print(f"{'':18}" + len(measured) * f"{'with':>9}{'without':>9}{'change':>9} ")
    known = load_card(galleries[0]).names
    changes = []
    for source in (source for source in recipe if source.name in known):
        target = judge.target(source)
        rows = []
        for path in galleries:
            net, look = look_of(path, source.name)
            paint = partial(TorchBackend(net), look=look)
            content, style = judge.losses(partial(paint, surface=PLANE), target)
            turned = turning_error(paint, steps, net.geometry.stride)
            rows.append((warping_error(paint, steps), turned, style, content))
        pairs = list(zip(*rows, strict=True))
        print(
            f"{source.name:18}" + "".join(f"{a:9.5f}{b:9.5f}{a / b - 1:+9.0%} " for a, b in pairs)
        )
        changes.append([a / b for a, b in pairs])
    moved, _, style, _ = np.max(changes, 0)  # of the style that fares worst
    assert moved <= 0.6
    assert style <= 1.05


def test_a_new_style_is_usable_in_three_minutes(shared_data: Path, judge: Judge):
    paths = named("QUICK", "LONG")
    (card,) = load_card(paths[0]).styles
    source = StyleSource(card.name, shared_data / "styles" / card.painting["file"])
    target = judge.target(source)
    print(f"\n{card.name:40}{'content':>9}{'style':>9}")
    found = []
    for path in paths:
        net, look = look_of(path, card.name)
        content, style = judge.losses(partial(TorchBackend(net), look=look, surface=PLANE), target)
        print(f"{path.name:40}{content:9.3f}{style:9.4f}")
        found.append(style)
    quick, long = found
    assert quick <= 1.15 * long
