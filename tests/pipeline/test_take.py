"""A take that is broken off anywhere and gone on with elsewhere is the take that never stopped."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pipeline.backends import TorchBackend
from pipeline.painting import stylizer
from pipeline.painting.asked import probe_source
from pipeline.painting.job import StylizeJob
from pipeline.painting.stages import PainterState
from pipeline.painting.state import PaintState, load_state, save_state
from pipeline.source.delivery import Span
from pipeline.source.unfolding import open_unfolding
from pipeline.take import Take, even_frames, prepared_frames
from pipeline.temporal.cuts import CutState
from tests.pipeline.conftest import soft_noise
from vr360.errors import CheckpointError
from vr360.frame import Frame, Rgb, Stereo
from vr360.media.reader import Resampling
from vr360.media.writer import FilmWriter
from vr360.stereo import join_eyes

FRAMES = 12
CUT = 8


def picture(n: int) -> Rgb:
    place = soft_noise(64, 128, 0 if n < CUT else 7)
    return np.roll(place // (1 if n < CUT else 2), 2 * n, axis=1)


@pytest.fixture(scope="module", params=[Stereo.MONO, Stereo.TOP_BOTTOM])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StylizeJob:
    """A clip with a cut; what is asked of it has ramps and a rate that repeats frames."""
    stereo: Stereo = request.param
    path = tmp_path_factory.mktemp("take") / "clip.mkv"
    height = 64 if stereo is Stereo.MONO else 128
    with FilmWriter(path, height, 128, Fraction(10), preset="archive") as film:
        for n in range(FRAMES):
            eyes = [picture(n), np.roll(picture(n), 1, axis=1)][: 1 + (stereo is not Stereo.MONO)]
            film.write(Frame(join_eyes(eyes, stereo), Fraction(n, 10)))
    return StylizeJob(
        path,
        path.with_name("film.mkv"),
        "starry_night",
        "0.2s:0.4,0.9s:1",
        stereo=stereo,
        rate=Fraction(15),
        flow="dis",
        smoothness="0.3s:0.7,1s:0.2",
    )


@pytest.fixture(scope="module", params=["openvino", "torch", "key frames"])
def job(request: pytest.FixtureRequest, clip: StylizeJob, tiny_style: Path) -> Iterator[StylizeJob]:
    every = 3 if request.param == "key frames" else 1
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "torch":
            patch.setattr(stylizer, "open_backend", lambda net, _: TorchBackend(net))
        yield replace(clip, style=str(tiny_style), paint_every=every)


@pytest.fixture(scope="module")
def whole(job: StylizeJob) -> list[Frame]:
    return run(job)[0]


def run(
    job: StylizeJob, state: PaintState | None = None, count: int | None = None
) -> tuple[list[Frame], PaintState]:
    info = probe_source(job)
    with Take(job, info, open_unfolding(info), 8, state, count) as take:
        frames = list(take)
    return frames, take.state


def same(ours: list[Frame], theirs: list[Frame]) -> bool:
    return [f.pts for f in ours] == [f.pts for f in theirs] and all(
        np.array_equal(a.rgb, b.rgb) for a, b in zip(ours, theirs, strict=True)
    )


# Within a repeated frame, in the ramp, before and behind the cut, which is known five frames late.
@pytest.mark.parametrize("count", [2, 7, 12, 13, 17])
def test_a_take_broken_off_and_gone_on_with_is_the_same(
    job: StylizeJob, whole: list[Frame], tmp_path: Path, count: int
):
    first, state = run(job, count=count)
    save_state(tmp_path / "state.safetensors", state)
    rest, _ = run(job, load_state(tmp_path / "state.safetensors"))
    assert len(whole) == 18
    assert same(first + rest, whole)


def test_a_picture_that_a_state_holds_twice_is_saved_once(tmp_path: Path):
    path, picture = tmp_path / "state.safetensors", soft_noise(64, 128, 3)
    painter = PainterState(Fraction(1), [picture, picture])
    save_state(path, PaintState(CutState(), [], painter, [], picture))
    state = load_state(path)
    assert path.stat().st_size < 1.5 * picture.nbytes
    assert state.painter
    again = tmp_path / "again.safetensors"
    save_state(again, state)
    assert again.stat().st_size == path.stat().st_size  # the header's own order is free
    assert load_file(again).keys() == load_file(path).keys()
    for loaded in (*state.painter.eyes, state.finished):
        assert np.array_equal(loaded, picture)


def test_parts_of_one_picture_are_saved_each(tmp_path: Path):
    path, picture = tmp_path / "state.safetensors", soft_noise(64, 128, 3)
    eyes = [picture[:], picture[32:], picture[:, ::2]]
    save_state(path, PaintState(CutState(), [], PainterState(Fraction(1), eyes), [], picture))
    state = load_state(path)
    assert state.painter
    for loaded, saved in zip([*state.painter.eyes, state.finished], [*eyes, picture], strict=True):
        assert np.array_equal(loaded, saved)


def test_a_part_of_a_clip_ends_where_it_should_when_gone_on_with(
    clip: StylizeJob, tiny_style: Path
):
    span = Span(Fraction(1, 5), Fraction(1, 2))
    job = replace(clip, style=str(tiny_style), span=span, temporal="none")
    whole, _ = run(job)
    first, state = run(job, count=4)
    rest, _ = run(job, state)
    assert same(first + rest, whole)


def test_steps_one_by_one_are_the_take_that_runs_side_by_side(job: StylizeJob, whole: list[Frame]):
    info = probe_source(job)
    sphere = open_unfolding(info)
    take = Take(job, info, sphere, 8)
    stages, state, frames = take.stages, take.state, list[Frame]()
    source = even_frames(job, info, Resampling())
    for prepared in prepared_frames(job, info, sphere, source):
        state, done = stages.step(state, prepared)
        frames += done
    state, done = stages.rest(state)
    assert same(frames + done, whole)


def test_frames_too_large_to_be_painted_and_held_still_at_once_come_out_the_same(
    job: StylizeJob, whole: list[Frame], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("vr360.media.threads.ROOM", 1)
    monkeypatch.setattr("pipeline.temporal.smoothing.LARGEST_SPARE", 0)
    frames, _ = run(job)
    assert same(frames, whole)


GO_ON = """
import sys
from pathlib import Path
import numpy as np
from pipeline.painting.job import StylizeJob
from pipeline.painting.state import load_state
from pipeline.source.unfolding import open_unfolding
from pipeline.painting.asked import probe_source
from pipeline.take import Take
from fractions import Fraction
from vr360.frame import Stereo
clip, style, state, out, stereo = sys.argv[1:]
job = StylizeJob(
    Path(clip), Path("film.mkv"), style, "0.2s:0.4,0.9s:1", stereo=Stereo(stereo),
    rate=Fraction(15), flow="dis", smoothness="0.3s:0.7,1s:0.2",
)
info = probe_source(job)
with Take(job, info, open_unfolding(info), 8, load_state(Path(state))) as take:
    np.save(out, np.stack([frame.rgb for frame in take]))
