"""The shipped looks, one by one; `pytest -m bench -s tests/bench/test_gallery.py` prints the table.

VR360_STYLES=starry_night,the_kiss measures those alone. Panoramas are two that training has not
seen.
"""

import os
import shutil
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.looks.style_images import load_picture, load_style, resized
from pipeline.nets.losses import gram, gram_distance
from pipeline.nets.tensors import to_rgb, to_tensor
from pipeline.nets.vgg import VggFeatures, fastest_precision, load_vgg16
from pipeline.painting.stylizer import load_stylizer
from pipeline.quality.brushwork import SIZE, views_of
from pipeline.quality.faces import face_edge_gradient
from pipeline.quality.measure import measure_style
from pipeline.quality.poles import pole_ratio, strokes
from pipeline.quality.stroke_length import measure_stroke_lengths
from pipeline.styles import GALLERY, shipped_styles
from pipeline.styles.drawings import DRAWINGS
from pipeline.training.recipe import StyleSource, load_recipe
from tests.bench.test_styles import STRENGTHS, painter
from vr360.frame import Rgb
from vr360.media.stills import write_still

pytestmark = pytest.mark.bench
HELD_OUT = ("taj-mahal", "chichen-itza")
SMALL = 1024, 512  # pixels: strengths are told apart as well as at full size
LAYERS = ("relu3_1", "relu4_1")
QUARTER = 0.25  # size of views and painting at which style is compared
COLUMNS = ("stroke 0.5", "stroke 2", "RMS 0.5", "RMS 1", "RMS 1.5", "steps", "style 1.5 / 1",
           "grid", "yaw", "poles", "face edges")  # fmt: skip


@pytest.fixture(scope="module")
def spheres(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spheres")
    for name in HELD_OUT:
        shutil.copy(shared_data / "panoramas" / f"{name}.jpg", folder)
    return folder


@pytest.fixture(scope="module")
def sources(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StyleSource]:
    images = tmp_path_factory.mktemp("images")
    for path in (shared_data / "styles").glob("*.jpg"):
        shutil.copy(path, images)
    for name, draw in DRAWINGS.items():
        write_still(images / f"{name}.png", draw())
    wanted = os.environ.get("VR360_STYLES") or ",".join(shipped_styles())
    names = wanted.split(",")
    recipe = load_recipe(GALLERY.with_suffix(".toml"), images)
    return {source.name: source for source in recipe if source.name in names}


@pytest.fixture(scope="module")
def vgg(shared_data: Path) -> VggFeatures:
    weights = shared_data / "weights" / "vgg16_features.safetensors"
    return load_vgg16(weights, LAYERS, fastest_precision())


@torch.no_grad()
def textures(vgg: VggFeatures, views: list[Rgb]) -> dict[str, Tensor]:
    small = to_tensor([resized(view, QUARTER) for view in views])
    return {name: gram(features) for name, features in vgg(small).items()}


def style_distance(vgg: VggFeatures, painting: Rgb, painted: Rgb) -> float:
    target, seen = textures(vgg, [painting]), textures(vgg, views_of(painted))
    return float(np.mean([gram_distance(seen[n], target[n]).mean() for n in LAYERS]))


def rms(a: Tensor, b: Tensor) -> float:
    """In codes of 8 bits."""
    return 255 * float((a - b).square().mean().sqrt())


def strength_figures(vgg: VggFeatures, source: StyleSource, rgb: Rgb) -> list[float]:
    """RMS from the source at 0.5, 1, 1.5; largest step of 0.25 over the smallest; style distance at
    1.5 over that at 1.
    """
    small = to_tensor([np.asarray(cv2.resize(rgb, SMALL, interpolation=cv2.INTER_AREA))])
    painted = {s: painter(source.name, s)(small) for s in STRENGTHS}
    assert torch.equal(painted[0.0], small)
    steps = [rms(painted[a], painted[b]) for a, b in pairwise(STRENGTHS)]
    painting = load_style(source.image, SIZE, source.crop)
    far, usual = (style_distance(vgg, painting, to_rgb(painted[s], 8)[0]) for s in (1.5, 1.0))
    changes = [rms(painted[s], small) for s in (0.5, 1.0, 1.5)]
    return [*changes, max(steps) / min(steps), far / usual]


def sphere_figures(name: str, rgbs: list[Rgb]) -> list[float | None]:
    """`pole_ratio` over the spheres, and the step across faces' edges over the source's."""
    paint = load_stylizer(name, statistics="frame")
    painted = [paint([rgb])[0] for rgb in rgbs]
    poles = pole_ratio([strokes(p) for p in painted], [strokes(s) for s in rgbs])
    pairs = zip(painted, rgbs, strict=True)
    edges = [face_edge_gradient(p) / face_edge_gradient(s) for p, s in pairs]
    return [poles, float(np.mean(edges))]


def test_every_look(sources, vgg, spheres: Path, shared_data: Path):
    weights = shared_data / "weights" / "vgg16_features.safetensors"
    rgbs = [load_picture(spheres / f"{name}.jpg") for name in HELD_OUT]
    print("\n| | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (len(COLUMNS) + 1))
    for name, source in sources.items():
        lengths = measure_stroke_lengths(name, spheres, weights)
        style = measure_style(name)
        figures = [
            *lengths.values(),
            *strength_figures(vgg, source, rgbs[0]),
            style.grid_ratio,
            style.yaw_equivariance_max,
            *sphere_figures(name, rgbs),
        ]
        print(f"| {name} | " + " | ".join(f"{figure:.3g}" for figure in figures) + " |", flush=True)
        assert style.yaw_equivariance_max < 1e-3
