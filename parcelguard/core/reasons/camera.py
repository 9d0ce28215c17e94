"""What keeps the camera from giving pictures, and a photo from being taken."""

from __future__ import annotations

from enum import StrEnum


class CameraReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    # no pictures
    NO_CAMERA = "no_camera"
    CAMERA_RESTARTS = "camera_restarts"
    NO_STREAM = "no_stream"
    PICTURE_STANDS_STILL = "picture_stands_still"
    # the settings name something that gives none
    NO_SUCH_CAMERA = "no_such_camera"
    CAMERAS_HAVE_NUMBERS = "cameras_have_numbers"
    NO_SUCH_FILE = "no_such_file"
    NOT_A_STREAM = "not_a_stream"
    NOT_A_VIDEO = "not_a_video"
    NO_PICTURES_IN_FOLDER = "no_pictures_in_folder"
    # a photo that was asked for
    PHOTO_NOT_TAKEN = "photo_not_taken"
    NO_CAMERA_NO_PHOTO = "no_camera_no_photo"
    STILL_PICTURE_NO_PHOTO = "still_picture_no_photo"
