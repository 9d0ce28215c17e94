"""The settings file: what it may say, and how mistakes are told."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import httpx
import pytest

from parcelguard.chat.registry import house_rules
from parcelguard.core.config import (
    BenchSettings,
    Folders,
    Settings,
    folders_of,
    home_folder,
    load_settings,
    parse_settings,
)
from parcelguard.core.errors import SettingsError
from parcelguard.core.preset_message import DEFAULT_MESSAGE
from parcelguard.core.times import QuietHours

SHOP = """
[[shops]]
id = "kopi"
name = "Kopi & Co"
partner_id = 2001887
shop_id = 227700123
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    return [line.strip() for line in str(caught.value).splitlines()]


def test_missing_file_and_empty_file_mean_the_defaults(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.touch()

    assert load_settings(tmp_path / "none.toml") == load_settings(empty) == Settings()


def test_shop_is_off_and_talks_to_the_real_host_until_told_otherwise() -> None:
    (shop,) = parse_settings(SHOP).shops

    assert (shop.send, shop.host, shop.message) == (False, "", DEFAULT_MESSAGE)
    assert shop.shop().enabled is False
    assert shop.shop().label == "Shopee MY"


def test_every_wrong_value_is_named_with_its_place() -> None:
    text = """
    [bench]
    station = ""
    [camera]
    width = "wide"
    quality = 101
    symbologies = ["Code128", "Morse"]
    [screen]
    theme = "pink"
    [[shops]]
    id = "Kopi Shop"
    name = "Kopi"
    partner_id = -1
    shop_id = 5
    """

    told = mistakes(text)

    assert [line.split(" = ")[0].split(":")[0] for line in told] == [
        "bench.station",
        "camera.width",
        "camera.quality",
        "camera.symbologies",
        "screen.theme",
        "shops[1].id",
        "shops[1].partner_id",
    ]
    assert told[2] == "camera.quality = 101: expected a whole number from 50 to 100"


def test_unknown_keys_are_named_with_those_that_are_known() -> None:
    told = mistakes("[bench]\nstatoin = 'Bench 02'\n[colours]\nred = 1\n")

    assert told[0] == "bench.statoin: not a setting; known here: station, packer"
    assert told[1].startswith("colours: not a setting; known here: bench, camera")


def test_value_where_a_section_is_due_is_told() -> None:
    assert mistakes("bench = 7") == ["bench: expected a section, found 7"]
    assert mistakes("shops = 7") == ["shops: write each shop as its own [[shops]] section"]
    assert mistakes("shops = [7]") == ["shops[1]: expected a section, found 7"]


def test_missing_values_of_a_shop_are_told() -> None:
    assert mistakes("[[shops]]\nid = 'kopi'\n") == ["shops[1].name: missing"]


@pytest.mark.parametrize(
    ("marketplace", "told"),
    [
        ("shopee", ["partner_id", "shop_id"]),
        ("lazada", ["app_key"]),
        ("tiktok", ["app_key"]),
        ("chatwoot", ["host", "shop_id", "inbox_id"]),
        ("manual", []),
    ],
)
def test_each_marketplace_says_what_its_shops_need(marketplace: str, told: list[str]) -> None:
    text = f"[[shops]]\nid = 'kopi'\nname = 'Kopi'\nmarketplace = '{marketplace}'\n"
    if told:
        assert [line.split(":")[0] for line in mistakes(text)] == [f"shops.kopi.{name}" for name in told]
    else:
        assert parse_settings(text).shops[0].shop().by_hand


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("marketplace = 'bukalapak'", "shops.kopi.marketplace = 'bukalapak': expected one of shopee, lazada"),
        ("marketplace = 'lazada'\napp_key = '1'\nregion = 'TW'", "shops.kopi.region: Lazada is in MY, SG"),
        ("marketplace = 'manual'\ncodes = '['", "shops.kopi.codes: no pattern"),
    ],
)
def test_what_a_marketplace_does_not_know_is_told(line: str, told: str) -> None:
    (mistake,) = mistakes(f"[[shops]]\nid = 'kopi'\nname = 'Kopi'\n{line}\n")
    assert mistake.startswith(told)


def test_master_switch_turns_off_every_shop_of_its_marketplace() -> None:
    text = f'marketplaces_off = ["shopee"]\n{SHOP}send = true\n'
    assert not parse_settings(text).packing_shops()["kopi"].enabled
    assert parse_settings(f"{SHOP}send = true\n").packing_shops()["kopi"].enabled


def test_indonesian_shop_is_called_as_the_marketplace_wants_it() -> None:
    text = "[[shops]]\nid = 'kopi'\nname = 'Kopi'\nmarketplace = 'tiktok'\napp_key = '1'\nregion = 'ID'\n"
    assert parse_settings(text).shops[0].shop().label == "Tokopedia & Shop"


def test_long_wrong_value_is_shortened() -> None:
    (told,) = mistakes(f"[bench]\npacker = '{'x' * 400}'\n")
    assert len(told) < 150


def test_text_that_is_no_toml_is_told_with_its_line() -> None:
    (told,) = mistakes("[bench\n")
    assert "line 1" in told


def test_byte_order_mark_of_windows_editors_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[bench]\nstation = 'Bench 07'\n", encoding="utf-8-sig")

    assert load_settings(file).bench == BenchSettings(station="Bench 07")


def test_file_is_named_when_it_cannot_be_read_or_is_wrong(tmp_path: Path) -> None:
    wrong, latin = tmp_path / "wrong.toml", tmp_path / "latin.toml"
    wrong.write_text("bench = 7")
    latin.write_bytes("name = 'Café'".encode("latin-1"))

    for file in (wrong, latin, tmp_path):
        with pytest.raises(SettingsError) as caught:
            load_settings(file)
        assert str(file) in str(caught.value)
        assert caught.value.reason["path"] == str(file)


