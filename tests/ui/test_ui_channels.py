from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.alerts import Alert, AlertKey, AlertsChanged, AlertTopic, Severity
from parcelguard.core.errors import NoNetwork, SettingsError
from parcelguard.core.events import EventHub, ProofChanged
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.preset_message import DEFAULT_MESSAGE
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import as_told
from parcelguard.marketplace.ports import AccessState
from parcelguard.shops.standing import Today
from parcelguard.shops.views import Consented
from parcelguard.ui.kit.theme import Token
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.shops.probe_times import PROBE_AGAIN_S, ProbeTimes
from parcelguard.ui.shops.shop_row import RowView
from parcelguard.ui.shops.shops_screen import ChannelsPage
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words import shop_words as words
from parcelguard.ui.words.access_words import apply_words, notice_words
from tests.support.ui_channel_fakes import PRESET, REFUSED, FakeChannels, connected
from tests.support.ui_helpers import SHOP, FakePack, Hands, make_settings, read_scan


class Opened:
    """The Channels screen in its window, with hands and a browser that only notes addresses."""

    def __init__(self, window: MainWindow, desk: FakeChannels, hub: EventHub, qtbot: QtBot) -> None:
        self.window, self.desk, self.hub, self._qtbot = window, desk, hub, qtbot
        page = window._pages[Page.CHANNELS]
        assert isinstance(page, ChannelsPage)
        self.page = page
        self.browsed: list[str] = []
        self.browser_works = True
        page.consent._open_url = self._browse
        self.hands = Hands()

    def _browse(self, url: QUrl) -> bool:
        self.browsed.append(url.toString())
        return self.browser_works

    # ---- what is seen

    def row(self, shop_id: str) -> RowView:
        row = self.page.shops.list.row(shop_id)
        assert row is not None
        return row

    @property
    def spoken(self) -> list[str]:
        return [row.accessibleName() for row in self.page.shops.list.rows]

    @property
    def panel(self) -> QWidget:
        return self.page._panel

    @property
    def buttons(self) -> list[str]:
        return [each.text() for each in self.page._panel.buttons.buttons]

    def sees(self, text: str) -> bool:
        labels = [each.text() for each in self.page.findChildren(QLabel) if each.isVisible()]
        boxes = [self.page.shops.outcome, self.page._panel.outcome]
        labels += [each.accessibleName() for each in boxes if each.isVisible()]
        return any(text in each for each in labels)

    def has_browsed(self, count: int) -> bool:
        return len(self.browsed) == count

    # ---- what hands do

    def key(self, key: Qt.Key, text: str = "") -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        self.hands.rest()
        self.hands.press(focused, key, text)

    def tab_to(self, wanted: QWidget) -> None:
        for _ in range(60):
            focused = QApplication.focusWidget()
            if focused is wanted:
                return
            assert focused is not None
            self.key(Qt.Key.Key_Tab, "\t")
        raise AssertionError(f"Tab does not lead to {wanted.accessibleName()}")

    def press(self, button: QAbstractButton) -> None:
        """Reach a control by Tab and press it by Space, once it can be pressed."""
        self.wait(button.isEnabled)
        self.tab_to(button)
        self.key(Qt.Key.Key_Space, " ")

    def press_button(self, text: str) -> None:
        self.wait(lambda: text in self.buttons)
        self.press(next(each for each in self.page._panel.buttons.buttons if each.text() == text))

    def write(self, field: QLineEdit, text: str) -> None:
        self.tab_to(field)
        field.selectAll()
        for char in text:
            self.hands.rest(500)
            key = Qt.Key(ord(char.upper())) if char.isascii() else Qt.Key.Key_unknown
            self.hands.press(field, key, char)

    def escape(self) -> None:
        self.key(Qt.Key.Key_Escape)
        self._qtbot.wait(60)  # a key that may be a scanner's first waits that long before it counts

    def choose(self, shop_id: str) -> None:
        self.row(shop_id).setFocus()
        self.row(shop_id).click()

    def wait(self, condition: Callable[[], bool | None]) -> None:
        self._qtbot.waitUntil(condition, timeout=10_000)

    def called(self, name: str) -> list[tuple[object, ...]]:
        return [call[1:] for call in self.desk.calls if call[0] == name]


