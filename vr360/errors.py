"""The one error tree.

Every message says what happened, in which file, and what to do about it. The command line prints
it as one line and exits with 1, the viewer shows it in its window; a few places catch one to do
without what was asked for. Programmer mistakes raise `ValueError`.

    Vr360Error
    ├── InputError                what the user gave cannot be used
    │   ├── VideoOpenError        missing, empty, truncated, corrupt, or not a picture at all
    │   ├── NotEquirectError      a picture, but not a 360° one
    │   ├── CheckpointError       not a style of ours, or damaged
    │   ├── StyleImageError       a painting or photo folder that training cannot use
    │   ├── CameraError           an unknown camera, a calibration that does not parse or fit
    │   └── OutputError           exists, is the input, or cannot be written
    ├── DisplayError              no display, or no OpenGL 3.3 to draw with
    ├── EncodeError               ffmpeg refused or died
    └── MetadataError             spherical metadata that cannot be read or written
        └── OtherProjectionError  it names a projection that is not read here
"""

from __future__ import annotations


class Vr360Error(Exception):
    """Base of everything that is the user's, the file's or the disk's fault."""


class InputError(Vr360Error):
    """What the user gave cannot be used."""


class VideoOpenError(InputError):
    """The file is missing, empty, truncated, corrupt, or holds no picture."""


class NotEquirectError(InputError):
    """The file holds a picture, but not a 360° one."""


class CheckpointError(InputError):
    """The file is not a style checkpoint of ours, or is damaged."""


class StyleImageError(InputError):
    """A painting or a photo folder that training cannot use."""


class CameraError(InputError):
    """An unknown camera, or a calibration that does not parse or does not fit the picture."""


class OutputError(InputError):
    """The target exists, equals the input, or cannot be written."""


class DisplayError(Vr360Error):
    """There is no display, or no OpenGL 3.3 to draw with."""


class EncodeError(Vr360Error):
    """ffmpeg refused the settings or died half-way."""


class MetadataError(Vr360Error):
    """Spherical metadata cannot be read from or written to the file."""


class OtherProjectionError(MetadataError):
    """The metadata names a projection that is not read here."""
