"""What strength and blends do to the losses, on photographs that training has not seen."""

import os
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.backends import TorchBackend
from pipeline.looks.track import parse_look
from pipeline.nets.looks import kept
from pipeline.nets.surface import PLANE
from pipeline.styles import GALLERY, open_palette, shipped_styles
from pipeline.training.recipe import StyleSource, load_recipe
from tests.bench.johnson import Johnson
from tests.bench.perception import Judge, Paint, held_out, load_photos

pytestmark = pytest.mark.bench
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
NEAR = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5)
AGAINST = "the_scream"  # not the one that the shipped net began with
FEW = 8  # photographs for figures that are differences on the same pictures


@pytest.fixture(scope="module")
def judge(shared_data: Path) -> Judge:
    photos = load_photos(held_out(shared_data / "photos")[:FEW])
    return Judge(shared_data / "weights" / "vgg16_features.safetensors", photos)


@pytest.fixture(scope="module")
def sources(shared_data: Path) -> list[StyleSource]:
    recipe = load_recipe(GALLERY.with_suffix(".toml"), shared_data / "styles")
    return [source for source in recipe if source.name in shipped_styles()]


@cache
def backend() -> TorchBackend:
    return TorchBackend(open_palette([next(iter(shipped_styles()))]).net)


def painter(style: str, strength: float = 1.0) -> Paint:
    """As films are painted: with what is kept of the picture."""
    track = parse_look(style, strength)
    values = open_palette(track.styles).values(track.at())
    share = float(kept(torch.tensor(strength)))

    def paint(rgb: Tensor) -> Tensor:
        return torch.lerp(backend()(rgb, values, surface=PLANE), rgb, share)

    return paint


def row(name: str, values: Sequence[float]) -> str:
    return f"{name:24}" + "".join(f"{value:9.4f}" for value in values)


def test_style_rises_and_content_falls_with_strength(judge: Judge, sources: list[StyleSource]):
    print(row("\nstrength", STRENGTHS))
    turned = []
    for source in sources:
        target = judge.target(source)
        losses = [judge.losses(painter(source.name, s), target) for s in STRENGTHS]
        content, style = zip(*losses, strict=True)
        print(row(f"{source.name}, style", style), row("  content", content), sep="\n")
        if any(a <= b for a, b in pairwise(style)) or any(a >= b for a, b in pairwise(content)):
            turned.append(source.name)
    assert not turned


def test_no_step_of_strength_shows(judge: Judge, sources: list[StyleSource]):
    rgb = judge.photos[0]
    for source in sources:
        seen = [painter(source.name, float(s))(rgb) for s in np.arange(0, 1.501, 0.05)]
        steps = [float((b - a).square().mean().sqrt()) for a, b in pairwise(seen)]
        print(
            f"{source.name:24}rms step of 0.05: at most {max(steps):.4f}, mean {np.mean(steps):.4f}"
        )
        assert max(steps) < 0.05
        assert torch.equal(seen[0], rgb)


def test_half_a_blend_lies_between_its_ends(judge: Judge, sources: list[StyleSource]):
    print("\nstyle losses to a and to b:        a            half and half         b")
    for a, b in pairwise([*sources, sources[0]]):
        targets = [judge.target(s) for s in (a, b)]
        blends = (a.name, f"{a.name}:0.5,{b.name}:0.5", b.name)
        losses = [judge.losses(painter(blend), *targets)[1:] for blend in blends]
        pairs = "   ".join(f"{x:.4f} {y:.4f}" for x, y in losses)
        print(f"{a.name + ' + ' + b.name:32}{pairs}")
        for first, half, last in zip(*losses, strict=True):
            assert min(first, last) < half < max(first, last)


@pytest.fixture(scope="module")
def johnson() -> Johnson:
    """Trained by `python -m tests.bench.johnson` on the painting of `AGAINST`."""
    path = os.environ.get("VR360_JOHNSON")
    if not path:
        pytest.skip("VR360_JOHNSON=FILE names a net trained by python -m tests.bench.johnson")
    net = Johnson()
    net.load_state_dict(load_file(path))
    return net


def test_style_at_equal_content_beside_a_net_of_the_usual_size(
    shared_data: Path, sources: list[StyleSource], johnson: Johnson
):
    weights = shared_data / "weights" / "vgg16_features.safetensors"
    judge = Judge(weights, load_photos(held_out(shared_data / "photos")))
    source = next(source for source in sources if source.name == AGAINST)
    target = judge.target(source)
    content, style = judge.losses(johnson, target)
    rows = {s: judge.losses(painter(source.name, s), target) for s in NEAR}
    print(f"\n{source.name}, {len(judge.photos)} photographs     content     style")
    print(row("Johnson et al.", (content, style)))
    for strength, figures in rows.items():
        print(row(f"vr360, strength {strength:g}", figures))
    as_near = [figures[1] for figures in rows.values() if figures[0] <= content]
    print(f"best style loss at no more content loss: {100 * (min(as_near) / style - 1):+.1f} %")
    assert min(as_near) <= 1.05 * style