@pytest.fixture
def desk() -> FakeChannels:
    return connected()


@pytest.fixture
def hub() -> EventHub:
    return EventHub()


@pytest.fixture
def opened(qtbot: QtBot, hub: EventHub, desk: FakeChannels) -> Iterator[Opened]:
    window = MainWindow(make_settings(), hub, read_scan=read_scan, platform="xcb")
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    window.attach(FakePack(), None, None, desk)
    window.show_page(Page.CHANNELS)
    opened = Opened(window, desk, hub, qtbot)
    opened.wait(lambda: len(opened.page.shops.list.rows) == len(desk.settings))
    if desk.settings:
        opened.wait(lambda: len(opened.called("probe_shop")) == len(desk.settings))
    yield opened
    desk.gate.set()
    window.shut_down()
    assert not [name for name in desk.on_window_thread if name != "cancel_consent"]


pytestmark = pytest.mark.usefixtures("no_stray_threads")


# ---- the rows ----------------------------------------------------------------------------


def test_each_shop_says_what_it_may_do_how_it_sends_and_what_went_out_today(opened: Opened) -> None:
    assert opened.spoken[0] == (
        "Shopee MY Kopi & Co, Authorised · 26 days left, On F4, by the packer, today 96 · 1 failed, on"
    )
    assert "Expires in 2 days" in opened.spoken[1]
    assert opened.spoken[4].startswith("Tokopedia & Shop Kopi & Co ID, Not authorised")
    assert opened.row("kopi-id").link.text() == "Authorise…"


def test_every_control_has_a_name_and_tab_reaches_it(opened: Opened) -> None:
    shown = [each for each in opened.page.findChildren(QAbstractButton) if each.isVisible()]
    assert not [each for each in shown if not each.accessibleName() and not each.text()]
    opened.row("kopi-my").setFocus()
    for wanted in (opened.row("kopi-tiktok").switch, opened.page.shops.add, opened.page.message.test):
        opened.tab_to(wanted)


def test_arrows_go_from_shop_to_shop_and_bring_each_ones_message(opened: Opened) -> None:
    opened.row("kopi-my").setFocus()
    for _ in range(2):
        opened.key(Qt.Key.Key_Down)

    assert opened.page.shops.list.shop_id == "kopi-lazada"
    assert opened.sees("Preset message · Lazada MY")
    opened.wait(lambda: opened.sees(" of 500 characters"))


def test_figures_follow_the_news_of_the_day(opened: Opened) -> None:
    opened.desk.today["kopi-sg"] = Today(13)
    opened.hub.publish(ProofChanged("p1", "1", SHOP.label, ProofState.DELIVERED))
    opened.wait(lambda: "today 13" in opened.spoken[1])


def test_a_narrow_list_gives_up_how_it_sends_before_the_figures_and_never_the_access(opened: Opened) -> None:
    shops = opened.page.shops.list
    shops.resize(1000, 400)
    opened.wait(lambda: all(shops._share(1000).width))
    assert shops._share(780).width[2] == 0
    assert shops._share(780).width[3] > 0
    narrow = shops._share(300)
    assert narrow.stacked
    assert narrow.width[2:4] == (0, 0)


def test_the_empty_screen_teaches_and_leads_to_the_first_shop(qtbot: QtBot, hub: EventHub) -> None:
    window = MainWindow(make_settings(), hub, read_scan=read_scan, platform="xcb")
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    window.show()
    window.attach(FakePack(), None, None, FakeChannels(settings=()))
    window.show_page(Page.CHANNELS)
    page = window._pages[Page.CHANNELS]
    assert isinstance(page, ChannelsPage)
    qtbot.waitUntil(lambda: page.shops.note.text() == words.NO_SHOP, timeout=10_000)
    assert page.shops.hint.isVisible()
    assert not page.frame.isVisible()
    QTest.mouseClick(page.shops.add, Qt.MouseButton.LeftButton)
    assert page.frame.isVisible()
    assert page.escape()
    assert not page.frame.isVisible()
    window.shut_down()


# ---- switching ---------------------------------------------------------------------------


