"""One job: what the buyer is to get, ready to be copied, dragged and marked as sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDrag, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QApplication, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from parcelguard.runtime.translation import tr
from parcelguard.store.views import HandJob
from parcelguard.ui.kit.blocks import Heading, Quote, plain_label
from parcelguard.ui.kit.buttons import ButtonRow, button
from parcelguard.ui.kit.paint import rounded_picture
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.words import by_hand_words as words

STRIP_HEIGHT = 150
DRAGGED = QSize(160, 100)


def pictures_data(paths: tuple[Path, ...], first: QImage) -> QMimeData:
    """Return pictures as both kinds of programs take them: files to be attached, and one image."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    if not first.isNull():
        data.setImageData(first)
    return data


class DragStrip(QWidget):
    """The buyer's copies side by side; a drag takes all of them along as files."""

    dragged = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._from: QPoint | None = None
        self.paths: tuple[Path, ...] = ()
        self.images: list[QImage] = []
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_pictures(self, paths: tuple[Path, ...], images: list[QImage]) -> None:
        """Show these; none leaves empty frames."""
        self.paths, self.images = paths, images
        self.setAccessibleName(words.photos_for_buyer(len(paths)))
        self.update()

    def sizeHint(self) -> QSize:
        """Return one row of pictures."""
        return QSize(0, self._theme.px(STRIP_HEIGHT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        self._from = event.position().toPoint() if event.button() is Qt.MouseButton.LeftButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin to drag once the mouse has left its place."""
        if self._from is None or not self.paths:
            return
        moved = (event.position().toPoint() - self._from).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._from = None
            self._drag()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the pictures, each in its third."""
        painter, theme = QPainter(self), self._theme
        gap = theme.px(9)
        width = (self.width() - 2 * gap) // 3
        for place, image in enumerate(self.images):
            area = QRect(place * (width + gap), 0, width, self.height())
            whole = QRect(QPoint(0, 0), image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio))
            whole.moveCenter(area.center())  # all of it: the caption stands at its edge
            rounded_picture(painter, whole if image.width() else area, theme.px(8), image, theme)

    def _drag(self) -> None:
        drag = QDrag(self)
        drag.setMimeData(pictures_data(self.paths, self.images[0] if self.images else QImage()))
        if self.images:
            drag.setPixmap(
                QPixmap.fromImage(self.images[0].scaled(DRAGGED, Qt.AspectRatioMode.KeepAspectRatio))
            )
        if drag.exec(Qt.DropAction.CopyAction) is Qt.DropAction.CopyAction:
            self.dragged.emit()


class HandDetail(QWidget):
    """Shows one job; what is asked for goes to the page."""

    chat_wanted = Signal()
    text_wanted = Signal()
    pictures_wanted = Signal()
    folder_wanted = Signal()
    mark_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.heading = Heading(theme, self)
        self.about = plain_label("", self)
        self.strip = DragStrip(theme, self)
        self.hint = plain_label("", self)
        self.quote = Quote(theme, tr("Message to buyer"), self)
        self.note = plain_label("", self)
        self.note.setProperty("name", True)  # noqa: FBT003 - Qt's own way
        self.takes = ButtonRow(theme, self)
        self.chat = self._button("F6", tr("Open chat"), self.chat_wanted.emit)
        self.copy_text = self._button("F7", tr("Copy text"), self.text_wanted.emit)
        self.copy_pictures = self._button("F8", tr("Copy photos"), self.pictures_wanted.emit)
        self.folder = self._button("", tr("Folder"), self.folder_wanted.emit)
        self.takes.show_buttons([self.chat, self.copy_text, self.copy_pictures, self.folder])
        self.mark = button(words.with_key("F10", tr("Mark as sent by hand")), self, main=True)
        self.mark.setAccessibleName(words.key_spoken("F10", tr("Mark as sent by hand")))
        self.mark.clicked.connect(self.mark_wanted)
        self._lay_out()

    def show_job(self, job: HandJob, *, has_page: bool) -> None:
        """Show a job; its pictures follow."""
        self.heading.show_order(words.label(job), job.order_number)
        self.about.setText(words.about(job))
        self.quote.show_words(job.text)
        self.strip.show_pictures((), [QImage()] * len(job.photos))
        self.strip.setVisible(bool(job.photos))
        self.hint.setVisible(bool(job.photos))
        self.hint.setText(tr(words.MAKING))
        self.show_note("" if has_page else tr(words.NO_PAGE))
        self.chat.setEnabled(has_page)
        self.copy_text.setEnabled(bool(job.text))
        for each in (self.copy_pictures, self.folder):
            each.setEnabled(False)

    def show_pictures(self, paths: tuple[Path, ...], images: list[QImage]) -> None:
        """Take in the buyer's copies."""
        self.strip.show_pictures(paths, images)
        self.hint.setText(tr(words.DRAG))
        for each in (self.copy_pictures, self.folder):
            each.setEnabled(bool(paths))

    def show_note(self, sentence: str) -> None:
        """Say what was just done."""
        self.note.setText(sentence)
        self.note.setVisible(bool(sentence))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground and the line at the left."""
        painter, theme = QPainter(self), self._theme
        painter.fillRect(self.rect(), theme.color(Token.SURFACE))
        painter.fillRect(0, 0, 1, self.height(), theme.color(Token.LINE))

    def _button(self, key: str, action: str, does: Callable[[], object]) -> QPushButton:
        made = button(words.with_key(key, action), self.takes)
        made.setAccessibleName(words.key_spoken(key, action))
        made.clicked.connect(partial(_call, does))
        return made

    def _lay_out(self) -> None:
        px = self._theme.px
        content = QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(px(8), px(6), px(8), px(6))
        inside.setSpacing(px(12))
        for widget in (self.heading, self.about, self.strip, self.hint, self.quote):
            inside.addWidget(widget)
        inside.addStretch(1)
        scroll = ScrollColumn(self)
        scroll.setWidget(content)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(12), px(8), px(12), px(16))
        rows.setSpacing(px(12))
        rows.addWidget(scroll, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(px(9), 0, px(9), 0)
        foot.setSpacing(px(10))
        foot.addWidget(self.note)
        foot.addWidget(self.takes)
        foot.addWidget(self.mark)
        rows.addLayout(foot)


def _call(does: Callable[[], object], _checked: bool = False) -> None:
    does()
