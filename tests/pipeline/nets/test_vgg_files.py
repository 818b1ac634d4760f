"""Whether VGG's weights can be had is asked of the disk and of servers on this machine."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch
from torchvision.models import VGG16_Weights, VGG19_Weights

from pipeline.nets import vgg_files
from pipeline.nets.vgg import load_vgg16
from pipeline.nets.vgg_files import ADDRESSES, check_weights, kept_weights
from vr360.errors import CheckpointError, VideoOpenError


class Answering(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of torch in which nothing was fetched yet, and no proxy."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ask_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vgg_files.ADDRESSES, "vgg16", f"http://127.0.0.1:{port}/w/vgg16.pth")


def test_addresses_and_places_are_torchvisions():
    theirs = {"vgg16": VGG16_Weights.IMAGENET1K_V1, "vgg19": VGG19_Weights.IMAGENET1K_V1}
    assert {name: weights.url for name, weights in theirs.items()} == ADDRESSES
    for name, weights in theirs.items():
        kept = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
        assert kept_weights(name) == kept


def test_weights_that_are_kept_are_asked_of_nobody(
    monkeypatch: pytest.MonkeyPatch, nothing_kept: Path
):
    monkeypatch.setattr(vgg_files, "_trouble", None)
    kept_weights("vgg19").parent.mkdir(parents=True)
    kept_weights("vgg19").touch()
    check_weights(None, "vgg19")
    check_weights(None, "auto")


def test_a_server_that_answers_is_enough(monkeypatch: pytest.MonkeyPatch):
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ask_at(server.server_port, monkeypatch)
        check_weights(None)
        server.shutdown()


def test_a_server_that_refuses_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, nothing_kept: Path
):
    ask_at(1, monkeypatch)
    with pytest.raises(CheckpointError) as refused:
        load_vgg16(None, ["relu1_2"])
    said = str(refused.value)
    assert said.startswith("vgg16.pth: the weights of VGG-16 are not in ")
    assert str(nothing_kept / "hub" / "checkpoints") in said
    assert "127.0.0.1:1 cannot be reached" in said
    assert "--vgg-weights FILE" in said


def test_a_server_that_is_silent_is_waited_for_no_longer_than_patience_lasts(
    monkeypatch: pytest.MonkeyPatch, silent: int
):
    monkeypatch.setattr(vgg_files, "PATIENCE", 0.1)
    ask_at(silent, monkeypatch)
    with pytest.raises(CheckpointError, match=r"did not answer in 0\.1 s|timed out"):
        check_weights(None)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(VideoOpenError, match=r"no\.safetensors"):
        check_weights(tmp_path / "no.safetensors")
