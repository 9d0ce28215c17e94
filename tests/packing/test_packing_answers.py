"""What comes between scan and F4: leaving, the marketplace's answers, orders packed before, crashes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parcelguard.core.errors import StorageError
from parcelguard.core.events import Cue
from parcelguard.core.parts import PartKind
from parcelguard.core.proofs import ProofState, Shot, Today
from parcelguard.core.reasons.reason import as_told
from parcelguard.core.scans import ScanSource
from parcelguard.packing.desk_view import DeskState, NoticeKind
from parcelguard.packing.ports import DeskShops
from parcelguard.store.database import Store
from parcelguard.store.proofs import ProofRecords
from tests.support.fakes import ORDER, OTHER, SHOP, Clock, SilentOrders, draft, keep_picture, picture
from tests.support.packing_table import Table


@pytest.fixture
def table(store: Store, media: Path, clock: Clock) -> Table:
    return Table(store, media, clock)


# ---- leaving -------------------------------------------------------------------------------


def test_leaving_keeps_the_photos_and_lists_them(table: Table) -> None:
    table.scan()
    photo = table.photograph()
    table.keys.clear()

    assert (table.desk.state, table.notice) == (DeskState.READY, NoticeKind.PHOTOS_KEPT)
    assert table.shown_notice.code == ORDER.number
    assert table.proof(photo.proof_id).state is ProofState.ABANDONED
    with table.store.read() as records:
        row = records.log.one(photo.proof_id)
    assert row is not None
    assert row.photos == 1


def test_leaving_an_order_without_photos_says_nothing(table: Table) -> None:
    table.scan()
    table.keys.clear()
    table.keys.clear()

    assert (table.desk.state, table.notice) == (DeskState.READY, None)
    assert [proof.state for proof in table.all_proofs()] == [ProofState.ABANDONED]


def test_late_photo_of_an_order_that_was_left_is_kept_with_it(table: Table) -> None:
    table.scan()
    table.keys.take_photo()
    table.keys.clear()
    assert table.notice is NoticeKind.PHOTOS_KEPT
    table.scan(OTHER.tracking)
    photo = table.answer_photo(0)

    assert table.desk.photos == ()
    assert table.photos(photo.proof_id) == [photo.id]
    with table.store.read() as records:
        row = records.log.one(photo.proof_id)
    assert row is not None
    assert row.at == photo.taken_at


def test_late_photo_of_a_saved_proof_is_kept_beside_it(table: Table) -> None:
    table.scan()
    first = table.photograph()
    table.keys.save()
    late = table.camera.develop(
        replace(table.camera.asked[0], photo_id="late", ordinal=2, shot=Shot.LABEL), picture(9)
    )
    table.keys.photo_kept(late, b"")

    assert table.photos(first.proof_id) == [first.id]
    with table.store.read() as records:
        assert late.path in records.proofs.known_paths(first.proof_id)


# ---- what the marketplace says -------------------------------------------------------------


def test_unmatched_code_is_linked_when_its_order_is_found_and_then_sends(table: Table) -> None:
    table.scan("BOOKING12345")
    photo = table.photograph()
    table.keys.order_read(photo.proof_id, ORDER)

    desk = table.desk
    assert (desk.state, desk.searching, desk.order, len(desk.photos)) == (DeskState.OPEN, False, ORDER, 1)
    assert table.sounds()[-1] is Cue.SCANNED
    table.keys.save()
    (event,) = table.saved()
    assert (event.sends, event.proof.order_number, event.proof.code) == (True, ORDER.number, "BOOKING12345")


@pytest.mark.parametrize("code", [ORDER.tracking, "BOOKING12345"])
def test_question_about_the_open_order_is_asked_anew_when_the_shops_change(table: Table, code: str) -> None:
    table.scan(code, candidates=("INSIDE1",))
    successors = SilentOrders()
    table.keys.use_shops(DeskShops(shops={}, same_text={}, orders=successors))
    asked = [each for _, each in [*successors.refreshed, *successors.searched]]
    before = [each for _, each in [*table.orders.refreshed, *table.orders.searched]]
    assert len(asked) == 1
    assert asked == before

    table.keys.clear()
    idle = SilentOrders()
    table.keys.use_shops(DeskShops(shops={}, same_text={}, orders=idle))
    assert (idle.refreshed, idle.searched) == ([], [])


def test_unmatched_code_that_nobody_knows_is_saved_without_parts(table: Table) -> None:
    table.scan("WHATISTHIS1")
    photo = table.photograph()
    table.keys.order_missing(photo.proof_id, asked=True)
    assert (table.notice, table.desk.searching) == (NoticeKind.NO_SUCH_ORDER, False)
    table.keys.save()

    (event,) = table.saved()
    assert (event.sends, event.proof.state) == (False, ProofState.SAVED)
    with table.store.read() as records:
        assert records.parts.of(photo.proof_id) == []


def test_code_that_could_not_be_looked_up_says_so(table: Table) -> None:
    table.scan("WHATISTHIS1")
    table.keys.order_missing(table.orders.searched[0][0], asked=False)
    assert table.notice is NoticeKind.NOT_LOOKED_UP


def test_answers_about_an_order_that_was_left_change_nothing(table: Table) -> None:
    table.scan("WHATISTHIS1")
    left = table.orders.searched[0][0]
    table.keys.clear()
    table.scan(OTHER.tracking)
    before = len(table.news)

    table.keys.order_read(left, ORDER)
    table.keys.order_missing(left, asked=True)

    assert len(table.news) == before
    assert table.proof(left).order_number == ""


def test_order_cancelled_while_it_is_packed_stops_the_desk(table: Table) -> None:
    table.scan()
    photo = table.photograph()
    table.keys.order_read(photo.proof_id, replace(ORDER, cancelled=True))
    assert (table.desk.state, table.sounds()[-1]) == (DeskState.CANCELLED, Cue.STOP)

    table.keys.save()
    assert (table.notice, table.saved()) == (NoticeKind.STILL_CANCELLED, [])
    table.keys.order_read(photo.proof_id, ORDER)  # the buyer thought again
    assert table.state() is DeskState.OPEN
    table.keys.save()
    assert len(table.saved()) == 1


def test_order_cancelled_while_saving_waits_for_a_photo_is_not_saved(table: Table) -> None:
    table.scan()
    table.keys.take_photo()
    table.keys.save()
    table.keys.order_read(table.camera.asked[0].proof_id, replace(ORDER, cancelled=True))
    photo = table.answer_photo()

    assert (table.desk.state, table.saved()) == (DeskState.CANCELLED, [])
    assert table.photos(photo.proof_id) == [photo.id]


def test_facts_that_changed_meanwhile_go_into_the_proof_and_the_message(table: Table) -> None:
    table.scan()
    photo = table.photograph()
    table.keys.order_read(photo.proof_id, replace(ORDER, buyer_name="new_name"))
    table.keys.save()

    (event,) = table.saved()
    assert table.proof(event.proof.id).buyer_name == "new_name"
    with table.store.read() as records:
        assert records.log.generations(photo.proof_id)[0].text.startswith("Hi new_name")


# ---- nothing to send to ---------------------------------------------------------------------


def test_shop_that_sends_nothing_keeps_the_proof_without_parts(table: Table) -> None:
    table.use_shops({SHOP.id: replace(SHOP, enabled=False)})
    table.scan()
    table.photograph()
    table.keys.save()

    (event,) = table.saved()
    assert (event.sends, event.proof.state) == (False, ProofState.SAVED)


def test_order_without_a_buyer_to_write_to_keeps_the_proof_without_parts(table: Table) -> None:
    with table.store.begin() as records:
        records.orders.keep([replace(ORDER, buyer_id="")])
    table.scan()
    table.photograph()
    table.keys.save()
    assert table.saved()[0].sends is False


# ---- packed before -------------------------------------------------------------------------


def test_order_packed_before_tells_when_and_begins_another_proof_only_by_a_photo(table: Table) -> None:
    table.scan()
    table.photograph()
    table.keys.save()
    saved_at = table.clock()
    table.clock.advance(3600)

    table.scan()
    assert (table.desk.state, table.packed_before.at) == (DeskState.PACKED, saved_at)
    assert table.packed_before.packer == "Aina"
    table.keys.save()
    assert table.notice is NoticeKind.NO_PHOTO_YET
    table.keys.retake()
    assert len(table.all_proofs()) == 1

    photo = table.photograph()
    assert table.state() is DeskState.OPEN
    assert photo.proof_id != table.saved()[0].proof.id
    table.keys.save()
    assert len(table.saved()) == 2


def test_other_order_may_be_scanned_after_one_that_was_packed_before(table: Table) -> None:
    table.scan()
    table.photograph()
    table.keys.save()
    table.scan()
    table.scan(OTHER.tracking)
    assert (table.desk.state, table.order.number) == (DeskState.OPEN, OTHER.number)


# ---- after a crash -------------------------------------------------------------------------


def test_crash_brings_the_open_order_back_with_its_photos(table: Table, store: Store, media: Path) -> None:
    table.scan()
    photo = table.photograph()
    (media / photo.path.replace(".jpg", ".thumb.jpg")).write_bytes(b"small")

    after = Table(store, media, table.clock)
    after.keys.restore()

    desk = after.desk
    assert (desk.state, after.notice, after.order.number) == (
        DeskState.OPEN,
        NoticeKind.RESTORED,
        ORDER.number,
    )
    assert [(each.photo, each.thumbnail) for each in desk.photos] == [(photo, b"small")]
    assert [asked.number for _, asked in after.orders.refreshed] == [ORDER.number]
    after.photograph()
    after.keys.save()
    assert len(after.photos(photo.proof_id)) == 2


def test_crash_brings_an_unmatched_code_back_and_searches_again(
    table: Table, store: Store, media: Path
) -> None:
    table.scan("WHATISTHIS1")
    after = Table(store, media, table.clock)
    after.keys.restore()

    assert (after.desk.state, after.desk.photos) == (DeskState.UNMATCHED, ())
    assert len(after.orders.searched) == 1


def test_crash_brings_a_cancelled_order_back_as_cancelled(store: Store, media: Path, clock: Clock) -> None:
    proof = draft()
    with store.begin() as records:
        records.proofs.open(proof)
        records.proofs.add_photo(keep_picture(media, proof, 1, picture()))
    table = Table(store, media, clock)
    with store.begin() as records:
        records.orders.keep([replace(ORDER, cancelled=True)])

    table.keys.restore()

    assert table.state() is DeskState.CANCELLED
    table.keys.save()
    assert table.saved() == []


def test_clean_start_shows_a_ready_desk(table: Table) -> None:
    table.keys.restore()
    assert (table.desk.state, table.notice, table.desk.photos) == (DeskState.READY, None, ())


def test_photos_added_to_a_packed_order_follow_without_the_same_words_again(table: Table) -> None:
    table.scan()
    table.photograph()
    assert not table.message_said()
    table.keys.save()
    table.clock.advance(60)

    table.scan()
    table.photograph()
    assert table.message_said()
    table.keys.save()

    first, second = (saved.proof for saved in table.saved())
    with table.store.read() as records:
        kinds = [[part.kind for part in records.parts.of(proof.id)] for proof in (first, second)]
    assert PartKind.TEXT in kinds[0]
    assert kinds[1] == [PartKind.UPLOAD, PartKind.OPEN, PartKind.IMAGE]


def test_figures_that_cannot_be_read_do_not_make_a_saved_order_look_lost(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.scan()
    table.photograph()

    def unreadable(*_: object) -> Today:
        raise StorageError("no figures")

    monkeypatch.setattr(ProofRecords, "today", unreadable)
    table.keys.save()

    assert len(table.saved()) == 1
    assert table.state() is DeskState.READY
    assert table.notice is None


def test_photo_that_comes_too_late_for_its_place_does_not_leave_the_desk_waiting(table: Table) -> None:
    table.scan()
    table.keys.take_photo()
    table.keys.photo_failed(table.camera.asked[0].photo_id, as_told("Too slow.", ""))
    table.keys.take_photo()
    table.answer_photo(0)  # the first one, after all
    table.keys.save()
    assert table.desk.saving

    table.answer_photo(1)  # its place is taken

    assert len(table.saved()) == 1
    assert table.state() is DeskState.READY


def test_camera_leaves_the_parcel_alone_that_was_just_packed(table: Table) -> None:
    table.scan()
    table.photograph()
    table.keys.save()

    table.scan(source=ScanSource.CAMERA)
    assert table.state() is DeskState.READY
    table.scan(OTHER.tracking, source=ScanSource.CAMERA)
    assert table.state() is DeskState.OPEN


def test_order_found_by_searching_says_that_it_was_packed_before(table: Table) -> None:
    table.scan()
    table.photograph()
    table.keys.save()
    saved_at = table.clock()

    table.scan("A-CODE-NOBODY-KNOWS")
    table.keys.order_read(table.orders.searched[-1][0], ORDER)

    assert table.desk.packed_before is not None
    assert table.packed_before.at == saved_at
    assert table.sounds()[-1] is Cue.LOOK


def test_code_without_an_order_says_that_it_was_saved_before(table: Table) -> None:
    for _ in range(2):
        table.scan("A-CODE-NOBODY-KNOWS")
        table.photograph()
        first = table.desk.packed_before is None
        table.keys.save()

    assert not first


def test_cancelled_order_gives_way_to_the_next_scan(table: Table) -> None:
    with table.store.begin() as records:
        records.orders.keep([replace(ORDER, cancelled=True)])
    table.scan()
    assert table.state() is DeskState.CANCELLED

    table.scan(OTHER.tracking)
    assert table.state() is DeskState.OPEN
