from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.convert import ConvertJob, Side, convert
from pipeline.source.delivery import Span
from pipeline.stitch import StitchJob, stitch
from vr360.errors import InputError, OutputError
from vr360.fisheye.film import Footage
from vr360.frame import Frame, Projection, Stereo
from vr360.geometry import equirect_directions, rotation
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import read_still, write_still
from vr360.media.writer import open_writer
from vr360.projections import CubeMap, DualFisheye, Equirect, HalfEquirect
from vr360.sampling import build_sampler
from vr360.spherical import SphericalMetadata, inject, inspect
from vr360.spherical.mesh import _unpacked, _vertices, dual_fisheye
from vr360.views import RECTILINEAR
from vr360.window import FRONT_HALF, FULL, Bounds

EQUI_ANGULAR, CUBEMAP = Projection.EQUI_ANGULAR, Projection.CUBEMAP
DUAL = Projection.DUAL_FISHEYE


@pytest.fixture
def panorama(tmp_path: Path) -> Path:
    waves = np.array([[3, 1, 2], [-2, 4, 1], [1, -1, 5]]) * 2
    rgb = 128 + 100 * np.sin(equirect_directions(128, 256) @ waves.T)
    write_still(tmp_path / "pano.png", rgb.round().astype(np.uint8))
    return tmp_path / "pano.png"


@pytest.fixture
def film(
    make_film: Callable[..., Path],
    make_sound: Callable[..., Path],
    moving: Callable[..., np.ndarray],
) -> Path:
    beep = make_sound("beep.wav", np.sin(np.arange(24000) / 10)[:, None] / 2)
    return make_film(
        "film.mkv",
        moving(12, 64, 128),
        *("-map", "0", "-map", "1", "-c:v", "ffv1", "-pix_fmt", "bgr0", "-c:a", "pcm_s16le"),
        inputs=("-i", beep),
    )


def frames_of(path: Path) -> list[Frame]:
    return list(read_frames(probe(path, Projection.EQUIRECT, Stereo.MONO)))


def test_a_film_keeps_its_sound_its_times_and_says_what_it_is(film: Path, tmp_path: Path):
    out = tmp_path / "cube.mkv"
    report = convert(ConvertJob(film, out, target=Side(CUBEMAP)))
    before, after = probe(film), probe(out)
    assert (after.projection, after.stereo) == (CUBEMAP, Stereo.MONO)
    assert (after.frames, after.rate, len(after.audio)) == (12, before.rate, 1)
    assert (report.height, report.width) == (64, 96)
    assert [f.pts for f in frames_of(out)] == [f.pts for f in frames_of(film)]


@pytest.mark.parametrize("name", ["same.png", "folder"])
def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path, name: str):
    ramp = np.arange(64 * 128, dtype=np.uint16).reshape(64, 128) * 7 + 3
    rgb = np.stack([ramp, ramp[::-1], 65535 - ramp], axis=-1)
    source = tmp_path / "in" / "0.png"
    source.parent.mkdir()
    cv2.imwrite(str(source), rgb)
    convert(ConvertJob(source if "." in name else source.parent, tmp_path / name))
    made = tmp_path / name if "." in name else tmp_path / name / "000000.png"
    assert np.array_equal(cv2.imread(str(made), cv2.IMREAD_UNCHANGED), rgb)


def test_sixteen_bits_are_turned_as_finely(tmp_path: Path):
    xyz = equirect_directions(64, 128)
    cv2.imwrite(str(tmp_path / "in.png"), np.rint(32768 + 32000 * xyz).astype(np.uint16))
    turn = rotation(0.5, 0.4, 0.3)
    convert(ConvertJob(tmp_path / "in.png", tmp_path / "out.png", turn=turn))
    made = cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_UNCHANGED)
    error = made - (32768 + 32000 * (xyz @ turn.T))
    assert np.abs(error).mean() < 64  # a code of 10 bits
    assert len(np.unique(made)) > 4 * 1024