def test_a_shop_is_switched_on_only_after_the_marketplaces_rules_were_on_the_screen(opened: Opened) -> None:
    opened.press(opened.row("kopi-id").switch)

    assert opened.sees(notice_words(marketplace("tiktok")))
    assert not opened.row("kopi-id").switch.isChecked()
    assert not opened.called("switch_shop")
    opened.press_button(words.READ_THIS)
    opened.wait(opened.row("kopi-id").switch.isChecked)
    assert opened.called("switch_shop") == [("kopi-id", True)]
    assert opened.panel is opened.page.message


def test_leaving_the_notice_switches_nothing_on(opened: Opened) -> None:
    opened.press(opened.row("kopi-id").switch)
    opened.escape()
    assert opened.panel is opened.page.message
    assert not opened.called("switch_shop")


def test_a_shop_is_switched_off_at_once(opened: Opened) -> None:
    opened.press(opened.row("kopi-my").switch)
    opened.wait(lambda: not opened.row("kopi-my").switch.isChecked())
    assert opened.called("switch_shop") == [("kopi-my", False)]


def test_a_switch_that_could_not_be_kept_stays_and_says_why(opened: Opened) -> None:
    opened.desk.trouble = SettingsError("", as_told("The settings file was damaged.", "Mend it."))
    opened.press(opened.row("kopi-my").switch)
    opened.wait(lambda: opened.sees("The settings file was damaged. Mend it."))
    assert opened.row("kopi-my").switch.isChecked()


def test_one_switch_stops_all_shops_of_a_marketplace(opened: Opened) -> None:
    [shopee, _lazada, tiktok] = opened.page.shops.masters.buttons
    assert tiktok.text() == "TikTok, Tokopedia & Shop"
    opened.press(shopee)
    opened.wait(lambda: not shopee.isChecked())
    assert opened.called("switch_marketplace") == [("shopee", False)]
    assert opened.desk.off == {"shopee"}


def test_where_all_shops_are_in_indonesia_the_marketplace_is_named_as_it_is_there(opened: Opened) -> None:
    opened.desk.settings = tuple(each for each in opened.desk.settings if each.id != "kopi-tiktok")
    opened.page._read()
    opened.wait(lambda: opened.page.shops.masters.buttons[2].text() == "Tokopedia & Shop")


def test_a_shop_without_a_chat_has_no_switch(opened: Opened) -> None:
    assert not opened.row("kopi-stall").switch.isVisible()


# ---- the message -------------------------------------------------------------------------


def test_the_buyers_view_follows_what_is_written(opened: Opened) -> None:
    message = opened.page.message
    message.text.setPlainText("Dear {buyer}, order {order}.")
    opened.wait(lambda: message.view.accessibleName().endswith("Dear Tan W., order 5783310429917."))
    opened.wait(lambda: opened.sees("33 of 600 characters"))
    assert message.save.isEnabled()


def test_a_text_without_the_orders_number_cannot_be_saved(opened: Opened) -> None:
    opened.page.message.text.setPlainText("Your parcel is packed.")
    opened.wait(lambda: "Put {order} somewhere" in opened.page.message.remarks.accessibleName())
    assert not opened.page.message.save.isEnabled()


def test_a_link_is_warned_about_where_it_stands_and_can_be_saved(opened: Opened) -> None:
    message = opened.page.message
    message.text.setPlainText("Order {order}: see https://kopi.example")
    opened.wait(lambda: "A link: the marketplace may" in message.remarks.accessibleName())
    formats = message.text.document().firstBlock().layout().formats()
    waved = [each for each in formats if each.format.underlineColor() == message._theme.color(Token.WARN)]
    assert min(each.start for each in waved) == 19
    assert message.save.isEnabled()


def test_a_placeholder_is_put_in_where_the_cursor_stands(opened: Opened) -> None:
    message = opened.page.message
    message.text.setPlainText("Order {order} from ")
    message.text.moveCursor(message.text.textCursor().MoveOperation.End)
    opened.press(message.chips.buttons[2])
    assert message.text.toPlainText() == "Order {order} from {shop}"
    assert message.text.hasFocus()


def test_a_ready_text_can_be_taken_and_given_back(opened: Opened) -> None:
    message = opened.page.message
    opened.wait(lambda: len(message.presets.buttons) == 2)
    opened.press(message.presets.buttons[0])
    assert message.text.toPlainText() == DEFAULT_MESSAGE
    message.text.undo()
    assert message.text.toPlainText() == PRESET


