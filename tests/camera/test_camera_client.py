from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest

from parcelguard.camera.messages import PhotoFailed, PhotoKept, Reading
from parcelguard.camera.supervisor import Timeouts
from parcelguard.core.events import CameraState
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from tests.support.camera_helpers import HASTY, BlockingDriver, Station, decoded, scene, wait_for

NOT_TAKEN = because(CameraReason.PHOTO_NOT_TAKEN)
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs signals or named pipes")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder source with one picture."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "scene.png"), scene())
    return pictures


def test_the_client_loads_no_engine_into_the_window() -> None:
    code = """
        import sys, parcelguard.camera.client, parcelguard.camera.copies
        print([name for name in ("cv2", "numpy", "zxingcpp", "pyzbar", "PIL") if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_pictures_arrive_in_the_ring_with_every_pixel(folder: Path, tmp_path: Path) -> None:
    with Station(str(folder), tmp_path) as station:
        station.client.set_view(640, 480)
        live = station.wait_live()
        wait_for(lambda: (frame := station.client.frame()) and frame.width == 640)

        frame = station.frame()

        assert (live.width, live.height) == (640, 480)
        assert (frame.width, frame.height, frame.stride) == (640, 480, 1920)
        assert bytes(frame.buffer) == scene().tobytes()


def test_pictures_are_fitted_into_the_view_without_changing_shape(folder: Path, tmp_path: Path) -> None:
    with Station(str(folder), tmp_path) as station:
        station.client.set_view(400, 900)

        frame = wait_for(lambda: (f := station.client.frame()) and f.width == 400 and f)

        assert (frame.width, frame.height) == (400, 300)


def test_a_photo_is_a_read_only_file_with_its_own_hash_and_the_whole_picture(
    folder: Path, tmp_path: Path
) -> None:
    with Station(str(folder), tmp_path / "media") as station:
        station.wait_live()
        photo = station.photo()

    file = tmp_path / "media" / photo.path
    data = file.read_bytes()
    assert hashlib.sha256(data).hexdigest() == photo.sha256
    assert len(data) == photo.size
    assert photo.sha256[:12] in file.name
    assert file.name.startswith("1-contents-")
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o400
    picture = decoded(data)
    assert picture.shape[:2] == (photo.height, photo.width) == (480, 640)
    assert np.abs(picture.astype(int) - scene()).mean() < 6  # no overlay, only JPEG's own loss
    thumbnail = decoded(photo.thumbnail)
    assert thumbnail.shape[1] == 320
    assert file.with_name(file.stem + ".thumb.jpg").read_bytes() == photo.thumbnail
    assert photo.sharp
    assert not list((tmp_path / "media").rglob("*.part"))


def test_a_video_is_played_in_real_time_and_again_from_its_start(tmp_path: Path) -> None:
    video = tmp_path / "bench.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 25, (320, 240))
    for _ in range(10):
        writer.write(scene(320, 240))
    writer.release()

    with Station(str(video), tmp_path) as station:
        assert station.wait_live().fps == 25
        began, first = time.monotonic(), station.frames
        station.wait_frames(30)
        rate = (station.frames - first) / (time.monotonic() - began)

    assert 20 < rate < 28
    assert [change.state for change in station.changes] == [CameraState.STARTING, CameraState.LIVE]


def test_a_label_held_into_the_demo_is_read_once_and_outlined(tmp_path: Path) -> None:
    with Station("demo", tmp_path) as station:
        station.wait_live()
        station.client.show_label("SPXMY04217788312")
        wait_for(lambda: station.codes)
        box = wait_for(lambda: [box for seen in station.seen for box in seen.boxes])[0]
        wait_for(lambda: not station.seen[-1].boxes)

    assert [code.text for code in station.codes] == ["SPXMY04217788312"]
    assert box.text == "SPXMY04217788312"
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in box.corners)


def test_while_an_order_is_open_codes_are_outlined_but_not_told(tmp_path: Path) -> None:
    with Station("demo", tmp_path) as station:
        station.client.set_reading(Reading.RELAXED)
        station.wait_live()
        station.client.show_label("SPXMY04217788312")
        wait_for(lambda: [box for seen in station.seen for box in seen.boxes])
        wait_for(lambda: not station.seen[-1].boxes)

    assert station.codes == []


def test_the_camera_process_has_no_qt_and_survives_control_c(folder: Path, tmp_path: Path) -> None:
    with Station(str(folder), tmp_path) as station:
        station.wait_live()
        process = psutil.Process(station.client.pid)
        if sys.platform == "linux":
            assert not [area.path for area in process.memory_maps() if "Qt6" in area.path]
        process.send_signal(signal.SIGINT)
        station.wait_frames(20)

        assert station.client.pid == process.pid


@posix_only
def test_a_killed_camera_process_is_told_and_comes_back_by_itself(folder: Path, tmp_path: Path) -> None:
    with Station(str(folder), tmp_path) as station:
        station.wait_live()
        before = station.frame().number
        killed = station.client.pid
        process = psutil.Process(killed)
        process.suspend()  # so that the photo is certainly not answered before the end
        asked = station.ask()
        process.kill()

        lost = station.wait_lost()
        failed = wait_for(lambda: station.failed)[0]
        station.wait_live()
        wait_for(lambda: station.frame().number > before)

        assert lost.reason == because(CameraReason.CAMERA_RESTARTS)
        assert (failed.photo_id, failed.reason) == (asked.photo_id, NOT_TAKEN)
        assert station.client.pid != killed
        assert station.photo().size > 0
    assert len(station.failed) == 1


@posix_only
def test_a_camera_process_without_a_heartbeat_is_replaced(folder: Path, tmp_path: Path) -> None:
    timeouts = Timeouts(heartbeat_s=1.2, shortest_pause_s=0.1, terminate_s=0.1)
    with Station(str(folder), tmp_path, timeouts) as station:
        station.wait_live()
        station.wait_frames(40)  # a second heartbeat has come
        process = psutil.Process(station.client.pid)
        process.suspend()

        station.wait_lost()
        station.wait_live()

        assert not process.is_running()


@posix_only
def test_a_driver_that_hangs_in_a_read_is_told_and_replaced(tmp_path: Path) -> None:
    timeouts = Timeouts(stuck_s=1.0, shortest_pause_s=0.1)
    with (
        BlockingDriver(
            tmp_path / "device.mjpeg", np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
        ) as driver,
        Station(str(driver.path), tmp_path, timeouts) as station,
    ):
        station.wait_live()
        hung = station.client.pid
        driver.hangs.set()

        assert station.wait_lost().reason == because(CameraReason.CAMERA_RESTARTS)
        driver.hangs.clear()
        station.wait_live()

        assert station.client.pid != hung


@posix_only
def test_a_photo_that_comes_after_its_time_is_still_handed_over(folder: Path, tmp_path: Path) -> None:
    timeouts = Timeouts(photo_s=0.3, heartbeat_s=30)
    with Station(str(folder), tmp_path, timeouts) as station:
        station.wait_live()
        process = psutil.Process(station.client.pid)
        process.suspend()
        asked = station.ask()
        failed = wait_for(lambda: station.failed)[0]
        process.resume()
        wait_for(lambda: station.kept or len(station.failed) > 1)

        assert failed.reason == NOT_TAKEN
        assert [photo.photo_id for photo in station.kept] == [asked.photo_id]
        assert (tmp_path / station.kept[0].path).is_file()
    assert len(station.failed) == 1


def test_a_photo_asked_for_without_a_camera_process_fails_at_once(folder: Path, tmp_path: Path) -> None:
    station = Station(str(folder), tmp_path, Timeouts(shortest_pause_s=30, longest_pause_s=30))
    with station:
        station.wait_live()
        psutil.Process(station.client.pid).kill()
        station.wait_lost()
        began = time.monotonic()
        station.ask()
        wait_for(lambda: station.failed, 2.0)

        assert time.monotonic() - began < 1.0
        assert station.failed[0].reason == NOT_TAKEN


def test_without_a_camera_a_photo_is_refused_in_words(tmp_path: Path) -> None:
    with Station(str(tmp_path / "gone.mp4"), tmp_path) as station:
        lost = station.wait_lost()
        station.ask()
        failed = wait_for(lambda: station.failed)[0]

        assert lost.reason == because(CameraReason.NO_SUCH_FILE)
        assert failed.reason == because(CameraReason.NO_CAMERA_NO_PHOTO)
        assert station.kept == []


@posix_only
def test_a_photo_of_a_picture_that_stands_still_is_refused(tmp_path: Path) -> None:
    with (
        BlockingDriver(
            tmp_path / "device.mjpeg", np.random.default_rng(1).integers(0, 255, (720, 1280, 3), np.uint8)
        ) as driver,
        Station(str(driver.path), tmp_path, Timeouts(stuck_s=30)) as station,
    ):
        station.wait_live()
        driver.hangs.set()
        wait_for(lambda: time.monotonic() - station.last_frame_at > 1.2)
        station.ask()
        failed = wait_for(lambda: station.failed)[0]

        assert failed.reason == because(CameraReason.STILL_PICTURE_NO_PHOTO)
        assert not list(tmp_path.rglob("*-contents-*"))


@posix_only
def test_a_folder_that_cannot_be_written_to_is_told_in_the_words_of_the_storage(
    folder: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "media"
    blocked.write_text("a file where the folder should be")
    with Station(str(folder), blocked) as station:
        station.wait_live()
        station.ask()
        failed = wait_for(lambda: station.failed)[0]

    assert failed.reason == because(StorageReason.CANNOT_SAVE)


def test_stopping_leaves_no_process_and_no_shared_memory(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "window.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys, threading
        from pathlib import Path
        from parcelguard.camera.client import CameraClient, CameraListeners
        from parcelguard.core.config import CameraSettings

        def main():
            seen = threading.Event()
            nothing = lambda *_: None
            client = CameraClient(CameraSettings(source={str(folder)!r}), Path({str(tmp_path)!r}),
                                  CameraListeners.of_hub(nothing, seen.set))
            client.start()
            assert seen.wait(20)
            frame = client.frame()  # still painted from while the client stops
            pid = client.pid
            client.stop()
            assert len(frame.buffer) > 0 and frame.buffer[0] == {int(scene()[0, 0, 0])}
            assert client.frame() is None and client.pid is None
            assert threading.active_count() == 1, threading.enumerate()
            print(pid)

        if __name__ == "__main__":
            main()
        """)
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(root)},
    )

    assert done.stderr == ""
    assert done.returncode == 0
    assert not psutil.pid_exists(int(done.stdout))


