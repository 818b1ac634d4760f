"""SDR of HDR: exact where the report is, monotone, and tagged as what it is."""

import numpy as np
import pytest

from pipeline.convert import ConvertJob, convert
from vr360.choices import ToneMap
from vr360.errors import InputError
from vr360.media.hdr import HLG, PQ, light_to_pq
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.tonemap import bt2390, hable, peak_of, tone_mapped

HDR = (
    *("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020"),
    *("-colorspace", "bt2020nc"),
)


def grey(light: float) -> np.ndarray:
    code = int(np.rint(light_to_pq(np.array(light)) * 1023))
    return np.full((4, 8, 3), code, np.uint16)


def test_below_the_knee_light_is_kept_and_the_peak_is_white():
    light = np.array([0.1, 1.0, 10.0, 26.0])
    assert bt2390(light, 1000.0) == pytest.approx(light / 203, rel=1e-9)
    assert bt2390(np.array([1000.0]), 1000.0)[0] == pytest.approx(1)
    assert hable(np.array([1000.0]), 1000.0)[0] == pytest.approx(1)


def test_the_knee_is_the_reports():
    """BT.2390-11, 5.4.1, worked by hand for a peak of 1,000 cd/m² at PQ 0.5 of the peak's code."""
    top, most = 0.751827, 0.580689 / 0.751827
    knee = 1.5 * most - 0.5
    code = 0.9
    t = (code - knee) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee)
    spline += (3 * t**2 - 2 * t**3) * most
    light = np.interp(
        code * top, light_to_pq(np.geomspace(1, 1000, 200001)), np.geomspace(1, 1000, 200001)
    )
    assert light_to_pq(bt2390(np.array([light]), 1000.0) * 203)[0] == pytest.approx(
        spline * top, abs=2e-5
    )


@pytest.mark.parametrize("tone_map", ToneMap)
@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_grey_ramp_stays_grey_and_monotone(tone_map: ToneMap, transfer: str):
    ramp = np.repeat(np.arange(1024, dtype=np.uint16)[None, :, None], 3, axis=2)
    made = tone_mapped(ramp, transfer, 1000.0, tone_map)[0].astype(int)
    assert np.ptp(made, axis=1).max() <= 1
    assert np.diff(made[:, 1]).min() >= 0
    assert (made[0, 1], made[-1, 1]) == (0, 255)


@pytest.mark.parametrize("tone_map", ToneMap)
def test_the_name_of_a_curve_is_the_curve(tone_map: ToneMap):
    by_name = tone_mapped(grey(20), PQ, 2000.0, tone_map.value)  # asked for first: tables are kept
    assert np.array_equal(by_name, tone_mapped(grey(20), PQ, 2000.0, tone_map))
    other = next(each for each in ToneMap if each is not tone_map)
    assert not np.array_equal(by_name, tone_mapped(grey(20), PQ, 2000.0, other))


def test_dark_light_has_the_code_that_a_display_of_gamma_2_4_needs():
    made = tone_mapped(grey(20), PQ, 1000.0, ToneMap.BT2390)
    assert made[0, 0, 0] == pytest.approx(255 * (20 / 203) ** (1 / 2.4), abs=1)


def test_colours_of_bt_709_come_back():
    """BT.709 red of 20 cd/m², written in BT.2020."""
    red = np.array([0.6274, 0.0691, 0.0164]) * 20  # BT.2087-0
    codes = np.rint(light_to_pq(red) * 1023).astype(np.uint16)
    made = tone_mapped(np.tile(codes, (2, 2, 1)), PQ, 1000.0, ToneMap.BT2390)[0, 0]
    assert made[0] == pytest.approx(255 * (20 / 203) ** (1 / 2.4), abs=2)
    assert made[1:].max() <= 20


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_tags_and_depth_move_together(make_film, moving, tmp_path, transfer: str):
    film = make_film("hdr.mp4", moving(4, 64, 128), *HDR, "-color_trc", transfer)
    report = convert(ConvertJob(film, tmp_path / "sdr.mp4", to_sdr="bt2390"))
    made = probe(tmp_path / "sdr.mp4")
    assert (made.colour.transfer, made.colour.primaries, made.bit_depth) == ("bt709", "bt709", 8)
    assert (made.colour.matrix, made.colour.mastering) == ("bt709", "")
    assert any("tone-mapped to SDR (bt2390)" in note for note in report.source.notes)
    expected = [
        tone_mapped(f.rgb, transfer, peak_of(probe(film).colour), ToneMap.BT2390)
        for f in read_frames(probe(film))
    ]
    shown = [f.rgb for f in read_frames(made)]
    off = np.abs(np.stack(shown).astype(int) - np.stack(expected))
    assert off.mean() < 6  # what the encoder loses


def test_sdr_has_nothing_to_map(make_film, moving, tmp_path):
    film = make_film("sdr.mp4", moving(2, 64, 128), "-c:v", "libx264")
    with pytest.raises(InputError, match="leave --to-sdr out"):
        convert(ConvertJob(film, tmp_path / "out.mp4", to_sdr="hable"))
