"""How F4 plans a set: singly or as one picture, with the text or without, by chat or by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parcelguard.core.message_sets import Allowance
from parcelguard.core.orders import Conversation
from parcelguard.core.parts import Part
from parcelguard.core.proofs import ProofState
from parcelguard.core.shops import Collage, Shop
from parcelguard.disk.files import photo_folder
from parcelguard.packing.desk_view import F4Does, ShortBudget, short_budget
from parcelguard.packing.ports import DeskRules
from parcelguard.store.database import Store
from parcelguard.upkeep.photo_notes import PROOF, Note, read_note
from tests.support.fakes import NOON, ORDER, OTHER, SHOP, Clock, save_proof
from tests.support.packing_table import Table

HAND_SHOP = replace(SHOP, enabled=False, by_hand=True)


def pack(table: Table, photos: int = 3) -> str:
    """Scan, photograph and press F4; return the proof's id."""
    table.scan()
    for _ in range(photos):
        table.photograph()
    table.keys.save()
    return table.saved()[-1].proof.id


def planned(table: Table, proof_id: str) -> list[Part]:
    with table.store.read() as records:
        return records.parts.of(proof_id)


def kinds(table: Table, proof_id: str) -> str:
    return " ".join(part.kind for part in planned(table, proof_id))


def note_of(table: Table, proof_id: str) -> Note:
    return read_note(table.media / photo_folder(NOON, proof_id) / PROOF)


def table_with(store: Store, media: Path, clock: Clock, shop: Shop, left: int | None = None) -> Table:
    return Table(
        store, media, clock, shops={SHOP.id: shop}, rules=DeskRules(left_for=lambda *_: Allowance(left))
    )


# ---- what the packer is told ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "left", "with_text", "f4"),
    [
        ("when_needed", None, True, None),
        ("when_needed", 4, True, None),
        ("when_needed", 3, True, F4Does.SEND_PICTURE_AND_TEXT),
        ("when_needed", 2, True, F4Does.SEND_PICTURE_AND_TEXT),
        ("when_needed", 1, True, F4Does.SEND_PICTURE_WITHOUT_TEXT),
        ("when_needed", 0, True, F4Does.WAIT_FOR_SUPERVISOR),
        ("when_needed", 3, False, None),
        ("when_needed", 2, False, F4Does.SEND_PICTURE),
        ("always", 2, True, None),
        ("always", 1, True, F4Does.SEND_PICTURE_WITHOUT_TEXT),
        ("never", 3, True, F4Does.WAIT_FOR_SUPERVISOR),
    ],
)
def test_packer_is_told_only_when_it_matters(
    rule: Collage, left: int | None, with_text: bool, f4: F4Does | None
) -> None:
    short = ShortBudget(left, f4) if left is not None and f4 else None
    assert short_budget(replace(SHOP, collage=rule), Allowance(left), with_text=with_text) == short


def test_order_that_opens_with_too_little_left_says_so(store: Store, media: Path, clock: Clock) -> None:
    table = table_with(store, media, clock, SHOP, left=2)
    table.scan()
    assert table.desk.short_budget == ShortBudget(2, F4Does.SEND_PICTURE_AND_TEXT)
    table.keys.clear()
    assert table.desk.short_budget is None


def test_allowance_is_asked_for_the_buyers_own_conversation(store: Store, media: Path, clock: Clock) -> None:
    asked: list[Conversation] = []

    def allowance(conversation: Conversation) -> Allowance:
        asked.append(conversation)
        return Allowance()

    table = Table(store, media, clock, rules=DeskRules(left_for=allowance))
    pack(table, photos=1)
    assert set(asked) == {Conversation(SHOP.id, ORDER.buyer_id)}
    assert table.desk.short_budget is None


# ---- what F4 plans ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "parts"),
    [
        (None, "upload upload upload open text image image image"),
        (4, "upload upload upload open text image image image"),
        (2, "upload open text image"),
        (1, "upload open image"),
        (0, "upload upload upload open text image image image"),  # held before it begins
    ],
)
def test_set_is_planned_within_what_is_left(
    store: Store, media: Path, clock: Clock, left: int | None, parts: str
) -> None:
    table = table_with(store, media, clock, SHOP, left)
    assert kinds(table, pack(table)) == parts


def test_one_picture_carries_all_photos_in_order(store: Store, media: Path, clock: Clock) -> None:
    table = table_with(store, media, clock, replace(SHOP, collage="always"))
    proof_id = pack(table)
    upload, *_, image = planned(table, proof_id)
    assert upload.photo_ids == image.photo_ids == tuple(table.photos(proof_id))
    note = note_of(table, proof_id)
    assert (note.one_picture, note.with_text, note.sends, len(note.photos)) == (True, True, True, 3)


def test_note_without_the_text_says_so(store: Store, media: Path, clock: Clock) -> None:
    table = table_with(store, media, clock, SHOP, left=1)
    assert note_of(table, pack(table)).with_text is False


@pytest.mark.parametrize(("rule", "uploads"), [("when_needed", 1), ("never", 2)])
def test_many_waiting_proofs_make_each_take_less(
    store: Store, media: Path, clock: Clock, rule: Collage, uploads: int
) -> None:
    table = table_with(store, media, clock, replace(SHOP, collage=rule, collage_when_waiting=1))
    first = pack(table, photos=2)
    assert kinds(table, first).count("upload") == 2
    save_proof(store, media, NOON, OTHER)
    table.scan(OTHER.number)
    table.photograph()
    table.photograph()
    table.keys.save()
    assert kinds(table, table.saved()[-1].proof.id).count("upload") == uploads


# ---- by hand ----------------------------------------------------------------------------------


def test_shop_by_hand_saves_as_ever_and_leaves_sending_to_a_person(
    store: Store, media: Path, clock: Clock
) -> None:
    table = table_with(store, media, clock, HAND_SHOP)
    table.scan()
    assert table.desk.message == f"Hi aminah_88, {ORDER.number}."
    table.keys.clear()
    proof_id = pack(table, photos=2)

    (event,) = table.saved()
    assert (event.sends, event.proof.state) == (False, ProofState.BY_HAND)
    assert table.proof(proof_id).state is ProofState.BY_HAND
    assert kinds(table, proof_id) == "hand"
    note = note_of(table, proof_id)
    assert (note.by_hand, note.sends, note.text) == (True, False, f"Hi aminah_88, {ORDER.number}.")


def test_by_hand_needs_no_buyer_to_write_to(store: Store, media: Path, clock: Clock) -> None:
    table = table_with(store, media, clock, HAND_SHOP)
    with store.begin() as records:
        records.orders.keep([replace(ORDER, buyer_id="")])
    assert kinds(table, pack(table, photos=1)) == "hand"


def test_unknown_code_is_kept_without_parts_also_where_a_shop_is_by_hand(
    store: Store, media: Path, clock: Clock
) -> None:
    table = table_with(store, media, clock, HAND_SHOP)
    table.scan("WHATISTHIS1")
    table.photograph()
    table.keys.save()
    (event,) = table.saved()
    assert (event.proof.state, planned(table, event.proof.id)) == (ProofState.SAVED, [])
