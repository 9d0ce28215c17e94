from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, current_thread, main_thread

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from ui_helpers import (
    SHOP,
    FakeLog,
    FakePack,
    Hands,
    make_group,
    make_item,
    make_settings,
    read_scan,
    unknown_group,
)

from parcelguard.domain import Decision, ProofState, utc_now
from parcelguard.errors import StorageError
from parcelguard.events import EventHub, ProofChanged, QueueChanged
from parcelguard.store.views import AttentionGroup
from parcelguard.ui import check, check_words
from parcelguard.ui.check import CheckPage
from parcelguard.ui.log import LogPage
from parcelguard.ui.sidebar import Page
from parcelguard.ui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton
QUIET = "It is 22:10 in Malaysia: quiet hours until 08:00."
NEWS = ProofChanged("p1", "241120PX000001", SHOP.label, ProofState.ATTENTION)


class Opened:
    """The Check page in its window, on a fake desk."""

    def __init__(self, window: MainWindow, desk: FakeLog, hub: EventHub, qtbot: QtBot) -> None:
        self.window, self.desk, self.hub, self._qtbot = window, desk, hub, qtbot
        page = window._pages[Page.CHECK]
        assert isinstance(page, CheckPage)
        self.page = page
        self.hands = Hands()

    @property
    def words(self) -> list[str]:
        """What the answers' buttons say."""
        return [button.text() for button in self.page.detail.answers.buttons.buttons]

    def press(self, words: str) -> None:
        """Press a button of the answers as a hand does: reached by Tab, pressed by Space."""
        button = next(b for b in self.page.detail.answers.buttons.buttons if b.text() == words)
        self.tab_to(button)
        self.space()

    def tab_to(self, wanted: QWidget) -> None:
        for _ in range(60):
            focused = QApplication.focusWidget()
            if focused is wanted:
                return
            assert focused is not None
            self.key(Qt.Key.Key_Tab, "\t")
        raise AssertionError("Tab does not lead there")

    def key(self, key: Qt.Key, text: str = "") -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        self.hands.rest()
        self.hands.press(focused, key, text)

    def space(self) -> None:
        self.key(Qt.Key.Key_Space, " ")

    def escape(self) -> None:
        self.key(Qt.Key.Key_Escape)
        self._qtbot.wait(60)  # a key that may be a scanner's first waits that long before it counts

    def rows(self) -> list[str]:
        model = self.page.model
        return [str(model.index(place).data()) for place in range(model.rowCount())]

    def label(self, text: str) -> bool:
        return any(text in each.text() for each in self.page.findChildren(QLabel) if each.isVisible())


Open = Callable[..., Opened]