def test_saving_keeps_the_text_and_says_so(opened: Opened) -> None:
    message = opened.page.message
    message.text.setPlainText("Order {order} is packed.")
    opened.press(message.save)
    opened.wait(lambda: opened.sees(words.SAVED))
    assert opened.called("change_shop") == [("kopi-my", {"message": "Order {order} is packed."})]
    opened.wait(lambda: not message.save.isEnabled())


def test_what_was_not_saved_is_still_there_after_a_look_at_another_shop(opened: Opened) -> None:
    message = opened.page.message
    message.text.setPlainText("Order {order}, half writ")
    opened.choose("kopi-sg")
    assert message.text.toPlainText() == PRESET
    opened.choose("kopi-my")
    assert message.text.toPlainText() == "Order {order}, half writ"


def test_a_test_shows_what_the_sandboxes_buyer_got(opened: Opened) -> None:
    message = opened.page.message
    opened.desk.gate.clear()
    opened.press(message.test)
    assert opened.sees(words.TESTING)
    assert not message.test.isEnabled()
    opened.desk.gate.set()
    opened.wait(lambda: opened.sees("The test buyer got 3 pictures and the message."))
    assert not message.view._image.isNull()
    assert opened.called("send_test") == [("kopi-my", PRESET)]


def test_a_test_that_fails_says_why(opened: Opened) -> None:
    opened.desk.trouble = NoNetwork("", as_told("The sandbox did not start.", "Install it."))
    opened.press(opened.page.message.test)
    opened.wait(lambda: opened.sees("The sandbox did not start. Install it."))
    assert opened.page.message.test.isEnabled()


# ---- access ------------------------------------------------------------------------------


def test_a_missing_permission_is_explained_with_what_to_apply_for(opened: Opened) -> None:
    opened.desk.access["kopi-tiktok"] = AccessState.NO_CHAT
    opened.page._read()
    opened.wait(lambda: opened.row("kopi-tiktok").link.text() == "How to get it")
    opened.press(opened.row("kopi-tiktok").link)

    assert opened.sees(apply_words(marketplace("tiktok")))
    opened.press_button(words.Choice.BY_HAND)
    opened.wait(lambda: opened.called("change_shop") == [("kopi-tiktok", {"by_hand": True})])


def test_a_shop_that_could_not_be_reached_is_asked_again(opened: Opened) -> None:
    opened.desk.access["kopi-sg"] = AccessState.UNREACHABLE
    opened.page._read()
    opened.wait(lambda: opened.row("kopi-sg").link.text() == "Test")
    del opened.desk.access["kopi-sg"]
    opened.press(opened.row("kopi-sg").link)
    opened.wait(lambda: opened.sees("Shopee SG, Kopi & Co SG: Expires in 2 days"))


def test_the_menu_offers_one_entry_for_each_consent(opened: Opened) -> None:
    said = [action.text() for action in opened.page.menu_of("kopi-lazada").actions()]
    assert said == [
        "Renew orders and pictures…",
        "Renew the chat…",
        words.Choice.TEST,
        words.Choice.BY_HAND,
        words.Choice.KEYS,
        words.Choice.DETAILS,
        words.Choice.REMOVE,
    ]
    assert opened.page.menu_of("kopi-my").actions()[0].text() == "Update chat token…"
    by_hand = [each.text() for each in opened.page.menu_of("kopi-stall").actions()]
    assert by_hand == ["Chat page and codes…", words.Choice.REMOVE]


def choose_from_menu(opened: Opened, shop_id: str, words_: str) -> None:
    menu = opened.page.menu_of(shop_id)
    next(action for action in menu.actions() if action.text() == words_).trigger()


def test_removing_a_shop_asks_and_the_harmless_answer_comes_first(opened: Opened) -> None:
    choose_from_menu(opened, "kopi-sg", words.Choice.REMOVE)
    assert opened.buttons == ["Keep it (Esc)", "Remove"]
    assert QApplication.focusWidget() is opened.page.text.buttons.buttons[0]
    opened.press_button("Remove")
    opened.wait(lambda: opened.page.shops.list.row("kopi-sg") is None)
    assert opened.panel is opened.page.message


