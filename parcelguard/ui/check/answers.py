"""The answers a person can give, and one inline question where it matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.parts import Decision
from parcelguard.core.times import utc_now
from parcelguard.runtime.translation import tr
from parcelguard.store.views import AttentionGroup
from parcelguard.ui.check.model import Row, groups_of, proofs_of
from parcelguard.ui.kit.blocks import ReasonBox, plain_label
from parcelguard.ui.kit.buttons import ButtonRow, button
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words import check_words
from parcelguard.ui.words.reasons.saying import said

HESITATE_MS = 500
SLOW_MS = 300  # a wait that long is shown


class Answers(QWidget):
    """Offers only what every chosen message allows."""

    decided = Signal(Decision, list)  # the rows it is for
    edit_wanted = Signal(str, str)  # proof id, order number
    edit_all_wanted = Signal(list)  # the rows that get the same words
    by_hand_wanted = Signal(list)  # the rows that a person sends
    stopped = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: list[Row] = []
        self._asked: tuple[Decision, list[Row]] | None = None
        self._working = False
        self._offered: tuple[list[str], list[Decision], bool, bool] | None = None
        self.scope = plain_label("", self)
        self.refusal = ReasonBox(theme, self)
        self.question = ReasonBox(theme, self)
        self.buttons = ButtonRow(theme, self)
        self._slow = QTimer(self, singleShot=True, interval=SLOW_MS)
        self._slow.timeout.connect(self._show_that_it_is_slow)
        self._progress = ""
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(8))
        for widget in (self.refusal, self.question, self.scope, self.buttons):
            rows.addWidget(widget)
        self.refusal.hide()
        self.question.hide()

    def show_rows(self, rows: list[Row]) -> None:
        """Answer about these from now on. A question that is open stays, unless none of its rows is left."""
        if [_id(row) for row in rows] != [_id(row) for row in self._rows] and not self._working:
            self.refusal.hide()
        self._rows = rows
        if self._asked is not None:
            left = {_id(row) for row in rows}
            decision, asked = self._asked
            still = [row for row in asked if _id(row) in left]
            if still and len(still) == len(asked):
                return
            self._asked = (decision, still) if still else None
            if still:
                self._show_question()
                return
        self._offer()

    def leave_question(self) -> bool:
        """Leave what is asked; False if nothing is."""
        if self._asked is None:
            return False
        self._asked = None
        self._offer()
        self._focus_first()
        return True

    def begin_working(self, count: int) -> None:
        """Take no further answer until it is carried out."""
        self._asked, self._working, self._offered = None, True, None
        self.refusal.hide()
        self.question.hide()
        self.progress(0, count)
        for each in self.buttons.buttons:
            each.setEnabled(False)
        self._slow.start()

    def progress(self, done: int, count: int) -> None:
        """Say how far it is, once it takes long enough to say so."""
        self._progress = check_words.working(done, count)
        if self._working and not self._slow.isActive():
            self.scope.setText(self._progress)

    def end_working(self) -> None:
        """Take answers again."""
        self._slow.stop()
        self._working = False
        self._offer()

    def refuse(self, error: ParcelGuardError) -> None:
        """Say why it was not done; it can be tried again."""
        self.end_working()
        self.refusal.show_reason(BandTone.BAD, *said(error.reason))

    # ---- what can be answered --------------------------------------------------------

    def _offer(self) -> None:
        """Show a button for each answer."""
        if self._working:
            return
        self.question.hide()
        groups, count = groups_of(self._rows), len(self._rows)
        decisions = _common(groups)
        edits = bool(groups) and all(group.editable for group in groups)
        by_hand = check_words.may_go_by_hand(groups)
        offered = ([_id(row) for row in self._rows], decisions, edits, by_hand)
        if offered == self._offered:
            return  # new buttons would take the focus from the old ones
        self._offered = offered
        self.scope.setText(check_words.chosen(count))
        self.scope.setVisible(count > 1)
        made = []
        sure = not check_words.asks_arrival(groups)
        for decision in decisions:
            words = check_words.answer(decision, groups, count)
            each = button(words, self.buttons, main=sure and decision is Decision.SEND_AGAIN)
            each.setAccessibleName(words)
            each.clicked.connect(partial(self._answer, decision))
            made.append(each)
        if edits:
            made.insert(0, self._edit_button(main=Decision.SEND_AGAIN not in decisions))
        if by_hand:
            made.append(self._by_hand_button())
        self.buttons.show_buttons(made)

    def _by_hand_button(self) -> QPushButton:
        rows = self._rows
        made = button(check_words.by_hand(len(proofs_of(rows))), self.buttons)
        made.setAccessibleName(made.text())
        made.clicked.connect(lambda: self.by_hand_wanted.emit(rows))
        return made

    def _edit_button(self, *, main: bool) -> QPushButton:
        rows, found = self._rows, proofs_of(self._rows)
        made = button(check_words.edit(len(found)), self.buttons, main=main)
        if len(found) == 1:
            proof = found[0]
            made.setAccessibleName(check_words.edit_spoken(made.text()))
            made.clicked.connect(lambda: self.edit_wanted.emit(proof.id, proof.order_number or proof.code))
        else:
            made.clicked.connect(lambda: self.edit_all_wanted.emit(rows))
        return made

    def _answer(self, decision: Decision) -> None:
        groups, count = groups_of(self._rows), len(self._rows)
        if check_words.needs_confirming(decision, groups, count):
            self._asked = (decision, list(self._rows))
            self._show_question()
        else:
            self.decided.emit(decision, list(self._rows))

    def _show_question(self) -> None:
        if self._asked is None:
            return
        decision, rows = self._asked
        self._offered = None
        groups, count = groups_of(rows), len(rows)
        self.refusal.hide()
        self.scope.hide()
        self.question.show_reason(
            BandTone.WARN,
            check_words.question(decision, groups, count),
            check_words.warnings(decision, groups, count, _latest(rows)),
        )
        yes = button(check_words.answer(decision, groups, count), self.buttons, main=True)
        yes.clicked.connect(self._confirm)
        yes.setEnabled(False)  # a double click must not confirm, wherever the button comes to lie
        QTimer.singleShot(HESITATE_MS, yes, partial(yes.setEnabled, True))  # noqa: FBT003
        no = button(tr("Cancel (Esc)"), self.buttons)
        no.clicked.connect(self.leave_question)
        self.buttons.show_buttons([no, yes])  # so that a second click or a held key does not confirm
        no.setFocus()

    def _confirm(self) -> None:
        if self._asked is not None:
            self.decided.emit(*self._asked)

    def _show_that_it_is_slow(self) -> None:
        self.scope.setText(self._progress)
        self.scope.show()
        stop = button(tr("Stop (Esc)"), self.buttons)
        stop.clicked.connect(self.stopped)
        self.buttons.show_buttons([stop])

    def _focus_first(self) -> None:
        if self.buttons.buttons:
            self.buttons.buttons[0].setFocus()


def _common(groups: Sequence[AttentionGroup]) -> list[Decision]:
    """Return the answers that make sense for all of them."""
    if not groups:
        return []
    return [each for each in groups[0].answers if all(each in group.answers for group in groups)]


def _latest(rows: Sequence[Row]) -> datetime | None:
    """Return until when one of them may still arrive, if that is not over."""
    moments = [row.item.may_arrive_until for row in rows if row.item and row.item.may_arrive_until]
    return max((at for at in moments if at > utc_now()), default=None)


def _id(row: Row) -> str:
    return row.item.part_id if row.item else ""
