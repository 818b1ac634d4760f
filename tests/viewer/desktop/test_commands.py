"""The table of commands and what carries them out belong together, one to one."""

import pytest

from viewer.desktop.commands import COMMANDS, NAMES

WITHOUT_A_KEY = {"set_wipe", "paint", "turn_level", "seek", "open_path"}  # what widgets ask for


def test_without_a_film_there_are_commands_of_the_table_alone(window):
    assert set(window.commands) < NAMES


def test_every_command_of_the_table_is_carried_out_and_nothing_else(window, playing_film):
    assert set(window.commands) == NAMES | WITHOUT_A_KEY
    assert all(callable(action) for action in window.commands.values())


def test_no_two_parts_offer_the_same(window, playing_film):
    for offers in ("commands", "states"):
        own = [set(getattr(window, f"_{offers}"))]
        parts = [set(getattr(part, offers)) for part in window.film.parts]
        everything = [name for names in own + parts for name in names]
        assert sorted(everything) == sorted(set(everything))


def test_what_can_be_checked_in_a_menu_can_be_asked_for_and_answers(window, playing_film):
    checkable = [c for c in COMMANDS if c.group or c.checkable]
    assert {c.name.partition(":")[0] for c in checkable} == set(window.states)
    held = [c.name for c in checkable if window._holds(c.name)]
    assert {"view:rectilinear", "eyes:left", "projection:equirect", "heat:none"} <= set(held)
    groups = [c.group for c in checkable if c.group and c.name in held]
    assert sorted(groups) == sorted({c.group for c in checkable if c.group})


@pytest.mark.parametrize("name", ["grab", "find", "scroll", "update", "close_film", "seek:3", ""])
def test_a_command_that_is_not_in_the_table_is_refused_whatever_qt_has_of_that_name(window, name):
    with pytest.raises(ValueError, match="no command"):
        window.do(name)


def test_a_command_for_a_film_says_that_there_is_none(window):
    window.do("toggle_play")
    assert "open a film first" in window.message.text()
