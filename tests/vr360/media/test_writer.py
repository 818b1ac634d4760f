"""What is written is what was asked for: codec, rate, shape, tags, metadata."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vr360.errors import InputError, OutputError
from vr360.frame import Frame, Projection, Stereo
from vr360.media.presets import PRESETS, Overrides, RawVideo, preset_named, settle
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import read_still, write_still
from vr360.media.writer import FilmWriter, open_writer
from vr360.spherical import SphericalMetadata, inspect

RATES = ("24000/1001", "24", "25", "30000/1001", "60000/1001", "917425/30618")
TARGETS = (
    ("archive", ".mkv"),
    ("lossless-mp4", ".mp4"),
    ("youtube", ".mp4"),
    ("quest", ".mp4"),
    ("prores", ".mov"),
)


def write_film(path: Path, frames, rate="24", preset=None, **options):
    height, width = frames[0].shape[:2]
    rate = Fraction(rate)
    with open_writer(path, height, width, rate, preset, **options) as film:
        for n, rgb in enumerate(frames):
            film.write(Frame(rgb, n / rate))
    return film


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("preset", "suffix"), TARGETS)
def test_rate_and_number_of_frames_are_exact(preset, suffix, rate, moving, tmp_path):
    path = tmp_path / f"film{suffix}"
    write_film(path, moving(31), rate, preset)
    info = probe(path)
    assert info.frames == 31
    if suffix == ".mkv" and rate == RATES[-1]:  # whole nanoseconds a frame are all Matroska has
        assert abs(1 / info.rate - 1 / Fraction(rate)) <= Fraction(3, 10**9)
    else:
        assert info.rate == Fraction(rate)
    assert [f.pts for f in read_frames(info)] == [n / info.rate for n in range(31)]


@pytest.mark.parametrize("bit_depth", [8, 10])
@pytest.mark.parametrize(("preset", "suffix"), TARGETS)
def test_each_preset_stores_what_it_promises(
    preset, suffix, bit_depth, each_ffmpeg, moving, tmp_path
):
    path = tmp_path / f"film{suffix}"
    frames = moving(5) if bit_depth == 8 else moving(5).astype(np.uint16) * 4
    write_film(path, frames, preset=preset, bit_depth=bit_depth)
    promised = {
        ("archive", 8): ("ffv1", "bgr0"),
        ("archive", 10): ("ffv1", "gbrp10le"),
        ("lossless-mp4", 8): ("h264", "gbrp"),
        ("lossless-mp4", 10): ("hevc", "gbrp10le"),
        ("youtube", 8): ("h264", "yuv420p"),
        ("youtube", 10): ("h264", "yuv420p"),
        ("quest", 8): ("h264", "yuv420p"),
        ("quest", 10): ("hevc", "yuv420p10le"),
        ("prores", 8): ("prores", "yuv422p10le"),
        ("prores", 10): ("prores", "yuv422p10le"),
    }[preset, bit_depth]
    info = probe(path)
    assert (info.codec, info.pixel_format) == promised
    rgb = promised[1].startswith(("gbr", "bgr"))
    assert (info.colour.matrix, info.colour.range) == (("gbr", "pc") if rgb else ("bt709", "tv"))
    with av.open(str(path)) as container:
        tag = container.streams.video[0].codec_context.codec_tag
    assert tag == {"hevc": "hvc1", "prores": "apch", "h264": "avc1"}.get(info.codec, tag)
    for frame, wanted in zip(read_frames(info), frames, strict=True):
        scale = 1 if frame.bit_depth == bit_depth else 4 if bit_depth == 8 else 0.25
        error = frame.rgb.astype(float) - wanted.astype(float) * scale
        assert np.abs(error).mean() < (4 if frame.bit_depth == 8 else 16)


@pytest.mark.parametrize("name", ["film.mp4", "film.mov"])
def test_films_begin_with_their_index(name, moving, tmp_path):
    write_film(tmp_path / name, moving(5))
    data = (tmp_path / name).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_suffix_suggests_a_preset():
    chosen = {s: preset_named(None, Path(f"film{s}")).name for s in (".mkv", ".mov", ".MP4")}
    assert chosen == {".mkv": "archive", ".mov": "prores", ".MP4": "quest"}


@pytest.mark.parametrize(
    ("preset", "name", "words"),
    [
        ("archive", "film.mp4", r"archive goes into \.mkv"),
        ("prores", "film.mp4", r"prores goes into \.mov"),
        (None, "film.avi", r"\.mkv, \.mp4, \.mov"),
    ],
)
def test_a_container_that_cannot_carry_the_preset_is_refused(preset, name, words, tmp_path):
    with pytest.raises(OutputError, match=words):
        FilmWriter(tmp_path / name, 64, 128, Fraction(24), preset)


def test_an_unknown_preset_is_refused_with_those_there_are(tmp_path):
    said = "--preset best: one of archive, lossless-mp4, youtube, quest, prores"
    with pytest.raises(InputError, match=said):
        FilmWriter(tmp_path / "film.mp4", 64, 128, Fraction(24), "best")


def test_odd_sides_are_refused_where_chroma_is_halved(tmp_path):
    with pytest.raises(OutputError, match="even sides, not 129x65"):
        FilmWriter(tmp_path / "film.mp4", 65, 129, Fraction(24))


def encoding(preset: str, overrides=None, *, width=2048, bit_depth=8, suffix=".mp4"):
    raw = RawVideo(width // 2, width, bit_depth, Fraction(30))
    return settle(PRESETS[preset], raw, overrides or Overrides(), Path(f"film{suffix}"))


def test_a_headset_gets_h265_only_where_it_must():
    assert encoding("quest", width=4096).codec == "libx264"
    assert encoding("quest", width=5760).codec == "libx265"
    assert encoding("quest", bit_depth=10).codec == "libx265"
    assert encoding("youtube", bit_depth=10).pixel_format == "yuv420p"


@pytest.mark.parametrize(
    ("preset", "width", "overrides", "lean"),
    [
        ("quest", 7680, None, "rc-lookahead=1:bframes=0"),
        ("youtube", 7680, Overrides("libx265", speed="slow"), "rc-lookahead=1:bframes=0"),
        ("quest", 5760, None, "rc-lookahead=2:bframes=1"),
        ("quest", 4096, Overrides("libx265"), ""),
    ],
)
def test_x265_looks_less_far_ahead_where_pictures_would_fill_memory(
    preset: str, width: int, overrides: Overrides | None, lean: str
):
    params = encoding(preset, overrides, width=width).options["x265-params"]
    assert "open-gop=0" in params
    assert lean in params
    assert ("rc-lookahead" in params) == bool(lean)


def test_those_who_know_have_their_way():
    chosen = encoding("quest", Overrides("libx265", 23, "yuv420p10le", "slow"))
    assert (chosen.codec, chosen.pixel_format) == ("libx265", "yuv420p10le")
    assert (chosen.options["crf"], chosen.options["preset"]) == ("23", "slow")
    assert chosen.options["tag:v"] == "hvc1"
    assert encoding("quest", Overrides(crf=12.5)).options["crf"] == "12.5"
    nvenc = encoding("quest", Overrides(codec="hevc_nvenc", crf=20))
    assert (nvenc.options["cq"], nvenc.options.get("crf")) == ("20", None)
    lossy = encoding("lossless-mp4", Overrides(crf=18), bit_depth=10)
    assert "lossless" not in lossy.options["x265-params"]
    with pytest.raises(OutputError, match="mp4 cannot carry ffv1"):
        encoding("quest", Overrides(codec="ffv1"))


SPHERES = [
    SphericalMetadata(Projection.EQUIRECT, Stereo.MONO),
    SphericalMetadata(Projection.EQUIRECT, Stereo.TOP_BOTTOM),
    SphericalMetadata(Projection.EQUIRECT, Stereo.LEFT_RIGHT, yaw=12.5),
]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("metadata", SPHERES, ids=lambda m: str(m.stereo))
def test_metadata_is_in_the_film_and_pixels_fit_its_eyes(
    metadata, suffix, each_ffmpeg, moving, tmp_path
):
    path = tmp_path / f"film{suffix}"
    write_film(path, moving(5), metadata=metadata)  # 128x64, squeezed for stereo
    assert inspect(path).metadata == metadata
    with av.open(str(path)) as container:
        shown = Fraction(2) * (container.streams.video[0].sample_aspect_ratio or 1)
    across = {Stereo.MONO: 2, Stereo.TOP_BOTTOM: 1, Stereo.LEFT_RIGHT: 4}[metadata.stereo]
    assert shown == across
    info = probe(path)
    assert (info.projection, info.stereo, info.frames) == (Projection.EQUIRECT, metadata.stereo, 5)


def test_nearly_two_to_one_is_shown_as_a_whole_sphere(moving, tmp_path):
    path = tmp_path / "film.mp4"
    write_film(path, moving(2, 322, 640), metadata=SphericalMetadata())
    with av.open(str(path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(161, 160)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_stills_carry_metadata_and_keep_their_pixels(suffix, tmp_path):
    x = np.linspace(0, 255, 128)
    rgb = np.stack(np.broadcast_arrays(x, x[:64, None], 99), axis=-1).astype(np.uint8)
    path = tmp_path / f"pano{suffix}"
    write_film(path, [rgb], metadata=SphericalMetadata())
    assert inspect(path).metadata == SphericalMetadata()
    error = np.abs(read_still(path).astype(int) - rgb)
    assert error.max() <= (0 if suffix == ".png" else 12)
    seen = cv2.imread(str(path))[..., ::-1].astype(int)  # by somebody else's reader
    assert np.abs(seen - rgb).max() <= (0 if suffix == ".png" else 12)


def test_deep_stills_survive_as_png_and_are_rounded_once_for_jpeg(tmp_path, noise):
    (rgb,) = noise(1, 32, 64, 10)
    write_still(tmp_path / "deep.png", rgb)
    np.testing.assert_array_equal(read_still(tmp_path / "deep.png"), rgb)
    assert cv2.imread(str(tmp_path / "deep.png"), cv2.IMREAD_UNCHANGED).dtype == np.uint16
    assert open_writer(tmp_path / "a.png", 32, 64, Fraction(0), bit_depth=10).bit_depth == 10
    assert open_writer(tmp_path / "a.jpg", 32, 64, Fraction(0), bit_depth=10).bit_depth == 8


def test_a_still_takes_one_frame(tmp_path):
    rgb = np.zeros((32, 64, 3), np.uint8)
    with open_writer(tmp_path / "a.png", 32, 64, Fraction(0)) as still:
        still.write(Frame(rgb, Fraction(0)))
        with pytest.raises(ValueError, match="one frame"):
            still.write(Frame(rgb, Fraction(0)))


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "frames"])
def test_a_result_has_its_name_only_when_it_is_complete(name, moving, tmp_path):
    path = tmp_path / name
    with open_writer(path, 64, 128, Fraction(24)) as film:
        for n, rgb in enumerate(moving(9)):
            film.write(Frame(rgb, Fraction(n, 24)))
            assert [p.suffix for p in tmp_path.iterdir()] == [".partial"]
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert film.busy_seconds > 0


def test_a_name_may_be_a_string(moving, tmp_path):
    for name in ("film.mkv", "frames"):
        with open_writer(str(tmp_path / name), 64, 128, Fraction(24)) as film:
            film.write(Frame(moving(1)[0], Fraction(0)))
        assert (tmp_path / name).exists()


def test_odd_names_are_just_names(moving, tmp_path):
    for name in ("-film.mp4", "a film: 'the' %03d [cut].mp4", "ünï🎈.mkv"):
        write_film(tmp_path / name, moving(3))
        assert probe(tmp_path / name).frames == 3


def test_names_relative_to_the_working_folder_work(moving, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_film(Path("-film.mp4"), moving(3))
    assert probe(Path("-film.mp4")).frames == 3
