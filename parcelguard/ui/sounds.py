"""The five sounds of a bench, played from a thread of their own.

`play` never waits and never raises: without a sound card a bench packs on in silence. The
device is opened with the first sound, rests when nothing was heard for a while, and is opened anew
with the next sound after it failed.
"""

from __future__ import annotations

import logging
import sys
import wave
from array import array
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from os import environ
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Protocol

from parcelguard.core.events import Cue
from parcelguard.runtime.assets import asset

log = logging.getLogger(__name__)

RATE = 22_050
BUFFER_MS = 40
REST_AFTER_S = 20.0
OPENING_S = 3.0

Filler = Generator[bytes, int, None]


class Device(Protocol):
    """What is needed of an audio device."""

    def start(self, filler: Filler, /) -> None:
        """Begin to ask `filler` for frames."""

    def stop(self) -> None:
        """Stop asking."""

    def close(self) -> None:
        """Give the device back."""


class Sounds:
    """Plays the newest cue; only a stop is heard to its end."""

    def __init__(self, volume_percent: int, open_device: Callable[[], Device] | None = None) -> None:
        self._volume = volume_percent / 100
        self._open_device = open_device or _open_device
        self._asked: SimpleQueue[Cue | None] = SimpleQueue()
        self._lock = Lock()
        self._playing = b""
        self._next = b""
        self._uncut = False  # what plays is a stop
        self._clips: dict[Cue, bytes] = {}
        self._device: Device | None = None
        self._running = False  # the device asks for frames
        self._silent = False  # and said so in the log
        self._tried = Event()
        self._thread: Thread | None = None

    @property
    def available(self) -> bool:
        """Whether there is something to play on. Opens the device to find out."""
        self._wake()
        self._tried.wait(OPENING_S)
        return self._device is not None

    def play(self, cue: Cue) -> None:
        """Let a cue be heard soon."""
        if self._volume > 0:
            self._asked.put(cue)
            self._wake()

    def fall_silent(self) -> None:
        """End the thread, and give the device back."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._asked.put(None)
            thread.join(OPENING_S)

    def _wake(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="sounds", daemon=True)
                self._thread.start()

    # ---- the thread ------------------------------------------------------------------

    def _run(self) -> None:
        ended = not self._attempt(self._open)
        self._tried.set()
        while not ended:
            try:
                cue = self._asked.get(timeout=REST_AFTER_S if self._running else None)
            except Empty:
                ended = not self._attempt(self._rest)
                continue
            ended = cue is None or not self._attempt(partial(self._sound, cue))
        self._give_back()

    def _attempt(self, what: Callable[[], None]) -> bool:
        """Do it; a device that fails is given back and opened anew with the next cue. False: the end came."""
        try:
            what()
        except Exception as error:  # noqa: BLE001 - any driver's failure means silence, nothing worse
            if not self._silent:
                log.warning("no sound: %s", error)
            self._silent = True
            goes_on = self._drop_asked()
            self._give_back()
            return goes_on
        return True

    def _open(self) -> None:
        if self._device is None:
            self._device = self._open_device()
            self._clips = self._clips or {
                cue: read_clip(asset(f"sounds/{cue}.wav"), self._volume) for cue in Cue
            }

    def _sound(self, cue: Cue) -> None:
        self._open()
        self._choose(self._clips[cue], stop=cue is Cue.STOP)
        if self._device is not None and not self._running:
            filler = self._fill()
            next(filler)
            self._device.start(filler)
            self._running, self._silent = True, False

    def _rest(self) -> None:
        self._running = False
        if self._device is not None:
            self._device.stop()

    def _give_back(self) -> None:
        device, self._device, self._running = self._device, None, False
        if device is not None:
            with suppress(Exception):  # it is gone already
                device.close()
        with self._lock:
            self._playing = self._next = b""

    def _drop_asked(self) -> bool:
        """Forget the cues of a time without sound; False if the end was asked for among them."""
        with suppress(Empty):
            while self._asked.get_nowait() is not None:
                pass
            return False
        return True

    def _choose(self, clip: bytes, *, stop: bool) -> None:
        with self._lock:
            if self._uncut and self._playing and not stop:
                self._next = clip
            else:
                self._playing, self._next, self._uncut = clip, b"", stop

    def _fill(self) -> Filler:
        """Yield what the device asks for; silence between the sounds."""
        frames = yield b""
        while True:
            frames = yield self._take(frames * 2)

    def _take(self, size: int) -> bytes:
        with self._lock:
            if not self._playing and self._next:
                self._playing, self._next, self._uncut = self._next, b"", False
            taken, self._playing = self._playing[:size], self._playing[size:]
        return taken.ljust(size, b"\0")


def read_clip(path: Path, volume: float) -> bytes:
    """Return the samples of a sound, made softer."""
    with wave.open(str(path), "rb") as file:
        samples = array("h", file.readframes(file.getnframes()))
    return array("h", (round(sample * volume) for sample in samples)).tobytes()


def _open_device() -> Device:
    if not _card_present():
        raise OSError("no sound card")
    import miniaudio  # only here: not every bench has sound, and no first paint waits for it

    real = [backend for backend in miniaudio.Backend if backend is not miniaudio.Backend.NULL]
    device: Device = miniaudio.PlaybackDevice(
        nchannels=1, sample_rate=RATE, buffersize_msec=BUFFER_MS, backends=real, app_name="ParcelGuard"
    )
    return device


def _card_present() -> bool:
    """Look before asking ALSA: without a card it writes pages to the console."""
    if sys.platform != "linux":
        return True
    runtime = Path(environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    if (runtime / "pulse" / "native").exists() or (runtime / "pipewire-0").exists():
        return True
    cards = Path("/proc/asound/cards")
    return bool(environ.get("PULSE_SERVER")) or (cards.exists() and "no soundcards" not in cards.read_text())
