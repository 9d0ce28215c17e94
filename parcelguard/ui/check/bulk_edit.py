"""One text for many messages that the marketplace refused or hid: written, looked at, sent again.

It stands in place of the evidence. Esc leaves the question first, then the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.orders import Order
from parcelguard.core.preset_message import PLACEHOLDERS, fill_message
from parcelguard.core.proofs import Proof
from parcelguard.core.shops import LONGEST_MESSAGE, Shop
from parcelguard.runtime.translation import tr
from parcelguard.ui.check.model import Row, groups_of, proofs_of
from parcelguard.ui.kit.blocks import Heading, Quote, ReasonBox, plain_label
from parcelguard.ui.kit.buttons import ButtonRow, button
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words import check_words
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.sentences import together

SLOW_MS = 300  # a wait that long is shown
TEXT_HEIGHT = 132


class _Stage(Enum):
    WRITING = auto()
    ASKED = auto()
    WORKING = auto()


class EditPanel(QWidget):
    """Open for the messages it was opened with, less those that were settled meanwhile."""

    confirmed = Signal(str)  # the template
    stopped = Signal()
    left = Signal()

    def __init__(self, theme: Theme, shops: Mapping[str, Shop], parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shops = shops
        self._stage = _Stage.WRITING
        self._progress = ""
        self.rows: list[Row] = []
        self.heading = Heading(theme, self)
        self.gets = plain_label(tr(check_words.GETS), self)
        self.text = QPlainTextEdit(self)
        self.text.setAccessibleName(tr("Message to the buyers"))
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(theme.em(TEXT_HEIGHT))
        self.chips = ButtonRow(theme, self)
        self.letters = plain_label("", self)
        self.mistakes = ReasonBox(theme, self)
        self.preview = Quote(theme, "", self)
        self.outcome = ReasonBox(theme, self)
        self.question = ReasonBox(theme, self)
        self.working = plain_label("", self)
        self.buttons = ButtonRow(theme, self)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(self._show_that_it_is_slow)
        self._offer_placeholders()
        self._lay_out()
        self.text.textChanged.connect(self._show_text)
        self.hide()

    @property
    def proofs(self) -> list[Proof]:
        """Whom the text is for."""
        return proofs_of(self.rows)

    def open_text(self, rows: Sequence[Row]) -> None:
        """Begin with the shop's own words, or those of the first message where the shop is not known."""
        self.rows = list(rows)
        first = self.rows[0].item
        shop = self._shops.get(first.proof.shop_id) if first else None
        self.outcome.hide()
        self.text.setPlainText(shop.message if shop else first.text if first else "")
        self._show_scope()
        self._go(_Stage.WRITING)
        self._scroll.verticalScrollBar().setValue(0)
        self.show()
        self.text.setFocus()

    def drop_settled(self, part_ids: set[str]) -> bool:
        """Drop what was settled meanwhile; False when nothing is left to send."""
        if self._stage is _Stage.WORKING:
            return True
        left = [row for row in self.rows if row.item and row.item.part_id in part_ids]
        if len(left) != len(self.rows):
            self.rows = left
            self._show_scope()
            if left:
                self._go(_Stage.WRITING)  # what was asked named another number
        return bool(left)

    def escape(self) -> bool:
        """Leave the question, or the text; False if none is open."""
        if self.isHidden() or self._stage is _Stage.WORKING:
            return False
        if self._stage is _Stage.ASKED:
            self._go(_Stage.WRITING)
            self.text.setFocus()
        else:
            self.left.emit()
        return True

    # ---- sending ---------------------------------------------------------------------

    def begin_sending(self) -> list[str]:
        """Take no further change until these proofs are dealt with."""
        proof_ids = [proof.id for proof in self.proofs]
        self.outcome.hide()
        self._go(_Stage.WORKING)
        self.progress(0)
        self._slow.start()
        return proof_ids

    def progress(self, done: int) -> None:
        """Say how far it is, once it takes long enough to say so."""
        self._progress = check_words.working(done, len(self.proofs))
        if not self._slow.isActive():
            self.working.setText(self._progress)

    def finish_sending(self, gone: set[str], words: str, reason: ParcelGuardError | None) -> bool:
        """Go on with those that did not go, and say why; False when none is left."""
        self._slow.stop()
        self.rows = [row for row in self.rows if row.item and row.item.proof.id not in gone]
        if not self.rows:
            self._stage = _Stage.WRITING
            return False
        self._show_scope()
        self._go(_Stage.WRITING)
        advice = together(*said(reason.reason)) if reason else ""
        self.outcome.show_reason(BandTone.BAD if reason and not gone else BandTone.WARN, words, advice)
        self.text.setFocus()
        return True

    # ---- what is shown ---------------------------------------------------------------

    @property
    def _template(self) -> str:
        return self.text.toPlainText().strip()

    @property
    def _longest(self) -> int:
        return max((len(self._as_read(proof)) for proof in self.proofs), default=0)

    def _as_read(self, proof: Proof) -> str:
        """Return the text as this proof's buyer will read it."""
        shop = self._shops.get(proof.shop_id)
        if shop is None:
            return self._template
        order = Order(
            shop_id=proof.shop_id,
            number=proof.order_number or proof.code,
            buyer_name=proof.buyer_name,
            tracking=proof.tracking,
        )
        return fill_message(self._template.replace("{items}", tr(check_words.ITEMS)), order, shop)

    def _show_scope(self) -> None:
        groups = groups_of(self.rows)
        shop = groups[0].shop if len({group.shop for group in groups}) == 1 else ""
        self.heading.show_order(shop, check_words.count_messages(len(self.proofs)))
        self._show_text()

    def _show_text(self) -> None:
        """Follow what is written."""
        proofs, longest = self.proofs, self._longest
        self.letters.setText(check_words.letters(longest))
        asked = self._stage is _Stage.ASKED  # then the question says it
        mistakes = check_words.mistakes(self._template, longest) if self._template and not asked else []
        self.mistakes.show_reason(BandTone.WARN, " ".join(mistakes), "")
        if proofs:
            self.preview.show_words(self._as_read(proofs[0]), check_words.reads(proofs[0].buyer_name))
        if self._stage is _Stage.WRITING and self.buttons.buttons:
            self.buttons.buttons[0].setEnabled(bool(self._template) and longest <= LONGEST_MESSAGE)

    def _go(self, stage: _Stage) -> None:
        """Write, ask or wait, with the buttons that belong to it."""
        self._stage = stage
        writing = stage is _Stage.WRITING
        self.text.setReadOnly(not writing)
        self.chips.setEnabled(writing)
        self.working.hide()
        count = len(self.proofs)
        warnings = check_words.resend_warnings(self._template, groups_of(self.rows), self._longest)
        asked = check_words.resend_question(count) if stage is _Stage.ASKED else ""
        self.question.show_reason(BandTone.WARN, asked, warnings if asked else "")
        resend = self._button(check_words.resend(count), main=True)
        if writing:
            resend.clicked.connect(self._ask)
            cancel = self._button(tr("Cancel (Esc)"))
            cancel.clicked.connect(self.escape)
            self.buttons.show_buttons([resend, cancel])
        elif stage is _Stage.ASKED:
            resend.clicked.connect(self._confirm)
            cancel = self._button(tr("Cancel (Esc)"))
            cancel.clicked.connect(self.escape)
            self.buttons.show_buttons([cancel, resend])  # so that a second click or a held key sends nothing
            cancel.setFocus()
        else:
            resend.setEnabled(False)
            self.buttons.show_buttons([resend])
        self._show_text()

    def _ask(self) -> None:
        self.outcome.hide()
        self._go(_Stage.ASKED)

    def _confirm(self) -> None:
        self.confirmed.emit(self._template)

    def _show_that_it_is_slow(self) -> None:
        self.working.setText(self._progress)
        self.working.show()
        stop = self._button(tr("Stop (Esc)"))
        stop.clicked.connect(self.stopped)
        self.buttons.show_buttons([stop])

    def _button(self, words: str, *, main: bool = False) -> QPushButton:
        made = button(words, self.buttons, main=main)
        made.setAccessibleName(words)
        return made

    # ---- placeholders ----------------------------------------------------------------

    def _offer_placeholders(self) -> None:
        made = []
        for name in PLACEHOLDERS:
            chip = button(f"{{{name}}}", self.chips)
            chip.setAccessibleName(tr("Insert {placeholder}", placeholder=name))
            chip.clicked.connect(partial(self._insert, chip.text()))
            made.append(chip)
        self.chips.show_buttons(made)

    def _insert(self, placeholder: str) -> None:
        self.text.insertPlainText(placeholder)
        self.text.setFocus()

    # ---- layout ----------------------------------------------------------------------

    def _lay_out(self) -> None:
        px = self._theme.px
        content = QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(px(8), px(6), px(8), px(6))  # room for the frame of the focus
        inside.setSpacing(px(10))
        for widget in (
            self.heading,
            self.gets,
            self.text,
            self.chips,
            self.letters,
            self.mistakes,
            self.preview,
        ):
            inside.addWidget(widget)
        inside.addStretch(1)
        self._scroll = ScrollColumn(self)
        self._scroll.setWidget(content)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(12), px(8), px(12), px(16))
        rows.setSpacing(px(12))
        rows.addWidget(self._scroll, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(px(9), 0, px(9), 0)
        foot.setSpacing(px(8))
        for widget in (self.outcome, self.question, self.working, self.buttons):
            foot.addWidget(widget)
        rows.addLayout(foot)
        self.outcome.hide()
        self.question.hide()
        self.working.hide()
