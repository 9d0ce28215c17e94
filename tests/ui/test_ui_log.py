from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from threading import Thread, current_thread, main_thread

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor, QDesktopServices, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QScrollArea, QToolTip
from pytestqt.qtbot import QtBot

from parcelguard.core.errors import NotPossible, StorageError
from parcelguard.core.events import EventHub, ProofChanged
from parcelguard.core.parts import PartKind, PlanReason, Purpose, together
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.store.views import LogEntry, LogFilter, LogQuery, ProofDetail
from parcelguard.store.views import LogPage as LogRows
from parcelguard.ui.kit.paint import width_of
from parcelguard.ui.kit.theme import Size, Token
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.log import filters as log_filters
from parcelguard.ui.log import row_painter as log_delegate
from parcelguard.ui.log.detail import LogDetail
from parcelguard.ui.log.filters import Span, span_bounds
from parcelguard.ui.log.log_screen import EMPTY_LOG, NOTHING_FOUND, LogPage
from parcelguard.ui.log.model import Column
from parcelguard.ui.ports import Decision
from parcelguard.ui.shell.sidebar import Page
from parcelguard.ui.window import MainWindow
from parcelguard.ui.words.log_words import status
from tests.support.pseudo_walk import cut_texts, plain_english, pseudo_language
from tests.support.ui_helpers import NOON, FakeLog, Hands, make_entry, make_settings, read_scan

FAILED = Purpose(PlanReason.RESENT, "Sending failed")
LOST = Purpose(PlanReason.RESENT, "Buyer lost it")
SENT_FROM_LOG = Purpose(PlanReason.RESENT, "Sent from the log")
LEFT = Qt.MouseButton.LeftButton


class Opened:
    """The log in its window, on a fake desk."""

    def __init__(self, window: MainWindow, desk: FakeLog, hub: EventHub) -> None:
        self.window = window
        self.desk = desk
        self.hub = hub
        page = window._pages[Page.LOG]
        assert isinstance(page, LogPage)
        self.page = page

    def texts(self, column: Column) -> list[str]:
        model = self.page.model
        return [str(model.index(row, column).data()) for row in range(model.rowCount())]

    def label(self, text: str) -> bool:
        return any(text in label.text() for label in self.page.findChildren(QLabel) if label.isVisible())


Open = Callable[[FakeLog], Opened]


@pytest.fixture
def open_log(qtbot: QtBot) -> Iterator[Open]:
    windows: list[MainWindow] = []

    def make(desk: FakeLog) -> Opened:
        from tests.support.ui_helpers import FakePack

        hub = EventHub()
        window = MainWindow(make_settings(), hub, FakePack(), None, desk, read_scan=read_scan, platform="xcb")
        windows.append(window)
        qtbot.addWidget(window)
        with qtbot.waitSignal(window.first_painted):
            window.show()
        window.show_page(Page.LOG)
        opened = Opened(window, desk, hub)
        qtbot.waitUntil(lambda: not opened.page.model.loading)
        opened.page.filters.choose_span(Span.ALL)
        qtbot.waitUntil(lambda: not opened.page.model.loading)
        return opened

    yield make
    for window in windows:
        window.shut_down()


def wait_for_detail(qtbot: QtBot, log: Opened, text: str) -> None:
    qtbot.waitUntil(lambda: text in log.page.detail.heading.accessibleName())


def test_rows_stand_newest_first_with_state_in_words(open_log: Open, tmp_path: Path) -> None:
    log = open_log(FakeLog(tmp_path, 8))
    assert log.texts(Column.ORDER)[0] == "241120PX000001"
    assert log.texts(Column.STATUS) == [
        "Failed · This shop may not send messages now",
        "Sent",
        "Sent",
        "Waiting",
        "Sent",
        "Sending",
        "Sent",
        "Left without F4",
    ]


def test_a_thousand_rows_come_page_by_page(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 1000))
    model, table = log.page.model, log.page.table
    assert model.rowCount() < 200
    while model.canFetchMore(table.rootIndex()):
        before = model.rowCount()
        table.scrollToBottom()
        qtbot.waitUntil(lambda before=before: model.rowCount() > before)  # type: ignore[misc]
    assert model.rowCount() == 1000
    assert len(set(log.texts(Column.ORDER))) == 1000


