from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDrag, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import StorageError
from parcelguard.core.events import EventHub, ProofChanged, QueueChanged, ShopQueue
from parcelguard.core.orders import Conversation
from parcelguard.core.parts import Decision, Part, PartKind, PartState
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import as_told
from parcelguard.packing.desk_view import Desk, F4Does, Notice, NoticeKind, ProofSaved, ShortBudget
from parcelguard.store.views import AttentionTopic, LogFilter
from parcelguard.ui.by_hand import detail as byhand_detail
from parcelguard.ui.by_hand.by_hand_screen import ByHandPage
from parcelguard.ui.check.check_screen import CheckPage
from parcelguard.ui.log.filters import Span
from parcelguard.ui.log.log_screen import LogPage
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.shell.top_bar import TopBar
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words import bar_words, log_words
from parcelguard.ui.words import by_hand_words as hand_words
from parcelguard.ui.words import pack_words as words
from tests.support.pseudo_walk import cut_texts, plain_english, pseudo_language
from tests.support.ui_helpers import (
    LAZADA,
    NOON,
    SHOP,
    FakeLog,
    FakePack,
    Hands,
    make_entry,
    make_group,
    make_job,
    make_proof,
    make_settings,
    open_desk,
    read_scan,
)

NEWS = ProofChanged("p1", "241120PX000001", LAZADA.label, ProofState.BY_HAND)
pytestmark = pytest.mark.usefixtures("no_stray_threads")


class Opened:
    """The By-hand screen in its window, with hands and a browser that only notes addresses."""

    def __init__(self, window: MainWindow, desk: FakeLog, hub: EventHub, qtbot: QtBot) -> None:
        self.window, self.desk, self.hub, self._qtbot = window, desk, hub, qtbot
        page = window._pages[Page.BY_HAND]
        assert isinstance(page, ByHandPage)
        self.page = page
        self.browsed: list[str] = []
        page._open_url = self._browse
        self.hands = Hands()

    def _browse(self, url: QUrl) -> bool:
        self.browsed.append(url.toString())
        return True

    def key(self, key: Qt.Key, text: str = "", *, repeat: bool = False) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        self.hands.rest()
        self.hands.press(focused, key, text, repeat=repeat)

    def wait(self, condition: Callable[[], bool | None]) -> None:
        self._qtbot.waitUntil(condition, timeout=10_000)

    @property
    def numbers(self) -> list[str]:
        return [job.order_number[-2:] for job in self.page.model.jobs]

    @property
    def chosen(self) -> str:
        job = self.page.list.job
        return job.order_number[-2:] if job else ""

    @property
    def said(self) -> str:
        return self.page.detail.note.text()

    def ready(self) -> bool:
        """Whether the buyer's copies are there."""
        return self.page.detail.copy_pictures.isEnabled()


@pytest.fixture
def hub() -> EventHub:
    return EventHub()


@pytest.fixture
def desk(tmp_path: Path) -> FakeLog:
    desk = FakeLog(tmp_path, count=3)
    desk.jobs = tuple(make_job(n) for n in (1, 2, 3))
    return desk


@pytest.fixture
def window(qtbot: QtBot, hub: EventHub, desk: FakeLog) -> Iterator[MainWindow]:
    window = MainWindow(make_settings(), hub, read_scan=read_scan, platform="xcb")
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    window.attach(FakePack(), None, desk)
    yield window
    window.shut_down()


@pytest.fixture
def opened(window: MainWindow, desk: FakeLog, hub: EventHub, qtbot: QtBot) -> Opened:
    window.show_page(Page.BY_HAND)
    opened = Opened(window, desk, hub, qtbot)
    opened.wait(lambda: opened.numbers == ["01", "02", "03"])
    opened.wait(opened.ready)
    opened.wait(opened.page.list.hasFocus)
    return opened


# ---- taking it to the chat ---------------------------------------------------------------


def test_the_oldest_comes_first_with_all_that_its_buyer_is_to_get(opened: Opened) -> None:
    detail = opened.page.detail
    assert opened.chosen == "01"
    assert detail.heading.accessibleName() == "Lazada MY 241120PX000001"
    assert "order 241120PX000001 is packed" in detail.quote.accessibleName()
    assert len(detail.strip.paths) == 3


