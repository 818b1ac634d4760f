"""RAFT in place of DIS, on the same views of the sphere: `--flow raft`.

Teed, Deng, *RAFT: Recurrent All-Pairs Field Transforms for Optical Flow* (ECCV 2020), with
torchvision's nets and weights: the large net on a GPU, the small one without. Weights are not
shipped; torchvision fetches them once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.choices import Flow
from pipeline.temporal.flow import FAST, FINE, Quality
from pipeline.temporal.planar import Floats, Grey
from vr360.choices import chosen
from vr360.errors import InputError

SMALL = 400  # rows: on smaller films the faster flow is too coarse
STRIDE = 8  # RAFT takes sides that are multiples of it
LEAST = 128  # pixels a side: below that the coarsest level of the correlation pyramid is empty


class RaftFlow:
    """Planar flow by a net of RAFT's interface.

    Args:
        net: two pictures (1, 3, h, w) in [-1, 1] -> flows (1, 2, h, w), the last one the best.
        device: where it runs.
    """

    def __init__(self, net: nn.Module, device: str = "cpu") -> None:
        self._net = net.eval().to(device)
        self._device = device

    @torch.inference_mode()
    def __call__(self, current: Grey, previous: Grey) -> Floats:
        """As `planar_flow`: pixels (h, w, 2) from each place to where it was in `previous`."""
        height, width = current.shape
        flow: Tensor = self._net(self._picture(current), self._picture(previous))[-1]
        return np.asarray(flow[0, :, :height, :width].permute(1, 2, 0).float().cpu().numpy())

    def _picture(self, grey: Grey) -> Tensor:
        """(1, 3, h', w'), the last row and column repeated to the sides that RAFT takes."""
        right, down = (max(-(-side // STRIDE) * STRIDE, LEAST) - side for side in grey.shape[::-1])
        level = (
            torch.from_numpy(np.ascontiguousarray(grey)).to(self._device)[None, None] / 127.5 - 1
        )
        return F.pad(level, (0, right, 0, down), mode="replicate").expand(-1, 3, -1, -1)


def flow_quality(choice: str, height: int, device: str) -> Quality:
    """The flow estimator of temporal smoothing.

    Args:
        choice: `dis`; `fine`, DIS on more pixels, which takes seven times as long; `raft`; `auto`
            is fine for small films.
        height: rows of an eye.
        device: where RAFT runs.

    Raises:
        InputError: no such flow, or RAFT's weights are not there and cannot be fetched.
    """
    chosen(Flow, choice, "--flow")
    if choice == "raft":
        return Quality(FINE.height, FAST.preset, 1, planar=_raft(device))
    return FINE if choice == "fine" or (choice == "auto" and height <= SMALL) else FAST


@lru_cache(maxsize=1)
def _raft(device: str) -> RaftFlow:
    from torchvision.models import optical_flow as nets

    small = device == "cpu"
    weights: Any = nets.Raft_Small_Weights.DEFAULT if small else nets.Raft_Large_Weights.DEFAULT
    try:
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (
        OSError,
        RuntimeError,
    ) as error:  # no network, no disk; a file that is not the right one
        raise InputError(
            f"--flow raft: its weights cannot be had ({error}); fetch {weights.url} "
            f"into {torch.hub.get_dir()}/checkpoints, or give --flow dis"
        ) from None
    net = nets.raft_small() if small else nets.raft_large()
    net.load_state_dict(state)
    return RaftFlow(net, device)