def test_a_part_of_the_sphere_comes_out_where_its_bounds_say(tmp_path: Path):
    """180° wide and 90° high: half a sphere as its metadata has it, without its poles."""
    rgb = np.full((48, 96, 3), 200, np.uint8)
    write_still(tmp_path / "part.png", rgb, SphericalMetadata(bounds=Bounds(*[0.25] * 4)))
    convert(ConvertJob(tmp_path / "part.png", tmp_path / "whole.png"))
    whole = read_still(tmp_path / "whole.png")
    lit = np.zeros((96, 192), bool)
    lit[24:72, 48:144] = True
    assert whole.shape == (96, 192, 3)
    assert ((whole[..., 0] > 100) == lit).all()
    found = inspect(tmp_path / "whole.png").metadata
    assert found is not None
    assert found.bounds == FULL


def test_a_pose_stays_in_the_metadata_of_what_is_not_turned(panorama: Path, tmp_path: Path):
    inject(panorama, SphericalMetadata(yaw=30.0, pitch=10.0, roll=-5.0))
    report = convert(ConvertJob(panorama, tmp_path / "same.png"))
    found = inspect(tmp_path / "same.png").metadata
    assert found is not None
    assert (found.yaw, found.pitch, found.roll) == (30.0, 10.0, -5.0)
    assert (read_still(tmp_path / "same.png") == read_still(panorama)).all()
    assert "stays in the metadata" in report.source.notes[-1]


def test_a_pose_turns_the_picture_where_nothing_can_say_it(panorama: Path, tmp_path: Path):
    """Positive yaw takes what is in front to the right (Spherical Video V2)."""
    job = ConvertJob(panorama, tmp_path / "cut.png", target=Side(RECTILINEAR), size=(64, 64))
    plain = replace(job, output=tmp_path / "plain.png", turn=rotation(np.radians(-30), 0, 0.1))
    convert(plain)
    inject(panorama, SphericalMetadata(yaw=30.0))
    report = convert(replace(job, turn=rotation(0, 0, 0.1)))
    assert (read_still(job.output) == read_still(plain.output)).all()
    assert "turned by its pose (yaw 30°" in report.source.notes[-1]


def test_every_frame_is_what_the_sampler_makes_of_it(film: Path, tmp_path: Path):
    out = tmp_path / "cube.mkv"
    turn = rotation(0.3, 0.2)
    convert(ConvertJob(film, out, target=Side(EQUI_ANGULAR), turn=turn, span=Span(Fraction(1, 4))))
    sampler = build_sampler(Equirect(64, 128), CubeMap(32, layout="eac"), turn)
    wanted = [sampler(frame.rgb) for frame in frames_of(film)[6:]]
    made = [frame.rgb for frame in frames_of(out)]
    assert len(made) == 6
    assert all((a == b).all() for a, b in zip(made, wanted, strict=True))


def test_ten_bits_stay_ten_bits(tmp_path: Path):
    codes = np.random.default_rng(2).integers(0, 1024, (64, 128, 3), np.uint16)
    source, out = tmp_path / "deep.mkv", tmp_path / "same.mkv"
    with open_writer(source, 64, 128, Fraction(24), bit_depth=10) as writer:
        for n in range(3):
            writer.write(Frame(codes, Fraction(n, 24)))
    convert(ConvertJob(source, out))
    assert all((frame.rgb == codes).all() for frame in frames_of(out))


def test_there_and_back_gives_the_panorama(panorama: Path, tmp_path: Path):
    eac, back = tmp_path / "eac.png", tmp_path / "back.png"
    convert(ConvertJob(panorama, eac, target=Side(EQUI_ANGULAR)))
    convert(ConvertJob(eac, back, source=Side(EQUI_ANGULAR)))
    error = read_still(back).astype(float) - read_still(panorama)
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 40


