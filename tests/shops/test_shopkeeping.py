"""The shops are looked after: seen, changed, switched, added, connected and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from parcelguard.core.errors import SettingsError
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.ports import Access, AccessState
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.shops.standing import Remedy, Standing, Today, midnight, standing_of, today_of
from parcelguard.shops.views import NoticeUnread, Sends
from parcelguard.store.views import Tone
from parcelguard.ui.words import shop_words
from parcelguard.ui.words.access_words import access_words
from parcelguard.ui.words.reasons.saying import said
from parcelguard.vault.vault import Secrets
from tests.support.shop_office import MESSAGE, WRITTEN, Office, Sandboxed

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "settings.toml").write_text(WRITTEN, encoding="utf-8")
    made = Office(tmp_path)
    yield made
    made.keeping.stop_waiting()


# ---- rows --------------------------------------------------------------------------------


def test_a_row_says_whose_shop_it_is_and_that_it_is_not_connected(office: Office) -> None:
    kopi, lazada, bazaar = office.keeping.shops()

    assert (kopi.label, lazada.label, bazaar.label) == ("Shopee MY", "Lazada SG", "By hand MY")
    assert kopi.standing == Standing(AccessState.NOT_CONNECTED, Tone.BAD, Remedy.AUTHORISE)
    assert kopi.access.reason == because(ShopReason.CONSENT_MISSING, marketplace="Shopee")
    assert (kopi.sends, kopi.today, kopi.on, kopi.live) == (Sends.NOTHING, Today(), False, False)
    assert (shop_words.sends(kopi), shop_words.today(kopi.today)) == ("—", "—")
    assert [(grant.grant, grant.keyed, grant.connected) for grant in lazada.grants] == [
        ("orders", False, False),
        ("chat", False, False),
    ]
    assert (access_words(bazaar.standing), bazaar.sends, bazaar.grants) == ("By hand", Sends.BY_HAND, ())
    assert shop_words.sends(bazaar) == "By hand"


def test_one_of_two_consents_is_not_enough_to_write_to_buyers(office: Office) -> None:
    office.vault.keep("kopi-lazada", Secrets("s", "access", "refresh"))

    row = office.keeping.shops()[1]

    assert (row.access.state, row.access.orders) == (AccessState.NOT_CONNECTED, True)
    assert row.access.reason == because(ShopReason.CHAT_CONSENT_MISSING)
    office.vault.keep("kopi-lazada/chat", Secrets("s", "access", "refresh"))
    assert office.keeping.shops()[1].access.state is AccessState.AUTHORISED


def test_a_consent_that_has_ended_is_known_without_asking(office: Office) -> None:
    ended = Secrets("s", "access", "refresh", refresh_ends_at=utc_now().timestamp() - 1)
    office.vault.keep("kopi", ended)
    row = office.keeping.shops()[0]
    assert row.access.reason == because(ShopReason.CONSENT_ENDED, marketplace="Shopee")
    assert access_words(row.standing) == "Needs consent again"


def test_keys_that_cannot_be_opened_hide_no_shop_and_can_be_switched_off(
    office: Office, tmp_path: Path
) -> None:
    office.keeping.switch_shop("kopi", on=True, notice_read=True)
    (tmp_path / "secrets.json").write_text("{")

    kopi, _, bazaar = office.keeping.shops()

    assert (kopi.access.state, kopi.grants) == (AccessState.UNREACHABLE, ())
    assert said(kopi.access.reason).headline == "The file with the shops’ keys cannot be read."
    assert bazaar.access.state is AccessState.BY_HAND
    office.keeping.switch_shop("kopi", on=False)
    assert not office.keeping.shops()[0].on


def test_figures_are_those_of_today_by_the_bench_clock(office: Office) -> None:
    office.figures = {"kopi": {ProofState.DELIVERED: 90, ProofState.PARTLY: 6, ProofState.ATTENTION: 1}}

    kopi, lazada, _ = office.keeping.shops()

    assert kopi.today == Today(delivered=96, failed=1)
    assert (shop_words.today(kopi.today), shop_words.today(lazada.today)) == ("96 · 1 failed", "—")
    [since] = office.since
    local = since.astimezone()
    assert (local.hour, local.minute, local.second) == (0, 0, 0)
    assert timedelta(0) <= utc_now() - since < timedelta(hours=26)


@pytest.mark.parametrize(
    ("access", "words", "tone", "remedy"),
    [
        (Access(AccessState.AUTHORISED), "Authorised", Tone.OK, Remedy.NOTHING),
        (
            Access(AccessState.AUTHORISED, NOW + timedelta(days=26, hours=3)),
            "Authorised · 26 days left",
            Tone.OK,
            Remedy.NOTHING,
        ),
        (
            Access(AccessState.AUTHORISED, NOW + timedelta(days=2, hours=1)),
            "Expires in 2 days",
            Tone.WAIT,
            Remedy.AUTHORISE,
        ),
        (
            Access(AccessState.AUTHORISED, NOW + timedelta(days=1, hours=1)),
            "Expires in 1 day",
            Tone.WAIT,
            Remedy.AUTHORISE,
        ),
        (
            Access(AccessState.AUTHORISED, NOW + timedelta(hours=2)),
            "Expires within a day",
            Tone.WAIT,
            Remedy.AUTHORISE,
        ),
        (Access(AccessState.AUTHORISED, NOW), "Needs consent again", Tone.BAD, Remedy.AUTHORISE),
        (Access(AccessState.CONSENT_AGAIN), "Needs consent again", Tone.BAD, Remedy.AUTHORISE),
        (Access(AccessState.NO_CHAT), "No chat permission", Tone.WAIT, Remedy.APPLY),
        (Access(AccessState.UNREACHABLE), "Cannot be reached now", Tone.WAIT, Remedy.TEST),
    ],
)
def test_access_is_told_in_few_words(access: Access, words: str, tone: Tone, remedy: Remedy) -> None:
    standing = standing_of(access, NOW)
    assert (access_words(standing), standing.tone, standing.remedy) == (words, tone, remedy)


def test_every_state_of_a_proof_is_counted_once_or_not_at_all() -> None:
    today = today_of(dict.fromkeys(ProofState, 1))
    assert today == Today(delivered=3, failed=1, waiting=2, by_hand=1)
    assert shop_words.today(today) == "3 · 1 failed · 2 waiting · 1 by hand"
    assert shop_words.today(Today(failed=2)) == "0 · 2 failed"


def test_midnight_is_the_one_before() -> None:
    assert timedelta(0) <= NOW - midnight(NOW) < timedelta(hours=26)


# ---- changes -----------------------------------------------------------------------------


def test_a_change_is_in_the_file_and_then_at_the_station(office: Office) -> None:
    office.keeping.change_shop("kopi", {"message": MESSAGE, "by_hand": True})

    assert office.applied == [office.written()]
    assert office.written().shops[0].message == MESSAGE
    assert office.keeping.shops()[0].sends is Sends.BY_HAND
    assert "# by the door" in office.path.read_text()


@pytest.mark.parametrize(
    ("values", "kind", "advice"),
    [
        ({"message": "Hello"}, ShopReason.MESSAGE_WITHOUT_ORDER, "Put {order} somewhere"),
        ({"message": "Hi {order} {colour}"}, ShopReason.UNKNOWN_PLACEHOLDER, "{colour} is not known"),
        ({"quiet_hours": "at night"}, ShopReason.WRONG_VALUES, "two times of the buyers’ day"),
        ({"id": "teh"}, ShopReason.SHOP_KEEPS_ITS_PLACE, "another shop"),
        ({"region": "SG"}, ShopReason.SHOP_KEEPS_ITS_PLACE, "another shop"),
    ],
)
def test_a_wrong_change_is_refused_and_nothing_happens(
    office: Office, values: dict[str, Any], kind: ShopReason, advice: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        office.keeping.change_shop("kopi", values)

    assert raised.value.reason.kind is kind
    assert advice in said(raised.value.reason).advice
    assert office.applied == []
    assert office.path.read_text() == WRITTEN


def test_sending_is_switched_on_only_by_who_has_read_the_notice(office: Office) -> None:
    attempts: list[Callable[[], None]] = [
        lambda: office.keeping.switch_shop("kopi", on=True),
        lambda: office.keeping.change_shop("kopi", {"send": True}),
    ]
    for attempt in attempts:
        with pytest.raises(NoticeUnread):
            attempt()
    assert not office.written().shops[0].send

    office.keeping.switch_shop("kopi", on=True, notice_read=True)
    assert office.written().shops[0].send
    row = office.keeping.shops()[0]
    assert (row.sends, shop_words.sends(row)) == (Sends.BY_PACKER, "On F4, by the packer")

    office.keeping.switch_shop("kopi", on=False)
    assert not office.applied[-1].shops[0].send


def test_a_master_switch_stops_all_shops_of_a_marketplace(office: Office) -> None:
    office.keeping.switch_shop("kopi", on=True, notice_read=True)
    office.keeping.switch_marketplace("shopee", on=False)

    kopi = office.keeping.shops()[0]
    assert (kopi.on, kopi.live, kopi.sends) == (True, False, Sends.NOTHING)
    rows = {row.marketplace.name: (row.on, row.shops) for row in office.keeping.marketplaces()}
    assert rows["shopee"] == (False, 1)
    assert rows["tiktok"] == (True, 0)

    office.keeping.switch_marketplace("shopee", on=True)
    assert office.keeping.shops()[0].live
    assert office.written().marketplaces_off == ()


def test_a_master_switch_that_a_person_turned_in_the_file_stays_turned(office: Office) -> None:
    office.path.write_text(f'marketplaces_off = ["tiktok"]\n\n{office.path.read_text()}')
    office.keeping.switch_marketplace("lazada", on=False)
    assert office.written().marketplaces_off == ("tiktok", "lazada")


def test_a_damaged_settings_file_is_told_and_the_station_keeps_going(office: Office) -> None:
    office.path.write_text("[[shops")
    for change in (
        lambda: office.keeping.switch_shop("kopi", on=False),
        lambda: office.keeping.switch_marketplace("shopee", on=False),
        lambda: office.keeping.add_shop({"name": "New"}, {"shop": "secret"}),
        lambda: office.keeping.remove_shop("kopi"),
    ):
        with pytest.raises(SettingsError) as raised:
            change()
        assert raised.value.reason == because(ShopReason.SETTINGS_DAMAGED)
        assert "Nothing was changed" in said(raised.value.reason).advice
    assert office.applied == []
    assert office.path.read_text() == "[[shops"
    assert len(office.keeping.shops()) == 3


def test_what_a_person_wrote_into_the_file_meanwhile_is_taken_along(office: Office) -> None:
    office.path.write_text(WRITTEN.replace("Bazaar", "Pasar"))
    office.keeping.switch_shop("kopi", on=False)
    assert office.applied[-1].shops[2].name == "Pasar"


# ---- adding and removing -----------------------------------------------------------------


def test_an_added_shop_is_off_and_its_secret_is_only_in_the_vault(office: Office) -> None:
    values = {"marketplace": "tiktok", "region": "ID", "name": "Kopi & Co", "app_key": "k", "service_id": "9"}

    shop_id = office.keeping.add_shop({**values, "send": True}, {"shop": " canary-secret \n"})

    assert shop_id == "kopi-co-tiktok-id"
    assert not office.written().shops[-1].send
    assert "canary" not in office.path.read_text()
    assert office.vault.load(shop_id) == Secrets(app_secret="canary-secret")
    row = office.keeping.shops()[-1]
    assert (row.label, row.grants[0].keyed) == ("Tokopedia & Shop", True)
    assert row.access.state is AccessState.NOT_CONNECTED


def test_names_of_any_script_make_ids_that_differ(office: Office) -> None:
    values = {"marketplace": "manual"}
    names = ["Kopi & Co", "KOPI CO", "กาแฟ", "咖啡", "Cà phê Đà Lạt " * 2]
    ids = [office.keeping.add_shop({**values, "name": name}, {}) for name in names]
    made = ["kopi-co", "kopi-co", "shop", "shop", "ca-phe-a-lat-ca-phe"]
    last = ["", "-2", "", "-2", ""]
    assert ids == [f"{name}-manual-my{number}" for name, number in zip(made, last, strict=True)]


def test_no_shop_elsewhere_takes_the_id_that_the_records_of_a_removed_one_carry(office: Office) -> None:
    name = {"name": "Kopi & Co"}
    first = office.keeping.add_shop({**name, "marketplace": "manual"}, {})
    office.keeping.remove_shop(first)

    other = office.keeping.add_shop(
        {**name, "marketplace": "lazada", "app_key": "1", "chat_app_key": "2"}, {}
    )
    assert other != first
    assert office.keeping.add_shop({**name, "marketplace": "manual", "region": "SG"}, {}) != first
    assert office.keeping.add_shop({**name, "marketplace": "manual"}, {}) == first  # it has its records again


def test_a_second_shop_may_use_the_app_of_the_first(office: Office) -> None:
    assert office.keeping.app_of("shopee") is None  # no keys yet
    office.keeping.enter_keys("kopi", {}, {"shop": "app-secret"})

    app = office.keeping.app_of("shopee")
    assert app is not None
    assert (app.shop_id, app.shop_name, dict(app.values)) == ("kopi", "Kopi & Co", {"partner_id": 7})
    new = office.keeping.add_shop(
        {"region": "SG", "name": "Kopi SG", "shop_id": 8}, {}, same_app_as=app.shop_id
    )

    added = office.written().shops[-1]
    assert (added.partner_id, added.shop_id) == (7, 8)
    assert office.vault.load(new) == Secrets(app_secret="app-secret")


def test_a_shop_that_cannot_be_added_leaves_no_secret_behind(office: Office) -> None:
    with pytest.raises(SettingsError) as raised:
        office.keeping.add_shop({"name": "Kopi 2", "partner_id": 7, "shop_id": 5}, {"shop": "canary"})

    assert "are the same shop" in said(raised.value.reason).advice
    assert office.vault.load("kopi-2") is None


def test_new_keys_of_another_app_end_the_old_tokens(office: Office) -> None:
    connected = Secrets("old", "access", "refresh", 1.0)
    for key in ("kopi", "kopi-lazada", "kopi-lazada/chat"):
        office.vault.keep(key, connected)

    office.keeping.enter_keys("kopi", {"partner_id": 7}, {"shop": ""})
    assert office.vault.load("kopi") == connected  # nothing new was entered

    office.keeping.enter_keys("kopi", {"partner_id": 8}, {"shop": ""})
    assert office.vault.load("kopi") == Secrets("old")

    office.keeping.enter_keys("kopi-lazada", {"chat_app_key": "900200"}, {"chat": "new"})
    assert office.vault.load("kopi-lazada") == connected
    assert office.vault.load("kopi-lazada/chat") == Secrets("new")
    assert office.applied[-1].shops[1].chat_app_key == "900200"


def test_a_removed_shop_is_forgotten_with_its_keys(office: Office) -> None:
    for key in ("kopi-lazada", "kopi-lazada/chat", "kopi"):
        office.vault.keep(key, Secrets("s", "a", "r"))

    office.keeping.remove_shop("kopi-lazada")

    assert [shop.id for shop in office.applied[-1].shops] == ["kopi", "bazaar"]
    assert office.vault.load("kopi-lazada") is None
    assert office.vault.load("kopi-lazada/chat") is None
    assert office.vault.load("kopi") is not None
    with pytest.raises(SettingsError):
        office.keeping.preview_message("kopi-lazada", MESSAGE)


# ---- asking and connecting ---------------------------------------------------------------


def test_a_probe_is_the_marketplace_own_word_and_is_remembered(tmp_path: Path) -> None:
    world = demo_world(orders=1)
    with running(world) as address:
        (tmp_path / "settings.toml").write_text(
            WRITTEN.replace("shop_id = 5", f'shop_id = 5\nhost = "{address}"')
        )
        office = Office(tmp_path)
        shop = world.shops_of("shopee")[0]
        office.keeping.enter_keys(
            "kopi",
            {"partner_id": world.state_of(ShopeeState).partner.partner_id, "shop_id": shop.shop_id},
            {"shop": world.state_of(ShopeeState).partner.partner_key},
        )
        assert office.consent("kopi", "shop").error is None
        assert not office.keeping.shops()[0].asked

        row = office.keeping.probe_shop("kopi")

        assert (row.asked, row.access.state) == (True, AccessState.AUTHORISED)
        assert office.keeping.shops()[0] == row
        world.state_of(ShopeeState).revoke()
        assert office.keeping.probe_shop("kopi").access.state is AccessState.CONSENT_AGAIN
        assert office.consent("kopi", "shop").error is None
        assert office.keeping.shops()[0].access.state is AccessState.AUTHORISED  # the old word is forgotten
        office.keeping.stop_waiting()


def test_a_consent_names_the_shop_and_no_two_rows_share_one(tmp_path: Path) -> None:
    world = demo_world(orders=1, marketplaces=("tiktok",))
    with running(world) as address, Sandboxed(tmp_path, address) as office:
        seller = httpx.get(f"{address}/admin/seller?marketplace=tiktok").json()
        keys = {"app_key": seller["app_key"], "service_id": seller["service_id"], "host": address}
        values = {"marketplace": "tiktok", "region": "MY", **keys}
        ids = [
            office.keeping.add_shop({**values, "name": name}, {"shop": seller["app_secret"]}) for name in "AB"
        ]

        first, second = (office.pasted(shop_id, "shop") for shop_id in ids)

        assert first.error is None
        assert office.written().shops[-2].shop_id == seller["shop_id"]
        assert second.error is not None
        assert "are the same shop" in said(second.error.reason).advice
        assert office.written().shops[-1].shop_id == 0
        assert office.vault.load(ids[1]) == Secrets(seller["app_secret"])


def test_without_the_keys_of_an_app_no_consent_begins(office: Office) -> None:
    with pytest.raises(SettingsError) as raised:
        office.keeping.begin_consent("kopi", "shop", office.answers.put)
    assert raised.value.reason == because(ShopReason.APP_KEYS_MISSING)
