from viewer.pace import CALM, COARSER, COARSEST, Pace

FRAME = 1 / 30


def play(pace, begin, lates):
    return [pace.shown(begin + i * FRAME, late) for i, late in enumerate(lates)]


def overloaded(pace, begin, pictures=4):
    return play(pace, begin, [0.03 + 0.02 * i for i in range(pictures)])


def test_a_machine_that_keeps_up_draws_every_pixel():
    assert set(play(Pace(), 0.0, [0.02, 0.03, 0.04, 0.02] * 50)) == {1.0}


def test_one_hold_up_that_is_caught_up_with_leaves_every_pixel():
    caught_up = [0.02, 0.09, 0.075, 0.06, 0.045, 0.03, 0.02]
    assert set(play(Pace(), 0.0, caught_up * 20)) == {1.0}


def test_growing_lateness_makes_the_drawing_coarser_before_a_picture_is_dropped():
    pace = Pace()
    assert play(pace, 0.0, [0.02, 0.04, 0.06, 0.08]) == [1.0, 1.0, 1.0, COARSER]


def test_there_is_a_limit_to_coarseness():
    pace = Pace()
    assert [overloaded(pace, i)[-1] for i in range(9)][-1] == COARSEST


def test_after_a_calm_it_is_tried_finer_and_ever_more_rarely_if_that_fails():
    pace = Pace()
    overloaded(pace, 0.0)
    assert pace.shown(CALM * 0.9, 0.02) == COARSER
    assert pace.shown(CALM + 1, 0.02) == 1.0
    assert overloaded(pace, CALM + 1)[-1] == COARSER
    assert pace.shown(2 * CALM + 2, 0.02) == COARSER
    assert pace.shown(3 * CALM + 2, 0.02) == 1.0


def test_a_standing_film_is_sharp():
    pace = Pace()
    overloaded(pace, 0.0)
    assert pace.stand() == 1.0
    assert pace.shown(1.0, 0.02) == 1.0


def test_dropping_again_and_again_makes_the_drawing_coarser_and_once_does_not():
    pace = Pace()
    assert [pace.shown(i, 0.03, n) for i, n in enumerate([0, 3, 0, 0, 1, 1])][-2:] == [1.0, COARSER]
