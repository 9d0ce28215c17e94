"""What keeps the camera from giving pictures."""

from __future__ import annotations

from enum import StrEnum


class CameraReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    NO_CAMERA = "no_camera"
