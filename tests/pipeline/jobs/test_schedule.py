"""How pieces of a film fall to workers, against counts by hand and against the best there is."""

import math
import random

import pytest

from pipeline.jobs.schedule import best_length, frames_waited, split


@pytest.mark.parametrize(
    ("workers", "warm_up", "waited"),
    [(1, 0, 30), (2, 0, 16), (3, 0, 14), (9, 0, 14), (1, 2, 42), (2, 2, 22), (9, 2, 6)],
)
def test_three_shots_by_hand(workers: int, warm_up: int, waited: int):
    shots = split([10, 16], 30, 4, warm_up)
    assert [[piece.frames for piece in shot] for shot in shots] == [[4, 4, 2], [4, 2], [4, 4, 4, 2]]
    assert frames_waited(shots, workers, warm_up) == waited


def test_a_warm_up_does_not_reach_over_a_cut():
    shots = split([10], 24, 4, 6)
    assert [piece.warm_up for shot in shots for piece in shot] == [0, 4, 6, 0, 4, 6, 6]
    assert [piece.first for shot in shots for piece in shot] == [0, 4, 8, 10, 14, 18, 22]


def cuts_of_a_film(frames: int, rate: int, median: float, seed: int) -> list[int]:
    """Lengths of shots drawn log-normally, as many short ones beside few long ones."""
    chance, cuts = random.Random(seed), [0]
    while cuts[-1] < frames:
        cuts.append(cuts[-1] + 1 + round(rate * chance.lognormvariate(math.log(median), 0.8)))
    return cuts[1:-1]


@pytest.mark.parametrize("rate", [24, 30])
@pytest.mark.parametrize("median", [3, 6, 15, 30, 1e9], ids=str)
def test_a_hundred_workers_waste_a_tenth_at_most_on_ten_minutes(rate: int, median: float):
    frames = 600 * rate
    for seed in range(3):
        cuts = cuts_of_a_film(frames, rate, median, seed)
        length = best_length(cuts, frames, 100, 8)
        waited = frames_waited(split(cuts, frames, length, 8), 100, 8)
        assert frames / 100 / waited >= 0.9


def test_the_best_length_is_one_that_the_job_may_use():
    assert best_length([], 2400, 1, 8) == 240
    assert best_length([], 2400, 1, 8, most=63) == 63


def test_a_film_of_one_shot_keeps_one_worker_busy_without_a_warm_up():
    shots = split([], 14_400, 240, 0)
    assert frames_waited(shots, 100, 0) == 14_400


def test_no_schedule_beats_the_bounds_and_none_is_twice_as_long_as_they_are():
    chance = random.Random(3)
    for _ in range(200):
        frames, workers = chance.randint(1, 500), chance.randint(1, 20)
        cuts = sorted(chance.sample(range(1, frames + 1), chance.randint(0, frames // 20)))
        cuts = [cut for cut in cuts if cut < frames]
        shots = split(cuts, frames, chance.randint(1, 60), 0)
        longest = max(sum(piece.frames for piece in shot) for shot in shots)
        bound = max(longest, math.ceil(frames / workers))
        assert bound <= frames_waited(shots, workers, 0) <= 2 * bound
