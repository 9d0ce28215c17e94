"""The evidence about one message that needs a check, and the answers to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.proofs import Photo
from parcelguard.core.shops import Shop
from parcelguard.core.times import utc_now
from parcelguard.runtime.translation import tr
from parcelguard.store.views import AttentionGroup, AttentionItem, ProofDetail
from parcelguard.ui.check.answers import Answers
from parcelguard.ui.check.bulk_edit import EditPanel
from parcelguard.ui.check.model import Row
from parcelguard.ui.check.read_back_view import Looks
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import Heading, Quote, ReasonBox, plain_label
from parcelguard.ui.kit.photo_strip import PhotoView, Strip
from parcelguard.ui.kit.pictures import read_picture
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import LogPort
from parcelguard.ui.words import check_words
from parcelguard.ui.words.attention_words import group_title, night_words
from parcelguard.ui.words.part_words import photo_name
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.times import calendar_day

STRIP_HEIGHT = 112
SMALL_PICTURE = QSize(360, 240)
LARGE_PICTURE = QSize(1600, 1000)


class CheckDetail(QWidget):
    """Shows one item, or says what a whole group is."""

    def __init__(
        self,
        theme: Theme,
        log: LogPort,
        shops: Mapping[str, Shop],
        rows: Background,
        pictures: Background,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._log = log
        self._rows = rows
        self._pictures = pictures
        self._item: AttentionItem | None = None
        self._photos: tuple[Photo, ...] = ()
        self._shown = 0  # counts the sets of photos; answers about an older set are dropped
        self._large = -1  # which photo is shown large
        self.heading = Heading(theme, self)
        self.about = plain_label("", self)
        self.strip = Strip(theme, self, height=STRIP_HEIGHT)
        self.photo = PhotoView(theme, self)
        self.reason = ReasonBox(theme, self)
        self.late = ReasonBox(theme, self)
        self.quote = Quote(theme, tr("Message to the buyer"), self)
        self.looks = Looks(theme, self)
        self.answers = Answers(theme, self)
        self.edit = EditPanel(theme, shops, self)
        self._over = QTimer(self, singleShot=True)
        self._over.timeout.connect(self._show_late)
        self.strip.chosen.connect(self._enlarge)
        self._lay_out()
        self.clear()

    def show_row(self, row: Row) -> None:
        """Show an item with its evidence, or a group as a whole."""
        if row.item is not None:
            self._show_item(row.group, row.item)
        else:
            self._show_group(row.group)
        self._content.show()
        self.answers.show()

    def clear(self) -> None:
        """Show nothing."""
        self._item = None
        self._content.hide()
        self.answers.hide()

    def open_edit(self, rows: Sequence[Row]) -> None:
        """Write one text for these, in place of the evidence."""
        self._evidence.hide()
        self.edit.open_text(rows)

    def close_edit(self) -> None:
        """Show the evidence again."""
        self.edit.hide()
        self._evidence.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the ground and the line at the left."""
        painter, theme = QPainter(self), self._theme
        painter.fillRect(self.rect(), theme.color(Token.SURFACE))
        painter.fillRect(0, 0, 1, self.height(), theme.color(Token.LINE))

    # ---- what is shown ---------------------------------------------------------------

    def _show_item(self, group: AttentionGroup, item: AttentionItem) -> None:
        before, self._item = self._item, item
        self.heading.show_order(group.shop, item.proof.order_number or item.proof.code)
        self.about.setText(check_words.about(item))
        self.reason.show_reason(BandTone.WARN, check_words.why(item), said(item.reason).advice)
        self._show_late()
        self.quote.show_words(item.text)
        self.looks.setVisible(bool(item.looks) or check_words.asks_arrival([group]))
        self.looks.show_looks(item.looks[::-1])  # the newest first
        if before is None or before.part_id != item.part_id:
            self._read_photos(item)
            self._scroll.verticalScrollBar().setValue(0)

    def _show_group(self, group: AttentionGroup) -> None:
        self._item = None
        self._shown += 1
        self.heading.show_order(group.shop, calendar_day(group.day))
        self.about.setText(check_words.summary(group))
        first = group.items[0] if group.items else None
        self.reason.show_reason(BandTone.WARN, group_title(group), said(first.reason).advice if first else "")
        self.late.show_reason(BandTone.INFO, night_words(group), "")
        self.quote.show_words("")
        for widget in (self.strip, self.photo, self.looks):
            widget.hide()

    def _show_late(self) -> None:
        """Say that it may still come, as long as that is so."""
        until = self._item.may_arrive_until if self._item else None
        left_ms = int((until - utc_now()).total_seconds() * 1000) if until else 0
        if until and left_ms > 0:
            self.late.show_reason(BandTone.INFO, check_words.may_arrive(until), "")
            self._over.start(min(left_ms + 500, 3_600_000))
        else:
            self.late.show_reason(BandTone.INFO, "", "")

    # ---- photos ----------------------------------------------------------------------

    def _read_photos(self, item: AttentionItem) -> None:
        self._shown += 1
        self._photos, self._large = (), -1
        self.strip.hide()
        self.photo.hide()
        then = partial(self._show_photos, self._shown, item.part_id)
        self._rows.ask(partial(self._log.detail, item.proof.id), then, self._nothing)

    def _show_photos(self, shown: int, part_id: str, detail: ProofDetail) -> None:
        if shown != self._shown:
            return  # another message was chosen meanwhile
        self._photos = detail.photos
        self.strip.show_count([photo_name(photo.ordinal) for photo in detail.photos])
        meant = next((part.photo_id for part in detail.parts if part.id == part_id), "")
        for place, photo in enumerate(detail.photos):
            self.strip.buttons[place].setAutoExclusive(False)  # a frame marks the photo that is meant
            self.strip.buttons[place].setCheckable(photo.id == meant)
            self.strip.buttons[place].setChecked(photo.id == meant)
            then = partial(self._show_small, shown, place)
            self._pictures.ask(partial(self._read, photo, SMALL_PICTURE), then, self._nothing)

    def _show_small(self, shown: int, place: int, image: QImage) -> None:
        if shown == self._shown:
            self.strip.buttons[place].show_image(image)

    def _enlarge(self, place: int) -> None:
        """Show a photo large, or small again."""
        self._large = -1 if place == self._large else place
        self.photo.setVisible(self._large >= 0)
        if self._large >= 0:
            photo = self._photos[place]
            self.photo.show_image(QImage())
            self.photo.setAccessibleName(tr("Photo {number}, large", number=photo.ordinal))
            then = partial(self._show_large, self._shown, place)
            self._pictures.ask(partial(self._read, photo, LARGE_PICTURE), then, self._nothing)

    def _show_large(self, shown: int, place: int, image: QImage) -> None:
        if shown == self._shown and place == self._large:
            self.photo.show_image(image)

    def _read(self, photo: Photo, size: QSize) -> QImage:
        return read_picture(str(self._log.media_path(photo.path)), size)

    def _nothing(self, _error: ParcelGuardError) -> None:
        """Leave the frames empty: what is asked can be answered without them."""

    # ---- layout ----------------------------------------------------------------------

    def _lay_out(self) -> None:
        px = self._theme.px
        self._content = QWidget()
        inside = QVBoxLayout(self._content)
        inside.setContentsMargins(px(8), px(6), px(8), px(6))  # room for the frame of the focus
        inside.setSpacing(px(12))
        for widget in (
            self.heading,
            self.about,
            self.reason,
            self.late,
            self.strip,
            self.photo,
            self.quote,
            self.looks,
        ):
            inside.addWidget(widget)
        inside.addStretch(1)
        self._scroll = ScrollColumn(self)
        self._scroll.setWidget(self._content)
        self._scroll.setAccessibleName(tr("What is known about it"))
        self._evidence = QWidget(self)
        rows = QVBoxLayout(self._evidence)
        rows.setContentsMargins(px(12), px(8), px(12), px(16))
        rows.setSpacing(px(12))
        rows.addWidget(self._scroll, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(px(9), 0, px(9), 0)
        foot.addWidget(self.answers)
        rows.addLayout(foot)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._evidence)
        whole.addWidget(self.edit)
