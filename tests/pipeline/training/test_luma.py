import numpy as np
import torch

from pipeline.painting.stylizer import preserve_colour
from pipeline.training.luma import in_grey, luma_of, with_chroma


def test_only_the_pictures_meant_turn_grey_and_keep_their_luma():
    rgb = torch.rand(2, 3, 4, 4)
    mixed = in_grey(rgb, torch.tensor([False, True]))
    assert torch.equal(mixed[0], rgb[0])
    assert torch.equal(mixed[1, 0], mixed[1, 2])
    assert torch.allclose(luma_of(mixed), luma_of(rgb), atol=1e-6)


def test_green_is_brighter_than_red_and_red_than_blue():
    red, green, blue = (luma_of(torch.eye(3)[n].view(1, 3, 1, 1)).item() for n in range(3))
    assert green > 3 * red > 8 * blue > 0
    assert abs(red + green + blue - 1) < 1e-6


def test_samples_are_shown_as_films_are_painted():
    random = np.random.default_rng(0)
    eye, painted = (random.integers(60, 200, (8, 8, 3), np.uint8) for _ in range(2))
    as_tensor = [torch.from_numpy(p).permute(2, 0, 1)[None].float() / 255 for p in (painted, eye)]
    ours = with_chroma(*as_tensor)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(ours - preserve_colour(eye, painted, 1.0)).max() <= 0.51
