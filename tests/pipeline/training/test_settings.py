import pytest

from pipeline.nets.vgg_layers import layer_indices
from pipeline.training.settings import PRESETS, TrainSettings


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_settings_of_known_layers(name: str):
    settings = TrainSettings(**PRESETS[name])
    layers = {settings.content_layer, settings.detail_layer, *settings.style_layers}
    assert layers <= set(layer_indices())


def test_the_usual_preset_changes_nothing():
    assert TrainSettings(**PRESETS["painting"]) == TrainSettings()


@pytest.mark.parametrize(
    "change",
    [
        {"crop": 32},
        {"crop": 100},
        {"part": 30},
        {"part": 512},
        {"batch": 3},
        {"minutes": 1.0},
        {"iterations": None},
    ],
)
def test_settings_that_cannot_be_are_refused(change: dict):
    with pytest.raises(ValueError, match=r"crop|part|batch|either"):
        TrainSettings(**change)


def test_deep_layers_weigh_more_in_even_steps_about_one():
    weights = list(
        TrainSettings(style_layers=("relu1_2", "relu2_1", "relu3_1")).layer_weights.values()
    )
    assert weights == pytest.approx([0.5**0.5, 1.0, 2**0.5])
    assert list(
        TrainSettings(style_layers=("relu1_2",), depth_weight=1.0).layer_weights.values()
    ) == [1]
