"""Stills and clips from file to file."""

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.optimize.film import Step
from pipeline.optimize.job import OptimizeJob, optimize
from pipeline.optimize.network import NetworkChoice
from pipeline.optimize.settings import OptimizeSettings
from pipeline.optimize.style_image import StyleImage
from pipeline.optimize.workspace import workspace_path
from pipeline.quality.seam import seam_gradient
from pipeline.source.delivery import Span
from vr360.errors import InputError, OutputError
from vr360.frame import Stereo
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import read_still

QUICK = OptimizeSettings(
    unrealness=4,
    content_layers=(("conv2_1", 1.0),),
    style_layers=(("conv1_1", 1.0), ("conv2_1", 1.0)),
    iterations=4,
    scales=1,
)


@pytest.fixture
def job(tmp_path: Path, still: Path, painting_file: Path, vgg_weights: Path) -> OptimizeJob:
    out = tmp_path / "out.png"
    return OptimizeJob(
        still, out, StyleImage(painting_file), QUICK, network=NetworkChoice(weights=vgg_weights)
    )


class StoppedError(Exception):
    """As Ctrl-C would."""


def interrupted_at(step_wanted: int):
    """A watcher that gives up at the n-th step."""
    seen: list[Step] = []

    def watch(step: Step) -> None:
        seen.append(step)
        if len(seen) == step_wanted:
            raise StoppedError

    return watch


def save_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.optimize.workspace.EVERY", -1.0)


def test_the_loss_falls_the_preview_is_there_and_nothing_else_is_left(job, monkeypatch):
    monkeypatch.setattr("pipeline.optimize.workspace.PREVIEW_EVERY", -1.0)
    totals, previews = [], []

    def watch(step: Step) -> None:
        totals.append(sum(step.terms.values()))
        previews.append((workspace_path(job.output) / "preview.jpg").is_file())

    report = optimize(job, watch)
    assert totals[-1] < totals[0]
    assert previews[-1]
    assert report.network == "vgg16"
    assert read_still(job.output).shape == (64, 128, 3)
    assert sorted(p.name for p in job.output.parent.iterdir()) == [
        "out.png",
        "painting.png",
        "still.png",
    ]


def test_the_result_has_no_seam_and_turns_with_its_source(job, tmp_path):
    """Half a turn takes the side faces to side faces; those above and below are turned round."""
    optimize(job)
    turned = tmp_path / "turned.png"
    source = read_still(job.input)
    cv2.imwrite(str(turned), np.ascontiguousarray(np.roll(source, 64, 1)[..., ::-1]))
    optimize(replace(job, input=turned, output=tmp_path / "turned_out.png"))
    straight, back = (
        read_still(job.output),
        np.roll(read_still(tmp_path / "turned_out.png"), -64, 1),
    )
    assert np.abs(straight[24:40].astype(int) - back[24:40]).mean() < 1
    assert seam_gradient(straight) == pytest.approx(seam_gradient(source), rel=0.5)


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_an_interrupted_run_goes_on_to_the_same_bits(job, tmp_path, monkeypatch, method):
    save_always(monkeypatch)
    settings = replace(QUICK, method=method, scales=2, noise=0.2)
    job = replace(job, settings=settings)
    optimize(job)
    broken = replace(job, output=tmp_path / "broken.png")
    with pytest.raises(StoppedError):
        optimize(broken, interrupted_at(3))
    assert not broken.output.exists()
    steps = []
    optimize(replace(broken, resume=True), steps.append)
    assert len(steps) < 6
    assert np.array_equal(read_still(broken.output), read_still(job.output))


def test_an_unfinished_run_is_neither_lost_nor_mixed_up(job, tmp_path, monkeypatch):
    save_always(monkeypatch)
    with pytest.raises(StoppedError):
        optimize(job, interrupted_at(2))
    with pytest.raises(OutputError, match="--resume continues it"):
        optimize(job)
    other = replace(job, settings=replace(QUICK, unrealness=2), resume=True)
    with pytest.raises(InputError, match="other settings"):
        optimize(other)
    optimize(replace(job, force=True))
    assert job.output.is_file()


def test_a_loss_that_overflows_stops_and_keeps_the_last_good_state(job):
    wild = replace(QUICK, variation=1e39)
    with pytest.raises(InputError, match="last good state is kept"):
        optimize(replace(job, settings=wild))
    assert not job.output.exists()
    assert (workspace_path(job.output) / "preview.jpg").is_file()


