from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pipeline.nets.vgg import LAYERS, load_vgg16
from vr360.errors import CheckpointError


def test_weights_of_another_network_are_refused(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"0.weight": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="no VGG-16 weights"):
        load_vgg16(path, list(LAYERS))
