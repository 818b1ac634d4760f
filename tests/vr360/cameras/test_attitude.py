"""Which way is down, from sensors: motions made up here, and a film of a real camera."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.vr360.cameras.writing import (
    TO_GOPRO,
    beside,
    gravity_and_orientation,
    klv,
    nest,
    packet,
    stream,
)
from tests.vr360.spherical.synthetic import Track, box, movie
from vr360.cameras import camm
from vr360.cameras.attitude import facing, integrated, interpolated, matrices
from vr360.cameras.gopro import Sample, _by_acceleration, _sensors, attitude
from vr360.frame import Projection
from vr360.geometry import Array, rotation
from vr360.media.attitude import attitude_of
from vr360.media.probe import probe

SECONDS, RATE = 12, 200
TIMES = np.arange(SECONDS * RATE) / RATE
DOWN = np.array([0.0, -1.0, 0.0])


def walked(times: Array) -> Array:
    """(N, 3, 3) from the world to the picture of a camera that is carried askew."""
    return np.stack(
        [
            rotation(
                0.5 * np.sin(0.7 * t), 0.25 + 0.1 * np.sin(5 * t), -0.2 + 0.1 * np.cos(3 * t)
            ).T
            for t in times
        ]
    )


def felt(times: Array) -> tuple[Array, Array]:
    """Acceleration (m/s²) and turning (rad/s) in the picture's axes, with the steps of a walk."""
    lies = walked(times)
    steps = np.stack([np.sin(6 * times), 2.5 * np.sin(11.6 * times), np.cos(9 * times)], axis=1)
    small = 1e-4
    turned = np.einsum("nij,nkj->nik", walked(times + small), lies) - np.eye(3)
    rates = -np.stack([turned[:, 2, 1], turned[:, 0, 2], turned[:, 1, 0]], axis=1) / small
    return np.einsum("nij,nj->ni", lies, steps - 9.81 * DOWN), rates


def off_by(down: Array, truth: Array) -> Array:
    """Degrees between unit vectors (N, 3)."""
    return np.degrees(np.arccos(np.clip(np.sum(down * truth, axis=1), -1, 1)))


AS_ORIN = {"XzY": [(-1, 0, 0), (0, -1, 0), (0, 0, 1)], "": [(0, 1, 0), (-1, 0, 0), (0, 0, 1)]}


def accelerometer_and_gyroscope(letters: str, start: int, count: int) -> bytes:
    to_sensor = np.array(AS_ORIN[letters], float).T
    acceleration, rates = felt(TIMES[start : start + count])
    orin = [klv(b"ORIN", b"c", 1, letters.encode())] if letters else []
    return nest(
        b"DEVC",
        stream(b"ACCL", acceleration @ to_sensor, 1000, *orin),
        stream(b"GYRO", rates @ to_sensor, 3000, *orin),
    )


@pytest.mark.parametrize("letters", AS_ORIN)
def test_a_walkers_accelerometer_and_gyroscope_tell_where_down_is(letters: str):
    samples = [
        Sample(s, 1.0, accelerometer_and_gyroscope(letters, s * RATE, RATE)) for s in range(SECONDS)
    ]
    found = attitude(samples)
    assert found is not None
    truth = walked(found.times) @ DOWN
    off = off_by(found.down, truth)
    assert off.mean() < 0.5
    assert off[RATE:-RATE].max() < 1.0
    locked = found.turns(found.times, locked=0.0)
    apart = np.einsum("nij,nkj->nik", locked, walked(found.times))
    headings = np.degrees([np.arctan2(-m[0, 2], m[2, 2]) for m in apart.transpose(0, 2, 1)])
    assert np.ptp(headings) < 1.0


def test_a_gyroscope_integrates_to_the_motion_it_was_taken_from():
    times, turned = integrated(TIMES, felt(TIMES)[1])
    truth = walked(times) @ walked(times[:1])[0].T
    angles = np.arccos(np.clip((np.einsum("nij,nij->n", matrices(turned), truth) - 1) / 2, -1, 1))
    assert np.degrees(angles.max()) < 0.3


def test_gravity_is_calmed_where_nothing_turns():
    lies = walked(TIMES[::8])
    found = attitude([Sample(0.0, SECONDS, gravity_and_orientation(lies))])
    assert found is not None
    assert off_by(found.down, lies @ DOWN).max() < 0.05


def test_readings_between_two_samples_of_the_camera_are_interpolated():
    lies = walked(TIMES[::8])
    found = attitude([Sample(0.0, SECONDS, gravity_and_orientation(lies))])
    assert found is not None
    between = (TIMES[::8][:-1] + TIMES[::8][1:]) / 2
    up = found.turns(between)[:, :, 1]
    assert off_by(-up, walked(between) @ DOWN).max() < 0.1


