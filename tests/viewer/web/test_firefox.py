"""The page in Debian's Firefox: the picture, the keys, captions."""

import base64
import shutil
import sys
from math import radians

import cv2
import numpy as np
import pytest

from tests.viewer.clips import write_clip
from tests.viewer.scenes import mean_error, sphere_scene
from tests.viewer.web.firefox import Firefox
from tests.viewer.web.test_extras import WORDS
from tests.viewer.web.test_picture import BAR, SIZE, reference
from viewer.web.site import ShareJob, share
from vr360.choices import Projection

BINARY = shutil.which("firefox-esr") or shutil.which("firefox")
pytestmark = [
    pytest.mark.web,
    pytest.mark.skipif(BINARY is None, reason="no Firefox: sudo apt-get install firefox-esr"),
    pytest.mark.skipif(
        shutil.which("xvfb-run") is None, reason="no xvfb: sudo apt-get install xvfb"
    ),
]


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    firefox = Firefox(BINARY, tmp_path_factory.mktemp("profile"))
    yield firefox
    firefox.close()


DYING = """#!{python}
import pathlib, socket, sys
server = socket.create_server(("127.0.0.1", 0))
told = pathlib.Path(sys.argv[-1], "MarionetteActivePort")
told.write_text(str(server.getsockname()[1]))
server.accept()[0].close()
"""


@pytest.mark.parametrize("text", ["#!/bin/false\n", DYING], ids=["before", "while it is asked"])
def test_a_browser_that_ends_is_an_error_and_not_waited_for(text, tmp_path):
    binary = tmp_path / "firefox"
    binary.write_text(text.format(python=sys.executable))
    binary.chmod(0o755)
    with pytest.raises(AssertionError, match="Firefox has ended"):
        Firefox(str(binary), tmp_path)


@pytest.fixture
def open_site(firefox, tmp_path, serve):
    """`open_site(query, *films, **job)`: the page of what is shared so."""

    def go(query, *films, **job):
        share(ShareJob(films, tmp_path / "site", **job))
        firefox.visit(serve(tmp_path / "site") + query)
        firefox.wait("document.querySelector('#player[data-ready]') !== null")
        assert firefox.run("document.getElementById('trouble').textContent") == ""
        return firefox

    return go


def test_the_picture_is_right_over_seam_and_poles(open_site, tmp_path):
    scene = sphere_scene(256)
    cv2.imwrite(str(tmp_path / "still.png"), scene[..., ::-1])
    page = open_site("", tmp_path / "still.png")
    fixed = f"Object.assign(vr360.canvas.style, {{ width: '{SIZE[1]}px', height: '{SIZE[0]}px' }})"
    page.run(fixed)
    for yaw, pitch in [(0, 0), (180, 0), (0, 90), (0, -90)]:
        at = f"{{ yaw: {radians(yaw)}, pitch: {radians(pitch)}, fov: {radians(90)} }}"
        shot = page.run(f"(vr360.look({at}), vr360.snapshot())")
        data = np.frombuffer(base64.b64decode(shot.split(",")[1]), np.uint8)
        found = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
        assert mean_error(found, reference(scene, Projection.EQUIRECT, yaw, pitch)) < BAR


def test_keys_play_and_step_single_frames(open_site, tmp_path):
    write_clip(tmp_path / "clip.mp4", 90, 96, 30, sound=True)
    (tmp_path / "clip.vtt").write_text(WORDS)
    page = open_site("?t=1", tmp_path / "clip.mp4")
    page.wait("vr360.drawn === 30 && !vr360.video.seeking")
    page.wait("document.getElementById('caption').textContent === 'First words'")
    for key, number in ((".", 31), (".", 32), (",", 31)):
        page.press(key)
        page.wait(f"vr360.drawn === {number}")
    page.press(" ")
    page.wait("vr360.playing && vr360.drawn > 40")
    page.press(" ")
    page.wait("!vr360.playing")
    page.press("d")
    assert page.run("vr360.at.yaw") == pytest.approx(radians(5))
