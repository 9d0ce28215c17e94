"""Real key events into the window, as the window system would deliver them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget


def press(window: QWidget, key: Qt.Key, text: str = "") -> None:
    """Press and release a key in a shown window."""
    none = Qt.KeyboardModifier.NoModifier
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        QCoreApplication.postEvent(window.windowHandle(), QKeyEvent(kind, key, none, text))
