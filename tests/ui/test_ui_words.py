from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parcelguard.core.errors import DiskFull, NoNetwork, OutcomeUnknown
from parcelguard.core.events import CameraChanged, CameraState, ProofChanged
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import Reason, Value, as_told, because
from parcelguard.core.reasons.sending import ASKS_A_PERSON, SendingReason
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.packing.desk_view import (
    Desk,
    DeskState,
    F4Does,
    Notice,
    NoticeKind,
    PackedBefore,
    ProofSaved,
    ShortBudget,
)
from parcelguard.store.views import LogFilter
from parcelguard.ui.kit.tones import BandTone
from parcelguard.ui.words import bar_words
from parcelguard.ui.words import pack_words as words
from parcelguard.ui.words.log_words import FILTERS, status
from parcelguard.ui.words.pack_words import band
from parcelguard.ui.words.times import moment
from tests.support.ui_helpers import NUMBER, SHOP, make_entry, make_proof, open_desk

READY = Desk()
# What the words of some kinds mention.
VALUES: dict[str, Value] = {
    "shop": "Shopee MY",
    "photo": 1,
    "said": 3,
    "limit": 5,
    "planned": 4,
    "by": 7,
    "longest": 600,
    "folder": "/photos",
    "since": "2026-11-21T06:32:07+00:00",
    "until": "2026-11-21T06:32:07+00:00",
    "backup": "2026-11-21T06:32:07+00:00",
}
WHY = because(StorageReason.CANNOT_SAVE)  # of the notices that have a reason


def changed(
    state: ProofState, reason: Reason | None = None, *, asks: bool = False, checking: bool = False
) -> ProofChanged:
    return ProofChanged(
        "p1", "241120PX000001", "Shopee MY", state, asks=asks, checking=checking, reason=reason
    )


def said(desk: Desk) -> tuple[BandTone, str]:
    shown = band(desk)
    return shown.tone, shown.text


@pytest.mark.parametrize(
    ("desk", "tone", "text"),
    [
        (READY, BandTone.READY, "Scan an order"),
        (open_desk(), BandTone.INFO, "Take photos of the open parcel"),
        (open_desk(1), BandTone.INFO, "1 of 3 photos — F1 takes more, F4 sends"),
        (open_desk(3), BandTone.INFO, "3 of 3 photos — press F4 to send"),
        (open_desk(1, saving=True), BandTone.INFO, "Saving…"),
        (open_desk(state=DeskState.CANCELLED), BandTone.BAD, "STOP — this order is cancelled or about to be"),
        (
            Desk(state=DeskState.UNMATCHED, code="X", searching=True),
            BandTone.WARN,
            "No order has this number. Looking it up…",
        ),
        (
            Desk(state=DeskState.UNMATCHED, code="X", notice=Notice(NoticeKind.NO_SUCH_ORDER)),
            BandTone.WARN,
            "No order has this number. Photos are kept under it",
        ),
    ],
)
def test_the_band_says_what_is_and_what_to_do(desk: Desk, tone: BandTone, text: str) -> None:
    assert said(desk) == (tone, text)


def test_an_order_packed_before_tells_when_and_by_whom() -> None:
    at = datetime.now(UTC)
    told = said(open_desk(state=DeskState.PACKED, packed_before=PackedBefore(at, "Wei")))
    assert told == (BandTone.WARN, f"Packed {at.astimezone():%H:%M} by Wei. F1 adds photos, Esc leaves it")


@pytest.mark.parametrize("state", [DeskState.OPEN, DeskState.UNMATCHED])
def test_photos_of_a_parcel_packed_before_are_told_apart_from_a_first_packing(state: DeskState) -> None:
    at = datetime.now(UTC)
    before = PackedBefore(at, "Wei")
    packed = f"Packed {at.astimezone():%H:%M} by Wei"
    without, with_photos = (open_desk(count, state=state, packed_before=before) for count in (0, 3))

    assert said(without) == (BandTone.WARN, f"{packed}. F1 adds photos, Esc leaves it")
    assert said(with_photos) == (BandTone.WARN, f"{packed} already. F4 adds these photos, Esc leaves it")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            because(CameraReason.PHOTO_NOT_TAKEN),
            "Photo not taken. Press F1 again. Photos taken so far are safe",
        ),
        (
            DiskFull().reason,
            "The disk is full. Do not close this parcel. Free some space. Photos taken so far are safe",
        ),
    ],
)
def test_a_photo_that_failed_is_told_once(reason: Reason, text: str) -> None:
    desk = open_desk(1, notice=Notice(NoticeKind.PHOTO_FAILED, reason=reason))
    assert said(desk) == (BandTone.BAD, text)


