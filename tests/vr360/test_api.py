"""The public names, called as their own examples call them, and beside what they stand for."""

import ast
import doctest
import json
import subprocess
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import vr360
from pipeline.nets.vgg import feature_stack
from tests.pipeline.conftest import soft_noise
from vr360 import api, spherical
from vr360.errors import InputError, Vr360Error
from vr360.media.encoder import ffmpeg_binary
from vr360.spherical import SphericalMetadata

NAMES = sorted(vr360.__all__)
KINDS = ("files", "painting", "projections")


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples name: films, stills, a painting, photographs and VGG's shape."""
    folder = tmp_path_factory.mktemp("examples")
    cv2.imwrite(str(folder / "panorama.png"), soft_noise(64, 128, 1))
    cv2.imwrite(str(folder / "painting.png"), soft_noise(300, 320, 2))
    (folder / "photos").mkdir()
    for n in range(8):
        cv2.imwrite(str(folder / "photos" / f"{n}.png"), soft_noise(260, 300, n))
    torch.manual_seed(0)
    state = feature_stack("vgg16").state_dict()
    save_file({k: v.half() for k, v in state.items()}, folder / "vgg16.safetensors")
    frames = b"".join(soft_noise(64, 128, n).tobytes() for n in range(6))
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "128x64", "-r", "24", "-i", "-"]
    command = [ffmpeg_binary(), "-v", "error", *raw, "-pix_fmt", "yuv420p"]
    subprocess.run([*command, str(folder / "plain.mp4")], input=frames, check=True)
    spherical.inject(folder / "plain.mp4", SphericalMetadata(), folder / "clip.mp4")
    return folder


@pytest.fixture
def here(originals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own with all of that in it, and the one that names are relative to."""
    for path in originals.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_names_are_the_same_everywhere():
    assert vr360.__all__ == api.__all__ == NAMES
    files = [Path(api.__file__).with_name(f"{kind}.py") for kind in KINDS]
    body = [node for file in files for node in ast.parse(file.read_text()).body]
    public = {n.name for n in body if isinstance(n, ast.FunctionDef)}
    assert {name for name in public if not name.startswith("_")} == set(NAMES)
    assert set(NAMES) <= set(dir(vr360))
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        vr360.nothing_of_the_kind  # noqa: B018


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_says_what_comes_out_and_what_may_go_wrong(name: str):
    told = getattr(vr360, name).__doc__
    for section in ("Args:", "Returns:", "Raises:", "Example:"):
        assert section in told


@pytest.mark.parametrize("name", NAMES)
def test_its_example_runs_and_says_what_it_says(name: str, here: Path):
    found = doctest.DocTestFinder(recurse=False).find(
        getattr(vr360, name), name, globs={"vr360": vr360}
    )
    runner = doctest.DocTestRunner()
    for example in found:
        runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0


def test_a_painted_picture_is_the_one_that_stylize_writes(here: Path):
    report = vr360.stylize("panorama.png", "painted.png", style="great_wave")
    written = np.asarray(cv2.imread(str(report.output)))[..., ::-1]
    rgb = np.ascontiguousarray(np.asarray(cv2.imread("panorama.png"))[..., ::-1])
    assert np.array_equal(vr360.load_style("great_wave", statistics="shot")(rgb), written)
    paint = vr360.load_style("great_wave")  # another graph measures, in bfloat16 where there is
    painted = paint(rgb)
    assert np.abs(painted.astype(int) - written).mean() < 1
    assert np.array_equal(paint(rgb), painted)
    assert np.array_equal(vr360.load_style("great_wave", strength=0)(rgb), rgb)


def test_a_projection_in_memory_is_the_one_that_convert_writes(here: Path):
    rgb = np.ascontiguousarray(np.asarray(cv2.imread("panorama.png"))[..., ::-1])
    for to, fov in (("cubemap", None), ("rectilinear", 70)):
        angles = {"yaw_deg": 30, "pitch_deg": -10}
        vr360.convert("panorama.png", f"{to}.png", to=to, fov_deg=fov, **angles)
        view = vr360.load_projection(to, fov_deg=fov, **angles)
        written = np.asarray(cv2.imread(f"{to}.png"))[..., ::-1]
        assert np.array_equal(view(rgb), written)


def test_a_projector_takes_pictures_of_one_size_after_another():
    view = vr360.load_projection("equirect", yaw_deg=90)
    for height in (32, 64):
        rgb = soft_noise(height, 2 * height, 0)
        assert np.array_equal(view(rgb), np.roll(rgb, -height // 2, axis=1))


def test_a_film_is_read_again_from_its_start(here: Path):
    with vr360.open(Path("clip.mp4"), start=0.125) as film:
        first = [frame.pts for frame in film]
        assert [frame.pts for frame in film] == first
        assert next(iter(film)).pts == Fraction(1, 8)
    assert film.info.width == 128


Call = Callable[[], object]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: vr360.stylize("no.mp4", "o.mp4", style="harvest"), Vr360Error, "no.mp4"),
        (lambda: vr360.stylize("clip.mp4", "o.mp4", style="harvset"), Vr360Error, "harvest?"),
        (
            lambda: vr360.stylize("clip.mp4", "o.mp4", style="harvest", colour=1),
            TypeError,
            "colour",
        ),
        (lambda: vr360.stylize("clip.mp4", "o.mp4", style="harvest", start=-1), ValueError, "-1"),
        (lambda: vr360.convert("clip.mp4", "o.mp4", to="cube"), InputError, "cubemap"),
        (lambda: vr360.convert("clip.mp4", "o.mp4", layout="tall"), InputError, "c3x2"),
        (lambda: vr360.measure(), ValueError, "film"),
        (lambda: vr360.open("no.mp4"), Vr360Error, "no.mp4"),
        (lambda: vr360.load_projection("flat"), InputError, "rectilinear"),
        (lambda: vr360.load_style("harvest", median=2), InputError, "--median"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_written(
    here: Path, call: Call, error: type[Exception], said: str
):
    before = sorted(here.iterdir())
    with pytest.raises(error, match=said.replace("?", r"\?")):
        call()
    assert sorted(here.iterdir()) == before


def test_reports_are_frozen_and_plain_when_asked(here: Path):
    reports = [
        vr360.convert("clip.mp4", "cube.mkv", to="cubemap"),
        vr360.inject("plain.mp4", "tagged.mp4"),
        vr360.inspect("clip.mp4"),
        vr360.measure("clip.mp4"),
    ]
    for report in reports:
        assert json.loads(json.dumps(report.as_dict())) == report.as_dict()
        with pytest.raises(FrozenInstanceError):
            report.output = Path("other")  # type: ignore[union-attr]
    assert reports[0].as_dict()["source"]["rate"] == 24.0
    assert reports[1].as_dict()["metadata"]["stereo"] == "mono"
