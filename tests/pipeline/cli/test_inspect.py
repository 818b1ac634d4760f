"""`vr360 inspect`: what there is, what disagrees, who understands it."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.pipeline.cli.conftest import Run
from tests.vr360.spherical.synthetic import Track, movie, noise
from vr360.spherical import SphericalMetadata, inject


@pytest.fixture
def film(tmp_path: Path, tiny_film: Path, run_ffmpeg: Callable[..., bytes]) -> Path:
    """The tiny film as an MP4 of its own."""
    path = tmp_path / "film.mp4"
    run_ffmpeg("-i", tiny_film, "-c:v", "libx264", "-c:a", "copy", path)
    return path


def test_a_real_film_is_described_with_its_stream(command: Run, film: Path) -> None:
    inject(film, SphericalMetadata(yaw=10.5))
    code, out, _ = command("inspect", film)
    assert code == 0
    assert "equirect, mono, yaw 10.5°" in out
    assert "YouTube       recognises it" in out
    assert "misses the name suffix _360" in out
    assert "23.976 fps" in out


def test_what_is_made_of_an_untagged_picture_goes_by_its_shape(command: Run, tmp_path: Path):
    for size, said in (((64, 128), "equirect, mono: no metadata, but 2:1"), ((96, 128), "nothing")):
        path = tmp_path / "still.png"
        Image.fromarray(np.zeros((*size, 3), np.uint8)).save(path)
        assert f"taken as      {said}" in command("inspect", path)[1]


def test_json_of_one_file_is_an_object_and_of_several_a_list(command: Run, film: Path) -> None:
    inject(film, SphericalMetadata())
    found = json.loads(command("inspect", film, "--json")[1])
    assert found["metadata"]["projection"] == "equirect"
    assert [s["source"] for s in found["statements"]] == ["V1", "V2"]
    assert found["stream"]["codec"] == "h264"
    assert found["stream"]["rate"] == "24000/1001"
    assert {t["target"] for t in found["targets"]} == {"YouTube", "Quest", "VLC", "visionOS"}
    several = json.loads(command("inspect", film, film, "--json")[1])
    assert several == [found, found]


def test_a_still_is_described(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "still.jpg"
    Image.fromarray(np.zeros((64, 128, 3), np.uint8)).save(path)
    inject(path, SphericalMetadata())
    code, out, _ = command("inspect", path)
    assert code == 0
    assert "GPano" in out
    assert "128x64" in out


def test_disagreements_and_problems_are_named(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(movie(Track(samples=noise(1))))
    inject(path, SphericalMetadata(stereo="tb"), any_shape=True)
    path.write_bytes(path.read_bytes().replace(b">top-bottom<", b">left-right<"))
    code, out, _ = command("inspect", path)
    assert code == 0
    assert "disagreement  V2 and V1 differ in stereo; V2 wins" in out
    path.write_bytes(path.read_bytes().replace(b"svhd", b"free"))
    assert "problem       V2: sv3d lacks its svhd box" in command("inspect", path)[1]


def test_a_film_of_another_kind_has_no_metadata(
    command: Run, film: Path, tmp_path: Path, run_ffmpeg: Callable[..., bytes]
) -> None:
    path = tmp_path / "film.avi"
    run_ffmpeg("-i", film, "-c:v", "mpeg4", "-an", path)
    code, out, _ = command("inspect", path)
    assert code == 0
    assert "of a kind without spherical metadata" in out
    assert "none stated" in out


def test_what_nobody_can_read_is_refused_in_one_line(command: Run, tmp_path: Path) -> None:
    path = tmp_path / "garbage.bin"
    path.write_bytes(b"\x93garbage" * 99)
    code, out, err = command("inspect", path)
    assert (code, out) == (1, "")
    assert "neither a film nor a still" in err
    assert "Traceback" not in err
    assert command("inspect", tmp_path / "missing.mp4")[0] == 1


def test_a_right_eye_and_a_lens_without_the_other_are_said(command, tmp_path, make_film):
    photo = tmp_path / "eye.vr.jpg"
    code = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
    eye = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-'
        b'syntax-ns#"><rdf:Description xmlns:GImage="http://ns.google.com/photos/1.0/image/" '
        b'GImage:Mime="image/jpeg" GImage:Data="AAAA"/></rdf:RDF></x:xmpmeta>'
    )
    packet = b"http://ns.adobe.com/xap/1.0/\0" + eye
    photo.write_bytes(
        code[:2] + b"\xff\xe1" + (len(packet) + 2).to_bytes(2, "big") + packet + code[2:]
    )
    assert "right eye     in its XMP" in command("inspect", photo)[1]
    lens = make_film("f.mp4", np.zeros((2, 64, 64, 3), np.uint8))
    lens = lens.rename(tmp_path / "VID_20220110_121609_10_657.insv")
    told = command("inspect", lens)[1]
    assert "nothing: shows one lens; the other one's file VID_20220110_121609_00_657.insv" in told
