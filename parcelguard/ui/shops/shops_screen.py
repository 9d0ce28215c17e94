"""The shops: whether their buyers can be written to, what is said to them, and the master switches.

Built on its first visit. Nothing here reads a file or asks a marketplace on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QWidget

from parcelguard.core.alerts import AlertsChanged, AlertTopic
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
from parcelguard.ui.shops.add_shop import AddPanel, DonePanel
from parcelguard.ui.shops.consent_panel import ConsentPanel, OpenUrl
from parcelguard.ui.shops.details_panel import DetailsPanel
from parcelguard.ui.shops.keys_form import KeysPanel
from parcelguard.ui.shops.message_editor import MessagePanel
from parcelguard.ui.shops.overview import ShopsColumn
from parcelguard.ui.shops.panels import SidePanel, TextPanel
from parcelguard.ui.shops.parts import SideFrame
from parcelguard.ui.shops.probe_times import ProbeTimes
from parcelguard.ui.shops.shop_menu import shop_menu
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
        self._probe_times = ProbeTimes()
        self._then: Callable[[], None] | None = None  # waits for the rows to be read
        # Three threads: what a person waits for, the marketplaces' answers that take seconds, and a sandbox
        # that takes longer still. None may stand in line behind another.
        self._calls = Background("channels", self)
        self._probes = Background("channel-probes", self)
        self._tests = Background("channel-tests", self)
        self.shops = ShopsColumn(theme, self)
        side = QStackedWidget(self)
        self.side = side
        self.message = MessagePanel(theme, keeping, self._calls, self._tests, side)
        self.text = TextPanel(theme, keeping, self._calls, side)
        self.details = DetailsPanel(theme, keeping, self._calls, side)
        self.keys = KeysPanel(theme, keeping, self._calls, side)
        self.consent = ConsentPanel(theme, keeping, self._calls, open_url, side)
        self.adding = AddPanel(theme, keeping, self._calls, side)
        self.done = DonePanel(theme, keeping, self._calls, self._probes, side)
        self._panels: tuple[SidePanel, ...] = (
            self.message,
            self.text,
            self.keys,
            self.details,
            self.consent,
            self.adding,
            self.done,
        )
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
        self.message.shut_down()
        self.consent.shut_down()
        for calls in (self._calls, self._probes, self._tests):
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

    # ---- building --------------------------------------------------------------------

    def _lay_out(self) -> None:
        px = self._theme.px
        for panel in self._panels:
            self.side.addWidget(panel)
        self.frame = SideFrame(self._theme, self.side, self)
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
        for panel in self._panels:
            panel.left.connect(self._leave)
            panel.changed.connect(self._on_changed)
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
        for shop_id in self._rows:
            self._probe_if_due(shop_id)
        then, self._then = self._then, None
        if then is not None:
            then()

    def _show_side(self) -> None:
        """Show the side if there is something on it: without a shop there is no message."""
        self.frame.setVisible(bool(self._rows) or self._panel is not self.message)

    def _tell_failure(self, error: ParcelGuardError) -> None:
        words_ = said(error.reason)
        self.shops.outcome.show_reason(BandTone.BAD, words_.headline, words_.advice)

    # ---- probing ---------------------------------------------------------------------

    def _on_alerts(self, present: AlertsChanged) -> None:
        """Ask anew about a shop that may not send any more, or may again: the row must not say otherwise."""
        keys = {alert.key for alert in present.alerts}
        held = frozenset(key.shop_id for key in keys if key.topic is AlertTopic.SHOP_HELD)
        for shop_id in self._probe_times.note_held(held) & self._rows.keys():
            self._probe_if_due(shop_id)

    def _probe_if_due(self, shop_id: str) -> None:
        """Ask the marketplace what a shop may do, once in a while; nobody who packs waits for it."""
        if self.isVisible() and self._probe_times.is_due(shop_id):
            self._probe(shop_id)

    def _probe(self, shop_id: str, *, aloud: bool = False) -> None:
        """Ask the marketplace; `aloud` says that it is asked, and what was answered."""
        self._probe_times.note_asked(shop_id)
        if aloud:
            self.shops.outcome.show_reason(BandTone.INFO, tr(words.ASKING), "")
        failed = self._tell_failure if aloud else _nothing
        self._probes.ask(
            partial(self._keeping.probe_shop, shop_id), partial(self._show_probed, aloud=aloud), failed
        )

    def _show_probed(self, row: ShopRow, *, aloud: bool) -> None:
        shop_id = row.settings.id
        if shop_id not in self._rows:
            return  # removed meanwhile
        self._rows[shop_id] = row
        self.shops.show_rows(list(self._rows.values()), self._known)
        if aloud:
            tone = words.band_tone(row)
            self.shops.outcome.show_reason(tone, words.now_asked(row), missing_words(row.access))

    # ---- what a person asks for ------------------------------------------------------

    @property
    def _panel(self) -> SidePanel:
        return next(panel for panel in self._panels if panel is self.side.currentWidget())

    def _open_panel(self, panel: SidePanel) -> None:
        """Show a panel beside the shops, with the keyboard in its first field."""
        self.shops.outcome.hide()
        self.side.setCurrentWidget(panel)
        self.frame.show()
        if (field := panel.first_field()) is not None:
            field.setFocus()

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
            if self._panel in (self.text, self.keys, self.details, self.done):
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
            self._probe(shop_id, aloud=True)
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

    def _on_changed(self, _shop_id: str) -> None:
        self._read()

    # ---- the menu of a shop ----------------------------------------------------------

    def menu_of(self, shop_id: str) -> QMenu:
        """Return what can be done with a shop."""
        row = self._rows[shop_id]
        does: dict[words.Choice, Callable[[], None]] = {
            words.Choice.TEST: partial(self._probe, shop_id, aloud=True),
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


def _nothing(_error: ParcelGuardError) -> None:
    """Nobody asked for it."""
