"""What is remembered, also when the settings file is damaged."""

import pytest

from viewer.desktop.memory import Memory


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.mp4"
    path.touch()
    return path


def test_films_places_and_volume_are_remembered(tmp_path, film):
    memory = Memory(tmp_path / "memory.ini")
    memory.opened(film)
    memory.left(film, 30.0, 60.0)
    memory.volume = 0.25
    again = Memory(tmp_path / "memory.ini")
    assert (again.recent, again.position(film), again.volume) == ([film], 30.0, 0.25)


NONSENSE = ["[", "{", "7", "null", '"x"', "NaN", "[1, null]", "one, two", "\\xff\\0", "[" * 10**5]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_damaged_settings_file_is_as_good_as_none(tmp_path, film, nonsense):
    settings = tmp_path / "memory.ini"
    keys = ("recent", "positions", "volume", "screenshots")
    settings.write_text("[General]\n" + "".join(f"{key}={nonsense}\n" for key in keys))
    memory = Memory(settings)
    assert memory.recent == []
    assert memory.position(film) == 0.0
    assert 0.0 <= memory.volume <= 1.0
    assert memory.screenshots
    memory.opened(film)
    memory.left(film, 30.0, 60.0)
    again = Memory(settings)
    assert (again.recent, again.position(film)) == ([film], 30.0)


@pytest.mark.parametrize("place", ["NaN", "Infinity", "-3", "null", "[]", '"later"', "true"])
def test_a_place_that_is_no_number_of_seconds_is_the_start(tmp_path, film, place):
    settings = tmp_path / "memory.ini"
    name = str(film.absolute())
    Memory(settings)._settings.setValue("positions", f'{{"{name}": {place}}}')
    assert Memory(settings).position(film) == 0.0


def test_a_file_that_is_no_settings_file_is_as_good_as_none(tmp_path):
    settings = tmp_path / "memory.ini"
    settings.write_bytes(bytes(range(256)) * 20)
    assert Memory(settings).recent == []
    assert Memory(settings).volume == 1.0
