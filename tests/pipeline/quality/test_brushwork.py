import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.quality import brushwork
from pipeline.quality.brushwork import LAYERS, REDUCED, measure_layers
from tests.pipeline.conftest import soft_noise
from vr360.errors import InputError
from vr360.media.stills import read_still


@pytest.fixture
def spheres(tmp_path: Path) -> Path:
    folder = tmp_path / "spheres"
    folder.mkdir()
    cv2.imwrite(str(folder / "one.png"), soft_noise(128, 256, 0))
    return folder


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "painting.png"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8))
    return path


def test_a_style_at_no_strength_is_where_the_source_is(
    tiny_style: Path, spheres: Path, painting: Path, shared_data: Path, tmp_path: Path
):
    weights = shared_data / "weights" / "vgg16_features.safetensors"
    sheet = tmp_path / "sheet.png"
    rows = measure_layers(str(tiny_style), painting, spheres, weights, sheet, strength=0)
    assert [row.reduced for row in rows] == list(REDUCED)
    for row in rows:
        assert set(row.distance) == set(row.way) == set(LAYERS)
        assert all(abs(way) < 1e-6 for way in row.way.values())
        assert row.content == pytest.approx(0, abs=1e-9)
        assert min(row.distance.values()) > 0.01
    assert read_still(sheet).shape == (512, 5 * 512, 3)


def test_a_style_that_paints_the_painting_itself_has_gone_all_the_way(
    tiny_style: Path, spheres: Path, painting: Path, shared_data: Path,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    wanted = brushwork.load_style(painting, brushwork.SIZE, None)
    monkeypatch.setattr(brushwork, "load_stylizer", lambda *_, **__: lambda eyes: list(eyes))
    views = brushwork.views_of
    seen = iter([views, lambda _: [wanted] * len(brushwork.VIEWS_DEG)])
    monkeypatch.setattr(brushwork, "views_of", lambda sphere: next(seen)(sphere))
    weights = shared_data / "weights" / "vgg16_features.safetensors"
    for row in measure_layers(str(tiny_style), painting, spheres, weights):
        assert min(row.way.values()) > 0.999
        assert row.content > 0.1


def test_spheres_painted_by_optimisation_are_measured_beside_the_style(
    tiny_style: Path, spheres: Path, painting: Path, shared_data: Path, tmp_path: Path
):
    heroes = tmp_path / "heroes"
    heroes.mkdir()
    weights, sheet = shared_data / "weights" / "vgg16_features.safetensors", tmp_path / "sheet.png"
    wanted = str(tiny_style), painting, spheres, weights, sheet
    with pytest.raises(InputError, match="no one\\.\\* in it; paint one: vr360 optimize"):
        measure_layers(*wanted, optimised=heroes)
    shutil.copy(spheres / "one.png", heroes)  # a hero that is the source itself
    rows = measure_layers(*wanted, optimised=heroes)
    assert [(row.painted_by, row.reduced) for row in rows] == [
        (by, reduced) for by in ("net", "optimize") for reduced in REDUCED
    ]
    assert all(abs(way) < 1e-6 for row in rows[3:] for way in row.way.values())
    assert read_still(sheet).shape == (2 * 512, 5 * 512, 3)
