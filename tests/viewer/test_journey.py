from math import radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.camera import Camera
from viewer.journey import Journey, Keyframe, load_journey, save_journey
from vr360.errors import InputError, OutputError


def journey(*rows):
    return Journey(
        tuple(Keyframe(t, Camera(radians(y), radians(p), 0.0, radians(f))) for t, y, p, f in rows)
    )


PATH = journey((1, 0, 0, 90), (2, 40, 10, 60), (4, 60, -20, 60), (5, 20, 0, 100))


def test_keyframes_are_met_exactly():
    for keyframe in PATH.keyframes:
        camera = PATH.camera_at(keyframe.time)
        assert camera.yaw == pytest.approx(keyframe.camera.yaw)
        assert camera.fov == pytest.approx(keyframe.camera.fov)


def test_the_view_rests_before_the_first_and_after_the_last_keyframe():
    assert PATH.camera_at(-1) == PATH.camera_at(1)
    assert PATH.camera_at(99) == PATH.camera_at(5)


def test_yaw_takes_the_shorter_way_across_the_seam():
    path = journey((0, 170, 0, 90), (1, -170, 0, 90))
    assert abs(path.camera_at(0.5).yaw) == pytest.approx(radians(180))


def test_motion_is_continuous_and_never_overshoots():
    times = np.linspace(1, 5, 4001)
    cameras = [PATH.camera_at(t) for t in times]
    pitch = np.degrees([c.pitch for c in cameras])
    assert pitch.max() <= 10 + 1e-6
    assert pitch.min() >= -20 - 1e-6
    assert np.abs(np.diff(pitch, 2)).max() < 0.001


@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(-80, 80)), min_size=1, max_size=6),
    st.floats(-1, 10),
)
def test_the_view_stays_between_its_keyframes(rows, time):
    path = Journey()
    for when, pitch in rows:
        path = path.with_keyframe(when, Camera(pitch=radians(pitch)))
    pitches = [k.camera.pitch for k in path.keyframes]
    assert min(pitches) - 1e-6 <= path.camera_at(time).pitch <= max(pitches) + 1e-6


def test_a_keyframe_replaces_the_one_at_its_place():
    changed = PATH.with_keyframe(2.01, Camera(), near=0.05)
    assert [k.time for k in changed.keyframes] == [1, 2.01, 4, 5]
    assert [k.time for k in changed.without(3.9).keyframes] == [1, 2.01, 5]


def test_a_saved_path_is_read_back_the_same(tmp_path):
    save_journey(tmp_path / "path.json", PATH)
    back = load_journey(tmp_path / "path.json")
    assert back.camera_at(3.3).yaw == pytest.approx(PATH.camera_at(3.3).yaw, abs=1e-4)


@pytest.mark.parametrize("text", ["", "[]", '{"view_path": 3}', '{"view_path": [{"time": 1}]}'])
def test_what_is_no_view_path_is_refused_with_its_name(tmp_path, text):
    path = tmp_path / "path.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"path\.json"):
        load_journey(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        save_journey(tmp_path / "nowhere" / "path.json", PATH)