def test_six_pictures_hold_the_cube(panorama: Path, tmp_path: Path):
    faces, back, direct = tmp_path / "faces", tmp_path / "b.png", tmp_path / "c3x2.png"
    convert(ConvertJob(panorama, faces, target=Side(CUBEMAP, "faces")))
    assert sorted(f.name for f in faces.iterdir()) == sorted(f"{f}.png" for f in "FRBLUD")
    convert(ConvertJob(panorama, direct, target=Side(CUBEMAP, "c3x2")))
    convert(ConvertJob(faces, back, Side(CUBEMAP, "faces"), Side(CUBEMAP, "c3x2")))
    assert (read_still(back) == read_still(direct)).all()


@pytest.mark.parametrize("stereo", [Stereo.TOP_BOTTOM, Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT])
def test_eyes_are_converted_each_by_itself(stereo: Stereo, tmp_path: Path):
    eyes = [np.full((64, 128, 3), value, np.uint8) for value in (40, 200)]
    rgb = np.concatenate(eyes, axis=0 if stereo is Stereo.TOP_BOTTOM else 1)
    write_still(tmp_path / "stereo.png", rgb)
    out = tmp_path / "out.png"
    convert(
        ConvertJob(
            tmp_path / "stereo.png", out, target=Side(Projection.HALF_EQUIRECT), stereo=stereo
        )
    )
    first, second = np.split(read_still(out), 2, axis=0 if stereo is Stereo.TOP_BOTTOM else 1)
    assert first.shape == (64, 64, 3)
    assert (first == 40).all()
    assert (second == 200).all()
    if stereo is not Stereo.RIGHT_LEFT:  # which stills have no name for
        assert probe(out).stereo is stereo


def test_vr180_carries_its_bounds_and_comes_back_black_behind(film: Path, tmp_path: Path):
    half, back = tmp_path / "half.mp4", tmp_path / "back.mkv"
    convert(ConvertJob(film, half, target=Side(Projection.HALF_EQUIRECT)))
    found = inspect(half).metadata
    assert found == SphericalMetadata(Projection.HALF_EQUIRECT)
    assert found.bounds == FRONT_HALF
    convert(ConvertJob(half, back))
    rgb = frames_of(back)[0].rgb
    assert (rgb[:, :31] == 0).all()
    assert (rgb[:, 97:] == 0).all()
    assert rgb[:, 33:95].mean() > 50


def test_dual_fisheye_says_how_wide_its_lenses_are(film: Path, tmp_path: Path):
    out = tmp_path / "dual.mp4"
    convert(ConvertJob(film, out, target=Side(Projection.DUAL_FISHEYE, fov=np.radians(200))))
    assert inspect(out).metadata == SphericalMetadata(Projection.DUAL_FISHEYE, lens_fov=200)


def test_the_mesh_of_a_dual_fisheye_shows_the_picture_that_was_written(tmp_path: Path):
    """Each vertex's place in the picture has the colour of the direction that it points in."""
    direction = equirect_directions(128, 256)
    write_still(tmp_path / "world.png", colour_of(direction).astype(np.uint8))
    convert(ConvertJob(tmp_path / "world.png", tmp_path / "dual.png", target=Side(DUAL, fov=3.4)))
    dual = read_still(tmp_path / "dual.png").astype(float)
    height, width = dual.shape[:2]
    vertices = _vertices(_unpacked(dual_fisheye(np.degrees(3.4))))
    x, y = np.rint(vertices[:, 3] * width - 0.5), np.rint((1 - vertices[:, 4]) * height - 0.5)
    shown = dual[y.astype(int), x.astype(int)]
    assert np.abs(shown - colour_of(vertices[:, :3])).max() < 8


