import pytest

from pipeline.nets.vgg import LAYERS, REFERENCE_RMS
from pipeline.training.settings import PRESETS, TrainSettings


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_settings_of_known_layers(name: str):
    settings = TrainSettings(**PRESETS[name])
    assert {settings.content_layer, *settings.style_layers} <= set(LAYERS)


@pytest.mark.parametrize("name", PRESETS)
def test_content_equally_far_off_costs_the_same_in_every_preset(name: str):
    settings = TrainSettings(**PRESETS[name])
    cost = settings.content_weight * REFERENCE_RMS[settings.content_layer] ** 2
    assert cost == pytest.approx(REFERENCE_RMS["relu3_3"] ** 2)


def test_the_usual_preset_changes_nothing():
    assert TrainSettings(**PRESETS["painting"]) == TrainSettings()


@pytest.mark.parametrize(
    "change", [{"crop": 64}, {"crop": 70}, {"minutes": 1.0}, {"iterations": None}]
)
def test_settings_that_cannot_be_are_refused(change: dict):
    with pytest.raises(ValueError, match=r"crop|either"):
        TrainSettings(**change)