def test_the_seed_decides(job, tmp_path):
    noisy = replace(QUICK, noise=1.0, iterations=1)
    pictures = []
    for n, seed in enumerate((1, 1, 2)):
        out = tmp_path / f"{n}.png"
        optimize(replace(job, output=out, settings=replace(noisy, seed=seed)))
        pictures.append(read_still(out))
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


def test_a_baseline_is_measured_by_the_same_objective(job):
    report = optimize(replace(job, baseline=job.input))
    assert report.baseline["baseline"]["content"] == 0
    assert sum(report.baseline["result"].values()) < sum(report.baseline["baseline"].values())


def test_small_paintings_are_enlarged_and_dissolved(job):
    settings = replace(QUICK, iterations=1)
    report = optimize(
        replace(job, settings=settings, paint_width=64, dissolve=((Fraction(0), 0.0),))
    )
    assert report.size == (32, 64)
    assert np.array_equal(read_still(job.output), read_still(job.input))


@pytest.fixture
def clip(tmp_path: Path, make_film, panorama: torch.Tensor) -> Path:
    """Three frames of a sphere that turns by four pixels a frame, then another place."""
    rgb = (panorama[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    frames = [np.roll(rgb, 4 * n, 1) for n in range(3)] + [255 - rgb[::-1]]
    return make_film("clip.mkv", np.stack(frames), "-c:v", "ffv1", "-pix_fmt", "bgr0")


def film_of(path: Path) -> list[np.ndarray]:
    return [frame.rgb for frame in read_frames(probe(path))]


@pytest.mark.parametrize(
    "options",
    [
        {"init": "previous", "histogram": "scene"},
        {"init": "flow", "flow_weight": 100.0, "passes": 2, "histogram": "film"},
    ],
    ids=lambda options: " ".join(map(str, options.values())),
)
def test_clips_come_out_whole_and_can_be_resumed(job, clip, tmp_path, monkeypatch, options):
    save_always(monkeypatch)
    (tmp_path / "cuts.txt").write_text("3\n")
    settings = replace(QUICK, iterations=2, **options)
    out = tmp_path / "film.mkv"
    film = replace(
        job, input=clip, output=out, settings=settings, cuts=str(tmp_path / "cuts.txt"), force=True
    )
    report = optimize(film)
    assert report.frames == 4
    whole = film_of(out)
    with pytest.raises(StoppedError):
        optimize(film, interrupted_at(5))
    optimize(replace(film, resume=True))
    assert all(np.array_equal(a, b) for a, b in zip(film_of(out), whole, strict=True))


def test_a_film_begins_anew_at_a_cut(job, clip, tmp_path):
    """The frame behind the cut is what it is when painted alone."""
    (tmp_path / "cuts.txt").write_text("3\n")
    film, alone = tmp_path / "film.mkv", tmp_path / "alone.mkv"
    settings = replace(QUICK, iterations=2)
    wanted = replace(
        job, input=clip, output=film, settings=settings, cuts=str(tmp_path / "cuts.txt")
    )
    optimize(wanted)
    info = probe(clip)
    optimize(replace(wanted, output=alone, span=Span(3 / info.rate)))
    assert np.array_equal(film_of(film)[3], film_of(alone)[0])


def test_the_flow_holds_a_turning_sphere_still(job, clip, tmp_path):
    """DeepMovie's measure: the squared difference between the moved frame and the next."""
    errors = {}
    for init in ("independent", "previous", "flow"):
        out = tmp_path / f"{init}.mkv"
        settings = replace(QUICK, init=init, noise=0.3)
        optimize(
            replace(
                job,
                input=clip,
                output=out,
                settings=settings,
                cuts="none",
                span=Span(duration=Fraction(3, 24)),
            )
        )
        frames = [rgb.astype(float) for rgb in film_of(out)]
        pairs = itertools.pairwise(frames)
        errors[init] = np.mean([((np.roll(a, 4, 1) - b) ** 2).mean() for a, b in pairs])
    assert errors["flow"] < 0.7 * min(errors["previous"], errors["independent"])


def test_both_eyes_of_a_stereo_still_are_painted(job, tmp_path, panorama):
    left = (panorama[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    both = np.concatenate([left, np.roll(left, 2, 1)])
    path = tmp_path / "stereo_TB.png"
    cv2.imwrite(str(path), np.ascontiguousarray(both[..., ::-1]))
    optimize(replace(job, input=path, stereo=Stereo.TOP_BOTTOM))
    result = read_still(job.output)
    assert result.shape == (128, 128, 3)
    assert np.abs(result[:64].astype(int) - left).mean() > 1
    assert np.abs(result[64:].astype(int) - both[64:]).mean() > 1