def test_f6_opens_the_seller_centres_chat_and_has_the_number_ready_to_search_for(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F6)
    assert opened.browsed == ["https://sellercenter.lazada.com.my/apps/im/window"]
    assert QApplication.clipboard().text() == "241120PX000001"
    assert "search for it there" in opened.said


def test_a_shops_own_chat_page_leads_to_the_very_order(opened: Opened) -> None:
    own = ShopSettings(
        id=LAZADA.id, name="Kopi", marketplace="lazada", chat_page="https://chat.example/{order}"
    )
    opened.window.use_shops([own])
    QApplication.clipboard().setText("mine")
    opened.key(Qt.Key.Key_F6)
    assert opened.browsed == ["https://chat.example/241120PX000001"]
    assert QApplication.clipboard().text() == "mine"


def test_a_shop_without_a_known_chat_page_says_so(opened: Opened) -> None:
    opened.desk.jobs = (make_job(4, replace(LAZADA, marketplace="manual")),)
    opened.page._read_jobs()
    opened.wait(lambda: opened.said == hand_words.NO_PAGE)
    assert not opened.page.detail.chat.isEnabled()
    opened.key(Qt.Key.Key_F6)
    assert not opened.browsed


def test_f7_copies_the_text(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F7)
    assert QApplication.clipboard().text() == "Hi Tan W., your order 241120PX000001 is packed."


def test_f8_copies_the_buyers_copies_as_files_and_as_a_picture(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F8)
    data = QApplication.clipboard().mimeData()
    paths = [Path(url.toLocalFile()) for url in data.urls()]
    assert [path.name for path in paths] == ["1.jpg", "2.jpg", "3.jpg"]
    assert all(path.is_relative_to(opened.desk.media / "by hand") for path in paths)
    assert not QImage(data.imageData()).isNull()
    assert opened.said.startswith("3 photos copied")


