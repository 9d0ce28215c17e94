"""One program a data folder; a second start calls the first one's window forward."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from parcelguard.cli import main
from parcelguard.core.config import CameraSettings, Settings
from parcelguard.core.errors import AlreadyRunning
from parcelguard.runtime.single_instance import call_running, called, only_one
from tests.support.app_helpers import running_app

pytestmark = pytest.mark.usefixtures("no_stray_threads")

HOLD = """
import sys
from pathlib import Path
from parcelguard.runtime.single_instance import called, only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    for word in sys.stdin:
        print(called(Path(sys.argv[1])), flush=True)
"""


class Other:
    """Another program that holds the folder; it answers when told to."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdin
        assert self.process.stdout
        self._asked, self._answers = self.process.stdin, self.process.stdout
        assert self._answers.readline() == "held\n"

    def ask(self) -> str:
        self._asked.write("look\n")
        self._asked.flush()
        return self._answers.readline().strip()

    def end(self) -> None:
        self._asked.close()
        self._answers.close()
        self.process.wait(10)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    started = Other(tmp_path)
    yield started
    if started.process.poll() is None:
        started.end()


def test_second_program_is_kept_off_and_the_folder_is_free_afterwards(tmp_path: Path, other: Other) -> None:
    with pytest.raises(AlreadyRunning), only_one(tmp_path):
        pass
    other.end()
    with only_one(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] in ([], ["running.lock"])


def test_call_is_answered_once(tmp_path: Path, other: Other) -> None:
    answers: list[bool] = []
    caller = threading.Thread(target=lambda: answers.append(call_running(tmp_path)))
    caller.start()
    while (answer := other.ask()) == "False":
        pass
    caller.join()

    assert answers == [True]
    assert answer == "True"
    assert other.ask() == "False"


def test_call_that_nobody_answers_is_taken_back(tmp_path: Path, other: Other) -> None:
    assert not call_running(tmp_path, patience_s=0.05)
    assert other.ask() == "False"


def test_nobody_is_called_where_none_runs(tmp_path: Path, other: Other) -> None:
    other.process.kill()
    other.end()

    assert not call_running(tmp_path), "the sign of a killed program is no program"
    assert not call_running(tmp_path / "never used")
    assert not called(tmp_path)


def test_folder_that_takes_no_call_is_told_as_unanswered(
    tmp_path: Path, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", refuse)
    assert not call_running(tmp_path)


@pytest.mark.qt_log_ignore("does not support raise")  # the platform without a screen
def test_second_start_brings_the_window_forward_and_ends(qtbot: QtBot, tmp_path: Path) -> None:
    settings = Settings(camera=CameraSettings(source="demo"))
    with running_app(qtbot, tmp_path, settings, live=False) as run:
        run.app.window.showMinimized()
        codes: list[int] = []
        second = threading.Thread(target=lambda: codes.append(main(["--home", str(tmp_path)])))
        second.start()
        qtbot.waitUntil(lambda: bool(codes), timeout=10_000)
        second.join()

        assert codes == [0]
        assert not run.app.window.windowState() & Qt.WindowState.WindowMinimized
