"""PQ and HLG keep their depth, their tags and what they say of their mastering."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipeline.convert import ConvertJob, convert
from pipeline.nets.checkpoint import save_gallery
from pipeline.stylize import StylizeJob, stylize
from tests.pipeline.conftest import tiny_gallery
from vr360.errors import OutputError
from vr360.geometry import rotation
from vr360.media.hdr import (
    hlg_as_pq,
    hlg_to_light,
    light_to_hlg,
    light_to_pq,
    pq_as_hlg,
    pq_to_light,
)
from vr360.media.presets import Overrides
from vr360.media.probe import probe
from vr360.media.reader import read_frames

X265 = ("log-level=none", "lossless=1")
DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"


@pytest.fixture(params=["smpte2084", "arib-std-b67"])
def transfer(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def hdr_film(tmp_path: Path, run_ffmpeg: Callable[..., bytes]) -> Callable[..., Path]:
    """Four frames of a ramp in 10 bit BT.2020: `hdr_film(transfer)`."""

    def make(transfer: str) -> Path:
        ramp = np.arange(64 * 128, dtype=np.uint16).reshape(64, 128) // 8
        planes = np.stack([ramp, ramp[::-1], ramp[:, ::-1]])
        raw = ("-f", "rawvideo", "-pix_fmt", "gbrp10le", "-s", "128x64", "-i", "pipe:")
        tags = f"setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc:range=tv"
        params = ":".join([*X265, f"master-display={DISPLAY}", "max-cll=1000,400"])
        scale = "scale=out_color_matrix=bt2020:out_range=tv,format=yuv420p10le"
        codec = ("-vf", f"{scale},{tags}", "-c:v", "libx265", "-x265-params", params)
        run_ffmpeg(*raw, *codec, tmp_path / "hdr.mp4", data=planes.tobytes() * 4)
        return tmp_path / "hdr.mp4"

    return make


@pytest.fixture(scope="module")
def tiny_style(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("style") / "tiny.safetensors"
    save_gallery(path, tiny_gallery("tiny"))
    return path


def said_by_ffprobe(path: Path) -> dict[str, object]:
    """Tags of the first frame, and its side data by type."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_frames"]
    command += ["-read_intervals", "%+#1", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True)
    frame = json.loads(done.stdout)["frames"][0]
    names = ("pix_fmt", "color_space", "color_primaries", "color_transfer")
    sides = {side["side_data_type"]: side for side in frame.get("side_data_list", [])}
    return {name: frame.get(name) for name in names} | sides


