"""Tiny real films, made once a session, and the tools that read them independently."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import pytest

SOURCES = (
    *("-f", "lavfi", "-i", "testsrc2=s=128x64:r=10:d=0.4"),
    *("-f", "lavfi", "-i", "sine=d=0.4:r=48000"),
)
CODECS = {
    "avc1": ("libx264", "-tag:v", "avc1", "-g", "2"),
    "hvc1": ("libx265", "-tag:v", "hvc1", "-x265-params", "log-level=none:keyint=2"),
    "hev1": ("libx265", "-tag:v", "hev1", "-x265-params", "log-level=none:keyint=2"),
    "av01": ("libsvtav1", "-preset", "10"),
    "vp09": ("libvpx-vp9", "-deadline", "realtime"),
    "mp4v": ("mpeg4",),
    "ap4h": ("prores_ks", "-profile:v", "4444"),
}
LAYOUTS = {
    "moov last": (),
    "moov first": ("-movflags", "+faststart"),
    "fragments, base is moof": ("-movflags", "frag_keyframe+empty_moov+default_base_moof"),
    "fragments, absolute": ("-movflags", "frag_keyframe+empty_moov"),
    "fragments, indexed": ("-movflags", "dash+global_sidx"),
}


def need(tool: str) -> str:
    """The tool's path; skips the test where it is not installed."""
    found = shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    return found


def run(*command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`make_clip(codec, suffix, layout)`: a film of 128x64 with sound, four frames long."""
    folder = tmp_path_factory.mktemp("clips")
    ffmpeg = shutil.which("ffmpeg")

    def make(codec: str = "avc1", suffix: str = ".mp4", layout: str = "moov last") -> Path:
        if ffmpeg is None:
            pytest.skip("ffmpeg is not installed")
        native = {"ap4h": ".mov"}.get(codec, ".mp4")
        path = folder / f"{codec} {layout}{native}"
        if not path.exists():
            encoder, *options = CODECS[codec]
            encode = ("-c:v", encoder, *options, "-c:a", "aac", *LAYOUTS[layout])
            try:
                run(ffmpeg, "-v", "error", "-y", *SOURCES, *encode, path)
            except AssertionError as error:
                pytest.skip(f"this ffmpeg cannot write {codec}: {error}")
        if suffix == native:
            return path
        return _rebranded(path, suffix)

    return make


def _rebranded(path: Path, suffix: str) -> Path:
    """The same boxes under the other file type, for codecs that ffmpeg writes into one only."""
    brand = {".mov": b"qt  ", ".mp4": b"isom"}[suffix]
    other = path.with_suffix(suffix)
    data = path.read_bytes()
    assert data[4:8] == b"ftyp"
    other.write_bytes(data[:8] + brand + data[12:])
    return other


@pytest.fixture(scope="session")
def matroska(make_clip: Callable[..., Path]) -> Path:
    """The same film in Matroska, as ffmpeg lays it out."""
    source = make_clip()
    path = source.with_suffix(".mkv")
    run(need("ffmpeg"), "-v", "error", "-y", "-i", source, "-c", "copy", path)
    return path


def stream_hashes(path: Path) -> list[str]:
    """A hash of the packets of each stream, in no order."""
    return all_stream_hashes([path])[0]


def all_stream_hashes(paths: list[Path]) -> list[list[str]]:
    """The same for many files in one run of ffmpeg."""
    inputs = [part for path in paths for part in ("-i", path)]
    counts = []
    for path in paths:
        with av.open(str(path)) as container:
            counts.append(len(container.streams))
    maps = [part for i in range(len(paths)) for part in ("-map", str(i))]
    options = ("-c", "copy", "-f", "streamhash", "-hash", "md5", "-")
    out = run(need("ffmpeg"), "-v", "error", *inputs, *maps, *options).splitlines()
    assert len(out) == sum(counts)
    lines = iter(line.partition(",")[2] for line in sorted(out, key=lambda s: int(s.split(",")[0])))
    return [sorted(next(lines) for _ in range(count)) for count in counts]
