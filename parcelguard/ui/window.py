"""The one window: bars, screens, and where keys and news go.

It is built and painted before the rest of the program exists; `attach` plugs that in. Keys
pressed before are answered with "Starting…". Only the Pack screen is built at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from parcelguard.config import Settings
from parcelguard.desk import DeskChanged, DeskState
from parcelguard.domain import Scan, ScanSource
from parcelguard.events import CameraChanged, EventHub
from parcelguard.ui import words
from parcelguard.ui.bridge import EventBridge
from parcelguard.ui.keys import Action, WedgeFilter
from parcelguard.ui.pack import PackScreen
from parcelguard.ui.sidebar import Page, Sidebar
from parcelguard.ui.theme import CODE_FONTS, TEXT_FONTS, Theme, Token, load_fonts
from parcelguard.ui.topbar import TopBar

if TYPE_CHECKING:
    from parcelguard.ui.log import LogPage
    from parcelguard.ui.ports import LogDesk, PackControls, Preview

ReadScan = Callable[[str, ScanSource], Scan | None]
_TITLES = {Page.PACK: "Pack", Page.LOG: "Media log", Page.HELP: "Help"}


class MainWindow(QWidget):
    """Constructible with settings and hub alone. Call `attach` once the core is up."""

    first_painted = Signal()  # once; what is slow to import may begin
    closed = Signal()

    def __init__(
        self,
        settings: Settings,
        hub: EventHub,
        pack: PackControls | None = None,
        preview: Preview | None = None,
        log: LogDesk | None = None,
        *,
        read_scan: ReadScan | None = None,
        platform: str | None = None,
    ) -> None:
        super().__init__()
        load_fonts(TEXT_FONTS)
        self._settings = settings
        self._read_scan = read_scan or self._normalise
        self._pack: PackControls | None = None
        self._log: LogDesk | None = None
        self._painted = False
        self._page = Page.PACK
        self.theme = Theme(settings.screen.theme, settings.screen.scale_percent, self)
        self.resize(1366, 768)
        self.setMinimumSize(900, 600)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setWindowTitle("ParcelGuard")
        self.theme.fit(self.size())
        self._restyle()
        self._build()
        self.keys = WedgeFilter(settings.scanner, platform, self)
        self.bridge = EventBridge(hub, self)
        self._connect()
        self.show_page(Page.PACK)
        if pack is not None:
            self.attach(pack, preview, log)

    def attach(self, pack: PackControls, preview: Preview | None = None, log: LogDesk | None = None) -> None:
        """Plug in the rest of the program."""
        self._pack, self._log = pack, log
        if preview is not None:
            self.pack_screen.preview.attach(preview)
        self.pack_screen.ready()
        if self.page is Page.LOG:
            self.show_page(Page.PACK)

    def fail(self, headline: str, advice: str) -> None:
        """Say that the program cannot start; the band keeps it."""
        self.pack_screen.fail(f"{headline} {advice}".strip())

    @property
    def page(self) -> Page:
        """The screen that is shown."""
        return self._page

    def frame_arrived(self) -> None:
        """Say from any thread that the preview has a new frame."""
        self.pack_screen.preview.frame_arrived()

    def show_page(self, page: Page) -> None:
        """Bring a screen to the front; all but Pack are built on their first visit."""
        widget = self._pages.get(page) or self._make(page)
        if widget is None:  # the log, before there is one to show
            self._sidebar.show_page(self._page)
            return
        self._page = page
        self._stack.setCurrentWidget(widget)
        self._sidebar.show_page(page)
        self._topbar.set_title(_TITLES[page])
        if page is not Page.LOG:  # which begins in its search field
            self.setFocus()

    # ---- Qt --------------------------------------------------------------------------

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Let the type grow with the window."""
        self.theme.fit(self.size())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground; what can wait begins after the first time."""
        QPainter(self).fillRect(self.rect(), self.theme.color(Token.BG))
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._after_first_paint)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless a scanner is typing: some codes hold Alt+F4."""
        if self.keys.in_burst:
            event.ignore()
            return
        self.shut_down()
        event.accept()
        self.closed.emit()

    def shut_down(self) -> None:
        """End all that this window started; harmless when repeated."""
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self.keys)
        self.bridge.close()
        if self._log_page is not None:
            self._log_page.shut_down()

    # ---- building --------------------------------------------------------------------

    def _build(self) -> None:
        bench = self._settings.bench
        self._sidebar = Sidebar(self.theme, self)
        self._topbar = TopBar(self.theme, bench.station, bench.packer, self)
        self.pack_screen = PackScreen(
            self.theme,
            shop_names={shop.id: shop.shop().label for shop in self._settings.shops},
            bench=f"{bench.station} · {bench.packer}",
        )
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.pack_screen)
        self._pages: dict[Page, QWidget] = {Page.PACK: self.pack_screen}
        self._log_page: LogPage | None = None
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._topbar)
        right.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setSizeConstraint(
            QHBoxLayout.SizeConstraint.SetNoConstraint
        )  # large text never widens the window
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._sidebar)
        row.addLayout(right, 1)

    def _make(self, page: Page) -> QWidget | None:
        widget: QWidget
        if page is Page.HELP:
            from parcelguard.ui.help import HelpPage

            widget = HelpPage(self.theme)
        elif self._log is not None:
            from parcelguard.ui.log import LogPage

            widget = self._log_page = LogPage(self.theme, self._log, self.bridge)
        else:
            return None
        self._pages[page] = widget
        self._stack.addWidget(widget)
        return widget

    def _connect(self) -> None:
        pack, bridge = self.pack_screen, self.bridge
        bridge.desk_changed.connect(self._on_desk)
        bridge.proof_saved.connect(pack.show_saved)
        bridge.proof_changed.connect(pack.show_proof)
        bridge.queue_changed.connect(self._topbar.show_queue)
        bridge.camera_changed.connect(self._on_camera)
        bridge.codes_seen.connect(pack.show_codes)
        self._sidebar.chosen.connect(self.show_page)
        self._topbar.attention_clicked.connect(self._show_log)
        pack.pressed.connect(self._act)
        pack.typed.connect(self._on_typed)
        self.keys.pressed.connect(self._act)
        self.keys.scanned.connect(self._on_scanned)
        self.keys.refused.connect(self._on_refused)
        self.theme.changed.connect(self._restyle)

    def _after_first_paint(self) -> None:
        load_fonts(CODE_FONTS)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self.keys)
        self.first_painted.emit()

    def _restyle(self) -> None:
        self.setPalette(self.theme.palette())
        self.setFont(self.theme.font())
        self.update()

    # ---- keys and scans --------------------------------------------------------------

    def _act(self, action: Action) -> None:
        if action is Action.FIND:
            self.show_page(Page.PACK)
            self.pack_screen.open_find()
        elif action is Action.HELP:
            self.show_page(Page.PACK if self._page is Page.HELP else Page.HELP)
        elif action is Action.CLEAR:
            self._escape()
        elif self._pack is None:
            self.pack_screen.remark(words.STARTING)
        elif action is Action.TAKE:
            self._pack.take_photo()
        elif action is Action.RETAKE:
            self._pack.retake()
        else:
            self._pack.save()

    def _escape(self) -> None:
        """Esc leaves what is nearest: the find field, a question of the log, another screen, the order."""
        if self._page is Page.PACK:
            if not self.pack_screen.close_find() and self._pack is not None:
                self._pack.clear()
        elif not (self._page is Page.LOG and self._log_page is not None and self._log_page.escape()):
            self.show_page(Page.PACK)

    def _on_scanned(self, raw: str) -> None:
        self._take_in(raw, ScanSource.WEDGE)

    def _on_typed(self, raw: str) -> None:
        self._take_in(raw, ScanSource.TYPED)

    def _take_in(self, raw: str, source: ScanSource) -> None:
        self.show_page(Page.PACK)
        self.pack_screen.close_find()
        scan = self._read_scan(raw, source)
        if self._pack is not None and scan is not None:
            self._pack.scan(scan)

    def _on_refused(self) -> None:
        self.show_page(Page.PACK)
        self.pack_screen.close_find()
        self.pack_screen.remark(words.label(words.CONTROL_KEYS))

    def _normalise(self, raw: str, source: ScanSource) -> Scan | None:
        from parcelguard.scanner.normaliser import read_scan  # not needed before the first scan

        scanner = self._settings.scanner
        return read_scan(raw, source, prefix=scanner.prefix, suffix=scanner.suffix)

    # ---- news ------------------------------------------------------------------------

    def _on_desk(self, news: DeskChanged) -> None:
        if news.desk.state is DeskState.READY:
            self.keys.unlock()
        self.pack_screen.show_desk(news.desk)

    def _on_camera(self, news: CameraChanged) -> None:
        self._topbar.show_camera(news)
        self.pack_screen.show_camera(news)

    def _show_log(self) -> None:
        self.show_page(Page.LOG)
