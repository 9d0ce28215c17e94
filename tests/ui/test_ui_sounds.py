from __future__ import annotations

import wave
from collections.abc import Iterator
from threading import Barrier, Event, Thread

import pytest

from parcelguard.core.events import Cue
from parcelguard.runtime.assets import asset
from parcelguard.ui import sounds as sounds_module
from parcelguard.ui.sounds import Filler, Sounds, read_clip
from tests.support.camera_helpers import wait_for


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
    player.fall_silent()
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
    silent.fall_silent()
    assert [record.message for record in caplog.records] == ["no sound: no card"]


def test_volume_zero_never_opens_the_device() -> None:
    def refuse() -> FakeDevice:
        raise AssertionError("opened")

    silent = Sounds(0, refuse)
    silent.play(Cue.STOP)
    silent.fall_silent()


class Unplugged(FakeDevice):
    """A device that was opened and then pulled out."""

    def start(self, filler: Filler) -> None:
        super().start(filler)
        raise OSError("pulled out")


def test_after_the_device_was_unplugged_the_next_cue_opens_it_anew(
    caplog: pytest.LogCaptureFixture, device: FakeDevice
) -> None:
    gone = Unplugged()
    devices = iter([gone, device])
    player = Sounds(80, lambda: next(devices))
    player.play(Cue.SCANNED)
    wait_for(lambda: gone.closed)

    player.play(Cue.PHOTO)
    clip = read_clip(asset("sounds/photo.wav"), 0.8)
    assert device.hear(len(clip))[: len(clip)] == clip, "and not the cue of back then"

    player.fall_silent()
    assert device.closed
    assert [record.message for record in caplog.records] == ["no sound: pulled out"]


def test_a_device_that_cannot_rest_is_opened_anew(
    monkeypatch: pytest.MonkeyPatch, device: FakeDevice
) -> None:
    class Stuck(FakeDevice):
        def stop(self) -> None:
            raise OSError("pulled out")

    monkeypatch.setattr(sounds_module, "REST_AFTER_S", 0.01)
    stuck = Stuck()
    devices = iter([stuck, device])
    player = Sounds(80, lambda: next(devices))
    player.play(Cue.SCANNED)
    wait_for(lambda: stuck.closed)
    player.play(Cue.PHOTO)
    assert device.started.wait(5)
    player.fall_silent()


def test_cues_of_a_time_without_sound_are_not_played_later() -> None:
    opening, may_fail = Event(), Event()
    attempts: list[int] = []

    def refuse() -> FakeDevice:
        attempts.append(1)
        opening.set()
        assert may_fail.wait(5)
        raise OSError("no card")

    silent = Sounds(80, refuse)
    silent.play(Cue.SCANNED)
    assert opening.wait(5)
    for _ in range(20):
        silent.play(Cue.PHOTO)
    may_fail.set()
    silent.fall_silent()
    assert len(attempts) == 1


def test_cues_from_several_threads_share_one_device() -> None:
    opened: list[FakeDevice] = []
    together = Barrier(8)

    def open_device() -> FakeDevice:
        opened.append(FakeDevice())
        return opened[-1]

    player = Sounds(80, open_device)

    def play() -> None:
        together.wait(5)
        player.play(Cue.LOOK)

    couriers = [Thread(target=play) for _ in range(8)]
    for courier in couriers:
        courier.start()
    for courier in couriers:
        courier.join()
    player.fall_silent()
    assert [device.closed for device in opened] == [True]
