"""What buyers will read is looked over first, and can be tried out on a buyer of the sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from parcelguard.core.config import Settings, load_settings
from parcelguard.core.errors import SettingsError
from parcelguard.core.marketplace_facts import ALL
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.ports import AccessState
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running
from parcelguard.shops.practice import Sandbox, equip
from parcelguard.shops.preset import presets, remarks
from parcelguard.shops.views import Weight
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.shop_words import rehearsed
from parcelguard.vault.vault import vault_at
from tests.support.shop_office import MESSAGE, WRITTEN, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "settings.toml").write_text(WRITTEN, encoding="utf-8")
    made = Office(tmp_path)
    yield made
    made.keeping.stop_waiting()


# ---- the preset message ------------------------------------------------------------------


def test_the_buyer_is_shown_as_he_will_read_it(office: Office) -> None:
    shown = office.keeping.preview_message("kopi-lazada", "Hi {buyer}, {order}: {items}. {tracking} {shop}")
    assert shown.text.startswith("Hi Tan W., 578331042991704: 2 × Enamel mug")
    assert shown.text.endswith("Kopi & Co Official")
    assert (shown.length, shown.longest) == (len(shown.text), 500)


def test_a_harmless_message_has_no_remarks(office: Office) -> None:
    for shop_id in ("kopi", "kopi-lazada", "bazaar"):
        presets = office.keeping.ready_messages(shop_id)
        assert presets
        for text in (MESSAGE, *(preset.text for preset in presets)):
            assert office.keeping.check_message(shop_id, text) == ()


@pytest.mark.parametrize("region", ["MY", "SG", "ID", "TH", "VN", "PH", "TW", "BR", "XX"])
def test_every_country_has_ready_messages_that_can_be_saved(office: Office, region: str) -> None:
    shop_id = office.keeping.add_shop(
        {"marketplace": "shopee", "name": region, "partner_id": 1, "shop_id": 9}, {}
    )
    for preset in presets(region):
        assert remarks(office.written().shops[-1], preset.text) == ()
        office.keeping.change_shop(shop_id, {"message": preset.text})


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("See https://kopi.example/track for {order}", "https://kopi.example/track"),
        ("{order}: visit www.kopi.my/photos", "www.kopi.my/photos"),
        ("{order} kopi.com.my", "kopi.com.my"),
        ("{order} wa.me/60123456789", "wa.me/60123456789"),
        ("{order}, call +60 12-345 6789", "+60 12-345 6789"),
        ("{order}, call 0123456789.", "0123456789"),
        ("{order}, write to aina@kopi.com.my", "aina@kopi.com.my"),
        ("{order} from our Lazada shop", "Lazada"),
        ("{order}, we are on whatsapp", "whatsapp"),
        ("{order}: your voucher waits", "voucher"),
        ("{order} sudah dikirim, beri bintang 5 ya", "bintang 5"),
        ("{order} เรามีส่วนลดให้", "ส่วนลด"),
        ("{order} 好评返现", "好评"),
    ],
)
def test_what_a_marketplace_may_hide_is_marked_in_the_text(office: Office, text: str, marked: str) -> None:
    remark, *others = office.keeping.check_message("kopi", text)
    assert remark.weight is Weight.LOOK
    assert remark.span is not None
    assert text[slice(*remark.span)] == marked
    assert not [other for other in others if other.span == remark.span]


def test_the_own_marketplace_may_be_named(office: Office) -> None:
    assert office.keeping.check_message("kopi", "{order} from our Shopee shop") == ()
    assert office.keeping.check_message("bazaar", "{order} from our Shopee shop") == ()
    values = {"marketplace": "tiktok", "region": "ID", "name": "T", "app_key": "k"}
    tokopedia = office.keeping.add_shop(values, {})
    assert office.keeping.check_message(tokopedia, "{order} dari toko Tokopedia kami") == ()


def test_ones_own_inbox_is_policed_by_nobody(office: Office) -> None:
    values = {"marketplace": "chatwoot", "region": "ID", "name": "WA", "host": "https://chat.example"}
    inbox = office.keeping.add_shop({**values, "shop_id": 1, "inbox_id": 2}, {"shop": "t"})
    assert office.keeping.check_message(inbox, "{order} https://kopi.example +60 12-345 6789") == ()
    assert office.keeping.shops()[-1].access.state is AccessState.AUTHORISED  # as far as its key tells


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "Write what the buyer reads"),
        ("  \n", "Write what the buyer reads"),
        ("Thank you", "Put {order} somewhere"),
        ("{order} {oder}", "{oder} is not known. You can use {buyer}, {order}"),
        ("{order}" + "x" * 500, "characters when filled. Lazada takes at most 500."),
        ("{order}" + "x" * 2000, "longer than 2000 characters"),
    ],
)
def test_what_cannot_be_saved_comes_first(office: Office, text: str, advice: str) -> None:
    first = office.keeping.check_message("kopi-lazada", text + (" www.kopi.my" if "Thank" in text else ""))[0]
    assert first.weight is Weight.STOP
    assert advice in said(first.reason).advice


def test_a_long_list_of_items_is_shortened_rather_than_refused(office: Office) -> None:
    text = "{order} {items} " + "x" * 440
    assert office.keeping.check_message("kopi-lazada", text) == ()


# ---- trying it out -----------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, row in ALL.items() if row.has_chat])
def test_a_test_goes_through_the_real_calls_to_the_sandbox_and_shows_what_the_buyer_saw(
    office: Office, name: str
) -> None:
    keys = {"app_key": "x", "partner_id": 1, "shop_id": 2, "inbox_id": 3, "host": "https://real.example"}
    shop_id = office.keeping.add_shop({"marketplace": name, "region": "ID", "name": "Kopi ID", **keys}, {})

    rehearsal = office.keeping.send_test(shop_id, "Hi, {order} of {shop} is packed.")

    assert rehearsal.error is None
    text, picture = rehearsal.seen
    assert re.fullmatch(r"Hi, \w+ of Kopi ID is packed\.", text.text)
    assert picture.picture.startswith(b"\xff\xd8")
    assert rehearsed(rehearsal) == "The test buyer got 1 picture and the message."
    assert office.vault.load(shop_id) is None  # its own keys and tokens had no part in it


def test_a_test_tells_what_a_marketplace_refuses(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Sandbox.post

    def post(sandbox: Sandbox, path: str, wish: Mapping[str, Any]) -> Any:
        answer = begun(sandbox, path, wish)
        if path == "/admin/orders":
            begun(
                sandbox, "/admin/faults", {"kind": "error", "error": "chat_forbidden", "path": "send_message"}
            )
        return answer

    monkeypatch.setattr(Sandbox, "post", post)
    rehearsal = office.keeping.send_test("kopi", MESSAGE)

    assert rehearsal.error is not None
    assert rehearsed(rehearsal) == said(rehearsal.error.reason).headline
    assert rehearsal.seen == ()


def test_by_hand_there_is_nothing_to_try(office: Office) -> None:
    with pytest.raises(SettingsError) as raised:
        office.keeping.send_test("bazaar", MESSAGE)
    assert raised.value.reason == because(ShopReason.NO_CHAT_TO_TEST)
    with pytest.raises(SettingsError) as raised:
        office.keeping.send_test("kopi", "no order")
    assert raised.value.reason.kind is ShopReason.MESSAGE_WITHOUT_ORDER


def test_a_shop_is_equipped_with_what_a_sandbox_hands_out(tmp_path: Path) -> None:
    world = demo_world(orders=1, marketplaces=("lazada",))
    vault = vault_at(tmp_path / "secrets.json", "file")
    with running(world) as address:
        seller = httpx.get(f"{address}/admin/seller").json()
    shop = load_settings_of(
        '[[shops]]\nid = "l"\nmarketplace = "lazada"\nname = "L"\napp_key = "x"\n', tmp_path
    )

    sold = equip(shop.shops[0], seller, address, vault)

    assert (sold.app_key, sold.chat_app_key, sold.shop_id) == ("900100", "900200", seller["shop_id"])
    orders, chat = vault.load("l"), vault.load("l/chat")
    assert orders is not None
    assert chat is not None
    assert orders.app_secret != chat.app_secret
    assert orders.refresh_ends_at > orders.expires_at > utc_now().timestamp()


def load_settings_of(text: str, folder: Path) -> Settings:
    (folder / "one.toml").write_text(text)
    return load_settings(folder / "one.toml")
