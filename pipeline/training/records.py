"""What a run leaves for the eye: sheets of samples."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from pipeline.nets.looks import at_strength, kept
from pipeline.nets.net import Net
from pipeline.nets.surface import PLANE
from pipeline.nets.tensors import to_rgb
from pipeline.training.luma import with_chroma
from vr360.frame import Rgb
from vr360.media.stills import encoded, store


@torch.no_grad()
def painted_samples(
    net: Net, looks: Tensor, samples: Tensor, on_luma: bool, strength: float = 1.0
) -> Tensor:
    """Samples (N, 3, H, W) as a film shows them in the style with these looks (strengths, K)."""
    wanted = torch.tensor([strength], device=looks.device)
    painted = net(samples, at_strength(looks[None], wanted), PLANE)
    if on_luma:
        painted = with_chroma(painted, samples)
    return torch.lerp(painted, samples, float(kept(wanted)))


def sheet(rows: list[Tensor]) -> Rgb:
    """Rows of pictures, (N, 3, H, W) each, as one picture."""
    whole = torch.cat([torch.cat(list(row), dim=-1) for row in rows], dim=-2)
    return to_rgb(whole[None], 8)[0]


def save_preview(path: Path, net: Net, looks: Tensor, samples: Tensor, on_luma: Tensor) -> None:
    """Samples (N, 3, H, W) in a row, and below them one row for each style.

    Args:
        looks: (styles, strengths, K); shown at strength 1.
        on_luma: (styles,), those that leave the samples their colours.

    Raises:
        EncodeError: the disk is full.
    """
    styles = zip(looks, on_luma.tolist(), strict=True)
    rows = [samples, *(painted_samples(net, look, samples, grey) for look, grey in styles)]
    store(path, encoded(sheet(rows), ".jpg"))
