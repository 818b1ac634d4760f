from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import vgg16

from pipeline.nets.vgg import LAYERS, REFERENCE_RMS, VggFeatures, load_vgg16
from vr360.errors import CheckpointError


def test_calibrated_features_have_the_reference_size():
    torch.manual_seed(0)
    vgg = VggFeatures(vgg16(weights=None).features, list(LAYERS))
    photos = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    vgg.calibrate(photos)
    for name, features in vgg(photos).items():
        assert float(features.square().mean().sqrt()) == pytest.approx(
            REFERENCE_RMS[name], rel=1e-3
        )


def test_weights_of_another_network_are_refused(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"0.weight": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="no VGG-16 weights"):
        load_vgg16(path, list(LAYERS))
