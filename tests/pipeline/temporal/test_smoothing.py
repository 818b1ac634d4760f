import cv2
import numpy as np
import pytest

from pipeline.looks.track import smoothness_over
from pipeline.temporal.smoothing import Smoother
from vr360.errors import InputError
from vr360.geometry import row_areas

HEIGHT, WIDTH = 64, 128


def texture(seed: int, soft: float = 1.0, height: int = HEIGHT) -> np.ndarray:
    """(height, 2 height, 3) float, without a seam, mean 128 and deviation 40."""
    values = np.random.default_rng(seed).normal(size=(height, 2 * height, 3))
    wide = cv2.GaussianBlur(np.tile(values, (1, 3, 1)), (0, 0), soft)[:, 2 * height : 4 * height]
    return 128 + 40 * (wide - wide.mean()) / wide.std()


def codes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def boiling(n: int) -> np.ndarray:
    return 0.4 * (texture(1000 + n) - 128)


def sharpness(picture: np.ndarray) -> float:
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


def alternation(pictures: list[np.ndarray]) -> float:
    before, now, after = (p.astype(float) for p in pictures)
    return float(np.abs(before - 2 * now + after).mean())


def test_no_smoothness_leaves_every_frame_as_painted():
    smooth = Smoother(0)
    for n in range(3):
        painted = codes(texture(n))
        assert smooth(codes(texture(9)), painted) is painted


def test_the_first_frame_of_a_shot_is_as_painted():
    smooth, source = Smoother(0.5), codes(texture(9))
    for n in range(3):
        smooth(source, codes(texture(1) + boiling(n)))
    smooth.reset()
    painted = codes(texture(2))
    np.testing.assert_array_equal(smooth(source, painted), painted)


def test_what_stands_still_stops_boiling_and_stays_sharp():
    smooth, source = Smoother(0.5), codes(texture(9, 3.0))
    painted = [codes(texture(1) + boiling(n)) for n in range(40)]
    held = [smooth(source, p) for p in painted]
    assert alternation(held[-3:]) < 0.1 * alternation(painted[-3:])
    assert sharpness(held[-1]) > 0.9 * sharpness(painted[-1])


def test_strokes_follow_a_turning_camera():
    smooth, place, paint = Smoother(0.5), texture(9, 3.0), texture(1)
    turned, held, painted = [], [], []
    for n in range(16):
        turned.append(np.roll(codes(place), 3 * n, axis=1))
        painted.append(codes(np.roll(paint, 3 * n, axis=1) + boiling(n)))
        held.append(smooth(turned[-1], painted[-1]))

    def warp_error(film: list[np.ndarray]) -> float:
        return float(np.square(np.roll(film[-2], 3, axis=1).astype(float) - film[-1]).mean())

    assert warp_error(held) < 0.35 * warp_error(painted)
    assert sharpness(held[-1]) > 0.9 * sharpness(painted[-1])


def test_nothing_drags_behind_what_moves():
    smooth = Smoother(0.9)
    ground, paint, thing = texture(9, 2.0, 128), texture(1, 1.0, 128), texture(3, 1.5, 128)
    for n in range(8):
        source, painted = ground.copy(), paint.copy()
        at = 60 + 12 * n
        source[50:80, at : at + 30] = 255 - thing[50:80, at : at + 30] / 2
        painted[50:80, at : at + 30] = 230
        held = smooth(codes(source), codes(painted))
    uncovered = np.s_[54:76, at - 10 : at - 2]  # the thing stood there one frame ago
    assert abs(held[uncovered].astype(float) - codes(painted)[uncovered]).mean() < 10
    inside = np.s_[56:74, at + 6 : at + 24]
    assert abs(held[inside].astype(float) - 230).mean() < 10


def test_a_light_that_is_switched_is_followed_at_once():
    smooth, place = Smoother(0.9), texture(9, 3.0)
    for _ in range(10):
        smooth(codes(0.5 * place), codes(0.4 * texture(1)))
    bright = codes(texture(1) + boiling(11))
    shown = smooth(codes(0.5 * place + 90), bright)
    assert abs(shown.astype(float) - bright).mean() < 3


