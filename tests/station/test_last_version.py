"""What the version before left on a disk opens, migrates, and tells the same, in words equal or better.

`samples/last_version.zip` was made by that version: settings with every section, a photo folder, records of
143 proofs with every refusal that it knew, and `log.json`, what its screens said of them. It is never edited.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest

from parcelguard.core.config import Settings, parse_settings
from parcelguard.media_log.attention import Attention
from parcelguard.media_log.history import History
from parcelguard.store.database import Store
from parcelguard.store.views import LogEntry, LogQuery
from parcelguard.ui.words.attention_words import group_title
from parcelguard.ui.words.log_words import status
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.step_words import step_words

SAMPLE = Path(__file__).parent / "samples" / "last_version.zip"
CHECKED = "Order and conversation"
# What is said better today.
BETTER = {
    "Photo 1 held (late)": "Photo 1 held: too late",
    "Photo 1 held (photo missing)": "Photo 1 held: a photo is missing or was changed",
    "Photo 2 held (photo missing)": "Photo 2 held: a photo is missing or was changed",
    f"{CHECKED} held (budget)": f"{CHECKED} held: too few messages left for the buyer",
    f"{CHECKED} held (nothing left)": f"{CHECKED} held: no messages left for the buyer",
    "Sent again by Siti (Text changed)": "Sent again by Siti (text changed)",
    "Nobody knows whether it arrived": "Not sure it arrived",
}


class LastVersion:
    """The sample, opened by this version."""

    def __init__(self, folder: Path) -> None:
        with ZipFile(SAMPLE) as sample:
            sample.extractall(folder)
        self.then: dict[str, Any] = json.loads((folder / "log.json").read_text(encoding="utf-8"))
        self.settings: Settings = parse_settings((folder / "settings.toml").read_text(encoding="utf-8"))
        shops = self.settings.packing_shops()
        self.store = Store(folder / "parcelguard.db", self.now)
        self.history = History(self.store, shops, folder / "media")
        self.attention = Attention(self.store, shops, {}, self.now)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.then["now"])

    def entries(self) -> Iterator[LogEntry]:
        page = self.history.page(LogQuery(), None)
        yield from page.entries
        while page.next:
            page = self.history.page(LogQuery(), page.next)
            yield from page.entries

    def told_of(self, entry: LogEntry) -> dict[str, Any]:
        """Return what is said of a proof now, as the sample keeps what was said then."""
        detail = self.history.detail(entry.proof.id)
        words = said(detail.reason)
        return {
            "proof": entry.proof.id,
            "state": str(entry.proof.state),
            "row": status(entry, self.now())[1],
            "headline": words.headline,
            "advice": words.advice,
            "steps": [step_words(step) for step in detail.steps],
            "photos": len(detail.photos),
            "unchanged": self.history.unchanged(entry.proof.id),
        }


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LastVersion]:
    opened = LastVersion(tmp_path_factory.mktemp("last version"))
    yield opened
    opened.store.close()


def said_today(sentence: str) -> str:
    """Return how a sentence of then is said now. "Failed · the text…" begins with a capital now."""
    lead, point, reason = sentence.partition(" · ")
    if point and lead in ("Failed", "Asks you"):
        return f"{lead} · {reason[:1].upper()}{reason[1:]}"
    return BETTER.get(sentence, sentence)


def test_every_proof_is_told_as_before_or_better(last: LastVersion) -> None:
    then = {each["proof"]: each for each in last.then["log"]}
    entries = list(last.entries())
    assert {entry.proof.id for entry in entries} == then.keys()
    for entry in entries:
        before = then[entry.proof.id]
        expected = {name: value for name, value in before.items() if name != "case"}
        expected["row"] = said_today(before["row"])
        expected["steps"] = [said_today(step) for step in before["steps"]]
        assert last.told_of(entry) == expected, before["case"]


def test_what_waits_for_a_person_is_grouped_and_answered_as_before(last: LastVersion) -> None:
    groups = last.attention.groups()
    now = sorted((len(group.items), sorted(map(str, group.answers))) for group in groups)
    assert now == sorted((each["total"], sorted(each["answers"])) for each in last.then["check"])
    before = sorted(said_today(each["title"]).rstrip(".") for each in last.then["check"])
    assert sorted(group_title(group).rstrip(".") for group in groups) == before


def test_settings_mean_what_they_meant(last: LastVersion) -> None:
    now = msgspec.to_builtins(last.settings)

    def same(before: Any, after: Any) -> bool:
        if isinstance(before, dict):
            return all(same(value, after[name]) for name, value in before.items())
        if isinstance(before, list):
            return len(before) == len(after) and all(map(same, before, after))
        return bool(before == after)

    assert same(last.then["settings"], json.loads(json.dumps(now)))
