"""Looks at run time: blends, strengths, changes over time, chains."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.backends import TorchBackend
from pipeline.looks.track import Look
from pipeline.nets.checkpoint import Gallery, GalleryCard, StyleCard, save_gallery
from pipeline.nets.looks import STRENGTHS, at_strength, kept
from pipeline.nets.stylenet import NetConfig, StyleNet
from pipeline.nets.surface import SPHERE
from pipeline.painting.prepared import Prepared
from pipeline.painting.stages import Painter
from pipeline.painting.statistics import ShotStatistics
from pipeline.painting.stylizer import load_stylizer, preserve_colour
from pipeline.styles import open_palette
from pipeline.temporal.smoothing import Smoother
from tests.pipeline.conftest import soft_noise
from vr360.change import REC709
from vr360.errors import CheckpointError
from vr360.frame import Rgb
from vr360.projections import Equirect
from vr360.sampling import build_sampler

CONFIG = NetConfig(channels=8, blocks=1)


def random_gallery(seed: int, *names: str) -> Gallery:
    torch.manual_seed(seed)
    net = StyleNet(CONFIG).eval().requires_grad_(False)
    plain = net.plain_look().expand(len(names), len(STRENGTHS), -1)
    looks = plain + torch.randn(plain.shape) / 2
    card = GalleryCard.of(net, tuple(map(StyleCard, names)))
    return Gallery(net, looks, torch.randn(len(names), 2, net.look_size) / 4, card)


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gallery") / "two.safetensors"
    save_gallery(path, random_gallery(0, "red", "blue"))
    return path


def test_a_blend_is_painted_by_the_net_and_is_no_cross_fade(gallery: Path):
    red, blue = f"{gallery}#red", f"{gallery}#blue"
    rgb = soft_noise(64, 128, 0)
    looks = (red, blue, f"{red}:0.5,{blue}:0.5")
    a, b, half = (load_stylizer(style)([rgb])[0].astype(float) for style in looks)
    assert np.abs(half - (a + b) / 2).mean() > 2


@pytest.mark.parametrize("canvas", ["equirect", "cubemap"])
def test_strokes_twice_as_long_are_those_of_the_sphere_drawn_half_as_large(gallery: Path, canvas):
    style = f"{gallery}#red"
    large = soft_noise(128, 256, 0)
    small = build_sampler(Equirect(128, 256), Equirect(64, 128))(large)
    (usual,) = load_stylizer(style, projection=canvas)([small])
    (long,) = load_stylizer(style, projection=canvas, stroke=2)([large])
    enlarged = build_sampler(Equirect(64, 128), Equirect(128, 256))(usual)
    apart = np.abs(long.astype(float) - enlarged).mean()
    assert apart < 0.1 * np.abs(enlarged.astype(float) - large).mean()


def test_strokes_that_grow_are_painted_on_one_canvas_and_their_looks_differ(gallery: Path):
    growing = load_stylizer(f"{gallery}#red", stroke="0s:1,1s:2")
    rgb = soft_noise(128, 256, 0)
    begin, end = (growing([rgb], seconds=second)[0] for second in (0, 1))
    assert growing.canvas(128, 256, 1) is growing.canvas(128, 256, 1)
    assert not np.array_equal(begin, end)


def test_the_looks_of_a_blend_lie_on_the_line_between_its_ends(gallery: Path):
    red, blue = f"{gallery}#red", f"{gallery}#blue"
    palette = open_palette([red, blue])
    ends = [palette.values(Look({name: 1.0}, 0.8)) for name in (red, blue)]
    blend = palette.values(Look({red: 0.25, blue: 0.75}, 0.8))
    assert torch.allclose(blend, 0.25 * ends[0] + 0.75 * ends[1], atol=1e-6)


def test_learned_strengths_are_met_exactly_and_those_between_lie_between():
    looks = torch.randn(1, len(STRENGTHS), 5)
    for n, strength in enumerate(STRENGTHS):
        assert torch.allclose(at_strength(looks, torch.tensor([strength])), looks[:, n])
    middle = at_strength(looks, torch.tensor([1.25]))
    assert torch.allclose(middle, (looks[:, 2] + looks[:, 3]) / 2, atol=1e-6)


@pytest.mark.parametrize("depth", [8, 10])
def test_at_strength_zero_the_picture_is_untouched_and_near_it_almost(gallery: Path, depth: int):
    rgb = soft_noise(64, 128, 0)
    if depth == 10:
        rgb = rgb.astype(np.uint16) * 4
    style = f"{gallery}#red"
    (same,) = load_stylizer(style, strength=0)([rgb])
    (near,) = load_stylizer(style, strength=0.01)([rgb])
    assert np.array_equal(same, rgb)
    share = 1 - float(kept(torch.tensor(0.01)))
    assert np.abs(near.astype(float) - rgb).max() <= share * (1 << depth) + 1


def test_a_name_that_a_file_does_not_hold_is_refused_with_those_it_does(gallery: Path):
    with pytest.raises(CheckpointError, match=r"no style read in it; did you mean red\?"):
        load_stylizer(f"{gallery}#read")
    with pytest.raises(CheckpointError, match=r"holds red, blue; say which, as .*#red"):
        load_stylizer(str(gallery))


def test_styles_of_two_nets_do_not_blend(gallery: Path, tmp_path: Path):
    other = tmp_path / "other.safetensors"
    save_gallery(other, random_gallery(1, "green"))
    with pytest.raises(CheckpointError, match="no blend of styles of two nets"):
        load_stylizer(f"{gallery}#red:0.5,{other}:0.5")


def film(rgb: Rgb, count: int) -> list[Prepared]:
    return [Prepared([rgb], Fraction(n, 24), repeats=n > 0) for n in range(count)]


def painted(looks: list[str], strength: str, count: int) -> list[Rgb]:
    first = load_stylizer(looks[0], strength=strength, projection="equirect")
    rest = [load_stylizer(look, projection="equirect") for look in looks[1:]]
    painter = Painter([first, *rest], 8)
    return [p.eyes[0] for p in map(painter.step, film(soft_noise(64, 128, 0), count))]


def test_a_ramp_ends_where_a_film_of_its_last_strength_is(gallery: Path):
    ramp = painted([f"{gallery}#red"], "0s:0.2,0.5s:1", 14)
    steady = painted([f"{gallery}#red"], "1", 1)
    steps = [np.abs(b.astype(int) - a).mean() for a, b in pairwise(ramp)]
    assert np.abs(ramp[-1].astype(int) - steady[0]).max() <= 1
    assert max(steps) < 3 * np.mean(steps)
    assert min(steps[:-2]) > 0


def test_a_repeated_frame_is_painted_anew_while_the_look_changes(gallery: Path):
    frames = painted([f"{gallery}#red"], "0s:0.2,0.05s:1", 4)
    assert not np.array_equal(frames[0], frames[1])
    assert frames[2] is frames[3]


@pytest.mark.parametrize("depth", [8, 10])
def test_preserved_colours_are_the_films_and_the_brightness_is_the_paintings(depth: int):
    peak = (1 << depth) - 1
    kind = np.uint8 if depth == 8 else np.uint16
    random = np.random.default_rng(0)
    eye = random.integers(80, 170, (8, 16, 3), np.uint8)
    painted = (random.integers(110, 140, (8, 16, 3)) / 255 * peak).round().astype(kind)
    kept = preserve_colour(eye, painted, 1.0).astype(float) / peak * 255
    assert np.abs((kept - painted / peak * 255) @ REC709[0]).max() <= 1
    for one, other in ((0, 1), (1, 2)):  # differences of channels are all of a colour but light
        difference = eye[..., one].astype(int) - eye[..., other]
        assert np.abs(kept[..., one] - kept[..., other] - difference).max() <= 1.01
    assert preserve_colour(eye, painted, 0.0) is painted


def test_looks_chain(gallery: Path):
    red, blue = f"{gallery}#red", f"{gallery}#blue"
    rgb = soft_noise(64, 128, 0)
    (once,) = load_stylizer(red, projection="equirect")([rgb])
    (twice,) = load_stylizer(blue, projection="equirect")([once])
    assert np.array_equal(painted([red, blue], "1", 1)[0], twice)


def test_statistics_held_for_one_look_serve_the_next():
    gallery = random_gallery(0, "red", "blue")
    backend = TorchBackend(gallery.net)
    shot = ShotStatistics(backend)
    red, blue = gallery.looks[:, 2].split(1)
    rgb = torch.rand(1, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    for _ in range(3):
        shot.paint(rgb, red, SPHERE)
    assert torch.allclose(shot.paint(rgb, blue, SPHERE), backend(rgb, blue), atol=1e-4)


def test_the_average_keeps_up_with_a_look_that_changes():
    source = soft_noise(64, 128, 0)
    smooth = Smoother(1.0)
    ramp = [np.full((64, 128, 3), 40 + 4 * n, np.uint8) for n in range(31)]
    held = [smooth(source, eye, 1 / 30 if n else 0.0) for n, eye in enumerate(ramp)]
    behind = [abs(int(r[0, 0, 0]) - int(h[32, 64, 0])) for r, h in zip(ramp, held, strict=True)]
    assert max(behind) <= 0.06 * 120


def test_keyframes_reach_the_stylizer_through_the_times_of_frames(gallery: Path):
    style = f"{gallery}#red"
    look = load_stylizer(style, strength="1s:0,2s:1", projection="equirect", statistics="frame")
    rgb = soft_noise(64, 128, 0)
    assert np.array_equal(look([rgb], seconds=0.5)[0], rgb)
    (half,) = look([rgb], seconds=Fraction(3, 2))
    (alone,) = load_stylizer(style, strength=0.5, projection="equirect", statistics="frame")([rgb])
    assert np.array_equal(half, alone)
