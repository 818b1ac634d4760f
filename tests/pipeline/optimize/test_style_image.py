from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.looks.style_images import parse_box
from pipeline.optimize.style_image import Block, StyleImage, parse_block, scaled
from vr360.errors import InputError, StyleImageError


def test_the_crop_is_taken_first_and_blocks_lie_in_it(tmp_path: Path, painting, painting_file):
    red = tmp_path / "red.png"
    cv2.imwrite(str(red), np.full((10, 10, 3), (0, 0, 255), np.uint8))
    composed = StyleImage(painting_file, (0.5, 0, 0.5, 1), (Block(red, (0, 0.5, 0.5, 0.5)),)).load()
    wanted = painting[:, 40:, ::-1].copy()
    wanted[32:, :20] = (255, 0, 0)
    assert np.array_equal(composed, wanted)


def test_one_colour_is_no_style(tmp_path: Path):
    path = tmp_path / "flat.png"
    cv2.imwrite(str(path), np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(StyleImageError, match="one colour all over"):
        StyleImage(path).load()


def test_a_crop_that_leaves_too_little_is_refused(painting_file: Path):
    with pytest.raises(StyleImageError, match="8x64 pixels are used"):
        StyleImage(painting_file, (0, 0, 0.1, 1)).load()


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "0.5,0,0.6,1", "0,0,0,1", "-0.1,0,1,1"])
def test_boxes_outside_the_picture_are_refused(text: str):
    with pytest.raises(InputError, match="--crop"):
        parse_box(text, "--crop")


def test_blocks_are_read_as_file_and_box():
    assert parse_block("a:b.jpg:0,0,0.5,1") == Block(Path("a:b.jpg"), (0, 0, 0.5, 1))
    with pytest.raises(InputError, match="--add-block"):
        parse_block("sky.jpg")


def test_paintings_are_scaled_by_their_long_side_but_never_to_nothing(painting):
    assert scaled(painting, 160).shape == (128, 160, 3)
    assert min(scaled(painting, 8).shape[:2]) == 32
