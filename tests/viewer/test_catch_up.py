from viewer.catch_up import BEARABLE, EVEN, CatchUp


def test_after_one_stall_the_late_pictures_are_shown_in_order():
    catch_up = CatchUp()
    assert catch_up.take(10.0, 3, 0.08) == 1
    assert catch_up.behind
    assert catch_up.take(10.01, 2, 0.06) == 1
    assert catch_up.take(10.02, 1, 0.03) == 1
    assert not catch_up.behind


def test_pictures_that_come_unbearably_late_are_dropped_but_the_last():
    assert CatchUp().take(10.0, 4, BEARABLE + 0.01) == 4


def test_a_window_that_falls_behind_further_drops():
    catch_up = CatchUp()
    assert catch_up.take(10.0, 2, 0.05) == 1
    assert catch_up.take(10.1, 3, 0.06) == 3


def test_a_window_that_is_always_too_slow_drops_for_a_longer_while_each_time():
    catch_up, now = CatchUp(), 10.0
    for wait in (EVEN[0], 2 * EVEN[0], 4 * EVEN[0], EVEN[1], EVEN[1]):
        assert catch_up.take(now, 2, BEARABLE + 0.01) == 2
        assert catch_up.take(now + wait - 0.01, 1, 0.0) == 1
        assert catch_up._until == now + wait
        now += wait


def test_nothing_due_takes_nothing():
    catch_up = CatchUp(behind=True)
    assert catch_up.take(10.0, 0, 0.0) == 0
    assert not catch_up.behind
