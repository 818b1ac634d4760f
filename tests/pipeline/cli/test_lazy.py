"""A typo is named before anything heavy is loaded."""

import json
import subprocess
import sys
from pathlib import Path

import cv2

from tests.pipeline.conftest import soft_noise

ROOT = Path(__file__).parents[3]
NETS = {"torch", "openvino", "torchvision", "scenedetect"}
PICTURES = {"numpy", "cv2", "av"}

TRY = """
import contextlib, io, json, sys
from pipeline.cli import main
found = []
for arguments in json.loads(sys.argv[1]):
    sys.argv, err, code = ["vr360", *arguments], io.StringIO(), 0
    import pipeline.cli.console as console
    console.console.file = err
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    found.append([code, err.getvalue(), [name for name in sys.modules if "." not in name]])
print(json.dumps(found))
"""


def run(*commands: list[str], cwd: Path = ROOT, **env: str) -> list[tuple[int, str, set[str]]]:
    """Exit code, stderr and loaded packages after each, all in one process."""
    words = [sys.executable, "-c", TRY, json.dumps(commands)]
    env |= {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=cwd, check=True, capture_output=True, text=True, env=env)
    return [(code, said, set(names)) for code, said, names in json.loads(done.stdout)]


def test_help_and_version_load_no_library_of_pictures():
    for code, _, loaded in run(["--help"], ["--version"], ["stylize", "--help"]):
        assert code == 0
        assert not loaded & (NETS | PICTURES)


def test_what_is_mistyped_is_named_before_a_net_is_loaded(tmp_path: Path):
    for name in ("clip.mp4", "painting.png", "there.mp4"):
        (tmp_path / name).write_text("of any kind")
    (tmp_path / "empty.toml").touch()
    (tmp_path / "folder").mkdir()
    style, painted = ["--style", "starry_night"], ["--style", "painting.png"]
    cases = [
        (["stylize", "no.mp4", "o.mp4", *style], "no.mp4: no such file"),
        (["stylize", "clip.mp4", "o.mp4", *style], "clip.mp4: neither a film nor a picture"),
        (["stylize", "folder", "o.mp4", *style], "folder: the folder holds no frames"),
        (["film", "empty.toml", "o.mkv"], "empty.toml:1: no scene"),
        (["film", "no.toml", "o.mkv"], "no.toml: cannot be read"),
        (["stylize", "clip.mp4", "o.mp4", "--style", "stary_nigt"], "did you mean starry_night?"),
        (["stylize", "clip.mp4", "o.mp4", *style, "--then", "nosuch"], "nosuch: no such style"),
        (["stylize", "clip.mp4", "o.mp4", "--style", "no.safetensors"], "no.safetensors: no such"),
        (["stylize", "clip.mp4", "o.webp", *style], "o.webp: films are written as"),
        (["stylize", "clip.mp4", "o.mp4", *style, "--preset", "prores"], "preset prores goes into"),
        (["stylize", "clip.mp4", "there.mp4", *style], "there.mp4: exists already; --force"),
        (["stylize", "clip.mp4", "clip.mp4", *style, "--force"], "is the input itself"),
        (["stylize", "clip.mp4", "no/o.mp4", *style], "does not exist"),
        (["optimize", "no.png", "o.png", *painted], "no.png: no such file"),
        (["optimize", "clip.mp4", "o.png", "--style", "no.png"], "no.png: no such file"),
        (["optimize", "clip.mp4", "o.tif", *painted], "stills as .jpg, .jpeg, .png"),
        (["explore", "no.png", "looks", *painted], "no.png: no such file"),
        (["train", "no.png", "o.safetensors", "--photos", "."], "no.png: no such file"),
        (["train", "painting.png", "o.pth", "--photos", "."], "NAME.safetensors"),
        (["train", "painting.png", "o.safetensors", "--photos", "no"], "no such folder"),
        (["discover", "nosuch", "--out", "looks"], "nosuch: no such style"),
        (["measure", "clip.mp4", "--source", "no.mp4"], "no.mp4: no such file"),
        (["measure", "--style", "nosuch"], "nosuch: no such style"),
        (["styles", "show", "nosuch"], "nosuch: no such style"),
        (["demo", "--style", "nosuch"], "nosuch: no such style"),
        (["convert", "no.mp4", "o.mp4"], "no.mp4: no such file"),
        (["stitch", "no.mp4", "o.mp4"], "no.mp4: no such file"),
        (["inspect", "no.mp4"], "no.mp4"),
    ]
    before = sorted(tmp_path.iterdir())
    found = run(*(words for words, _ in cases), cwd=tmp_path)
    for (words, said), (code, stderr, loaded) in zip(cases, found, strict=True):
        assert code == 1, words
        assert len(stderr.splitlines()) == 1, stderr
        assert said in stderr
        assert ("did you mean" in stderr) == ("did you mean" in said)
        assert not loaded & NETS, words
    assert sorted(tmp_path.iterdir()) == before


def test_weights_that_cannot_be_fetched_are_named_before_a_net_is_loaded(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "sphere.png"), soft_noise(64, 128, 0))
    cv2.imwrite(str(tmp_path / "painting.png"), soft_noise(128, 128, 0))
    learn, painting = ["stylize", "sphere.png", "o.png", "--style"], ["--style", "painting.png"]
    found = run(
        [*learn, "painting.png"],
        [*learn, "starry_night", "--then", "painting.png"],
        ["optimize", "sphere.png", "o.png", *painting],
        ["explore", "sphere.png", "looks", *painting],
        ["measure", "sphere.png", "--source", "sphere.png", *painting],
        cwd=tmp_path,
        TORCH_HOME=str(tmp_path / "torch"),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        https_proxy="http://127.0.0.1:9",  # nobody listens there
    )
    for code, stderr, loaded in found:
        assert code == 1
        assert stderr.startswith("error: vgg16-397923af.pth: ")
        assert str(tmp_path / "torch" / "hub" / "checkpoints") in stderr
        assert "--vgg-weights FILE" in stderr
        assert len(stderr.splitlines()) == 1
        assert not loaded & NETS
    assert not (tmp_path / "torch").exists()
