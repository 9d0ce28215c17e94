"""The Pack screen: band, picture, photos, items, message, keys.

It shows what the desk publishes and asks for nothing else; news of other proofs come as a
toast in the picture, so that the band always speaks of the parcel on the bench.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from parcelguard.core.events import CameraChanged, CameraState, CodesSeen, ProofChanged
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import Reason
from parcelguard.packing.desk_view import Desk, DeskState, ProofSaved
from parcelguard.ui.keys.key_filter import Action
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.pack.band import BandView
from parcelguard.ui.pack.cards import ItemsCard, MessageCard, PhotosCard
from parcelguard.ui.pack.preview import PreviewPane
from parcelguard.ui.shell.keys_bar import KeyBar
from parcelguard.ui.words import bar_words
from parcelguard.ui.words import pack_words as words
from parcelguard.ui.words.pack_words import Band

if TYPE_CHECKING:
    from parcelguard.ui.pack.find_field import FindField
    from parcelguard.ui.shell.toast import Toast

COLUMN_WIDTH = 404
_TOAST_STATES = (ProofState.DELIVERED, ProofState.WAITING, ProofState.ATTENTION, ProofState.PARTLY)


class PackScreen(QWidget):
    """What the packer looks at all day."""

    pressed = Signal(Action)
    typed = Signal(str)

    def __init__(
        self, theme: Theme, *, shop_name: Callable[[str], str], bench: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shop_name = shop_name
        self._bench = bench
        self._desk: Desk | None = None  # None until the program is ready
        self._last: ProofChanged | ProofSaved | None = None  # of the proof saved last, until the next scan
        self._newest: ProofChanged | None = None
        self._toasted: dict[
            str, tuple[ProofState, Reason | None]
        ] = {}  # what a waiting proof was said to wait for
        self._remark = ""
        self._failure: Reason | None = None
        self.band_view = BandView(theme, self)
        self.preview = PreviewPane(theme, self)
        self.photos = PhotosCard(theme, self)
        self.items = ItemsCard(theme, self)
        self.message = MessageCard(theme, self)
        self.keys = KeyBar(theme, self)
        self.find_field: FindField | None = None
        self.toast: Toast | None = None
        self._lay_out()
        self.keys.pressed.connect(self.pressed)
        self.show_camera(CameraChanged(state=CameraState.STARTING))
        theme.changed.connect(self._fit)
        self._fit()

    # ---- what there is to show -------------------------------------------------------

    def ready(self) -> None:
        """Say that orders can be scanned; the desk's own news follow."""
        if self._desk is None:
            self.show_desk(Desk())

    def show_desk(self, desk: Desk) -> None:
        """Take in the bench as it is now."""
        if self._desk is not None and desk.state is not self._desk.state:
            # The field lies over the band, and the band has something new to say.
            self.close_find()
        self._desk = desk
        self._remark, self._failure = "", None
        if desk.state is not DeskState.READY:
            self._last = None
        for card in (self.photos, self.items, self.message):
            card.show_desk(desk)
        if desk.state is DeskState.READY or desk.today.packed:
            self.keys.show_today(desk.today)
        name = desk.order.number if desk.order else desk.code
        self.preview.set_caption(" · ".join(part for part in (name, self._bench) if part))
        self._show_band()

    def show_saved(self, saved: ProofSaved) -> None:
        """Take in that F4 is done."""
        newest = self._newest
        self._last = newest if newest and newest.proof_id == saved.proof.id else saved
        self._show_band()

    @property
    def last_proof(self) -> words.LastProof:
        """The proof that was saved last, until the next scan."""
        return self._last

    def show_last(self, last: ProofChanged | ProofSaved) -> None:
        """Speak of the proof that was saved last, as the screen before this one did."""
        self._last = last
        self._show_band()

    def show_proof(self, event: ProofChanged) -> None:
        """Take in how a proof is getting on: the last one in the band, any other in the toast."""
        self._newest = event
        if self._last is not None and _proof_id(self._last) == event.proof_id:
            self._last = event
            self._show_band()
            if self._shows_last():
                return
        said = (event.state, event.reason)
        if event.state in _TOAST_STATES and self._toasted.get(event.proof_id) != said:
            self._show_toast(words.proof_band(event))
        # A proof that waits is announced again with each try: it is said once, until something changes.
        if event.state is ProofState.WAITING:
            self._toasted[event.proof_id] = said
        else:
            self._toasted.pop(event.proof_id, None)

    def show_camera(self, camera: CameraChanged) -> None:
        """Say in the picture's place what to do when there is none."""
        live = camera.state is CameraState.LIVE
        self.preview.show_message(*(("", "") if live else bar_words.camera_help(camera)))
        if not live:
            self.preview.show_boxes(())

    def show_codes(self, seen: CodesSeen) -> None:
        """Outline what the reader sees."""
        self.preview.show_boxes(seen.boxes)

    def fail(self, reason: Reason) -> None:
        """Say why nothing can be packed, until the program is ready after all."""
        self._failure = reason
        # What stood there would promise a camera, and that orders can be scanned.
        self.preview.show_message("", "")
        self._show_band()

    def remark(self, sentence: str) -> None:
        """Say something the desk knows nothing of, until the desk moves on."""
        self._remark = sentence
        self._show_band()

    # ---- the find field --------------------------------------------------------------

    def open_find(self) -> None:
        """F3: type an order's number."""
        if self.find_field is None:
            # With what only some need, after the first paint.
            from parcelguard.ui.pack.find_field import FindField

            self.find_field = FindField(self._theme, self)
            self.find_field.entered.connect(self.typed)
        self.find_field.setGeometry(self.band_view.geometry())
        self.find_field.open_field()

    def close_find(self) -> bool:
        """Close the find field; False if it was not open."""
        if self.find_field is None or not self.find_field.isVisible():
            return False
        self.find_field.close_field()
        return True

    # ---- Qt --------------------------------------------------------------------------

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Keep what lies over other widgets in its place."""
        if self.find_field is not None:
            self.find_field.setGeometry(self.band_view.geometry())
        if self.toast is not None:
            self.toast.place()

    # ---- steps -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._column = QVBoxLayout()
        self._column.addWidget(self.photos)
        self._column.addWidget(self.items, 1)
        self._column.addWidget(self.message)
        self._middle = QHBoxLayout()
        self._middle.addWidget(self.preview, 1)
        self._middle.addLayout(self._column)
        self._rows = QVBoxLayout(self)
        self._rows.addWidget(self.band_view)
        self._rows.addLayout(self._middle, 1)
        self._rows.addWidget(self.keys)

    def _fit(self) -> None:
        px = self._theme.px
        self._rows.setContentsMargins(px(18), px(16), px(18), px(22))
        self._rows.setSpacing(px(14))
        self._middle.setSpacing(px(14))
        self._column.setSpacing(px(12))
        for card in (self.photos, self.items, self.message):
            card.setFixedWidth(px(COLUMN_WIDTH))
        self.message.setVisible(not self._theme.large_text)

    def _show_toast(self, band: Band) -> None:
        if self.toast is None:
            from parcelguard.ui.shell.toast import Toast

            self.toast = Toast(self._theme, self.preview)
        self.toast.show_band(band)

    def _show_band(self) -> None:
        self.band_view.show_band(self._band())

    def _band(self) -> Band:
        if self._failure is not None:
            return Band(tone=BandTone.BAD, text=words.reason_words(self._failure))
        if self._desk is None:
            return words.starting()
        now = words.band(self._desk, self._last, self._shop_name)
        if self._remark:
            return Band(tone=BandTone.WARN, text=self._remark, badge=now.badge, code=now.code)
        return now

    def _shows_last(self) -> bool:
        desk = self._desk
        return desk is not None and desk.state is DeskState.READY and desk.notice is None


def _proof_id(event: ProofChanged | ProofSaved) -> str:
    return event.proof.id if isinstance(event, ProofSaved) else event.proof_id
