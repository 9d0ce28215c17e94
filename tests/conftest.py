"""Fixtures for the core's tests: a fresh database and media folder, a clock, and a check for stray threads.

The core is imported inside the fixtures: the screens' and the camera's suites load none of it.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from parcelguard.store.database import Store
    from tests.support.fakes import Clock, Delivery


gc.disable()  # a Qt object collected on another thread ends the process; see pytest_runtest_teardown
ROOT = Path(__file__).parents[1]
# Programs that a test starts find this checkout and the tests' own helpers, wherever they are started.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before any test makes a QApplication


@pytest.fixture
def clock() -> Clock:
    from tests.support.fakes import Clock

    return Clock()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    from parcelguard.store.database import Store

    opened = Store(tmp_path / "parcelguard.db", clock)
    yield opened
    opened.close()


@pytest.fixture
def delivery(store: Store, media: Path, clock: Clock) -> Delivery:
    from tests.support.fakes import Delivery

    return Delivery(store, media, clock)


@pytest.fixture
def no_stray_threads() -> Iterator[None]:
    """Fail a test that leaves a thread behind; modules ask for it by name."""
    before = set(threading.enumerate())
    yield
    until = time.monotonic() + 3
    while (left := set(threading.enumerate()) - before) and time.monotonic() < until:
        for thread in left:
            thread.join(0.05)
    assert not left, f"threads left behind: {sorted(thread.name for thread in left)}"


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Collect on the main thread, as the program does while a window lives."""
    if "qtbot" in getattr(item, "fixturenames", ()):
        gc.collect()
    gc.disable()  # a program that ended in the test has handed it back to Python