def test_the_database_is_never_read_on_the_windows_thread(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    threads: set[bool] = set()

    class Watched(FakeLog):
        def page(self, query: LogQuery, after: tuple[datetime, str] | None) -> LogRows:
            threads.add(current_thread() is main_thread())
            return super().page(query, after)

        def detail(self, proof_id: str) -> ProofDetail:
            threads.add(current_thread() is main_thread())
            return super().detail(proof_id)

        def unchanged(self, proof_id: str) -> bool:
            threads.add(current_thread() is main_thread())
            return super().unchanged(proof_id)

    log = open_log(Watched(tmp_path, 3))
    wait_for_detail(qtbot, log, "241120PX000001")
    qtbot.waitUntil(lambda: log.label("verified"))
    assert threads == {False}


def test_searching_finds_orders_and_buyers(
    open_log: Open,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    log = open_log(FakeLog(tmp_path, 30))
    log.page.filters.search.setText("px000017")
    qtbot.waitUntil(lambda: log.texts(Column.ORDER) == ["241120PX000017"])


def test_chips_count_and_filter(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 16))
    chip = log.page.filters.chips[LogFilter.FAILED]
    qtbot.waitUntil(lambda: chip.accessibleName() == "Needs you 2")
    QTest.mouseClick(chip, LEFT)
    qtbot.waitUntil(lambda: log.page.model.rowCount() == 2)
    assert all(text.startswith("Failed") for text in log.texts(Column.STATUS))


def test_a_first_delivery_is_shown_without_asking(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 4))
    log.desk.entries[3] = make_entry(4, ProofState.DELIVERED)
    news = ProofChanged("p4", "241120PX000004", "Shopee MY", ProofState.DELIVERED)
    sender = Thread(target=log.hub.publish, args=(news,))
    sender.start()
    qtbot.waitUntil(lambda: log.texts(Column.STATUS)[3] == "Sent")
    sender.join()


def test_a_new_proof_appears_at_the_top_and_keeps_the_selection(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    log = open_log(FakeLog(tmp_path, 4))
    log.page.table.selectRow(2)
    newest = make_entry(0, ProofState.SENDING)
    log.desk.entries.append(newest)
    log.hub.publish(ProofChanged("p0", "241120PX000000", "Shopee MY", ProofState.SENDING))
    qtbot.waitUntil(lambda: log.texts(Column.ORDER)[0] == "241120PX000000")
    assert log.page.table.currentIndex().row() == 3


def test_a_row_that_no_longer_fits_the_filter_leaves(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 16))
    QTest.mouseClick(log.page.filters.chips[LogFilter.FAILED], LEFT)
    qtbot.waitUntil(lambda: log.page.model.rowCount() == 2)
    log.desk.entries[0] = make_entry(1, ProofState.SENDING)
    log.hub.publish(ProofChanged("p1", "241120PX000001", "Shopee MY", ProofState.SENDING))
    qtbot.waitUntil(lambda: log.texts(Column.ORDER) == ["241120PX000009"])


def test_a_failed_proof_is_sent_again_at_one_press(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 4))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    assert "Look at the shop in Channels" in log.page.detail.reason.accessibleName()
    QTest.mouseClick(foot.main, LEFT)
    QTest.mouseClick(foot.main, LEFT)
    qtbot.waitUntil(lambda: len(log.desk.resent) > 0)
    assert [(proof, reason) for proof, _, reason in log.desk.resent] == [("p1", FAILED)]


def test_a_sent_proof_is_sent_again_only_with_a_reason(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 4))
    log.page.table.selectRow(1)
    wait_for_detail(qtbot, log, "241120PX000002")
    foot = log.page.detail.foot
    QTest.mouseClick(foot.main, LEFT)
    assert log.desk.resent == []
    assert not foot.panel.confirm.isEnabled()
    assert "The buyer gets this text and 3 photos" in foot.panel.gets.text()
    foot.panel.reason.setText("Buyer lost it")
    foot.panel.text.setPlainText("Here are your photos once more.")
    QTest.mouseClick(foot.panel.confirm, LEFT)
    qtbot.waitUntil(foot.panel.isHidden)
    assert log.desk.resent == [("p2", "Here are your photos once more.", LOST)]


