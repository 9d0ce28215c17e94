"""The shops: whether their buyers can be written to, what is said to them, and the master switches.

Built on its first visit. Nothing here reads a file or asks a marketplace on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from parcelguard.core.alerts import AlertsChanged
from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.events import ProofChanged
from parcelguard.runtime.translation import tr
from parcelguard.shops.standing import Remedy
from parcelguard.shops.views import GrantRow, MarketplaceRow, ShopRow
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.qss import page_sheet
from parcelguard.ui.kit.theme import Theme, Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.screen import Screen
from parcelguard.ui.shops.consent_panel import OpenUrl
from parcelguard.ui.shops.overview import ShopsColumn
from parcelguard.ui.shops.panels import SidePanel
from parcelguard.ui.shops.parts import SideFrame
from parcelguard.ui.shops.probing import Probing
from parcelguard.ui.shops.shop_menu import shop_menu
from parcelguard.ui.shops.side_panels import SidePanels
from parcelguard.ui.words import shop_words as words
from parcelguard.ui.words.access_words import missing_words
from parcelguard.ui.words.reasons.saying import said

REREAD_REST_MS = 1000
SIDE_WIDTH = 400

Read = tuple[tuple[ShopRow, ...], tuple[MarketplaceRow, ...]]


class ChannelsPage(Screen):
    """Shops at the left; at the right the message, or what is being asked."""

    def __init__(
        self,
        theme: Theme,
        keeping: ShopsPort,
        bridge: EventBridge,
        open_url: OpenUrl = QDesktopServices.openUrl,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._keeping = keeping
        self._rows: dict[str, ShopRow] = {}
        self._known: tuple[MarketplaceRow, ...] = ()
        self._then: Callable[[], None] | None = None  # waits for the rows to be read
        # What a person waits for must not stand in line behind the marketplaces' answers, which take seconds.
        # A message is tried out on a third thread, beside both.
        self._calls = Background("channels", self)
        self._probes = Background("channel-probes", self)
        self._probing = Probing(keeping, self._probes, self)
        self.shops = ShopsColumn(theme, self)
        self.side = side = SidePanels(theme, keeping, self._calls, self._probes, open_url, self)
        self.frame = SideFrame(theme, side, self)
        self.message, self.text, self.details, self.keys = side.message, side.text, side.details, side.keys
        self.consent, self.adding, self.done = side.consent, side.adding, side.done
        self._reread_soon = QTimer(self, singleShot=True, interval=REREAD_REST_MS)
        self._lay_out()
        self._restyle()
        self._connect(bridge)
        self._show_side()

    def escape(self) -> bool:
        """Leave what is open beside the shops; False if nothing is."""
        return self._panel.escape()

    def shut_down(self) -> None:
        """End the threads that work for this page, and the wait for a consent."""
        self._reread_soon.stop()
        self.side.shut_down()
        for calls in (self._calls, self._probes):
            calls.shut_down()

    # ---- Qt --------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin at the chosen shop, up to date."""
        super().showEvent(event)
        self.shops.take_focus()
        self._read()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Share the room."""
        self._share_room()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground."""
        QPainter(self).fillRect(self.rect(), self._theme.color(Token.BG))

    def _lay_out(self) -> None:
        px = self._theme.px
        row = QHBoxLayout(self)
        row.setContentsMargins(px(22), px(18), px(22), px(18))
        row.setSpacing(px(18))
        row.addWidget(self.shops, 1)
        row.addWidget(self.frame)

    def _share_room(self) -> None:
        """Give the side what it has in the drawings, and more where the text is large."""
        theme = self._theme
        most = max(theme.px(SIDE_WIDTH), self.width() * 45 // 100)
        self.frame.setFixedWidth(min(theme.em(SIDE_WIDTH), most))

    def _restyle(self) -> None:
        self.setStyleSheet(page_sheet(self._theme))
        self._share_room()
        self.update()

    def _connect(self, bridge: EventBridge) -> None:
        bridge.proof_changed.connect(self._on_proof)
        bridge.alerts_changed.connect(self._on_alerts)
        self._reread_soon.timeout.connect(self._read)
        self._theme.changed.connect(self._restyle)
        self.shops.add.clicked.connect(self._add)
        self.shops.masters.switched.connect(self._switch_marketplace)
        self.shops.list.chosen.connect(self._choose)
        self.shops.list.link_pressed.connect(self._follow_link)
        self.shops.list.switched.connect(self._switch)
        self.shops.list.menu_wanted.connect(self._show_menu)
        self.side.left.connect(self._leave)
        self.side.kept.connect(self._read)
        self._probing.answered.connect(self._show_probed)
        self._probing.failed.connect(self._tell_failure)
        self.adding.added.connect(self._on_added)
        self.consent.connected.connect(self._on_connected)
        self.done.switch_wanted.connect(partial(self._switch, on=True))

    # ---- reading ---------------------------------------------------------------------

    def _on_proof(self, _event: ProofChanged) -> None:
        """Collect changes; a burst of them costs one look at today's figures."""
        if self.isVisible() and not self._reread_soon.isActive():
            self._reread_soon.start()

    def _read(self) -> None:
        def read() -> Read:
            return self._keeping.shops(), self._keeping.marketplaces()

        self._calls.ask(read, self._show, self._tell_failure)

    def _show(self, answer: Read) -> None:
        shops, self._known = answer
        first = not self._rows
        self._rows = {row.settings.id: row for row in shops}
        self.shops.show_rows(shops, self._known)
        self._show_side()
        if self._panel is self.message:
            self._choose(self.shops.list.shop_id)
        # Before the first answer there was no row to begin at.
        if first and self.shops.add.hasFocus():
            self.shops.take_focus()
        self._probe_due(self._rows)
        then, self._then = self._then, None
        if then is not None:
            then()

    def _show_side(self) -> None:
        """Show the side if there is something on it: without a shop there is no message."""
        self.frame.setVisible(bool(self._rows) or self._panel is not self.message)

    def _tell_failure(self, error: ParcelGuardError) -> None:
        words_ = said(error.reason)
        self.shops.outcome.show_reason(BandTone.BAD, words_.headline, words_.advice)

    def _on_alerts(self, present: AlertsChanged) -> None:
        self._probe_due(self._probing.note_alerts(present) & self._rows.keys())

    def _probe_due(self, shop_ids: Iterable[str]) -> None:
        """Have the marketplaces asked while somebody looks at their answers."""
        if self.isVisible():
            self._probing.probe_due(shop_ids)

    def _probe(self, shop_id: str) -> None:
        """Ask the marketplace what a shop may do, and say that it is asked."""
        self.shops.outcome.show_reason(BandTone.INFO, tr(words.ASKING), "")
        self._probing.probe_now(shop_id)

    def _show_probed(self, row: ShopRow, wanted: bool) -> None:
        shop_id = row.settings.id
        if shop_id not in self._rows:
            return  # removed meanwhile
        self._rows[shop_id] = row
        self.shops.show_rows(list(self._rows.values()), self._known)
        if wanted:
            tone = words.band_tone(row)
            self.shops.outcome.show_reason(tone, words.now_asked(row), missing_words(row.access))

    # ---- what a person asks for ------------------------------------------------------

    @property
    def _panel(self) -> SidePanel:
        return self.side.panel

    def _open_panel(self, panel: SidePanel) -> None:
        """Show a panel beside the shops, with the keyboard in its first field."""
        self.shops.outcome.hide()
        self.frame.show()
        self.side.open_panel(panel)

    def _leave(self) -> None:
        """Show the chosen shop's message again."""
        self.side.setCurrentWidget(self.message)
        self._choose(self.shops.list.shop_id)
        self._show_side()
        self.shops.take_focus()

    def _choose(self, shop_id: str) -> None:
        """Show the message of a shop, unless something else is asked about it."""
        row = self._rows.get(shop_id)
        if row is not None:
            if self.side.about_one_shop:
                self._panel.escape()
            self.message.show_message(row)

    def _add(self) -> None:
        self.adding.begin_adding(self._known)
        self._open_panel(self.adding)

    def _follow_link(self, shop_id: str) -> None:
        """Do what the words beside a shop's access offer."""
        row = self._rows[shop_id]
        self.shops.list.choose(shop_id)
        if row.standing.remedy is Remedy.APPLY:
            self.text.explain(row)
            self._open_panel(self.text)
        elif row.standing.remedy is Remedy.TEST:
            self._probe(shop_id)
        else:
            self._authorise(row, words.next_grant(row) or next(iter(row.grants), None))

    def _authorise(self, row: ShopRow, given: GrantRow | None) -> None:
        """Ask for a consent; for the app's keys first where they are missing."""
        if given is None or not given.keyed:
            self.keys.show_kept_keys(row)
            self._open_panel(self.keys)
        else:
            self.consent.ask_consent(row, given)
            self._open_panel(self.consent)

    def _on_added(self, shop_id: str) -> None:
        self._then = partial(self._go_on, shop_id, "")

    def _on_connected(self, shop_id: str, name: str) -> None:
        self._then = partial(self._go_on, shop_id, name)

    def _go_on(self, shop_id: str, name: str) -> None:
        """Ask for the next consent of a shop, or tell what it may do now."""
        row = self._rows.get(shop_id)
        if row is None:
            return
        given = words.next_grant(row)
        self.shops.list.choose(shop_id)
        if given is not None and given.keyed:
            self.consent.ask_consent(row, given)
            self._open_panel(self.consent)
        elif not row.marketplace.has_chat:
            self._ask_details(row)
        else:
            self.done.show_access(row, name)
            self._open_panel(self.done)

    def _switch(self, shop_id: str, on: bool) -> None:
        """Switch a shop off at once, and on only after the marketplace's rules were read."""
        self.shops.list.choose(shop_id)
        if on:
            self.text.ask_notice(self._rows[shop_id])
            self._open_panel(self.text)
        else:
            self._carry_out(partial(self._keeping.switch_shop, shop_id, on=False))

    def _switch_marketplace(self, name: str, on: bool) -> None:
        self._carry_out(partial(self._keeping.switch_marketplace, name, on))

    def _carry_out(self, task: Callable[[], None]) -> None:
        def done(_nothing: None) -> None:
            self._read()

        self.shops.outcome.hide()
        self._calls.ask(task, done, self._tell_failure)

    # ---- the menu of a shop ----------------------------------------------------------

    def menu_of(self, shop_id: str) -> QMenu:
        """Return what can be done with a shop."""
        row = self._rows[shop_id]
        does: dict[words.Choice, Callable[[], None]] = {
            words.Choice.TEST: partial(self._probe, shop_id),
            words.Choice.BY_HAND: partial(self._change, shop_id, by_hand=True),
            words.Choice.IN_CHAT: partial(self._change, shop_id, by_hand=False),
            words.Choice.KEYS: partial(self._authorise, row, None),
            words.Choice.DETAILS: partial(self._ask_details, row),
            words.Choice.REMOVE: partial(self._ask_removal, row),
        }
        return shop_menu(row, self, authorise=partial(self._authorise, row), carry_out=does)

    def _show_menu(self, shop_id: str) -> None:
        row = self.shops.list.row(shop_id)
        if row is not None:
            self.shops.list.choose(shop_id)
            self.menu_of(shop_id).popup(row.more.mapToGlobal(QPoint(0, row.more.height())))

    def _change(self, shop_id: str, *, by_hand: bool) -> None:
        self._carry_out(partial(self._keeping.change_shop, shop_id, {"by_hand": by_hand}))

    def _ask_details(self, row: ShopRow) -> None:
        self.details.show_details(row)
        self._open_panel(self.details)

    def _ask_removal(self, row: ShopRow) -> None:
        self.text.ask_removal(row)
        self._open_panel(self.text)
