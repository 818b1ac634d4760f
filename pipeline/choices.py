"""The words that the jobs of this package take; those about pictures stand in `vr360.choices`.

One list of words for the command line and for Python: a job takes the member or its word. Nothing
heavy is imported, so that a wrong word is named before any net is.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vr360.choices import chosen
from vr360.errors import InputError


class Device(StrEnum):
    """Where nets run; `auto` is the fastest at hand. A number picks one of several: `cuda:1`."""

    AUTO = "auto"
    CUDA = "cuda"
    MPS = "mps"
    CPU = "cpu"


class CanvasKind(StrEnum):
    """How the sphere is laid out for the net, see `pipeline.painting.canvas`."""

    AUTO = "auto"
    EQUIRECT = "equirect"
    CUBEMAP = "cubemap"


class Padding(StrEnum):
    """What convolutions see beyond an edge: the sphere, or a picture continued and cropped."""

    SPHERE = "sphere"
    WRAP = "wrap"


class Statistics(StrEnum):
    """What normalisations go by: the whole shot, or each frame alone."""

    SHOT = "shot"
    FRAME = "frame"


class Jobs(StrEnum):
    """Whether a film is made as a job that can be gone on with."""

    AUTO = "auto"
    ALWAYS = "always"
    KEEP = "keep"
    NEVER = "never"


class Engine(StrEnum):
    """What paints the segments of a job: this process, or the tasks of a Ray cluster."""

    HERE = "here"
    RAY = "ray"


class Temporal(StrEnum):
    """Hold the film still along the source's optical flow, or paint frame by frame."""

    FLOW = "flow"
    NONE = "none"


class Level(StrEnum):
    """What tells where the horizon is: nothing, the camera's telemetry, or the picture."""

    NONE = "none"
    GRAVITY = "gravity"
    PICTURE = "picture"


class Flow(StrEnum):
    """What finds the optical flow, see `pipeline.temporal.raft.flow_quality`."""

    AUTO = "auto"
    DIS = "dis"
    FINE = "fine"
    RAFT = "raft"


class EyePainting(StrEnum):
    """The right eye takes the left one's painting where both see, or is painted for itself."""

    MATCHED = "matched"
    OWN = "own"


class StereoOrAuto(StrEnum):
    """A `Stereo`, or what the file says."""

    AUTO = "auto"
    MONO = "mono"
    TOP_BOTTOM = "tb"
    LEFT_RIGHT = "lr"
    RIGHT_LEFT = "rl"


class SourceKind(StrEnum):
    """What a film that is painted may be: a `Projection`, or one lens."""

    EQUIRECT = "equirect"
    CUBEMAP = "cubemap"
    EQUI_ANGULAR = "equi-angular"
    HALF_EQUIRECT = "half-equirect"
    DUAL_FISHEYE = "dual-fisheye"
    FISHEYE = "fisheye"


class PictureKind(StrEnum):
    """What a side of a conversion may be: a `Projection`, a view, or what the file says."""

    AUTO = "auto"
    EQUIRECT = "equirect"
    CUBEMAP = "cubemap"
    EQUI_ANGULAR = "equi-angular"
    HALF_EQUIRECT = "half-equirect"
    DUAL_FISHEYE = "dual-fisheye"
    RECTILINEAR = "rectilinear"
    FISHEYE = "fisheye"
    LITTLE_PLANET = "little-planet"


class FaceLayout(StrEnum):
    """How a conversion lays cube faces: a `CubeLayout`, or six pictures in a folder."""

    C3X2 = "c3x2"
    CBMP = "cbmp"
    C6X1 = "c6x1"
    CROSS = "cross"
    EAC = "eac"
    FACES = "faces"


class ImageKind(StrEnum):
    """What kind of style image is learned, see `pipeline.training.settings.PRESETS`."""

    PAINTING = "painting"
    PHOTO = "photo"
    ANIMATION = "animation"


class OptimizeKind(StrEnum):
    """What kind of style image is painted after, see `pipeline.optimize.settings.PRESETS`."""

    PAINTING = "painting"
    ANIMATION = "animation"


class Network(StrEnum):
    """Whose features are compared; `auto` takes what the weights at hand hold."""

    AUTO = "auto"
    VGG16 = "vgg16"
    VGG19 = "vgg19"


class Optimizer(StrEnum):
    """What descends."""

    ADAM = "adam"
    LBFGS = "lbfgs"


class StyleTerm(StrEnum):
    """How a painting by optimisation is compared with the painting it is to be like."""

    GRAM = "gram"
    TRANSPORT = "transport"


class FrameStart(StrEnum):
    """Where a film's next frame begins to be optimised."""

    INDEPENDENT = "independent"
    PREVIOUS = "previous"
    FLOW = "flow"


class Histogram(StrEnum):
    """Whose colours are matched to whose before optimising."""

    NONE = "none"
    SCENE = "scene"
    FILM = "film"


class Precision(StrEnum):
    """Numbers that the features are computed in."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


def check_device(word: str) -> None:
    """Raise InputError for what is no `Device`; whether it is there is asked later."""
    kind, colon, number = word.partition(":")
    chosen(Device, kind if not colon or kind == Device.CUDA else word, "--device")
    if colon and not number.isdecimal():
        raise InputError(f"--device {word}: the number of a GPU comes behind it, as cuda:1")


def settle(
    job: Any,
    *,
    paths: tuple[str, ...] = (),
    options: Mapping[str, str] = MappingProxyType({}),
    **kinds: type[StrEnum],
) -> None:
    """Make paths and enum members of what a frozen job was given as words; None stays None.

    Args:
        job: a dataclass in its `__post_init__`.
        paths: names of the fields that hold paths.
        options: what fields are called on the command line, where that is not their name.
        kinds: name of a field, and the enum of its words.

    Raises:
        InputError: a word that its enum lacks.
    """
    for name in paths:
        path = getattr(job, name)
        object.__setattr__(job, name, None if path is None else Path(path))
    for name, kind in kinds.items():
        word = getattr(job, name)
        if word is not None:
            option = options.get(name, "--" + name.replace("_", "-"))
            object.__setattr__(job, name, chosen(kind, word, option))
