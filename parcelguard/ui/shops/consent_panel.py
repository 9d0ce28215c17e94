"""The seller's consent: the browser is opened, and the answer comes back by itself or is pasted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QWidget

from parcelguard.core.errors import ParcelGuardError
from parcelguard.runtime.translation import tr
from parcelguard.shops.views import Attempt, Consented, GrantRow, ShopRow
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import plain_label
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.shops.panels import SidePanel
from parcelguard.ui.shops.parts import Steps
from parcelguard.ui.words import shop_words as words

OpenUrl = Callable[[QUrl], bool]


class ConsentPanel(SidePanel):
    """One consent of one shop, from the browser to the marketplace's answer."""

    connected = Signal(str, str)  # shop id, the name that the marketplace gives
    _answered = Signal(object)  # from whatever thread the answer came in on

    def __init__(
        self, theme: Theme, keeping: ShopsPort, calls: Background, open_url: OpenUrl, parent: QWidget
    ) -> None:
        super().__init__(theme, keeping, calls, parent)
        self._open_url = open_url
        self._row: ShopRow | None = None
        self._grant: GrantRow | None = None
        self._attempt: Attempt | None = None
        self.explanation = plain_label("", self)
        self.redirect_hint = plain_label(tr(words.REDIRECT), self)
        self.redirect = QLineEdit(self)
        self.redirect.setAccessibleName(tr("Redirect address of your app"))
        self.redirect.setPlaceholderText("https://…")
        self.pasted = QLineEdit(self)
        self.pasted.setAccessibleName(tr("The address the browser ends at"))
        self.pasted.setPlaceholderText(tr("The address the browser ends at"))
        self.steps = Steps(theme, [tr(step) for step in words.STEPS], self)
        self.steps.show_step(words.CONSENT_STEP)
        for widget in (self.steps, self.explanation, self.redirect_hint, self.redirect, self.pasted):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self.pasted.textChanged.connect(self._check)
        self.pasted.returnPressed.connect(self._paste)
        self._answered.connect(self._on_answered)

    @property
    def attempt(self) -> Attempt | None:
        """The consent that is waited for."""
        return self._attempt

    def ask_consent(self, row: ShopRow, given: GrantRow) -> None:
        """Say what is to be allowed; the browser opens with the next press."""
        self._drop()
        self._row, self._grant = row, given
        self._name(row, words.consent_title(row, given))
        self._begin_again()

    def first_field(self) -> QWidget | None:
        """Return the button that opens the browser."""
        return self.buttons.buttons[0]

    def escape(self) -> bool:
        """Wait no longer, and leave."""
        self._drop()
        return super().escape()

    def shut_down(self) -> None:
        """Wait no longer: the program ends."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            with suppress(ParcelGuardError):
                self._keeping.cancel_consent(attempt)

    def _begin_again(self) -> None:
        assert self._row is not None
        self.explanation.setText(words.consent_asks(self._row))
        self._show_redirect(shown=True)
        self.pasted.hide()
        self._offer((tr("Open the browser"), self._begin), (tr(words.CANCEL), self.escape))

    def _begin(self) -> None:
        row, given = self._row, self._grant
        if row is not None and given is not None:
            redirect = self.redirect.text().strip()
            question = partial(
                self._keeping.begin_consent, row.settings.id, given.grant, self._answered.emit, redirect
            )
            self._ask(question, self._wait_for)

    def _wait_for(self, attempt: Attempt) -> None:
        """Open the browser, and wait."""
        self._attempt = attempt
        self.explanation.setText(tr(words.LISTENS if attempt.listens else words.PASTES))
        self._show_redirect(shown=False)
        self.pasted.clear()
        self.pasted.show()
        self._offer(
            (tr("Go on"), self._paste),
            (tr("Copy address"), self._copy),
            (tr(words.CANCEL), self.escape),
        )
        self._check()
        self.outcome.show_reason(BandTone.INFO, words.consent_until(attempt), "")
        if self._open_url(QUrl(attempt.address)):
            self.pasted.setFocus()
        else:
            self.outcome.show_reason(BandTone.WARN, tr(words.NOT_OPENED), words.consent_until(attempt))
            self.buttons.buttons[1].setFocus()

    def _paste(self) -> None:
        attempt, address = self._attempt, self.pasted.text().strip()
        if attempt is not None and address:
            self._ask(partial(self._keeping.paste_address, attempt, address), self._pasted)

    def _pasted(self, _nothing: None) -> None:
        """Wait on: the outcome comes in like the one of the browser."""
        if self._attempt is not None:
            self.outcome.show_reason(BandTone.INFO, tr(words.ASKING), "")

    def _on_answered(self, consented: Consented) -> None:
        if self._attempt is None or consented.attempt.id != self._attempt.id or self._row is None:
            return
        self._attempt = None
        self._round += 1  # an address that was pasted meanwhile must not be answered any more
        if consented.error is not None:
            self._begin_again()
            self._refuse(consented.error)
            self.buttons.buttons[0].setFocus()
            return
        name = consented.seller.name if consented.seller else ""
        self.changed.emit(self._row.settings.id)
        self.connected.emit(self._row.settings.id, name)

    def _copy(self) -> None:
        if self._attempt is not None:
            QGuiApplication.clipboard().setText(self._attempt.address)

    def _check(self) -> None:
        if self._attempt is not None and self.buttons.buttons:
            self.buttons.buttons[0].setEnabled(bool(self.pasted.text().strip()))

    def _show_redirect(self, *, shown: bool) -> None:
        self.redirect_hint.setVisible(shown)
        self.redirect.setVisible(shown)

    def _drop(self) -> None:
        """End the wait for an answer; whatever comes is of no interest any more."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            self._calls.ask(partial(self._keeping.cancel_consent, attempt), _nothing, _nothing)


def _nothing(_answer: object) -> None:
    """Nobody waits for this."""