@pytest.mark.parametrize(
    "axes",
    [
        [(1, 0, 0), (0, -1, 0), (0, 0, -1)],  # y down, z ahead
        [(1, 0, 0), (0, 1, 0), (0, 0, 1)],  # y up, z back
        [(1, 0, 0), (0, 0, 1), (0, -1, 0)],  # z up, y ahead
    ],
)
def test_camera_motion_tracks_tell_down_whatever_axis_is_up(axes: list):
    to_sensor = np.array(axes, float)
    acceleration, rates = felt(TIMES)
    readings = []
    for n, t in enumerate(TIMES):
        readings.append((t, camm.read(packet(2, *(to_sensor.T @ rates[n])))))
        readings.append((t, camm.read(packet(3, *(to_sensor.T @ acceleration[n])))))
    found = camm.attitude(readings)
    assert found is not None
    assert off_by(found.down, walked(found.times) @ DOWN).mean() < 0.5


def test_angles_of_a_camera_motion_track_are_taken_before_its_gyroscope():
    lies, (acceleration, _) = walked(TIMES), felt(TIMES)
    readings = []
    for n, t in enumerate(TIMES):
        back = lies[n].T  # to the world, which the angles are of
        angle = np.arccos((np.trace(back) - 1) / 2)
        axis = [back[2, 1] - back[1, 2], back[0, 2] - back[2, 0], back[1, 0] - back[0, 1]]
        readings.append((t, camm.read(packet(0, *(np.array(axis) / (2 * np.sin(angle)) * angle)))))
        readings.append((t, camm.read(packet(3, *acceleration[n]))))
    found = camm.attitude(readings)
    assert found is not None
    assert off_by(found.down, lies @ DOWN).mean() < 0.5


def test_what_points_along_up_still_has_a_heading():
    up = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    turns = facing(up, np.tile([0.0, 0.0, -1.0], (3, 1)))
    assert np.allclose(np.linalg.det(turns), 1)
    assert np.allclose(turns[:, :, 1], up)
    assert np.allclose(turns[2], np.eye(3))


def test_two_sensors_of_a_real_camera_agree(shared_data: Path):
    """GoPro's MAX: gravity as its own filter tells it, against accelerometer and gyroscope."""
    samples = []
    with av.open(str(shared_data / "gpmf/max_heromode.mp4")) as film:
        for p in film.demux(*film.streams.data):
            if bytes(p).startswith(b"DEVC"):
                samples.append(
                    Sample(float(p.pts * p.time_base), float(p.duration * p.time_base), bytes(p))
                )
    found = _sensors(samples)
    image = found.pop("IORI")  # the picture is steadied in the camera, which its sensors are not
    told, felt_down = attitude(samples), _by_acceleration(found)
    assert told is not None
    assert felt_down is not None
    gravity = found["GRAV"].values * TO_GOPRO
    apart = off_by(
        gravity / np.linalg.norm(gravity, axis=1, keepdims=True),
        interpolated(found["GRAV"].times, felt_down.times, felt_down.down),
    )
    assert apart.mean() < 1.5
    # the camera held this film's picture level by itself, which IORI says
    assert len(image.times) == len(told.times)
    assert np.degrees(np.abs(np.arcsin(told.down[:290, 0]))).max() < 0.6


def test_a_film_tells_its_attitude(
    make_film, moving, run_ffmpeg: Callable[..., bytes], tmp_path: Path
):
    film = make_film("plain.mp4", moving(12), "-c:v", "libx264")
    info = probe(film, Projection.EQUIRECT)
    assert attitude_of(info) is None
    lies = walked(TIMES[::100])
    both = beside(film, run_ffmpeg, b"gpmd", [gravity_and_orientation(lies)], 12000)
    found = attitude_of(replace(info, path=both))
    assert found is not None
    assert off_by(found.down, lies @ DOWN).max() < 2
    packets = [packet(3, 0, 0, 9.8), packet(5, 48.1, 11.5, 520), packet(3, 0, 0.1, 9.8)]
    track = Track(b"camm", (box(b"camm", bytes(6), b"\0\1"),), tuple(packets))
    (tmp_path / "camm.mp4").write_bytes(movie(Track(), track))
    motion = attitude_of(replace(info, path=tmp_path / "camm.mp4"))
    assert motion is not None
    assert motion.down == pytest.approx(np.tile([0, -1, 0], (2, 1)), abs=0.02)