def test_dragging_the_strip_takes_all_pictures_along(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[QMimeData] = []

    class Dropped(QDrag):
        def exec(self, *_actions: Qt.DropAction) -> Qt.DropAction:
            taken.append(self.mimeData())
            return Qt.DropAction.CopyAction

    monkeypatch.setattr(byhand_detail, "QDrag", Dropped)
    strip = opened.page.detail.strip
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    QTest.mouseMove(strip, QPoint(22, 21))
    assert not taken
    QTest.mouseMove(strip, QPoint(90, 60))
    [data] = taken
    assert len(data.urls()) == 3
    opened.key(Qt.Key.Key_Return, "\r")
    opened.wait(lambda: opened.numbers == ["02", "03"])


def test_a_click_beside_the_buttons_leaves_the_keys_working(opened: Opened) -> None:
    QTest.mouseClick(opened.page.detail, Qt.MouseButton.LeftButton, pos=QPoint(3, 300))
    opened.key(Qt.Key.Key_F10)
    opened.wait(lambda: opened.numbers == ["02", "03"])


def test_the_folder_with_the_copies_opens(opened: Opened) -> None:
    opened.page.detail.folder.click()
    assert opened.browsed == [QUrl.fromLocalFile(str(opened.desk.media / "by hand" / "p1")).toString()]


def test_a_copy_that_could_not_be_made_says_so_and_leaves_the_text(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_job: object) -> tuple[Path, ...]:
        raise StorageError("gone", as_told("A photo cannot be read.", "Look in the log."))

    monkeypatch.setattr(opened.desk, "hand_pictures", fail)
    opened.key(Qt.Key.Key_Down)
    opened.wait(lambda: opened.said == "A photo cannot be read. Look in the log.")
    assert not opened.ready()
    assert opened.page.detail.copy_text.isEnabled()


# ---- marking -----------------------------------------------------------------------------


def test_f10_marks_it_as_sent_by_hand_and_goes_on_to_the_next(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F10)
    opened.wait(lambda: opened.chosen == "02")
    assert opened.desk.decided == [("p1-hand", Decision.HANDED)]
    assert opened.page.title.text() == "2 orders to send by hand"
    assert "241120PX000001 is marked as sent by hand" in opened.page.result.accessibleName()


def test_a_held_key_marks_one_only(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F10)
    opened.wait(lambda: opened.chosen == "02")
    for _ in range(20):
        opened.key(Qt.Key.Key_F10, repeat=True)
    opened.key(Qt.Key.Key_F7)
    opened.page._read_jobs()
    opened.wait(opened.ready)
    assert len(opened.desk.decided) == 1


def test_two_hasty_presses_mark_one_only(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F10)
    opened.key(Qt.Key.Key_F10)
    opened.wait(lambda: opened.chosen == "02")
    assert opened.desk.decided == [("p1-hand", Decision.HANDED)]


def test_enter_marks_nothing_that_was_not_taken_to_the_chat(opened: Opened) -> None:
    opened.key(Qt.Key.Key_Return, "\r")
    assert opened.said == hand_words.TAKE_FIRST
    opened.key(Qt.Key.Key_F7)
    opened.key(Qt.Key.Key_Return, "\r")
    opened.wait(lambda: opened.chosen == "02")
    opened.key(Qt.Key.Key_Return, "\r")
    assert opened.said == hand_words.TAKE_FIRST
    assert len(opened.desk.decided) == 1


def test_a_scan_marks_nothing_and_opens_its_order(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F7)
    opened.hands.rest()
    opened.hands.type(opened.page.list, "SPXMY04217788312")
    opened.hands.enter(opened.page.list)
    assert opened.window.page is Page.PACK
    assert not opened.desk.decided


def test_the_last_mark_can_be_taken_back_for_a_while(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F10)
    opened.wait(lambda: opened.chosen == "02")
    assert opened.page.undo.isVisible()
    assert opened.page._undo_ends.isActive()
    opened.page.undo.click()
    opened.wait(lambda: opened.numbers == ["01", "02", "03"])
    assert opened.desk.decided[-1] == ("p1-hand", Decision.NOT_HANDED)
    assert not opened.page.undo.isVisible()


def test_the_very_last_one_can_be_taken_back_too(opened: Opened) -> None:
    opened.desk.jobs = opened.desk.jobs[:1]
    opened.hub.publish(NEWS)
    opened.wait(lambda: opened.numbers == ["01"])
    opened.key(Qt.Key.Key_F10)
    opened.wait(opened.page.note.isVisible)
    focused = QApplication.focusWidget()
    assert focused is opened.page.undo
    opened.hands.press(focused, Qt.Key.Key_Z, "\x1a", modifiers=Qt.KeyboardModifier.ControlModifier)
    opened.wait(lambda: opened.numbers == ["01"])


def test_when_the_while_is_over_the_undo_is_gone(opened: Opened) -> None:
    opened.key(Qt.Key.Key_F10)
    opened.wait(opened.page.undo.isVisible)
    opened.page._undo_ends.setInterval(1)
    opened.page._undo_ends.start()
    opened.wait(lambda: not opened.page.undo.isVisible())
    opened.page._take_mark_back()
    assert len(opened.desk.decided) == 1


def test_a_mark_that_could_not_be_kept_says_so_and_stays_in_the_list(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_answer: object) -> None:
        raise StorageError("full", as_told("The disk is full.", "Free some space."))

    monkeypatch.setattr(opened.desk, "decide", fail)
    opened.key(Qt.Key.Key_F10)
    opened.wait(lambda: opened.page.result.accessibleName() == "The disk is full. Free some space.")
    assert opened.chosen == "01"
    assert not opened.page.undo.isVisible()


def test_the_list_follows_the_news_and_stays_at_the_chosen_one(opened: Opened) -> None:
    opened.key(Qt.Key.Key_Down)
    assert opened.chosen == "02"
    opened.desk.jobs = (make_job(9, saved_at=NOON), *opened.desk.jobs)
    opened.hub.publish(NEWS)
    opened.wait(lambda: opened.numbers == ["09", "01", "02", "03"])
    assert opened.chosen == "02"


def test_with_nothing_to_do_the_screen_teaches(opened: Opened) -> None:
    opened.desk.jobs = ()
    opened.hub.publish(NEWS)
    opened.wait(lambda: opened.page.note.isVisible())
    assert opened.page.note.text() == hand_words.NOTHING
    assert not opened.page.detail.isVisible()


# ---- what the other screens say ----------------------------------------------------------


def test_what_waits_to_be_sent_by_hand_is_never_called_sent() -> None:
    entry = make_entry(1, ProofState.BY_HAND)
    assert log_words.status(entry, NOON)[1] == "To send by hand"
    handed = make_entry(1, ProofState.HANDED, sent_at=NOON)
    assert log_words.status(handed, NOON)[1] == f"Sent by hand {NOON.astimezone():%H:%M:%S}"


def test_every_state_and_every_chip_has_words() -> None:
    for state in ProofState:
        assert log_words.status(make_entry(1, state), NOON)[1]
    assert set(log_words.FILTERS) == set(LogFilter)


def test_f4_at_a_shop_by_hand_promises_no_sending() -> None:
    desk = open_desk(3, shop=replace(SHOP, by_hand=True, enabled=False))
    assert words.band(desk).text == "3 of 3 photos — press F4 to save"
    saved = ProofSaved(make_proof(1, ProofState.BY_HAND), sends=False)
    assert words.band(Desk(), saved).text == words.SAVED_BY_HAND


def test_the_packer_hears_of_the_buyers_budget_only_when_it_matters() -> None:
    short = ShortBudget(2, F4Does.SEND_PICTURE_AND_TEXT)
    left = "2 messages left for this buyer: F4 sends one picture and the text"
    assert words.band(open_desk(2, short_budget=short)).text == f"2 of 3 photos. {left}"
    assert words.band(open_desk(0, short_budget=short)).text == "Take photos of the open parcel"
    assert "left for this buyer" not in words.band(open_desk(2)).text


def test_when_another_order_is_scanned_at_a_shop_by_hand_f4_is_said_to_save() -> None:
    notice = Notice(NoticeKind.OTHER_ORDER_OPEN, "241120PX000002")
    desk = open_desk(1, shop=replace(SHOP, by_hand=True), notice=notice)
    assert words.band(desk).text == "241120PX000002 is another order. F4 saves this one first, Esc leaves it"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, ""),
        (44, ""),
        (45, "about 1 min"),
        (245, "about 4 min"),
        (3599, "about 1 h"),
        (4900, "about 1 h 20 min"),
        (7200, "about 2 h"),
    ],
)
def test_how_long_a_queue_takes_is_told_roughly(seconds: int, told: str) -> None:
    assert bar_words.queue_time(seconds) == told


