import threading

import pytest

from pipeline.backends import choose_device
from pipeline.discover.devices import all_devices, work_off
from vr360.errors import InputError


def test_several_devices_share_the_work_and_lose_none_of_it():
    together = threading.Barrier(2, timeout=300)

    def work(task: int, device: str) -> tuple[int, str]:
        if task < 2:
            together.wait()  # both are at work at once, or this breaks
        return task, device

    done = list(work_off(range(20), work, ["cuda:0", "cpu"]))
    assert sorted(task for task, _ in done) == list(range(20))
    assert {device for _, device in done} == {"cuda:0", "cpu"}


@pytest.mark.parametrize("devices", [["cpu"], ["cuda:0", "cuda:1"]])
def test_an_error_on_any_device_ends_the_work(devices: list[str]):
    def work(task: int, device: str) -> int:
        if task == 3:
            raise InputError("no")
        return task

    with pytest.raises(InputError, match="no"):
        list(work_off(range(10), work, devices))


def test_the_cpu_works_too_and_a_device_that_is_asked_for_works_alone():
    assert all_devices()[-1] in ("cpu", "mps")
    assert all_devices("cpu") == ["cpu"]
    with pytest.raises(InputError, match="one of auto"):
        all_devices("tpu")


@pytest.mark.parametrize("device", ["cuda:99", "cpu:1", "cuda:x"])
def test_a_gpu_is_chosen_by_its_number_if_it_is_there(device: str):
    with pytest.raises(InputError, match=device):
        choose_device(device)
