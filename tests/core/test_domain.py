"""The rules without I/O: the message, the plan of parts, and what follows from their states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from parcelguard.core.ids import new_id
from parcelguard.core.message_sets import plan_parts
from parcelguard.core.orders import Conversation, Item
from parcelguard.core.parts import Part, PartKind, PartState, proof_state
from parcelguard.core.preset_message import fill_message, unknown_placeholders
from parcelguard.core.proofs import ProofState, Shot
from parcelguard.core.times import QuietHours, quiet_hours
from tests.support.fakes import NOON, ORDER, SHOP, draft

S = PartState


def parts(**states: PartState) -> list[Part]:
    """Return one part for each named kind (`image2` is an image too) in the given state."""
    return [
        Part(
            id=name,
            proof_id="p",
            generation=1,
            ordinal=number,
            kind=PartKind(name.rstrip("0123456789")),
            state=state,
            conversation=Conversation("shop", "buyer"),
        )
        for number, (name, state) in enumerate(states.items(), 1)
    ]


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [new_id() for _ in range(200)]
    assert made == sorted(set(made))


def test_every_placeholder_is_filled() -> None:
    template = "{buyer}|{order}|{shop}|{tracking}|{items}"
    order = replace(ORDER, items=(Item("Mug", "M", 2), Item("Tote", "T", 1)))

    assert fill_message(template, order, SHOP) == (
        "aminah_88|261120Q9CKD7T1|Kopi & Co|SPXMY042177883121|2 × Mug, 1 × Tote"
    )


def test_facts_that_are_missing_leave_no_hole() -> None:
    bare = replace(ORDER, buyer_name="", tracking="", items=())
    assert fill_message("Hi {buyer}: {tracking} {items}", bare, SHOP) == "Hi: - -"
    assert fill_message("{buyer}, order {order}", bare, SHOP) == f"order {ORDER.number}"
    assert fill_message("{buyer}{order}", bare, SHOP) == ORDER.number


def test_what_stands_in_an_order_is_never_read_as_a_template() -> None:
    order = replace(ORDER, buyer_name="{order}", items=(Item("{shop} {", "", 1),))
    shop = replace(SHOP, name="{tracking}")

    assert fill_message("{buyer} {shop} {items}", order, shop) == "{order} {tracking} 1 × {shop} {"


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{", "{"),
        ("}{", "}{"),
        ("{order", "{order"),
        ("{{order}}", f"{{{ORDER.number}}}"),
        ("{ {order}", f"{{ {ORDER.number}"),
        ("{Order} {order}", f"{{Order}} {ORDER.number}"),
        ("{order!r:>9}", "{order!r:>9}"),
        ("%s {0} {} $order", "%s {0} {} $order"),
        ("", ""),
    ],
)
def test_unbalanced_and_foreign_braces_stay_as_they_are(template: str, filled: str) -> None:
    assert fill_message(template, ORDER, SHOP) == filled


def test_unknown_placeholders_are_found() -> None:
    assert unknown_placeholders("{buyer} {byer} {items} { order} {") == ["byer", " order"]


def test_uploads_go_first_then_the_text_then_the_pictures() -> None:
    assert plan_parts(["a", "b"]) == [
        (PartKind.UPLOAD, "a"),
        (PartKind.UPLOAD, "b"),
        (PartKind.OPEN, ""),
        (PartKind.TEXT, ""),
        (PartKind.IMAGE, "a"),
        (PartKind.IMAGE, "b"),
    ]


def test_plan_without_text_leaves_only_the_text_out() -> None:
    assert plan_parts(["a"], with_text=False) == [
        (PartKind.UPLOAD, "a"),
        (PartKind.OPEN, ""),
        (PartKind.IMAGE, "a"),
    ]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"upload": S.QUEUED, "text": S.BLOCKED, "image": S.BLOCKED}, ProofState.SENDING),
        ({"upload": S.LEASED, "text": S.BLOCKED, "image": S.BLOCKED}, ProofState.SENDING),
        ({"upload": S.SENT, "text": S.SENT, "image": S.QUEUED}, ProofState.SENDING),
        ({"upload": S.WAITING, "text": S.BLOCKED, "image": S.BLOCKED}, ProofState.WAITING),
        ({"upload": S.SENT, "text": S.UNKNOWN, "image": S.BLOCKED}, ProofState.WAITING),
        ({"upload": S.HELD, "text": S.BLOCKED, "image": S.BLOCKED}, ProofState.ATTENTION),
        ({"upload": S.SENT, "text": S.REFUSED, "image": S.BLOCKED}, ProofState.ATTENTION),
        ({"upload": S.SENT, "text": S.SENT, "image": S.HELD}, ProofState.ATTENTION),
        ({"upload": S.SENT, "text": S.SENT, "image": S.SENT}, ProofState.DELIVERED),
        ({"upload": S.SENT, "text": S.SENT, "image": S.UNKNOWN}, ProofState.WAITING),
        ({"upload": S.SENT, "text": S.SENT, "image": S.CANCELLED}, ProofState.PARTLY),
        ({"upload": S.CANCELLED, "text": S.CANCELLED, "image": S.CANCELLED}, ProofState.CLOSED),
        ({"text": S.SENT, "image": S.SENT, "image2": S.BLOCKED}, ProofState.SENDING),
    ],
)
def test_a_proofs_state_follows_from_its_parts(states: dict[str, PartState], expected: ProofState) -> None:
    assert proof_state(parts(**states)) is expected


def test_delivered_means_every_visible_part_was_sent() -> None:
    for odd in set(PartState) - {PartState.SENT}:
        assert proof_state(parts(text=S.SENT, image=S.SENT, image2=odd)) is not ProofState.DELIVERED


def test_shots_follow_the_order_they_are_taken_in() -> None:
    assert [Shot.at(n) for n in (1, 2, 3, 4)] == [Shot.CONTENTS, Shot.LABEL, Shot.WEIGHT, Shot.WEIGHT]


def test_a_long_list_of_items_is_shortened_so_that_the_message_fits() -> None:
    many = replace(ORDER, items=tuple(Item(f"Enamel mug number {n}", f"MUG-{n}", 2) for n in range(60)))

    told = fill_message("Hi {buyer}, {order} is packed: {items}. Thank you.", many, SHOP)

    assert len(told) <= 600
    assert told.endswith("…. Thank you.")
    assert "2 × Enamel mug number 0" in told
    assert ORDER.number in told


# ---- the buyer's night -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hour", "until"),
    [(20.99, None), (21, 32), (23.5, 32), (0, 8), (7.99, 8), (8, None), (13, None)],
)
def test_night_lasts_from_nine_to_eight_where_the_buyer_lives(hour: float, until: int | None) -> None:
    midnight = datetime(2026, 11, 20, 16, tzinfo=UTC)  # in Malaysia
    malaysia = quiet_hours("MY")
    assert malaysia
    told = malaysia.until(midnight + timedelta(hours=hour))
    assert told == (None if until is None else midnight + timedelta(hours=until))


def test_quiet_hours_may_lie_within_a_day() -> None:
    siesta = QuietHours(timedelta(0), time(13), time(15))
    assert siesta.until(NOON.replace(hour=14)) == NOON.replace(hour=15)
    assert siesta.until(NOON.replace(hour=16)) is None


def test_market_whose_time_is_not_known_has_no_quiet_hours() -> None:
    assert quiet_hours("XX") is None


def test_quiet_hours_can_be_set_and_switched_off() -> None:
    assert quiet_hours("TH", "22:30-07:15") == QuietHours(timedelta(hours=7), time(22, 30), time(7, 15))
    assert quiet_hours("TH", "off") is None


def test_proof_carries_the_orders_facts() -> None:
    bare = draft(None)
    about = bare.about(ORDER)
    assert (about.shop_id, about.order_number, about.buyer_id) == (
        ORDER.shop_id,
        ORDER.number,
        ORDER.buyer_id,
    )
    assert (about.buyer_name, about.tracking) == (ORDER.buyer_name, ORDER.tracking)
    assert (about.id, about.code) == (bare.id, bare.code)


@pytest.mark.parametrize(
    ("clock", "quiet"), [("12:59", False), ("13:00", True), ("14:59", True), ("15:00", False)]
)
def test_quiet_hours_within_a_day_begin_and_end_on_the_minute(clock: str, quiet: bool) -> None:
    siesta = QuietHours(timedelta(0), time(13), time(15))
    moment = datetime.combine(NOON.date(), time.fromisoformat(clock), UTC)
    assert (siesta.until(moment) is not None) == quiet


def test_night_that_begins_when_it_ends_is_none() -> None:
    assert QuietHours(timedelta(0), time(8), time(8)).until(NOON) is None


def test_message_of_exactly_the_longest_length_is_left_alone() -> None:
    order = replace(ORDER, items=(Item("A", "s", 1), Item("B", "s", 1)))
    whole = fill_message("{items}", order, SHOP)
    assert whole == "1 × A, 1 × B"
    assert fill_message("{items}", order, replace(SHOP, longest_text=len(whole))) == whole


def test_shortened_list_is_as_long_as_fits_and_ends_cleanly() -> None:
    order = replace(ORDER, items=tuple(Item(f"Thing {n}", "s", 1) for n in range(9)))
    for longest in range(10, 80):
        text = fill_message("{items}", order, replace(SHOP, longest_text=longest))
        assert longest - 3 <= len(text) <= longest
        assert text.endswith("…")
        assert text[-2] not in ", "
        assert fill_message("{items}", order, SHOP).startswith(text[:-1])


def test_template_without_room_for_items_loses_them_all() -> None:
    assert fill_message("{items}" + "x" * 20, ORDER, replace(SHOP, longest_text=20)) == "…" + "x" * 20


@pytest.mark.parametrize(
    ("template", "unknown"),
    [("{a}", ["a"]), ("x{a}y{b}", ["a", "b"]), ("{a}}b}", ["a"]), ("{order}{a", []), ("a}b", [])],
)
def test_every_unknown_placeholder_is_named(template: str, unknown: list[str]) -> None:
    assert unknown_placeholders(template) == unknown
