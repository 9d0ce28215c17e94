"""What every screen but Pack and Help answers to."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


class Screen(QWidget):
    """A page of the window that reads in the background and may have something open on it."""

    def escape(self) -> bool:
        """Leave the nearest thing that is open; False if there is none."""
        return False

    def shut_down(self) -> None:
        """End the threads that read for this page; nothing is shown on it afterwards."""