def test_no_notice_promises_to_send_what_may_only_be_saved() -> None:
    sentences = [words.notice(Notice(kind, "X", WHY), Desk())[1] for kind in NoticeKind]
    assert not [sentence for sentence in sentences if "send" in sentence.lower()]


def test_news_of_a_proof_carry_the_shops_label_and_a_saved_proof_its_id() -> None:
    labels = {"Shopee MY": "another shop whose id looks like this label", SHOP.id: SHOP.label}

    assert words.proof_band(changed(ProofState.DELIVERED), labels.__getitem__).badge == "Shopee MY"
    assert words.proof_band(ProofSaved(make_proof(), sends=True), labels.__getitem__).badge == SHOP.label


def test_a_packing_of_another_day_tells_the_day() -> None:
    at = datetime.now(UTC) - timedelta(days=3)
    assert f"{at.astimezone():%d %b %H:%M}" == moment(at)


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_has_a_sentence_without_gaps(kind: NoticeKind) -> None:
    _, sentence = words.notice(Notice(kind, "241120PX77A0QE", WHY), open_desk())
    assert sentence
    assert not set("{}!") & set(sentence)
    assert not sentence.endswith(".")


def test_a_notice_never_hides_that_the_order_is_cancelled() -> None:
    desk = open_desk(state=DeskState.CANCELLED, notice=Notice(NoticeKind.OTHER_ORDER_OPEN, "X"))
    assert said(desk) == (BandTone.BAD, words.CANCELLED)


@pytest.mark.parametrize("state", ProofState)
def test_only_delivered_is_called_sent(state: ProofState) -> None:
    shown = band(READY, changed(state, because(SendingReason.SHOP_OFF)))
    assert (shown.tone is BandTone.OK) == (state is ProofState.DELIVERED)
    assert ("Image sent" in shown.text) == (state is ProofState.DELIVERED)


@pytest.mark.parametrize("state", ProofState)
def test_only_delivered_is_green_in_the_log(state: ProofState) -> None:
    tone, told = status(make_entry(1, state), datetime.now(UTC))
    assert (tone is BandTone.OK) == (state is ProofState.DELIVERED)
    assert told.startswith("Sent") == (state in (ProofState.DELIVERED, ProofState.HANDED))
    assert told.startswith("Sent by hand") == (state is ProofState.HANDED)


def test_just_saved_says_that_it_is_sending() -> None:
    shown = band(READY, ProofSaved(make_proof(), sends=True), {SHOP.id: SHOP.label}.get)  # type: ignore[arg-type]
    assert (shown.text, shown.badge) == ("Saved. Sending…", "Shopee MY")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Saved on this computer. This shop sends no messages"),
        ({"buyer_id": ""}, "Saved on this computer. The order names no buyer to write to"),
        (
            {"shop_id": "", "buyer_id": ""},
            "Saved on this computer. Nothing is sent: no order is known for this code",
        ),
    ],
)
def test_saved_without_chat_says_why_nothing_is_sent(changes: dict[str, Any], text: str) -> None:
    saved = ProofSaved(make_proof(state=ProofState.SAVED, **changes), sends=False)
    assert band(READY, saved).text == text


def test_without_network_it_says_that_it_sends_by_itself() -> None:
    shown = band(READY, changed(ProofState.WAITING, NoNetwork().reason))
    assert (shown.tone, shown.text) == (
        BandTone.WARN,
        "Saved. No network: sends by itself when it is back",
    )


def test_a_failure_names_its_reason_and_where_to_look() -> None:
    shown = band(READY, changed(ProofState.ATTENTION, because(SendingReason.SHOP_OFF)))
    assert shown.text == "Not sent. This shop sends no messages. Photos are safe, see Check"


def test_an_unknown_outcome_is_not_called_unsent() -> None:
    shown = band(READY, changed(ProofState.ATTENTION, OutcomeUnknown().reason))
    assert shown.text == "The marketplace did not confirm this message. Photos are safe, see Check"


