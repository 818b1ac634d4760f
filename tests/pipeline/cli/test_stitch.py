"""`vr360 stitch` as a user meets it."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.pipeline.cli.conftest import Run
from tests.vr360.fisheye.conftest import World, camera, psnr, world  # noqa: F401
from vr360.fisheye.camera import Camera
from vr360.fisheye.presets import find_camera
from vr360.fisheye.pto import read_pto
from vr360.frame import Projection
from vr360.media.probe import probe
from vr360.media.reader import read_frames


@pytest.fixture(scope="module")
def sharp() -> Camera:
    return find_camera("ideal-200").scaled(256, 512)


@pytest.fixture
def shot(make_film: Callable[..., Path], world: World, sharp: Camera) -> Path:  # noqa: F811
    frames = np.repeat(world.photograph(sharp)[None], 4, axis=0)
    return make_film("shot.mkv", frames, "-c:v", "ffv1", "-pix_fmt", "bgr0", rate="30000/1001")


def first(path: Path) -> np.ndarray:
    return next(read_frames(probe(path))).rgb


def test_a_film_becomes_an_equirect_film(
    command: Run,
    tmp_path: Path,
    shot: Path,
    world: World,  # noqa: F811
):
    out = tmp_path / "film.mkv"
    code, stdout, stderr = command("stitch", shot, out, "--camera", "ideal-200")
    assert (code, stdout) == (0, "")
    assert "stitched 4 frames" in " ".join(stderr.split())
    info = probe(out)
    assert info.projection is Projection.EQUIRECT
    assert "metadata" in info.reason or "file" in info.reason
    assert (info.height, info.width, info.frames) == (256, 512, 4)
    assert str(info.rate) == "30000/1001"
    assert psnr(first(out), world.equirect(256)) > 35


def test_calibration_reports_before_and_after_and_is_saved(
    command: Run, tmp_path: Path, shot: Path
):
    saved = tmp_path / "mine.pto"
    code, stdout, _ = command(
        "stitch", shot, tmp_path / "film.mkv", "--camera", "ideal-195", "--calibrate",
        "--save-camera", saved, "--json",
    )  # fmt: skip
    assert code == 0
    summary = json.loads(stdout)
    assert summary["overlap_before"]["rms_deg"] > 1
    assert summary["overlap_after"]["rms_deg"] < 0.3
    assert summary["overlap_after"]["grey_levels"] < summary["overlap_before"]["grey_levels"]
    assert summary["frames"] == 4
    lens = read_pto(saved).lenses[0]
    assert lens.focal == pytest.approx(256 / np.radians(200), rel=0.01)
    code, stdout, _ = command("stitch", shot, tmp_path / "b.mkv", "--camera", saved, "--json")
    assert code == 0
    assert json.loads(stdout)["overlap_before"] is None


def test_a_still_is_stitched(
    command: Run,
    tmp_path: Path,
    world: World,  # noqa: F811
    sharp: Camera,
):
    still, out = tmp_path / "shot.png", tmp_path / "out.png"
    cv2.imwrite(str(still), world.photograph(sharp)[..., ::-1])
    code, _, _ = command("stitch", still, out, "--camera", "ideal-200", "--size", "256x128")
    assert code == 0
    assert psnr(cv2.imread(str(out))[..., ::-1], world.equirect(128)) > 33


def test_exchanged_turned_and_tilted_footage_comes_out_the_same(
    command: Run,
    tmp_path: Path,
    world: World,  # noqa: F811
    sharp: Camera,
):
    frame = world.photograph(sharp)
    odd = np.hstack([np.rot90(frame[:, 256:], -1), np.rot90(frame[:, :256], 1)])
    plain, strange = tmp_path / "plain.png", tmp_path / "strange.png"
    cv2.imwrite(str(plain), frame[..., ::-1])
    cv2.imwrite(str(strange), odd[..., ::-1])
    options = ("--camera", "ideal-200", "--size", "256x128", "--yaw", "30")
    assert command("stitch", plain, tmp_path / "a.png", *options)[0] == 0
    told = ("--swap", "--turned", "90,-90")
    assert command("stitch", strange, tmp_path / "b.png", *options, *told)[0] == 0
    one, two = (cv2.imread(str(tmp_path / name)).astype(int) for name in ("a.png", "b.png"))
    assert np.abs(one - two).max() <= 2
    shifted = np.roll(world.equirect(96), 16, axis=1)  # 30 degrees to the right
    assert (
        psnr(cv2.resize(one[..., ::-1].astype(np.uint8), (192, 96), interpolation=3), shifted) > 30
    )


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--camera", "gear361"), 1, "no camera 'gear361': there are gear360-2016"),
        (("--camera", "theta"), 1, "512x256 (2.00:1) is not the shape of theta: expected 1.78:1"),
        (("--camera", "broken.pto"), 1, "broken.pto: not a Hugin project"),
        (("--camera", "ideal-200", "--size", "400x100"), 2, "twice as wide as high"),
        (("--camera", "ideal-200", "--start", "5"), 1, "lies behind its end"),
        (("--turned", "45,0"), 2, "two multiples of 90 degrees"),
    ],
)
def test_what_cannot_be_stitched_is_said_in_one_line(
    command: Run,
    tmp_path: Path,
    shot: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    code: int,
    says: str,
):
    monkeypatch.chdir(tmp_path)
    Path("broken.pto").write_text("p f2 w3000\n")
    found, stdout, stderr = command("stitch", shot, tmp_path / "film.mkv", *options)
    assert found == code
    assert stdout == ""
    assert says in " ".join(stderr.replace("│", " ").split())
    if code == 1:
        assert len(stderr.splitlines()) == 1
    assert not (tmp_path / "film.mkv").exists()


def test_a_blank_film_cannot_calibrate_but_can_be_stitched(
    command: Run, tmp_path: Path, make_film: Callable[..., Path]
):
    wall = make_film("wall.mkv", np.full((2, 128, 256, 3), 90, np.uint8), "-c:v", "ffv1")
    code, _, stderr = command(
        "stitch", wall, tmp_path / "a.mkv", "--camera", "insta360", "--calibrate"
    )
    assert code == 1
    assert "wall.mkv: cannot calibrate insta360: 0 points found" in stderr
    assert command("stitch", wall, tmp_path / "b.mkv")[0] == 0
