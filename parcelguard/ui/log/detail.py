"""The right side of the log: the photos, what happened, whether they are unchanged, what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.parts import PlanReason, Purpose
from parcelguard.core.proofs import Photo, ProofState
from parcelguard.runtime.translation import tr
from parcelguard.store.views import ProofDetail
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import Heading, ReasonBox, plain_label
from parcelguard.ui.kit.photo_strip import PhotoView, Strip
from parcelguard.ui.kit.pictures import read_picture
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.log.actions import Actions
from parcelguard.ui.log.history_view import Steps
from parcelguard.ui.ports import Decision, LogPort
from parcelguard.ui.words.part_words import photo_of
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.sentences import label

WIDTH = 352


class LogDetail(QWidget):
    """Reads one proof in the background and shows it."""

    changed = Signal(str)  # this proof was acted upon

    def __init__(
        self, theme: Theme, log: LogPort, rows: Background, pictures: Background, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._log = log
        self._rows = rows
        self._pictures = pictures
        self._proof_id = ""
        self._detail: ProofDetail | None = None
        self._begin: Callable[[], None] | None = None  # what to go on with once the proof is read
        self._shown = 0  # counts the sets of photos; answers about an older set are dropped
        self._wanted = ""
        self.heading = Heading(theme, self)
        self.photo = PhotoView(theme, self)
        self.strip = Strip(theme, self)
        self.reason = ReasonBox(theme, self)
        self.steps = Steps(theme, self)
        self.integrity = plain_label("", self)
        self.empty = plain_label(tr("Choose a row to see its photos and what happened."), self)
        self.foot = Actions(theme, self)
        self._lay_out()
        self.strip.chosen.connect(self._show_photo)
        self.foot.resend.connect(self._resend)
        self.foot.closed.connect(self._close)
        self.foot.decided.connect(self._decide)
        self.foot.by_hand.connect(self._leave_to_hand)
        self.foot.folder.connect(self._open_folder)
        self.clear()

    def show_proof(self, proof_id: str, *, resend: bool = False, edit: bool = False) -> None:
        """Read this proof; `resend` goes on to sending it again, `edit` to changing its text for that."""
        self._begin = self.foot.begin_resending if resend else self.foot.edit_text if edit else None
        if proof_id != self._proof_id:
            self._proof_id, self._detail = proof_id, None
            self.integrity.setText("")
        self._rows.ask(
            partial(self._log.detail, proof_id), partial(self._show, proof_id), partial(self._fail, proof_id)
        )

    def refresh(self, changed: set[str]) -> None:
        """Read again what is shown, if it is among what changed."""
        if self._proof_id in changed:
            self.show_proof(self._proof_id)

    def clear(self) -> None:
        """Show nothing."""
        self._proof_id, self._detail = "", None
        self._content.hide()
        self.foot.hide()
        self.empty.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground and the line at the left."""
        painter, theme = QPainter(self), self._theme
        painter.fillRect(self.rect(), theme.color(Token.SURFACE))
        painter.fillRect(0, 0, 1, self.height(), theme.color(Token.LINE))

    # ---- reading ---------------------------------------------------------------------

    def _show(self, proof_id: str, detail: ProofDetail) -> None:
        if proof_id != self._proof_id:
            return  # another row was chosen meanwhile
        before, self._detail = self._detail, detail
        entry = detail.entry
        shop = entry.shop.label if entry.shop else ""
        self.heading.show_order(shop, entry.proof.order_number or entry.proof.code)
        bad = entry.proof.state is ProofState.ATTENTION
        sentences = said(detail.reason)
        tone = BandTone.BAD if bad else BandTone.WARN
        self.reason.show_reason(tone, sentences.headline, sentences.advice)
        self.steps.show_steps(detail.steps)
        if before is None or before.photos != detail.photos:
            self._show_photos(detail.photos)
        self.foot.show_detail(detail)
        self.empty.hide()
        self._content.show()
        self.foot.show()
        begin, self._begin = self._begin, None
        if begin is not None:
            begin()

    def _show_photos(self, photos: tuple[Photo, ...]) -> None:
        self.strip.show_count([photo_of(photo) for photo in photos])
        self.photo.setVisible(bool(photos))
        self.integrity.setText(tr("Checking the originals…") if photos else tr("No photo was taken"))
        self._shown += 1
        for place, photo in enumerate(photos):
            then = partial(self._show_small, self._shown, place)
            self._pictures.ask(partial(self._read, photo, QSize(200, 130)), then, self._no_picture)
        if photos:
            self._show_photo(0)
            proof_id = self._proof_id
            self._pictures.ask(
                partial(self._log.unchanged, proof_id),
                partial(self._tell_integrity, proof_id),
                self._no_answer,
            )

    def _show_photo(self, place: int) -> None:
        if self._detail is None or place >= len(self._detail.photos):
            return
        photo = self._detail.photos[place]
        self.photo.show_image(QImage())
        self.photo.setAccessibleName(photo_of(photo))
        size = QSize(self.width() * 2, self.width() * 2)
        then = partial(self._show_large, self._shown, photo.id)
        self._wanted = photo.id
        self._pictures.ask(partial(self._read, photo, size), then, self._no_picture)

    def _show_small(self, shown: int, place: int, image: QImage) -> None:
        if shown == self._shown:  # else another proof's photos stand there by now
            self.strip.buttons[place].show_image(image)

    def _show_large(self, shown: int, photo_id: str, image: QImage) -> None:
        if shown == self._shown and photo_id == self._wanted:
            self.photo.show_image(image)

    def _read(self, photo: Photo, size: QSize) -> QImage:
        return read_picture(str(self._log.media_path(photo.path)), size)

    def _tell_integrity(self, proof_id: str, whole: bool) -> None:
        if proof_id != self._proof_id or self._detail is None or not self._detail.photos:
            return
        digest = self._detail.photos[0].sha256
        short = f"{digest[:4]}…{digest[-4:]}"
        if whole:
            self.integrity.setText(
                tr("Originals unchanged since capture ✓ verified · {digest}", digest=short)
            )
        else:
            self.integrity.setText("")
            self.reason.show_reason(
                BandTone.BAD,
                tr("An original is missing or was changed since capture."),
                tr("Do not send or use these photos as proof. Look for a copy of the media folder."),
            )

    def _fail(self, proof_id: str, error: ParcelGuardError) -> None:
        if proof_id == self._proof_id:
            self._tell(error)

    def _tell(self, error: ParcelGuardError) -> None:
        self.empty.hide()
        self._content.show()
        self.foot.enable()
        self.reason.show_reason(BandTone.BAD, *said(error.reason))

    def _no_picture(self, _error: ParcelGuardError) -> None:
        """Leave the frame empty."""

    def _no_answer(self, error: ParcelGuardError) -> None:
        self.integrity.setText(
            tr("The originals could not be checked. {reason}", reason=label(said(error.reason).headline))
        )

    # ---- acting ----------------------------------------------------------------------

    def _resend(self, text: str, reason: str) -> None:
        proof_id = self._proof_id
        self._rows.ask(
            partial(self._log.resend, proof_id, text, Purpose(PlanReason.RESENT, reason)),
            partial(self._acted, proof_id),
            partial(self._refused, proof_id),
        )

    def _decide(self, part_id: str, decision: Decision) -> None:
        proof_id = self._proof_id
        self._rows.ask(
            partial(self._log.decide, part_id, decision), partial(self._acted, proof_id), self._tell
        )

    def _leave_to_hand(self) -> None:
        proof_id = self._proof_id
        self._rows.ask(
            partial(self._log.send_by_hand, proof_id),
            partial(self._acted, proof_id),
            partial(self._refused, proof_id),
        )

    def _close(self, reason: str) -> None:
        proof_id = self._proof_id
        self._rows.ask(
            partial(self._log.close_proof, proof_id, reason),
            partial(self._acted, proof_id),
            partial(self._refused, proof_id),
        )

    def _refused(self, proof_id: str, error: ParcelGuardError) -> None:
        if proof_id != self._proof_id or not self.foot.refuse(error):
            self._tell(error)

    def _acted(self, proof_id: str, _nothing: None) -> None:
        if proof_id == self._proof_id:
            self.foot.leave_panel()
        self.changed.emit(proof_id)

    def _open_folder(self) -> None:
        if self._detail is not None and self._detail.photos:
            folder = self._log.media_path(self._detail.photos[0].path).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def fit(self, page_width: int) -> None:
        """Take a share of the page; a narrow one leaves the rows their room."""
        self.setFixedWidth(min(self._theme.px(WIDTH), page_width * 3 // 10))

    # ---- layout ----------------------------------------------------------------------

    def _lay_out(self) -> None:
        px = self._theme.px
        self._content = QWidget()
        inside = QVBoxLayout(self._content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(px(12))
        for widget in (self.heading, self.photo, self.strip, self.reason, self.steps, self.integrity):
            inside.addWidget(widget)
        inside.addStretch(1)
        scroll = ScrollColumn(self)
        scroll.setWidget(self._content)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(16), px(14), px(16), px(16))
        rows.setSpacing(px(12))
        rows.addWidget(self.empty)
        rows.addWidget(scroll, 1)
        rows.addWidget(self.foot)
