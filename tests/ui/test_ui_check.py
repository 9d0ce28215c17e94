from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from threading import Event, current_thread, main_thread

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from parcelguard.core.errors import StorageError
from parcelguard.core.events import EventHub, ProofChanged, QueueChanged
from parcelguard.core.parts import Decision, PlanReason, Purpose
from parcelguard.core.preset_message import DEFAULT_MESSAGE, PLACEHOLDERS
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.shops import LONGEST_MESSAGE
from parcelguard.core.times import utc_now
from parcelguard.store.views import AttentionGroup, AttentionTopic, Night, ProofDetail
from parcelguard.ui.check import batches as check_batches
from parcelguard.ui.check.bulk_edit import EditPanel
from parcelguard.ui.check.check_screen import CheckPage
from parcelguard.ui.check.model import Row
from parcelguard.ui.log.log_screen import LogPage
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words import check_words
from parcelguard.ui.words.attention_words import group_title
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.times import moment
from tests.support.pseudo_walk import cut_texts, plain_english, pseudo_language
from tests.support.swapping import swap
from tests.support.ui_helpers import (
    NOON,
    SHOP,
    FakeLog,
    FakePack,
    Hands,
    make_group,
    make_item,
    make_proof,
    make_settings,
    read_scan,
    unknown_group,
)

CANNOT_SAVE = said(StorageError().reason)
LEFT = Qt.MouseButton.LeftButton
NIGHT = Night(time(22, 10), time(8))
QUIET = "It is 22:10 where the buyers live: quiet hours until 08:00."
NEWS = ProofChanged("p1", "241120PX000001", SHOP.label, ProofState.ATTENTION)


class Opened:
    """The Check page in its window, on a fake desk."""

    def __init__(self, window: MainWindow, desk: FakeLog, hub: EventHub, qtbot: QtBot) -> None:
        self.window, self.desk, self.hub, self._qtbot = window, desk, hub, qtbot
        page = window._pages[Page.CHECK]
        assert isinstance(page, CheckPage)
        self.page = page
        self.hands = Hands()

    def shows(self, page: Page) -> bool:
        """Whether this screen is seen now."""
        return self.window.page is page

    @property
    def words(self) -> list[str]:
        """What the answers' buttons say."""
        return [button.text() for button in self.page.detail.answers.buttons.buttons]

    def press(self, words: str) -> None:
        """Press a button of the answers as a hand does: reached by Tab, pressed by Space."""
        button = next(b for b in self.page.detail.answers.buttons.buttons if b.text() == words)
        while not button.isEnabled():
            QTest.qWait(20)
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

    # ---- one text for many

    @property
    def edit(self) -> EditPanel:
        return self.page.detail.edit

    @property
    def edit_words(self) -> list[str]:
        """What the buttons below the text say."""
        return [button.text() for button in self.edit.buttons.buttons]

    def press_edit(self, words: str) -> None:
        buttons = [*self.edit.buttons.buttons, *self.edit.chips.buttons]
        self.tab_to(next(each for each in buttons if each.text() == words))
        self.space()

    def open_text(self, count: int) -> None:
        """Choose the whole group and open its text."""
        self.key(Qt.Key.Key_Up)
        self.press(f"Edit text and resend {count}")

    def write(self, text: str) -> None:
        """Write over the whole text by hand."""
        field = self.edit.text
        assert QApplication.focusWidget() is field
        field.selectAll()
        for char in text:
            self.hands.rest(200)
            self.hands.press(field, Qt.Key(ord(char.upper())), char)


Open = Callable[..., Opened]


def refused_group(count: int = 12, first: int = 1, **changes: object) -> AttentionGroup:
    """Messages whose text the marketplace did not take."""
    group = make_group(count, first, topic=AttentionTopic.REFUSED, answers=(Decision.LEAVE,))
    return replace(group, editable=True, reason=because(MarketplaceReason.REFUSED), **changes)  # type: ignore[arg-type]


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
    QTest.mouseClick(button, LEFT)
    assert window.page is Page.CHECK
    opened.hub.publish(QueueChanged(sending=0, waiting=0, attention=0))
    assert button.accessibleName() == "Check"


