"""What every command has: options in panels, worked examples, and the spellings of yesterday."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pipeline.choices import OptimizeKind
from pipeline.cli.console import say
from pipeline.cli.examples import EXAMPLES

LOOK, SPHERE, TIME, OUTPUT, EXPERT = "Look", "Sphere", "Time", "Output", "Expert"
TRAINING = "Training"

PANELS = {
    LOOK: (
        "style", "strength", "stroke", "then", "preserve_colour", "paint_width", "unrealness",
        "kind", "crop", "add_block", "style_scale", "denoise", "dissolve", "scale",
        "style_weight", "match", "histogram", "show", "yaw", "pitch", "roll", "fov", "from_fov",
        "eyes", "compare", "wipe", "from_optimised", "optimised", "images", "width", "painting",
        "refine", "view",
    ),
    SPHERE: (
        "source_projection", "from_", "to", "layout", "from_layout", "stereo", "camera",
        "calibrate", "save_camera", "swap", "turned", "lens_fov", "projection", "canvas",
        "level", "lock", "chapters",
    ),
    TIME: (
        "start", "duration", "rate", "temporal", "smoothness", "paint_every", "passes", "cuts",
        "at", "on",
    ),
    OUTPUT: (
        "preset", "size", "force", "as_json", "out", "report", "screenshot", "export", "path",
        "sheet", "thumbnails", "name", "title", "artist", "year", "rights", "data_rights", "keep",
        "each", "name_suffix", "in_place", "jobs", "resume", "source", "baseline", "check",
        "preview", "scene", "poster", "max_width", "port", "lan", "workers", "price", "drawings",
        "address", "live", "to_sdr", "edl", "clips", "timeline",
    ),
    TRAINING: ("photos", "panoramas", "gallery", "iterations", "minutes", "convolutions"),
    EXPERT: (
        "device", "median", "padding", "statistics", "flow", "codec", "crf", "pixel_format",
        "speed", "interpolation", "network", "vgg_weights", "content_layers", "style_layers",
        "tv_weight", "style_term", "optimizer", "learning_rate", "scales", "init", "flow_weight",
        "precision", "part_pixels", "warm_up", "segment", "seed", "track", "keep_order",
        "any_shape", "ambisonic", "apple", "strip_location", "engine", "memory",
    ),
}  # fmt: skip
"""One panel for one word, in every command that has it."""

_PANEL_OF = {name: panel for panel, names in PANELS.items() for name in names}

RENAMED: dict[str, dict[str, str]] = {
    "train": {"--preset": "--kind", "--from": "--gallery"},
    "explore": {"--preset": "--kind"},
    "optimize": {"--encoding": "--preset"},
    "stylize": {"--projection": "--canvas"},
    "view": {"--projection": "--from"},
}
"""Options whose old spelling is still taken, for one version."""


class Commands(TyperGroup):
    """`vr360` itself, and `vr360 styles`."""

    def get_params(self, ctx: Any) -> list[Any]:
        """As click does; a flag takes no word, so its help names no type."""
        return without_types_of_flags(super().get_params(ctx))


class Command(TyperCommand):
    """A sub-command of `vr360`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.epilog = epilog(EXAMPLES.get(str(self.name), ()))
        for param in self.params:
            if param.param_type_name == "argument" and param.metavar is None:
                param.metavar = str(param.name).upper()  # as texts speak of it
            if param.name in _PANEL_OF:
                param.rich_help_panel = _PANEL_OF[param.name]  # type: ignore[attr-defined]
        panels = [None, *PANELS]  # arguments, and what has no panel, come first
        self.params.sort(key=lambda param: panels.index(getattr(param, "rich_help_panel", None)))

    def get_params(self, ctx: Any) -> list[Any]:
        """See `Commands.get_params`."""
        return without_types_of_flags(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As click does, after today's names have replaced yesterday's."""
        try:
            return super().parse_args(ctx, list(todays(str(self.name), args)))
        except typer.BadParameter as error:
            error.message = reworded(error)
            raise


def reworded(error: typer.BadParameter) -> str:
    """What is wrong with an option, with the word that was given in place of pydantic's own."""
    pydantic: Callable[[], list[Any]] = getattr(error.__cause__, "errors", list)
    given = "".join(str(found["input"]) for found in pydantic()[:1])
    said = error.message.removeprefix("Value error, ").partition(", unable to parse")[0]
    return f"{given} {said.removeprefix('Input ')}" if said.startswith("Input ") else said


def todays(command: str, args: Sequence[str]) -> Iterator[str]:
    """The words of a command line with options under today's names; says what it replaced."""
    for place, word in enumerate(args):
        option, equals, value = word.partition("=")
        following = value if equals else "".join(args[place + 1 : place + 2])
        new = _todays(command, option, following)
        if new != option:
            say("", f"vr360 {command} {option} is called {new} now; the old name will go")
        yield new + equals + value


def _todays(command: str, option: str, value: str) -> str:
    # --preset of optimize was the kind of style image, and is the encoding
    if command == "optimize" and option == "--preset" and value in list(OptimizeKind):
        return "--kind"
    return RENAMED.get(command, {}).get(option, option)


def without_types_of_flags(params: list[Any]) -> list[Any]:
    """`--force`, not `--force <bool>`."""
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params


def epilog(examples: Sequence[str]) -> str:
    """Examples below the help, a paragraph each."""
    return "\n\n".join(["Examples:", *examples]) if examples else ""