def only(state: ProofState, folder: Path) -> FakeLog:
    desk = FakeLog(folder, 1)
    desk.entries = [make_entry(1, state)]
    return desk


def test_a_proof_saved_without_a_chat_can_be_sent_now(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(only(ProofState.SAVED, tmp_path))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    assert log.texts(Column.RESEND) == ["Send now"]
    assert (foot.main.text(), foot.close_proof.isVisible()) == ("Send now", False)

    QTest.mouseClick(foot.main, LEFT)
    assert log.desk.resent == []
    assert foot.panel.text.toPlainText() == log.desk.detail("p1").text
    assert "twice" not in foot.panel.gets.text()
    assert foot.panel.confirm.text() == "Send now"
    QTest.mouseClick(foot.panel.confirm, LEFT)

    qtbot.waitUntil(lambda: log.desk.resent == [("p1", log.desk.detail("p1").text, SENT_FROM_LOG)])


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ProofState.DELIVERED, "The buyer gets the photos twice."),
        (ProofState.PARTLY, "The buyer gets twice what is in the chat already."),
        (ProofState.CLOSED, "The buyer gets this text and 3 photos."),
    ],
)
def test_sending_again_says_what_the_buyer_sees_twice(
    open_log: Open, tmp_path: Path, qtbot: QtBot, state: ProofState, words: str
) -> None:
    log = open_log(only(state, tmp_path))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    QTest.mouseClick(foot.main, LEFT)
    assert foot.panel.gets.text().endswith(words)
    assert foot.panel.reason.text() == ""


@pytest.mark.parametrize("state", [ProofState.ATTENTION, ProofState.WAITING])
def test_a_proof_is_closed_only_with_a_reason(
    open_log: Open, tmp_path: Path, qtbot: QtBot, state: ProofState
) -> None:
    log = open_log(only(state, tmp_path))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    QTest.mouseClick(foot.close_proof, LEFT)
    panel = foot.close_panel
    assert panel.isVisible()
    assert not panel.confirm.isEnabled()
    QTest.keyClicks(panel.reason, "  ")
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    assert log.desk.closed == []

    panel.reason.setText("The buyer cancelled")
    QTest.mouseClick(panel.confirm, LEFT)

    qtbot.waitUntil(panel.isHidden)
    assert log.desk.closed == [("p1", "The buyer cancelled")]


