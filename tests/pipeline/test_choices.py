"""Jobs take members of enums and their words, and refuse others when they are made."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.choices import FaceLayout, PictureKind, check_device
from pipeline.convert import ConvertJob, Side
from pipeline.optimize.job import OptimizeJob
from pipeline.optimize.network import NetworkChoice
from pipeline.optimize.settings import OptimizeSettings
from pipeline.optimize.style_image import StyleImage
from pipeline.painting.stylizer import load_stylizer
from pipeline.stitch import StitchJob
from pipeline.training.settings import TrainSettings
from vr360.choices import Interpolation, Stereo
from vr360.errors import InputError
from vr360.fisheye.film import Footage
from vr360.media.presets import PresetName


def test_words_become_members_and_paths():
    job = ConvertJob(
        "in.mp4", "out.mp4", Side("auto"), Side("cubemap", "faces"),
        stereo="tb", interpolation="lanczos", preset="quest",
    )  # type: ignore[arg-type]  # fmt: skip
    assert (job.input, job.output) == (Path("in.mp4"), Path("out.mp4"))
    assert job.source.projection is None
    assert job.target.projection is PictureKind.CUBEMAP
    assert job.target.layout is FaceLayout.FACES
    assert job.stereo is Stereo.TOP_BOTTOM
    assert job.interpolation is Interpolation.LANCZOS
    assert job.preset is PresetName.QUEST
    stitch = StitchJob("in.mp4", "out.mp4", save_camera="mine.pto")  # type: ignore[arg-type]
    assert stitch.save_camera == Path("mine.pto")
    painted = OptimizeJob("in.mp4", "out.mp4", StyleImage(Path("p.png")))  # type: ignore[arg-type]
    assert painted.baseline is None
    assert painted.output == Path("out.mp4")


FILES = Path("in.mp4"), Path("out.mp4")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Side("x"), "--projection x: one of auto, equirect"),
        (lambda: Side(layout="x"), "--layout x: one of c3x2"),
        (lambda: ConvertJob(*FILES, stereo="x"), "--stereo x: one of mono"),
        (lambda: ConvertJob(*FILES, interpolation="x"), "--interpolation x: one of linear"),
        (lambda: ConvertJob(*FILES, preset="x"), "--preset x: one of archive"),
        (lambda: StitchJob(*FILES, preset="x"), "--preset x: one of archive"),
        (lambda: StitchJob(*FILES, size=(100, 400)), "--size 400x100"),
        (lambda: Footage("x"), "no camera 'x'"),
        (lambda: OptimizeJob(*FILES, StyleImage(Path("p")), stereo="x"), "--stereo x"),
        (lambda: OptimizeJob(*FILES, StyleImage(Path("p")), source_projection="x"), "--from x"),
        (lambda: OptimizeJob(*FILES, StyleImage(Path("p")), paint_width=1), "--paint-width 1"),
        (lambda: OptimizeJob(*FILES, StyleImage(Path("p")), camera="x"), "no camera 'x'"),
        (lambda: OptimizeSettings(method="x"), "--optimizer x: one of adam, lbfgs"),
        (lambda: OptimizeSettings(style_term="x"), "--style-term x: one of gram, transport"),
        (lambda: OptimizeSettings(init="x"), "--init x: one of independent, previous, flow"),
        (lambda: OptimizeSettings(histogram="x"), "--histogram x: one of none, scene, film"),
        (lambda: OptimizeSettings(precision="x"), "--precision x: one of auto, float32, bfloat16"),
        (lambda: NetworkChoice("x"), "--network x: one of auto, vgg16, vgg19"),
        (lambda: NetworkChoice(device="x"), "--device x: one of auto, cuda, mps, cpu"),
        (lambda: TrainSettings(network="x"), "--network x: one of vgg16, vgg19"),
        (lambda: load_stylizer("starry_night", statistics="x"), "--statistics x: one of shot"),
        (lambda: load_stylizer("starry_night", projection="x"), "--canvas x: one of auto"),
        (lambda: load_stylizer("starry_night", device="x"), "--device x: one of auto"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(make: Callable[[], Any], said: str):
    with pytest.raises(InputError, match=re.escape(said)):
        make()


def test_one_of_several_gpus_has_a_number():
    for word in ("auto", "cuda", "cuda:1", "mps", "cpu"):
        check_device(word)
    for word in ("gpu", "cpu:1", "cuda:", "cuda:x", "auto:0"):
        with pytest.raises(InputError, match=f"--device {word}"):
            check_device(word)
