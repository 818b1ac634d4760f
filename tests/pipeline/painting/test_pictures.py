import numpy as np
import pytest

from pipeline.painting.pictures import PicturePainter
from pipeline.painting.stylizer import load_stylizer


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("petra.jpg", "got str; vr360.open reads files"),
        (np.zeros((64, 128), np.uint8), r"W even, got \(64, 128\)"),
        (np.zeros((64, 127, 3), np.uint8), r"W even, got \(64, 127, 3\)"),
        (np.zeros((64, 128, 3), np.float32), "must be uint8 or uint16, got float32"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(tiny_style, wrong, said: str):
    painter = PicturePainter(load_stylizer(tiny_style, statistics="frame"), 3)
    with pytest.raises(ValueError, match=said):
        painter(wrong)
