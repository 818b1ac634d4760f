"""One fisheye lens, painted as the part of the sphere that it saw."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.choices import Level
from pipeline.convert import ConvertJob, Side, convert
from pipeline.stylize import StylizeJob, stylize
from tests.pipeline.conftest import soft_noise
from vr360.errors import InputError
from vr360.frame import Projection
from vr360.media.probe import probe
from vr360.media.stills import read_still, write_still


@pytest.fixture
def lens(tmp_path: Path) -> Path:
    write_still(tmp_path / "lens.png", soft_noise(96, 96, 3))
    return tmp_path / "lens.png"


@pytest.mark.parametrize("fov", [None, 200.0])
def test_unpainted_it_is_what_convert_makes_of_it(lens: Path, fov, tmp_path: Path):
    asked = {"source_projection": "fisheye", "source_fov": fov}
    report = stylize(StylizeJob(lens, tmp_path / "a.png", "starry_night", 0, **asked))
    side = Side("fisheye", fov=None if fov is None else np.radians(fov))
    convert(ConvertJob(lens, tmp_path / "b.png", side))
    one, other = (read_still(tmp_path / name) for name in ("a.png", "b.png"))
    assert np.array_equal(one, other)
    assert not one[len(one) // 2, 0].any()  # straight behind
    info = probe(tmp_path / "a.png")
    assert (info.projection, info.declared) == (Projection.EQUIRECT, True)
    assert "fisheye of" in report.source.reason


def test_it_is_painted(lens: Path, tmp_path: Path):
    job = StylizeJob(lens, tmp_path / "a.png", "starry_night", source_projection="fisheye")
    stylize(job)
    painted = read_still(tmp_path / "a.png")
    assert painted.std() > 5
    middle = painted[len(painted) // 2]
    quarter = len(middle) // 4
    assert middle[quarter + 2 : -quarter - 2].any(axis=1).all()
    assert not middle[: quarter - 1].any()  # what the lens did not see stays black


def test_what_does_not_suit_one_lens_is_refused(lens: Path, tmp_path: Path):
    def job(**asked: object) -> None:
        StylizeJob(lens, tmp_path / "a.png", "starry_night", **asked)

    with pytest.raises(InputError, match="--from-fov 200: is of one lens; give --from fisheye"):
        job(source_fov=200.0)
    with pytest.raises(InputError, match="a lens spans up to 360 degrees"):
        job(source_projection="fisheye", source_fov=400.0)
    with pytest.raises(InputError, match="--level wants a whole sphere"):
        job(source_projection="fisheye", level=Level.PICTURE)
