"""A film painted by Ray is the film of one process; `make ray`."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.jobs.job import JobOptions, folder_of, resume, stylize_in_segments
from pipeline.jobs.plan import load_plan
from pipeline.jobs.segments import Segment
from pipeline.jobs.status import verify
from pipeline.jobs.stop import PausedError, Stop
from pipeline.painting.job import StylizeJob
from tests.pipeline.jobs.conftest import Counted, make_clip, same
from vr360.errors import InputError

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("default")]
WAYS = {"length": 4, "warm_up": 2}


@pytest.fixture(scope="module")
def ray() -> ModuleType:
    return pytest.importorskip("ray", reason="pip install 'vr360[ray]'")


@pytest.fixture
def two_nodes(ray: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A cluster of two nodes on this machine."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def film(tmp_path: Path, tiny_style: Path) -> StylizeJob:
    clip = make_clip(tmp_path / "clip.mkv", 32, [9, 16, 24])
    return StylizeJob(clip, tmp_path / "film.mkv", str(tiny_style), "0s:0.4,2s:1", flow="dis")


@pytest.fixture
def alone(film: StylizeJob) -> Path:
    """The film of one process with the same warm-up."""
    stylize_in_segments(film, options=JobOptions(**WAYS))
    return film.output.rename(film.output.with_name("alone.mkv"))


def test_two_nodes_whose_workers_are_killed_make_the_film_of_one_process(
    film: StylizeJob, alone: Path, two_nodes: str
):
    from pipeline.jobs.on_ray import ray_engine

    killed, over = list[int](), threading.Event()
    killer = threading.Thread(target=_kill_workers, args=(folder_of(film.output), killed, over))
    killer.start()
    counted = Counted()
    stylize_in_segments(film, counted, JobOptions(**WAYS, engine=ray_engine(two_nodes)))
    over.set()
    killer.join()
    assert len(killed) == 3
    assert counted.frames == 32
    assert same(film.output, alone)


def _kill_workers(folder: Path, killed: list[int], over: threading.Event) -> None:
    chance = random.Random(5)
    while len(killed) < 3 and not over.wait(0.05):
        for claim in folder.glob("*.claim"):
            with suppress(ValueError, OSError):
                pid = json.loads(claim.read_text())["pid"]
                time.sleep(chance.uniform(0, 0.3))
                if pid != os.getpid() and pid not in killed and len(killed) < 3:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)


DRIVER = """
import sys
from pathlib import Path
from pipeline.jobs.job import JobOptions, resume
from pipeline.jobs.on_ray import ray_engine
resume(Path(sys.argv[1]), options=JobOptions(engine=ray_engine()))
"""


def test_a_driver_that_died_comes_back(film: StylizeJob, alone: Path, ray: ModuleType):
    folder = folder_of(film.output)
    stop = Stop("test")
    with pytest.raises(PausedError):
        stylize_in_segments(film, options=JobOptions(**WAYS, stop=stop))
    words, err = [sys.executable, "-c", DRIVER, folder], film.output.with_name("driver.txt")
    with err.open("w") as file:
        driver = subprocess.Popen(words, start_new_session=True, stderr=file)
    while driver.poll() is None and not _done(folder):
        time.sleep(0.05)
    os.killpg(driver.pid, signal.SIGKILL)
    assert driver.wait() == -signal.SIGKILL, err.read_text()
    assert not film.output.exists()
    assert verify(folder) == []
    from pipeline.jobs.on_ray import ray_engine

    counted = Counted()
    resume(folder, counted, JobOptions(engine=ray_engine()))
    assert counted.frames < 32
    assert same(film.output, alone)
    assert not ray.is_initialized()


def _done(folder: Path) -> list[str]:
    plan = load_plan(folder)
    return [p.key for p in plan.segments if Segment(folder, p.key, plan.suffix).manifest()]


def test_a_cluster_that_is_not_there_is_named(film: StylizeJob, ray: ModuleType):
    from pipeline.jobs.on_ray import ray_engine

    engine = ray_engine("127.0.0.1:1")
    with pytest.raises(InputError, match=r"--address 127\.0\.0\.1:1: no Ray cluster there"):
        stylize_in_segments(film, options=JobOptions(**WAYS, engine=engine))
