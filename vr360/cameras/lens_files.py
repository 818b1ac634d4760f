"""Films whose lenses lie in a file each, as Insta360 cameras write 5.7K.

VID_20220110_121609_00_657.insv and VID_20220110_121609_10_657.insv: date, time, then the lens, the
kind of file, and the number of the film. Previews in which the second figure is 1 go alike.

Source: insta.pk360.de, *File types*; nerfstudio, `insta360_utils.py`, which takes `_00_` first.
"""

from __future__ import annotations

import re
from pathlib import Path

_NAMED = re.compile(r"(.*_\d{8}_\d{6}_)([01])(\d_\d+.*)")
FIRST, SECOND = "0", "1"


def lens_files(path: Path) -> tuple[Path, Path] | None:
    """The files of the first and the second lens, there or not, of which `path` is one.

    None where the name is none that such cameras give.
    """
    match = _NAMED.fullmatch(path.name)
    if match is None:
        return None
    before, _, after = match.groups()
    return path.with_name(before + FIRST + after), path.with_name(before + SECOND + after)


def other_lens(path: Path) -> Path | None:
    """The file of the other lens, there or not."""
    files = lens_files(path)
    return None if files is None else files[files[0] == path]
