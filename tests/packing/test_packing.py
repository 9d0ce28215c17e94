"""The packing desk from scan to F4: every state, every notice, and what is on disk when it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.core.events import Cue
from parcelguard.core.parts import PartKind, PartState
from parcelguard.core.proofs import Photo, ProofState
from parcelguard.core.reasons.reason import as_told
from parcelguard.core.scans import ScanSource
from parcelguard.packing.desk_view import DeskChanged, DeskState, Notice, NoticeKind, ProofSaved
from parcelguard.packing.ports import DeskRules
from parcelguard.store.database import Store
from parcelguard.store.proofs import ProofRecords
from tests.support.fakes import (
    ORDER,
    OTHER,
    SHOP,
    Clock,
    picture,
    read_only,
)
from tests.support.packing_table import Table


@pytest.fixture
def table(store: Store, media: Path, clock: Clock) -> Table:
    return Table(store, media, clock)


# ---- scanning ------------------------------------------------------------------------------


def test_scan_opens_the_order_and_asks_the_marketplace_about_it(table: Table) -> None:
    table.scan()

    desk = table.desk
    assert (desk.state, table.order.number, desk.shop and desk.shop.id) == (
        DeskState.OPEN,
        ORDER.number,
        SHOP.id,
    )
    assert desk.message == f"Hi aminah_88, {ORDER.number}."
    assert table.sounds() == [Cue.SCANNED]
    ((proof_id, asked),) = table.orders.refreshed
    assert asked.number == ORDER.number
    proof = table.proof(proof_id)
    assert (proof.state, proof.order_number, proof.buyer_id) == (
        ProofState.DRAFT,
        ORDER.number,
        ORDER.buyer_id,
    )


def test_unknown_code_opens_unmatched_and_is_searched(table: Table) -> None:
    table.scan("WHATISTHIS1")

    assert (table.desk.state, table.desk.searching, table.desk.order) == (DeskState.UNMATCHED, True, None)
    assert table.sounds() == [Cue.LOOK]
    assert [scan.text for _, scan in table.orders.searched] == ["WHATISTHIS1"]


def test_codes_inside_a_payload_find_the_order(table: Table) -> None:
    table.scan("HTTPS://X", candidates=("NOTHING", ORDER.number))
    assert table.state() is DeskState.OPEN


def test_sort_codes_and_items_in_the_cameras_view_open_nothing(table: Table) -> None:
    for kind in ("", "return"):
        table.scan("KUL-KUL001", source=ScanSource.CAMERA, kind=kind)
    assert table.news == []

    table.scan("SPXMY00000000000X", source=ScanSource.CAMERA, kind="track")
    assert table.state() is DeskState.UNMATCHED


def test_parcel_of_several_orders_asks_for_the_order_number(table: Table) -> None:
    with table.store.begin() as records:
        records.orders.keep([replace(OTHER, tracking=ORDER.tracking)])
    table.keys.restore()

    table.scan()

    assert (table.desk.state, table.notice) == (DeskState.READY, NoticeKind.SEVERAL_ORDERS)
    table.scan(OTHER.number)
    assert table.order.number == OTHER.number


def test_cancelled_order_stops_before_anything_is_opened(table: Table) -> None:
    with table.store.begin() as records:
        records.orders.keep([replace(ORDER, cancelled=True)])

    table.scan()
    assert (table.desk.state, table.sounds()) == (DeskState.CANCELLED, [Cue.STOP])
    for press in (table.keys.take_photo, table.keys.retake, table.keys.save):
        press()
        assert table.notice is NoticeKind.STILL_CANCELLED
    assert table.all_proofs() == []
    assert table.camera.asked == []

    table.keys.clear()
    assert table.state() is DeskState.READY


def test_scan_of_another_order_while_one_is_open_changes_nothing(table: Table) -> None:
    table.scan()
    table.photograph()

    table.scan(OTHER.tracking)
    assert (table.order.number, table.notice) == (ORDER.number, NoticeKind.OTHER_ORDER_OPEN)
    assert table.shown_notice.code == OTHER.tracking
    table.scan("4006381333931")
    assert table.notice is NoticeKind.NOT_AN_ORDER
    table.scan()
    assert table.sounds()[-1] is Cue.SCANNED
    assert len(table.desk.photos) == 1
    assert len(table.all_proofs()) == 1


def test_labels_in_the_cameras_view_say_nothing_while_an_order_is_open(table: Table) -> None:
    table.scan()
    before = len(table.news)
    table.scan(OTHER.tracking, source=ScanSource.CAMERA, kind="track")
    assert len(table.news) == before


# ---- photographing -------------------------------------------------------------------------


def test_photos_get_their_places_and_the_fourth_is_refused(table: Table) -> None:
    table.scan()
    for number in (1, 2, 3):
        table.keys.take_photo()
        assert table.desk.taking == 1
        table.answer_photo()
        assert (len(table.desk.photos), table.desk.taking) == (number, 0)
    table.keys.take_photo()

    assert table.desk.full
    assert table.notice is NoticeKind.THREE_ALREADY
    assert [request.ordinal for request in table.camera.asked] == [1, 2, 3]
    assert table.sounds().count(Cue.PHOTO) == 3


def test_photos_asked_for_quickly_get_different_places(table: Table) -> None:
    table.scan()
    for _ in range(5):
        table.keys.take_photo()

    assert [request.ordinal for request in table.camera.asked] == [1, 2, 3]
    for number in (2, 0, 1):
        table.answer_photo(number)
    assert [each.photo.ordinal for each in table.desk.photos] == [1, 2, 3]


def test_photo_without_an_order_asks_for_a_scan(table: Table) -> None:
    for press in (table.keys.take_photo, table.keys.retake, table.keys.save):
        press()
        assert table.notice is NoticeKind.SCAN_FIRST
    assert table.camera.asked == []


def test_photo_that_failed_is_told_and_its_place_is_free_again(table: Table) -> None:
    table.scan()
    table.keys.take_photo()
    table.keys.photo_failed(table.camera.asked[0].photo_id, as_told("No camera.", "Press F1 again."))

    assert table.shown_notice == Notice(
        NoticeKind.PHOTO_FAILED, reason=as_told("No camera.", "Press F1 again.")
    )
    assert (table.desk.taking, table.sounds()[-1]) == (0, Cue.STOP)
    table.photograph()
    assert (table.notice, table.camera.asked[-1].ordinal) == (None, 1)


def test_failure_of_a_photo_that_nobody_waits_for_says_nothing(table: Table) -> None:
    table.scan()
    before = table.desk
    table.keys.photo_failed("long gone", as_told("No camera.", ""))
    assert table.desk == before


def test_retake_replaces_the_last_photo_only_when_the_new_one_is_durable(table: Table) -> None:
    table.scan()
    first, second = table.photograph(), table.photograph()

    table.keys.retake()
    assert [each.photo.id for each in table.desk.photos] == [first.id, second.id]
    assert table.photos(first.proof_id) == [first.id, second.id]
    new = table.answer_photo()

    assert [each.photo.id for each in table.desk.photos] == [first.id, new.id]
    assert table.photos(first.proof_id) == [first.id, new.id]
    assert (table.media / second.path).exists()


def test_retake_that_failed_keeps_the_old_photo(table: Table) -> None:
    table.scan()
    first = table.photograph()
    table.keys.retake()
    table.keys.photo_failed(table.camera.asked[-1].photo_id, as_told("No camera.", ""))

    assert [each.photo.id for each in table.desk.photos] == [first.id]


def test_key_held_down_retakes_once(table: Table) -> None:
    table.scan()
    table.photograph()
    for _ in range(9):
        table.keys.retake()
    assert len(table.camera.asked) == 2


def test_retake_without_a_photo_says_so(table: Table) -> None:
    table.scan()
    table.keys.retake()
    assert table.notice is NoticeKind.NOTHING_TO_RETAKE


# ---- saving --------------------------------------------------------------------------------


def test_saving_plans_every_part_and_readies_the_desk(table: Table) -> None:
    table.scan()
    first, second = table.photograph(), table.photograph()
    table.clock.advance(60)
    table.keys.save()

    (event,) = table.saved()
    assert (event.sends, event.proof.saved_at) == (True, table.clock())
    assert (table.desk.state, table.desk.today.packed) == (DeskState.READY, 1)
    assert table.desk.today.seconds_per_order == 60
    assert table.sounds()[-1] is Cue.SENT
    with table.store.read() as records:
        parts = records.parts.of(event.proof.id)
        generation = records.log.generations(event.proof.id)[0]
    assert [(part.kind, part.photo_id) for part in parts] == [
        (PartKind.UPLOAD, first.id),
        (PartKind.UPLOAD, second.id),
        (PartKind.OPEN, ""),
        (PartKind.TEXT, ""),
        (PartKind.IMAGE, first.id),
        (PartKind.IMAGE, second.id),
    ]
    assert {part.state for part in parts[1:]} == {PartState.BLOCKED}
    assert parts[0].state is PartState.QUEUED
    assert (generation.text, generation.made_by) == (f"Hi aminah_88, {ORDER.number}.", "Aina")


def test_saving_without_a_photo_says_so(table: Table) -> None:
    table.scan()
    table.keys.save()
    assert (table.notice, table.saved()) == (NoticeKind.NO_PHOTO_YET, [])


def test_saving_twice_makes_one_proof_and_says_nothing_new(table: Table) -> None:
    table.scan()
    table.photograph()
    table.keys.save()
    table.keys.save()

    assert (len(table.saved()), table.notice) == (1, None)
    table.clock.advance(5)
    table.keys.save()
    assert table.notice is NoticeKind.SCAN_FIRST


def test_saving_waits_for_the_photos_under_way(table: Table) -> None:
    table.scan()
    table.keys.take_photo()
    table.keys.take_photo()
    table.keys.save()
    table.answer_photo(0)
    assert (table.desk.saving, table.saved()) == (True, [])
    table.answer_photo(1)

    (event,) = table.saved()
    assert len(table.photos(event.proof.id)) == 2


def test_saving_is_not_carried_out_when_the_photo_fails(table: Table) -> None:
    table.scan()
    table.photograph()
    table.keys.take_photo()
    table.keys.save()
    table.keys.photo_failed(table.camera.asked[-1].photo_id, as_told("No camera.", ""))
    assert (table.desk.saving, table.saved(), table.notice) == (False, [], NoticeKind.PHOTO_FAILED)

    table.photograph()
    assert table.saved() == []
    table.keys.save()
    assert len(table.saved()) == 1


def test_saving_is_not_carried_out_when_a_photo_could_not_be_recorded(table: Table) -> None:
    table.scan()
    table.keys.take_photo()
    table.keys.save()
    photo = table.camera.develop(table.camera.asked[0])
    with read_only(table.store), pytest.raises(StorageError) as refused:
        table.keys.photo_kept(photo, b"")
    table.keys.step_failed(refused.value.reason)

    assert (table.desk.saving, table.desk.taking, table.notice) == (False, 0, NoticeKind.NOT_KEPT)
    table.photograph()
    assert table.saved() == []
    assert len(table.desk.photos) == 1


def test_proof_that_cannot_be_kept_stays_open(table: Table) -> None:
    table.scan()
    table.photograph()
    with read_only(table.store), pytest.raises(StorageError):
        table.keys.save()
    table.keys.step_failed(as_told("Cannot save.", "Do not close this parcel."))

    assert (table.desk.state, table.notice, table.saved()) == (DeskState.OPEN, NoticeKind.NOT_KEPT, [])
    assert table.shown_notice.reason == as_told("Cannot save.", "Do not close this parcel.")
    table.keys.save()
    assert len(table.saved()) == 1


def test_everything_is_committed_before_it_is_told(table: Table) -> None:
    seen: list[str] = []

    def look_with_another_connection(event: object) -> None:
        table.news.append(event)
        with table.store.read() as records:
            if isinstance(event, DeskChanged) and event.desk.state is DeskState.OPEN:
                draft_kept = records.proofs.open_draft()
                assert draft_kept
                assert len(records.proofs.photos(draft_kept.id)) == len(event.desk.photos)
                seen.append(f"open {len(event.desk.photos)}")
            if isinstance(event, ProofSaved):
                kept = records.proofs.get(event.proof.id)
                assert kept
                assert kept.state is ProofState.SENDING
                assert len(records.parts.of(event.proof.id)) == 4
                seen.append("saved")

    table.publish = look_with_another_connection
    table.scan()
    table.photograph()
    table.keys.save()

    assert {"open 0", "open 1", "saved"} == set(seen)


def test_item_barcode_opens_nothing_unless_it_is_typed(table: Table) -> None:
    table.scan("9556001234563", kind="item")
    assert (table.desk.state, table.notice) == (DeskState.READY, NoticeKind.NOT_AN_ORDER)

    table.scan("9556001234563", kind="item", source=ScanSource.TYPED)
    assert table.state() is DeskState.UNMATCHED


def test_photo_folder_that_cannot_be_used_is_told_before_the_parcel_is_packed(table: Table) -> None:
    table.media.rmdir()
    table.media.write_text("a file stands where the folder should be")

    with pytest.raises(StorageError):
        table.scan()

    assert table.all_proofs() == []
    assert table.keys._proof is None


def test_no_order_is_opened_while_nothing_more_can_be_kept(store: Store, media: Path, clock: Clock) -> None:
    def refuse() -> None:
        raise StorageError("full", as_told("The disk is full."))

    table = Table(store, media, clock, rules=DeskRules(may_open=refuse))
    with pytest.raises(StorageError, match="full"):
        table.scan()
    assert table.all_proofs() == []
    assert list(media.iterdir()) == []


# ---- rows that are not kept ------------------------------------------------------------------


def fail_once(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full for the next photo's row, and only for it."""
    failures = iter([DiskFull("no room")])
    real = ProofRecords.add_photo

    def add_photo(self: ProofRecords, photo: Photo) -> bool:
        for error in failures:
            raise error
        return real(self, photo)

    monkeypatch.setattr(ProofRecords, "add_photo", add_photo)


