"""What a shop's buyers read: the preset message, and the buyer's view of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QFont, QImage, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.preset_message import PLACEHOLDERS
from parcelguard.runtime.translation import tr
from parcelguard.shops.views import Filled, Preset, Rehearsal, Remark, ShopRow, Weight
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import ReasonBox, plain_label
from parcelguard.ui.kit.buttons import ButtonRow, button
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.shops.panels import SidePanel
from parcelguard.ui.shops.parts import BuyerView
from parcelguard.ui.words import shop_words as words
from parcelguard.ui.words.reasons.saying import said

TYPING_REST_MS = 200
TEXT_HEIGHT = 118


class PlaceholderInk(QSyntaxHighlighter):
    """Colours the placeholders, and underlines what there is a remark about."""

    def __init__(self, theme: Theme, document: QTextDocument) -> None:
        super().__init__(document)
        self._theme = theme
        self._remarks: tuple[Remark, ...] = ()

    def show_remarks(self, remarks: tuple[Remark, ...]) -> None:
        """Underline these."""
        if remarks != self._remarks:
            self._remarks = remarks
            self.rehighlight()

    def highlightBlock(self, line: str) -> None:
        """Colour one line."""
        known = QTextCharFormat()
        known.setForeground(self._theme.color(Token.ACCENT))
        known.setFontWeight(QFont.Weight.DemiBold)
        for name in PLACEHOLDERS:
            braced, at = f"{{{name}}}", -1
            while (at := line.find(braced, at + 1)) >= 0:
                self.setFormat(at, len(braced), known)
        begin = self.currentBlock().position()
        for remark in self._remarks:
            if remark.span is not None:
                self._underline(remark, begin, len(line))

    def _underline(self, remark: Remark, begin: int, length: int) -> None:
        assert remark.span is not None
        first = max(remark.span[0] - begin, 0)
        last = min(remark.span[1] - begin, length)
        for at in range(first, last):
            wavy = self.format(at)
            wavy.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            token = Token.BAD if remark.weight is Weight.STOP else Token.WARN
            wavy.setUnderlineColor(self._theme.color(token))
            self.setFormat(at, 1, wavy)


class MessagePanel(SidePanel):
    """The chosen shop's message. What was not saved is still there when the shop is chosen again."""

    def __init__(
        self, theme: Theme, keeping: ShopsPort, calls: Background, tests: Background, parent: QWidget
    ) -> None:
        super().__init__(theme, keeping, calls, parent)
        self._tests = tests
        self._row: ShopRow | None = None
        self._drafts: dict[str, str] = {}
        self._remarks: tuple[Remark, ...] = ()
        self._testing = False
        self.heading.hide()
        self.text = QPlainTextEdit(self)
        self.text.setAccessibleName(tr("Preset message"))
        self.text.setTabChangesFocus(True)
        self._ink = PlaceholderInk(theme, self.text.document())
        self.counter = plain_label("", self)
        self.chips = ButtonRow(theme, self)
        self.presets = ButtonRow(theme, self)
        self.remarks = ReasonBox(theme, self)
        self.view_title = plain_label(tr("What the buyer sees"), self)
        self.view_title.setProperty("name", True)  # noqa: FBT003 - Qt's own way
        self.view = BuyerView(theme, self)
        for widget in (self.text, self.counter, self.chips, self.presets, self.remarks, self.view_title):
            self.body.addWidget(widget)
        self.body.addWidget(self.view, 1)
        theme.changed.connect(self._fit)
        self._fit()
        self._typing = QTimer(self, singleShot=True, interval=TYPING_REST_MS)
        self._typing.timeout.connect(self._look_over)
        self.text.textChanged.connect(self._on_text)
        self.chips.show_buttons([self._chip(f"{{{name}}}") for name in PLACEHOLDERS])
        self.save, self.test = self._offer(
            (tr(words.SAVE), self._save), (tr("Send a test to sandbox"), self._test)
        )

    def show_message(self, row: ShopRow) -> None:
        """Show a shop's message; the same shop read anew keeps what is being written."""
        same = self._row is not None and self._row.settings.id == row.settings.id
        before = self._row.settings.message if self._row is not None else ""
        self._row = row
        self.title.setText(words.preset_title(row))
        self.test.setVisible(row.marketplace.has_chat)
        if same and row.settings.message in (before, self._written):
            self._check()
            return
        self._round += 1
        self._testing = False
        self._remarks = ()
        self.outcome.hide()
        self.text.setPlainText(self._drafts.get(row.settings.id, row.settings.message))
        self._typing.stop()  # at once this time: setting the text began the rest of one who types
        self._look_over()
        self._calls.ask(
            partial(self._keeping.ready_messages, row.settings.id),
            partial(self._show_presets, self._round),
            _nothing,
        )

    def escape(self) -> bool:
        """Stay: nothing is open here that could be left."""
        return False

    def first_field(self) -> QWidget | None:
        """Return the text."""
        return self.text

    def shut_down(self) -> None:
        """Look at the text no more."""
        self._typing.stop()

    # ---- the text ----------------------------------------------------------------------

    @property
    def _written(self) -> str:
        return self.text.toPlainText().strip()

    def _on_text(self) -> None:
        if self._row is not None:
            kept = self._row.settings
            if self._written == kept.message:
                self._drafts.pop(kept.id, None)
            else:
                self._drafts[kept.id] = self.text.toPlainText()
        self._check()
        self._typing.start()

    def _look_over(self) -> None:
        """Fill the text as for a buyer, and see what speaks against it."""
        if self._row is None:
            return
        shop_id, text = self._row.settings.id, self._written

        def look_over() -> tuple[str, Filled, tuple[Remark, ...]]:
            return (
                text,
                self._keeping.preview_message(shop_id, text),
                self._keeping.check_message(shop_id, text),
            )

        self._calls.ask(look_over, partial(self._show_looked_over, self._round), _nothing)

    def _show_looked_over(self, asked: int, answer: tuple[str, Filled, tuple[Remark, ...]]) -> None:
        text, filled, remarks = answer
        if asked != self._round or text != self._written:
            return
        self._remarks = remarks
        self._ink.show_remarks(remarks)
        self.counter.setText(words.counter(filled))
        tone = BandTone.WARN if words.can_save(remarks) else BandTone.BAD
        self.remarks.show_reason(tone, "", " ".join(words.remark(each) for each in remarks))
        self.view.show_words(filled.text)
        self._check()

    def _show_presets(self, asked: int, presets: Sequence[Preset]) -> None:
        if asked != self._round:
            return
        chips = []
        for preset in presets:
            chip = button(preset.language, self.presets, quiet=True)
            chip.setProperty("small", True)  # noqa: FBT003 - Qt's own way
            chip.setAccessibleName(tr("Take the ready text in {language}", language=preset.language))
            chip.clicked.connect(partial(self._take, preset.text))
            chips.append(chip)
        self.presets.show_buttons(chips)
        self.presets.setVisible(bool(chips))

    def _take(self, text: str) -> None:
        """Put a ready text in the place of the present one; Ctrl+Z brings that back."""
        cursor = self.text.textCursor()
        cursor.select(cursor.SelectionType.Document)
        cursor.insertText(text)
        self.text.setFocus()

    def _insert(self, placeholder: str) -> None:
        self.text.insertPlainText(placeholder)
        self.text.setFocus()

    # ---- saving and testing ------------------------------------------------------------

    def _check(self) -> None:
        row = self._row
        changed = row is not None and self._written != row.settings.message
        self.save.setEnabled(changed and bool(self._written) and words.can_save(self._remarks))
        self.test.setEnabled(row is not None and bool(self._written) and not self._testing)

    def _wait(self, *, waiting: bool) -> None:
        super()._wait(waiting=waiting)
        if not waiting:
            self._check()

    def _save(self) -> None:
        if self._row is None:
            return
        shop_id, message = self._row.settings.id, self._written

        def done(_nothing: None) -> None:
            self._drafts.pop(shop_id, None)
            self.outcome.show_reason(BandTone.OK, tr(words.SAVED), "")
            self.changed.emit(shop_id)

        self._ask(partial(self._keeping.change_shop, shop_id, {"message": message}), done)

    def _test(self) -> None:
        if self._row is None:
            return
        asked, label = self._round, self._row.label
        self._testing = True
        self._check()
        self.outcome.show_reason(BandTone.INFO, tr(words.TESTING), "")

        def seen(rehearsal: Rehearsal) -> None:
            if asked == self._round:
                self._testing = False
                self._check()
                self._show_rehearsal(label, rehearsal)

        def failed(error: ParcelGuardError) -> None:
            if asked == self._round:
                self._testing = False
                self._check()
                self._refuse(error)

        self._tests.ask(partial(self._keeping.send_test, self._row.settings.id, self._written), seen, failed)

    def _show_rehearsal(self, label: str, rehearsal: Rehearsal) -> None:
        error = rehearsal.error
        tone = BandTone.BAD if error else BandTone.OK
        advice = said(error.reason).advice if error else words.tested(label)
        self.outcome.show_reason(tone, words.rehearsed(rehearsal), advice)
        text = next((each.text for each in rehearsal.seen if each.text), "")
        picture = next((each.picture for each in rehearsal.seen if each.picture), b"")
        if text:
            self.view.show_words(text, QImage.fromData(picture) if picture else None)

    # ---- building ----------------------------------------------------------------------

    def _fit(self) -> None:
        self.text.setFixedHeight(self._theme.em(TEXT_HEIGHT))

    def _chip(self, placeholder: str) -> QPushButton:
        chip = button(placeholder, self.chips)
        chip.setProperty("small", True)  # noqa: FBT003 - Qt's own way
        chip.setAccessibleName(tr("Insert {placeholder}", placeholder=placeholder))
        chip.clicked.connect(partial(self._insert, placeholder))
        return chip


def _nothing(_answer: object) -> None:
    """Go on: the text can be written without it."""