@posix_only
def test_the_camera_process_ends_when_the_window_is_killed(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "window.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys, threading
        from pathlib import Path
        from parcelguard.camera.client import CameraClient, CameraListeners
        from parcelguard.core.config import CameraSettings

        if __name__ == "__main__":
            seen = threading.Event()
            nothing = lambda *_: None
            client = CameraClient(CameraSettings(source={str(folder)!r}), Path({str(tmp_path)!r}),
                                  CameraListeners.of_hub(nothing, seen.set))
            client.start()
            assert seen.wait(20)
            print(client.pid, flush=True)
            threading.Event().wait()
        """)
    )
    root = Path(__file__).parents[2]
    window = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    with window:
        assert window.stdout
        camera = psutil.Process(int(window.stdout.readline()))
        window.kill()

        camera.wait(10)


def test_the_answers_keep_the_request_together(folder: Path, tmp_path: Path) -> None:
    with Station(str(folder), tmp_path) as station:
        station.wait_live()
        asked = [station.ask() for _ in range(5)]
        wait_for(lambda: len(station.kept) + len(station.failed) == 5)

    told: list[PhotoKept | PhotoFailed] = [*station.kept, *station.failed]
    assert {(t.photo_id, t.proof_id) for t in told} == {(a.photo_id, a.proof_id) for a in asked}
    assert len(station.kept) == 5


def test_a_photo_asked_for_just_before_the_end_is_still_kept(folder: Path, tmp_path: Path) -> None:
    with Station(str(folder), tmp_path) as station:
        station.wait_live()
        asked = station.ask()

    assert [photo.photo_id for photo in station.kept] == [asked.photo_id]
    assert station.failed == []


class Deaf(Station):
    """A station whose screen fails with each frame."""

    def _count(self) -> None:
        raise ZeroDivisionError


def test_a_listener_that_fails_does_not_stop_the_camera(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Deaf(str(folder), tmp_path) as station:
        station.wait_live()
        wait_for(lambda: "a listener failed" in caplog.text)
        assert station.photo().size > 0


def test_start_and_stop_may_be_repeated(folder: Path, tmp_path: Path) -> None:
    station = Station(str(folder), tmp_path, HASTY)
    station.client.stop()
    for _ in range(2):
        with station:
            station.events.clear()
            station.wait_live()
