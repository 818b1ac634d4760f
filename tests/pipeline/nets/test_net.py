"""A net of another stride, in another number of numbers, goes wherever the shipped one goes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.nets import checkpoint
from pipeline.nets.checkpoint import Gallery, GalleryCard, StyleCard, load_gallery, save_gallery
from pipeline.nets.looks import STRENGTHS, Modulation, plain_look
from pipeline.nets.moments import Moments
from pipeline.nets.net import Net, NetGeometry
from pipeline.nets.surface import SPHERE, Surface
from pipeline.stylize import StylizeJob, stylize
from tests.pipeline.conftest import soft_noise
from vr360.errors import CheckpointError
from vr360.frame import Frame
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter


@dataclass(frozen=True)
class ToyConfig:
    wide: int = 6


class Toy(Net):
    """Means over blocks of eight, two convolutions of different width, enlarged again."""

    kind = "toy"

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.config = config
        self.widths = [config.wide, 3]
        self.first = nn.Conv2d(3, config.wide, 3)
        self.second = nn.Conv2d(config.wide, 3, 3)

    @classmethod
    def from_config(cls, fields: Mapping[str, Any]) -> "Toy":
        return cls(ToyConfig(**fields))

    @property
    def geometry(self) -> NetGeometry:
        return NetGeometry(stride=8, multiple=16, reach=32)

    @property
    def look_size(self) -> int:
        return 2 * sum(self.widths)

    def plain_look(self) -> Tensor:
        return plain_look(self.widths)

    def paint(
        self,
        rgb: Tensor,
        looks: Tensor,
        surface: Surface = SPHERE,
        moments: Moments | None = None,
    ) -> tuple[Tensor, Tensor]:
        moments, look = moments or Moments(surface), Modulation(looks)
        x = F.avg_pool2d(rgb, 8)
        for conv in (self.first, self.second):
            x = conv(surface.pad(x, 1))
            mean, variance = moments(x).unbind(1)
            scale, shift = look(x.shape[1])
            x = (x - mean[..., None, None]) * torch.rsqrt(variance + 1e-5)[..., None, None]
            x = torch.tanh(x * scale[..., None, None] + shift[..., None, None])
        large = F.interpolate(surface.pad(x, 1), scale_factor=8.0, mode="bilinear")
        return torch.sigmoid(large[..., 8:-8, 8:-8]), x


@pytest.fixture
def toy_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(checkpoint, "NETS", {**checkpoint.NETS, "toy": Toy})
    torch.manual_seed(0)
    net = Toy(ToyConfig()).eval().requires_grad_(False)
    looks = net.plain_look().expand(1, len(STRENGTHS), -1).clone()
    path = tmp_path / "toy.safetensors"
    card = GalleryCard.of(net, (StyleCard("toy"),))
    save_gallery(path, Gallery(net, looks, torch.zeros(1, 2, net.look_size), card))
    return path


def decoded(film: Path) -> list[np.ndarray]:
    return [frame.rgb for frame in read_frames(probe(film))]


def clip(path: Path, height: int, width: int) -> Path:
    with FilmWriter(path, height, width, Fraction(5), preset="archive") as film:
        for n in range(3):
            film.write(Frame(np.roll(soft_noise(height, width, 0), 2 * n, 1), Fraction(n, 5)))
    return path


@pytest.mark.parametrize(
    ("size", "projection", "padding"),
    [
        ((64, 128), "equirect", "sphere"),  # as it is
        ((66, 132), "equirect", "sphere"),  # continued over its edges: 8 does not divide it
        ((64, 128), "equirect", "wrap"),
        ((66, 132), "cubemap", "sphere"),
        ((128, 256), "auto", "sphere"),
    ],
)
def test_a_net_of_another_stride_paints_films(
    toy_style: Path, tmp_path: Path, size: tuple[int, int], projection: str, padding: str
):
    source = clip(tmp_path / "clip.mkv", *size)
    film = tmp_path / "film.mkv"
    report = stylize(
        StylizeJob(
            source, film, str(toy_style), preset="archive", projection=projection, padding=padding
        )
    )
    frames = decoded(film)
    assert report.frames == len(frames) == 3
    assert frames[0].shape == (*size, 3)
    assert not np.array_equal(frames[0], decoded(source)[0])
    # The sphere has no seam: the step at ±180° is one like any other.
    steps = np.abs(np.diff(frames[0].astype(int), axis=1, append=frames[0][:, :1].astype(int)))
    assert steps[:, -1].mean() < 2 * steps.mean() + 1


def test_a_gallery_keeps_its_kind_of_net(toy_style: Path):
    read = load_gallery(toy_style)
    assert isinstance(read.net, Toy)
    assert read.card.kind == "toy"
    assert read.card.net == asdict(ToyConfig())


def test_a_kind_of_net_that_is_not_known_is_refused(
    toy_style: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkpoint, "NETS", {})
    with pytest.raises(CheckpointError, match=r"holds a net of the kind 'toy'.*update"):
        load_gallery(toy_style)
