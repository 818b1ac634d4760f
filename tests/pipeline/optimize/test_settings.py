import math

import pytest

from pipeline.optimize.settings import (
    OptimizeSettings,
    check_layers,
    parse_layers,
    settings_for,
)
from pipeline.optimize.sphere import schedule, working_size
from vr360.errors import InputError


def test_layers_are_read_as_names_with_weights_or_as_the_study_writes_them():
    named = parse_layers("conv2_1=5,relu3_1", "--style-layers")
    assert named == (("conv2_1", 5.0), ("conv3_1", 1.0))
    five = parse_layers("[0,5,5,0,0]", "--style-layers")
    assert OptimizeSettings(style_layers=five).layers == ["conv4_2", "conv2_1", "conv3_1"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("conv9_1", "conv1_1, conv1_2"),
        ("conv1_1=much", "as conv3_1=5"),
        ("conv1_1=-1", "as conv3_1=5"),
        ("conv1_1=0,conv2_1=0", "every weight is 0"),
        ("0,0,0,0,0", "every weight is 0"),
        ("", "as conv3_1=5"),
    ],
)
def test_layers_that_cannot_be_are_refused(text: str, complaint: str):
    with pytest.raises(InputError, match=complaint):
        parse_layers(text, "--style-layers")


def test_a_layer_that_only_the_larger_network_has_is_refused_for_the_smaller():
    settings = OptimizeSettings(style_layers=(("conv3_4", 1.0),))
    check_layers(settings, "vgg19")
    with pytest.raises(InputError, match="vgg16 has no such layer"):
        check_layers(settings, "vgg16")


@pytest.mark.parametrize(
    "wrong",
    [
        {"iterations": 0},
        {"method": "sgd"},
        {"unrealness": math.nan},
        {"passes": 2},
        {"noise": 1.5},
        {"histogram": "all"},
        {"style_term": "transport", "method": "lbfgs"},
    ],
)
def test_values_that_cannot_be_are_refused_by_the_name_of_their_option(wrong):
    with pytest.raises(InputError, match=r"^--"):
        OptimizeSettings(**wrong)


def test_the_animation_preset_is_the_studys_and_gives_way_to_what_is_asked_for():
    settings = settings_for("animation", iterations=7, init="previous,noise=0.1")
    assert 10**settings.unrealness == pytest.approx(5 / 0.001)
    assert dict(settings.style_layers) == {"conv2_1": 5, "conv3_1": 5}
    assert (settings.iterations, settings.init, settings.noise) == (7, "previous", 0.1)
    assert settings_for("animation").noise == 0.3


def test_scales_begin_small_and_take_fewer_steps_as_they_grow():
    settings = OptimizeSettings(iterations=100)
    assert schedule(settings, 2048, fresh=True) == [(512, 100), (1024, 50), (2048, 25)]
    assert schedule(settings, 2048, fresh=False) == [(2048, 100)]
    assert schedule(settings, 384, fresh=True) == [(384, 100)]
    two = OptimizeSettings(iterations=100, scales=2)
    assert schedule(two, 512, fresh=True) == [(256, 100), (512, 50)]


def test_working_sizes_divide_by_every_pooling_and_keep_the_shape():
    assert working_size(1024, 2048) == (1024, 2048)
    assert working_size(322, 640) == (320, 640)
    assert working_size(540, 1920) == (544, 1920)
    assert working_size(1024, 2048, 500) == (256, 512)
