"""Where VGG's weights come from; that there are none is known before anything heavy is loaded.

torchvision fetches its own once and keeps them where `torch.hub` does.
"""

from __future__ import annotations

import os
import threading
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Final

from vr360.errors import CheckpointError
from vr360.media.containers import check_readable

ADDRESSES: Final = {
    "vgg16": "https://download.pytorch.org/models/vgg16-397923af.pth",
    "vgg19": "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
}
"""Of torchvision's `IMAGENET1K_V1`; a test compares them with its own."""

PATIENCE = 5.0  # seconds for a server to answer, its name's lookup included


def kept_weights(network: str) -> Path:
    """Where torchvision keeps the weights that it has fetched (`torch.hub.get_dir`)."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    hub = Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser() / "hub"
    return hub / "checkpoints" / ADDRESSES[network].rpartition("/")[2]


def check_weights(weights: Path | None, network: str = "vgg16") -> None:
    """Refuse to begin without VGG's weights, in a few seconds at most.

    Args:
        weights: a safetensors file; None is torchvision's.
        network: `vgg16`, `vgg19`, or `auto` for any of the two.

    Raises:
        VideoOpenError: no such file.
        CheckpointError: torchvision's are not kept here, and the server does not answer.
    """
    if weights is not None:
        check_readable(weights)
        return
    names = list(ADDRESSES) if network == "auto" else [network]
    if any(kept_weights(name).is_file() for name in names):
        return
    if trouble := _trouble(ADDRESSES[names[0]]):
        raise CheckpointError(_missing(names[0], trouble))


def _missing(network: str, trouble: str) -> str:
    kept, address = kept_weights(network), ADDRESSES[network]
    return (
        f"{kept.name}: the weights of {network.replace('vgg', 'VGG-')} are not in {kept.parent}, "
        f"and {trouble}; copy {address} there, or give --vgg-weights FILE, a safetensors file of "
        f"the features of torchvision's {network}"
    )


def _trouble(address: str) -> str:
    """Why nothing can be fetched from there; empty where it can."""
    host = address.split("/")[2]
    found = [f"{host} did not answer in {PATIENCE:g} seconds"]
    asking = threading.Thread(target=_ask, args=(address, host, found), daemon=True)
    asking.start()
    asking.join(PATIENCE)  # the lookup of a name takes no timeout
    return found[-1]


def _ask(address: str, host: str, found: list[str]) -> None:
    head = urllib.request.Request(address, method="HEAD")
    try:
        with urllib.request.urlopen(head, timeout=PATIENCE):
            found.append("")
    except urllib.error.HTTPError:
        found.append("")  # it answers; some refuse this question and not the download
    except urllib.error.URLError as error:
        found.append(f"{host} cannot be reached ({error.reason})")
    except (OSError, HTTPException) as error:
        found.append(f"{host} cannot be reached ({error})")