def test_ideal_lenses_are_converted_and_stitched_alike(tmp_path: Path):
    lenses = DualFisheye(256, 512, np.radians(195))
    direction, seen = lenses.directions(*np.meshgrid(np.arange(512), np.arange(256)))
    rgb = np.where(seen[..., None], colour_of(direction), 0).astype(np.uint8)
    dual, converted, stitched = (tmp_path / f"{name}.png" for name in ("d", "c", "s"))
    write_still(dual, rgb)
    convert(ConvertJob(dual, converted, Side(DUAL, fov=lenses.fov), size=(128, 256)))
    stitch(StitchJob(dual, stitched, Footage("ideal-195"), size=(128, 256)))
    difference = np.abs(read_still(converted).astype(int) - read_still(stitched))
    assert difference.mean() < 1


def colour_of(direction: np.ndarray) -> np.ndarray:
    """(..., 3) in 0..255, another one for each direction."""
    return 127.5 + 100 * direction


@pytest.mark.parametrize(
    "side",
    [
        Side(EQUI_ANGULAR),
        Side(CUBEMAP, "cross"),
        Side(CUBEMAP, "c3x2"),
        Side(RECTILINEAR, fov=1.5),
    ],
)
def test_what_has_no_name_gets_no_metadata(side: Side, film: Path, tmp_path: Path):
    report = convert(ConvertJob(film, tmp_path / "out.mkv", target=side))
    assert report.metadata is None
    assert inspect(tmp_path / "out.mkv").metadata is None


def test_metadata_that_says_cubemap_lies_on_faces_as_it_means_them(film: Path, tmp_path: Path):
    tagged, plain, again = (tmp_path / name for name in ("a.mkv", "b.mkv", "c.mkv"))
    convert(ConvertJob(film, tagged, target=Side(CUBEMAP)))
    convert(ConvertJob(film, plain, target=Side(CUBEMAP, "c3x2")))
    assert inspect(tagged).metadata == SphericalMetadata(CUBEMAP)
    ours, ffmpegs = frames_of(tagged)[0].rgb, frames_of(plain)[0].rgb
    assert (ours[:32, :64] == ffmpegs[:32, :64]).all()  # right, left
    assert (ours[32:, 32:] == ffmpegs[32:, 32:]).all()  # front, back
    assert (ours[:32, 64:] == ffmpegs[:32, 64:][::-1, ::-1]).all()  # up
    assert (ours[32:, :32] == ffmpegs[32:, :32][::-1, ::-1]).all()  # down
    assert (ours != ffmpegs).any()
    convert(ConvertJob(tagged, again, target=Side(CUBEMAP, "c3x2")))
    assert (frames_of(again)[0].rgb == ffmpegs).all()


def test_a_cube_map_that_says_nothing_lies_as_ffmpeg_lays_it(panorama: Path, tmp_path: Path):
    still, named, back = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    convert(ConvertJob(panorama, still, target=Side(CUBEMAP)))
    convert(ConvertJob(panorama, named, target=Side(CUBEMAP, "c3x2")))
    assert (read_still(still) == read_still(named)).all()
    frames = tmp_path / "frames"
    frames.mkdir()
    (frames / "0.png").write_bytes(panorama.read_bytes())
    report = convert(ConvertJob(frames, tmp_path / "cubes", target=Side(CUBEMAP)))
    assert report.metadata is None
    assert (read_still(next((tmp_path / "cubes").iterdir())) == read_still(named)).all()
    convert(ConvertJob(still, back, source=Side(CUBEMAP), target=Side(CUBEMAP, "cbmp")))
    assert (read_still(back)[:64, 128:] == read_still(still)[:64, 128:][::-1, ::-1]).all()


