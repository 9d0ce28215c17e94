"""What is said about the camera."""

from __future__ import annotations

from collections.abc import Mapping

from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import ReasonKind

_CABLE = msgid("Check the camera’s cable. Photos taken so far are safe.")
_SETTINGS = msgid("Name a webcam, an address, a video file or a folder in the settings.")

WORDS: Mapping[ReasonKind, tuple[str, str]] = {
    CameraReason.NO_CAMERA: (msgid("No camera."), _CABLE),
    CameraReason.CAMERA_RESTARTS: (
        msgid("No camera."),
        msgid("The camera starts again by itself. Photos taken so far are safe."),
    ),
    CameraReason.NO_STREAM: (
        msgid("No camera."),
        msgid("Check that the camera is on and in the network. Photos taken so far are safe."),
    ),
    CameraReason.PICTURE_STANDS_STILL: (msgid("The picture has not moved for {seconds} s."), _CABLE),
    CameraReason.NO_SUCH_CAMERA: (msgid("No camera named {name}."), _CABLE),
    CameraReason.CAMERAS_HAVE_NUMBERS: (
        msgid("On this system a webcam is named by its number."),
        msgid('Write source = "0" (or "1", "2") in the settings. The doctor command lists the numbers.'),
    ),
    CameraReason.NO_SUCH_FILE: (msgid("The video file or folder is not there."), _SETTINGS),
    CameraReason.NOT_A_STREAM: (
        msgid("This camera address cannot be used."),
        msgid("Use an address that begins with rtsp:// or http://."),
    ),
    CameraReason.NOT_A_VIDEO: (msgid("This video cannot be played."), _SETTINGS),
    CameraReason.NO_PICTURES_IN_FOLDER: (msgid("There are no pictures in this folder."), _SETTINGS),
    CameraReason.PHOTO_NOT_TAKEN: (
        msgid("Photo not taken. Press F1 again."),
        msgid("Photos taken so far are safe."),
    ),
    CameraReason.NO_CAMERA_NO_PHOTO: (msgid("No camera. Photo not taken. Press F1 again."), _CABLE),
    CameraReason.STILL_PICTURE_NO_PHOTO: (msgid("The picture stands still. Photo not taken."), _CABLE),
}
