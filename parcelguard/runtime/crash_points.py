"""Named places where a test may break the program: killed, failing or slow, at exactly that point.

`PARCELGUARD_FAULT=name:action` is honoured only where PARCELGUARD_TEST is set too; in a normal run
`hit` does nothing. Actions: `kill` ends the process as SIGKILL does, `raise` fails like a bad disk,
`full` like a full one, `stop` freezes the process as sleep does, `sleep=SECONDS` is slow. A number
behind a second colon waits for that visit (`name:kill:3`); without one the first counts, and only it.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from threading import Lock, get_ident

POINTS = (
    # a photo, in the camera's process
    "photo.taken",  # the frame is chosen, nothing is written
    "file.half_written",
    "file.flushed",  # not renamed yet
    "file.renamed",  # the folder is not flushed yet
    "file.folder_flushed",
    # the desk
    "photo.kept",  # the file is durable, its row is not begun
    "photo.row",  # inside the transaction, before COMMIT
    "photo.committed",  # the tick is not shown yet
    "save.asked",  # F4, before its transaction
    "save.rows",  # inside it
    "save.committed",  # the sound is not played yet
    "save.described",  # proof.json is written
    # the courier
    "send.choosing",
    "send.claimed",  # the attempt is on disk, the wire untouched
    "send.marked",  # the wire mark is on disk, no byte has left
    "send.half_written",  # the request's head has left
    "send.written",  # all of it has left
    "send.answered",  # an answer is here and not kept
    "send.kept",  # its outcome is on disk
    "look.done",  # the chat was read back, nothing is concluded
    "decide.row",  # a person's answer, inside the transaction
    # around it
    "token.asked",  # the journal says that a refresh token is being spent; no call has left
    "token.answered",  # a new pair of tokens is here and not kept
    "token.journaled",  # it is in the journal, and not in the vault
    "backup.half_written",
    "upgrade.step",
)

_lock = Lock()
_visits = 0


def _planned() -> tuple[str, str, int]:
    asked = os.environ.get("PARCELGUARD_FAULT", "") if os.environ.get("PARCELGUARD_TEST") else ""
    if not asked:
        return "", "", 0
    name, action, *visit = asked.split(":")
    if name not in POINTS:
        raise ValueError(f"no crash point {name}")
    return name, action, int(visit[0]) if visit else 1


_NAME, _ACTION, _VISIT = _planned()


def hit(name: str) -> None:
    """Break here if this run was told to. `name` is one of POINTS."""
    global _visits
    if name != _NAME:
        return
    with _lock:
        _visits += 1
        strikes = _visits == _VISIT
    if strikes:
        _strike()


def _strike() -> None:
    if _ACTION == "kill":
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    elif _ACTION == "stop":
        signal.pthread_kill(get_ident(), signal.SIGSTOP)  # to this thread: none gets a step further
    elif _ACTION in ("raise", "full"):
        number = errno.ENOSPC if _ACTION == "full" else errno.EIO
        raise OSError(number, os.strerror(number))
    else:
        time.sleep(float(_ACTION.removeprefix("sleep=")))
