"""What stands beside the shops: the message of the chosen one, or the panel that was opened over it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.shops.add_shop import AddPanel, DonePanel
from parcelguard.ui.shops.consent_panel import ConsentPanel, OpenUrl
from parcelguard.ui.shops.details_panel import DetailsPanel
from parcelguard.ui.shops.keys_form import KeysPanel
from parcelguard.ui.shops.message_editor import MessagePanel
from parcelguard.ui.shops.panels import SidePanel, TextPanel


class SidePanels(QStackedWidget):
    """One panel at a time."""

    left = Signal()  # what was asked is answered or left
    kept = Signal()  # something was kept: the rows are read anew

    def __init__(
        self,
        theme: Theme,
        keeping: ShopsPort,
        calls: Background,
        probes: Background,
        open_url: OpenUrl,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._tests = Background("channel-tests", self)
        self.message = MessagePanel(theme, keeping, calls, self._tests, self)
        self.text = TextPanel(theme, keeping, calls, self)
        self.details = DetailsPanel(theme, keeping, calls, self)
        self.keys = KeysPanel(theme, keeping, calls, self)
        self.consent = ConsentPanel(theme, keeping, calls, open_url, self)
        self.adding = AddPanel(theme, keeping, calls, self)
        self.done = DonePanel(theme, keeping, calls, probes, self)
        self._panels: tuple[SidePanel, ...] = (
            self.message,
            self.text,
            self.keys,
            self.details,
            self.consent,
            self.adding,
            self.done,
        )
        for panel in self._panels:
            self.addWidget(panel)
            panel.left.connect(self.left)
            panel.changed.connect(self._on_changed)

    @property
    def panel(self) -> SidePanel:
        """The panel that is shown."""
        return next(panel for panel in self._panels if panel is self.currentWidget())

    @property
    def about_one_shop(self) -> bool:
        """Whether what is asked is about the chosen shop: choosing another one leaves it."""
        return self.panel in (self.text, self.keys, self.details, self.done)

    def open_panel(self, panel: SidePanel) -> None:
        """Show a panel, with the keyboard in its first field."""
        self.setCurrentWidget(panel)
        if (field := panel.first_field()) is not None:
            field.setFocus()

    def shut_down(self) -> None:
        """End the tests of messages, and the wait for a consent."""
        self.message.shut_down()
        self.consent.shut_down()
        self._tests.shut_down()

    def _on_changed(self, _shop_id: str) -> None:
        self.kept.emit()
