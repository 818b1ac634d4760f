"""Any picture as a style: the nearest blend of known looks, refined on the film's own views."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.backends import choose_device
from pipeline.nets.checkpoint import load_gallery
from pipeline.nets.vgg import network_in
from pipeline.source.delivery import Span
from pipeline.source.preprocess import open_resizer
from pipeline.source.unfolding import open_unfolding
from pipeline.styles import GALLERY
from pipeline.styles.learned import check_pictures, kept_at, pictures_of
from pipeline.temporal.cuts import left_eye
from pipeline.training.data import cube_faces
from pipeline.training.recipe import StyleSource
from pipeline.training.settings import TrainSettings
from pipeline.training.train import TrainProgress, preview_path, report_path, resume_path, train
from vr360.frame import VideoInfo, in_bytes
from vr360.media.reader import read_frames
from vr360.media.stills import encoded

Watch = Callable[[str, TrainProgress], None]
"""Told of every step: which picture, how far."""

MOMENTS = 4  # of the film that views are taken from
FACE = 512  # pixels a side of a view
LEAST_MINUTES = 1e-6  # the blend as it was predicted, one step on


def with_learned(
    written: Sequence[str],
    info: VideoInfo,
    span: Span,
    *,
    seconds: float = 60,
    vgg_weights: Path | None = None,
    device: str = "auto",
    camera: str = "auto",
    watch: Watch = lambda picture, state: None,
) -> list[str]:
    """Styles as `parse_look` reads them, each picture among them replaced by a file to paint with.

    What is learned of a picture is kept under `cache_folder()`, by the contents of the picture, the
    gallery, and the seconds.

    Args:
        info, span: the film to be painted; the look is learned on views of it.
        seconds: to refine each look by; 0 takes it as it was predicted.
        camera: lenses of dual-fisheye footage, see `open_unfolding`.
        vgg_weights: features of torchvision's VGG-16 or VGG-19; None downloads them.

    Raises:
        StyleImageError: no picture, or nothing to learn in it.
        VideoOpenError, CheckpointError: weights that are not there or cannot be used.
    """
    check_pictures(written, seconds, vgg_weights)
    learned = {}
    for picture in pictures_of(written):
        out = kept_at(Path(picture), seconds)
        if not out.is_file():
            shown = info, span, camera
            for state in _learn(Path(picture), out, shown, seconds, vgg_weights, device):
                watch(picture, state)
        learned[picture] = str(out)
    return [_replaced(text, learned) for text in written]


def _learn(
    picture: Path,
    out: Path,
    shown: tuple[VideoInfo, Span, str],
    seconds: float,
    vgg_weights: Path | None,
    device: str,
) -> Iterator[TrainProgress]:
    settings = TrainSettings(
        iterations=None,
        minutes=max(seconds / 60, LEAST_MINUTES),
        convolutions=False,
        network=network_in(vgg_weights) if vgg_weights else "vgg16",
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as views:
        _save_views(*shown, Path(views))
        yield from train(
            [StyleSource(re.sub(r"[^\w-]+", "_", picture.stem), picture)],
            out,
            Path(views),
            settings,
            start=load_gallery(GALLERY),
            data_card={"rights": "views of the film itself"},
            vgg_weights=vgg_weights,
            device=choose_device(device),
            resume=resume_path(out).is_file(),
        )
    for beside in (resume_path(out), preview_path(out), report_path(out)):
        beside.unlink(missing_ok=True)


def _save_views(info: VideoInfo, span: Span, camera: str, folder: Path) -> None:
    """Faces of cubes about the left (or only) eye, at even moments, each turned otherwise."""
    unfold, eye_of = open_unfolding(info, camera=camera).unfold, left_eye(info.stereo)
    length = span.end(info) - span.start
    for moment in range(MOMENTS):
        at = span.start + length * Fraction(moment, MOMENTS)
        frame = next(read_frames(info, Fraction(0) if info.is_still else at))
        eye = in_bytes(unfold(eye_of(frame)))
        sphere = open_resizer((eye.shape[0], eye.shape[1]), (2 * FACE, 4 * FACE))(eye)
        for side, face in enumerate(cube_faces(sphere, yaw=moment, pitch=moment / 3)):
            (folder / f"{moment}-{side}.png").write_bytes(encoded(face, ".png"))


def _replaced(text: str, learned: dict[str, str]) -> str:
    """A style as it is written, its pictures' names replaced: whole ones, between `:` and `,`."""
    names = "|".join(re.escape(name) for name in sorted(learned, key=len, reverse=True))
    whole = rf"(?<![^,:\s])({names})(?![^,:\s])"
    return re.sub(whole, lambda found: learned[found[0]], text) if learned else text
