"""What the screens ask of the media log is done and told on; pictures for sending by hand are files."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from parcelguard.core.errors import NotPossible, OutcomeUnknown, Refused, StorageError
from parcelguard.core.events import ProofChanged
from parcelguard.core.parts import Decision, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.shops import Shop
from parcelguard.delivery.announcing import ProofAnnouncer
from parcelguard.media_log.hand_copies import KEPT_S, HandCopies
from parcelguard.media_log.media_log import MediaLog
from parcelguard.store.views import LogFilter, LogQuery
from tests.support.fakes import NOON, OTHER, SHOP, Delivery, PlainCopies, ScriptedSender

ASKED = Purpose(PlanReason.RESENT, "asked")


class Sleeper:
    """Stands for the couriers: counts how often it was waked."""

    waked = 0

    def wake(self) -> None:
        self.waked += 1


@dataclass
class Served:
    shops: dict[str, Shop]
    senders: dict[str, ScriptedSender]
    delivery: Sleeper = field(default_factory=Sleeper)


class Office:
    """A media log on a real store, with what it told."""

    def __init__(self, delivery: Delivery, folder: Path) -> None:
        self.folder = folder
        self.served = Served({SHOP.id: SHOP}, {SHOP.id: delivery.sender})
        self.described: list[str] = []
        self.told: list[object] = []
        self.log = MediaLog(
            store=delivery.store,
            served=self.served,
            copies=HandCopies(folder, delivery.store, PlainCopies(), delivery.media),
            describe=self.described.append,
            announcer=ProofAnnouncer(delivery.store, self.told.append),
            media=delivery.media,
            packer="Siti",
            now=delivery.clock,
        )

    def states_told(self, proof: Proof) -> list[ProofState]:
        return [
            each.state for each in self.told if isinstance(each, ProofChanged) and each.proof_id == proof.id
        ]


@pytest.fixture
def office(delivery: Delivery, tmp_path: Path) -> Office:
    return Office(delivery, tmp_path / "by hand")


def refused(delivery: Delivery, photos: int = 2) -> Proof:
    """Save a proof whose text the marketplace refuses."""
    proof = delivery.save(photos=photos)
    delivery.sender.plan("text", Refused("censored", code="message_is_censored"))
    delivery.work()
    return proof


def test_resend_is_described_told_and_waked_for(delivery: Delivery, office: Office) -> None:
    proof = refused(delivery)
    office.log.resend(proof.id, "Hello again.", ASKED)
    assert office.described == [proof.id]
    assert office.states_told(proof) == [ProofState.SENDING]
    assert office.served.delivery.waked == 1
    delivery.work()
    assert delivery.state(proof) is ProofState.DELIVERED
    assert office.log.counts(LogQuery())[LogFilter.SENT] == 1
    assert [each.proof.id for each in office.log.page(LogQuery(), None).entries] == [proof.id]


def test_resend_of_many_counts_what_was_set_going(delivery: Delivery, office: Office) -> None:
    stuck = refused(delivery)
    sent = delivery.save(OTHER)
    delivery.work()
    assert office.log.resend_all([stuck.id, sent.id], "Hi {buyer}, {order}.", ASKED) == 1
    assert office.described == [stuck.id]
    with pytest.raises(NotPossible):
        office.log.resend_all([sent.id], "Hi {buyer}, {order}.", ASKED)


def test_answers_are_told_once_each_and_an_old_question_changes_nothing(
    delivery: Delivery, office: Office
) -> None:
    proof = delivery.save(photos=1)
    delivery.sender.plan("text", OutcomeUnknown("lost"))
    delivery.work()
    for _ in range(8):
        delivery.wait_and_work(400)
    (group,) = office.log.attention()
    (item,) = group.items
    assert office.log.decide_all([item.part_id], Decision.THERE) == 1
    office.log.decide(item.part_id, Decision.THERE)
    assert office.log.decide_all([item.part_id], Decision.THERE) == 0
    assert len(office.states_told(proof)) == 1
    assert office.log.attention() == ()


def test_what_a_person_sends_is_listed_with_its_pictures_as_files(delivery: Delivery, office: Office) -> None:
    proof = refused(delivery)
    office.log.send_by_hand(proof.id)
    (job,) = office.log.by_hand()
    pictures = office.log.hand_pictures(job)
    assert [path.name for path in pictures] == ["1.jpg", "2.jpg"]
    assert [path.read_bytes() for path in pictures] == [
        office.log.media_path(path).read_bytes() for path in job.photos
    ]
    assert office.log.hand_pictures(job) == pictures, "made once"
    assert office.states_told(proof) == [ProofState.BY_HAND]
    assert office.log.figures(NOON)[SHOP.id] == {ProofState.BY_HAND: 1}


def test_copies_go_a_day_after_the_proof_waits_no_more(delivery: Delivery, office: Office) -> None:
    proof = refused(delivery)
    office.log.send_by_hand(proof.id)
    (job,) = office.log.by_hand()
    folder = office.log.hand_pictures(job)[0].parent
    long_ago = time.time() - KEPT_S - 60
    os.utime(folder, (long_ago, long_ago))
    office.log.by_hand()
    assert folder.is_dir(), "it still waits"
    office.log.decide(job.part_id, Decision.HANDED)
    office.log.by_hand()
    assert not folder.exists()


def test_copies_of_a_changed_photo_are_refused(delivery: Delivery, office: Office) -> None:
    proof = refused(delivery)
    office.log.send_by_hand(proof.id)
    (job,) = office.log.by_hand()
    original = office.log.media_path(job.photos[0])
    original.chmod(0o600)
    original.write_bytes(b"another picture")
    assert not office.log.unchanged(proof.id)
    with pytest.raises(StorageError) as refusal:
        office.log.hand_pictures(job)
    assert refusal.value.reason.kind is SendingReason.PHOTO_UNUSABLE


def test_a_folder_that_cannot_be_made_is_named(delivery: Delivery, office: Office) -> None:
    proof = refused(delivery)
    office.log.send_by_hand(proof.id)
    (job,) = office.log.by_hand()
    office.folder.write_text("a file stands in its place")
    with pytest.raises(StorageError) as refusal:
        office.log.hand_pictures(job)
    assert refusal.value.reason.kind is SendingReason.COPY_FOLDER


def test_closing_and_changed_shops_are_told_on(delivery: Delivery, office: Office) -> None:
    proof = refused(delivery)
    office.log.use(Served({SHOP.id: replace(SHOP, name="New")}, {SHOP.id: delivery.sender}))
    office.log.close_proof(proof.id, "The buyer rang.")
    assert office.states_told(proof) == [ProofState.CLOSED]
    assert office.log.detail(proof.id).entry.shop == replace(SHOP, name="New")