def test_a_secret_that_is_kept_is_neither_shown_nor_asked_for_again(opened: Opened) -> None:
    choose_from_menu(opened, "kopi-my", words.Choice.KEYS)
    fields = opened.page.keys.form.fields
    assert fields["shop"].text() == ""
    assert fields["shop"].placeholderText() == words.KEPT
    assert fields["shop"].echoMode() is QLineEdit.EchoMode.Password
    opened.write(fields["partner_id"], "2001")
    opened.write(fields["shop_id"], "77")
    opened.press_button("Save keys")
    opened.wait(lambda: bool(opened.called("enter_keys")))
    assert opened.called("enter_keys") == [("kopi-my", {"partner_id": 2001, "shop_id": 77}, {})]


# ---- consent -----------------------------------------------------------------------------


def begin_consent(opened: Opened, shop_id: str = "kopi-id") -> None:
    opened.press(opened.row(shop_id).link)
    opened.press_button("Open the browser")
    opened.wait(lambda: bool(opened.browsed))


def test_a_consent_goes_on_by_itself_when_the_browser_has_answered(opened: Opened) -> None:
    begin_consent(opened)
    assert opened.browsed == ["http://127.0.0.1:5000/consent?grant=shop"]
    assert opened.sees(words.WAITING)
    opened.desk.answer()
    opened.wait(lambda: opened.sees("Kopi & Co ID by its own word is connected"))
    opened.wait(lambda: opened.row("kopi-id").line.access == "Authorised")
    opened.wait(lambda: opened.buttons == ["Switch on…", "Close (Esc)"])


def test_a_refused_consent_says_so_and_can_be_begun_again(opened: Opened) -> None:
    begin_consent(opened)
    opened.desk.answer(REFUSED)
    opened.wait(lambda: opened.sees("The seller said no. Begin again when you are ready."))
    assert opened.page.consent.attempt is None
    opened.press_button("Open the browser")
    opened.wait(lambda: len(opened.browsed) == 2)


def test_the_address_the_browser_ends_at_can_be_pasted(opened: Opened) -> None:
    opened.desk.listens = False
    begin_consent(opened)
    assert opened.sees(words.PASTES)
    field = opened.page.consent.pasted
    assert field.hasFocus()
    assert not opened.page.consent.buttons.buttons[0].isEnabled()
    field.setText("https://shop.example/wrong")
    opened.press_button("Go on")
    opened.wait(lambda: opened.sees("This is not the address. Copy it whole."))
    field.setText("https://shop.example/?code=1&state=2")
    opened.press_button("Go on")
    opened.wait(lambda: opened.row("kopi-id").line.access == "Authorised")


def test_a_redirect_address_of_the_sellers_own_is_used(opened: Opened) -> None:
    opened.press(opened.row("kopi-id").link)
    opened.page.consent.redirect.setText("https://shop.example/back")
    opened.press_button("Open the browser")
    opened.wait(lambda: bool(opened.browsed))
    assert opened.called("begin_consent") == [("kopi-id", "shop", "https://shop.example/back")]
    assert opened.sees(words.PASTES)


def test_leaving_a_consent_ends_the_wait_for_it(opened: Opened) -> None:
    begin_consent(opened)
    opened.escape()
    opened.wait(lambda: bool(opened.called("cancel_consent")))
    assert opened.panel is opened.page.message
    assert opened.row("kopi-id").line.access == "Not authorised"


def test_a_late_answer_of_an_earlier_consent_ends_no_later_one(opened: Opened) -> None:
    begin_consent(opened)
    first, answered = opened.desk.attempt, opened.desk.answered
    assert first
    assert answered
    opened.escape()
    opened.press(opened.row("kopi-id").link)
    opened.press_button("Open the browser")
    opened.wait(lambda: len(opened.browsed) == 2)
    answered(Consented(first, error=REFUSED))
    QTest.qWait(50)
    assert opened.page.consent.attempt is not None
    assert opened.sees(words.WAITING)


def test_without_a_browser_the_address_can_be_copied(opened: Opened) -> None:
    opened.browser_works = False
    begin_consent(opened)
    assert opened.sees(words.NOT_OPENED)
    opened.press_button("Copy address")
    assert QApplication.clipboard().text() == opened.browsed[0]


