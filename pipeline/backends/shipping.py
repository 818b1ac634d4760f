"""`make graph`: trace what is shipped, the graphs of the shipped styles' architecture."""

from __future__ import annotations

import openvino as ov
import torch
from torch import nn

from pipeline.backends import tracing
from pipeline.backends.graphs import SHIPPED, architecture, write
from pipeline.backends.needs import Needs, needs
from pipeline.nets.draftnet import REDUCED, SKETCHED, DraftConfig, DraftNet, Sketch
from pipeline.nets.net import Net
from pipeline.nets.surface import PLANE

COUNT, HEIGHT, WIDTH = 3, 5, 7  # of the pictures where they are coarsest; all different


def shipped() -> list[nn.Module]:
    """The net, and its parts for large pictures."""
    net = DraftNet(DraftConfig()).eval()
    return [tracing.Whole(net), tracing.Whole(Sketch(net)), tracing.Revising(net)]


def write_shipped() -> None:
    """Those that are missing; what was traced from other sources goes."""
    modules = {SHIPPED / f"{architecture(module)}.zip": module for module in shipped()}
    for path in set(SHIPPED.glob("*.zip")) - set(modules):
        path.unlink()
    for path, module in modules.items():
        if not path.exists():
            write(_traced(module), path)


def _traced(module: nn.Module) -> ov.Model:
    if isinstance(module, tracing.Revising):
        return _revising(module, module.net)
    assert isinstance(module, tracing.Whole)
    return _whole(module, module.net)


def _whole(module: nn.Module, net: Net) -> ov.Model:
    asked = needs(net)
    size = COUNT, HEIGHT * max(asked.padded), WIDTH * max(asked.padded)
    held = torch.zeros(1, 2, asked.normalised)
    inputs = [torch.zeros(*size, 3), net.plain_look(), held, torch.tensor(False)]
    return tracing.trace(module, inputs, asked.placed(PLANE, *size), sides_open=True)


def _revising(module: nn.Module, net: DraftNet) -> ov.Model:
    size = COUNT, HEIGHT * REDUCED, WIDTH * REDUCED
    inputs = [
        torch.zeros(*size, 3),
        torch.zeros(COUNT, HEIGHT, WIDTH, SKETCHED + 3),
        torch.zeros(1, 2 * sum(net.config.revising)),
        torch.zeros(1, 2, net.config.normalised),
    ]
    asked = Needs(frozenset({1, 2, REDUCED}), frozenset(), net.config.normalised)
    return tracing.trace(module, inputs, asked.placed(PLANE, *size), sides_open=True)


if __name__ == "__main__":
    write_shipped()
