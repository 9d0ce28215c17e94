"""What this computer is set to decides the language, where nothing else was chosen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from parcelguard.runtime.system_language import fitting_language, system_languages
from parcelguard.runtime.translation import ENGLISH, language, languages, use_language


@pytest.mark.parametrize(
    ("wanted", "known", "spoken"),
    [
        (["id_ID", "en_US"], ["id", "zh_CN"], "id"),
        (["zh_CN", "id"], ["id", "zh_CN"], "zh_CN"),
        (["zh_TW"], ["zh_CN"], "en"),
        (["en_MY", "id"], ["id"], "en"),
        (["de_DE", "id_ID"], ["id"], "id"),
        (["C"], ["id"], "en"),
        ([], ["id"], "en"),
    ],
)
def test_the_first_language_that_is_known_is_spoken(wanted: list[str], known: list[str], spoken: str) -> None:
    assert fitting_language(wanted, known) == spoken


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked otherwise")
@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"LANG": "id_ID.UTF-8"}, ["id_ID"]),
        ({"LANG": "id_ID.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, ["zh_CN"]),
        (
            {"LANG": "en_MY.UTF-8", "LC_MESSAGES": "ms_MY@latin", "LANGUAGE": "zh_CN:ms"},
            ["zh_CN", "ms", "ms_MY"],
        ),
        ({"LC_ALL": ""}, []),
        ({}, []),
    ],
)
def test_the_environment_names_the_languages_the_dearest_first(
    environment: dict[str, str], wanted: list[str]
) -> None:
    assert system_languages(environment) == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked otherwise")
def test_nothing_chosen_means_the_language_of_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "id" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "parcelguard.mo").open("wb") as file:
        write_mo(file, Catalog(locale="id"))
    assert languages(tmp_path) == ["id"]
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANGUAGE", "")
    try:
        for system, spoken in (("id_ID.UTF-8", "id"), ("de_DE.UTF-8", ENGLISH)):
            monkeypatch.setenv("LANG", system)
            use_language("", tmp_path)
            assert language() == spoken
    finally:
        use_language(ENGLISH)
