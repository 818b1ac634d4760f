"""OpenGL as this package uses it, and a context without a window.

PyOpenGL resolves its functions through EGL on Linux: that works for EGL contexts and, through the
vendor-neutral dispatch library, for those that Qt makes with GLX.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vr360.errors import DisplayError

if sys.platform.startswith("linux"):
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

from OpenGL import GL
from OpenGL.error import Error as GraphicsError

__all__ = ["GL", "GraphicsError", "check_version", "headless_context", "refusal"]

SURFACELESS = 0x31DD  # EGL_MESA_platform_surfaceless
DEVICE = 0x313F  # EGL_EXT_platform_device
REFUSALS = {
    GL.GL_INVALID_VALUE: "a value or a size that it does not take",
    GL.GL_INVALID_OPERATION: "an operation that it does not take",
    GL.GL_OUT_OF_MEMORY: "out of memory",
}


def check_version() -> str:
    """Name of the renderer of the current context.

    Raises:
        DisplayError: the context is older than OpenGL 3.3.
    """
    major, minor = (int(GL.glGetIntegerv(n)) for n in (GL.GL_MAJOR_VERSION, GL.GL_MINOR_VERSION))
    if (major, minor) < (3, 3):
        raise DisplayError(
            f"the display offers OpenGL {major}.{minor}; the viewer needs 3.3: "
            "update the graphics driver, or set LIBGL_ALWAYS_SOFTWARE=1 to draw on the CPU"
        )
    return str(GL.glGetString(GL.GL_RENDERER).decode())


def refusal(error: GraphicsError) -> str:
    """One line about what the driver would not do; PyOpenGL's own words take ten."""
    reason = REFUSALS.get(getattr(error, "err", 0)) or " ".join(str(error).split())
    return f"the graphics driver refused to draw: {reason}"


@contextmanager
def headless_context() -> Iterator[str]:
    """Make a core 3.3 context without a window current in this thread; yields its renderer's name.

    Raises:
        DisplayError: this machine has no EGL, or no OpenGL 3.3, or its driver refuses to draw what
            is drawn in this context.
    """
    egl = _egl()
    display, context = _first_context(egl)
    try:
        yield check_version()
    except GraphicsError as error:
        raise DisplayError(refusal(error)) from error
    finally:
        egl.eglMakeCurrent(display, egl.EGL_NO_SURFACE, egl.EGL_NO_SURFACE, egl.EGL_NO_CONTEXT)
        egl.eglDestroyContext(display, context)


def _egl() -> Any:
    try:
        from OpenGL import EGL
    except (ImportError, AttributeError) as error:
        raise DisplayError(
            "drawing without a window needs EGL (on Debian: libegl1 and libgl1-mesa-dri)"
        ) from error
    return EGL


def _first_context(egl: Any) -> tuple[Any, Any]:
    """Display and current context of the first platform that gives one."""
    reasons = []
    for open_display in (_surfaceless_display, _device_display, _default_display):
        try:
            display = open_display(egl)
            return display, _make_current(egl, display)
        except (GraphicsError, LookupError) as error:
            reasons.append(f"{open_display.__name__.strip('_')}: {type(error).__name__}")
    raise DisplayError(
        f"no OpenGL 3.3 without a window here ({', '.join(reasons)}); "
        "install Mesa's software driver (on Debian: libegl1 libgl1-mesa-dri)"
    )


def _surfaceless_display(egl: Any) -> Any:
    return _platform_display(egl, SURFACELESS, None)


def _device_display(egl: Any) -> Any:
    from OpenGL.EGL.EXT.device_enumeration import eglQueryDevicesEXT

    devices = (egl.EGLDeviceEXT * 8)()
    count = egl.EGLint()
    eglQueryDevicesEXT(8, devices, count)
    if count.value == 0:
        raise LookupError("no device")
    return _platform_display(egl, DEVICE, devices[0])


def _default_display(egl: Any) -> Any:
    return _initialised(egl, egl.eglGetDisplay(egl.EGL_DEFAULT_DISPLAY))


def _platform_display(egl: Any, platform: int, native: Any) -> Any:
    from OpenGL.EGL.EXT.platform_base import eglGetPlatformDisplayEXT

    if not bool(eglGetPlatformDisplayEXT):
        raise LookupError("EGL_EXT_platform_base")
    return _initialised(egl, eglGetPlatformDisplayEXT(platform, native, None))


def _initialised(egl: Any, display: Any) -> Any:
    if not display:
        raise LookupError("no display")
    egl.eglInitialize(display, egl.EGLint(), egl.EGLint())
    return display


def _make_current(egl: Any, display: Any) -> Any:
    """A core 3.3 context without a surface, current in this thread."""
    egl.eglBindAPI(egl.EGL_OPENGL_API)
    wanted = [egl.EGL_RENDERABLE_TYPE, egl.EGL_OPENGL_BIT, egl.EGL_SURFACE_TYPE, 0, egl.EGL_NONE]
    config, found = (egl.EGLConfig * 1)(), egl.EGLint()
    egl.eglChooseConfig(display, (egl.EGLint * len(wanted))(*wanted), config, 1, found)
    if not found.value:
        raise LookupError("no configuration")
    core = [0x3098, 3, 0x30FB, 3, 0x30FD, 1, egl.EGL_NONE]  # major, minor, core profile
    context = egl.eglCreateContext(
        display, config[0], egl.EGL_NO_CONTEXT, (egl.EGLint * len(core))(*core)
    )
    if not context:
        raise LookupError("no context")
    egl.eglMakeCurrent(display, egl.EGL_NO_SURFACE, egl.EGL_NO_SURFACE, context)
    return context
