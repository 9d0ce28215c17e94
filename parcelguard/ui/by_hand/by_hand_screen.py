"""What a person sends: parcels of shops without chat access, and what was turned over to by hand.

Built on its first visit. Nothing here reads the database on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QWidget

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.events import ProofChanged
from parcelguard.core.parts import Decision
from parcelguard.runtime.translation import tr
from parcelguard.store.views import HandJob
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.by_hand.detail import HandDetail, pictures_data
from parcelguard.ui.by_hand.job_list import HandList, HandModel
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.buttons import button
from parcelguard.ui.kit.list_column import ListColumn
from parcelguard.ui.kit.pictures import Thumbnails, read_picture
from parcelguard.ui.kit.qss import page_sheet
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import LogPort
from parcelguard.ui.screen import Screen
from parcelguard.ui.words import by_hand_words as words
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.sentences import together

GATHER_MS = 300  # changes of so long are read from the records once
UNDO_MS = 60_000  # how long the last mark can be taken back here; the log can do it later
LIST_SHARE = 0.42
WHOLE_PICTURE = QSize(1600, 1600)
OpenUrl = Callable[[QUrl], bool]


class ByHandPage(Screen):
    """Jobs at the left, the chosen one ready to be sent at the right."""

    def __init__(
        self,
        theme: Theme,
        log: LogPort,
        bridge: EventBridge,
        shops: Mapping[str, ShopSettings],
        open_url: OpenUrl = QDesktopServices.openUrl,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._log = log
        self._shops = shops
        self._open_url = open_url
        self._rows = Background("byhand-rows", self)
        self._pictures = Background("byhand-pictures", self)
        self._shown_part = ""  # the part that is shown
        self._taken_to_chat = False  # its chat was opened, or something of it copied or dragged
        self._marking = False
        self._last: HandJob | None = None  # marked last, and may be taken back
        self.model = HandModel(self)
        self.list = HandList(theme, self.model, Thumbnails(log, self._pictures), self)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(self.list)  # a click beside the buttons must not take the keys to the window
        self.detail = HandDetail(theme, self)
        self._column = column = ListColumn(theme, self.list, self)
        self.title, self.note, self.hint, self.result = column.title, column.note, column.hint, column.result
        self.undo = button(tr("Undo (Ctrl+Z)"), column)
        self.undo.hide()
        self._gathering = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._undo_ends = QTimer(self, singleShot=True, interval=UNDO_MS)
        self._lay_out()
        self._restyle()
        self._connect(bridge)
        self._show_emptiness(empty=True)
        self.note.setText(tr("Reading…"))
        self.hint.hide()

    def shut_down(self) -> None:
        """End the threads that read for this page."""
        self._gathering.stop()
        self._undo_ends.stop()
        self._rows.shut_down()
        self._pictures.shut_down()

    # ---- Qt --------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin in the list, up to date."""
        super().showEvent(event)
        self.list.setFocus()
        self._read_jobs()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys of this page; none of them counts when it is held."""
        key = event.key()
        if key == Qt.Key.Key_Z and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self._take_mark_back()
        elif event.isAutoRepeat() or self.list.job is None:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_F6 and self.detail.chat.isEnabled():
            self._open_chat()
        elif key == Qt.Key.Key_F7 and self.detail.copy_text.isEnabled():
            self._copy_text()
        elif key == Qt.Key.Key_F8 and self.detail.copy_pictures.isEnabled():
            self._copy_pictures()
        elif key == Qt.Key.Key_F10:
            self._mark_sent()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.hasFocus():
            self._enter()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Share the room."""
        self._share_room()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), self._theme.color(Token.BG))

    def _lay_out(self) -> None:
        self._column.foot.addWidget(self.undo)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._column, 1)
        row.addWidget(self.detail)

    def _share_room(self) -> None:
        self.detail.setFixedWidth(round(self.width() * (1 - LIST_SHARE)))
        self._column.fit(self.width())

    def _restyle(self) -> None:
        self.setStyleSheet(page_sheet(self._theme))
        self._share_room()
        self.update()

    def _connect(self, bridge: EventBridge) -> None:
        bridge.proof_changed.connect(self._on_proof)
        self._gathering.timeout.connect(self._read_jobs)
        self._undo_ends.timeout.connect(self._end_undo)
        self._theme.changed.connect(self._restyle)
        self.list.selectionModel().currentChanged.connect(self._show_chosen)
        self.undo.clicked.connect(self._take_mark_back)
        detail = self.detail
        detail.chat_wanted.connect(self._open_chat)
        detail.text_wanted.connect(self._copy_text)
        detail.pictures_wanted.connect(self._copy_pictures)
        detail.folder_wanted.connect(self._open_folder)
        detail.mark_wanted.connect(self._mark_sent)
        detail.strip.dragged.connect(self._note_taken)

    # ---- reading ---------------------------------------------------------------------

    def _on_proof(self, _change: ProofChanged) -> None:
        if self.isVisible() and not self._gathering.isActive():
            self._gathering.start()

    def _read_jobs(self) -> None:
        self._rows.ask(self._log.by_hand, self._show_jobs, self._show_failure)

    def _show_jobs(self, jobs: tuple[HandJob, ...]) -> None:
        self._marking = False
        self.list.show_jobs(jobs)
        self.title.setText(words.title(len(jobs)))
        self._show_emptiness(empty=not jobs)
        self._show_chosen()
        if not jobs and not self.undo.isHidden():
            self.undo.setFocus()

    def _show_emptiness(self, *, empty: bool) -> None:
        """Say what this screen is for while there is nothing to do."""
        self.note.setText(tr(words.NOTHING))
        self.hint.setText(tr(words.NOTHING_HINT))
        self.note.setVisible(empty)
        self.hint.setVisible(empty)
        for widget in (self.list, self.detail, self.title):
            widget.setVisible(not empty)

    def _show_failure(self, error: ParcelGuardError) -> None:
        self._marking = False
        self.result.show_reason(BandTone.BAD, *said(error.reason))

    def _show_chosen(self) -> None:
        """Show the chosen job, and have the buyer's copies made."""
        job = self.list.job
        if job is None or job.part_id == self._shown_part:
            return
        self._shown_part, self._taken_to_chat = job.part_id, False
        self.detail.show_job(job, has_page=words.chat_page(job, self._shops) is not None)
        if job.photos:
            make = partial(_pictures_of, self._log, job)
            self._pictures.ask(make, partial(self._show_pictures, job.part_id), self._no_pictures)

    def _show_pictures(self, part_id: str, answer: tuple[tuple[Path, ...], list[QImage]]) -> None:
        if part_id == self._shown_part:
            self.detail.show_pictures(*answer)

    def _no_pictures(self, error: ParcelGuardError) -> None:
        self.detail.show_note(together(*said(error.reason)))

    # ---- taking it to the chat ---------------------------------------------------------

    def _note_taken(self) -> None:
        self._taken_to_chat = True

    def _open_chat(self) -> None:
        job = self.list.job
        page = words.chat_page(job, self._shops) if job else None
        if job is None or page is None:
            return
        # The list of all chats opens: the person finds this buyer's there by the number.
        if not page.exact:
            QGuiApplication.clipboard().setText(job.order_number)
        self._open_url(QUrl(page.address))
        self._note_taken()
        self.detail.show_note(words.opened(page))

    def _copy_text(self) -> None:
        if (job := self.list.job) is not None:
            QGuiApplication.clipboard().setText(job.text)
            self._note_taken()
            self.detail.show_note(tr(words.TEXT_COPIED))

    def _copy_pictures(self) -> None:
        strip = self.detail.strip
        if strip.paths:
            QGuiApplication.clipboard().setMimeData(pictures_data(strip.paths, strip.images[0]))
            self._note_taken()
            self.detail.show_note(words.photos_copied(len(strip.paths)))

    def _open_folder(self) -> None:
        if paths := self.detail.strip.paths:
            self._open_url(QUrl.fromLocalFile(str(paths[0].parent)))
            self._note_taken()

    # ---- marking -----------------------------------------------------------------------

    def _enter(self) -> None:
        """Mark, once something was taken to the chat: a scanner presses Enter too."""
        if self._taken_to_chat:
            self._mark_sent()
        else:
            self.detail.show_note(tr(words.TAKE_FIRST))

    def _mark_sent(self) -> None:
        job = self.list.job
        if job is None or self._marking:
            return
        self._marking = True  # a key that is pressed twice must not mark the job that comes up next

        def done(_nothing: None) -> None:
            self._last = job
            self.result.show_reason(BandTone.OK, words.marked(job), "")
            self.undo.show()
            self._undo_ends.start()
            self.list.setFocus()
            self._read_jobs()

        self._rows.ask(partial(self._log.decide, job.part_id, Decision.HANDED), done, self._show_failure)

    def _take_mark_back(self) -> None:
        """Put the job marked last back into the list."""
        job = self._last
        if job is None:
            return
        self._end_undo()

        def done(_nothing: None) -> None:
            self.list.setFocus()
            self._read_jobs()

        self._rows.ask(partial(self._log.decide, job.part_id, Decision.NOT_HANDED), done, self._show_failure)

    def _end_undo(self) -> None:
        self._last = None
        self.undo.hide()
        self.result.hide()


def _pictures_of(log: LogPort, job: HandJob) -> tuple[tuple[Path, ...], list[QImage]]:
    paths = log.hand_pictures(job)
    return paths, [read_picture(str(path), WHOLE_PICTURE) for path in paths]
