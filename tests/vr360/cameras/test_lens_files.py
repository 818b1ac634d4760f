"""Films whose lenses lie in a file each: the same as one with two tracks, and as one with both."""

import shutil
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.choices import SourceKind
from pipeline.convert import ConvertJob, convert
from pipeline.jobs.scan import source_of
from pipeline.painting.job import StylizeJob
from pipeline.source.asking import probe_asked
from pipeline.stitch import StitchJob, stitch
from sample_clips.clip import COMMITTED
from tests.pipeline.conftest import soft_noise
from tests.vr360.cameras.writing import insta360_trailer
from viewer.decoder import Decoder
from viewer.film import open_film
from viewer.picture import picture_to_rgb
from vr360.cameras.lens_files import lens_files, other_lens
from vr360.errors import NotEquirectError
from vr360.fisheye.film import Footage, open_footage
from vr360.frame import Projection, Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.projections import DualFisheye, Equirect
from vr360.sampling import build_sampler

FIRST, SECOND = "VID_20220110_121609_00_657.insv", "VID_20220110_121609_10_657.insv"
SIDE, FRAMES = 128, 5
_LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv444p", "-f", "mp4")


@pytest.fixture
def lenses() -> np.ndarray:
    """(FRAMES, SIDE, 2 SIDE, 3): the sample scene as two lenses see it, brighter each time."""
    scene = next(read_frames(probe(COMMITTED))).rgb
    both = build_sampler(Equirect(*scene.shape[:2]), DualFisheye(SIDE, 2 * SIDE))(scene)
    return np.stack([both // 2 + 5 * n * (both > 0) for n in range(FRAMES)]).astype(np.uint8)


@pytest.fixture
def two_files(make_film, lenses: np.ndarray, tmp_path: Path) -> list[Path]:
    """The first with a tone and a title, as cameras put them into one of the two."""
    tone = ("-f", "lavfi", "-i", "sine=440:duration=0.2")
    left, right = np.split(lenses, 2, axis=2)
    told = ("-map", "0", "-map", "1", "-metadata", "title=Hike", *_LOSSLESS)
    first = make_film("first.mp4", left, *told, rate=25, inputs=tone)
    second = make_film("second.mp4", right, *_LOSSLESS, rate=25)
    with first.open("ab") as file:
        file.write(insta360_trailer((0x101, b"\x0a\x0eIXE1234567890AB"), (0x300, bytes(56))))
    return [first.rename(tmp_path / FIRST), second.rename(tmp_path / SECOND)]


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_either_file_names_both(name: str):
    assert lens_files(Path("a b") / name) == (Path("a b") / FIRST, Path("a b") / SECOND)
    assert {name, other_lens(Path(name)).name} == {FIRST, SECOND}


@pytest.mark.parametrize(
    "name", ["VID_00.insv", "VID_20220110_121609_20_657.insv", "GS010012.360", "film_10_1.mp4"]
)
def test_other_names_name_nothing(name: str):
    assert lens_files(Path(name)) is None


def test_two_files_are_what_two_tracks_are(two_files: list[Path], lenses, two_tracks):
    one_file = probe(two_tracks("VID_00.insv", *np.split(lenses, 2, axis=2)))
    for given in two_files:
        info = probe(given)
        assert (info.projection, info.stereo) == (Projection.DUAL_FISHEYE, Stereo.MONO)
        assert (info.height, info.width, info.frames) == (SIDE, 2 * SIDE, FRAMES)
        assert any(SECOND in note for note in info.notes)
        frames = list(read_frames(info))
        assert [frame.pts for frame in frames] == [Fraction(n, 25) for n in range(FRAMES)]
        for frame, same, was in zip(frames, read_frames(one_file), lenses, strict=True):
            assert np.array_equal(frame.rgb, same.rgb)
            assert np.abs(frame.rgb.astype(int) - was).max() <= 2
        later = list(read_frames(info, Fraction(3, 25)))
        assert np.array_equal(later[0].rgb, frames[3].rgb)


def test_stitched_they_are_the_sphere_that_one_picture_gives(
    two_files: list[Path], lenses, make_film, tmp_path: Path
):
    both = make_film("both.mp4", lenses, *_LOSSLESS, rate=25)
    made = []
    for source in (two_files[1], both):
        out = tmp_path / f"{len(made)}.mkv"
        report = stitch(StitchJob(source, out, Footage("ideal-190"), size=(128, 256)))
        assert report.frames == FRAMES
        made.append(np.stack([frame.rgb for frame in read_frames(probe(out))]))
    assert np.abs(made[0].astype(int) - made[1]).max() <= 2
    assert len(probe(tmp_path / "0.mkv").audio) == 1
    assert ("title", "Hike") in probe(tmp_path / "0.mkv").tags.words


def test_convert_takes_them(two_files: list[Path], tmp_path: Path):
    out = tmp_path / "sphere.mkv"
    report = convert(ConvertJob(two_files[0], out))
    assert (report.rewritten.frames, report.width) == (FRAMES, 2 * report.height)
    assert report.source.projection is Projection.DUAL_FISHEYE
    opened = open_footage(report.source, Footage(), SIDE, 2 * SIDE)
    assert opened.camera.name.startswith("insta360")


def test_the_viewer_shows_both(two_files: list[Path]):
    info = open_film(two_files[1])
    frames = [frame.rgb for frame in read_frames(info)]
    with Decoder(info) as decoder:
        for number in (3, 0, 4):
            decoder.seek(Fraction(number, 25))
            seen = picture_to_rgb(decoder.current).astype(float)
            assert np.abs(seen - frames[number]).mean() < 1.5


def test_a_job_knows_when_the_other_lens_changes(two_files: list[Path], tmp_path: Path):
    job = StylizeJob(two_files[0], tmp_path / "out.mp4", "mosaic")
    before = source_of(job)
    with two_files[1].open("ab") as file:
        file.write(b"more")
    assert source_of(job) != before


def test_cameras_that_write_mp4_are_known_by_their_round_pictures(
    two_files: list[Path], make_film, tmp_path: Path
):
    for path in two_files:
        shutil.copy(path, path.with_suffix(".mp4"))
    assert probe(two_files[0].with_suffix(".mp4")).projection is Projection.DUAL_FISHEYE
    flat = np.stack([soft_noise(SIDE, SIDE, 1)] * 2)
    for name in ("VID_20220110_121609_00_001.mp4", "VID_20220110_121609_10_001.mp4"):
        make_film(name, flat)
    assert probe(tmp_path / "VID_20220110_121609_00_001.mp4").pair is None


@pytest.mark.parametrize("lost", [0, 1])
def test_the_file_that_is_looked_for_is_named(two_files: list[Path], lost: int):
    two_files[lost].unlink()
    name = two_files[lost].name
    with pytest.raises(NotEquirectError, match=rf"{name} is not beside it.*--from fisheye"):
        probe(two_files[1 - lost])
    alone = probe_asked(two_files[1 - lost], SourceKind.FISHEYE, 200)
    assert (alone.width, alone.height, alone.pair) == (SIDE, SIDE, None)


def test_a_lens_may_be_taken_alone_though_the_other_is_there(two_files: list[Path]):
    alone = probe_asked(two_files[0], SourceKind.FISHEYE, 200)
    assert (alone.width, alone.height, alone.beside) == (SIDE, SIDE, None)


def test_one_lens_of_another_name_says_how_two_are_named(two_files: list[Path]):
    odd = two_files[0].rename(two_files[0].with_name("hike.insv"))
    with pytest.raises(NotEquirectError, match=r"name the two as the camera does .*_10_001\.insv"):
        probe(odd)


def test_files_that_do_not_belong_together_are_refused(two_files: list[Path], make_film):
    short = make_film("s.mp4", np.zeros((30, SIDE, SIDE, 3), np.uint8), *_LOSSLESS, rate=25)
    short.replace(two_files[1])
    with pytest.raises(NotEquirectError, match=r"lasts 1\.20 s and .* 0\.20 s, so one"):
        probe(two_files[0])
    small = make_film("t.mp4", np.zeros((FRAMES, 64, 64, 3), np.uint8), *_LOSSLESS, rate=25)
    small.replace(two_files[1])
    with pytest.raises(NotEquirectError, match="differs from"):
        probe(two_files[0])


def test_one_lens_above_the_other_is_refused_with_the_way_out(
    lenses, make_film, run_ffmpeg, tmp_path: Path
):
    stacked = np.concatenate(np.split(lenses, 2, axis=2), axis=1)
    film = make_film("kandao.mp4", stacked, *_LOSSLESS, rate=25)
    with pytest.raises(
        NotEquirectError, match="one above the other; lay them side by side"
    ) as told:
        probe(film)
    graph = str(told.value).split('"')[1]
    run_ffmpeg("-i", film, "-vf", graph, "-c:v", "libx264", "-qp", "0", tmp_path / "OUTPUT.mp4")
    info = probe(tmp_path / "OUTPUT.mp4")
    assert info.projection is Projection.DUAL_FISHEYE
    made = np.stack([frame.rgb for frame in read_frames(info)])
    assert np.abs(made.astype(int) - lenses).max() <= 4


def test_a_photo_with_both_lenses_and_a_trailer_is_stitched(lenses, tmp_path: Path):
    photo = tmp_path / "IMG_20220110_121609_00_1.insp"
    code = cv2.imencode(".jpg", lenses[0][..., ::-1])[1].tobytes()
    photo.write_bytes(code + insta360_trailer((0x101, b"\x0a\x0eIXE1234567890AB")))
    report = stitch(StitchJob(photo, tmp_path / "sphere.png"))
    assert report.camera.startswith("insta360")
    assert report.width == 2 * report.height


def test_photos_are_no_film_of_two_files(lenses, tmp_path: Path):
    for name, lens in zip(("10", "00"), np.split(lenses[0], 2, axis=1), strict=True):
        path = tmp_path / f"IMG_20220110_121609_{name}_657.insp"
        path.write_bytes(cv2.imencode(".jpg", lens[..., ::-1])[1].tobytes())
    info = probe(path)
    assert info.pair is None
    assert next(read_frames(info)).rgb.shape == (SIDE, SIDE, 3) == (info.height, info.width, 3)
