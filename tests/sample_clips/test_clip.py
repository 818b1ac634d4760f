from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from sample_clips import Scene
from sample_clips.clip import COMMITTED, encode, frames
from sample_clips.movers import lamp_is_lit, lamp_place
from sample_clips.sound import RATE, bell_samples, soundtrack
from vr360.errors import EncodeError
from vr360.geometry import lonlat_to_pixel, xyz_to_lonlat


@pytest.fixture(scope="module")
def pictures() -> dict[int, np.ndarray]:
    """A few frames (1024, 2048, 3) of the committed clip."""
    chosen = {}
    with av.open(str(COMMITTED)) as file:
        for number, frame in enumerate(file.decode(video=0)):
            if number in (23, 24):
                rgb = frame.reformat(
                    format="rgb24",
                    src_colorspace=Colorspace.ITU709,
                    src_color_range=ColorRange.MPEG,
                    dst_color_range=ColorRange.JPEG,
                )
                chosen[number] = rgb.to_ndarray()
            if number == 24:
                break
    return chosen


def test_committed_clip_is_what_the_readme_says() -> None:
    assert COMMITTED.stat().st_size <= 6_000_000
    with av.open(str(COMMITTED)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        packets = sum(p.size > 0 for p in file.demux(video))
        assert (video.width, video.height) == (2048, 1024)
        assert video.average_rate == Fraction(24)
        assert video.frames == packets == 96
        assert video.codec_context.name == "h264"
        assert video.codec_context.pix_fmt == "yuv420p"
        assert video.codec_context.colorspace == Colorspace.ITU709
        assert video.codec_context.color_range == ColorRange.MPEG
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48000, 2)
        assert abs(file.duration / 1e6 - 4.0) < 0.05


def test_committed_clip_starts_with_its_index() -> None:
    head = COMMITTED.read_bytes()[:200_000]
    assert 0 < head.find(b"moov") < head.find(b"mdat")


def test_committed_clip_is_what_the_scene_renders(scene: Scene, pictures) -> None:
    number = 24
    small = cv2.resize(pictures[number], (512, 256), interpolation=cv2.INTER_AREA).astype(float)
    view = scene.render(number, 256, 512)
    again = view.rgb.astype(float)
    off = np.abs(small - again)
    assert off.mean() < 5
    colour = (small - again)[view.sky].mean(0)
    assert np.abs(colour).max() < 2.5  # BT.601 would turn the red of this blue by 6
    other = scene.render(number + 12, 256, 512).rgb.astype(float)
    assert off.mean() < 0.6 * np.abs(small - other).mean()


def test_lamp_lights_in_the_frame_of_the_bell(scene: Scene, pictures) -> None:
    assert [n for n in range(96) if lamp_is_lit(n / 24)] == [*range(24, 30), *range(72, 78)]
    bright = []
    for number in (23, 24):
        here = scene.pose(number)
        seen = (lamp_place(number / 24) - here.origin) @ here.rotation
        column, row = lonlat_to_pixel(*xyz_to_lonlat(seen), 1024, 2048)
        bright.append(pictures[number][round(float(row)), round(float(column))].mean())
    assert bright[1] > bright[0] + 80


def test_bell_of_the_clip_strikes_on_its_samples() -> None:
    assert list(bell_samples(4 * RATE)) == [48000, 144000]
    with av.open(str(COMMITTED)) as file:
        parts = [(f.pts, f.to_ndarray()) for f in file.decode(audio=0)]
    heard = np.zeros(5 * RATE)
    for pts, samples in parts:
        start = max(pts, 0)
        tail = samples.mean(0)[start - pts :]
        heard[start : start + len(tail)] = tail
    for stroke in bell_samples(4 * RATE):
        before = np.abs(heard[stroke - 4800 : stroke - 1200]).max()
        loud = np.flatnonzero(np.abs(heard[stroke - 1200 : stroke + 4800]) > 2 * before + 0.05)
        assert abs(loud[0] - 1200) < 240  # 5 ms: what AAC smears an onset by


def test_sound_is_the_same_each_time_and_never_clips() -> None:
    sound = soundtrack(RATE * 2)
    assert sound.shape == (96000, 2)
    np.testing.assert_array_equal(sound, soundtrack(RATE * 2))
    assert 8000 < np.abs(sound.astype(int)).max() < 32767
    assert np.abs(np.corrcoef(sound[:40000].T)[0, 1]) < 0.9  # true stereo


def test_a_clip_that_cannot_be_encoded_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    pictures = [np.zeros((33, 66, 3), np.uint8)] * 2  # 4:2:0 takes even sizes only
    with pytest.raises(EncodeError, match=r"odd\.mp4"):
        encode(pictures, tmp_path / "odd.mp4", (33, 66), Fraction(24), Fraction(1, 12))
    assert list(tmp_path.iterdir()) == []


def test_other_sizes_and_rates_can_be_made_by_another_scene(scene: Scene, tmp_path: Path) -> None:
    out, rate = tmp_path / "small.mp4", Fraction(30000, 1001)
    pictures = list(frames(2, 32, 64, rate, processes=1))
    encode(pictures, out, (32, 64), rate, 2 / rate)
    with av.open(str(out)) as file:
        assert file.streams.video[0].average_rate == rate
        assert len(list(file.decode(video=0))) == 2
    assert list(tmp_path.iterdir()) == [out]
    again = scene.render(float(24 / rate), 32, 64).rgb  # the world runs in seconds
    assert pictures[1].tobytes() == again.tobytes()
