"""What can be chosen of a training: contradictions are named before a file is opened."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.choices import ImageKind
from pipeline.training.job import TrainJob, train_styles
from vr360.errors import InputError, OutputError, StyleImageError, VideoOpenError


def job(folder: Path, **options: Any) -> TrainJob:
    return TrainJob(folder / "painting.png", folder / "out.safetensors", folder, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"iterations": 5, "minutes": 1.0}, "--iterations and --minutes"),
        ({"keep": True, "gallery": "none"}, "--keep"),
        ({"keep": True, "convolutions": True}, "--keep"),
        ({"kind": "sculpture"}, "painting, photo, animation"),
        ({"network": "alexnet"}, "vgg16"),
        ({"device": "abacus"}, "--device"),
    ],
)
def test_contradictions_are_refused_when_the_job_is_made(
    tmp_path: Path, options: dict[str, Any], said: str
):
    with pytest.raises(InputError, match=said):
        job(tmp_path, **options)


def test_words_and_text_become_choices_and_paths():
    made = TrainJob("a.png", "b.safetensors", "photos", kind="photo")  # type: ignore[arg-type]
    assert (made.image, made.kind) == (Path("a.png"), ImageKind.PHOTO)


def test_files_are_asked_for_one_after_the_other(tmp_path: Path):
    with pytest.raises(VideoOpenError, match=r"painting\.png"):
        train_styles(job(tmp_path), print)
    (tmp_path / "painting.png").write_bytes(b"of any kind")
    with pytest.raises(StyleImageError, match="no such folder"):
        TrainJob(tmp_path / "painting.png", tmp_path / "o.pth", tmp_path / "none").check_files()
    (tmp_path / "out.safetensors").touch()
    with pytest.raises(OutputError, match="--force"):
        job(tmp_path).check_files()
    job(tmp_path, force=True).check_files()
    job(tmp_path, resume=True).check_files()