@pytest.fixture
def open_check(qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    windows: list[MainWindow] = []

    def make(*groups: AttentionGroup, desk: FakeLog | None = None, **screen: object) -> Opened:
        desk = desk or FakeLog(tmp_path, 40)
        desk.groups = groups
        hub = EventHub()
        settings = make_settings(**screen)
        window = MainWindow(settings, hub, FakePack(), None, desk, read_scan=read_scan, platform="xcb")
        windows.append(window)
        qtbot.addWidget(window)
        with qtbot.waitSignal(window.first_painted):
            window.show()
        qtbot.waitUntil(window.isActiveWindow)
        window.show_page(Page.CHECK)
        opened = Opened(window, desk, hub, qtbot)
        if groups:
            qtbot.waitUntil(lambda: opened.page.list.current is not None)
        return opened

    yield make
    for window in windows:
        window.shut_down()


def test_the_sidebar_counts_what_needs_a_check_and_leads_there(
    open_check: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    opened = open_check(make_group())
    window = opened.window
    window.show_page(Page.PACK)
    opened.hub.publish(QueueChanged(sending=0, waiting=0, attention=3))
    button = window._sidebar._buttons[Page.CHECK]
    qtbot.waitUntil(lambda: button.count == 3)
    assert (button.text(), button.accessibleName()) == ("Check", "Check, 3 waiting")
    qtbot.mouseClick(button, LEFT)
    assert window.page is Page.CHECK
    opened.hub.publish(QueueChanged(sending=0, waiting=0, attention=0))
    assert button.accessibleName() == "Check"


def test_the_chip_in_the_top_bar_opens_it(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group())
    window = opened.window
    window.show_page(Page.PACK)
    opened.hub.publish(QueueChanged(sending=0, waiting=0, attention=3))
    window.grab()
    qtbot.mouseClick(window._topbar, LEFT, pos=window._topbar._attention_area.center())
    assert window.page is Page.CHECK


def test_before_the_program_is_there_the_page_stays_shut(qtbot: QtBot) -> None:
    window = MainWindow(make_settings(), EventHub(), read_scan=read_scan)
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    window.show_page(Page.CHECK)
    assert window.page is Page.PACK


def test_groups_tell_reason_shop_day_and_count_and_the_first_is_open(open_check: Open) -> None:
    opened = open_check(unknown_group(), make_group(12, title="Quiet hours"))
    told = opened.rows()
    assert told[0].startswith("Nobody knows whether it arrived, Shopee MY, ")
    assert told[0].endswith(", 3, open")
    assert [row.partition(",")[0] for row in told[1:4]] == [f"241120PX{n:06d}" for n in (21, 22, 23)]
    assert told[4].endswith(", 12, closed")
    assert len(told) == 5


def test_a_group_that_lists_only_its_first_messages_says_so(open_check: Open) -> None:
    opened = open_check(make_group(3, total=340))
    assert "the first 3 of 340 are listed" in opened.rows()[0]


def test_left_and_right_close_and_open_a_group(open_check: Open) -> None:
    opened = open_check(make_group(2), make_group(3, 5, reason="quiet", title="Quiet hours"))
    assert len(opened.rows()) == 4
    opened.key(Qt.Key.Key_Left)
    assert len(opened.rows()) == 2
    current = opened.page.list.current
    assert current is not None
    assert current.item is None
    opened.key(Qt.Key.Key_Down)
    opened.key(Qt.Key.Key_Right)
    assert len(opened.rows()) == 5


def test_the_evidence_of_a_message_stands_beside_it(open_check: Open, qtbot: QtBot) -> None:
    until = utc_now() + timedelta(minutes=5)
    opened = open_check(unknown_group(1, until=until))
    detail = opened.page.detail
    assert detail.heading.accessibleName() == "Shopee MY 241120PX000001"
    assert detail.about.text().startswith("Tan W. · packed ")
    assert "by Aina, Bench 07" in detail.about.text()
    assert detail.reason.accessibleName() == (
        "Photo 2 · The marketplace did not confirm this message."
        " Compare with the chat, then say whether it is there."
    )
    assert detail.quote.accessibleName().startswith("The buyer was to read: Hi Tan W.")
    seen = detail.looks.accessibleName()
    assert "back to before it was sent" in seen
    assert "not far enough back to be sure" in seen
    assert "This shop: Picture, matches" in seen
    assert "Buyer: Text" in seen
    late = f"The message may still arrive until {until.astimezone():%H:%M}"
    assert detail.late.accessibleName() == late
    qtbot.waitUntil(lambda: len(detail.strip.buttons) == 3 and detail.strip.isVisible())


def test_what_can_no_longer_arrive_is_not_said_to(open_check: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_check(unknown_group(1, until=utc_now() - timedelta(seconds=1)))
    assert not opened.page.detail.late.isVisible()


def test_a_photo_can_be_seen_large_and_small_again(open_check: Open, qtbot: QtBot) -> None:
    detail = open_check(unknown_group(1)).page.detail
    qtbot.waitUntil(lambda: len(detail.strip.buttons) == 3)
    qtbot.mouseClick(detail.strip.buttons[1], LEFT)
    qtbot.waitUntil(lambda: not detail.photo._image.isNull())
    assert detail.photo.isVisible()
    qtbot.mouseClick(detail.strip.buttons[1], LEFT)
    assert not detail.photo.isVisible()


def test_only_the_answers_that_make_sense_are_offered(open_check: Open) -> None:
    late = make_group(1)
    refused = make_group(1, 9, reason="text", answers=(Decision.LEAVE,), editable=True)
    opened = open_check(unknown_group(21), late, refused)
    everything = ["It is there", "Not there: send again", "It is there twice: take one back", "Leave it"]
    assert opened.words == everything
    for _ in range(3):
        opened.key(Qt.Key.Key_Down)
    opened.key(Qt.Key.Key_Right)
    opened.key(Qt.Key.Key_Down)
    assert opened.words == ["Send now", "Leave it"]
    opened.key(Qt.Key.Key_Down)
    opened.key(Qt.Key.Key_Right)
    opened.key(Qt.Key.Key_Down)
    assert opened.words == ["Edit text and resend", "Leave it"]


def test_what_is_there_is_answered_at_once_by_keyboard(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(unknown_group(21))
    opened.press("It is there")
    qtbot.waitUntil(lambda: opened.desk.answered == [(("p21-part-1",), Decision.THERE)])
    qtbot.waitUntil(lambda: len(opened.rows()) == 3)
    assert opened.page.told.accessibleName() == "1 of 1 noted as there"
    current = opened.page.list.current
    assert current is not None
    assert current.item is not None
    assert current.item.part_id == "p22-part-1"
    assert QApplication.focusWidget() is opened.page.list


def test_sending_again_what_may_still_arrive_is_asked_once_more(open_check: Open, qtbot: QtBot) -> None:
    until = utc_now() + timedelta(minutes=5)
    opened = open_check(unknown_group(21, until=until))
    opened.press("Not there: send again")
    asked = opened.page.detail.answers.question.accessibleName()
    late = f"The message may still arrive until {until.astimezone():%H:%M}: the buyer may see it twice."
    assert asked == f"Send this message again now? {late}"
    assert opened.desk.answered == []
    opened.space()  # the frame stands on Cancel: a key held too long sends nothing
    assert opened.desk.answered == []
    opened.press("Not there: send again")
    opened.press("Not there: send again")
    qtbot.waitUntil(lambda: opened.desk.answered == [(("p21-part-1",), Decision.SEND_AGAIN)])


def test_a_whole_group_is_sent_after_one_question_that_names_number_and_caution(
    open_check: Open, qtbot: QtBot
) -> None:
    opened = open_check(make_group(12, reason="quiet", title="Quiet hours", caution=QUIET))
    opened.key(Qt.Key.Key_Up)
    opened.space()
    assert opened.words == ["Send 12 now", "Leave 12"]
    opened.press("Send 12 now")
    answers = opened.page.detail.answers
    assert answers.question.accessibleName() == f"Send 12 messages now? {QUIET}"
    assert opened.words == ["Cancel (Esc)", "Send 12 now"]
    opened.desk.first_elsewhere = 1
    opened.press("Send 12 now")
    qtbot.waitUntil(opened.page.told.isVisible)
    told = opened.page.told.accessibleName()
    assert told == "11 of 12 go out now; one was decided meanwhile by another"
    [(parts, decision)] = opened.desk.answered
    assert (len(parts), decision) == (12, Decision.SEND_AGAIN)
    qtbot.waitUntil(lambda: opened.label(check_words.NOTHING))
    assert opened.page.told.isVisible()


def test_esc_leaves_the_question_then_the_ticks_then_the_page(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(2))
    opened.space()
    opened.key(Qt.Key.Key_Down)
    opened.space()
    opened.press("Send 2 now")
    assert opened.page.detail.answers.question.isVisible()
    opened.escape()
    assert not opened.page.detail.answers.question.isVisible()
    assert len(opened.page.model.ticked) == 2
    opened.escape()
    assert opened.page.model.ticked == []
    assert opened.window.page is Page.CHECK
    opened.escape()
    assert opened.window.page is Page.PACK
    assert opened.desk.answered == []


def test_for_messages_of_several_groups_only_common_answers_are_offered(open_check: Open) -> None:
    refused = make_group(1, 9, reason="text", title="The text was refused", answers=(Decision.LEAVE,))
    opened = open_check(make_group(2), refused)
    opened.key(Qt.Key.Key_Up)
    opened.space()
    for _ in range(3):
        opened.key(Qt.Key.Key_Down)
    opened.space()
    assert opened.words == ["Leave 3"]
    assert opened.label("3 messages chosen")


def test_a_tick_is_set_and_taken_away_on_its_box(open_check: Open, qtbot: QtBot) -> None:
    page = open_check(make_group(2)).page
    row = page.list.visualRect(page.model.index(2))
    qtbot.mouseClick(page.list.viewport(), LEFT, pos=row.topLeft() + QPoint(12, row.height() // 2))
    assert [each.item.part_id for each in page.model.ticked if each.item] == ["p2-part-1"]
    assert page.model.tick_of(page.model.data(page.model.index(0), 256)) is Qt.CheckState.PartiallyChecked
    qtbot.mouseClick(page.list.viewport(), LEFT, pos=row.topLeft() + QPoint(12, row.height() // 2))
    assert page.model.ticked == []


def test_a_click_on_a_group_opens_it_and_a_second_one_closes_it(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(1), make_group(2, 5, reason="quiet", title="Quiet hours"))
    page = opened.page

    def click() -> None:
        where = page.list.visualRect(page.model.index(2)).center()
        qtbot.mouseClick(page.list.viewport(), LEFT, pos=where)

    click()
    assert len(opened.rows()) == 5
    click()
    assert len(opened.rows()) == 3


def test_editing_a_refused_text_opens_the_log_at_that_proof(open_check: Open, qtbot: QtBot) -> None:
    refused = make_group(1, 9, reason="text", answers=(Decision.LEAVE,), editable=True)
    opened = open_check(refused)
    opened.press("Edit text and resend")
    assert opened.window.page is Page.LOG
    log = opened.window._pages[Page.LOG]
    assert isinstance(log, LogPage)
    qtbot.waitUntil(log.detail.foot.panel.isVisible)
    assert log.detail.heading.accessibleName().endswith("241120PX000009")
    assert "241120PX000009" in log.detail.foot.panel.text.toPlainText()
    assert opened.desk.resent == []
    assert log.filters.search.text() == "241120PX000009"


def test_news_are_followed_without_losing_the_place_and_the_ticks(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(3))
    opened.key(Qt.Key.Key_Down)
    opened.space()
    opened.desk.groups = (unknown_group(21), make_group(3))
    for _ in range(5):
        opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: len(opened.rows()) == 5)
    current = opened.page.list.current
    assert current is not None
    assert current.item is not None
    assert current.item.part_id == "p2-part-1"
    assert [row.item.part_id for row in opened.page.model.ticked if row.item] == ["p2-part-1"]
    assert opened.words == ["Send now", "Leave it"]


def test_news_leave_an_open_question_and_the_focus_alone(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(2))
    opened.key(Qt.Key.Key_Up)
    opened.press("Send 2 now")
    cancel = opened.page.detail.answers.buttons.buttons[0]
    reads: list[int] = []
    attention = opened.desk.attention
    opened.desk.attention = lambda: (reads.append(1), attention())[1]  # type: ignore[method-assign]
    opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: bool(reads))
    qtbot.wait(50)
    assert QApplication.focusWidget() is cancel
    assert opened.page.detail.answers.question.isVisible()


def test_a_question_whose_messages_were_decided_elsewhere_goes_away(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(2, caution=QUIET), unknown_group(21))
    opened.press("Send now")
    assert opened.page.detail.answers.question.isVisible()
    opened.desk.groups = (unknown_group(21),)
    opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: not opened.page.detail.answers.question.isVisible())
    assert opened.desk.answered == []


def test_many_answers_go_in_steps_and_can_be_stopped(open_check: Open, qtbot: QtBot, tmp_path: Path) -> None:
    going = Event()

    class Slow(FakeLog):
        def decide_all(self, part_ids, decision):
            going.wait(5)
            return super().decide_all(part_ids, decision)

    desk = Slow(tmp_path, 0)
    opened = open_check(make_group(60), desk=desk)
    opened.key(Qt.Key.Key_Up)
    opened.press("Send 60 now")
    opened.press("Send 60 now")
    qtbot.waitUntil(lambda: opened.words == ["Stop (Esc)"])
    assert opened.label("Working… 0 of 60")
    opened.page.escape()
    going.set()
    qtbot.waitUntil(opened.page.told.isVisible)
    told = opened.page.told.accessibleName()
    assert told == f"{check.AT_ONCE} of 60 go out now. Stopped: the rest still waits here"
    assert len(desk.answered) == 1


def test_an_answer_that_could_not_be_kept_says_why_and_can_be_given_again(
    open_check: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    class Refusing(FakeLog):
        refusing = True

        def decide_all(self, part_ids, decision):
            if self.refusing:
                raise StorageError("no disk")
            return super().decide_all(part_ids, decision)

    desk = Refusing(tmp_path, 1)
    opened = open_check(unknown_group(1), desk=desk)
    opened.press("It is there")
    refusal = opened.page.detail.answers.refusal
    qtbot.waitUntil(refusal.isVisible)
    assert refusal.accessibleName().startswith(StorageError.headline)
    desk.refusing = False
    opened.press("It is there")
    qtbot.waitUntil(opened.page.told.isVisible)


def test_without_anything_to_check_the_page_teaches(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check()
    qtbot.waitUntil(lambda: opened.label(check_words.NOTHING))
    assert opened.label("it waits here with what the chat showed")
    hint = opened.page.hint
    qtbot.waitUntil(lambda: hint.height() >= hint.heightForWidth(hint.width()))
    opened.desk.groups = (make_group(1),)
    opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: opened.page.list.isVisible() and opened.page.list.current is not None)


def test_records_that_cannot_be_read_are_told_in_words(
    open_check: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    desk = FakeLog(tmp_path, 0)
    desk.broken = True
    opened = open_check(desk=desk)
    qtbot.waitUntil(lambda: opened.label(StorageError.headline))


def test_a_slow_disk_is_told_after_a_moment(open_check: Open, qtbot: QtBot, tmp_path: Path) -> None:
    going = Event()

    class Slow(FakeLog):
        def attention(self):
            going.wait(5)
            return super().attention()

    opened = open_check(desk=Slow(tmp_path, 0))
    qtbot.waitUntil(lambda: opened.label("Reading…"))
    going.set()
    qtbot.waitUntil(lambda: opened.label(check_words.NOTHING))


def test_the_records_are_never_read_on_the_windows_thread(
    open_check: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    threads: set[bool] = set()

    class Watched(FakeLog):
        def attention(self):
            threads.add(current_thread() is main_thread())
            return super().attention()

        def decide_all(self, part_ids, decision):
            threads.add(current_thread() is main_thread())
            return super().decide_all(part_ids, decision)

        def detail(self, proof_id):
            threads.add(current_thread() is main_thread())
            return super().detail(proof_id)

    opened = open_check(unknown_group(1), desk=Watched(tmp_path, 3))
    qtbot.waitUntil(lambda: bool(opened.page.detail.strip.buttons))
    opened.press("It is there")
    qtbot.waitUntil(opened.page.told.isVisible)
    assert threads == {False}


def test_every_control_has_a_name_and_shows_text_as_it_is(open_check: Open, qtbot: QtBot) -> None:
    item = make_item(1, text="<h1>Hi</h1>", headline="<b>No</b>")
    opened = open_check(make_group(0, items=(item,), total=1, title="<i>x</i>"))
    qtbot.waitUntil(lambda: bool(opened.page.detail.strip.buttons))
    buttons = opened.page.findChildren(QAbstractButton)
    assert [each for each in buttons if not each.accessibleName() and not each.text()] == []
    assert opened.page.list.accessibleName()
    labels = opened.page.findChildren(QLabel)
    assert [each for each in labels if each.textFormat() != Qt.TextFormat.PlainText] == []
    assert "<h1>Hi</h1>" in opened.page.detail.quote.accessibleName()


@pytest.mark.parametrize("scale", [100, 200])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_answers_are_whole_at_any_size(open_check: Open, qtbot: QtBot, scale: int, theme: str) -> None:
    opened = open_check(unknown_group(1), scale_percent=scale, theme=theme)
    page = opened.page

    def cut() -> list[str]:
        return [
            button.text()
            for button in page.findChildren(QPushButton)
            if button.isVisible()
            and not (
                page.rect().contains(button.mapTo(page, button.rect().bottomRight()))
                and button.width() >= button.sizeHint().width()
            )
        ]

    for width, height in ((1024, 700), (1366, 768), (3840, 2160)):
        opened.window.resize(width, height)
        qtbot.waitUntil(lambda width=width: page.width() > width * 3 // 4)  # type: ignore[misc]
        assert not opened.window.grab().isNull()
        qtbot.waitUntil(lambda: cut() == [])


def test_one_answer_is_told_in_the_singular() -> None:
    assert check_words.carried_out(Decision.SEND_AGAIN, 1, 1) == "1 of 1 goes out now"
    assert check_words.carried_out(Decision.LEAVE, 2, 4) == (
        "2 of 4 left unsent; 2 were decided meanwhile by another"
    )


def test_what_the_marketplace_hid_is_asked_about_in_its_own_words(open_check: Open, qtbot: QtBot) -> None:
    hid = make_group(
        1, reason="filtered", title="Hidden", answers=(Decision.THERE, Decision.LEAVE), editable=True
    )
    opened = open_check(hid)
    assert opened.words == ["Edit text and resend", "The buyer sees it", "Leave it"]
    assert not opened.page.detail.looks.isVisible()
