"""A level horizon: the sample clip tilted and shaken, with what a camera would tell beside it."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from pipeline.choices import Level
from pipeline.convert import ConvertJob, Side, convert
from pipeline.source.delivery import Span
from pipeline.stitch import Footage, StitchJob, stitch
from pipeline.stylize import StylizeJob, stylize
from sample_clips.camera import pose
from sample_clips.clip import COMMITTED
from tests.vr360.cameras.writing import beside, gravity_and_orientation, strips_of
from tests.vr360.spherical.synthetic import Track, box, movie
from vr360.cameras.attitude import unit
from vr360.choices import CubeLayout
from vr360.errors import InputError
from vr360.frame import Projection, Stereo
from vr360.geometry import Array, equirect_directions, rotation
from vr360.media.ambisonics import encode
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import write_still
from vr360.projections import CubeMap, DualFisheye, Equirect
from vr360.sampling import build_sampler
from vr360.spherical import SphericalMetadata, inject

FRAMES, RATE, SIZE, SMALL = 12, 24, (256, 512), (128, 256)
LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv444p")


def tilt(n: int) -> Array:
    """A camera held askew, panned and shaken."""
    step = np.sin(2 * np.pi * n / 7)
    return rotation(0.05 * n, np.radians(14 + 4 * step), np.radians(-11 + 3 * np.cos(n)))


def reduced(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_AREA)


def level_frames(count: int, size: tuple[int, int]) -> list[np.ndarray]:
    """The sample clip as a camera on a level head would have seen it, heading kept."""
    info = probe(COMMITTED)
    frames = [f.rgb for f, _ in zip(read_frames(info), range(count), strict=False)]
    whole = Equirect(*size)
    return [
        build_sampler(whole, whole, pose(n / RATE, 0).rotation.T)(reduced(rgb, size))
        for n, rgb in enumerate(frames)
    ]


class Shaken(NamedTuple):
    """Attributes:
    film: with GPMF beside it.
    plain: without.
    level: the frames as they should be, in the world's axes.
    """

    film: Path
    plain: Path
    level: list[np.ndarray]


@pytest.fixture(scope="module")
def shaken(tmp_path_factory, run_ffmpeg: Callable[..., bytes]) -> Shaken:
    return shake(tmp_path_factory.mktemp("shaken"), run_ffmpeg, FRAMES, SIZE)


def shake(
    folder: Path, run_ffmpeg: Callable[..., bytes], count: int, size: tuple[int, int]
) -> Shaken:
    level, whole = level_frames(count, size), Equirect(*size)
    for n, rgb in enumerate(level):
        tilted = build_sampler(whole, whole, tilt(n))(rgb)
        cv2.imwrite(str(folder / f"{n:02d}.png"), tilted[..., ::-1])
    plain = folder / "plain.mp4"
    run_ffmpeg("-framerate", str(RATE), "-i", folder / "%02d.png", *LOSSLESS, plain)
    to_picture = np.stack([tilt(n).T for n in range(count)])
    telemetry = [gravity_and_orientation(to_picture)]
    film = beside(plain, run_ffmpeg, b"gpmd", telemetry, count * 1000 // RATE)
    return Shaken(film, plain, level)


def off_by(picture: np.ndarray, truth: np.ndarray, heading: Array) -> Array:
    """Degrees (3,) about x, y, z by which a picture is turned against the truth at a heading.

    Gauss and Newton's steps on the pictures' own differences; they share no code with levelling.
    """
    whole, small = Equirect(*SMALL), 1e-3
    turn, total = heading, np.zeros(3)
    picture, truth = (reduced(rgb, SMALL) for rgb in (picture, truth))

    def seen(by: Array) -> np.ndarray:
        return build_sampler(whole, whole, by)(truth.astype(np.float32))

    area = np.sqrt(np.cos(np.arcsin(equirect_directions(*SMALL)[..., 1:2])))
    for _ in range(5):
        now = seen(turn)
        axes = [cv2.Rodrigues(small * axis)[0] for axis in np.eye(3)]
        slopes = np.stack([((seen(turn @ by) - now) / small * area).ravel() for by in axes])
        miss = ((picture.astype(np.float32) - now) * area).ravel()
        step = np.linalg.solve((slopes @ slopes.T).astype(float), (slopes @ miss).astype(float))
        turn, total = turn @ cv2.Rodrigues(step)[0], total + step
    return np.degrees(total)


def made(path: Path) -> list[np.ndarray]:
    return [f.rgb for f in read_frames(probe(path, Projection.EQUIRECT, Stereo.MONO))]


def heading_of(turn: Array) -> Array:
    return rotation(np.arctan2(-turn[0, 2], turn[2, 2]))


def test_gravity_levels_the_horizon_and_leaves_the_heading(shaken: Shaken, tmp_path: Path):
    convert(ConvertJob(shaken.film, tmp_path / "level.mkv", level=Level.GRAVITY))
    for n, picture in enumerate(made(tmp_path / "level.mkv")):
        if n % 4 == 0:
            off = off_by(picture, shaken.level[n], heading_of(tilt(n)))
            assert np.abs(off).max() < 0.3, (n, off)


def test_a_locked_film_keeps_the_heading_it_begins_with(shaken: Shaken, tmp_path: Path):
    job = ConvertJob(shaken.film, tmp_path / "lock.mkv", level=Level.GRAVITY, lock=True)
    convert(job)
    for n, picture in enumerate(made(tmp_path / "lock.mkv")):
        if n % 5 == 0:
            off = off_by(picture, shaken.level[n], heading_of(tilt(0)))
            assert np.abs(off).max() < 0.3, (n, off)


def test_a_film_cut_at_its_start_goes_by_its_own_time(shaken: Shaken, tmp_path: Path):
    span = Span(Fraction(8, RATE), Fraction(2, RATE))
    convert(ConvertJob(shaken.film, tmp_path / "cut.mkv", level=Level.GRAVITY, span=span))
    off = off_by(made(tmp_path / "cut.mkv")[0], shaken.level[8], heading_of(tilt(8)))
    assert np.abs(off).max() < 0.3


@pytest.mark.parametrize("lock", [False, True])
def test_the_picture_alone_levels_the_horizon(
    run_ffmpeg: Callable[..., bytes], tmp_path: Path, lock: bool
):
    """1.5° is the bar; the sample clip has neither wall nor roof, only trunks and shores."""
    shaken, out = shake(tmp_path, run_ffmpeg, 6, (512, 1024)), tmp_path / "seen.mkv"
    convert(ConvertJob(shaken.plain, out, level=Level.PICTURE, lock=lock))
    off = []
    for n, picture in enumerate(made(out)):
        if n % 5 == 0:
            off.append(off_by(picture, shaken.level[n], heading_of(tilt(0 if lock else n))))
    assert np.hypot(*np.stack(off)[:, [0, 2]].T).max() < 1.5, off
    assert np.ptp(np.stack(off), axis=0).max() < 0.5  # it does not sway


def test_painting_sees_the_level_sphere(shaken: Shaken, tmp_path: Path, tiny_style: Path):
    """At strength 0 what would be painted comes out."""
    out = tmp_path / "painted.mkv"
    job = StylizeJob(
        shaken.film, out, str(tiny_style), strength=0, median=0, level=Level.GRAVITY, lock=True
    )
    stylize(job)
    off = off_by(made(out)[5], shaken.level[5], heading_of(tilt(0)))
    assert np.abs(off).max() < 0.3


def test_turned_by_hand_comes_after_levelling(shaken: Shaken, tmp_path: Path):
    job = ConvertJob(
        shaken.film,
        tmp_path / "turned.mkv",
        turn=rotation(1.0),
        level=Level.GRAVITY,
        lock=True,
    )
    convert(job)
    off = off_by(
        made(tmp_path / "turned.mkv")[3], shaken.level[3], heading_of(tilt(0)) @ rotation(1)
    )
    assert np.abs(off).max() < 0.3


@pytest.mark.parametrize("to", ["cubemap", "rectilinear"])
def test_other_projections_are_level_too(shaken: Shaken, tmp_path: Path, to: str):
    job = ConvertJob(
        shaken.film, tmp_path / "other.mkv", target=Side(to), level=Level.GRAVITY, size=None
    )
    report = convert(job)
    assert any("levelled" in note for note in report.source.notes)


def test_two_tracks_of_faces_are_levelled_too(tmp_path: Path, run_ffmpeg):
    """A `.360` as a GoPro writes it: two video tracks, and GPMF as the third."""
    level, whole = level_frames(4, SIZE), Equirect(*SIZE)
    faces = CubeMap(128, Projection.EQUI_ANGULAR, CubeLayout.EAC)
    for n, rgb in enumerate(level):
        tilted = build_sampler(whole, whole, tilt(n))(rgb)
        for k, strip in enumerate(strips_of(build_sampler(whole, faces)(tilted), 8)):
            cv2.imwrite(str(tmp_path / f"{k}_{n}.png"), strip[..., ::-1])
    entry = box(b"gpmd", bytes(6), b"\0\1", bytes(4))
    gpmf = gravity_and_orientation(np.stack([tilt(n).T for n in range(4)]))
    told = Track(b"meta", (entry,), (gpmf,), ticks=4 * 1000 // RATE)
    (tmp_path / "told.mp4").write_bytes(movie(told))
    tracks = [
        word for k in (0, 1) for word in ("-framerate", str(RATE), "-i", tmp_path / f"{k}_%d.png")
    ]
    film, out = tmp_path / "GS010001.360", tmp_path / "level.mkv"
    run_ffmpeg(
        *(*tracks, "-i", tmp_path / "told.mp4", "-map", "0", "-map", "1", "-map", "2"),
        *(*LOSSLESS, "-c:d", "copy", "-copy_unknown", "-f", "mp4", film),
    )
    convert(ConvertJob(film, out, level=Level.GRAVITY, lock=True))
    off = off_by(made(out)[3], level[3], heading_of(tilt(0)))
    assert np.abs(off).max() < 0.3


def test_ambisonic_sound_turns_with_every_frame(
    shaken: Shaken, tmp_path: Path, make_sound: Callable[..., Path], run_ffmpeg
):
    """A source that stands still in the world stands still once the film is level and locked."""
    rate, place = 48000, np.array([0.6, 0.48, -0.64])
    time = np.arange(rate * FRAMES // RATE) / rate
    seen = np.stack([tilt(n).T @ place for n in range(FRAMES + 1)])
    way = np.stack([np.interp(time * RATE, np.arange(FRAMES + 1), c) for c in seen.T], axis=1)
    field = encode(way, 1) * np.sin(2 * np.pi * 500 * time)[:, None] / 2
    sound, film = make_sound("four.wav", field), tmp_path / "loud.mp4"
    run_ffmpeg(
        *("-i", shaken.film, "-i", sound, "-map", "0", "-map", "1", "-c", "copy"),
        *("-copy_unknown", "-c:a", "pcm_s16le", "-f", "mov", film),
    )
    marked = tmp_path / "marked.mp4"
    inject(film, SphericalMetadata(), marked, ambisonic="acn-sn3d")
    convert(ConvertJob(marked, tmp_path / "level.mkv", level=Level.GRAVITY, lock=True))
    heard = run_ffmpeg("-i", tmp_path / "level.mkv", "-f", "f32le", "-")
    channels = np.frombuffer(heard, "<f4").reshape(-1, 4)
    assert abs(len(channels) - len(time)) <= 1
    loud = np.abs(channels[:, 0]) > 0.2
    loud[(FRAMES - 1) * rate // RATE :] = False  # behind the last reading nothing is known
    found = unit((channels[loud] / channels[loud, :1])[:, [1, 2, 3]])
    expected = encode(heading_of(tilt(0)).T @ place, 1)[1:]
    off = np.degrees(np.arccos(np.clip(found @ expected, -1, 1)))
    assert off.max() < 1.0
    assert not list(tmp_path.glob("*.sound*"))


@pytest.mark.parametrize("lock", [False, True])
def test_stitched_lenses_are_levelled_too(
    lock: bool, shaken: Shaken, run_ffmpeg: Callable[..., bytes], tmp_path: Path
):
    """Ideal lenses that were tilted and shaken with the camera."""
    lenses = build_sampler(Equirect(*SIZE), DualFisheye(SIZE[0], SIZE[1]))
    for n, frame in enumerate(read_frames(probe(shaken.plain))):
        cv2.imwrite(str(tmp_path / f"{n:02d}.png"), lenses(frame.rgb)[..., ::-1])
    plain = tmp_path / "lenses.mp4"
    run_ffmpeg("-framerate", str(RATE), "-i", tmp_path / "%02d.png", *LOSSLESS, plain)
    telemetry = [gravity_and_orientation(np.stack([tilt(n).T for n in range(FRAMES)]))]
    film = beside(plain, run_ffmpeg, b"gpmd", telemetry, FRAMES * 1000 // RATE)
    out = tmp_path / "level.mkv"
    footage = Footage("ideal-190")
    stitch(StitchJob(film, out, footage, size=SIZE, level=Level.GRAVITY, lock=lock))
    for n, picture in enumerate(made(out)):
        if n % 5 == 0:
            off = off_by(picture, shaken.level[n], heading_of(tilt(0 if lock else n)))
            assert np.abs(off).max() < 0.3, (n, off)


def test_a_film_without_telemetry_is_named(shaken: Shaken, tmp_path: Path):
    with pytest.raises(InputError, match="--level picture"):
        convert(ConvertJob(shaken.plain, tmp_path / "out.mkv", level=Level.GRAVITY))


def test_a_lock_without_a_level_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="--level too"):
        ConvertJob(tmp_path / "a.mp4", tmp_path / "b.mp4", lock=True)


def test_half_a_sphere_is_refused(tmp_path: Path):
    write_still(tmp_path / "a.png", np.zeros((64, 64, 3), np.uint8))
    job = ConvertJob(
        tmp_path / "a.png", tmp_path / "b.png", Side("half-equirect"), level=Level.GRAVITY
    )
    with pytest.raises(InputError, match="part of the sphere"):
        convert(job)


def test_a_pose_is_left_out_where_the_picture_is_levelled(shaken: Shaken, tmp_path: Path):
    posed = tmp_path / "posed.mp4"
    inject(shaken.film, SphericalMetadata(Projection.EQUIRECT, yaw=20), posed)
    report = convert(ConvertJob(posed, tmp_path / "out.mp4", level=Level.GRAVITY))
    assert probe(tmp_path / "out.mp4").pose == (0, 0, 0)
    assert any("pose is left out" in note for note in report.source.notes)
