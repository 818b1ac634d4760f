from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models.vgg import cfgs, make_layers

from pipeline.nets.surface import SPHERE
from pipeline.nets.vgg import (
    LAYERS,
    VggFeatures,
    feature_stack,
    load_vgg,
    network_in,
)
from pipeline.nets.vgg_layers import layer_indices
from vr360.errors import CheckpointError


@pytest.mark.parametrize(("network", "config"), [("vgg16", "D"), ("vgg19", "E")])
def test_the_stacks_and_their_layers_are_torchvisions(network: str, config: str):
    theirs = make_layers(cfgs[config])
    ours = feature_stack(network)
    assert [str(layer) for layer in ours] == [str(layer) for layer in theirs]
    block, n, indices = 1, 0, {}
    for index, layer in enumerate(theirs):
        if isinstance(layer, torch.nn.MaxPool2d):
            block, n = block + 1, 0
        if isinstance(layer, torch.nn.ReLU):
            n += 1
            indices[f"conv{block}_{n}"] = indices[f"relu{block}_{n}"] = index
    assert layer_indices(network) == indices
    assert layer_indices("vgg16").items() >= LAYERS.items()


def test_features_of_a_turned_sphere_are_turned_features(vgg: VggFeatures, panorama):
    turn = 32
    with torch.no_grad():
        features, turned = vgg(panorama, SPHERE), vgg(panorama.roll(turn, -1), SPHERE)
    for name, shrink in (("conv1_1", 1), ("conv2_1", 2), ("conv3_1", 4)):
        rolled = features[name].roll(turn // shrink, -1)
        assert torch.allclose(turned[name], rolled, atol=1e-5)


def test_checkpointing_changes_neither_features_nor_slopes(vgg: VggFeatures, panorama):
    thrifty = VggFeatures(vgg.stack, list(vgg.layers.values()), checkpointed=True)
    slopes = []
    for network in (vgg, thrifty):
        rgb = panorama.clone().requires_grad_()
        sum(f.square().mean() for f in network(rgb, SPHERE).values()).backward()
        slopes.append(rgb.grad)
    assert torch.equal(*slopes)


@pytest.mark.parametrize("network", ["vgg16", "vgg19"])
def test_a_file_says_which_network_it_holds(tmp_path: Path, network: str):
    path = tmp_path / "weights.safetensors"
    save_file({k: v.half() for k, v in feature_stack(network).state_dict().items()}, path)
    assert network_in(path) == network
    rgb = torch.rand(1, 3, 32, 32)
    assert load_vgg(network, path, ["conv4_2"])(rgb)["conv4_2"].shape == (1, 512, 4, 4)


def test_a_file_of_neither_network_is_refused(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"0.weight": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="neither VGG-16 nor VGG-19"):
        network_in(path)
