import logging
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.looks.style_images import load_picture, load_style, pictures_in
from pipeline.training.data import PhotoFolder
from tests.conftest import huge_png
from vr360.errors import StyleImageError


def soft(height: int = 96, width: int = 128, channels: int = 3) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, channels), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def refused_pictures(folder: Path) -> None:
    """Files that teach nothing, each in its own way."""
    jpeg = cv2.imencode(".jpg", soft(480, 640))[1].tobytes()
    (folder / "cut short.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (folder / "not a picture.jpg").write_bytes(b"words")
    (folder / "no file of any length.png").write_bytes(b"")
    (folder / "too large.png").write_bytes(huge_png(40_000))
    cv2.imwrite(str(folder / "too small.png"), soft(40, 60))
    cv2.imwrite(str(folder / "too narrow.png"), soft(80, 4000))
    cv2.imwrite(str(folder / "of one colour.png"), np.full((90, 90, 3), 77, np.uint8))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cut short.jpg", "cut short"),
        ("not a picture.jpg", "not a picture"),
        ("no file of any length.png", "not a picture"),
        ("too large.png", "too large"),
        ("too small.png", "too small"),
        ("too narrow.png", "too narrow"),
        ("of one colour.png", "one colour"),
        ("missing.png", "no such file"),
    ],
)
def test_style_images_that_teach_nothing_are_refused(tmp_path: Path, name: str, said: str):
    refused_pictures(tmp_path)
    with pytest.raises(StyleImageError, match=rf"{name}: .*{said}") as error:
        load_style(tmp_path / name, 512)
    assert "\n" not in str(error.value)


def test_grey_paintings_are_widened(tmp_path: Path):
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), soft(channels=3)[..., 0])
    style = load_style(path, 128, (0, 0, 1, 1))
    assert style.shape == (96, 128, 3)
    assert np.array_equal(style, np.repeat(soft()[..., :1], 3, axis=2))


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_where_a_painting_is_transparent_white_is_learned_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, depth: type
):
    bgra = soft(channels=4)
    bgra[:, :32, 3], bgra[:, 32:64, 3], bgra[:, 64:, 3] = 0, 128, 255
    path = tmp_path / "cut out.png"
    cv2.imwrite(str(path), bgra.astype(depth) * (257 if depth is np.uint16 else 1))
    style = load_style(path, 128, (0, 0, 1, 1))
    assert (style[:, :31] == 255).all()
    assert np.array_equal(style[:, 65:], bgra[:, 65:, 2::-1])
    half = bgra[:, 40:60, 2::-1] * (128 / 255) + 127
    assert np.abs(style[:, 40:60] - half).max() <= 1
    assert "white is learned" in caplog.text


def test_alpha_that_hides_nothing_goes_unsaid(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "opaque.png"
    cv2.imwrite(str(path), np.dstack([soft(), np.full((96, 128), 255, np.uint8)]))
    assert np.array_equal(load_style(path, 128, (0, 0, 1, 1)), soft()[..., ::-1])
    assert caplog.text == ""


def test_cmyk_paintings_have_the_colours_that_pillow_sees(tmp_path: Path):
    path = tmp_path / "print.jpg"
    ink = soft(channels=4)
    Image.frombytes("CMYK", (128, 96), ink.tobytes()).save(path, quality=95)
    wanted = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert wanted.std() > 20
    assert np.abs(load_picture(path) - wanted).mean() < 2


def test_only_the_part_asked_for_is_learned(tmp_path: Path):
    path = tmp_path / "painting.png"
    rgb = soft(200, 400)
    cv2.imwrite(str(path), rgb[..., ::-1])
    part = load_style(path, 200, (0.25, 0.1, 0.5, 0.5))
    assert np.array_equal(part, rgb[20:120, 100:300])
    with pytest.raises(StyleImageError, match="too small"):
        load_style(path, 200, (0.4, 0.4, 0.01, 0.01))


@pytest.fixture
def some_broken(photos: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "some broken"
    shutil.copytree(photos, folder)
    refused_pictures(folder)
    return folder


def test_broken_photographs_are_skipped_counted_and_said(
    some_broken: Path, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.WARNING):
        folder = PhotoFolder(some_broken, 68)
    assert (
        len(folder.photos) + len(folder.held_out) == 9 + 2
    )  # the narrow one and the one of one colour are photographs
    assert {p.stem for p in folder.skipped} == {
        "cut short", "not a picture", "no file of any length", "too large", "too small",
    }  # fmt: skip
    assert "5 pictures skipped" in caplog.text
    assert "cut short.jpg" in caplog.text


def test_too_few_photographs_are_refused(photos: Path, tmp_path: Path):
    with pytest.raises(StyleImageError, match=r"photos: 0 photographs of at least 128 pixels"):
        PhotoFolder(photos, 128)
    with pytest.raises(StyleImageError, match="no such folder"):
        pictures_in(tmp_path / "none")