def test_the_chip_in_the_top_bar_opens_it(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group())
    window = opened.window
    window.show_page(Page.PACK)
    opened.hub.publish(QueueChanged(sending=0, waiting=0, attention=3))
    window.grab()
    QTest.mouseClick(window._topbar, LEFT, pos=window._topbar._attention_area.center())
    assert window.page is Page.CHECK


def test_before_the_program_is_there_the_page_stays_shut(qtbot: QtBot) -> None:
    window = MainWindow(make_settings(), EventHub(), read_scan=read_scan)
    qtbot.addWidget(window, before_close_func=MainWindow.shut_down)
    window.show_page(Page.CHECK)
    assert window.page is Page.PACK


def test_groups_tell_reason_shop_day_and_count_and_the_first_is_open(open_check: Open) -> None:
    opened = open_check(unknown_group(), make_group(12, title="Quiet hours"))
    told = opened.rows()
    assert told[0].startswith("Not sure it arrived, Shopee MY, ")
    assert told[0].endswith(", 3, open")
    assert [row.partition(",")[0] for row in told[1:4]] == [f"241120PX{n:06d}" for n in (21, 22, 23)]
    assert told[4].endswith(", 12, closed")
    assert len(told) == 5


def test_a_group_that_lists_only_its_first_messages_says_so(open_check: Open) -> None:
    opened = open_check(make_group(3, total=340))
    assert "the first 3 of 340 are listed" in opened.rows()[0]


def test_left_and_right_close_and_open_a_group(open_check: Open) -> None:
    opened = open_check(make_group(2), make_group(3, 5, code="quiet", title="Quiet hours"))
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
        "Photo 2 · Looked twice: the chat does not show it."
        " Open the chat, then answer: it is there, or not there."
    )
    assert detail.quote.accessibleName().startswith("Message to the buyer: Hi Tan W.")
    seen = detail.looks.accessibleName()
    far = moment(NOON + timedelta(minutes=8))
    assert f"Chat checked at {far}. " in seen
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
    QTest.mouseClick(detail.strip.buttons[1], LEFT)
    qtbot.waitUntil(lambda: not detail.photo._image.isNull())
    assert detail.photo.isVisible()
    QTest.mouseClick(detail.strip.buttons[1], LEFT)
    assert not detail.photo.isVisible()


def test_only_the_answers_that_make_sense_are_offered(open_check: Open) -> None:
    late = make_group(1)
    refused = make_group(1, 9, topic=AttentionTopic.REFUSED, answers=(Decision.LEAVE,), editable=True)
    opened = open_check(unknown_group(21), late, refused)
    everything = ["It is there", "Not there: send again", "It is there twice: take one back", "Leave it"]
    assert opened.words == everything
    for _ in range(3):
        opened.key(Qt.Key.Key_Down)
    opened.key(Qt.Key.Key_Right)
    opened.key(Qt.Key.Key_Down)
    assert opened.words == ["Send now", "Leave it", "Send by hand"]
    opened.key(Qt.Key.Key_Down)
    opened.key(Qt.Key.Key_Right)
    opened.key(Qt.Key.Key_Down)
    assert opened.words == ["Edit text and resend", "Leave it", "Send by hand"]