def test_a_flat_view_is_put_back_where_it_was_looking(panorama: Path, tmp_path: Path):
    view, back = tmp_path / "view.png", tmp_path / "back.png"
    flat = Side(RECTILINEAR, fov=np.radians(80))
    turn = rotation(0.7, 0.2)
    convert(ConvertJob(panorama, view, target=flat, turn=turn, size=(240, 320)))
    convert(ConvertJob(view, back, source=flat, turn=turn.T, size=(128, 256)))
    original, found = read_still(panorama).astype(float), read_still(back)
    shown = cv2.erode((found.any(axis=2)).astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert 0.05 < shown.mean() < 0.3
    assert np.abs(found - original)[shown].mean() < 3


def test_a_folder_of_frames_becomes_a_folder_of_frames(panorama: Path, tmp_path: Path):
    frames, out = tmp_path / "frames", tmp_path / "out"
    frames.mkdir()
    for n in range(3):
        (frames / f"{n}.png").write_bytes(panorama.read_bytes())
    convert(ConvertJob(frames, out, target=Side(Projection.HALF_EQUIRECT)))
    made = sorted(out.iterdir())
    assert len(made) == 3
    assert (read_still(made[2]) == build_sampler(Equirect(128, 256), HalfEquirect(128, 128))(
        read_still(panorama)
    )).all()  # fmt: skip


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ({"source": Side(CUBEMAP)}, "no c3x2 cube map: 3 x 2 square faces were expected, found"),
        ({"source": Side(Projection.DUAL_FISHEYE), "stereo": Stereo.TOP_BOTTOM}, "256x64 is no"),
        ({"target": Side(CUBEMAP), "size": (100, 200)}, "see --size"),
        ({"source": Side(CUBEMAP, "faces")}, "a folder with the pictures"),
        ({"target": Side(Projection.DUAL_FISHEYE), "size": (100, 100)}, "200x100"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_left(
    job: dict[str, object], message: str, panorama: Path, tmp_path: Path
):
    with pytest.raises(InputError, match=message):
        convert(ConvertJob(panorama, tmp_path / "out.png", **job))  # type: ignore[arg-type]
    assert [f.name for f in tmp_path.iterdir()] == ["pano.png"]


def test_a_lens_that_spans_too_much_is_refused_when_it_is_asked_for():
    with pytest.raises(InputError, match="must lie between 0 and 180"):
        Side(RECTILINEAR, fov=4.0)


@pytest.mark.parametrize(("size", "stereo"), [((129, 256), "tb"), ((128, 255), "lr")])
def test_a_size_that_contradicts_the_eyes_is_refused(
    size: tuple[int, int], stereo: str, tmp_path: Path
):
    write_still(tmp_path / "odd.png", np.zeros((*size, 3), np.uint8))
    with pytest.raises(InputError, match="two equal eyes"):
        convert(ConvertJob(tmp_path / "odd.png", tmp_path / "o.png", stereo=Stereo(stereo)))


def test_an_odd_width_is_refused(tmp_path: Path):
    write_still(tmp_path / "odd.png", np.zeros((64, 127, 3), np.uint8))
    with pytest.raises(InputError, match="an even width was expected"):
        convert(ConvertJob(tmp_path / "odd.png", tmp_path / "out.png", stereo=Stereo.MONO))


def test_a_film_does_not_fit_into_six_pictures(film: Path, tmp_path: Path):
    with pytest.raises(OutputError, match="a still, not a film"):
        convert(ConvertJob(film, tmp_path / "faces", target=Side(CUBEMAP, "faces")))


def test_a_missing_face_is_named(panorama: Path, tmp_path: Path):
    faces = tmp_path / "faces"
    convert(ConvertJob(panorama, faces, target=Side(CUBEMAP, "faces")))
    (faces / "U.png").unlink()
    with pytest.raises(InputError, match="missing: U"):
        convert(ConvertJob(faces, tmp_path / "out.png", source=Side(CUBEMAP, "faces")))


def test_faces_never_replace_a_folder_of_other_things(panorama: Path, tmp_path: Path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").touch()
    target = Side(CUBEMAP, "faces")
    with pytest.raises(OutputError, match="more than six faces"):
        convert(ConvertJob(panorama, tmp_path / "photos", target=target, force=True))
    assert (tmp_path / "photos" / "cat.png").exists()


def test_a_damaged_film_leaves_nothing(film: Path, tmp_path: Path):
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    with pytest.raises(InputError):
        convert(ConvertJob(cut, tmp_path / "out.mkv"))
    assert not list(tmp_path.glob("out*"))
