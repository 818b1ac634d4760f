"""What a painting in the making keeps on disk: results, the state to continue from, a preview.

All of it lies in the folder `OUTPUT.optimising` until the output is complete.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from torch import Tensor

from pipeline.nets.checkpoint import load_tensors, save_tensors
from pipeline.nets.tensors import to_rgb
from pipeline.optimize.descent import Descent
from vr360.errors import InputError, OutputError
from vr360.media.stills import encoded, store

KIND = "vr360-optimising"
EVERY = 20.0  # seconds between two savings
PREVIEW_EVERY = 5.0


def workspace_path(output: Path) -> Path:
    """The folder beside `output`."""
    return output.with_name(output.name + ".optimising")


class Workspace:
    """The folder of one run.

    Args:
        output: of the run.
        settings: JSON of all that decides what comes out; a run continues with the same only.
        resume: continue what lies there.
        force: begin anew although something lies there.

    Raises:
        OutputError: an unfinished run lies there and neither is given; nothing can be written.
        InputError: it was begun with other settings.
    """

    def __init__(self, output: Path, settings: str, resume: bool, force: bool) -> None:
        self.folder = workspace_path(output)
        self._saved = self._shown = time.monotonic()
        if self.folder.exists() and not resume:
            self._begin_anew(force)
        self._open(output, settings)

    @property
    def preview(self) -> Path:
        return self.folder / "preview.jpg"

    def result(self, key: str) -> Tensor | None:
        """What `keep` kept: (1, 3, H, W) float32."""
        path = self._path(key)
        return load_tensors(path, KIND)[0]["rgb"].float() if path.is_file() else None

    def keep(self, key: str, rgb: Tensor) -> Tensor:
        """Keep a result, and give back what `result` will read."""
        half = rgb.detach().cpu().half().contiguous()
        save_tensors(self._path(key), {"rgb": half}, {"kind": KIND})
        self._path("now").unlink(missing_ok=True)
        return half.float()

    def drop(self, key: str) -> None:
        """A result that nobody will ask for any more."""
        self._path(key).unlink(missing_ok=True)

    def watch(self, key: str, descent: Descent) -> None:
        """Save and show every few seconds."""
        now = time.monotonic()
        if now - self._saved > EVERY:
            self.save(key, descent)
        if now - self._shown > PREVIEW_EVERY:
            self.show(descent.rgb)

    def save(self, key: str, descent: Descent) -> None:
        """What `restore` continues from."""
        tensors, numbers = descent.state()
        tensors = {name: t.cpu() for name, t in tensors.items()}
        plain = {k: float(v) if isinstance(v, Tensor) else v for k, v in numbers.items()}
        header = {"kind": KIND, "key": key, "numbers": json.dumps(plain)}
        save_tensors(self._path("now"), tensors, header)
        self._saved = time.monotonic()

    def restore(self, key: str, descent: Descent) -> None:
        """Take a descent to where it was saved, if it was."""
        if not self._path("now").is_file():
            return
        tensors, header = load_tensors(self._path("now"), KIND)
        if header["key"] == key:
            descent.load(tensors, json.loads(header["numbers"]))

    def show(self, rgb: Tensor) -> None:
        """The preview as it is now, (1, 3, H, W)."""
        store(self.preview, encoded(to_rgb(rgb, 8)[0], ".jpg"))
        self._shown = time.monotonic()

    def remove(self) -> None:
        """The output is complete."""
        shutil.rmtree(self.folder)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.safetensors"

    def _begin_anew(self, force: bool) -> None:
        if not (self.folder / "settings.json").is_file():
            raise OutputError(f"{self.folder}: not made by vr360 optimize; move it away")
        if not force:
            raise OutputError(
                f"{self.folder}: an unfinished run; --resume continues it, --force begins anew"
            )
        self.remove()

    def _open(self, output: Path, settings: str) -> None:
        kept = self.folder / "settings.json"
        try:
            self.folder.mkdir(exist_ok=True)
            if kept.is_file() and kept.read_text(encoding="utf-8") != settings:
                raise InputError(
                    f"{output}: was begun with other settings or inputs; --force begins anew"
                )
            kept.write_text(settings, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be written ({error.strerror})") from None
