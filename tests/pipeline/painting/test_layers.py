"""Several looks on one frame, mixed by masks."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.nets.checkpoint import save_gallery
from pipeline.painting.layers import Layer, Layered, covered, laid_on
from pipeline.painting.stylizer import load_stylizer
from pipeline.source.preprocess import median_blur
from tests.pipeline.conftest import soft_noise, tiny_gallery

HEIGHT, WIDTH = 64, 128
EYE = soft_noise(HEIGHT, WIDTH, 0)
RAMP = np.linspace(0, 1, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, 0)


@pytest.fixture(scope="module")
def stylizers(tmp_path_factory: pytest.TempPathFactory):
    path: Path = tmp_path_factory.mktemp("styles") / "two.safetensors"
    save_gallery(path, tiny_gallery("one", "two"))
    return [
        load_stylizer(f"{path}#{name}", statistics="frame", projection="equirect")
        for name in ("one", "two")
    ]


@pytest.fixture
def looks(stylizers):
    """Two looks at the beginning of a shot."""
    for look in stylizers:
        look.begin_shot()
    return stylizers


def always(mask):
    return lambda eyes, seconds: [mask] * len(eyes)


def test_each_look_is_itself_where_its_mask_is_whole(looks):
    one, two = looks
    left = (RAMP < 0.5).astype(np.float32)
    mixed = Layered(one, [Layer(two, always(left))])([EYE])[0]
    for look, where in ((two, left == 1), (one, left == 0)):
        alone = look([EYE])[0].astype(int)
        assert abs(mixed[where] - alone[where]).max() <= 1


def test_a_layer_has_a_blur_of_its_own(looks):
    """What a look with a median paints, where its mask is whole, is what it paints of the blur."""
    one, two = looks
    left = (RAMP < 0.5).astype(np.float32)
    mixed = Layered(one, [Layer(two, always(left), median=9)])([EYE], sharp=[EYE])[0]
    alone = two([median_blur(EYE, 9)], sharp=[EYE])[0].astype(int)
    plain = two([EYE])[0].astype(int)
    assert abs(mixed - alone)[left == 1].max() <= 1
    assert abs(plain - alone)[left == 1].mean() > 1
    assert abs(mixed - one([EYE])[0].astype(int))[left == 0].max() <= 1


def test_looks_are_mixed_before_they_are_rounded(looks):
    one, two = looks
    mixed = Layered(one, [Layer(two, always(RAMP))])([EYE], 10)[0].astype(float)
    a, b = (look([EYE], 10)[0].astype(float) for look in looks)
    assert abs(mixed - (a + RAMP[..., None] * (b - a))).max() <= 0.51


def test_the_original_shows_sharp_and_to_the_bit(looks):
    sharp = soft_noise(HEIGHT, WIDTH, 1)
    layered = Layered(looks[0], [Layer(None, always((RAMP > 0.5).astype(np.float32)))])
    painted = layered([EYE, EYE], sharp=[sharp, sharp])
    for eye, kept in zip(painted, layered.kept, strict=True):
        mixed = laid_on(eye, sharp, kept)
        assert np.array_equal(mixed[:, WIDTH // 2 + 1 :], sharp[:, WIDTH // 2 + 1 :])
        assert np.array_equal(mixed[:, : WIDTH // 2 - 1], eye[:, : WIDTH // 2 - 1])


def test_layers_cover_each_other_in_their_order_with_the_picture_between(looks):
    one, two = looks
    half = np.full_like(RAMP, 0.5)
    layered = Layered(one, [Layer(None, always(half)), Layer(two, always(RAMP))])
    eye = layered([EYE], 10)[0]
    mixed = laid_on(eye, EYE, layered.kept[0]).astype(float)
    a, b = (look([EYE], 10)[0].astype(float) for look in looks)
    below = (a + EYE * (1023 / 255)) / 2
    assert abs(mixed - (below + RAMP[..., None] * (b - below))).max() <= 1.01


def test_what_is_hidden_everywhere_is_not_painted(looks):
    class Refuses:
        def __getattr__(self, name):
            raise AssertionError("painted although nothing of it shows")

    whole, none = np.ones_like(RAMP), np.zeros_like(RAMP)
    hidden = Layered(Refuses(), [Layer(None, always(whole)), Layer(Refuses(), always(none))])
    assert np.array_equal(laid_on(hidden([EYE])[0], EYE, hidden.kept[0]), EYE)
    assert covered([[none], [whole], [RAMP]]) == 2


def test_layers_turn_with_the_film(looks):
    shift = WIDTH // 4
    layered = Layered(looks[0], [Layer(looks[1], always(RAMP))])
    turned = Layered(looks[0], [Layer(looks[1], always(np.roll(RAMP, shift, 1)))])
    first = np.roll(layered([EYE])[0], shift, axis=1).astype(int)
    turned.begin_shot()
    error = np.mean((turned([np.roll(EYE, shift, axis=1)])[0] - first) ** 2)
    assert error == 0 or 10 * np.log10(255**2 / error) >= 45


def test_changes_are_told_where_one_look_takes_the_place_of_another(looks):
    masks = [np.float32(RAMP > 0.5), np.float32(RAMP > 0.75), np.float32(RAMP > 0.75)]
    layered = Layered(looks[0], [Layer(looks[1], lambda eyes, at: [masks[int(at)]])])
    layered([EYE], seconds=0)
    assert layered.changes == ()  # a shot begins
    layered([EYE], seconds=1)
    assert np.array_equal(layered.changes[0], (RAMP > 0.5) & (RAMP <= 0.75))
    layered([EYE], seconds=2)
    assert not layered.changes[0].any()


def test_a_look_that_changes_does_so_where_it_shows(looks):
    class Growing:
        def __getattr__(self, name):
            return getattr(looks[1], name)

        def __call__(self, *given):
            return looks[1](*given)

        def changed(self, before, now):
            return 0.25

    layered = Layered(looks[0], [Layer(Growing(), always(RAMP))])
    for seconds in (0, 1):
        layered([EYE], seconds=seconds)
    np.testing.assert_allclose(layered.changes[0], RAMP / 4, atol=1e-6)
