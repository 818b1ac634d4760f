import pytest

from pipeline.temporal.settings import SETTINGS, SmoothingSettings


def test_easing_covers_half_the_way_until_the_next_measurement():
    left = 1.0
    for _ in range(SETTINGS.interval):
        left *= 1 - SETTINGS.easing
    assert left == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("choice", "named"),
    [
        ({"still_below": 0.4}, "0.4"),
        ({"least_gain": 1.2}, "1.2"),
        ({"most_gain": 0.9}, "0.9"),
        ({"interval": 1}, "interval of 1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(choice: dict[str, float], named: str):
    with pytest.raises(ValueError, match=named):
        SmoothingSettings(**choice)  # type: ignore[arg-type]