def test_what_is_there_is_answered_at_once_by_keyboard(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(unknown_group(21))
    opened.press("It is there")
    qtbot.waitUntil(lambda: opened.desk.answered == [(("p21-part-1",), Decision.THERE)])
    qtbot.waitUntil(lambda: len(opened.rows()) == 3)
    assert opened.page.result.accessibleName() == "1 of 1 noted as there"
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


def test_a_double_click_does_not_confirm(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(unknown_group(21, until=utc_now() + timedelta(minutes=5)))
    opened.press("Not there: send again")
    for button in opened.page.detail.answers.buttons.buttons[1:]:
        QTest.mouseClick(button, LEFT)
    assert opened.desk.answered == []


def test_a_whole_group_is_sent_after_one_question_that_names_number_and_caution(
    open_check: Open, qtbot: QtBot
) -> None:
    opened = open_check(make_group(12, code="quiet", title="Quiet hours", night=NIGHT))
    opened.key(Qt.Key.Key_Up)
    opened.space()
    assert opened.words == ["Send 12 now", "Leave 12", "Send 12 by hand"]
    opened.press("Send 12 now")
    answers = opened.page.detail.answers
    assert answers.question.accessibleName() == f"Send 12 messages now? {QUIET}"
    assert opened.words == ["Cancel (Esc)", "Send 12 now"]
    opened.desk.first_elsewhere = 1
    opened.press("Send 12 now")
    qtbot.waitUntil(opened.page.result.isVisible)
    told = opened.page.result.accessibleName()
    assert told == "11 of 12 released to go out; one was decided meanwhile by someone else"
    [(parts, decision)] = opened.desk.answered
    assert (len(parts), decision) == (12, Decision.SEND_AGAIN)
    qtbot.waitUntil(lambda: opened.label(check_words.NOTHING))
    assert opened.page.result.isVisible()


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
    assert opened.shows(Page.CHECK)
    opened.escape()
    assert opened.shows(Page.PACK)
    assert opened.desk.answered == []


def test_for_messages_of_several_groups_only_common_answers_are_offered(open_check: Open) -> None:
    refused = make_group(
        1, 9, topic=AttentionTopic.REFUSED, title="The text was refused", answers=(Decision.LEAVE,)
    )
    opened = open_check(make_group(2), refused)
    opened.key(Qt.Key.Key_Up)
    opened.space()
    for _ in range(3):
        opened.key(Qt.Key.Key_Down)
    opened.space()
    assert opened.words == ["Leave 3", "Send 3 by hand"]
    assert opened.label("3 messages chosen")


def test_a_tick_is_set_and_taken_away_on_its_box(open_check: Open, qtbot: QtBot) -> None:
    page = open_check(make_group(2)).page
    row = page.list.visualRect(page.model.index(2))
    QTest.mouseClick(page.list.viewport(), LEFT, pos=row.topLeft() + QPoint(12, row.height() // 2))
    assert [each.item.part_id for each in page.model.ticked if each.item] == ["p2-part-1"]
    assert page.model.tick_of(Row(page.model.groups[0])) is Qt.CheckState.PartiallyChecked
    QTest.mouseClick(page.list.viewport(), LEFT, pos=row.topLeft() + QPoint(12, row.height() // 2))
    assert page.model.ticked == []


def test_a_click_on_a_group_opens_it_and_a_second_one_closes_it(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(1), make_group(2, 5, code="quiet", title="Quiet hours"))
    page = opened.page

    def click() -> None:
        where = page.list.visualRect(page.model.index(2)).center()
        QTest.mouseClick(page.list.viewport(), LEFT, pos=where)

    click()
    assert len(opened.rows()) == 5
    click()
    assert len(opened.rows()) == 3


def test_editing_a_refused_text_opens_the_log_at_that_proof(open_check: Open, qtbot: QtBot) -> None:
    refused = make_group(1, 9, topic=AttentionTopic.REFUSED, answers=(Decision.LEAVE,), editable=True)
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
    assert opened.words == ["Send now", "Leave it", "Send by hand"]


def test_news_leave_an_open_question_and_the_focus_alone(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(2))
    opened.key(Qt.Key.Key_Up)
    opened.press("Send 2 now")
    cancel = opened.page.detail.answers.buttons.buttons[0]
    reads: list[int] = []
    attention = opened.desk.attention

    def counted() -> tuple[AttentionGroup, ...]:
        reads.append(1)
        return attention()

    opened.desk.attention = counted  # type: ignore[method-assign]
    opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: bool(reads))
    qtbot.wait(50)
    assert QApplication.focusWidget() is cancel
    assert opened.page.detail.answers.question.isVisible()


def test_a_question_whose_messages_were_decided_elsewhere_goes_away(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(make_group(2, night=NIGHT), unknown_group(21))
    opened.press("Send now")
    assert opened.page.detail.answers.question.isVisible()
    opened.desk.groups = (unknown_group(21),)
    opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: not opened.page.detail.answers.question.isVisible())
    assert opened.desk.answered == []


def test_many_answers_go_in_steps_and_can_be_stopped(open_check: Open, qtbot: QtBot, tmp_path: Path) -> None:
    going = Event()

    class Slow(FakeLog):
        def decide_all(self, part_ids: Sequence[str], decision: Decision) -> int:
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
    qtbot.waitUntil(opened.page.result.isVisible)
    told = opened.page.result.accessibleName()
    assert told == f"{check_batches.AT_ONCE} of 60 released to go out. Stopped: the rest still waits here"
    assert len(desk.answered) == 1


def test_an_answer_that_could_not_be_kept_says_why_and_can_be_given_again(
    open_check: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    class Refusing(FakeLog):
        refusing = True

        def decide_all(self, part_ids: Sequence[str], decision: Decision) -> int:
            if self.refusing:
                raise StorageError("no disk")
            return super().decide_all(part_ids, decision)

    desk = Refusing(tmp_path, 1)
    opened = open_check(unknown_group(1), desk=desk)
    opened.press("It is there")
    refusal = opened.page.detail.answers.refusal
    qtbot.waitUntil(refusal.isVisible)
    assert refusal.accessibleName().startswith(CANNOT_SAVE.headline)
    desk.refusing = False
    opened.press("It is there")
    qtbot.waitUntil(opened.page.result.isVisible)


def test_without_anything_to_check_the_page_teaches(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check()
    qtbot.waitUntil(lambda: opened.label(check_words.NOTHING))
    assert opened.label("You see what the chat showed, and you decide")
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
    qtbot.waitUntil(lambda: opened.label(CANNOT_SAVE.headline))


def test_a_slow_disk_is_told_after_a_moment(open_check: Open, qtbot: QtBot, tmp_path: Path) -> None:
    going = Event()

    class Slow(FakeLog):
        def attention(self) -> tuple[AttentionGroup, ...]:
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
        def attention(self) -> tuple[AttentionGroup, ...]:
            threads.add(current_thread() is main_thread())
            return super().attention()

        def decide_all(self, part_ids: Sequence[str], decision: Decision) -> int:
            threads.add(current_thread() is main_thread())
            return super().decide_all(part_ids, decision)

        def detail(self, proof_id: str) -> ProofDetail:
            threads.add(current_thread() is main_thread())
            return super().detail(proof_id)

    opened = open_check(unknown_group(1), desk=Watched(tmp_path, 3))
    qtbot.waitUntil(lambda: bool(opened.page.detail.strip.buttons))
    opened.press("It is there")
    qtbot.waitUntil(opened.page.result.isVisible)
    assert threads == {False}


def test_every_control_has_a_name_and_shows_text_as_it_is(open_check: Open, qtbot: QtBot) -> None:
    item = make_item(1, text="<h1>Hi</h1>", reason=as_told("<b>No</b>"))
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
    assert check_words.carried_out(Decision.SEND_AGAIN, 1, 1) == "1 of 1 released to go out"
    assert check_words.carried_out(Decision.LEAVE, 2, 4) == (
        "2 of 4 left unsent; 2 were decided meanwhile by someone else"
    )


def test_what_the_marketplace_hid_is_asked_about_in_its_own_words(open_check: Open, qtbot: QtBot) -> None:
    hid = make_group(1, topic=AttentionTopic.HIDDEN, answers=(Decision.THERE, Decision.LEAVE), editable=True)
    opened = open_check(hid)
    assert opened.words == ["Edit text and resend", "The buyer sees it", "Leave it", "Send by hand"]
    assert not opened.page.detail.looks.isVisible()


# ---- how much there is ------------------------------------------------------------------------


def test_the_page_counts_orders_as_its_badge_does_and_tells_what_is_only_looked_for(open_check: Open) -> None:
    looked_for = make_group(3, 21, topic=AttentionTopic.CHECKING)
    opened = open_check(make_group(12), looked_for)
    assert opened.page.title.text() == "12 orders need you · 3 are looked for in the chats"
    assert opened.page.title.isVisible()


def test_two_messages_of_one_order_are_one_order_that_needs_a_person() -> None:
    both = (make_item(1), replace(make_item(1), part_id="p1-part-2"))
    assert check_words.title([make_group(0, items=both, total=2)]) == "1 order needs you, 2 messages"
    assert check_words.title([make_group(2, total=340)]) == "340 orders need you"


def test_what_is_only_looked_for_needs_nobody() -> None:
    assert (
        check_words.title([make_group(2, topic=AttentionTopic.CHECKING)])
        == "Nothing needs you · 2 are looked for in the chats"
    )


# ---- one text for many ------------------------------------------------------------------------


def test_twelve_refused_texts_are_edited_together_and_resent_after_one_question(
    open_check: Open, qtbot: QtBot
) -> None:
    opened = open_check(refused_group(12, night=NIGHT))
    opened.key(Qt.Key.Key_Up)
    assert opened.words == ["Edit text and resend 12", "Leave 12", "Send 12 by hand"]
    opened.press("Edit text and resend 12")
    assert not opened.page.detail.answers.isVisible()
    assert opened.edit.heading.accessibleName() == "Shopee MY 12 messages"
    assert opened.edit.text.toPlainText() == DEFAULT_MESSAGE
    opened.write("hi {buyer}, {order} is packed")
    opened.press_edit("Resend 12")
    assert opened.edit.question.accessibleName() == f"Resend 12 messages with this text? {QUIET}"
    assert opened.edit_words == ["Cancel (Esc)", "Resend 12"]
    assert opened.desk.resent == []
    opened.press_edit("Resend 12")
    qtbot.waitUntil(opened.page.result.isVisible)
    assert opened.page.result.accessibleName() == "12 of 12 are on their way"
    template, reason = "hi {buyer}, {order} is packed", Purpose(PlanReason.RESENT_REFUSED)
    assert opened.desk.resent == [(f"p{n}", template, reason) for n in range(1, 13)]
    assert not opened.edit.isVisible()
    qtbot.waitUntil(lambda: opened.label(check_words.NOTHING))


def test_only_the_ticked_ones_get_the_new_text(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(refused_group(3))
    opened.space()
    opened.key(Qt.Key.Key_Down)
    opened.space()
    opened.press("Edit text and resend 2")
    opened.press_edit("Resend 2")
    opened.press_edit("Resend 2")
    qtbot.waitUntil(opened.page.result.isVisible)
    assert [proof_id for proof_id, *_ in opened.desk.resent] == ["p1", "p2"]
    qtbot.waitUntil(lambda: len(opened.rows()) == 2)
    assert opened.page.list.isEnabled()
    assert QApplication.focusWidget() is opened.page.list


def test_an_order_with_two_hidden_messages_is_resent_once(open_check: Open, qtbot: QtBot) -> None:
    items = (make_item(1), replace(make_item(1), part_id="p1-part-2"), make_item(2))
    answers = (Decision.THERE, Decision.LEAVE)
    hid = make_group(0, topic=AttentionTopic.HIDDEN, answers=answers, items=items, total=3, editable=True)
    opened = open_check(hid)
    opened.key(Qt.Key.Key_Up)
    opened.press("Edit text and resend 2")
    opened.press_edit("Resend 2")
    opened.press_edit("Resend 2")
    qtbot.waitUntil(opened.page.result.isVisible)
    sent = [(proof_id, reason) for proof_id, _, reason in opened.desk.resent]
    hidden = Purpose(PlanReason.RESENT_HIDDEN)
    assert sent == [("p1", hidden), ("p2", hidden)]


def test_for_messages_whose_text_is_not_at_fault_no_text_is_offered(open_check: Open) -> None:
    opened = open_check(refused_group(2), make_group(2, 9))
    opened.key(Qt.Key.Key_Up)
    opened.space()
    for _ in range(3):
        opened.key(Qt.Key.Key_Down)
    opened.space()
    assert opened.words == ["Leave 4", "Send 4 by hand"]


def test_the_preview_reads_as_the_first_buyer_will_read_it(open_check: Open) -> None:
    opened = open_check(refused_group(2))
    opened.open_text(2)
    opened.write("dear {buyer}: {order}, {tracking}, {shop}, {items}")
    read = opened.edit.preview.accessibleName()
    facts = f"241120PX000001, SPXMY00000000001, {SHOP.name}, {check_words.ITEMS}"
    assert read == f"What Tan W. will read: dear Tan W.: {facts}"


def test_a_placeholder_is_put_in_where_the_cursor_stands(open_check: Open) -> None:
    opened = open_check(refused_group(2))
    opened.open_text(2)
    opened.write("order")
    opened.press_edit("{order}")
    assert opened.edit.text.toPlainText() == "order{order}"
    assert QApplication.focusWidget() is opened.edit.text


def test_the_letters_are_counted_for_the_buyer_whose_text_is_longest(open_check: Open) -> None:
    items = (make_item(1), make_item(2, proof=make_proof(2, buyer_name="n" * 60)))
    opened = open_check(refused_group(0, items=items, total=2))
    opened.open_text(2)
    opened.write("{order} {buyer}")
    assert opened.edit.letters.text() == f"{len('241120PX000002 ') + 60} of 600 letters"


def test_a_text_that_is_too_long_or_empty_cannot_be_sent(open_check: Open) -> None:
    opened = open_check(refused_group(2))
    opened.open_text(2)
    resend = opened.edit.buttons.buttons[0]
    opened.edit.text.setPlainText("{order}" + "x" * (LONGEST_MESSAGE - 13))
    assert not resend.isEnabled()
    assert opened.edit.mistakes.accessibleName() == "The text is too long by 1."
    opened.edit.text.setPlainText("{order}" + "x" * (LONGEST_MESSAGE - 14))
    assert resend.isEnabled()
    opened.edit.text.setPlainText("  ")
    assert not resend.isEnabled()


def test_a_text_without_the_order_or_with_a_slip_is_warned_about_and_asked_about(open_check: Open) -> None:
    opened = open_check(refused_group(2))
    opened.open_text(2)
    assert not opened.edit.mistakes.isVisible()
    opened.write("hi {byuer}")
    told = (
        "The marketplace refuses the same text twice: keep {order}."
        " {byuer} is no placeholder: the buyers would read it like that."
    )
    assert opened.edit.mistakes.accessibleName() == told
    opened.press_edit("Resend 2")
    assert opened.edit.question.accessibleName() == f"Resend 2 messages with this text? {told}"
    assert not opened.edit.mistakes.isVisible()  # it is said once
    opened.escape()
    assert opened.edit.mistakes.accessibleName() == told


def test_esc_leaves_the_question_then_the_text_then_the_ticks(open_check: Open) -> None:
    opened = open_check(refused_group(2))
    opened.space()
    opened.key(Qt.Key.Key_Down)
    opened.space()
    opened.press("Edit text and resend 2")
    opened.press_edit("Resend 2")
    opened.escape()
    assert not opened.edit.question.isVisible()
    assert QApplication.focusWidget() is opened.edit.text
    opened.escape()
    assert not opened.edit.isVisible()
    assert opened.page.detail.answers.isVisible()
    assert len(opened.page.model.ticked) == 2
    opened.escape()
    assert opened.page.model.ticked == []
    assert opened.desk.resent == []


def test_space_held_too_long_resends_nothing(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(refused_group(2))
    opened.open_text(2)
    opened.press_edit("Resend 2")
    opened.space()
    assert opened.desk.resent == []
    assert not opened.edit.question.isVisible()


def test_while_a_text_is_written_the_list_rests(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(refused_group(2))
    opened.open_text(2)
    page = opened.page
    row = page.list.visualRect(page.model.index(1))
    QTest.mouseClick(page.list.viewport(), LEFT, pos=row.topLeft() + QPoint(12, row.height() // 2))
    assert page.model.ticked == []
    assert not page.grab().isNull()


def test_those_that_may_not_be_resent_stay_with_the_text_and_the_reason(
    open_check: Open, qtbot: QtBot
) -> None:
    opened = open_check(refused_group(5))
    opened.desk.not_sendable = {"p2", "p4"}
    opened.open_text(5)
    opened.write("{order} again")
    opened.press_edit("Resend 5")
    opened.press_edit("Resend 5")
    qtbot.waitUntil(opened.edit.outcome.isVisible)
    told = "3 of 5 are on their way, 2 are not One message may have arrived already. "
    told += "Decide about it first: it is there, or not there."
    assert opened.edit.outcome.accessibleName() == told
    assert opened.edit.text.toPlainText() == "{order} again"
    assert opened.edit_words == ["Resend 2", "Cancel (Esc)"]
    opened.desk.not_sendable = set()
    opened.press_edit("Resend 2")
    opened.press_edit("Resend 2")
    qtbot.waitUntil(opened.page.result.isVisible)
    assert [proof_id for proof_id, *_ in opened.desk.resent] == ["p1", "p3", "p5", "p2", "p4"]


def test_records_that_take_nothing_in_end_it_at_the_first(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(refused_group(60))
    opened.desk.stuck = True
    opened.open_text(60)
    opened.press_edit("Resend 60")
    opened.press_edit("Resend 60")
    qtbot.waitUntil(opened.edit.outcome.isVisible)
    told = opened.edit.outcome.accessibleName()
    assert told == f"0 of 60 are on their way, 60 are not {CANNOT_SAVE.headline} {CANNOT_SAVE.advice}"
    assert opened.edit_words == ["Resend 60", "Cancel (Esc)"]
    assert opened.desk.tried == ["p1"]


def test_resending_many_goes_in_steps_off_the_windows_thread_and_esc_stops_it(
    open_check: Open, qtbot: QtBot, tmp_path: Path
) -> None:
    going, threads = Event(), set[bool]()

    class Slow(FakeLog):
        def resend_all(self, proof_ids: Sequence[str], template: str, why: Purpose) -> int:
            going.wait(5)
            threads.add(current_thread() is main_thread())
            return super().resend_all(proof_ids, template, why)

    opened = open_check(refused_group(60), desk=Slow(tmp_path, 0))
    opened.open_text(60)
    opened.press_edit("Resend 60")
    opened.press_edit("Resend 60")
    qtbot.waitUntil(lambda: opened.edit_words == ["Stop (Esc)"])
    assert opened.label("Working… 0 of 60")
    opened.page.escape()
    going.set()
    qtbot.waitUntil(opened.edit.outcome.isVisible)
    sent = check_batches.AT_ONCE
    told = f"{sent} of 60 are on their way. Stopped: the rest still waits here"
    assert opened.edit.outcome.accessibleName() == told
    assert len(opened.desk.resent) == sent
    assert opened.edit_words == [f"Resend {60 - sent}", "Cancel (Esc)"]
    assert threads == {False}


def test_what_was_decided_meanwhile_is_not_resent(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(refused_group(3))
    opened.open_text(3)
    opened.write("{order} kept")
    opened.press_edit("Resend 3")
    opened.desk.groups = (refused_group(2),)
    opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: opened.edit_words == ["Resend 2", "Cancel (Esc)"])
    assert not opened.edit.question.isVisible()
    assert opened.edit.text.toPlainText() == "{order} kept"
    opened.desk.groups = (unknown_group(21),)
    opened.hub.publish(NEWS)
    qtbot.waitUntil(lambda: not opened.edit.isVisible())
    assert opened.page.result.accessibleName() == check_words.DECIDED_MEANWHILE
    assert opened.page.list.isEnabled()


def test_a_scan_takes_the_packer_to_pack_and_the_text_stays(open_check: Open, qtbot: QtBot) -> None:
    opened = open_check(refused_group(2))
    opened.open_text(2)
    opened.write("{order} half written")
    opened.hands.rest()
    opened.hands.type(opened.edit.text, "SPXMY04217788312")
    opened.hands.enter(opened.edit.text)
    assert opened.window.page is Page.PACK
    opened.window.show_page(Page.CHECK)
    assert opened.edit.text.toPlainText() == "{order} half written"
    assert QApplication.focusWidget() is opened.edit.text


@pytest.mark.parametrize("scale", [100, 200])
def test_the_text_can_be_sent_and_left_at_any_size(open_check: Open, qtbot: QtBot, scale: int) -> None:
    opened = open_check(refused_group(12, night=NIGHT), scale_percent=scale)
    opened.open_text(12)
    opened.press_edit("Resend 12")
    page, buttons = opened.page, opened.edit.buttons.buttons
    for width, height in ((1024, 700), (1366, 768), (1920, 1080)):
        opened.window.resize(width, height)
        qtbot.waitUntil(lambda width=width: page.width() > width * 3 // 4)  # type: ignore[misc]
        assert not opened.window.grab().isNull()
        for each in buttons:
            qtbot.waitUntil(
                lambda each=each: page.rect().contains(each.mapTo(page, each.rect().bottomRight()))  # type: ignore[misc]
            )


# ---- another language ----------------------------------------------------------------------

SHOPS_WORDS = {
    "Hi",
    "your order",
    "is packed",
    "Here are photos of your parcel before it is sealed",
    "aminah_88",
}
DATA = {"Shopee MY", "PX", "Q9CKD7T1", "SPXMY", "Aina", "Wei", "Bench 07", "nurul.h", "Tan W.", "jess_lim"}
DATA |= {"kamal77", "Rumah Kopi", *SHOPS_WORDS, *PLACEHOLDERS}
DATA |= {"byuer"}  # a placeholder, wrongly written
_ELSEWHERE = (Decision.HANDED, Decision.NOT_HANDED, Decision.CLOSE)
EVERY_ANSWER = tuple(each for each in Decision if each not in _ELSEWHERE)


def cut_pieces(page: CheckPage) -> list[str]:
    """Return what is cut; what a marketplace said may be in a row, as it stands whole beside the list."""
    groups = [group for group in page.model.groups if group.topic is AttentionTopic.REFUSED]
    titles = [group_title(group) for group in groups]
    return [line for line in cut_texts(page) if not any(line.removesuffix("…") in title for title in titles)]


def test_every_word_of_the_screen_can_be_translated_and_fits(open_check: Open, qtbot: QtBot) -> None:
    soon = utc_now() + timedelta(hours=1)
    asked = replace(unknown_group(21, until=soon), answers=EVERY_ANSWER)
    with pseudo_language():
        opened = open_check(asked, make_group(2, night=NIGHT), refused_group(2, 31))
        page, answers = opened.page, opened.page.detail.answers
        swap(opened.desk, "_take_out", lambda _settled: None)  # rows stay in place

        def walk() -> list[str]:
            for width, height in ((1366, 768), (1920, 1080)):
                opened.window.resize(width, height)
                qtbot.waitUntil(lambda: cut_pieces(page) == [])  # once it is laid out anew
            return plain_english(page, DATA)

        for group in opened.page.model.groups:
            page.model.set_open(group, opened=True)
        for place in range(page.model.rowCount()):
            page.list.choose(place)
            assert walk() == []
            for each in range(len(answers.buttons.buttons)):
                if page.detail.edit.isVisible():
                    break
                answers.buttons.buttons[each].click()
                assert walk() == []
                answers.leave_question()
        edit = page.detail.edit
        page.list.choose(page.model.rowCount() - 3)  # the refused ones, together
        answers.buttons.buttons[0].click()
        qtbot.waitUntil(edit.isVisible)
        edit.text.setPlainText("{byuer} " + "1" * LONGEST_MESSAGE)
        assert walk() == []
        edit.text.setPlainText("{byuer}")
        edit.buttons.buttons[0].click()
        assert edit.question.isVisible()
        assert walk() == []
        edit.escape()
        opened.desk.not_sendable = {"p32"}
        edit.confirmed.emit("{order}")
        qtbot.waitUntil(edit.outcome.isVisible)
        assert walk() == []
        edit.escape()
        opened.desk.groups = ()
        opened.hub.publish(NEWS)
        qtbot.waitUntil(page.note.isVisible)
        assert walk() == []
