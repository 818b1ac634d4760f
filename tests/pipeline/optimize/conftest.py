"""Networks with random weights: the mathematics does not care what they have learnt."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.nets.tensors import to_rgb
from pipeline.nets.vgg import VggFeatures, feature_stack
from tests.pipeline.conftest import soft_noise
from vr360.cubelayout import CubeLayout
from vr360.projections import CubeMap, Equirect
from vr360.sampling import build_sampler
from vr360.sampling.device import DeviceSampler


@pytest.fixture(scope="session")
def vgg_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vgg") / "vgg16.safetensors"
    save_file({k: v.half() for k, v in feature_stack("vgg16").state_dict().items()}, path)
    return path


@pytest.fixture(scope="session")
def vgg() -> VggFeatures:
    torch.manual_seed(0)
    return VggFeatures(feature_stack("vgg16"), ["conv1_1", "conv2_1", "conv3_1"])


@pytest.fixture(scope="session")
def panorama() -> torch.Tensor:
    """(1, 3, 64, 128): soft, and grainy enough to have strokes."""
    rgb = soft_noise(64, 128, 3).astype(np.float32) / 255
    grain = np.random.default_rng(5).normal(0, 0.1, rgb.shape).astype(np.float32)
    return torch.from_numpy(np.clip(rgb + grain, 0, 1)).permute(2, 0, 1)[None].contiguous()


@pytest.fixture(scope="session")
def painting() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (64, 80, 3), np.uint8)


@pytest.fixture
def painting_file(tmp_path: Path, painting: np.ndarray) -> Path:
    path = tmp_path / "painting.png"
    cv2.imwrite(str(path), painting)
    return path


@pytest.fixture
def still(tmp_path: Path, panorama: torch.Tensor) -> Path:
    path = tmp_path / "still.png"
    rgb = to_rgb(panorama.clone(), 8)[0]
    cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1]))
    return path


@pytest.fixture(scope="session")
def even_noise() -> torch.Tensor:
    """(1, 3, 256, 512): noise on the faces of a cube, as fine at the poles as elsewhere."""
    cube = CubeMap(128, layout=CubeLayout.C6X1)
    random = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, cube.height // 4, cube.width // 4, generator=random)
    faces = torch.nn.functional.interpolate(coarse, scale_factor=4, mode="bicubic")
    return DeviceSampler(build_sampler(cube, Equirect(256, 512)))(faces)
