"""Layers of VGG-16 and VGG-19 by the names of the literature; torch is not imported.

The names are the blobs of the Caffe models, whose ReLUs work in place: conv4_2 and relu4_2 are both
what comes out of the ReLU behind that convolution.
"""

from __future__ import annotations

CONVOLUTIONS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
"""Convolutions of each block, which ends in a pooling; a ReLU follows each of them."""


def layer_indices(network: str = "vgg16") -> dict[str, int]:
    """Index in torchvision's feature stack of every layer, under both of its names."""
    indices: dict[str, int] = {}
    index = 1
    for block, count in enumerate(CONVOLUTIONS[network], 1):
        for n in range(1, count + 1):
            indices[f"conv{block}_{n}"] = indices[f"relu{block}_{n}"] = index
            index += 2
        index += 1
    return indices
