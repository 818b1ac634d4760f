"""In which numbers a device learns."""

from pathlib import Path

import pytest
import torch

from pipeline.nets.looks import ratio
from pipeline.nets.vgg import has_bfloat16
from pipeline.training.objective import pulls
from pipeline.training.train import open_vgg
from tests.pipeline.training.conftest import SETTINGS


@pytest.mark.parametrize("able", [True, False])
def test_vgg_has_bfloat16_where_the_device_has(
    able: bool, vgg_weights: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: able)
    vgg = open_vgg(SETTINGS, vgg_weights, "cpu")
    assert vgg.precision is (torch.bfloat16 if able else torch.float32)
    features = vgg(torch.rand(1, 3, 64, 64))
    assert {f.dtype for f in features.values()} == {torch.float32}


def test_a_gpu_of_before_bfloat16_learns_in_float32(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert not has_bfloat16("cuda")
    assert not has_bfloat16("cuda:1")
    assert not has_bfloat16("mps")


def test_style_over_content_is_the_ratio_and_no_strength_drowns_the_others():
    strengths = torch.tensor([0.0, 0.5, 1.0, 1.5])
    for_style, for_content = pulls(strengths)
    assert torch.allclose(for_style / for_content, ratio(strengths))
    assert for_style.max() < 2
    assert (for_style[1:] > for_style[:-1]).all()
    assert (for_content[1:] < for_content[:-1]).all()
