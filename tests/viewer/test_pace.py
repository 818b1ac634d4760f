from viewer.pace import COARSEST, EVERY, Pace


def test_a_machine_that_keeps_up_draws_every_pixel():
    pace = Pace()
    assert {pace.decide(i * 0.1, True, i * 3, 0) for i in range(50)} == {1.0}


def test_drops_make_the_drawing_coarser_down_to_a_limit():
    pace = Pace()
    scales = [pace.decide(i * EVERY, True, i * 10, i * 10) for i in range(12)]
    assert scales[0] == 1.0
    assert scales == sorted(scales, reverse=True)
    assert scales[-1] == COARSEST


def test_the_scale_stays_when_the_drops_end_and_is_full_when_the_film_stands():
    pace = Pace()
    pace.decide(0.0, True, 0, 0)
    coarse = pace.decide(1.0, True, 10, 10)
    assert coarse < 1.0
    assert pace.decide(2.0, True, 30, 10) == coarse
    assert pace.decide(2.1, False, 30, 10) == 1.0
    assert pace.decide(2.2, True, 30, 10) == 1.0