@pytest.mark.parametrize(
    ("reason", "checking", "text"),
    [
        (None, False, "Saved. Sends by itself later"),
        (because(SendingReason.NOT_SENT), False, "Saved. Not sent yet"),
        (
            because(SendingReason.SHOP_SLOWED, shop="Shopee MY"),
            False,
            "Saved. Shopee MY asks to send more slowly",
        ),
        (
            because(SendingReason.NOT_CONFIRMED),
            True,
            "Saved. The marketplace did not confirm this message. Checking the chat",
        ),
        (NoNetwork().reason, False, "Saved. No network: sends by itself when it is back"),
    ],
)
def test_what_waits_is_said_to_be_saved_first(reason: Reason | None, checking: bool, text: str) -> None:
    shown = band(READY, changed(ProofState.WAITING, reason, checking=checking))
    assert (shown.tone, shown.text) == (BandTone.WARN, text)


@pytest.mark.parametrize("kind", SendingReason)
def test_what_waits_is_called_saved_whatever_it_waits_for(kind: SendingReason) -> None:
    for checking in (False, True):
        event = changed(ProofState.WAITING, because(kind, **VALUES), checking=checking)
        assert band(READY, event).text.startswith("Saved. ")


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (because(SendingReason.LATE), "Not sent in time: it had to wait for too long"),
        (because(SendingReason.QUIET), "Held for the night: it is late where the buyer lives"),
        (because(SendingReason.HIDDEN), "Accepted, but hidden from the buyer by the marketplace"),
        (because(SendingReason.PHOTO_MISSING, photo=2), "Not sent. Photo 2 is missing on this disk"),
        (as_told("Shopee refused the text."), "Shopee refused the text"),
        (None, "Not sent"),
    ],
)
def test_each_failure_says_where_the_message_is_and_that_the_photos_are_safe(
    reason: Reason | None, text: str
) -> None:
    shown = band(READY, changed(ProofState.ATTENTION, reason))
    assert shown.text == f"{text}. Photos are safe, see Check"


@pytest.mark.parametrize("kind", SendingReason)
def test_what_may_have_arrived_is_never_called_not_sent(kind: SendingReason) -> None:
    reason = because(kind, **VALUES)
    for event in (
        changed(ProofState.ATTENTION, reason, asks=True),
        changed(ProofState.ATTENTION, reason, checking=True),
    ):
        assert not band(READY, event).text.startswith("Not sent. ")
    if kind in ASKS_A_PERSON or kind is SendingReason.NOT_CONFIRMED:
        assert not band(READY, changed(ProofState.ATTENTION, reason)).text.startswith("Not sent")


def test_what_the_marketplace_hides_is_neither_sent_nor_failed() -> None:
    entry = make_entry(1, ProofState.ATTENTION, reason=because(SendingReason.HIDDEN))
    assert status(entry, entry.at) == (BandTone.BAD, "Accepted but hidden by the marketplace")


def test_what_is_held_is_not_called_failed_in_the_log() -> None:
    held = {
        SendingReason.QUIET: "Held for the night: it is late where the buyer lives",
        SendingReason.LATE: "Not sent in time: it had to wait for too long",
    }
    for kind, told in held.items():
        entry = make_entry(1, ProofState.ATTENTION, reason=because(kind))
        assert status(entry, entry.at) == (BandTone.BAD, told)


def test_the_last_proof_gives_way_to_the_open_order() -> None:
    shown = band(open_desk(), changed(ProofState.DELIVERED))
    assert (shown.code, shown.text) == (NUMBER, "Take photos of the open parcel")


def test_the_band_names_shop_code_and_buyer() -> None:
    shown = band(open_desk())
    assert (shown.badge, shown.code, shown.buyer_line) == (
        "Shopee MY",
        NUMBER,
        "aminah_88 · 3 items · SPX Express",
    )


def test_the_camera_chip_speaks_in_words() -> None:
    live = CameraChanged(state=CameraState.LIVE, width=1920, height=1080, fps=29.97)
    assert bar_words.camera_chip(live) == "Camera 1080p · 30 fps"
    assert bar_words.camera_chip(CameraChanged(state=CameraState.STARTING)) == "Camera starting"
    assert bar_words.camera_chip(CameraChanged(state=CameraState.LOST)) == "No camera"


