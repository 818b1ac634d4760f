"""A look for a painting that the net has not seen: the blend of known looks that comes nearest.

Gatys et al. 2016 describe a style by Gram matrices; those of a picture that is half one texture and
half another are the mean of both. So the Gram matrices of what each known look paints are mixed,
with shares of 0 and more, until they are as near as can be to the painting's; the looks themselves
are mixed with the same shares. Training goes on from there.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.nets.draftnet import REDUCED
from pipeline.nets.losses import gram
from pipeline.nets.net import Net
from pipeline.nets.vgg import VggFeatures
from pipeline.training.records import painted_samples

STEPS = 2000  # of the descent; one takes microseconds


@torch.no_grad()
def known_grams(net: Net, looks: Tensor, samples: Tensor, vgg: VggFeatures) -> dict[str, Tensor]:
    """(styles, C, C) per layer of what each look (strengths, K) paints of samples (N, 3, S, S),
    reduced; all on the device of the net.
    """
    each = []
    for look in looks.to(samples):
        painted = painted_samples(net, look, samples, False)
        seen = vgg(F.avg_pool2d(painted, REDUCED))
        each.append({name: gram(features).mean(0) for name, features in seen.items()})
    return {name: torch.stack([grams[name] for grams in each]) for name in each[0]}


def predicted_shares(known: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> Tensor:
    """Shares (styles,), 0 or more and together 1, of what is known in what is wanted.

    They minimise the squared distance of the mixed Gram matrices (styles, C, C) to the wanted ones
    (C, C), each layer over its own square, by exponentiated gradient (Kivinen and Warmuth 1997).
    """
    known = {name: grams.flatten(1).cpu().double() for name, grams in known.items()}
    aims = {name: grams.flatten().cpu().double() for name, grams in wanted.items()}
    # Each over its painting's own length: of these rows the mixture is to make `aim`.
    rows = torch.cat([known[n] / aim.norm() for n, aim in aims.items()], 1)
    aim = torch.cat([aim / aim.norm() for aim in aims.values()])
    products, linear = rows @ rows.T, rows @ aim
    shares = torch.full_like(linear, 1 / len(linear))
    rate = 1 / products.abs().max()
    for _ in range(STEPS):
        shares = shares * torch.exp(-rate * (products @ shares - linear))
        shares = shares / shares.sum()
    return shares.float()
