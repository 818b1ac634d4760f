"""How fast a GPU paints: `make bench-gpu`, some minutes on a machine that has one.

For spheres of each width the frames a second of the net alone and of all that painting a frame
takes (faces out, upload, net, download, faces in), the share of the time that the net's device
waits for the rest, and the net beside that of Johnson et al. 2016, in the same precision and memory
layout. Then a film by the command, with an encoder of the GPU's where ffmpeg has one.
`--device cpu --widths 512` tries the script itself where there is no GPU.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from pipeline.backends import choose_device
from pipeline.nets.tensors import to_tensor
from pipeline.painting.stylizer import load_stylizer
from tests.bench.johnson import johnson_net
from vr360.media.encoder import ffmpeg_binary

SAMPLE = Path(__file__).parents[2] / "sample_clips" / "valley_2048x1024.mp4"
STYLE = "starry_night"
RUNS = 15


def seconds(run: Callable[[], object], device: str) -> float:
    """Of one run, the median; what is asked for is done when its clock stops."""
    times = []
    for _ in range(RUNS + 2):
        _wait(device)
        started = time.perf_counter()
        run()
        _wait(device)
        times.append(time.perf_counter() - started)
    return statistics.median(times[2:])


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    elif device.startswith("mps"):
        torch.mps.synchronize()


@torch.inference_mode()
def figures(width: int, device: str) -> list[float]:
    """Frames a second of the net and of all; the rest's share; Johnson's time over the net's."""
    sphere = np.random.default_rng(0).integers(0, 256, (width // 2, width, 3), np.uint8)
    paint = load_stylizer(STYLE, device=device)
    whole = seconds(lambda: paint([sphere]), device)
    canvas = paint.canvas(width // 2, width, 1)
    faces = to_tensor(canvas.spread(sphere), paint.backend.device)
    look = paint.values(paint.track.at())
    held = paint.backend.measure(faces, look, canvas.surface)[1]
    net = seconds(lambda: paint.backend(faces, look, canvas.surface, held), device)
    return [1 / net, 1 / whole, 1 - net / whole, johnson_seconds(width, device) / net]


def johnson_seconds(width: int, device: str) -> float:
    """In half precision on a GPU, channels last."""
    kind = torch.float32 if device == "cpu" else torch.float16
    net = johnson_net().to(device, kind, memory_format=torch.channels_last)
    rgb = torch.rand(1, 3, width // 2, width, device=device, dtype=kind)
    rgb = rgb.to(memory_format=torch.channels_last)
    return seconds(lambda: net(rgb), device)


def film_by(device: str) -> None:
    """The shipped clip by the command; by NVENC where this ffmpeg has it and the device is its."""
    run = [ffmpeg_binary(), "-hide_banner", "-encoders"]
    has = "hevc_nvenc" in subprocess.run(run, capture_output=True, text=True, check=True).stdout
    codec = ["--codec", "hevc_nvenc"] if has and device.startswith("cuda") else []
    with tempfile.TemporaryDirectory() as folder:
        words = ["stylize", str(SAMPLE), f"{folder}/film.mp4", "--style", STYLE]
        run = [sys.executable, "-m", "pipeline.cli", *words, "--device", device, *codec]
        subprocess.run(run, check=True)


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--widths", default="2048,4096,7680")
    asked = parser.parse_args()
    device = choose_device(asked.device)
    name = torch.cuda.get_device_name() if device.startswith("cuda") else device
    print(f"{name}\n\n| width | net, fps | painting, fps | outside the net | Johnson / net |")
    print("|---|---|---|---|---|")
    for width in map(int, asked.widths.split(",")):
        net, whole, rest, johnson = figures(width, device)
        print(f"| {width} | {net:.1f} | {whole:.1f} | {rest:.0%} | {johnson:.1f} |", flush=True)
    film_by(device)


if __name__ == "__main__":
    main()
