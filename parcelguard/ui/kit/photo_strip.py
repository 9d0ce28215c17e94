"""A proof's photos: the chosen one whole, and all of them small in a row to choose from."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from parcelguard.core.proofs import MAX_PHOTOS
from parcelguard.runtime.translation import tr
from parcelguard.ui.kit.blocks import Flowing
from parcelguard.ui.kit.paint import focus_ring, rounded_picture
from parcelguard.ui.kit.theme import Theme

STRIP_HEIGHT = 66


class PhotoView(Flowing):
    """The chosen photo, whole."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._image = QImage()
        self.setAccessibleName(tr("Photo"))

    def show_image(self, image: QImage) -> None:
        """Show a photo; an empty image shows an empty frame."""
        self._image = image
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of a 16:10 frame."""
        return width * 10 // 16

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it cut to a rounded frame."""
        rounded_picture(QPainter(self), self.rect(), self._theme.px(10), self._image, self._theme)


class PhotoButton(QAbstractButton):
    """One small picture of the strip."""

    def __init__(self, theme: Theme, name: str, parent: QWidget, *, height: int) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.px(height))

    def show_image(self, image: QImage) -> None:
        """Show the small picture."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        """Return a third of the column."""
        return QSize(self._theme.px(100), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it; the chosen one has a frame."""
        painter = QPainter(self)
        rounded_picture(painter, self.rect(), self._theme.px(6), self._image, self._theme)
        if self.isChecked() or self.hasFocus():
            focus_ring(painter, self._theme, self.rect(), self._theme.px(6))


class Strip(QWidget):
    """The proof's photos in a row."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget, *, height: int = STRIP_HEIGHT) -> None:
        super().__init__(parent)
        self._theme = theme
        self._height = height
        self.buttons: list[PhotoButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(9))
        self._row.addStretch(0)

    def show_count(self, names: list[str]) -> None:
        """Make one button for each photo; the first is chosen."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for place, name in enumerate(names):
            button = PhotoButton(self._theme, name, self, height=self._height)
            button.clicked.connect(lambda _checked=False, place=place: self.chosen.emit(place))
            button.setChecked(place == 0)
            self._row.insertWidget(place, button, 1)
            self.buttons.append(button)
        self._fit()
        self.setVisible(bool(names))

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Share the row."""
        self._fit()

    def _fit(self) -> None:
        """Give each picture the same third, however many there are."""
        third = (self.width() - self._row.spacing() * (MAX_PHOTOS - 1)) // MAX_PHOTOS
        for button in self.buttons:
            button.setMaximumWidth(max(1, third))