def test_a_shop_without_its_apps_secret_is_asked_for_that_first(opened: Opened) -> None:
    opened.desk.unkeyed.add("kopi-id")
    opened.page._read()
    opened.wait(lambda: not opened.page._rows["kopi-id"].grants[0].keyed)
    opened.press(opened.row("kopi-id").link)
    assert opened.panel is opened.page.keys


# ---- adding a shop -----------------------------------------------------------------------


def begin_adding(opened: Opened, name: str, called: str) -> None:
    opened.press(opened.page.shops.add)
    adding = opened.page.adding
    wanted = [words.known_as(each.marketplace) for each in opened.desk.marketplaces()].index(
        words.known_as(marketplace(name))
    )
    adding.marketplace.setCurrentIndex(wanted)
    opened.write(adding.name, called)


def test_a_shop_is_added_keys_first_then_each_consent_then_what_it_may_do(opened: Opened) -> None:
    begin_adding(opened, "lazada", "Kopi TH")
    adding = opened.page.adding
    adding.country.setCurrentIndex(adding.country.findData("TH"))
    opened.press_button("Next")
    opened.wait(lambda: bool(adding.form.fields) and adding.form.isVisible())
    assert opened.sees(apply_words(marketplace("lazada")))
    assert adding.form.fields["app_key"].hasFocus()
    add = adding.buttons.buttons[0]
    assert not add.isEnabled()
    for setting, value in {"app_key": "1", "orders": "s1", "chat_app_key": "2", "chat": "s2"}.items():
        opened.write(adding.form.fields[setting], value)
    opened.press_button("Add shop")
    opened.wait(lambda: opened.panel is opened.page.consent)

    assert opened.called("add_shop") == [
        (
            {
                "marketplace": "lazada",
                "region": "TH",
                "name": "Kopi TH",
                "app_key": "1",
                "chat_app_key": "2",
            },
            {"orders": "s1", "chat": "s2"},
            "",
        )
    ]
    for count, grant in enumerate(("orders and pictures", "the chat"), 1):
        opened.wait(partial(opened.sees, f"Authorise Lazada TH: {grant}"))
        opened.press_button("Open the browser")
        opened.wait(partial(opened.has_browsed, count))
        opened.desk.answer()
    opened.wait(lambda: opened.panel is opened.page.done)
    opened.wait(lambda: opened.page.done.outcome.accessibleName() == "Authorised")
    opened.press_button("Switch on…")
    assert opened.sees(notice_words(marketplace("lazada")))


def test_keys_that_may_come_later_do_not_stop_anybody(opened: Opened) -> None:
    begin_adding(opened, "lazada", "Kopi VN")
    opened.press_button("Next")
    form = opened.page.adding.form
    opened.wait(lambda: bool(form.fields) and form.isVisible())
    opened.write(form.fields["app_key"], "1")
    opened.write(form.fields["orders"], "s1")
    assert form.complete


def test_another_shops_app_is_offered_and_its_secrets_are_not_typed_again(opened: Opened) -> None:
    opened.desk._set("kopi-lazada", app_key="105827", chat_app_key="105828")
    begin_adding(opened, "lazada", "Kopi SG")
    opened.press_button("Next")
    adding = opened.page.adding
    opened.wait(adding.same_app.isVisible)
    assert adding.same_app.text() == "Use the app of Kopi && Co Official"
    opened.press(adding.same_app)
    assert adding.form.fields["app_key"].text() == "105827"
    opened.press_button("Add shop")
    opened.wait(lambda: bool(opened.called("add_shop")))
    assert opened.called("add_shop")[0][1:] == ({}, "kopi-lazada")


def test_a_marketplace_without_keys_is_added_in_one_step(opened: Opened) -> None:
    begin_adding(opened, "manual", "Night market")
    opened.press_button("Next")
    opened.wait(lambda: opened.page.shops.list.row("night-market") is not None)
    assert opened.row("night-market").line.access == "By hand"
    opened.wait(lambda: opened.panel is opened.page.details)
    opened.write(opened.page.details.page, "https://bazaar.example/{order}")
    opened.write(opened.page.details.codes, "BZ[0-9]{8}")
    opened.press_button("Save")
    kept = {"chat_page": "https://bazaar.example/{order}", "codes": "BZ[0-9]{8}"}
    opened.wait(lambda: opened.called("change_shop") == [("night-market", kept)])
    opened.wait(lambda: opened.panel is opened.page.message)


