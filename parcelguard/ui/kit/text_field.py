"""What a text field held before a scan was typed into it. Loaded with the first text field only."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget
from shiboken6 import isValid


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A field, its text and the place of its cursor."""

    field: QLineEdit | QPlainTextEdit
    content: str
    position: int

    def restore(self) -> None:
        """Put the field back; nothing happens if it is gone."""
        if not isValid(self.field):
            return
        if isinstance(self.field, QLineEdit):
            self.field.setText(self.content)
            self.field.setCursorPosition(self.position)
            return
        self.field.setPlainText(self.content)
        cursor = self.field.textCursor()
        cursor.setPosition(self.position)
        self.field.setTextCursor(cursor)


def snapshot(target: QWidget) -> Snapshot | None:
    """Return what a text field holds now; None if `target` takes no typing."""
    if isinstance(target, QLineEdit) and not target.isReadOnly():
        return Snapshot(target, target.text(), target.cursorPosition())
    if isinstance(target, QPlainTextEdit) and not target.isReadOnly():
        return Snapshot(target, target.toPlainText(), target.textCursor().position())
    return None
