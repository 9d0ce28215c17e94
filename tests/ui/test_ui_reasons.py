"""Reasons in words: every kind has some, and their values are said as a person says them."""

from __future__ import annotations

from datetime import UTC, datetime
from string import Formatter

import pytest

from parcelguard.core.alerts import Alert, AlertKey, AlertTopic, Severity
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import ReasonKind, Value, as_told, because, kind_named
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.ui.words.reasons.saying import NOTHING_SAID, Said, said, said_alert, words_of_reasons
from parcelguard.ui.words.reasons.values import SpokenValue

TOPICS = (SendingReason, MarketplaceReason, ShopReason, StorageReason, CameraReason)
KINDS: list[ReasonKind] = [kind for topic in TOPICS for kind in topic]


def test_every_kind_has_words_and_is_found_again_by_its_stored_name() -> None:
    assert {*words_of_reasons(), SendingReason.AS_TOLD} == {*KINDS}
    assert [kind_named(kind.value) for kind in KINDS] == KINDS, "two kinds with one name"


@pytest.mark.parametrize("kind", sorted(words_of_reasons()))
def test_advice_asks_for_no_value_that_is_not_filled_in(kind: ReasonKind) -> None:
    at = "2026-11-21T04:00:00+00:00"
    samples: dict[str, Value] = {"span": 5, "clock": at, "day": at, "moment": at, "room": 1}
    values: dict[str, Value] = {
        name: samples.get(form or "", "X")
        for sentence in words_of_reasons()[kind]
        for _, name, form, _ in Formatter().parse(sentence)
        if name
    }
    words = said(because(kind, **values))
    assert words.headline
    assert "{" not in words.headline + words.advice


def test_what_an_earlier_version_kept_is_said_as_it_stands() -> None:
    assert said(as_told("Held {so}.", "Ask.")) == Said("Held {so}.", "Ask.")
    assert said(None) == NOTHING_SAID


def test_an_alert_of_one_shop_names_it() -> None:
    key = AlertKey(AlertTopic.SHOP_HELD, "kopi")
    alert = Alert(key, Severity.WARN, because(StorageReason.DISK_FULL), "Kopi & Co")
    assert said_alert(alert).headline == "Kopi & Co: The disk is full. Do not close this parcel."


@pytest.mark.parametrize(
    ("value", "form", "words"),
    [
        (1, "span", "1 minute"),
        (119, "span", "119 minutes"),
        (120, "span", "2 hours"),
        (47 * 60, "span", "47 hours"),
        (3 * 24 * 60, "span", "3 days"),
        (40 * 10**9, "room", "40 GB"),
        (900 * 10**6, "room", "0.9 GB"),
        (3, "", "3"),
        (2.5, ".2f", "2.50"),
    ],
)
def test_values_are_said_as_a_person_says_them(value: Value, form: str, words: str) -> None:
    assert f"{SpokenValue(value):{form}}" == words


def test_moments_are_said_in_the_time_of_this_computer() -> None:
    moment = datetime(2026, 11, 23, 4, 5, tzinfo=UTC)
    local = moment.astimezone()
    assert f"{SpokenValue(moment.isoformat()):clock}" == f"{local:%H:%M}"
    assert f"{SpokenValue(moment.isoformat()):day}" == f"{local:%d} Nov"


@pytest.mark.parametrize(
    "kind", [StorageReason.FOLDER_GONE, StorageReason.FOLDER_REFUSES, StorageReason.FOLDER_STUCK]
)
def test_a_folder_that_takes_no_photo_is_named_and_the_parcel_stays_open(kind: StorageReason) -> None:
    words = said(because(kind, folder="D:/photos"))
    assert "Cannot save photos to D:/photos" in words.headline
    assert "Do not close this parcel" in words.headline
    assert "drive" in words.advice
