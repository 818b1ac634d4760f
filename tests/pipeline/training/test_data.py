from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.training.data import PhotoFolder, load_style
from vr360.errors import StyleImageError


def test_broken_photographs_are_skipped_and_counted(photos: Path):
    (photos / "broken.jpg").write_bytes(b"not a picture")
    cv2.imwrite(str(photos / "tiny.png"), np.zeros((8, 8, 3), np.uint8))
    folder = PhotoFolder(photos, 64)
    assert len(folder.photos) == 9
    assert sorted(p.name for p in folder.skipped) == ["broken.jpg", "tiny.png"]


def test_too_few_photographs_are_refused(photos: Path):
    with pytest.raises(StyleImageError, match="0 photographs"):
        PhotoFolder(photos, 128)


def test_style_images_that_teach_nothing_are_refused(tmp_path: Path):
    small = tmp_path / "small.png"
    cv2.imwrite(str(small), np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(StyleImageError, match="too small"):
        load_style(small, 512)
    with pytest.raises(StyleImageError, match="no such file"):
        load_style(tmp_path / "none.png", 512)
