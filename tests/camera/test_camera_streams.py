from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from parcelguard.camera.sources.mjpeg import Parts
from parcelguard.camera.sources.streams import NetworkStream, shown
from parcelguard.core.errors import CameraUnavailable
from parcelguard.core.events import CameraState
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because
from tests.support.camera_helpers import (
    PhoneCamera,
    Picture,
    Station,
    decoded,
    ffmpeg_camera,
    free_port,
    label_picture,
    needs_labels,
    photographed_labels,
    scene,
    wait_for,
)

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="FFmpeg is not installed")
TEXT = "SPXMY04217788312"


def label() -> Picture:
    gray = label_picture(TEXT, 2.5, turn=40, size=(1280, 720))
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8)


@needs_ffmpeg
def test_a_network_camera_is_shown_read_and_photographed_and_its_end_is_told(tmp_path: Path) -> None:
    picture = tmp_path / "label.png"
    cv2.imwrite(str(picture), label())
    port = free_port()
    with Station(f"http://127.0.0.1:{port}/", tmp_path) as station:
        with ffmpeg_camera(picture, port):
            live = station.wait_live()
            assert (live.width, live.height) == (1280, 720)
            assert wait_for(lambda: station.codes)[0].text == TEXT
            photo = station.photo()
            assert (photo.width, photo.height) == (1280, 720)
        assert station.wait_lost().reason == because(CameraReason.NO_STREAM)
        with ffmpeg_camera(picture, port):
            station.wait_live()
            station.wait_frames(5)

    kept = decoded((tmp_path / photo.path).read_bytes(), cv2.IMREAD_GRAYSCALE)
    assert np.abs(kept.astype(int) - label()[..., 0]).mean() < 10
    assert [code.text for code in station.codes] in ([TEXT], [TEXT, TEXT])  # again after it was away


def _all_read(station: Station, texts: set[str]) -> bool:
    return texts <= {code.text for code in station.codes}


@needs_ffmpeg
@needs_labels
def test_photographed_labels_in_a_stream_are_read_after_every_interruption(tmp_path: Path) -> None:
    port = free_port()
    with Station(f"http://127.0.0.1:{port}/", tmp_path) as station:
        for kinds in (("code128", "code39", "itf"), ("ean13", "qr", "datamatrix")):
            bench, texts = photographed_labels(kinds)
            picture = tmp_path / f"{kinds[0]}.png"
            cv2.imwrite(str(picture), bench)
            with ffmpeg_camera(picture, port):
                station.wait_live()
                wait_for(partial(_all_read, station, texts))
                photo = station.photo()
            assert (photo.width, photo.height) == (1920, 1080)
            station.wait_lost()


def test_damaged_parts_are_left_out_and_the_picture_goes_on(tmp_path: Path) -> None:
    with PhoneCamera(scene()) as camera, Station(camera.address, tmp_path) as station:
        station.wait_live()
        camera.garbage.set()
        station.wait_frames(30)
        photo = station.photo()

    picture = decoded((tmp_path / photo.path).read_bytes())
    assert np.abs(picture.astype(int) - scene()).mean() < 15
    assert [change.state for change in station.changes] == [CameraState.STARTING, CameraState.LIVE]


def test_a_camera_that_stops_sending_is_told_and_followed_again(tmp_path: Path) -> None:
    with PhoneCamera(scene()) as camera, Station(camera.address, tmp_path) as station:
        station.wait_live()
        camera.silent.set()
        lost = station.wait_lost()
        camera.silent.clear()
        station.wait_live()

        assert lost.reason == because(CameraReason.NO_STREAM)
        assert station.client.pid is not None


def test_a_camera_that_is_away_is_told_once_and_found_when_it_is_back(tmp_path: Path) -> None:
    with PhoneCamera(scene()) as first:
        port = first.port
    with Station(first.address, tmp_path) as station:
        station.wait_lost()
        with PhoneCamera(scene(), port):
            station.wait_live()
        station.wait_lost()

    states = [change.state for change in station.changes]
    assert states == [CameraState.STARTING, CameraState.LOST, CameraState.LIVE, CameraState.LOST]


def test_a_picture_that_does_not_move_is_told_and_not_photographed(tmp_path: Path) -> None:
    with PhoneCamera(scene()) as camera, Station(camera.address, tmp_path) as station:
        station.wait_live()
        moving, camera._jpegs = camera._jpegs, camera._jpegs[:1]
        lost = station.wait_lost()
        station.ask()
        failed = wait_for(lambda: station.failed)[0]
        camera._jpegs = moving
        station.wait_live()

        assert lost.reason == because(CameraReason.PICTURE_STANDS_STILL, seconds=3)
        assert failed.reason == because(CameraReason.STILL_PICTURE_NO_PHOTO)
        assert station.photo().size > 0


def test_a_password_in_an_address_is_told_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    address = f"http://anna:s3cret@127.0.0.1:{free_port()}/video?key=s3cret"
    with caplog.at_level("DEBUG"), Station(address, tmp_path) as station:
        station.wait_lost()

    assert "s3cret" not in caplog.text + str(station.events)
    assert "127.0.0.1" in caplog.text
    assert shown(address).startswith("http://127.0.0.1:")


def test_the_newest_of_several_waiting_pictures_is_read() -> None:
    with PhoneCamera(scene()) as camera:
        jpegs = [
            cv2.imencode(".jpg", np.full((48, 64, 3), value, np.uint8))[1].tobytes() for value in range(250)
        ]
        count = iter(range(10_000))
        camera._part = lambda number: _part(jpegs[min(next(count), 249)])  # type: ignore[method-assign]
        stream = NetworkStream(camera.address)
        stream.open_source()
        try:
            first = int(stream.read_picture()[0, 0, 0])
            wait_for(lambda: next(count) > 30 or None)  # meanwhile, pictures queue up
            later = int(stream.read_picture()[0, 0, 0])
        finally:
            stream.close_source()

    assert later > first + 5


def _part(jpeg: bytes) -> bytes:
    return b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(jpeg), jpeg)


JPEG = b"\xff\xd8" + b"x" * 200 + b"\xff\xd9"


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_parts_are_found_however_the_bytes_arrive(size: int) -> None:
    plain = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG + b"\r\n"
    damaged = b"--frame\r\nContent-Length: 204\r\n\r\n" + JPEG[:90]
    stream = b"noise" + _part(JPEG) + plain + b"\r\n\x00more noise\r\n" + damaged + _part(JPEG) + _part(JPEG)
    parts = Parts(b"--frame")

    found = [jpeg for at in range(0, len(stream), size) for jpeg in parts.feed(stream[at : at + size])]

    assert found.count(JPEG) in (3, 4)
    assert set(found) == {JPEG}


def test_an_address_nobody_answers_is_unavailable() -> None:
    with pytest.raises(CameraUnavailable):
        NetworkStream(f"http://127.0.0.1:{free_port()}/").open_source()
