from concurrent.futures import ThreadPoolExecutor

import torch

from pipeline.backends import OpenVinoBackend
from pipeline.nets.stylenet import NetConfig, StyleNet

CONFIG = NetConfig(channels=8, blocks=1)


def test_two_threads_may_paint_with_one_backend():
    torch.manual_seed(3)
    net = StyleNet(CONFIG).eval().requires_grad_(False)
    backend, look = OpenVinoBackend(net), net.plain_look()
    pictures = [torch.rand(1, 3, 64, 128) for _ in range(2)]
    alone = [backend(rgb, look) for rgb in pictures]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda n: backend(pictures[n % 2], look), range(40)))
    assert all(torch.equal(painted, alone[n % 2]) for n, painted in enumerate(together))