def test_unknown_placeholder_is_a_mistake() -> None:
    (told,) = mistakes(SHOP + 'message = "Hi {buyr}, order {order}"')
    assert told == "shops.kopi.message: unknown placeholder {buyr}"


def test_message_must_name_the_order() -> None:
    (told,) = mistakes(SHOP + 'message = "Hi {buyer}"')
    assert told.startswith("shops.kopi.message: {order} is missing")


def test_one_shop_under_two_ids_is_a_mistake() -> None:
    again = SHOP.replace('"kopi"', '"teh"')
    (told,) = mistakes(SHOP + again)
    assert told == "shops: 'kopi' and 'teh' are the same shop (shop_id 227700123)"
    assert len(parse_settings(SHOP + again.replace("227700123", "227700124")).shops) == 2


@pytest.mark.parametrize(
    "host",
    [
        "https://partner:abc",
        "https://partner:",
        "https://partner:0",
        "https://partner:99999",
        "https://partner:-1",
        "https://:443",
        "https://[::g]",
        "https://[::1",
        "https://[::1]x",
        "https://a..b",
        "https://-a.example",
        "https://a_b%20.example",
        "https://partner.shopeemobile.com\\\\x",
        "https://:",
        "https://[127.0.0.1]",
    ],
)
def test_host_that_cannot_be_one_is_a_mistake(host: str) -> None:
    (told,) = mistakes(f'{SHOP}host = "{host}"')
    assert "host" in told


@pytest.mark.parametrize(
    "host",
    [
        "https://partner.shopeemobile.com",
        "https://openplatform.shopee.com.br:8443",
        "https://[2001:db8::1]:443",
    ],
)
def test_host_that_passes_can_be_called(host: str) -> None:
    assert httpx.URL(parse_settings(f'{SHOP}host = "{host}"').shops[0].host).host


def test_the_same_shop_twice_is_a_mistake() -> None:
    assert mistakes(SHOP + SHOP) == ["shops: the id 'kopi' is used twice"]


@pytest.mark.parametrize("host", ["http://127.0.0.1:8899", "http://localhost", "http://[::1]:8899"])
def test_plain_http_is_allowed_to_this_computer(host: str) -> None:
    assert parse_settings(f'{SHOP}host = "{host}"').shops[0].host == host


@pytest.mark.parametrize(
    "host",
    [
        "http://partner.shopeemobile.com",
        "http://127.0.0.1.example.com",
        "http://localhost:80@example.com",
        "http://127.0.0.1:x@example.com",
        "ftp://127.0.0.1",
        "https://user:password@example.com",
        "https://example.com/path",
        "example.com",
    ],
)
def test_plain_http_to_anywhere_else_and_odd_addresses_are_refused(host: str) -> None:
    (told,) = mistakes(f'{SHOP}host = "{host}"')
    assert ".host" in told


def test_gaps_that_contradict_each_other_are_a_mistake() -> None:
    (told,) = mistakes("[scanner]\nmean_gap_ms = 200\nlargest_gap_ms = 60\n")
    assert told.startswith("scanner.largest_gap_ms")


def test_folders_lie_in_the_home_unless_named(tmp_path: Path) -> None:
    assert folders_of(tmp_path, Settings()).media == tmp_path / "media"
    named = parse_settings("[folders]\nmedia = '/srv/photos'")
    assert folders_of(tmp_path, named).media == Path("/srv/photos")
    relative = parse_settings("[folders]\nmedia = 'pictures'")
    assert folders_of(tmp_path, relative).media == tmp_path / "pictures"


def test_home_is_the_chosen_one_then_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCELGUARD_HOME", str(tmp_path / "environment"))

    assert home_folder(str(tmp_path / "chosen")) == tmp_path / "chosen"
    assert home_folder() == tmp_path / "environment"
    monkeypatch.delenv("PARCELGUARD_HOME")
    assert "ParcelGuard" in str(home_folder())


def test_folders_are_made_for_this_account_only(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "home", tmp_path / "home" / "media")

    folders.make()
    folders.make()

    assert folders.media.is_dir()
    assert folders.home.stat().st_mode & 0o077 == 0
    assert {folders.database.parent, folders.secrets.parent, folders.settings.parent} == {folders.home}


def test_rules_of_the_house_are_read_from_the_shop() -> None:
    text = 'late_after_minutes = 30\nquiet_hours = "22:00-07:30"\nwhen_absent = "once"\n'
    (shop,) = parse_settings(SHOP + text).shops
    rules = house_rules(shop)
    assert rules.late_after == timedelta(minutes=30)
    assert rules.quiet == QuietHours(timedelta(hours=8), time(22), time(7, 30))
    assert rules.resend_when_absent


@pytest.mark.parametrize("told", ["21-8", "24:00-08:00", "21:60-08:00", "never", ""])
def test_quiet_hours_that_are_no_times_are_named(told: str) -> None:
    with pytest.raises(SettingsError, match="quiet_hours"):
        parse_settings(SHOP + f'quiet_hours = "{told}"\n')


@pytest.mark.parametrize("language", ["", "en", "id", "zh_CN", "zh_Hans_CN", "pseudo"])
def test_a_language_is_a_code_or_the_systems(language: str) -> None:
    assert parse_settings(f'[screen]\nlanguage = "{language}"').screen.language == language


@pytest.mark.parametrize("language", ["English", "zh-CN", "../id", "id/", " "])
def test_what_is_no_code_of_a_language_is_named(language: str) -> None:
    with pytest.raises(SettingsError, match=r"screen\.language.*expected a language such as"):
        parse_settings(f'[screen]\nlanguage = "{language}"')