def test_a_waiting_row_counts_down() -> None:
    now = datetime.now(UTC)
    entry = make_entry(1, ProofState.WAITING, due_at=now + timedelta(seconds=42))
    assert status(entry, now)[1] == "Waiting · tries again in 0:42"


def test_a_delivered_proof_tells_when_it_was_accepted() -> None:
    at = datetime(2026, 11, 21, 14, 30, 15).astimezone()
    once = make_entry(1, ProofState.DELIVERED, sent_at=at, generation=1)
    again = make_entry(1, ProofState.DELIVERED, sent_at=at, generation=2)

    assert status(once, at)[1] == "Sent 14:30:15"
    assert status(again, at)[1] == "Sent 14:30:15 · resent"


@pytest.mark.parametrize(
    ("desk", "text"),
    [
        (open_desk(2), "X is another order. F4 sends this one first, Esc leaves it"),
        (open_desk(2, message=""), "X is another order. F4 saves this one first, Esc leaves it"),
        (
            Desk(state=DeskState.UNMATCHED, code="Y", photos=open_desk(1).photos),
            "X is another order. F4 saves this one first, Esc leaves it",
        ),
        (open_desk(), "X is another order. Esc leaves this one"),
    ],
)
def test_another_order_is_told_with_what_f4_does_to_this_one(desk: Desk, text: str) -> None:
    told = replace(desk, notice=Notice(NoticeKind.OTHER_ORDER_OPEN, "X"))
    assert said(told) == (BandTone.WARN, text)


@pytest.mark.parametrize("photos", [0, 2])
def test_a_code_that_was_not_looked_up_is_not_said_to_have_no_order(photos: int) -> None:
    desk = Desk(state=DeskState.UNMATCHED, code="X", photos=open_desk(photos).photos)
    for notice in (None, Notice(NoticeKind.NOT_LOOKED_UP)):
        assert "No order has" not in said(replace(desk, notice=notice))[1]


def test_ready_names_the_key_for_typing() -> None:
    assert band(READY).buyer_line == "F3 types a number"
    assert band(READY, changed(ProofState.DELIVERED)).buyer_line == ""


def test_a_proof_that_asks_a_person_is_not_called_failed() -> None:
    entry = make_entry(1, ProofState.ATTENTION, reason=because(SendingReason.NOT_SEEN), asks=True)
    assert status(entry, entry.at) == (
        BandTone.BAD,
        "Asks you · Looked twice: the chat does not show it",
    )
    assert FILTERS[LogFilter.FAILED] == "Needs you"


def test_what_asks_a_person_is_not_called_unsent() -> None:
    shown = band(READY, changed(ProofState.ATTENTION, because(SendingReason.NOT_SEEN), asks=True))
    assert shown.text == "Looked twice: the chat does not show it. Photos are safe, see Check"


@pytest.mark.parametrize("state", [ProofState.WAITING, ProofState.SENDING])
def test_a_row_in_doubt_says_that_the_chat_is_looked_through(state: ProofState) -> None:
    now = datetime.now(UTC)
    entry = make_entry(1, state, due_at=now + timedelta(seconds=45), checking=True)
    assert status(entry, now)[1] == "Checking the chat · 0:45"
    assert status(replace(entry, due_at=None), now)[1] == "Checking the chat"


@pytest.mark.parametrize(
    ("short", "text"),
    [
        (
            ShortBudget(3, F4Does.SEND_PICTURE_AND_TEXT),
            "3 messages left for this buyer: F4 sends one picture and the text",
        ),
        (
            ShortBudget(1, F4Does.SEND_PICTURE_WITHOUT_TEXT),
            "1 message left for this buyer: F4 sends one picture without the text",
        ),
        (
            ShortBudget(2, F4Does.SEND_PICTURE),
            "2 messages left for this buyer: F4 sends one picture",
        ),
        (
            ShortBudget(3, F4Does.WAIT_FOR_SUPERVISOR),
            "3 messages left for this buyer: F4 saves, a supervisor decides",
        ),
        (
            ShortBudget(0, F4Does.WAIT_FOR_SUPERVISOR),
            "No messages left for this buyer: F4 saves, a supervisor decides",
        ),
    ],
)
def test_a_buyer_who_may_be_told_little_is_named_with_what_f4_does(short: ShortBudget, text: str) -> None:
    assert said(open_desk(1, short_budget=short)) == (BandTone.INFO, f"1 of 3 photos. {text}")