def test_the_chip_tells_how_long_the_slowest_shops_queue_takes(window: MainWindow, hub: EventHub) -> None:
    [bar] = window.findChildren(TopBar)
    hub.publish(QueueChanged(sending=3, waiting=40, attention=2))
    hub.publish(ShopQueue("a", "Shopee MY", 30, 120))
    hub.publish(ShopQueue("b", "Lazada MY", 60, 240))
    assert "Sending 3, Waiting 40 · about 4 min" in bar.accessibleName()
    assert "Needs a check 2," in bar.accessibleName()
    hub.publish(QueueChanged(sending=38, waiting=0, attention=0))
    assert "Sending 38 · about 4 min" in bar.accessibleName()
    hub.publish(ShopQueue("b", "Lazada MY", 0, 0))
    hub.publish(ShopQueue("a", "Shopee MY", 0, 0))
    assert "about" not in bar.accessibleName()


def press(qtbot: QtBot, page: QWidget, text: str) -> None:
    button = next(
        each for each in page.findChildren(QAbstractButton) if each.text() == text and each.isVisible()
    )
    qtbot.waitUntil(button.isEnabled)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_is_held_can_be_turned_over_to_a_person_in_check(
    window: MainWindow, desk: FakeLog, qtbot: QtBot
) -> None:
    answers = (Decision.ONE_PICTURE, Decision.SEND_AGAIN, Decision.LEAVE)
    desk.groups = (make_group(2, topic=AttentionTopic.NOTHING_LEFT, answers=answers),)
    window.show_page(Page.CHECK)
    page = window._pages[Page.CHECK]
    assert isinstance(page, CheckPage)
    qtbot.waitUntil(lambda: "Send by hand" in [b.text() for b in page.detail.answers.buttons.buttons])
    assert "Send one picture" in [b.text() for b in page.detail.answers.buttons.buttons]
    press(qtbot, page, "Send by hand")
    qtbot.waitUntil(lambda: desk.turned_over == ["p1"])
    qtbot.waitUntil(lambda: page.result.accessibleName() == "1 of 1 now under By hand")


