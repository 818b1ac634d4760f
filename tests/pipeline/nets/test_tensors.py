"""Pictures into torch and back."""

import numpy as np
import pytest
import torch

from pipeline.nets.tensors import to_rgb, to_tensor


@pytest.mark.parametrize(("kind", "depth"), [(np.uint8, 8), (np.uint16, 10)])
def test_every_code_comes_back(kind: type, depth: int):
    codes = np.arange(1 << depth, dtype=kind).reshape(-1, 32, 1).repeat(3, axis=2)
    there = to_tensor([codes, codes[::-1]])
    assert there.dtype == torch.float32
    assert (float(there.min()), float(there.max())) == (0, 1)
    back = to_rgb(there, depth)
    assert np.array_equal(back[0], codes)
    assert np.array_equal(back[1], codes[::-1])
    assert back[0].dtype == kind
