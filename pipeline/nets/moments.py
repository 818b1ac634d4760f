"""Mean and variance for the normalisations of a net: measured on the way through, or held."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.nets.surface import Surface


class Moments:
    """Hands each normalisation of a net, in turn, the mean and variance it divides by.

    Args:
        surface: weighs the pixels and says which pictures of the batch share their statistics.
        held: (N or 1, 2, K), measured before and used as they are: mean and variance of every
            channel, in the order in which the net asks for them; None measures.
    """

    def __init__(self, surface: Surface, held: Tensor | None = None) -> None:
        self._surface = surface
        self._held = held
        self._used: list[Tensor] = []
        self._taken = 0

    def __call__(self, features: Tensor) -> Tensor:
        """(N, C, H, W) -> (N or 1, 2, C): mean and variance to normalise with."""
        if self._held is None:
            used = moments_of(features, self._surface)
        else:
            used = self._held[..., self._taken : self._taken + features.shape[1]]
            self._taken += features.shape[1]
        self._used.append(used)
        return used

    def used(self) -> Tensor:
        """(N or 1, 2, K): what the net that has run normalised with."""
        return torch.cat(self._used, dim=2)


def moments_of(features: Tensor, surface: Surface) -> Tensor:
    """(N, C, H, W) -> (N or 1, 2, C): mean and variance, every pixel weighed by its area.

    One row where all pictures share it.

    Sums over millions of pixels: in float32, whatever precision the convolutions run in.
    """
    features = features.float()
    weights = surface.weights(features).permute(0, 2, 3, 1)
    pixels = features.permute(0, 2, 3, 1)  # as they lie in memory
    mean = _shared((pixels * weights).sum((1, 2)), surface.together)
    centred = pixels - mean[:, None, None]
    variance = _shared((centred.square() * weights).sum((1, 2)), surface.together)
    return torch.stack([mean, variance], dim=1)


def _shared(values: Tensor, together: int) -> Tensor:
    """The mean over pictures that belong together, in place of each one's own; (N or 1, C)."""
    if together == values.shape[0]:
        return values.mean(0, keepdim=True)
    if together == 1:
        return values
    mean = values.reshape(-1, together, values.shape[-1]).mean(1)
    return mean.repeat_interleave(together, dim=0)
