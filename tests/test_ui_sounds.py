from __future__ import annotations

import wave
from collections.abc import Iterator
from threading import Event

import pytest

from parcelguard.events import Cue
from parcelguard.resources import asset
from parcelguard.ui.sounds import Filler, Sounds, read_clip


class FakeDevice:
    def __init__(self) -> None:
        self.filler: Filler | None = None
        self.started = Event()
        self.closed = False

    def start(self, filler: Filler) -> None:
        self.filler = filler
        self.started.set()

    def stop(self) -> None:
        self.filler = None

    def close(self) -> None:
        self.closed = True

    def hear(self, frames: int) -> bytes:
        assert self.started.wait(5)
        assert self.filler is not None
        return self.filler.send(frames)


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice()


@pytest.fixture
def sounds(device: FakeDevice) -> Iterator[Sounds]:
    player = Sounds(80, lambda: device)
    yield player
    player.close()
    assert device.closed


@pytest.mark.parametrize("cue", Cue)
def test_every_cue_has_a_short_small_sound(cue: Cue) -> None:
    path = asset(f"sounds/{cue}.wav")
    with wave.open(str(path), "rb") as file:
        seconds = file.getnframes() / file.getframerate()
    assert path.stat().st_size <= 60_000
    assert seconds <= (1.2 if cue is Cue.STOP else 0.6)


def test_the_five_sounds_differ() -> None:
    assert len({asset(f"sounds/{cue}.wav").read_bytes() for cue in Cue}) == len(Cue)


def test_a_cue_is_heard_and_then_silence(sounds: Sounds, device: FakeDevice) -> None:
    sounds.play(Cue.SCANNED)
    clip = read_clip(asset("sounds/scanned.wav"), 0.8)
    heard = device.hear(len(clip))
    assert heard[: len(clip)] == clip
    assert not any(device.hear(100))


def test_volume_makes_it_softer() -> None:
    path = asset("sounds/sent.wav")
    assert max(read_clip(path, 0.1)[1::2]) <= max(read_clip(path, 1.0)[1::2])
    assert not any(read_clip(path, 0.0))


def test_a_bench_without_sound_card_packs_on_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> FakeDevice:
        raise OSError("no card")

    silent = Sounds(80, refuse)
    assert not silent.available
    for _ in range(3):
        silent.play(Cue.PHOTO)
    silent.close()
    assert [record.message for record in caplog.records] == ["no sound: no card"]


def test_volume_zero_never_opens_the_device() -> None:
    def refuse() -> FakeDevice:
        raise AssertionError("opened")

    silent = Sounds(0, refuse)
    silent.play(Cue.STOP)
    silent.close()
