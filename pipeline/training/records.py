"""What a run leaves for the eye: a sheet of samples."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from pipeline.nets.stylenet import StyleNet
from pipeline.nets.surface import PLANE


@torch.no_grad()
def save_preview(path: Path, net: StyleNet, looks: Tensor, samples: Tensor) -> None:
    """Samples (N, 3, H, W) in a row, and below them one row for each of the looks (L, K)."""
    rows = [samples, *(net(samples, look[None], PLANE) for look in looks)]
    sheet = torch.cat([torch.cat(list(row), dim=-1) for row in rows], dim=-2)
    rgb = sheet.permute(1, 2, 0).mul(255).round().byte().cpu().numpy()
    cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1]))