def test_where_orders_can_be_read_no_codes_are_asked_for(opened: Opened) -> None:
    choose_from_menu(opened, "kopi-lazada", words.Choice.DETAILS)
    assert not opened.page.details.codes.isVisible()
    assert opened.page.details.page.placeholderText() == marketplace("lazada").chat_page["MY"]
    opened.press_button("Save")
    opened.wait(lambda: opened.called("change_shop") == [("kopi-lazada", {"chat_page": ""})])


def test_a_shop_that_was_not_taken_keeps_what_was_written(opened: Opened) -> None:
    begin_adding(opened, "manual", "Night market")
    opened.desk.trouble = SettingsError("", as_told("This shop is there already.", "Choose another name."))
    opened.press_button("Next")
    opened.wait(lambda: opened.sees("This shop is there already. Choose another name."))
    assert opened.page.adding.name.text() == "Night market"
    assert opened.page.adding.buttons.buttons[0].isEnabled()


def test_escape_goes_back_a_step_and_then_leaves(opened: Opened) -> None:
    begin_adding(opened, "shopee", "Kopi PH")
    opened.press_button("Next")
    opened.wait(lambda: opened.page.adding.form.isVisible())
    opened.escape()
    assert not opened.page.adding.form.isVisible()
    assert opened.page.adding.name.text() == "Kopi PH"
    opened.escape()
    assert opened.panel is opened.page.message


# ---- words -------------------------------------------------------------------------------


def test_a_number_from_the_console_takes_digits_only(opened: Opened) -> None:
    keys = {key.setting: key for key in marketplace("shopee").keys}
    assert words.is_number(keys["partner_id"])
    assert not words.is_number(keys["shop"])
    choose_from_menu(opened, "kopi-my", words.Choice.KEYS)
    field = opened.page.keys.form.fields["partner_id"]
    opened.write(field, "20a01")
    assert field.text() == "2001"


@pytest.mark.parametrize("name", ["shopee", "lazada", "tiktok", "chatwoot"])
def test_every_key_says_where_it_is_found(name: str) -> None:
    row = marketplace(name)
    for key in row.keys:
        assert key.where in words.key_hint(key, row)


def test_only_the_chats_app_may_come_later() -> None:
    later = {
        key.setting
        for name in ("shopee", "lazada", "tiktok", "chatwoot")
        for key in marketplace(name).keys
        if words.may_come_later(key, marketplace(name))
    }
    assert later == {"chat_app_key", "chat", "service_id"}


def test_shop_that_may_not_send_any_more_is_asked_about_at_once(opened: Opened) -> None:
    shop_id = next(iter(opened.page._rows))
    before = opened.called("probe_shop").count((shop_id,))

    consent = as_told("Shopee wants the seller's consent again.")
    held = Alert(AlertKey(AlertTopic.SHOP_HELD, shop_id), Severity.WARN, consent)
    opened.hub.publish(AlertsChanged((held,)))
    opened.wait(lambda: opened.called("probe_shop").count((shop_id,)) == before + 1)
    opened.hub.publish(
        AlertsChanged((held, Alert(AlertKey(AlertTopic.CLOCK_OFF), Severity.NOTE, as_told("Slow."))))
    )
    opened.hub.publish(AlertsChanged(()))
    opened.wait(lambda: opened.called("probe_shop").count((shop_id,)) == before + 2)


def test_a_marketplace_is_asked_again_after_a_while_and_at_once_when_a_shop_was_held_or_freed() -> None:
    now = [0.0]
    times = ProbeTimes(lambda: now[0])
    assert times.is_due("kopi")
    times.note_asked("kopi")
    now[0] = PROBE_AGAIN_S
    assert not times.is_due("kopi")
    now[0] += 1
    assert times.is_due("kopi")

    times.note_asked("kopi")
    assert times.note_held(frozenset({"kopi"})) == {"kopi"}
    assert times.is_due("kopi")
    times.note_asked("kopi")
    assert times.note_held(frozenset({"kopi"})) == frozenset()
    assert not times.is_due("kopi")
    assert times.note_held(frozenset()) == {"kopi"}
    assert times.is_due("kopi")