def mastering_by_ffprobe(path: Path) -> dict[str, float]:
    """The numbers that the container tells, by ffprobe's names."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_streams", "-of", "json"]
    done = subprocess.run([*command, str(path)], capture_output=True, check=True)
    (stream,) = json.loads(done.stdout)["streams"]
    sides = [side for side in stream["side_data_list"] if "metadata" in side["side_data_type"]]
    told = [pair for side in sides for pair in side.items() if pair[0] != "side_data_type"]
    return {name: float(Fraction(value)) for name, value in told}


def test_the_curves_are_those_of_the_recommendation():
    """PQ 0.5 is 92.2457 cd/m²; HLG's white is the peak, its middle a twelfth of the scene's."""
    assert pq_to_light(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, 92.2457, 10000], rel=1e-5)
    assert hlg_to_light(np.array([0.0, 0.5, 1.0])) == pytest.approx(
        [0, 1000 / 12**1.2, 1000], rel=1e-5
    )
    codes = np.linspace(0, 1, 257)
    assert light_to_pq(pq_to_light(codes)) == pytest.approx(codes, abs=1e-6)
    assert light_to_hlg(hlg_to_light(codes)) == pytest.approx(codes, abs=1e-6)


def test_a_grey_ramp_stays_monotone_by_way_of_hlg():
    ramp = np.repeat(np.arange(1024, dtype=np.uint16)[None, :, None], 3, axis=2)
    there = pq_as_hlg(ramp)[0, :, 0].astype(int)
    back = hlg_as_pq(pq_as_hlg(ramp))[0, :, 0].astype(int)
    assert (np.diff(there) >= 0).all()
    assert (np.diff(back) >= 0).all()
    below_peak = np.arange(1024) < 1023 * light_to_pq(np.array(1000.0))
    assert np.abs(back - ramp[0, :, 0])[below_peak & (np.arange(1024) > 200)].max() <= 2


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_converted_hdr_keeps_depth_tags_and_mastering(transfer, suffix, hdr_film, tmp_path):
    source, out = hdr_film(transfer), tmp_path / f"out{suffix}"
    convert(ConvertJob(source, out, turn=rotation(0.5), preset="quest"))
    before, after = said_by_ffprobe(source), said_by_ffprobe(out)
    assert after == before
    assert after["color_transfer"] == transfer
    assert "Mastering display metadata" in after
    assert probe(out).colour.mastering == DISPLAY


@pytest.mark.parametrize(("preset", "suffix"), [("archive", ".mkv"), ("prores", ".mov")])
def test_codecs_without_a_place_for_mastering_say_it_in_the_container(
    preset, suffix, transfer, hdr_film, tmp_path
):
    source, out = hdr_film(transfer), tmp_path / f"out{suffix}"
    convert(ConvertJob(source, out, turn=rotation(0.5), preset=preset))
    assert mastering_by_ffprobe(out) == {
        **{"red_x": 0.68, "red_y": 0.32, "green_x": 0.265, "green_y": 0.69, "blue_x": 0.15},
        **{"blue_y": 0.06, "white_point_x": 0.3127, "white_point_y": 0.329},
        **{"min_luminance": 0.0001, "max_luminance": 1000, "max_content": 1000, "max_average": 400},
    }
    assert (probe(out).colour.mastering, probe(out).colour.light) == (DISPLAY, "1000,400")
    assert len(list(read_frames(probe(out)))) == 4
    again = tmp_path / f"again{suffix}"
    convert(ConvertJob(out, again, preset=preset))
    assert mastering_by_ffprobe(again) == mastering_by_ffprobe(out)


@pytest.mark.parametrize("preset", ["youtube", "quest", "lossless-mp4"])
def test_no_preset_takes_the_depth_and_leaves_the_tag(preset, transfer, hdr_film, tmp_path):
    convert(ConvertJob(hdr_film(transfer), tmp_path / "out.mp4", preset=preset))
    said = said_by_ffprobe(tmp_path / "out.mp4")
    assert "10" in str(said["pix_fmt"])
    assert said["color_transfer"] == transfer


def test_eight_bits_are_refused_for_hdr(transfer, hdr_film, tmp_path):
    job = ConvertJob(hdr_film(transfer), tmp_path / "out.mp4")
    with pytest.raises(OutputError, match="HDR needs 10"):
        convert(replace(job, encoding=Overrides(pixel_format="yuv420p")))
    assert not job.output.exists()


def test_what_is_not_painted_stays_to_the_bit(transfer, hdr_film, tmp_path, tiny_style):
    source, out = hdr_film(transfer), tmp_path / "out.mkv"
    stylize(StylizeJob(source, out, tiny_style, strength=0.0, device="cpu"))
    pairs = zip(read_frames(probe(source)), read_frames(probe(out)), strict=True)
    assert all(np.array_equal(a.rgb, b.rgb) for a, b in pairs)
    assert probe(out).colour.transfer == transfer


def test_a_painted_white_is_a_thousand_candelas_and_no_more(hdr_film, tmp_path, tiny_style):
    source, out = hdr_film("smpte2084"), tmp_path / "out.mkv"
    stylize(StylizeJob(source, out, tiny_style, device="cpu", temporal="none"))
    brightest = max(int(frame.rgb.max()) for frame in read_frames(probe(out)))
    assert pq_to_light(np.array(brightest / 1023)) <= 1010
    assert probe(out).colour.transfer == "smpte2084"
