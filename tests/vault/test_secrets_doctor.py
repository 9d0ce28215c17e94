"""What `parcelguard doctor` says about the shops' keys: where they lie, and whether that is good."""

from __future__ import annotations

from pathlib import Path

import pytest

from parcelguard.commands.doctor import Finding, Topic, Verdict, _host, _shops
from parcelguard.core.config import Folders, Settings, ShopSettings
from parcelguard.vault import data_key as datakey
from parcelguard.vault.vault import Secrets, vault_at

SHOPEE = ShopSettings(id="kopi", name="Kopi", partner_id=1, shop_id=2, send=True)
LAZADA = ShopSettings(id="teh", marketplace="lazada", name="Teh", app_key="1", chat_app_key="2")
TIKTOK = ShopSettings(id="susu", marketplace="tiktok", region="ID", name="Susu", app_key="1")
BY_HAND = ShopSettings(id="roti", marketplace="manual", name="Roti")
TOKENS = Secrets("key", "access", "refresh", 4e9)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "parcelguard.commands.doctor._clock", lambda host: Finding(Verdict.OK, Topic.CLOCK, host)
    )


def told(home: Path, *shops: ShopSettings) -> list[tuple[str, str, str]]:
    findings = _shops(Settings(shops=shops), Folders(home, home / "media"))
    return [(finding.topic.value, finding.verdict.value, finding.words) for finding in findings]


def about_secrets(home: Path) -> tuple[str, str]:
    (found,) = [(verdict, words) for what, verdict, words in told(home, SHOPEE) if what == "secrets"]
    return found


def test_key_in_a_file_is_a_permanent_warning(tmp_path: Path) -> None:
    vault_at(tmp_path / "secrets.json", "file").keep("kopi", TOKENS)
    verdict, words = about_secrets(tmp_path)
    assert verdict == "look"
    assert "whoever copies it can use your shops" in words


def test_key_behind_a_passphrase_is_well_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datakey, "ask_at_terminal", lambda prompt: "twelve little parcels")
    vault_at(tmp_path / "secrets.json", "passphrase").keep("kopi", TOKENS)
    assert about_secrets(tmp_path) == ("ok", "locked with a passphrase")


def test_keys_that_do_not_open_are_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    vault_at(tmp_path / "secrets.json", "file").keep("kopi", TOKENS)
    (tmp_path / "secrets.key").unlink()
    verdict, words = about_secrets(tmp_path)
    assert verdict == "bad"
    assert "cannot be opened on this computer" in words
    assert told(tmp_path, SHOPEE)[-1] == ("clock", "ok", "https://open.shopee.com")


def test_shop_is_connected_when_each_of_its_consents_was_given(tmp_path: Path) -> None:
    vault = vault_at(tmp_path / "secrets.json", "file")
    vault.keep("kopi", TOKENS)
    vault.keep("teh", TOKENS)
    vault.keep("teh/chat", Secrets("key"))

    def shops() -> list[str]:
        findings = told(tmp_path, SHOPEE, LAZADA, TIKTOK, BY_HAND)
        return [words for what, _, words in findings if what == "shop"]

    assert shops() == [
        "Kopi (Shopee MY): connected, sends",
        "Teh (Lazada MY): not connected, sending is off. Run: parcelguard connect teh",
        "Susu (Tokopedia & Shop): not connected, sending is off. Run: parcelguard connect susu",
        "Roti (By hand MY): by hand",
    ]
    vault.keep("teh/chat", TOKENS)
    assert shops()[1] == "Teh (Lazada MY): connected, sending is off"


def test_clock_is_compared_with_each_marketplace_that_can_be_named(tmp_path: Path) -> None:
    folders = Folders(tmp_path, tmp_path / "media")
    assert [_host(each, folders) for each in (SHOPEE, LAZADA, TIKTOK, BY_HAND)] == [
        "https://open.shopee.com",
        "https://auth.lazada.com",
        "",
        "",
    ]
