"""Adding a shop: which marketplace and country, then the keys; its consents follow in their own panel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from parcelguard.core.marketplace_facts import Marketplace
from parcelguard.runtime.translation import tr
from parcelguard.shops.views import AppKeys, MarketplaceRow, ShopRow
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.blocks import plain_label
from parcelguard.ui.kit.buttons import Choice, button
from parcelguard.ui.kit.theme import Theme
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.ports import ShopsPort
from parcelguard.ui.shops.keys_form import KeysForm
from parcelguard.ui.shops.panels import SidePanel
from parcelguard.ui.shops.parts import Steps
from parcelguard.ui.words import shop_words as words
from parcelguard.ui.words.access_words import access_words, apply_words, missing_words, notice_words


class AddPanel(SidePanel):
    """The first two steps. What was written stays while one goes back and forth."""

    added = Signal(str)  # the new shop's id

    def __init__(self, theme: Theme, keeping: ShopsPort, calls: Background, parent: QWidget) -> None:
        super().__init__(theme, keeping, calls, parent)
        self._known: tuple[MarketplaceRow, ...] = ()
        self._app: AppKeys | None = None
        self._same_app = ""
        self.heading.hide()
        self.title.setText(tr(words.ADD_SHOP))
        self.steps = Steps(theme, [tr(step) for step in words.STEPS], self)
        self.marketplace = Choice(theme, self)
        self.country = Choice(theme, self)
        self.name = QLineEdit(self)
        self.rule = plain_label("", self)
        self.apply = plain_label("", self)
        self.same_app = button("", self)
        self.form = KeysForm(theme, self)
        self._named = [
            self._label(tr("Marketplace"), self.marketplace),
            self._label(tr("Country"), self.country),
            self._label(tr("Name of the shop, as you call it"), self.name),
        ]
        self.name.setMaxLength(40)
        self.body.addWidget(self.steps)
        for label, field in zip(self._named, (self.marketplace, self.country, self.name), strict=True):
            self.body.addWidget(label)
            self.body.addWidget(field)
        for widget in (self.rule, self.apply, self.same_app, self.form):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self.marketplace.currentIndexChanged.connect(self._choose_marketplace)
        self.name.textChanged.connect(self._check)
        self.name.returnPressed.connect(self._go_on)
        self.form.changed.connect(self._check)
        self.same_app.clicked.connect(self._take_over)

    def begin_adding(self, known: Sequence[MarketplaceRow]) -> None:
        """Begin anew."""
        self._round += 1
        self._known = tuple(known)
        self._same_app = ""
        self.outcome.hide()
        self.name.clear()
        self.marketplace.clear()
        for row in self._known:
            self.marketplace.addItem(words.known_as(row.marketplace))
        self._choose_marketplace()
        self._first_step()

    def first_field(self) -> QWidget | None:
        """Return the first field of the step that is open."""
        if self.form.isHidden():
            return self.marketplace
        return next(iter(self.form.fields.values()), None)

    def escape(self) -> bool:
        """Go a step back, or leave."""
        if not self.form.isHidden():
            self._first_step()
            return True
        return super().escape()

    # ---- the first step ----------------------------------------------------------------

    @property
    def chosen(self) -> Marketplace | None:
        """The marketplace that is chosen."""
        place = self.marketplace.currentIndex()
        return self._known[place].marketplace if 0 <= place < len(self._known) else None

    def _choose_marketplace(self) -> None:
        row = self.chosen
        if row is None:
            return
        before = self.country.currentData()
        self.country.clear()
        for region in row.regions:
            self.country.addItem(words.country(region), region)
        self.country.setCurrentIndex(max(0, self.country.findData(before)))
        self.rule.setText(notice_words(row))
        self._app, self._same_app = None, ""

    def _first_step(self) -> None:
        self._show_step(0)
        self._offer((tr("Next"), self._go_on), (tr(words.CANCEL), self.escape))
        self._check()
        self.marketplace.setFocus()

    def _go_on(self) -> None:
        row = self.chosen
        if row is None or not self.name.text().strip():
            return
        if not row.keys:
            self._add()
        elif self.form.isHidden():
            self._ask(partial(self._keeping.app_of, row.name), partial(self._second_step, row))

    # ---- the second step ---------------------------------------------------------------

    def _second_step(self, row: Marketplace, app: AppKeys | None) -> None:
        if row is not self.chosen:
            return
        self._app, self._same_app = app, ""
        self._show_step(1)
        self.apply.setText(apply_words(row))
        self.form.show_keys(row)
        self.same_app.setVisible(app is not None)
        self.same_app.setText(words.same_app(app) if app else "")
        self._offer((tr(words.ADD_SHOP), self._add), (tr("Back (Esc)"), self.escape))
        self._check()
        field = self.same_app if app else self.first_field()
        if field is not None:
            field.setFocus()

    def _take_over(self) -> None:
        if self._app is not None:
            self._same_app = self._app.shop_id
            self.form.take_over(self._app)
            free = next((field for field in self.form.fields.values() if not field.text()), None)
            (free if free is not None and free.isEnabled() else self.buttons.buttons[0]).setFocus()

    def _add(self) -> None:
        row = self.chosen
        if row is None:
            return
        keyed = bool(row.keys)
        values = {
            "marketplace": row.name,
            "region": self.country.currentData(),
            "name": self.name.text().strip(),
            **(self.form.values if keyed else {}),
        }
        secrets = self.form.secrets if keyed else {}
        self._ask(partial(self._keeping.add_shop, values, secrets, self._same_app), self._done)

    def _done(self, shop_id: str) -> None:
        self.changed.emit(shop_id)
        self.added.emit(shop_id)

    # ---- both --------------------------------------------------------------------------

    def _show_step(self, step: int) -> None:
        self.steps.show_step(step)
        self.outcome.hide()
        for widget in (*self._named, self.marketplace, self.country, self.name, self.rule):
            widget.setVisible(not step)
        for widget in (self.apply, self.form):
            widget.setVisible(bool(step))
        self.same_app.hide()

    def _check(self) -> None:
        if self.buttons.buttons:
            complete = bool(self.name.text().strip()) if self.form.isHidden() else self.form.complete
            self.buttons.buttons[0].setEnabled(complete)

    def _wait(self, *, waiting: bool) -> None:
        super()._wait(waiting=waiting)
        if not waiting:
            self._check()

    def _label(self, name: str, field: QWidget) -> QLabel:
        label = QLabel(name, self)
        label.setBuddy(field)
        label.setProperty("name", True)  # noqa: FBT003 - Qt's own way
        field.setAccessibleName(name)
        return label


class DonePanel(SidePanel):
    """The last step: what the marketplace says this shop may do now."""

    switch_wanted = Signal(str)

    def __init__(
        self, theme: Theme, keeping: ShopsPort, calls: Background, probes: Background, parent: QWidget
    ) -> None:
        super().__init__(theme, keeping, calls, parent)
        self._probes = probes
        self.steps = Steps(theme, [tr(step) for step in words.STEPS], self)
        self.text = plain_label("", self)
        self.text.setProperty("read", True)  # noqa: FBT003 - Qt's own way
        self.body.addWidget(self.steps)
        self.body.addWidget(self.text)
        self.body.addStretch(1)

    def show_access(self, row: ShopRow, name: str = "") -> None:
        """Ask the marketplace, and say what it answered; `name` is the shop's by its own word."""
        self._name(row, words.connected(name, row))
        self.steps.show_step(len(words.STEPS) - 1)
        self.text.setText("")
        self.outcome.show_reason(BandTone.INFO, tr(words.ASKING), "")
        self._offer((tr(words.CLOSE), self.escape), main=False)
        asked = self._round

        def show(found: ShopRow) -> None:
            if asked == self._round:
                self._show(found)
                self.changed.emit(found.settings.id)

        self._probes.ask(partial(self._keeping.probe_shop, row.settings.id), show, self._refuse)

    def _show(self, row: ShopRow) -> None:
        self.outcome.show_reason(words.band_tone(row), access_words(row.standing), missing_words(row.access))
        shop_id = row.settings.id
        if words.can_switch(row) and not row.on:
            self.text.setText(tr(words.STILL_OFF))
            on = (tr("Switch on…"), partial(self.switch_wanted.emit, shop_id))
            self._offer(on, (tr(words.CLOSE), self.escape))
            self.buttons.buttons[0].setFocus()
