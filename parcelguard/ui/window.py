"""The one window: bars, screens, and where keys and events go.

It is built and painted before the rest of the program exists; `attach` plugs that in. Keys
pressed before are answered with "Starting…". Only the Pack screen is built at once. A screen whose
code fails is built anew from the events that were kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from parcelguard.core.config import Settings, ShopSettings
from parcelguard.core.events import EventHub
from parcelguard.core.reasons.reason import Reason
from parcelguard.packing.desk_view import DeskChanged, DeskState
from parcelguard.runtime.translation import use_language
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.keys.key_actions import KeyActions, ReadScan
from parcelguard.ui.keys.key_filter import WedgeFilter
from parcelguard.ui.kit.theme import CODE_FONTS, TEXT_FONTS, Theme, Token, load_fonts
from parcelguard.ui.pack.pack_feed import PackFeed
from parcelguard.ui.pack.pack_screen import PackScreen
from parcelguard.ui.recovery.question import Question
from parcelguard.ui.screen import Screen
from parcelguard.ui.shell.alert_feed import AlertFeed
from parcelguard.ui.shell.sidebar import Page, Sidebar, title_of
from parcelguard.ui.shell.top_bar import TopBar

if TYPE_CHECKING:
    from parcelguard.ui.ports import LogPort, PackControls, Preview, ShopsPort
    from parcelguard.ui.recovery.repair_page import RepairPage
    from parcelguard.ui.recovery.screen_restart import Restarter
    from parcelguard.ui.shell.farewell import Farewell

DROPPED_AFTER_MS = 1000


class MainWindow(QWidget):
    """Constructible with settings and hub alone. Call `attach` once the core is up.

    Before that, `question.ask` may put a question in place of Pack; see there.
    """

    first_painted = Signal()  # once; what is slow to import may begin
    closed = Signal()

    def __init__(
        self,
        settings: Settings,
        hub: EventHub,
        pack: PackControls | None = None,
        preview: Preview | None = None,
        log: LogPort | None = None,
        *,
        read_scan: ReadScan | None = None,
        platform: str | None = None,
    ) -> None:
        super().__init__()
        load_fonts(TEXT_FONTS)
        self._settings = settings
        self._key_actions = KeyActions(self, settings.scanner, read_scan, self)
        self._log: LogPort | None = None
        self._channels: ShopsPort | None = None
        self._shops = {shop.id: shop for shop in settings.shops}
        self._painted = False
        self._page = Page.PACK
        self._restarter: Restarter | None = None
        self._take_down: Callable[[], object] | None = None
        self._farewell: Farewell | None = None
        self.theme = Theme(settings.screen.theme, settings.screen.scale_percent, self)
        self.resize(1366, 768)
        self.setMinimumSize(900, 600)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setWindowTitle("ParcelGuard")
        self.theme.fit(self.size())
        self._restyle()
        self._right = QVBoxLayout()  # top bar, alerts, and the screen
        self._build()
        self._alert_feed = AlertFeed(self.theme, hub.publish, self._right, self)
        self.keys = WedgeFilter(settings.scanner, platform, self)
        self.bridge = EventBridge(hub, self)
        self._connect()
        self.show_page(Page.PACK)
        if pack is not None:
            self.attach(pack, preview, log)

    def attach(
        self,
        pack: PackControls,
        preview: Preview | None = None,
        log: LogPort | None = None,
        channels: ShopsPort | None = None,
    ) -> None:
        """Plug in the rest of the program."""
        self._log, self._channels = log, channels
        self._key_actions.attach(pack)
        self._pack_feed.start(preview)
        if self.page in (Page.LOG, Page.CHECK):
            self.show_page(Page.PACK)

    def use_shops(self, shops: Sequence[ShopSettings]) -> None:
        """Go on with these shops: their labels, messages and chat pages."""
        self._shops.clear()
        self._shops.update({shop.id: shop for shop in shops})

    def fail(self, reason: Reason) -> None:
        """Say why the program cannot start; the band keeps it."""
        self._pack_feed.fail(reason)

    def change_language(self, chosen: str) -> None:
        """Speak another language from now on: bars and screens are built anew, the open order stays.

        `chosen`: as in the settings file. A question that stands in place of a screen keeps its words.
        """
        from parcelguard.ui.recovery.repair_page import RepairPage

        use_language(chosen)
        self._topbar.say_anew()
        self._sidebar.say_anew()
        for page, screen in list(self._pages.items()):
            if not isinstance(screen, RepairPage):
                self.rebuild(page)
        self.show_page(self._page)

    def end_with(self, take_down: Callable[[], object]) -> None:
        """Call this off the window's thread when the window is closed, and stay until it returns.

        Whoever built the program may end it themselves at the same time: `take_down` has to bear that.
        """
        self._take_down = take_down

    @property
    def page(self) -> Page:
        """The screen that is shown."""
        return self._page

    @property
    def screen_of_page(self) -> QWidget:
        """The widget that was built for this page."""
        return self._pages[self._page]

    @property
    def shown(self) -> QWidget | None:
        """The widget in front: the page's own, or a question in its place."""
        return self._stack.currentWidget()

    def frame_arrived(self) -> None:
        """Say from any thread that the preview has a new frame."""
        self.pack_screen.preview.frame_arrived()

    def show_page(self, page: Page) -> None:
        """Bring a screen to the front; all but Pack are built on their first visit."""
        widget = self._pages.get(page) or self._make(page)
        if widget is None:
            # The log, before there is one to show.
            self._sidebar.show_page(self._page)
            return
        self._page = page
        shown = self.question.page if page is Page.PACK and self.question.page is not None else widget
        self._stack.setCurrentWidget(shown)
        self._sidebar.show_page(page)
        self._topbar.set_title(title_of(page))
        # A Screen begins in a field or list of its own; elsewhere no control may swallow keys of a scanner.
        if not isinstance(widget, Screen):
            self.setFocus()

    # ---- Qt --------------------------------------------------------------------------

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Let the type grow with the window."""
        self.theme.fit(self.size())
        if self._farewell is not None:
            self._farewell.setGeometry(self.rect())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground; what can wait begins after the first time."""
        QPainter(self).fillRect(self.rect(), self.theme.color(Token.BG))
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._after_first_paint)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless a scanner is typing: some codes hold Alt+F4. What is in flight ends first."""
        if self.keys.in_burst or self._farewell is not None:
            event.ignore()
            return
        self.shut_down()
        if self._take_down is not None and not _system_ends():
            event.ignore()
            self._say_farewell(self._take_down)
            return
        event.accept()
        self.closed.emit()

    def shut_down(self) -> None:
        """End all that this window started; harmless when repeated."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self.keys)
        if self._restarter is not None:
            self._restarter.stop()
        self.bridge.stop_listening()
        for screen in self._pages.values():
            if isinstance(screen, Screen):
                screen.shut_down()
        if self._farewell is not None:
            self._farewell.shut_down()

    def _say_farewell(self, take_down: Callable[[], object]) -> None:
        from parcelguard.ui.shell.farewell import Farewell

        self._farewell = Farewell(self.theme, self)
        self._farewell.over.connect(self._end)
        self._farewell.begin(take_down)
        self.setEnabled(False)

    def _end(self) -> None:
        self._take_down = self._farewell = None
        self.close()

    # ---- building --------------------------------------------------------------------

    def _build(self) -> None:
        bench = self._settings.bench
        self._sidebar = Sidebar(self.theme, self)
        self._topbar = TopBar(self.theme, bench.station, bench.packer, self)
        self._stack = QStackedWidget(self)
        self.question = Question(
            self.theme, self._stack, drop=self._drop, show_pack=lambda: self.show_page(Page.PACK)
        )
        self._pages: dict[Page, QWidget] = {}
        self._pack_feed = PackFeed(self._add_pack(), self)
        self._right.setSpacing(0)
        self._right.addWidget(self._topbar)
        self._right.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        # Large text never widens the window beyond the screen.
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._sidebar)
        row.addLayout(self._right, 1)

    def _add_pack(self) -> PackScreen:
        bench = self._settings.bench
        screen = PackScreen(
            self.theme,
            shop_name=self._shop_name,
            bench=f"{bench.station} · {bench.packer}",
        )
        screen.pressed.connect(self._key_actions.carry_out)
        screen.typed.connect(self._key_actions.look_up)
        self._stack.addWidget(screen)
        self._pages[Page.PACK] = self.pack_screen = screen
        return screen

    def _make(self, page: Page) -> QWidget | None:
        from parcelguard.ui.pages import make

        widget = make(page, self.theme, self.bridge, self._shops, self._log, self._channels, self._edit)
        if widget is not None:
            self._pages[page] = widget
            self._stack.addWidget(widget)
        return widget

    def _connect(self) -> None:
        bridge = self.bridge
        bridge.desk_changed.connect(self._on_desk)
        self._pack_feed.listen_to(bridge)
        bridge.queue_changed.connect(self._topbar.show_queue)
        bridge.queue_changed.connect(self._sidebar.show_queue)
        bridge.shop_queue.connect(self._topbar.show_shop_queue)
        bridge.camera_changed.connect(self._topbar.show_camera)
        bridge.alerts_changed.connect(self._alert_feed.show_alerts)
        self._sidebar.chosen.connect(self.show_page)
        self._topbar.attention_clicked.connect(lambda: self.show_page(Page.CHECK))
        self._key_actions.listen_to(self.keys)
        self.theme.changed.connect(self._restyle)

    def _after_first_paint(self) -> None:
        load_fonts(CODE_FONTS)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self.keys)
        self.first_painted.emit()
        # Last, so that the program's log, which has begun meanwhile, still hears of a mistake.
        self._guard()

    def _guard(self) -> None:
        """Let no mistake in a screen's code end the program or leave the screen dead."""
        from parcelguard.ui.recovery.screen_restart import Restarter

        self._restarter = Restarter(self, self._alert_feed, self)
        self._restarter.start()

    def _restyle(self) -> None:
        self.setPalette(self.theme.palette())
        self.setFont(self.theme.font())
        self.update()

    def _on_desk(self, event: DeskChanged) -> None:
        if event.desk.state is DeskState.READY:
            self.keys.unlock()

    def _shop_name(self, shop_id: str) -> str:
        shop = self._shops.get(shop_id)
        return shop.shop().label if shop else shop_id

    def _edit(self, proof_id: str, order_number: str) -> None:
        """Open the log at a proof, with its text to be changed."""
        from parcelguard.ui.log.log_screen import LogPage

        self.show_page(Page.LOG)
        page = self._pages[Page.LOG]
        if isinstance(page, LogPage):
            page.edit(proof_id, order_number)

    # ---- screens that failed ---------------------------------------------------------

    def page_of(self, culprit: object) -> Page | None:
        """Return the screen a widget belongs to; None if to none, or if it is gone already."""
        if culprit is self:
            return self._page
        if not isinstance(culprit, QWidget) or not isValid(culprit):
            return None
        screens = [*self._pages.items(), (Page.PACK, self.pack_screen)]
        return next((page for page, each in screens if each is culprit or each.isAncestorOf(culprit)), None)

    def rebuild(self, page: Page) -> None:
        """Build a screen anew from what happened last; another one than Pack when it is shown next."""
        before = {self._pages.pop(page)}
        if page is Page.PACK:
            before.add(self.pack_screen)
            self._pack_feed.move_to(self._add_pack())
        for screen in before:
            self._drop(screen)
        if page is self._page:
            self.show_page(page)

    def stand_in(self, page: Page, widget: RepairPage) -> None:
        """Show this in a screen's place. A Pack screen stays behind it: events still reach it."""
        failed = self._pages.get(page)
        if failed is not None and failed is not self.pack_screen:
            self._drop(failed)
        self._pages[page] = widget
        self._stack.addWidget(widget)
        if page is self._page:
            self.show_page(page)

    def _drop(self, screen: QWidget) -> None:
        """Take a screen out. It ends a moment later: the camera may just be telling it of a frame."""
        self._stack.removeWidget(screen)
        screen.hide()
        if isinstance(screen, Screen):
            screen.shut_down()
        QTimer.singleShot(DROPPED_AFTER_MS, screen, screen.deleteLater)


def _system_ends() -> bool:
    """Whether the computer shuts down just now: a window that stays open then is in its way."""
    application = QApplication.instance()
    return isinstance(application, QApplication) and application.isSavingSession()
