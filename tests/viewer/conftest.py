import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from viewer.opengl import headless_context
from viewer.renderer import Renderer
from vr360.errors import DisplayError


@pytest.fixture(scope="module")
def renderer():
    """One renderer without a window for all tests of a module."""
    context = headless_context()
    try:
        context.__enter__()
    except DisplayError as error:
        pytest.skip(str(error))
    renderer = Renderer()
    yield renderer
    renderer.close()
    context.__exit__(None, None, None)
