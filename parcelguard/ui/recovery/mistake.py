"""Tells of a mistake before there is a window to tell it in; nobody packs yet, so a box may wait."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from parcelguard.core.errors import ParcelGuardError
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.settings_words import mistake_lines


def show_mistake(error: ParcelGuardError) -> None:
    """Show what is wrong and what to do, until the person closes it."""
    application = QApplication.instance() or QApplication(sys.argv[:1])  # kept while the box is open
    application.setApplicationName("ParcelGuard")
    words, details = said(error.reason), "\n".join(mistake_lines(error))
    box = QMessageBox()
    box.setWindowTitle("ParcelGuard")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setText("\n\n".join(part for part in (words.headline, details, words.advice) if part))
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.exec()
