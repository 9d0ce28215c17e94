"""What is said about the camera."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import ReasonKind

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    CameraReason.NO_CAMERA: (
        msgid("No camera."),
        msgid("Check the camera's cable. Photos taken so far are safe."),
    ),
}
