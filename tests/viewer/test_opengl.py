"""What the graphics driver says, and how it is passed on."""

import pytest

from viewer.opengl import GL, headless_context
from vr360.errors import DisplayError


def test_what_the_driver_refuses_without_a_window_is_one_line():
    with pytest.raises(DisplayError) as caught, headless_context():
        GL.glTexImage2D(
            GL.GL_TEXTURE_2D, 0, GL.GL_RGB8, 1 << 24, 8, 0, GL.GL_RGB, GL.GL_UNSIGNED_BYTE, None
        )
    assert "refused to draw: a value or a size" in str(caught.value)
    assert "\n" not in str(caught.value)
