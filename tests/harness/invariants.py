"""What must be true of a bench whatever was done to it; every harness asks here, after the bad moment.

Nothing of the program is used: the records are read with plain SQL, the files with plain reads and
the marketplace's transcript as the sandbox tells it, so that one mistake cannot hide another.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

SETTLED = ("sent", "filtered", "cancelled")
ASKS = ("held", "refused")
Row = sqlite3.Row


@dataclass
class Findings:
    """What is wrong, in words, by the promise that it breaks; and how much was looked at."""

    lost: list[str] = field(default_factory=list)  # acknowledged, and not there or not the same
    doubled: list[str] = field(default_factory=list)  # more messages than a person ordered
    false_sent: list[str] = field(default_factory=list)  # called sent, and the buyer has not got it
    stuck: list[str] = field(default_factory=list)  # neither a next step nor a reason
    left_over: list[str] = field(default_factory=list)  # temporary files of an earlier run
    leaked: list[str] = field(default_factory=list)  # secrets where none may be
    photos: int = 0
    proofs: int = 0
    messages: int = 0

    @property
    def wrong(self) -> dict[str, list[str]]:
        """Everything that is wrong; empty when all is well."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in found.items() if isinstance(value, list) and value}

    @property
    def counts(self) -> dict[str, int]:
        """The three figures that must be nothing."""
        return {name: len(getattr(self, name)) for name in ("lost", "doubled", "false_sent")}


def judge(
    home: Path,
    said: Sequence[Mapping[str, Any]],
    transcript: Sequence[Mapping[str, Any]],
    *,
    at_rest: bool = False,
    started_at: float | None = None,
    secrets: Collection[str] = (),
    outputs: Collection[str] = (),
    buyers: Mapping[int, Collection[str]] = MappingProxyType({}),
) -> Findings:
    """Compare what was acknowledged, what is on the disk, and what the buyers got.

    `said` are the bench's own lines ("photo" and "saved" are promises). `at_rest`: nothing more is
    going to move by itself. `started_at`: when the last run began, in seconds of the file system.
    `secrets` must not stand in any file but secrets.json, nor in `outputs`. `buyers`: which orders each
    of the marketplace's buyers has; not every marketplace's messages say which order they are about.
    """
    findings = Findings(messages=len(transcript))
    transcript = [{**line, "order_sn": _about(line, buyers)} for line in transcript]
    with closing(sqlite3.connect(home / "parcelguard.db")) as records:
        records.row_factory = sqlite3.Row
        broken = records.execute("PRAGMA integrity_check").fetchone()[0]
        if broken != "ok":
            findings.lost.append(f"the database is broken: {broken}")
        _kept_photos(findings, home / "media", records, said)
        _kept_proofs(findings, home / "media", records, said)
        _sent_once(findings, records, transcript)
        _truly_sent(findings, records, transcript)
        _to_its_buyer(findings, transcript, buyers)
        _all_moving(findings, records, at_rest=at_rest)
    if started_at is not None:
        _nothing_half(findings, home / "media", started_at)
    _no_secrets(findings, home, [*outputs, *map(json.dumps, said)], secrets)
    return findings