def test_retake_whose_row_is_kept_at_the_second_try_replaces_the_first_photo(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.scan()
    table.photograph()
    table.keys.retake()
    again = table.camera.develop(table.camera.asked[-1], picture(99))
    fail_once(table, monkeypatch)

    with pytest.raises(DiskFull):
        table.keys.photo_kept(again, b"small")
    table.keys.photo_kept(again, b"small")

    assert [each.photo.id for each in table.desk.photos] == [again.id]


def test_photo_whose_row_is_not_kept_does_not_keep_f4_waiting(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.scan()
    table.photograph()
    table.keys.take_photo()
    lost = table.camera.develop(table.camera.asked[-1], picture(99))
    fail_once(table, monkeypatch)

    with pytest.raises(DiskFull):
        table.keys.photo_kept(lost, b"small")
    table.keys.step_failed(as_told("The disk is full.", "Free some space."))
    table.keys.save()

    assert len(table.saved()) == 1


def test_trouble_that_is_over_is_taken_back_and_nothing_else_is(table: Table) -> None:
    table.scan()
    table.keys.step_failed(as_told("The disk is full.", "Free some space."))
    table.keys.take_back_failure()
    assert table.notice is None
    table.keys.save()
    table.keys.take_back_failure()
    assert table.notice is NoticeKind.NO_PHOTO_YET
