"""The settings file is changed as its owner would do it: carefully, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parcelguard.core.config import Settings, load_settings
from parcelguard.core.errors import SettingsError, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.shops.settings_file import SettingsFile
from parcelguard.ui.words.reasons.saying import said

WRITTEN = """\
# The bench by the door
[bench]
station = "Bench 07"  # painted on the table

# The first shop, opened 2019
[[shops]]
id = "kopi"  # never change this
name = "Kopi & Co"
partner_id = 7
shop_id = 5
message = '''Hi {buyer},
[your] order {order} is packed.'''
send = false  # until the owner has read it

# Singapore
[[shops]]
id = "kopi-sg"
name = "Kopi SG"
region = "SG"
partner_id = 7
shop_id = 6
# below the second shop

[screen]
theme = "light"
"""
NEW = {"id": "tt", "marketplace": "tiktok", "region": "ID", "name": "Kopi ID", "app_key": "k"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_a_changed_value_is_the_only_line_that_differs(path: Path) -> None:
    settings = SettingsFile(path).change_shop("kopi", {"send": True})

    assert settings.shops[0].send
    changed = [
        pair for pair in zip(lines(WRITTEN), lines(path.read_text()), strict=True) if len(set(pair)) > 1
    ]
    assert changed == [
        ("send = false  # until the owner has read it", "send = true  # until the owner has read it")
    ]


def test_a_new_value_stands_with_its_shop_and_not_below_the_next_remark(path: Path) -> None:
    SettingsFile(path).change_shop("kopi", {"quiet_hours": "off"})

    after = lines(path.read_text())
    assert after.index('quiet_hours = "off"') == after.index("# Singapore") - 2
    assert [line for line in after if line != 'quiet_hours = "off"'] == lines(WRITTEN)


def test_texts_of_any_letters_and_lines_come_back_as_they_were(path: Path) -> None:
    message = "สวัสดี \"{buyer}\"\n[[shops]]\n# {order} \\ ''' ✓"

    SettingsFile(path).change_shop("kopi", {"message": message})

    assert load_settings(path).shops[0].message == message
    SettingsFile(path).change_shop("kopi-sg", {"send": True})
    assert load_settings(path).shops[0].message == message


def test_taking_a_value_back_leaves_the_usual_one(path: Path) -> None:
    file = SettingsFile(path)
    file.change_shop("kopi", {"seconds_between_messages": 3})

    assert (
        file.change_shop("kopi", {"seconds_between_messages": None}).shops[0].seconds_between_messages is None
    )
    assert path.read_text() == WRITTEN


def test_a_shop_is_added_below_the_others_and_before_what_follows(path: Path) -> None:
    settings = SettingsFile(path).add_shop(NEW)

    assert [shop.id for shop in settings.shops] == ["kopi", "kopi-sg", "tt"]
    after = path.read_text()
    assert after.index('id = "kopi-sg"') < after.index('id = "tt"') < after.index("[screen]")
    assert set(lines(WRITTEN)) <= set(lines(after))


def test_the_first_shop_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.toml"

    SettingsFile(path).add_shop(NEW)

    assert load_settings(path).shops[0].name == "Kopi ID"
    assert path.read_text().startswith("[[shops]]")


def test_a_removed_shop_takes_only_its_own_lines_along(path: Path) -> None:
    SettingsFile(path).remove_shop("kopi")

    settings = load_settings(path)
    assert [shop.id for shop in settings.shops] == ["kopi-sg"]
    for kept in ("# The first shop, opened 2019", "# Singapore", "# below the second shop", "[screen]"):
        assert kept in path.read_text()


def test_the_last_shop_can_be_removed_and_another_one_added(path: Path) -> None:
    file = SettingsFile(path)
    for shop_id in ("kopi", "kopi-sg"):
        file.remove_shop(shop_id)

    assert [shop.id for shop in file.add_shop(NEW).shops] == ["tt"]
    assert load_settings(path).screen.theme == "light"


def test_master_switches_stand_above_all_sections(path: Path) -> None:
    file = SettingsFile(path)

    assert file.switch_marketplaces_off(("lazada", "tiktok")).marketplaces_off == ("lazada", "tiktok")
    assert path.read_text().startswith("marketplaces_off")
    file.switch_marketplaces_off(())
    assert load_settings(path).marketplaces_off == ()
    assert "# The bench by the door\n[bench]" in path.read_text()


@pytest.mark.parametrize(
    ("values", "mistake"),
    [
        ({"region": "Malaysia"}, "two capital letters"),
        ({"messag": "x"}, "not a setting"),
        ({"message": "Hi {order} {colour}"}, "unknown placeholder {colour}"),
        ({"shop_id": 6, "region": "SG"}, "are the same shop"),
    ],
)
def test_a_wrong_value_is_named_and_the_file_stays(path: Path, values: dict[str, Any], mistake: str) -> None:
    with pytest.raises(SettingsError) as raised:
        SettingsFile(path).change_shop("kopi", values)

    assert raised.value.reason.kind is ShopReason.WRONG_VALUES
    assert mistake in said(raised.value.reason).advice
    assert path.read_text() == WRITTEN


def test_a_file_damaged_meanwhile_is_not_written_over(path: Path) -> None:
    file = SettingsFile(path)
    file.change_shop("kopi", {"send": True})
    damaged = path.read_text() + "\n[screen\n"
    path.write_text(damaged)

    changes: list[Callable[[], Settings]] = [
        lambda: file.change_shop("kopi", {"send": False}),
        lambda: file.add_shop(NEW),
        lambda: file.remove_shop("kopi"),
        lambda: file.switch_marketplaces_off(("lazada",)),
    ]
    for change in changes:
        with pytest.raises(SettingsError, match="not readable as TOML") as raised:
            change()
        assert "Nothing was changed" in said(raised.value.reason).advice
    assert path.read_text() == damaged


def test_a_file_that_is_no_text_is_not_written_over(path: Path) -> None:
    path.write_bytes(b"\xff\xfe[bench]")

    with pytest.raises(SettingsError, match="utf-8") as raised:
        SettingsFile(path).change_shop("kopi", {"send": True})
    assert raised.value.reason == because(ShopReason.SETTINGS_UNREADABLE, path=str(path))
    assert path.read_bytes() == b"\xff\xfe[bench]"


@pytest.mark.parametrize(
    "text",
    [
        'shops = [{ id = "kopi", name = "K", partner_id = 7, shop_id = 5 }]\n',
        '[[ shops ]]\nid = "kopi"\nname = "K"\npartner_id = 7\nshop_id = 5\n',
        '[[shops]]\nid = "a"\nname = "A"\npartner_id = 7\nshop_id = 4\n'
        'message = """{order} \\"""\n[[shops]]\nsend = false\n[bench]\n\\"""x"""\n\n'
        '[[shops]]\nid = "kopi"\nname = "K"\npartner_id = 7\nshop_id = 5\n',
    ],
    ids=["shops in one line", "an unusual header", "a text that looks like sections"],
)
def test_what_cannot_be_changed_safely_is_left_to_a_person(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)

    with pytest.raises(SettingsError) as raised:
        SettingsFile(path).change_shop("kopi", {"send": True})

    assert "by hand" in said(raised.value.reason).advice
    assert path.read_text() == text


def test_an_unknown_shop_is_refused(path: Path) -> None:
    file = SettingsFile(path)
    changes: list[Callable[[], Settings]] = [
        lambda: file.change_shop("teh", {"send": True}),
        lambda: file.remove_shop("teh"),
    ]
    for change in changes:
        with pytest.raises(SettingsError) as raised:
            change()
        assert raised.value.reason == because(ShopReason.NO_SUCH_SHOP)
    assert path.read_text() == WRITTEN


def test_windows_line_ends_and_byte_order_marks_are_no_obstacle(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + WRITTEN.replace("\n", "\r\n").encode())

    SettingsFile(path).change_shop("kopi", {"send": True})

    raw = path.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert load_settings(path).shops[0].send


def test_a_file_that_is_kept_elsewhere_is_changed_there(path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere" / "bench.toml"
    kept.parent.mkdir()
    path.replace(kept)
    path.symlink_to(kept)

    SettingsFile(path).change_shop("kopi", {"send": True})

    assert path.is_symlink()
    assert load_settings(kept).shops[0].send


def test_a_full_disk_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError):
        SettingsFile(path).change_shop("kopi", {"send": True})

    assert path.read_text() == WRITTEN
    assert sorted(path.parent.iterdir()) == [path]


def test_two_changes_at_once_are_both_there_afterwards(path: Path) -> None:
    file = SettingsFile(path)
    both = [
        threading.Thread(target=file.change_shop, args=(shop_id, {"late_after_minutes": minutes}))
        for shop_id in ("kopi", "kopi-sg")
        for minutes in range(20, 40)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert all(20 <= shop.late_after_minutes < 40 for shop in load_settings(path).shops)