def kept(home: Path, said: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what was acknowledged and is not there at this very moment, before anyone puts it right."""
    findings = Findings()
    with closing(sqlite3.connect(home / "parcelguard.db")) as records:
        records.row_factory = sqlite3.Row
        _kept_photos(findings, home / "media", records, said)
        _kept_proofs(findings, home / "media", records, said)
    return findings.lost


# ---- acknowledged is kept --------------------------------------------------------------------


def _kept_photos(
    findings: Findings, media: Path, records: sqlite3.Connection, said: Sequence[Mapping[str, Any]]
) -> None:
    """A photo that was ticked lies there, byte for byte, and has its row."""
    known = {(row["path"], row["sha256"]) for row in records.execute("SELECT path, sha256 FROM photo")}
    ticked = {(each["path"], each["sha256"]) for each in said if each["event"] == "photo"}
    findings.photos += len(ticked)
    for path, sha256 in sorted(ticked):
        try:
            same = hashlib.sha256((media / path).read_bytes()).hexdigest() == sha256
        except OSError as error:
            findings.lost.append(f"photo {path}: {error.strerror}")
            continue
        if not same:
            findings.lost.append(f"photo {path} is not what was ticked")
        elif (path, sha256) not in known:
            findings.lost.append(f"photo {path} has no row")


def _kept_proofs(
    findings: Findings, media: Path, records: sqlite3.Connection, said: Sequence[Mapping[str, Any]]
) -> None:
    """A proof that was called saved is one, with its photos; its folder, where described, says the same."""
    saved = {row["id"] for row in records.execute("SELECT id FROM proof WHERE saved_at IS NOT NULL")}
    acknowledged = {each["proof"] for each in said if each["event"] == "saved"}
    findings.proofs += len(acknowledged)
    findings.lost.extend(f"proof {proof} is not saved" for proof in sorted(acknowledged - saved))
    photos = defaultdict(list)
    for row in records.execute("SELECT proof_id, path, sha256 FROM photo WHERE discarded_at IS NULL"):
        photos[row["proof_id"]].append(row)
    for proof in sorted(acknowledged & saved):
        if not photos[proof]:
            findings.lost.append(f"proof {proof} has no photos")
            continue
        described = (media / photos[proof][0]["path"]).with_name("proof.json")
        if described.exists():
            text = described.read_text(encoding="utf-8")
            missing = [row["path"] for row in photos[proof] if row["sha256"] not in text]
            findings.lost.extend(f"{path} is not in proof.json" for path in missing)


# ---- nothing twice, nothing falsely sent -------------------------------------------------------


def _sent_once(
    findings: Findings, records: sqlite3.Connection, transcript: Sequence[Mapping[str, Any]]
) -> None:
    """Each message is there at most as often as people ordered it: by F4, a resend or "send again"."""
    got = Counter((line["order_sn"], _content(line)) for line in transcript)
    kinds = Counter((line["order_sn"], line["message_type"]) for line in transcript)
    ordered = _ordered(records)
    generations = Counter[str]()
    for (order, _), planned in ordered["sets"].items():
        generations[order] += planned
    for (order, content), times in sorted(got.items()):
        allowed = generations[order] + ordered["again"][order, ""] + ordered["twins"][order, ""]
        if times > max(1, allowed):
            findings.doubled.append(f"{order}: {times} × {content[:60]}, ordered {allowed} ×")
    for (order, kind), times in sorted(kinds.items()):
        allowed = ordered["parts"][order, kind] + ordered["again"][order, kind]
        if times > allowed:
            findings.doubled.append(f"{order}: {times} messages of kind {kind}, ordered {allowed}")


def _ordered(records: sqlite3.Connection) -> dict[str, Counter[tuple[str, str]]]:
    """Count what people ordered, by order: sets of messages, parts of each kind, and parts once more.

    And the twins: pictures that were taken twice in the same moment.
    """
    of_proof = " FROM part JOIN proof ON proof.id = part.proof_id "
    sets = records.execute(
        f"SELECT order_number, '' AS kind, count(DISTINCT proof_id || '/' || part.generation) AS n {of_proof}"
        "GROUP BY order_number"
    )
    parts = records.execute(
        f"SELECT order_number, kind, count(*) AS n {of_proof} GROUP BY order_number, kind"
    )
    again = records.execute(
        f"SELECT order_number, kind, count(*) AS n {of_proof} JOIN decision ON decision.part_id = part.id "
        "WHERE answer = 'send_again' GROUP BY order_number, kind"
    )
    twins = records.execute(
        "SELECT order_number, '' AS kind, count(*) - count(DISTINCT sha256) AS n FROM photo "
        "JOIN proof ON proof.id = proof_id WHERE discarded_at IS NULL GROUP BY order_number"
    )
    counted = {
        name: Counter({(row["order_number"], row["kind"]): row["n"] for row in rows})
        for name, rows in (("sets", sets), ("parts", parts), ("again", again), ("twins", twins))
    }
    for (order, kind), n in list(counted["again"].items()):
        if kind:
            counted["again"][order, ""] += n
    return counted


def _about(line: Mapping[str, Any], buyers: Mapping[int, Collection[str]]) -> str:
    """Return which order a message is about; empty when nobody can tell."""
    theirs = buyers.get(line["to_id"], ())
    named = [order for order in theirs if order in line.get("text", "")]
    told = line["order_sn"] or next((only[0] for only in (list(theirs), named) if len(only) == 1), "")
    return str(told)


def _content(line: Mapping[str, Any]) -> str:
    return str(line.get("text") or line.get("image_sha256") or line["message_type"])


def _truly_sent(
    findings: Findings, records: sqlite3.Connection, transcript: Sequence[Mapping[str, Any]]
) -> None:
    """A part called sent is one message in the chat, of its order and its kind, and no other part's."""
    by_id = {line["message_id"]: line for line in transcript}
    used: dict[str, str] = {}
    query = (
        "SELECT part.*, order_number, text FROM part JOIN proof ON proof.id = part.proof_id "
        "JOIN generation ON generation.proof_id = proof.id AND generation.number = part.generation "
        "WHERE part.state = 'sent' AND kind IN ('text', 'image')"
    )
    nameless = Counter[tuple[str, str]]()
    for part in records.execute(query):
        name, remote = f"{part['kind']} {part['id']} of {part['order_number']}", part["remote_id"]
        if not remote:  # accepted without an id: it must be there all the same
            nameless[part["order_number"], part["kind"]] += 1
            continue
        line = by_id.get(remote)
        if line is None:
            findings.false_sent.append(f"{name}: no such message {remote}")
        elif (line["order_sn"], line["message_type"]) != (part["order_number"], part["kind"]):
            findings.false_sent.append(f"{name}: message {remote} is another one")
        elif part["kind"] == "text" and line["text"] != part["text"]:
            findings.false_sent.append(f"{name}: message {remote} says something else")
        elif remote in used:
            findings.false_sent.append(f"{name}: message {remote} is {used[remote]} already")
        used[remote] = name
    free = Counter(
        (line["order_sn"], line["message_type"]) for line in transcript if line["message_id"] not in used
    )
    for key, number in (nameless - free).items():
        findings.false_sent.append(f"{key[0]}: {number} of kind {key[1]} too many called sent")
    findings.false_sent.extend(_falsely_delivered(records))


def _to_its_buyer(
    findings: Findings, transcript: Sequence[Mapping[str, Any]], buyers: Mapping[int, Collection[str]]
) -> None:
    """No buyer gets what is about another one's order."""
    for line in transcript if buyers else ():
        if line["order_sn"] not in buyers.get(line["to_id"], ()):
            findings.false_sent.append(
                f"{line['order_sn']}: message {line['message_id']} went to another buyer"
            )


def _falsely_delivered(records: sqlite3.Connection) -> Iterator[str]:
    query = (
        "SELECT proof.id FROM proof JOIN part ON part.proof_id = proof.id "
        "AND part.generation = proof.generation WHERE proof.state = 'delivered' "
        "AND kind IN ('text', 'image') AND part.state != 'sent'"
    )
    for row in records.execute(query):
        yield f"proof {row['id']} is called delivered and is not"


# ---- everything goes on, or says why it does not ------------------------------------------------


def _all_moving(findings: Findings, records: sqlite3.Connection, *, at_rest: bool) -> None:
    sets = defaultdict(list)
    for part in records.execute("SELECT * FROM part ORDER BY proof_id, generation, ordinal"):
        sets[part["proof_id"], part["generation"]].append(part)
    for parts in sets.values():
        for place, part in enumerate(parts):
            why = _no_next_step(part, parts[:place], at_rest=at_rest)
            if why:
                findings.stuck.append(f"{part['kind']} {part['id']} is {part['state']}: {why}")
    drafts = records.execute("SELECT count(*) FROM proof WHERE state = 'draft'").fetchone()[0]
    if drafts > 1:
        findings.stuck.append(f"{drafts} orders are open at once")
    query = (
        "SELECT id, state FROM proof WHERE state IN ('sending', 'waiting', 'delivered', 'attention') "
        "AND NOT EXISTS (SELECT 1 FROM part WHERE proof_id = proof.id)"
    )
    findings.stuck.extend(
        f"proof {row['id']} is {row['state']} without parts" for row in records.execute(query)
    )


def _no_next_step(part: Row, before: Sequence[Row], *, at_rest: bool) -> str:
    """Return why nothing will ever move this part; empty when something will, or a person is told."""
    state = part["state"]
    if state in SETTLED:
        return ""
    if state in ASKS:
        return "" if part["reason"] else "no reason"
    if state == "blocked":
        waits_for = [each["state"] for each in before if each["state"] not in SETTLED]
        if not waits_for:
            return "nothing is before it"
        return "" if not at_rest or set(waits_for) & set(ASKS) else f"everything rests, before it {waits_for}"
    if at_rest:
        return "everything rests"
    return "no due time" if state in ("waiting", "unknown") and part["due_at"] is None else ""


# ---- nothing left lying about ----------------------------------------------------------------------


def _nothing_half(findings: Findings, media: Path, started_at: float) -> None:
    for path in media.rglob("*.part"):
        if path.stat().st_mtime < started_at:
            findings.left_over.append(path.relative_to(media).as_posix())


def _no_secrets(findings: Findings, home: Path, outputs: Sequence[str], secrets: Collection[str]) -> None:
    if not secrets:
        return
    hidden = [secret.encode() for secret in secrets]
    pictures = (".jpg", ".jpg.part")
    for path in home.rglob("*"):
        if path.is_file() and not path.name.startswith("secrets.json") and not path.name.endswith(pictures):
            data = path.read_bytes()
            findings.leaked.extend(path.name for secret in hidden if secret in data)
    for output in outputs:
        findings.leaked.extend(f"output: {output[:40]}" for secret in secrets if secret in output)