def test_a_look_that_changes_is_followed_there_and_nowhere_else():
    smooth, source = Smoother(0.5), codes(texture(9, 3.0))
    held = [smooth(source, codes(texture(1) + boiling(n))) for n in range(20)]
    changed = np.zeros((HEIGHT, WIDTH), np.float32)
    changed[:, : WIDTH // 2] = 1
    painted = codes(texture(1) + boiling(20) + 60 * changed[..., None])
    shown = smooth(source, painted, changed)
    left, right = np.s_[:, 16 : WIDTH // 2 - 16], np.s_[:, WIDTH // 2 + 16 : -16]
    assert abs(shown[left].astype(float) - painted[left]).mean() < 4
    apart = abs(painted[right].astype(float) - held[-1][right]).mean()
    assert abs(shown[right].astype(float) - held[-1][right]).mean() < 0.15 * apart


def test_a_long_take_does_not_smear():
    smooth, place, paint = Smoother(0.5), texture(9, 3.0), texture(1)
    first = last = 0.0
    for n in range(120):
        step = n // 2  # every other frame stands, as slow pans do
        painted = codes(np.roll(paint, step, axis=1) + boiling(n % 50))
        held = smooth(codes(np.roll(place, step, axis=1)), painted)
        first = first or sharpness(held)
        last = sharpness(held)
    assert last > 0.95 * first


def test_a_warm_up_leads_to_the_same_frames():
    place, paint = texture(9, 3.0), texture(1)
    film = [
        (codes(np.roll(place, n, axis=1)), codes(np.roll(paint, n, axis=1) + boiling(n)))
        for n in range(50)
    ]
    smooth, late = Smoother(0.5), Smoother(0.5)
    for n, frame in enumerate(film):
        whole = smooth(*frame)
        if n >= 20:
            part = late(*frame)
    error = row_areas(HEIGHT) @ np.square(whole.astype(float) - part).mean((1, 2))
    assert 10 * np.log10(255**2 / error) > 40


def test_turning_the_sphere_turns_the_result():
    half = WIDTH // 2
    straight, rolled = Smoother(0.5), Smoother(0.5)
    for n in range(6):
        source, painted = np.roll(codes(texture(9, 3.0)), n, 1), codes(texture(1) + boiling(n))
        shown = straight(source, painted)
        other = rolled(np.roll(source, half, 1), np.roll(painted, half, 1))
    gap = abs(np.roll(other, -half, 1).astype(int) - shown)
    assert row_areas(HEIGHT) @ gap.mean((1, 2)) < 0.5


def test_ten_bits_stay_ten_bits():
    smooth = Smoother(0.5)
    for n in range(5):
        source = (codes(texture(9)).astype(np.uint16) << 2) | 1
        painted = np.clip(4 * (texture(1) * 1.6 + boiling(n)), 0, 1023).astype(np.uint16)
        shown = smooth(source, painted)
    assert shown.dtype == np.uint16
    assert shown.max() <= 1023
    assert abs(shown.astype(float) - painted).mean() < 60


def test_another_size_within_a_shot_is_refused_and_begins_anew_after_a_reset():
    smooth, source, painted = Smoother(0.5), texture(9, height=32), texture(1, height=32)
    smooth(codes(texture(9)), codes(texture(1)))
    with pytest.raises(ValueError, match=r"\(32, 64, 3\) after one of \(64, 128, 3\)"):
        smooth(codes(source), codes(painted))
    smooth.reset()
    np.testing.assert_array_equal(smooth(codes(source), codes(painted)), codes(painted))


@pytest.mark.parametrize("smoothness", [-0.1, 1.1, float("nan")])
def test_a_smoothness_that_cannot_be_is_refused(smoothness: float):
    with pytest.raises(InputError, match="--smoothness"):
        Smoother(smoothness)


def held(smoothness: str | float, frames: int = 12) -> list[np.ndarray]:
    """A painting that boils on a still source, a second for each frame."""
    smooth, source = Smoother(smoothness_over(smoothness)), codes(texture(9, 3.0))
    return [smooth(source, codes(texture(1) + boiling(n)), seconds=n) for n in range(frames)]


def test_keyframes_of_one_smoothness_are_that_smoothness_to_the_bit():
    assert np.array_equal(held("0s:0.5,4s:0.5"), held(0.5))


def test_smoothness_is_that_of_the_moment():
    grows, usual, strong = held("5s:0.1,6s:0.5"), held(0.1), held(0.5)
    assert np.array_equal(grows[:6], usual[:6])
    assert alternation(grows[-3:]) < 0.7 * alternation(usual[-3:])
    assert alternation(strong[3:6]) < 0.7 * alternation(grows[3:6])


def test_frames_at_no_smoothness_are_as_painted_and_what_follows_begins_anew():
    frames = held("0s:0.5,4s:0,6s:0,6.5s:0.5")
    for n in (4, 5, 6):
        assert np.array_equal(frames[n], codes(texture(1) + boiling(n)))
    smooth, source = Smoother(0.5), codes(texture(9, 3.0))
    anew = [smooth(source, codes(texture(1) + boiling(n))) for n in range(7, 12)]
    assert np.array_equal(frames[7:], anew)


def test_the_backward_average_has_the_smoothness_of_the_moment():
    smooth, source = Smoother(smoothness_over("3s:0.5,4s:0")), codes(texture(9, 3.0))
    ahead = [smooth.foresee(source, codes(texture(n)), seconds=n) for n in reversed(range(8))]
    assert max(float(each.age.max()) for each in ahead[:4]) == 0  # nothing of them is mixed in
    assert float(ahead[-1].age.max()) > 1
