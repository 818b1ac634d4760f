"""What a 360° frame and a 360° file are: geometry, media and spherical metadata.

    import vr360
    vr360.stylize("clip.mp4", "film.mp4", style="starry_night")

The public names come from `vr360.api` the first time that one is asked for (PEP 562), so that
`import vr360` loads no library. Beside that package nothing here knows about styles or networks:
`pipeline` and `viewer` build on this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from vr360.api import *  # noqa: F403


def __getattr__(name: str) -> Any:
    names = () if name.startswith("_") and name != "__all__" else ("__all__", *_api().__all__)
    if name not in names:
        raise AttributeError(f"module 'vr360' has no attribute {name!r}")
    if name != "__all__":
        _check_pipeline()
    return getattr(_api(), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_api().__all__})


def _api() -> Any:
    from importlib import import_module

    return import_module("vr360.api")


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
