"""What stands beside the shops: one question or form at a time, never a dialog."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.runtime.translation import tr
from parcelguard.shops.standing import Remedy
from parcelguard.shops.views import ShopRow
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import Heading, ReasonBox, plain_label
from parcelguard.ui.kit.buttons import ButtonRow, button
from parcelguard.ui.kit.scrolling import ScrollColumn
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.words import shop_words as words
from parcelguard.ui.words.access_words import notice_words
from parcelguard.ui.words.reasons.saying import said

Answer = TypeVar("Answer")


class SidePanel(QWidget):
    """Title, content that scrolls, what came of the last press, and buttons."""

    left = Signal()
    changed = Signal(str)  # shop id: something was kept, the rows are read anew

    def __init__(self, theme: Theme, keeping: ShopsPort, calls: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._keeping = keeping
        self._calls = calls
        self._round = 0  # counts what was opened; answers about an older one are dropped
        self.title = plain_label("", self)
        self.title.setProperty("title", True)  # noqa: FBT003 - Qt's own way
        self.heading = Heading(theme, self, mono=False)
        self.outcome = ReasonBox(theme, self)
        self.outcome.hide()
        self.buttons = ButtonRow(theme, self)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self._lay_out()

    def escape(self) -> bool:
        """Leave the panel."""
        self.left.emit()
        return True

    def first_field(self) -> QWidget | None:
        """Return what has the keyboard first; the first button where there is no field."""
        return self.buttons.buttons[0] if self.buttons.buttons else None

    def _name(self, row: ShopRow, title: str) -> None:
        self._round += 1
        self.title.setText(title)
        self.heading.show_order(row.label, row.settings.name)
        self.heading.show()
        self.outcome.hide()

    def _ask(self, question: Callable[[], Answer], then: Callable[[Answer], None]) -> None:
        """Ask; no second press is taken meanwhile."""
        self._wait(waiting=True)
        asked = self._round

        def answered(answer: Answer) -> None:
            if asked == self._round:
                self._wait(waiting=False)
                then(answer)

        def failed(error: ParcelGuardError) -> None:
            if asked == self._round:
                self._wait(waiting=False)
                self._refuse(error)

        self.outcome.hide()
        self._calls.ask(question, answered, failed)

    def _wait(self, *, waiting: bool) -> None:
        for each in self.buttons.buttons:
            each.setEnabled(not waiting)

    def _refuse(self, error: ParcelGuardError) -> None:
        words_ = said(error.reason)
        self.outcome.show_reason(BandTone.BAD, words_.headline, words_.advice)

    def _offer(self, *offered: tuple[str, Callable[[], object]], main: bool = True) -> list[QPushButton]:
        """Show these buttons; the first is the main one."""
        made = []
        for place, (name, does) in enumerate(offered):
            each = button(name, self.buttons, main=main and not place)
            each.clicked.connect(lambda _checked=False, does=does: does())
            made.append(each)
        self.buttons.show_buttons(made)
        return made

    def _lay_out(self) -> None:
        px = self._theme.px
        self.body.setContentsMargins(px(2), 0, px(6), 0)
        self.body.setSpacing(px(10))
        scroll = ScrollColumn(self)
        scroll.setWidget(self._content)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(16), px(16), px(16), px(16))
        rows.setSpacing(px(10))
        rows.addWidget(self.title)
        rows.addWidget(self.heading)
        rows.addWidget(scroll, 1)
        rows.addWidget(self.outcome)
        rows.addWidget(self.buttons)


class TextPanel(SidePanel):
    """A text to be read, and what can be answered to it."""

    def __init__(self, theme: Theme, keeping: ShopsPort, calls: Background, parent: QWidget) -> None:
        super().__init__(theme, keeping, calls, parent)
        self.text = plain_label("", self)
        self.text.setProperty("read", True)  # noqa: FBT003 - Qt's own way
        self.body.addWidget(self.text)
        self.body.addStretch(1)

    def ask_notice(self, row: ShopRow) -> None:
        """Show what the marketplace allows, before sending is switched on."""
        self._name(row, tr("Before this shop sends"))
        self.text.setText(notice_words(row.marketplace))
        self._offer(
            (tr(words.READ_THIS), partial(self._carry_out, row, self._switch_on)),
            (tr(words.CANCEL), self.escape),
        )

    def ask_removal(self, row: ShopRow) -> None:
        """Ask whether a shop is to be forgotten; the harmless answer comes first."""
        self._name(row, tr("Remove this shop?"))
        self.text.setText(tr(words.REMOVE))
        self._offer(
            (tr("Keep it (Esc)"), self.escape),
            (tr("Remove"), partial(self._carry_out, row, self._keeping.remove_shop)),
            main=False,
        )

    def explain(self, row: ShopRow) -> None:
        """Say what the shop lacks and how it is got, with what can be done until then."""
        self._name(row, words.lacks(row))
        self.text.setText(words.apply_for(row))
        offered: list[tuple[str, Callable[[], object]]] = []
        if row.standing.remedy is Remedy.APPLY and not row.settings.by_hand:
            by_hand = partial(self._keeping.change_shop, values={"by_hand": True})
            offered.append((tr(words.Choice.BY_HAND), partial(self._carry_out, row, by_hand)))
        self._offer(*offered, (tr(words.CLOSE), self.escape))

    def _switch_on(self, shop_id: str) -> None:
        self._keeping.switch_shop(shop_id, on=True, notice_read=True)

    def _carry_out(self, row: ShopRow, task: Callable[[str], None]) -> None:
        shop_id = row.settings.id

        def done(_nothing: None) -> None:
            self.changed.emit(shop_id)
            self.left.emit()

        self._ask(partial(task, shop_id), done)
