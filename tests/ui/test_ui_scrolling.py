"""Columns that scroll: their width must not hang on how tall they are."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from parcelguard.ui.kit.scrolling import ScrollColumn

WORDS = "Photo 2 may have arrived, the chat is looked at again in a while. " * 9


@pytest.fixture
def column(qtbot: QtBot) -> tuple[ScrollColumn, QLabel]:
    area, inside = ScrollColumn(), QWidget()
    qtbot.addWidget(area)
    label = QLabel(WORDS, inside)
    label.setWordWrap(True)
    QVBoxLayout(inside).addWidget(label)
    area.setWidget(inside)
    area.show()
    return area, label


def test_text_keeps_its_width_whether_the_bar_is_needed_or_not(column: tuple[ScrollColumn, QLabel]) -> None:
    area, label = column
    widths, needed = set(), set()
    for height in range(40, 600, 3):  # through every height at which a bar would come and go
        area.resize(280, height)
        widths.add(label.width())
        needed.add(area.verticalScrollBar().maximum() > 0)
    assert needed == {True, False}
    assert len(widths) == 1


def test_bar_has_a_handle_only_when_there_is_something_to_scroll(
    column: tuple[ScrollColumn, QLabel], qtbot: QtBot
) -> None:
    area, _ = column
    bar = area.verticalScrollBar()
    area.resize(280, 80)
    qtbot.waitUntil(bar.isEnabled)
    area.resize(280, 900)
    qtbot.waitUntil(lambda: not bar.isEnabled())
    assert bar.isVisible()
    assert area.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
