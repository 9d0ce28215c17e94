"""The whole program, driven by keys and looked at from outside: window, sandbox's transcript, disk."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from parcelguard.app import App
from parcelguard.core.config import CameraSettings, Settings, folders_of
from parcelguard.core.events import CameraState
from parcelguard.core.proofs import ProofState
from parcelguard.disk.files import THUMBNAIL_SUFFIX
from parcelguard.packing.desk_view import DeskState, Notice, NoticeKind
from parcelguard.runtime.logs import FILE
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running
from parcelguard.sandbox.world.world import World
from parcelguard.store.views import LogQuery
from parcelguard.ui.shell.sidebar import Page
from tests.support.app_helpers import PATIENCE_MS, connect, pack, running_app, station_settings, tracking_of
from tests.support.camera_helpers import ffmpeg_camera, free_port, label_picture

pytestmark = pytest.mark.usefixtures("no_stray_threads")


@pytest.fixture
def world() -> World:
    return demo_world(orders=4, specials=False)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with running(world) as where:
        yield where


def originals(home: Path) -> list[Path]:
    return [path for path in (home / "media").rglob("*.jpg") if not path.name.endswith(THUMBNAIL_SUFFIX)]


def test_a_packed_order_is_read_in_the_buyers_chat(
    qtbot: QtBot, tmp_path: Path, world: World, address: str
) -> None:
    settings = station_settings(address, world)
    connect(tmp_path, settings, world)
    order = next(iter(world.orders.values()))

    with running_app(qtbot, tmp_path, settings) as run:
        pack(qtbot, run, order)
        qtbot.waitUntil(run.delivered, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: "Image sent" in run.app.window.pack_screen.band_view.band.text)

    transcript = world.transcript()
    assert [each["message_type"] for each in transcript] == ["text", "image", "image", "image"]
    assert order.order_sn in transcript[0]["text"]
    kept = originals(tmp_path)
    assert len(kept) == 3
    for path in kept:
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:12] in path.name
    sent = {each["image_sha256"] for each in transcript[1:]}
    assert sent.isdisjoint(hashlib.sha256(path.read_bytes()).hexdigest() for path in kept), (
        "the buyer gets a copy"
    )


def test_without_a_network_packing_goes_on_and_everything_is_sent_later(
    qtbot: QtBot, tmp_path: Path, world: World
) -> None:
    with running(world) as address:
        port = int(address.rsplit(":", 1)[1])
        settings = station_settings(address, world)
        connect(tmp_path, settings, world)
        first, second, *_ = world.orders.values()
        with running_app(qtbot, tmp_path, settings) as run:
            pack(qtbot, run, first)
            qtbot.waitUntil(run.delivered)
    with running_app(qtbot, tmp_path, settings) as run:
        pack(qtbot, run, second)  # found in the local index
        qtbot.waitUntil(lambda: bool(run.told), timeout=PATIENCE_MS)
        assert run.told[-1].state is ProofState.WAITING
        assert "No network" in run.app.window.pack_screen.band_view.band.text

        with running(world, port=port):
            qtbot.waitUntil(run.delivered, timeout=PATIENCE_MS)

    texts = [each for each in world.transcript() if each["order_sn"] == second.order_sn]
    assert len(texts) == 4


def test_an_order_left_with_escape_keeps_its_photos_and_is_listed(
    qtbot: QtBot, tmp_path: Path, world: World, address: str
) -> None:
    settings = station_settings(address, world)
    connect(tmp_path, settings, world)
    order = next(iter(world.orders.values()))

    with running_app(qtbot, tmp_path, settings) as run:
        run.scan(tracking_of(order))
        qtbot.waitUntil(lambda: run.desk.state is DeskState.OPEN, timeout=PATIENCE_MS)
        run.press(Qt.Key.Key_F1)
        qtbot.waitUntil(lambda: len(run.desk.photos) == 1)
        run.press(Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: run.desk.state is DeskState.READY)
        run.app.window.show_page(Page.LOG)
        assert run.app.station
        log = run.app.station.log
        (entry,) = log.page(LogQuery(), None).entries

    assert entry.proof.state is ProofState.ABANDONED
    assert entry.proof.order_number == order.order_sn
    assert len(originals(tmp_path)) == 1
    assert world.transcript() == []


def test_an_order_open_at_a_crash_comes_back_with_its_photos(
    qtbot: QtBot, tmp_path: Path, world: World, address: str
) -> None:
    settings = station_settings(address, world)
    connect(tmp_path, settings, world)
    order = next(iter(world.orders.values()))
    with running_app(qtbot, tmp_path, settings) as run:
        run.scan(tracking_of(order))
        qtbot.waitUntil(lambda: run.desk.state is DeskState.OPEN, timeout=PATIENCE_MS)
        run.press(Qt.Key.Key_F1)
        qtbot.waitUntil(lambda: len(run.desk.photos) == 1)

    with running_app(qtbot, tmp_path, settings) as run:
        qtbot.waitUntil(lambda: len(run.desk.photos) == 1)
        assert run.desk.state is DeskState.OPEN
        assert run.desk.notice == Notice(NoticeKind.RESTORED)
        run.press(Qt.Key.Key_F4)
        qtbot.waitUntil(run.delivered, timeout=PATIENCE_MS)

    assert len(world.transcript()) == 2


def test_a_killed_camera_process_takes_nothing_along_and_comes_back(
    qtbot: QtBot, tmp_path: Path, world: World, address: str
) -> None:
    settings = station_settings(address, world)
    connect(tmp_path, settings, world)
    order = next(iter(world.orders.values()))

    with running_app(qtbot, tmp_path, settings) as run:
        run.scan(tracking_of(order))
        qtbot.waitUntil(lambda: run.desk.state is DeskState.OPEN, timeout=PATIENCE_MS)
        run.press(Qt.Key.Key_F1)
        qtbot.waitUntil(lambda: len(run.desk.photos) == 1)
        assert run.app.camera is not None
        assert run.app.camera.pid is not None
        os.kill(run.app.camera.pid, signal.SIGKILL)
        qtbot.waitUntil(lambda: run.camera is CameraState.LOST, timeout=PATIENCE_MS)
        assert len(run.desk.photos) == 1

        qtbot.waitUntil(lambda: run.camera is CameraState.LIVE, timeout=PATIENCE_MS)
        run.press(Qt.Key.Key_F1)
        qtbot.waitUntil(lambda: len(run.desk.photos) == 2, timeout=PATIENCE_MS)


def test_a_label_in_a_network_cameras_picture_opens_its_order_and_is_photographed(
    qtbot: QtBot, tmp_path: Path, world: World, address: str
) -> None:
    order = next(iter(world.orders.values()))
    picture = tmp_path / "bench.png"
    cv2.imwrite(str(picture), label_picture(tracking_of(order), turn=30))
    port = free_port()
    settings = station_settings(address, world, source=f"http://127.0.0.1:{port}/")
    connect(tmp_path, settings, world)

    with ffmpeg_camera(picture, port), running_app(qtbot, tmp_path, settings) as run:
        qtbot.waitUntil(lambda: run.desk.state is DeskState.OPEN, timeout=PATIENCE_MS)
        assert run.desk.order is not None
        assert run.desk.order.number == order.order_sn
        assert run.app.window.pack_screen.preview.frames_painted > 0
        run.press(Qt.Key.Key_F1)
        qtbot.waitUntil(lambda: len(run.desk.photos) == 1)
        run.press(Qt.Key.Key_F4)
        qtbot.waitUntil(run.delivered, timeout=PATIENCE_MS)

    assert [each["order_sn"] for each in world.transcript()] == [order.order_sn] * 2


def test_a_second_program_on_the_same_folder_says_so_and_touches_nothing(
    qtbot: QtBot, tmp_path: Path, world: World, address: str
) -> None:
    settings = station_settings(address, world)
    connect(tmp_path, settings, world)
    with running_app(qtbot, tmp_path, settings):
        handlers = list(logging.getLogger().handlers)
        second = App(settings, folders_of(tmp_path, settings))
        try:
            with qtbot.waitSignal(second.failed, timeout=PATIENCE_MS) as failed:
                second.window.show()
            assert failed.args is not None
            assert "already open" in failed.args[0]
            assert second.station is None
            assert "can scan" not in second.window.pack_screen.preview.accessibleDescription()
            assert second.camera is None, "the first program's camera is not touched"
            assert logging.getLogger().handlers == handlers, "nor is its log file"
        finally:
            second.window.close()
            second.shut_down()


def test_a_folder_that_cannot_be_used_is_told_in_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file stands where the folder should be")
    settings = Settings(camera=CameraSettings(source="demo"))
    app = App(settings, folders_of(tmp_path / "home", settings))
    try:
        with qtbot.waitSignal(app.failed, timeout=PATIENCE_MS):
            app.window.show()
        assert str(tmp_path / "home") in app.window.pack_screen.band_view.band.text
    finally:
        app.window.close()
        app.shut_down()


@pytest.mark.parametrize(
    "broken", ["parcelguard.station.station.Station", "parcelguard.camera.client.CameraClient"]
)
def test_a_bug_at_the_start_is_told_in_the_window_and_logged(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(broken, fail)
    settings = Settings(camera=CameraSettings(source="demo"))
    folders = folders_of(tmp_path, settings)
    app = App(settings, folders)
    try:
        with qtbot.waitSignal(app.failed, timeout=PATIENCE_MS):
            app.window.show()
        assert "could not start" in app.window.pack_screen.band_view.band.text
    finally:
        app.window.close()
        app.shut_down()
    assert "LookupError: a bug" in (folders.logs / FILE).read_text()


def test_a_window_closed_while_the_program_starts_leaves_nothing_behind(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(camera=CameraSettings(source="demo"))
    first = App(settings, folders_of(tmp_path, settings))
    with qtbot.waitSignal(first.window.first_painted, timeout=PATIENCE_MS):
        first.window.show()
    first.window.close()
    first.shut_down()

    with running_app(qtbot, tmp_path, settings) as run:  # the folder is free again
        assert run.app.station is not None


def test_the_windows_process_loads_neither_opencv_nor_a_barcode_engine(tmp_path: Path) -> None:
    look = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from parcelguard.app import open_app
from parcelguard.core.config import CameraSettings, Settings, folders_of

def main():
    settings = Settings(camera=CameraSettings(source="demo"))
    def also(app):
        app.ready.connect(app.window.close)
    open_app(settings, folders_of(Path(sys.argv[1]), settings), also=also)
    print(sorted({"cv2", "zxingcpp", "pyzbar", "numpy"} & set(sys.modules)))

if __name__ == "__main__":
    main()
"""
    script = tmp_path / "look.py"
    script.write_text(look)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(tmp_path / "home")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr
