"""Where a result grows until it is complete: beside its target, under a name that is nobody else's.

    .NAME.PLACE-PID-RANDOM.partial

PLACE stands for the machine and PID for the process that makes it, so that what a killed run left
can be told from what another one is still at work on. NAME is cut where the whole would be longer
than the file system takes.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import zlib
from contextlib import suppress
from itertools import count
from pathlib import Path

from vr360.errors import OutputError

_OWNED = re.compile(
    r"\.(?P<name>.+)\.(?P<place>[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{8}\.partial", re.DOTALL
)
_OURS = 48  # bytes that a partial name may have besides that of its target
_USUAL_LIMIT = 255  # bytes of a name


class Partial:
    """A file or folder on its way to a target.

    What has the target's name when the work begins is replaced in the end; what takes it
    meanwhile is not, because whoever made it may still want it.

    Args:
        target: the file or folder to be made; a link is followed.

    Attributes:
        path: where it grows.
    """

    def __init__(self, target: Path) -> None:
        self.target = target.resolve() if target.is_symlink() else target
        self._named = target
        self._replaces = os.path.lexists(self.target)
        mine = f"{_place()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.path = self.target.with_name(f"{_prefix(self.target)}{mine}.partial")

    def make(self, folder: bool = False) -> Path:
        """Make it, empty, and clear what killed runs to the same target have left.

        Raises:
            OutputError: it cannot be made; so a target that refuses does so before the work begins.
        """
        self._clear()
        try:
            if folder:
                self.path.mkdir()
            else:
                self.path.touch(exist_ok=False)
        except OSError as error:
            reason = f"its folder cannot be written: {error.strerror}"
            raise OutputError(f"{self._named}: {reason}") from None
        return self.path

    def settle(self, replace: bool = True) -> None:
        """Give the complete result its name.

        Args:
            replace: False keeps what has the name although it had it from the beginning.

        Raises:
            OutputError: the name is taken; says where the result is instead.
        """
        if os.path.lexists(self.target) and not (self._replaces and replace):
            spare = _free_name(self.target)
            self.path.rename(spare)
            raise OutputError(
                f"{self._named}: came to be while the work was done and is left as it is; "
                f"the result is {spare}"
            )
        if self.path.is_dir():
            shutil.rmtree(self.target, ignore_errors=True)
        self.path.replace(self.target)

    def discard(self) -> None:
        """Leave nothing of it behind; a result that has its name stays."""
        _remove(self.path)

    def _clear(self) -> None:
        start = _prefix(self.target)
        with suppress(OSError):  # a folder that may be written to but not listed
            for left in self.target.parent.iterdir():
                if left.name.startswith(start) and _is_orphan(left.name):
                    _remove(left)


def write_whole(target: Path, data: bytes) -> None:
    """Write a small file, all of it or nothing, over an older one if there is any.

    Raises:
        OSError: the disk is full or refuses.
        OutputError: it cannot be made.
    """
    partial = Partial(target)
    try:
        partial.make().write_bytes(data)
        partial.settle()
    finally:
        partial.discard()


def check_name(path: Path) -> None:
    """Raise OutputError for a name that is longer than the file system takes, in bytes."""
    longest, length = _longest(path.parent), len(os.fsencode(path.name))
    if length > longest:
        raise OutputError(
            f"{path}: the name has {length} bytes and may have {longest}; name a shorter one"
        )


def _prefix(target: Path) -> str:
    """What the partial names of a target begin with; a partial's own partial has the same."""
    owned = _OWNED.fullmatch(target.name)
    name = os.fsencode(owned["name"] if owned else target.name)
    room = _longest(target.parent) - _OURS
    return f".{name[:room].decode(errors='ignore')}."


def _longest(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows; no such folder
        return _USUAL_LIMIT


def _is_orphan(name: str) -> bool:
    """Whether a name is that of a partial whose process on this machine has ended."""
    owned = _OWNED.fullmatch(name)
    return owned is not None and owned["place"] == _place() and not process_runs(int(owned["pid"]))


def _place() -> str:
    """Eight digits for where process numbers mean what they mean here: machine and container."""
    try:
        container = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        container = ""
    return f"{zlib.crc32(f'{platform.node()} {container}'.encode()):08x}"


def process_runs(pid: int) -> bool:
    """Whether a process of that number runs on this machine, as far as it can be known."""
    if os.name != "posix":  # where asking ends the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _free_name(target: Path) -> Path:
    names = (target.with_name(f"{target.stem}-{n}{target.suffix}") for n in count(2))
    return next(name for name in names if not os.path.lexists(name))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):  # not there, or in a folder that refuses
            path.unlink()
