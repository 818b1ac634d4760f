import numpy as np

from pipeline.temporal.flow import FAST, grey, grey_flow
from pipeline.temporal.occlusion import confidence

from .test_smoothing import codes, texture


def test_a_picture_that_has_not_changed_is_explained_everywhere():
    source = grey(codes(texture(9, 3.0)), 64)
    assert confidence(grey_flow(source, source, FAST), source, source).min() > 0.95


def test_what_comes_into_sight_has_no_confidence():
    before = 0.5 * texture(9, 3.0)
    after = before.copy()
    after[20:44, 50:80] = 230  # brighter than anything that was there
    now, then = grey(codes(after), 64), grey(codes(before), 64)
    field = confidence(grey_flow(now, then, FAST), now, then)  # (32, 64)
    far_off = np.r_[0:9, 59:64]
    assert field[12:20, 28:37].max() < 0.01
    assert field[12:20, far_off].mean() > 0.9