def test_closing_can_be_left_with_esc_and_news_take_it_away_once_it_makes_no_sense(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    log = open_log(only(ProofState.WAITING, tmp_path))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    QTest.mouseClick(foot.close_proof, LEFT)
    Hands().press(log.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(foot.close_panel.isHidden)
    assert log.window.page is Page.LOG

    QTest.mouseClick(foot.close_proof, LEFT)
    log.desk.entries = [make_entry(1, ProofState.DELIVERED)]
    log.hub.publish(ProofChanged("p1", "241120PX000001", "Shopee MY", ProofState.DELIVERED))
    qtbot.waitUntil(foot.close_panel.isHidden)
    assert not foot.close_proof.isVisible()
    assert foot.main.isVisible()


@pytest.mark.parametrize(
    "state", [state for state in ProofState if state not in (ProofState.ATTENTION, ProofState.WAITING)]
)
def test_what_is_sent_or_not_begun_offers_no_closing(
    open_log: Open, tmp_path: Path, qtbot: QtBot, state: ProofState
) -> None:
    log = open_log(only(state, tmp_path))
    wait_for_detail(qtbot, log, "241120PX000001")
    qtbot.waitUntil(log.page.detail.foot.open_folder.isVisible)
    assert not log.page.detail.foot.close_proof.isVisible()


def test_a_text_being_written_survives_news(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 4))
    log.page.table.selectRow(1)
    wait_for_detail(qtbot, log, "241120PX000002")
    foot = log.page.detail.foot
    QTest.mouseClick(foot.main, LEFT)
    foot.panel.reason.setText("Buyer lost it")
    pages = log.desk.pages_read
    log.hub.publish(ProofChanged("p2", "241120PX000002", "Lazada MY", ProofState.DELIVERED))
    qtbot.waitUntil(lambda: log.desk.pages_read > pages)
    assert foot.panel.isVisible()
    assert foot.panel.reason.text() == "Buyer lost it"


def test_esc_leaves_the_panel_then_the_search_then_the_page(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    log = open_log(FakeLog(tmp_path, 4))
    hands = Hands()
    log.page.table.selectRow(1)
    wait_for_detail(qtbot, log, "241120PX000002")
    QTest.mouseClick(log.page.detail.foot.main, LEFT)
    hands.press(log.window, Qt.Key.Key_Escape)
    qtbot.waitUntil(log.page.detail.foot.panel.isHidden)
    log.page.filters.search.setText("px")
    hands.press(log.window, Qt.Key.Key_Escape, gap_ms=2000)
    qtbot.waitUntil(lambda: log.page.filters.search.text() == "")
    hands.press(log.window, Qt.Key.Key_Escape, gap_ms=2000)
    qtbot.waitUntil(lambda: log.window.page is Page.PACK)


def test_what_nobody_knows_is_asked_and_answered_once(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    desk = FakeLog(tmp_path, 4)
    desk.undecided = 2
    log = open_log(desk)
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    assert not foot.main.isVisible()
    answers = {
        button.accessibleName(): button
        for button in foot.questions.findChildren(type(foot.main))
        if button.isVisible()
    }
    assert set(answers) == {
        f"Photo {n}: {words}"
        for n in (1, 2)
        for words in ("It is there", "Not there, send again", "Leave it")
    }
    QTest.mouseClick(answers["Photo 2: It is there"], LEFT)
    QTest.mouseClick(answers["Photo 2: It is there"], LEFT)
    qtbot.waitUntil(lambda: desk.decided == [("p1-part-2", Decision.THERE)])


def test_an_answer_that_could_not_be_kept_can_be_given_again(
    open_log: Open, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageError("no disk")

    desk = FakeLog(tmp_path, 4)
    desk.undecided = 1
    log = open_log(desk)
    wait_for_detail(qtbot, log, "241120PX000001")
    foot, reason = log.page.detail.foot, log.page.detail.reason
    answer = next(
        each
        for each in foot.questions.findChildren(QPushButton)
        if each.accessibleName() == "Photo 1: It is there"
    )
    monkeypatch.setattr(desk, "decide", fail)
    QTest.mouseClick(answer, LEFT)
    qtbot.waitUntil(lambda: "Cannot save" in reason.accessibleName())

    monkeypatch.undo()
    QTest.mouseClick(answer, LEFT)
    qtbot.waitUntil(lambda: desk.decided == [("p1-part-1", Decision.THERE)])


def test_originals_are_said_to_be_unchanged_only_after_the_check(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    log = open_log(FakeLog(tmp_path, 2))
    qtbot.waitUntil(lambda: log.label("Originals unchanged since capture ✓ verified · 9f3c…a1e7"))


def test_a_changed_original_is_told_in_red(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    desk = FakeLog(tmp_path, 2)
    desk.whole = False
    log = open_log(desk)
    reason = log.page.detail.reason
    qtbot.waitUntil(lambda: "changed since capture" in reason.accessibleName())
    assert not log.label("verified")


def test_the_folder_of_the_originals_is_opened(
    open_log: Open, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    log = open_log(FakeLog(tmp_path, 2))
    wait_for_detail(qtbot, log, "241120PX000001")
    QTest.mouseClick(log.page.detail.foot.open_folder, LEFT)
    assert [Path(path) for path in opened] == [tmp_path / "2026/11/21/p1"]


def test_an_empty_log_says_how_the_first_photo_gets_there(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    log = open_log(FakeLog(tmp_path, 0))
    qtbot.waitUntil(lambda: log.label(EMPTY_LOG))


def test_a_search_without_result_says_what_to_change(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 3))
    log.page.filters.search.setText("nowhere")
    qtbot.waitUntil(lambda: log.label(NOTHING_FOUND))


def test_a_log_that_cannot_be_read_says_so(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 3))
    log.desk.broken = True
    log.page.filters.search.setText("x")
    qtbot.waitUntil(lambda: log.label("Cannot save on this computer."))


def test_a_bug_behind_the_log_is_told_and_logged(
    open_log: Open,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("a bug")

    log = open_log(FakeLog(tmp_path, 4))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot, reason = log.page.detail.foot, log.page.detail.reason

    monkeypatch.setattr(log.desk, "resend", fail)
    QTest.mouseClick(foot.main, LEFT)
    qtbot.waitUntil(lambda: "did not work" in reason.accessibleName())
    assert foot.main.isEnabled()

    monkeypatch.setattr(log.desk, "page", fail)
    log.page.filters.search.setText("x")
    qtbot.waitUntil(lambda: log.label("did not work"))
    assert {str(record.exc_info[1]) for record in caplog.records if record.exc_info} == {"a bug"}


def test_markup_in_a_buyers_name_is_shown_as_it_is(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    desk = FakeLog(tmp_path, 1)
    entry = desk.entries[0]
    name = "<img src=http://x/y>"
    desk.entries[0] = replace(entry, proof=replace(entry.proof, buyer_name=name, order_number="<b>1</b>"))
    log = open_log(desk)
    wait_for_detail(qtbot, log, "<b>1</b>")
    log.window.grab()
    assert log.texts(Column.BUYER) == [name]
    rich = [label for label in log.page.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText]
    assert rich == []


def test_a_scan_in_the_search_field_goes_to_pack(open_log: Open, tmp_path: Path) -> None:
    log = open_log(FakeLog(tmp_path, 3))
    hands, field = Hands(), log.page.filters.search
    hands.type(field, "SPXMY04217788312")
    hands.enter(field)
    assert field.text() == ""
    assert log.window.page is Page.PACK


def test_dates_are_days_of_this_place() -> None:
    today = date(2026, 11, 21)
    since, until = span_bounds(Span.TODAY, "", "", today)
    assert since is not None
    assert (since.astimezone().date(), until) == (today, None)
    since, until = span_bounds(Span.CUSTOM, "2026-11-15", "2026-11-16", today)
    assert since is not None
    assert until is not None
    assert until - since == timedelta(days=2)
    assert span_bounds(Span.ALL, "", "", today) == (None, None)


def test_a_date_that_is_none_or_beyond_the_clock_counts_as_no_limit() -> None:
    today = date(2026, 11, 21)
    day = span_bounds(Span.CUSTOM, "2026-11-15", "", today)
    assert span_bounds(Span.CUSTOM, "2026-11-15", "9999-12-31", today) == day
    assert span_bounds(Span.CUSTOM, "2026-11-15", "2026-13", today) == day
    assert span_bounds(Span.CUSTOM, "0001-01-01", "", today) == (None, None)


def test_a_date_the_system_cannot_place_counts_as_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(day: date) -> None:
        raise OSError(22, "Invalid argument")  # Windows, before 1970

    monkeypatch.setattr(log_filters, "_midnight", refuse)
    assert span_bounds(Span.CUSTOM, "1969-12-31", "", date(2026, 11, 21)) == (None, None)


def test_from_and_to_can_be_typed(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    log = open_log(FakeLog(tmp_path, 3))
    filters = log.page.filters
    assert isinstance(filters.span, QComboBox)
    filters.choose_span(Span.CUSTOM)
    assert filters.first.isVisible()
    filters.first.setText("2026-11-22")
    qtbot.waitUntil(lambda: log.page.model.rowCount() == 0 and not log.page.model.loading)
    filters.first.setText("2026-11-20")
    qtbot.waitUntil(lambda: log.page.model.rowCount() == 3)


def test_a_row_that_waits_counts_down_by_itself(
    open_log: Open, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeLog(tmp_path, 2)
    desk.entries = [
        make_entry(1, ProofState.WAITING, due_at=datetime.now(UTC) + timedelta(seconds=90)),
        make_entry(2, ProofState.DELIVERED),
    ]
    painted: list[str] = []

    def noted(entry: LogEntry, now: datetime) -> tuple[BandTone, str]:
        told = status(entry, now)
        painted.append(told[1])
        return told

    monkeypatch.setattr(log_delegate, "status", noted)
    log = open_log(desk)
    wait_for_detail(qtbot, log, "241120PX000001")
    qtbot.waitUntil(lambda: len({words for words in painted if "tries again in" in words}) >= 3)

    log.window.show_page(Page.PACK)
    assert not log.page.ticks.isActive()
    log.window.show_page(Page.LOG)
    assert log.page.ticks.isActive()


@pytest.mark.parametrize("state", [ProofState.DELIVERED, ProofState.WAITING])
def test_a_button_that_wants_a_reason_says_so_and_looks_it(
    open_log: Open, tmp_path: Path, qtbot: QtBot, state: ProofState
) -> None:
    log = open_log(only(state, tmp_path))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    closing = state is ProofState.WAITING
    panel = foot.close_panel if closing else foot.panel
    QTest.mouseClick(foot.close_proof if closing else foot.main, LEFT)
    assert panel.reason.placeholderText().startswith("First a reason: why")
    off = ground(panel.confirm)
    panel.reason.setText("Because")
    assert panel.confirm.isEnabled()
    assert ground(panel.confirm) != off


def ground(button: QPushButton) -> QColor:
    return button.grab().toImage().pixelColor(8, button.height() // 2)


@pytest.mark.parametrize("closing", [False, True])
def test_what_was_refused_stays_in_its_panel_with_the_reason(
    open_log: Open, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, closing: bool
) -> None:
    refusal = as_told("The marketplace refuses the same text twice in a day.", "Change it.")

    def refuse(*_: object) -> None:
        raise NotPossible("", refusal)

    log = open_log(only(ProofState.WAITING if closing else ProofState.DELIVERED, tmp_path))
    wait_for_detail(qtbot, log, "241120PX000001")
    foot = log.page.detail.foot
    panel = foot.close_panel if closing else foot.panel
    QTest.mouseClick(foot.close_proof if closing else foot.main, LEFT)
    QTest.keyClicks(panel.reason, "Buyer lost it")
    if not closing:
        foot.panel.text.setPlainText("Once more.")
    monkeypatch.setattr(log.desk, "close_proof" if closing else "resend", refuse)
    QTest.mouseClick(panel.confirm, LEFT)
    assert not panel.confirm.isEnabled()
    qtbot.waitUntil(panel.refusal.isVisible)
    assert panel.refusal.accessibleName() == f"{refusal['headline']} {refusal['advice']}"
    assert (panel.isVisible(), panel.reason.text()) == (True, "Buyer lost it")

    monkeypatch.undo()
    if not closing:
        assert foot.panel.text.toPlainText() == "Once more."
        foot.panel.text.setPlainText("Other words.")
    QTest.mouseClick(panel.confirm, LEFT)
    qtbot.waitUntil(panel.isHidden)
    if closing:
        assert log.desk.closed == [("p1", "Buyer lost it")]
    else:
        assert log.desk.resent == [("p1", "Other words.", LOST)]
        QTest.mouseClick(foot.main, LEFT)
        assert not panel.refusal.isVisible()


def test_down_leads_from_the_search_into_the_rows_which_show_it(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    log = open_log(FakeLog(tmp_path, 4))
    hands, search, table = Hands(), log.page.filters.search, log.page.table
    log.window.activateWindow()
    qtbot.waitUntil(search.hasFocus)
    edge = table.grab().toImage().pixelColor(0, table.height() // 2)
    hands.press(search, Qt.Key.Key_Down)
    assert table.hasFocus()
    assert table.currentIndex().row() == 0
    shown = table.grab().toImage().pixelColor(0, table.height() // 2)
    assert (shown, shown == edge) == (log.window.theme.color(Token.ACCENT), False)
    hands.press(table, Qt.Key.Key_Down)
    assert table.currentIndex().row() == 1


@pytest.mark.parametrize("width", [1024, 1366])
def test_the_status_gets_the_room_that_it_needs(
    open_log: Open, tmp_path: Path, qtbot: QtBot, width: int
) -> None:
    log = open_log(FakeLog(tmp_path, 8))
    log.window.resize(width, 700)
    words = "Waiting · tries again in 10:45"
    qtbot.waitUntil(lambda: width - 500 < log.page.table.width() < width - 300)
    theme = log.window.theme
    needed = width_of(words, theme.font(Size.SMALL, 600)) + theme.px(27)  # the dot and the space around
    qtbot.waitUntil(lambda: log.page.table.columnWidth(Column.STATUS) >= needed)


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # of the tip, on the offscreen platform
def test_a_cell_that_is_cut_tells_all_of_it_as_plain_text(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    desk = FakeLog(tmp_path, 2)
    name = "<b>Tan Wei Ling of the very long name</b>"
    desk.entries = [replace(e, proof=replace(e.proof, buyer_name=name)) for e in desk.entries[:1]]
    log = open_log(desk)
    assert tip(log, Column.BUYER) == f"<span>{escape(name)}</span>"
    assert tip(log, Column.ORDER) == ""
    log.window.resize(1024, 700)
    told = "Failed · This shop may not send messages now"
    qtbot.waitUntil(lambda: tip(log, Column.STATUS) == f"<span>{told}</span>")


def tip(log: Opened, column: Column) -> str:
    """Return what the mouse is told over a cell of the first row."""
    table = log.page.table
    at = table.visualRect(log.page.model.index(0, column)).center()
    asked = QHelpEvent(QEvent.Type.ToolTip, at, table.viewport().mapToGlobal(at))
    QCoreApplication.sendEvent(table.viewport(), asked)
    told = QToolTip.text() if QToolTip.isVisible() else ""
    QToolTip.hideText()
    for label in QApplication.topLevelWidgets():
        if label.inherits("QTipLabel"):
            label.close()
    return told


def test_a_single_photo_keeps_its_size_in_the_strip(open_log: Open, tmp_path: Path, qtbot: QtBot) -> None:
    class Single(FakeLog):
        def detail(self, proof_id: str) -> ProofDetail:
            whole = super().detail(proof_id)
            return replace(whole, photos=whole.photos[:1]) if proof_id == "p2" else whole

    log = open_log(Single(tmp_path, 2))
    wait_for_detail(qtbot, log, "241120PX000001")
    strip = log.page.detail.strip
    qtbot.waitUntil(lambda: len(strip.buttons) == 3)
    log.page.table.selectRow(1)
    qtbot.waitUntil(lambda: len(strip.buttons) == 1)
    between = 20  # of the three there is room for
    qtbot.waitUntil(lambda: 0 <= strip.width() / 3 - strip.buttons[0].width() < between)


def test_what_the_marketplace_hides_is_sent_again_only_with_a_look_at_the_words(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    desk = FakeLog(tmp_path, 1)
    desk.filtered = True
    desk.entries = [make_entry(1, ProofState.ATTENTION, reason=because(SendingReason.HIDDEN))]
    log = open_log(desk)
    wait_for_detail(qtbot, log, "241120PX000001")
    assert log.texts(Column.STATUS) == ["Accepted but hidden by the marketplace"]
    QTest.mouseClick(log.page.detail.foot.main, LEFT)
    panel = log.page.detail.foot.panel
    assert panel.isVisible()
    assert panel.reason.text() == "Hidden by the marketplace"
    assert desk.resent == []


def test_the_detail_scrolls_no_further_than_what_it_shows(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    log = open_log(FakeLog(tmp_path, 3))
    wait_for_detail(qtbot, log, "241120PX000001")
    scroll = log.page.detail.findChild(QScrollArea)
    assert scroll is not None
    qtbot.waitUntil(lambda: log.label("verified"))
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().maximum() == 0)


# ---- another language ----------------------------------------------------------------------


def test_every_word_of_the_log_can_be_translated_and_fits(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    desk = FakeLog(tmp_path, 8)
    detail_of = desk.detail
    data = {"Shopee MY", "Lazada MY", "Rumah Kopi", "PX", "Aina", "Wei", "jess_lim", "kamal77", "Tan W."}
    data |= {"Hi", "your order", "is packed.", "nurul.h"}  # the shop's own words
    data |= {"Bench 07", "error_auth"}

    def walk(opened: Opened) -> list[str]:
        window = opened.window
        for width, height in ((1366, 768), (1920, 1080)):  # a cell of the table that is cut tells all of it
            window.resize(width, height)
            qtbot.waitUntil(lambda: cut_pieces(opened.page) == [])
        return plain_english(opened.page, data)

    with pseudo_language():
        opened = open_log(desk)
        detail = opened.page.detail
        wait_for_detail(qtbot, opened, "241120PX000001")
        qtbot.waitUntil(lambda: "9f3c…a1e7" in detail.integrity.text())
        assert walk(opened) == []
        for state in ProofState:
            desk.entries[0] = make_entry(1, state, sent_at=NOON, due_at=NOON, checking=True, generation=2)
            opened.page.detail.changed.emit("p1")
            qtbot.waitUntil(lambda: opened.page.model.entry(0).proof.state is state)  # noqa: B023
            qtbot.waitUntil(lambda: shown_state(detail) is state)  # noqa: B023
            assert walk(opened) == []
            for opener in (detail.foot.main, detail.foot.edit, detail.foot.close_proof):
                if opener.isVisibleTo(detail) and state is not ProofState.ATTENTION:
                    opener.click()
                    assert walk(opened) == []
                    detail.foot.leave_panel()
        desk.undecided = 2
        desk.detail = lambda proof_id: with_a_message_asked_about(detail_of(proof_id))  # type: ignore[method-assign]
        opened.page.detail.changed.emit("p1")
        qtbot.waitUntil(detail.foot.questions.isVisible)
        assert walk(opened) == []
        desk.whole = False
        opened.page.table.selectRow(1)
        qtbot.waitUntil(lambda: detail.integrity.text() == "")
        assert walk(opened) == []
        opened.page.filters.choose_span(Span.CUSTOM)
        opened.page.filters.search.setText("#")
        qtbot.waitUntil(opened.page.note.isVisible)
        assert walk(opened) == []
        opened.page.filters.search.clear()
        desk.entries.clear()
        qtbot.waitUntil(lambda: not opened.page.model.loading)
        opened.page.filters.choose_span(Span.ALL)
        qtbot.waitUntil(opened.page.note.isVisible)
        assert walk(opened) == []


def cut_pieces(page: LogPage) -> list[str]:
    """Return what is cut beside the table; the fingerprint may go over two lines at its own dots."""
    cut = [*cut_texts(page.filters), *cut_texts(page.detail)]
    return [line for line in cut if not line.endswith("9f3c…")]


def shown_state(detail: LogDetail) -> ProofState | None:
    return detail._detail.entry.proof.state if detail._detail else None


def with_a_message_asked_about(detail: ProofDetail) -> ProofDetail:
    """Let the first undecided part be the message, the second a picture of all photos."""
    first, second = detail.parts
    joined = together(photo.id for photo in detail.photos)
    message = replace(first, kind=PartKind.TEXT, photo_id="")
    return replace(detail, parts=(message, replace(second, photo_id=joined)))


def test_what_nobody_knows_is_asked_about_by_the_name_the_history_has(
    open_log: Open, tmp_path: Path, qtbot: QtBot
) -> None:
    desk = FakeLog(tmp_path, 1)
    desk.undecided = 2
    detail_of = desk.detail
    desk.detail = lambda proof_id: with_a_message_asked_about(detail_of(proof_id))  # type: ignore[method-assign]
    opened = open_log(desk)
    qtbot.waitUntil(opened.page.detail.foot.questions.isVisible)
    assert opened.label("Message may have arrived. Look in the chat: is it there?")
    assert opened.label("Photos in one picture may have arrived. Look in the chat: is it there?")