def test_what_cannot_be_turned_over_says_why(window: MainWindow, desk: FakeLog, qtbot: QtBot) -> None:
    desk.groups = (make_group(1),)
    desk.not_sendable = {"p1"}
    window.show_page(Page.CHECK)
    page = window._pages[Page.CHECK]
    assert isinstance(page, CheckPage)
    qtbot.waitUntil(lambda: "Send by hand" in [b.text() for b in page.detail.answers.buttons.buttons])
    press(qtbot, page, "Send by hand")
    qtbot.waitUntil(lambda: "may have arrived" in page.detail.answers.refusal.accessibleName())
    assert not desk.turned_over


@pytest.fixture
def log_page(window: MainWindow, desk: FakeLog, qtbot: QtBot) -> LogPage:
    desk.entries = [make_entry(1, ProofState.ATTENTION), make_entry(2, ProofState.HANDED)]
    window.show_page(Page.LOG)
    page = window._pages[Page.LOG]
    assert isinstance(page, LogPage)
    page.filters.choose_span(Span.ALL)
    qtbot.waitUntil(lambda: page.model.rowCount() == 2, timeout=10_000)
    return page


def test_a_failed_proof_can_be_left_to_a_person_in_the_log(
    log_page: LogPage, desk: FakeLog, qtbot: QtBot
) -> None:
    log_page.detail.show_proof("p1")
    qtbot.waitUntil(log_page.detail.foot.hand.isVisible)
    log_page.detail.foot.hand.click()
    qtbot.waitUntil(lambda: desk.turned_over == ["p1"])


def test_a_mark_can_be_taken_back_in_the_log_later(
    log_page: LogPage, desk: FakeLog, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = Part(
        id="p2-hand",
        proof_id="p2",
        generation=1,
        ordinal=1,
        kind=PartKind.HAND,
        state=PartState.SENT,
        conversation=Conversation(LAZADA.id, "c"),
    )
    detail = desk.detail
    monkeypatch.setattr(desk, "detail", lambda proof_id: replace(detail(proof_id), parts=(hand,)))
    log_page.detail.show_proof("p2")
    qtbot.waitUntil(log_page.detail.foot.not_sent.isVisible)
    assert not log_page.detail.foot.hand.isVisible()
    log_page.detail.foot.not_sent.click()
    qtbot.waitUntil(lambda: desk.decided == [("p2-hand", Decision.NOT_HANDED)])


# ---- another language ----------------------------------------------------------------------


def test_every_word_of_the_screen_can_be_translated_and_fits(
    window: MainWindow, desk: FakeLog, hub: EventHub, qtbot: QtBot
) -> None:
    data = {"Shopee MY", "Lazada MY", "PX", "Hi", "your order", "is packed.", "nurul.h", "Tan W.", "jess_lim"}
    data |= {"kamal77", *(f"F{n}" for n in range(1, 13))}
    desk.jobs = (*desk.jobs, make_job(4, SHOP))
    with pseudo_language():
        window.show_page(Page.BY_HAND)
        opened = Opened(window, desk, hub, qtbot)
        page = opened.page
        opened.wait(opened.ready)
        opened.wait(page.list.hasFocus)

        def walk() -> list[str]:
            for width, height in ((1366, 768), (1920, 1080)):
                window.resize(width, height)
                opened.wait(lambda: cut_texts(page) == [])  # once it is laid out anew
            return plain_english(page, data)

        assert walk() == []
        for key in (Qt.Key.Key_Return, Qt.Key.Key_F6, Qt.Key.Key_F7, Qt.Key.Key_F8):
            opened.key(key)
            assert opened.said
            assert walk() == []
        page.list.setCurrentIndex(page.model.index(3))  # a chat page that is the order's own
        opened.wait(opened.ready)
        opened.key(Qt.Key.Key_F6)
        assert walk() == []
        for left in (3, 2, 1, 0):
            opened.key(Qt.Key.Key_F10)
            opened.wait(lambda: len(page.model.jobs) == left)  # noqa: B023
            opened.wait(page.undo.isVisible)
            assert walk() == []
        assert page.note.isVisible()