"""


def test_another_process_goes_on_to_the_same_bits(
    clip: StylizeJob, tiny_style: Path, tmp_path: Path
):
    job = replace(clip, style=str(tiny_style))
    whole, _ = run(job)
    first, state = run(job, count=11)
    save_state(tmp_path / "state.safetensors", state)
    assert clip.stereo
    arguments = [job.input, tiny_style, tmp_path / "state.safetensors", tmp_path / "rest.npy"]
    subprocess.run(
        [sys.executable, "-c", GO_ON, *map(str, arguments), clip.stereo.value], check=True
    )
    rest = np.load(tmp_path / "rest.npy")
    assert np.array_equal(np.stack([frame.rgb for frame in whole[len(first) :]]), rest)


def test_a_state_is_refused_where_it_does_not_fit(
    clip: StylizeJob, tiny_style: Path, tmp_path: Path
):
    job = replace(clip, style=str(tiny_style))
    path = tmp_path / "state.safetensors"
    with pytest.raises(CheckpointError, match="no such file"):
        load_state(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        load_state(path)
    _, state = run(job, count=2)
    with pytest.raises(ValueError, match="other --statistics"):
        run(replace(job, statistics="frame"), state)
    with pytest.raises(ValueError, match="look-ahead"):
        run(replace(job, passes=2), state)
