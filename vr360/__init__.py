"""What a 360° frame and a 360° file are: geometry, media and spherical metadata.

    import vr360
    vr360.stylize("clip.mp4", "film.mp4", style="starry_night")

The public names come from `vr360.api` the first time that one is asked for (PEP 562), so that
`import vr360` loads no library. Beside that module nothing here knows about styles or networks:
`pipeline` and `viewer` build on this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vr360.api import (
        convert,
        inject,
        inspect,
        load_projection,
        load_style,
        measure,
        open,
        optimize,
        remove,
        stitch,
        stylize,
        train,
    )

__all__ = [
    "convert",
    "inject",
    "inspect",
    "load_projection",
    "load_style",
    "measure",
    "open",
    "optimize",
    "remove",
    "stitch",
    "stylize",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'vr360' has no attribute {name!r}")
    from vr360 import api

    _check_pipeline()
    return getattr(api, name)


def _check_pipeline() -> None:
    """Raise ImportError where somebody's own `pipeline` hides the package that is meant."""
    from importlib.util import find_spec
    from pathlib import Path

    found = find_spec("pipeline")
    ours = Path(__file__).parents[1] / "pipeline" / "__init__.py"
    if found is None or found.origin is None or Path(found.origin).resolve() != ours.resolve():
        hidden = found.origin if found else None
        raise ImportError(
            f"vr360 needs its own package `pipeline`, but {hidden or 'none'} was found; "
            "rename that file, or run your script from another folder"
        )


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
