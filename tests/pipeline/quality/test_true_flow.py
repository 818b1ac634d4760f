"""The sample scene knows its flow from geometry alone."""

from fractions import Fraction

import numpy as np
import pytest

from pipeline.quality.stability import StabilityMeter, flow_of_source, summarise
from pipeline.quality.together import Moment
from sample_clips import Scene

FIRST, COUNT, SIZE = 40, 3, (96, 192)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="module")
def sources(scene: Scene) -> list[np.ndarray]:
    return [scene.render(FIRST + n, *SIZE).rgb for n in range(COUNT)]


@pytest.fixture(scope="module")
def true_flow(scene: Scene, sources: list[np.ndarray]):
    flows = [scene.flow(FIRST + n, *SIZE) for n in range(1, COUNT)]

    def motion(now: np.ndarray, earlier: np.ndarray):
        flow = flows[next(n for n, rgb in enumerate(sources) if rgb is now) - 1]
        seen = ~flow.occluded & ~flow.water
        return flow.direction.astype(np.float32), seen.astype(np.float32)

    return motion


def error(sources: list[np.ndarray], films: list[np.ndarray], motion) -> float:
    meter = StabilityMeter(False, motion)
    for n, (film, source) in enumerate(zip(films, sources, strict=True)):
        meter.see(Moment(Fraction(n, 24), False, film, source))
    figure = summarise(meter.trace).warp_error
    assert figure is not None
    return figure


def test_a_film_that_sticks_to_the_scene_is_told_from_one_that_boils(sources, true_flow):
    rng = np.random.default_rng(0)
    stuck = [255 - rgb for rgb in sources]
    noise = rng.normal(0, 20, (COUNT, *SIZE, 3))
    boils = [np.clip(f + n, 0, 255).astype(np.uint8) for f, n in zip(stuck, noise, strict=True)]
    by_truth, by_flow = (
        error(sources, stuck, m) / error(sources, boils, m) for m in (true_flow, flow_of_source)
    )
    assert by_truth < 0.35
    assert by_flow == pytest.approx(by_truth, abs=0.1)
