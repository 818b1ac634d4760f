"""What a backend promises, see `pipeline.backends`."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from pipeline.nets.surface import SPHERE, PlacesPixels


class Backend(Protocol):
    """Paints pictures on `device`; `name` is what the summary prints."""

    name: str
    device: torch.device

    def __call__(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels = SPHERE, held: Tensor | None = None
    ) -> Tensor: ...

    def measure(
        self, rgb: Tensor, look: Tensor, surface: PlacesPixels, first: bool = False
    ) -> tuple[Tensor | None, Tensor]:
        """The painted pictures, and the statistics (N or 1, 2, K) measured on the way.

        Args:
            first: of a shot, or the only one: nothing is prepared that pays with many alone.
                Results of the two ways differ by rounding. Of others it may paint nothing.
        """
