"""What the bars around every screen say: camera, queue, and the bench's own figures."""

from __future__ import annotations

from parcelguard.core.events import CameraChanged, CameraState
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because
from parcelguard.runtime.translation import tr, trn
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.sentences import label

SHORT_QUEUE_S = 45  # less is not worth a word


def camera_chip(camera: CameraChanged) -> str:
    """Return what the camera's chip says."""
    if camera.state is CameraState.STARTING:
        return tr("Camera starting")
    if camera.state is CameraState.LOST:
        return tr("No camera")
    size = tr("Camera {height}p", height=camera.height) if camera.height else tr("Camera")
    pace = tr("{frames} fps", frames=round(camera.fps)) if camera.fps else ""
    return " · ".join(part for part in (size, pace) if part)


def camera_help(camera: CameraChanged) -> tuple[str, str]:
    """Return headline and advice for the empty picture."""
    if camera.state is CameraState.STARTING:
        return tr("Camera starting"), tr("You can scan already.")
    words = said(camera.reason or because(CameraReason.NO_CAMERA))
    return label(words.headline), words.advice


def sending_chip(count: int, lasts: str) -> str:
    """Return how many proofs are on their way; `lasts`: how long the queue takes, if that is worth a word."""
    return _with_time(trn("Sending {count}", "Sending {count}", count), lasts)


def waiting_chip(count: int, lasts: str) -> str:
    """Return how many proofs wait for something."""
    return _with_time(trn("Waiting {count}", "Waiting {count}", count), lasts)


def attention_chip(count: int) -> str:
    """Return how many proofs need a person."""
    return trn("Needs a check {count}", "Needs a check {count}", count)


def queue_time(seconds: int) -> str:
    """Return how long a queue takes, roughly; nothing for what is over in a moment."""
    if seconds < SHORT_QUEUE_S:
        return ""
    minutes = round(seconds / 60)
    if minutes < 60:
        return tr("about {minutes} min", minutes=minutes)
    # Nobody waits that long to the minute.
    hours, rest = divmod(round(minutes / 5) * 5, 60)
    if rest:
        return tr("about {hours} h {minutes} min", hours=hours, minutes=rest)
    return tr("about {hours} h", hours=hours)


def packed_today(packed: int) -> str:
    """Return the bench's count."""
    return trn("{count} packed today", "{count} packed today", packed)


def pace(seconds: int | None) -> str:
    """Return the bench's speed, or nothing when there is none yet."""
    return tr("{seconds} s per order, last hour", seconds=seconds) if seconds is not None else ""


def _with_time(count: str, lasts: str) -> str:
    return " · ".join(part for part in (count, lasts) if part)
