"""A sentence is shown in the language in use, with its values; English is the source and the way out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from parcelguard.runtime.translation import ENGLISH, PSEUDO, language, tr, trn, use_language
from scripts.words import TEMPLATE, template, translated
from tests.support.pseudo_walk import pseudo_language

PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    use_language(ENGLISH)


@pytest.fixture
def polish(tmp_path: Path) -> Path:
    """A catalogue of a language with three plural forms, and with one message left untranslated."""
    catalogue = Catalog(locale="pl")
    catalogue.add("Order {number} is open.", "Zamówienie {number} jest otwarte.")
    catalogue.add(
        ("{count} photo", "{count} photos"), ("{count} zdjęcie", "{count} zdjęcia", "{count} zdjęć")
    )
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "parcelguard.mo").open("wb") as file:
        write_mo(file, catalogue)
    return tmp_path


def test_english_is_what_stands_in_the_code_with_its_values() -> None:
    assert tr("Order {number} is open.", number="A1") == "Order A1 is open."
    assert trn("{count} photo", "{count} photos", 1) == "1 photo"
    assert trn("{count} photo", "{count} photos", 1200) == "1,200 photos"
    assert tr("") == ""


def test_braces_stay_where_a_message_has_no_values() -> None:
    assert tr("Write {buyer} for the name") == "Write {buyer} for the name"


def test_another_language_has_its_own_words_and_plural_forms(polish: Path) -> None:
    use_language("pl", polish)
    assert language() == "pl"
    assert tr("Order {number} is open.", number="A1") == "Zamówienie A1 jest otwarte."
    assert [trn("{count} photo", "{count} photos", n) for n in (1, 3, 5)] == [
        "1 zdjęcie",
        "3 zdjęcia",
        "5 zdjęć",
    ]


def test_what_a_catalogue_lacks_is_shown_in_english(polish: Path) -> None:
    use_language("pl", polish)
    assert tr("Never translated.") == "Never translated."
    use_language("xx", polish)
    assert tr("Order {number} is open.", number="A1") == "Order A1 is open."


def test_the_pseudo_language_keeps_values_and_makes_everything_longer() -> None:
    with pseudo_language():
        assert language() == PSEUDO
        shown = tr("Order {number} is open.", number="A1")
        assert "A1" in shown
        assert shown.startswith("⟦")
        assert shown.endswith("⟧")
        assert not re.search(r"Order|open", shown)
        assert len(shown) >= len("Order A1 is open.") * 1.4
        assert trn("{count} photo", "{count} photos", 2).startswith("⟦2 ")


def test_the_catalogue_holds_every_message_of_the_code_and_no_other() -> None:
    with TEMPLATE.open("rb") as file:
        kept = {message.id for message in read_po(file) if message.id}
    assert kept == {message.id for message in template() if message.id}, "run: make words"


def test_both_forms_of_a_count_speak_of_the_same_values() -> None:
    for message in template():
        if isinstance(message.id, tuple):
            one, many = (set(PLACEHOLDER.findall(form)) for form in message.id)
            assert one | {"{count}"} == many | {"{count}"}, message.id


def test_what_is_not_translated_whole_is_left_out_and_so_shown_in_english(tmp_path: Path) -> None:
    catalogue = Catalog(locale="pl")
    catalogue.add("Never translated.", "")
    catalogue.add(("{count} photo", "{count} photos"), ("{count} zdjęcie", "", ""))
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "parcelguard.mo").open("wb") as file:
        write_mo(file, translated(catalogue))
    use_language("pl", tmp_path)
    assert tr("Never translated.") == "Never translated."
    assert trn("{count} photo", "{count} photos", 5) == "5 photos"
