"""The judge itself: each promise is broken by hand behind a bench that kept them all, and must be noticed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.harness.invariants import Findings, judge
from tests.harness.rig import open_rig

ORDERS = 2


@dataclass(frozen=True)
class Evidence:
    """All that is judged: a data folder, what was said, and what the marketplace has."""

    home: Path
    said: list[dict[str, Any]]
    transcript: list[dict[str, Any]]
    secrets: set[str]
    buyers: Mapping[int, Sequence[str]]
    outputs: list[str] = field(default_factory=list)

    def judged(self) -> Findings:
        started_at = max(path.stat().st_mtime for path in self.home.rglob("*")) + 1
        return judge(
            self.home,
            self.said,
            self.transcript,
            at_rest=True,
            started_at=started_at,
            secrets=self.secrets,
            outputs=self.outputs,
            buyers=self.buyers,
        )

    def write(self, statement: str) -> None:
        with closing(sqlite3.connect(self.home / "parcelguard.db")) as records, records:
            records.execute(statement)

    def a_photo(self) -> Path:
        ticked = next(each for each in self.said if each["event"] == "photo")
        return self.home / "media" / str(ticked["path"])


@pytest.fixture(scope="module", params=("shopee", "tiktok"), ids=("orders named", "orders not named"))
def kept_all(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Evidence]:
    """A bench that kept its promises; not every marketplace's messages say which order they are about."""
    folder = tmp_path_factory.mktemp("bench")
    with open_rig(folder, orders=ORDERS, channel=request.param) as rig:
        victim = rig.start("--pack", "--photos", "2")
        victim.wait_for(lambda victim: victim.heard("packed"))
        rig.end(victim, gently=True)
        rig.settle()
        market = rig.market
        yield Evidence(folder, rig.said, rig.world.transcript(), market.secrets, market.buyers)


@pytest.fixture
def evidence(kept_all: Evidence, tmp_path: Path) -> Evidence:
    home = shutil.copytree(kept_all.home, tmp_path / "home")
    return replace(kept_all, home=home, transcript=[dict(line) for line in kept_all.transcript])


def test_bench_that_kept_its_promises_is_cleared(evidence: Evidence) -> None:
    findings = evidence.judged()
    assert not findings.wrong
    assert (findings.photos, findings.proofs, findings.messages) == (4, 2, 6)


def lose_a_photo(evidence: Evidence) -> None:
    evidence.a_photo().unlink()


def change_a_photo(evidence: Evidence) -> None:
    photo = evidence.a_photo()
    photo.chmod(0o600)
    photo.write_bytes(photo.read_bytes()[:-1] + b"!")


def lose_a_row(evidence: Evidence) -> None:
    evidence.write("DELETE FROM photo WHERE ordinal = 2")


def lose_a_proof(evidence: Evidence) -> None:
    evidence.write("UPDATE proof SET saved_at = NULL WHERE id = (SELECT min(id) FROM proof)")


def describe_wrongly(evidence: Evidence) -> None:
    note = next(evidence.home.rglob("proof.json"))
    note.chmod(0o600)
    for each in (each for each in evidence.said if "sha256" in each):
        note.write_text(note.read_text().replace(each["sha256"], "0" * 64))


def send_a_text_twice(evidence: Evidence) -> None:
    text = next(line for line in evidence.transcript if line["message_type"] == "text")
    evidence.transcript.append(text | {"message_id": "twice"})


def send_a_picture_twice(evidence: Evidence) -> None:
    picture = next(line for line in evidence.transcript if line["message_type"] == "image")
    evidence.transcript.append(picture | {"message_id": "twice"})


def send_what_nobody_ordered(evidence: Evidence) -> None:
    picture = next(line for line in evidence.transcript if line["message_type"] == "image")
    evidence.transcript.append(picture | {"message_id": "new", "image_sha256": "0" * 64})


def withhold_a_message(evidence: Evidence) -> None:
    del evidence.transcript[0]


def confuse_messages(evidence: Evidence) -> None:
    evidence.write(
        "UPDATE part SET remote_id = (SELECT max(remote_id) FROM part) WHERE kind IN ('text', 'image')"
    )


def write_to_another_buyer(evidence: Evidence) -> None:
    first, last = evidence.transcript[0], evidence.transcript[-1]
    evidence.transcript[0] = first | {"to_id": last["to_id"]}


def write_to_nobody(evidence: Evidence) -> None:
    evidence.transcript.append(evidence.transcript[0] | {"message_id": "new", "to_id": 0, "order_sn": ""})


def call_it_delivered(evidence: Evidence) -> None:
    evidence.write("UPDATE part SET state = 'held', reason = 'late' WHERE kind = 'image' AND ordinal = 5")


def forget_when(evidence: Evidence) -> None:
    evidence.write("UPDATE part SET state = 'waiting', due_at = NULL WHERE kind = 'image'")


def hold_without_reason(evidence: Evidence) -> None:
    evidence.write("UPDATE part SET state = 'held', reason = '' WHERE kind = 'image'")
    evidence.write("UPDATE proof SET state = 'attention'")


def block_behind_nothing(evidence: Evidence) -> None:
    evidence.write("UPDATE part SET state = 'blocked' WHERE kind = 'image'")


def open_two_orders(evidence: Evidence) -> None:
    evidence.write("UPDATE proof SET state = 'draft'")


def leave_half_a_file(evidence: Evidence) -> None:
    photo = evidence.a_photo()
    photo.with_name(photo.name + ".part").write_bytes(b"half")


def log_a_token(evidence: Evidence) -> None:
    with (evidence.home / "logs" / "parcelguard.log").open("a") as log:
        log.write(f"token {next(iter(evidence.secrets))}\n")


def print_a_token(evidence: Evidence) -> None:
    evidence.outputs.append(f"token {next(iter(evidence.secrets))}")


WRONGS: dict[Callable[[Evidence], None], str] = {
    lose_a_photo: "lost",
    change_a_photo: "lost",
    lose_a_row: "lost",
    lose_a_proof: "lost",
    describe_wrongly: "lost",
    send_a_text_twice: "doubled",
    send_a_picture_twice: "doubled",
    send_what_nobody_ordered: "doubled",
    withhold_a_message: "false_sent",
    confuse_messages: "false_sent",
    write_to_another_buyer: "false_sent",
    write_to_nobody: "doubled",
    call_it_delivered: "false_sent",
    forget_when: "stuck",
    hold_without_reason: "stuck",
    block_behind_nothing: "stuck",
    open_two_orders: "stuck",
    leave_half_a_file: "left_over",
    log_a_token: "leaked",
    print_a_token: "leaked",
}


@pytest.mark.parametrize("break_it", WRONGS, ids=lambda wrong: wrong.__name__)
def test_broken_promise_is_noticed(evidence: Evidence, break_it: Callable[[Evidence], None]) -> None:
    broken = replace(evidence, outputs=[])
    break_it(broken)
    assert WRONGS[break_it] in broken.judged().wrong
