"""Guards the version of PySide6: some releases lose references and end the process hours later."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

CALLS = 500
STRAY = 100  # other code may take or drop a few meanwhile


class Teller(QObject):
    told = Signal()


def test_calls_that_return_nothing_keep_the_references_to_none(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)

    for number in range(CALLS):
        label.setText(str(number))
        QApplication.processEvents()

    assert abs(sys.getrefcount(None) - before) < STRAY


def test_emitting_keeps_the_references_to_true(qtbot: QtBot) -> None:
    teller = Teller()
    before = sys.getrefcount(True)  # noqa: FBT003

    for _ in range(CALLS):
        teller.told.emit()

    assert abs(sys.getrefcount(True) - before) < STRAY  # noqa: FBT003
