"""What every channel has to do, whatever its marketplace: each test runs against each of them.

The marketplaces' own facts are in `channel_benches`; nothing here knows one by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NoNetwork,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Refused,
    SettingsError,
    ShopWaits,
    TooFast,
)
from parcelguard.core.parts import PartKind
from parcelguard.core.proofs import ProofState
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.ports import AccessState
from parcelguard.orders.order_index import OrderIndex
from parcelguard.store.database import Store
from parcelguard.ui.words.reasons.saying import said
from tests.support.channel_benches import SHEETS, Bench, Sheet, Van, closed_port, halving, open_bench, relayed

pytestmark = pytest.mark.usefixtures("no_stray_threads")

RENEWING = tuple(sheet for sheet in SHEETS if sheet.refresh)
REVOCABLE = tuple(sheet for sheet in SHEETS if sheet.revocable)
SIGNED = tuple(sheet for sheet in SHEETS if sheet.signed)
SCOPED = tuple(sheet for sheet in SHEETS if sheet.scoped)
RECALLING = tuple(sheet for sheet in SHEETS if sheet.recall_s)
HIDING = tuple(sheet for sheet in SHEETS if sheet.hides)
CANCELLING = tuple(sheet for sheet in SHEETS if sheet.cancels)
ASKING = tuple(sheet for sheet in SHEETS if sheet.consents)
TEXT = "Your parcel is packed."
CONSENT_AGAIN = {MarketplaceReason.CONSENT_AGAIN, MarketplaceReason.CHAT_CONSENT_AGAIN}
SECRET_MISSING = {
    MarketplaceReason.APP_SECRET_MISSING,
    MarketplaceReason.CHAT_APP_SECRET_MISSING,
    MarketplaceReason.PARTNER_KEY_MISSING,
}


@pytest.fixture(params=SHEETS, ids=str)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with open_bench(request.param, tmp_path) as opened:
        yield opened


def only(*sheets: Sheet) -> pytest.MarkDecorator:
    """Run for those channels that have what the test is about."""
    return pytest.mark.parametrize("bench", sheets, ids=str, indirect=True)


# ---- accepted ------------------------------------------------------------------------------


def test_text_and_picture_arrive_once_and_in_order(bench: Bench) -> None:
    target = bench.target()
    picture = bench.picture()
    text = bench.say(target)
    image = bench.sender.send_image(target, picture, bench.wire())

    lines = bench.lines()
    assert [line["message_type"] for line in lines] == ["text", "image"]
    assert [line["message_id"] for line in lines] == [text.message_id, image.message_id]
    assert lines[0]["text"] == f"{TEXT} {bench.order.order_sn}"
    assert lines[1]["order_sn"] == (bench.order.order_sn if bench.sheet.names_order else "")
    assert (lines[1]["width"], lines[1]["height"]) == picture.size
    assert len(bench.marks) == 2, "the mark is set once for each"


def test_text_of_any_script_and_sign_arrives_as_it_is(bench: Bench) -> None:
    words = "Đã đóng gói ✓\nสวัสดี & 50% + 1 = {x} “ok” #1 / ?"
    bench.say(bench.target(), words)
    assert bench.lines()[0]["text"] == f"{words} {bench.order.order_sn}"


def test_success_without_a_message_id_is_a_success(bench: Bench) -> None:
    bench.fault("missing_message_id")
    receipt = bench.say(bench.target())
    assert receipt.message_id == ""
    assert len(bench.lines()) == 1


# ---- refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bench", "kind"),
    [
        pytest.param(sheet, kind, id=f"{sheet}-{kind.__name__}")
        for sheet in SHEETS
        for kind in dict.fromkeys(refusal.kind for refusal in sheet.refusals)
    ],
    indirect=["bench"],
)
def test_listed_refusals_are_told_in_words_and_nothing_is_sent(
    bench: Bench, kind: type[DeliveryError]
) -> None:
    target = bench.target()
    for refusal in (each for each in bench.sheet.refusals if each.kind is kind):
        bench.refuse(refusal)
        with pytest.raises(DeliveryError) as caught:
            bench.say(target)
        bench.world.faults.clear()

        error = caught.value
        assert isinstance(error, kind), refusal
        assert _as_final(error) == _as_final(kind("")), refusal
        assert said(error.reason).headline, refusal
        assert said(error.reason).advice, refusal
        assert not isinstance(error, NotAllowed) or error.code == refusal.code, refusal
        tokens = [bench.secrets(grant).access_token for grant in bench.sheet.consents]
        assert not any(token in repr(error) for token in tokens), refusal
    assert bench.lines() == []


def _as_final(error: DeliveryError) -> tuple[bool, ...]:
    """Return what the outbox tells errors apart by."""
    return tuple(isinstance(error, kind) for kind in (TooFast, NoNetwork, Held, ShopWaits))


def test_refusal_that_names_a_wait_is_obeyed(bench: Bench) -> None:
    target = bench.target()
    bench.fault("rate_limit", 7, times=1)
    with pytest.raises(TooFast) as caught:
        bench.say(target)
    assert caught.value.retry_after_s is not None
    assert 7 <= caught.value.retry_after_s <= 10
    bench.say(target)
    assert len(bench.lines()) == 1


def test_refusal_for_pace_without_a_wait_leaves_it_to_the_outbox(bench: Bench) -> None:
    target = bench.target()
    bench.refuse(bench.sheet.slower, times=1)
    with pytest.raises(TooFast) as caught:
        bench.say(target)
    assert caught.value.retry_after_s is None


# ---- tokens, consent, permission, clock ----------------------------------------------------


@only(*RENEWING)
def test_token_that_ran_out_is_renewed_once_and_the_message_sent_once(bench: Bench) -> None:
    target = bench.target()
    bench.fault("expire_tokens")
    assert bench.say(target).message_id
    assert bench.asked(bench.sheet.refresh) == 1
    assert len(bench.lines()) == 1
    bench.say(target, "Once more.")
    assert bench.asked(bench.sheet.refresh) == 1, "the new token is kept"


@only(*RENEWING)
def test_token_that_ran_out_while_reading_is_renewed_as_well(bench: Bench) -> None:
    bench.fault("expire_tokens", path="order")
    order = bench.channel.orders.read_order(bench.order.order_sn)
    assert order
    assert order.number == bench.order.order_sn
    assert bench.asked(bench.sheet.refresh) == 1


@only(*REVOCABLE)
def test_consent_that_was_taken_back_is_told_and_not_asked_for_in_a_loop(bench: Bench) -> None:
    target = bench.target()
    bench.fault("revoke")
    for _ in range(3):
        with pytest.raises(ShopWaits) as caught:
            bench.say(target)
        assert caught.value.reason.kind in CONSENT_AGAIN
    assert bench.asked(bench.sheet.refresh) <= 1
    assert bench.lines() == []
    assert bench.channel.client.probe_access().state is AccessState.CONSENT_AGAIN


@only(*SIGNED)
@pytest.mark.parametrize("hours", [-3, 3])
def test_clock_of_this_computer_may_be_hours_off(bench: Bench, hours: int) -> None:
    bench.clock.off = timedelta(hours=hours)
    target = bench.target()
    bench.say(target)
    assert len(bench.lines()) == 1
    assert abs(bench.sender.clock_offset + timedelta(hours=hours)) < timedelta(seconds=5)


@only(*SIGNED)
@pytest.mark.parametrize("hours", [-3, 3])
def test_clock_that_is_set_wrong_while_the_program_runs_is_corrected(bench: Bench, hours: int) -> None:
    target = bench.target()
    bench.clock.off = timedelta(hours=hours)
    bench.say(target)
    assert len(bench.lines()) == 1
    assert bench.sender.look_for_message(target, bench.mark_of(target)).found


@only(*SCOPED)
def test_shop_without_the_permission_to_chat_still_has_its_orders(bench: Bench) -> None:
    target = bench.target()
    bench.shop.chat_allowed = False
    with pytest.raises(ShopWaits) as caught:
        bench.say(target)
    assert said(caught.value.reason).headline
    access = bench.channel.client.probe_access()
    assert (access.state, access.orders) == (AccessState.NO_CHAT, True)
    assert said(access.reason).headline
    assert said(access.reason).advice
    order = bench.channel.orders.read_order(bench.order.order_sn)
    assert order
    assert order.buyer_id == target.buyer_id


def test_connected_shop_may_do_everything(bench: Bench) -> None:
    access = bench.channel.client.probe_access()
    assert (access.state, access.orders) == (AccessState.AUTHORISED, True)
    assert access.reason is None
    assert access.until is None or access.until > utc_now()


def test_shop_that_was_never_connected_says_so(bench: Bench, tmp_path: Path) -> None:
    with open_bench(bench.sheet, tmp_path / "other") as other:
        keys = other.sheet.consents or ("shop",)
        for grant in keys:
            other.vault.forget("kopi" if grant == keys[0] else f"kopi/{grant}")
        access = other.channel.client.probe_access()
        assert access.state is AccessState.NOT_CONNECTED
        assert said(access.reason).headline
        assert access.orders is False


# ---- the line ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value"), [("timeout_after_accept", 0.2), ("drop_after", None)], ids=["silence", "hang-up"]
)
def test_lost_answer_is_unknown_and_the_message_is_found_in_the_chat(
    bench: Bench, kind: str, value: float | None
) -> None:
    target = bench.target()
    bench.fault(kind, value, times=1)
    with pytest.raises(OutcomeUnknown):
        bench.say(target)

    look = bench.sender.look_for_message(target, bench.mark_of(target))
    assert look.found == (bench.lines()[0]["message_id"],)
    assert len(bench.marks) == 1


def test_lost_request_is_unknown_and_not_found_in_the_chat(bench: Bench) -> None:
    target = bench.target()
    bench.fault("drop_before", times=1)
    with pytest.raises(OutcomeUnknown):
        bench.say(target)

    look = bench.sender.look_for_message(target, bench.mark_of(target))
    assert (look.found, look.covered) == ((), True)
    assert len(bench.marks) == 1


def test_half_an_answer_is_unknown(bench: Bench) -> None:
    target = bench.target()
    with halving(bench.address) as address:
        sender = bench.reach(address).sender
        assert sender
        with pytest.raises(OutcomeUnknown):
            sender.send_text(target, f"{TEXT} {target.order_number}", bench.wire())
    assert len(bench.lines()) == 1
    assert bench.sender.look_for_message(target, bench.mark_of(target)).found


@pytest.mark.parametrize("processed", [False, True], ids=["instead", "afterwards"])
@pytest.mark.parametrize("status", [200, 502])
def test_web_page_in_place_of_an_answer_is_unknown(bench: Bench, status: int, processed: bool) -> None:
    target = bench.target()
    bench.fault("non_json", status=status, processed=processed, times=1)
    with pytest.raises(OutcomeUnknown) as caught:
        bench.say(target)
    assert said(caught.value.reason).headline
    assert len(bench.sender.look_for_message(target, bench.mark_of(target)).found) == processed


@pytest.mark.parametrize("status", [200, 502])
def test_web_page_while_reading_is_asked_again_later(bench: Bench, status: int) -> None:
    bench.fault("non_json", status=status, path="")
    with pytest.raises(NotSent) as caught:
        bench.channel.orders.read_order(bench.order.order_sn)
    assert said(caught.value.reason).headline
    access = bench.channel.client.probe_access()
    assert access.state is AccessState.UNREACHABLE


def test_trouble_at_the_marketplace_is_unknown(bench: Bench) -> None:
    target = bench.target()
    bench.fault("status_5xx", 503, times=1)
    with pytest.raises(OutcomeUnknown):
        bench.say(target)


def test_marketplace_out_of_reach_is_no_network_and_nothing_is_marked(bench: Bench) -> None:
    target = bench.target()
    picture = bench.picture()
    away = bench.reach(closed_port())
    assert away.sender
    for send in (
        lambda: away.sender.send_text(target, TEXT, bench.wire()),
        lambda: away.sender.send_image(target, picture, bench.wire()),
        lambda: away.orders.read_order(bench.order.order_sn),
    ):
        with pytest.raises(NoNetwork) as caught:
            send()
        assert said(caught.value.reason).headline
    assert away.client.probe_access().state is AccessState.UNREACHABLE
    assert bench.marks == []


# ---- the whole way -------------------------------------------------------------------------


def test_whole_set_goes_out_once_in_order_and_is_looked_at_afterwards(bench: Bench) -> None:
    van = Van(bench)
    proof = van.save(photos=3)
    for _ in range(10):
        van.work(5)
    assert van.state(proof) is ProofState.DELIVERED
    lines = bench.lines()
    assert [line["message_type"] for line in lines] == ["text", "image", "image", "image"]
    assert len({line.get("image_sha256") for line in lines}) == 4
    van.work(900)
    assert van.state(proof) is ProofState.DELIVERED
    assert len(bench.lines()) == 4


@pytest.mark.parametrize("after", range(3))
def test_answer_lost_on_the_way_is_found_in_the_chat_and_nothing_is_sent_twice(
    bench: Bench, after: int
) -> None:
    bench.fault("drop_after", after=after, times=1)
    van = Van(bench)
    proof = van.save(photos=2)
    for _ in range(10):
        van.work(5)
    assert van.state(proof) is ProofState.DELIVERED
    assert len(bench.lines()) == 3


def test_request_lost_on_the_way_ends_as_a_question(bench: Bench) -> None:
    bench.fault("drop_before", times=1)
    van = Van(bench)
    proof = van.save(photos=1)
    settle_s = bench.sender.policy.settle.total_seconds()
    for seconds in (0, 5, settle_s, 60, 60):
        van.work(seconds)
    assert van.state(proof) is ProofState.ATTENTION
    assert bench.lines() == []


@only(*HIDING)
def test_message_hidden_after_the_set_was_delivered_wants_attention(bench: Bench) -> None:
    bench.fault("late_filter", 20.0, times=1, after=1)
    van = Van(bench)
    proof = van.save(photos=1)
    for _ in range(4):
        van.work(5)
    assert bench.sender.policy.check_after
    van.work(bench.sender.policy.check_after.total_seconds())
    assert van.state(proof) is ProofState.ATTENTION


# ---- reading back --------------------------------------------------------------------------


def test_two_pictures_are_told_apart_when_the_chat_is_read_back(bench: Bench) -> None:
    target = bench.target()
    first, second, never = bench.picture((640, 480)), bench.picture((641, 470)), bench.picture((650, 460))
    sent = [bench.sender.send_image(target, each, bench.wire()).message_id for each in (first, second)]

    looks = [
        bench.sender.look_for_message(target, bench.mark_of(target, each)) for each in (first, second, never)
    ]
    assert [look.found for look in looks] == [(sent[0],), (sent[1],), ()]
    assert all(look.covered for look in looks)
    assert [each.kind for each in looks[0].seen] == ["image", "image"]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Tom's <Kopi & Co>", lambda content: content.replace(b"&", b"&amp;").replace(b"<", b"&lt;")),
        ("Tom's", lambda content: content.replace(b"'", b"&#39;")),
        ("cafe\u0301", lambda content: content.replace("e\u0301".encode(), "\u00e9".encode())),
    ],
)
def test_text_that_comes_back_written_otherwise_is_found(
    bench: Bench, text: str, change: Callable[[bytes], bytes]
) -> None:
    target = bench.target()
    receipt = bench.say(target, text)
    with relayed(bench.address, change) as address:
        sender = bench.reach(address).sender
        assert sender
        look = sender.look_for_message(target, bench.mark_of(target, text))
    assert look.found == (receipt.message_id,), "taken for absent, it might be sent again"


def test_other_text_older_messages_and_the_buyers_own_words_are_no_match(bench: Bench) -> None:
    target = bench.target()
    sent = bench.say(target).message_id
    bench.world.buyer_says(bench.order.buyer.user_id, f"{TEXT} {target.order_number}", bench.shop.shop_id)

    mark = bench.mark_of(target)
    look = bench.sender.look_for_message(target, mark)
    assert look.found == (sent,)
    assert [each.own for each in look.seen] == [False, True]
    assert look.seen[0].text == "", "a buyer's words are nobody's business"
    assert bench.sender.look_for_message(target, replace(mark, text="Something else.")).found == ()
    later = bench.sender.look_for_message(target, replace(mark, since=mark.since + timedelta(seconds=90)))
    assert (later.found, later.covered) == ((), True)


def test_long_chat_that_does_not_reach_back_is_told_as_such(bench: Bench) -> None:
    target = bench.target()
    bench.say(target)
    for _ in range(120):
        bench.world.buyer_says(bench.order.buyer.user_id, "and?", bench.shop.shop_id)
    look = bench.sender.look_for_message(target, bench.mark_of(target))
    assert (look.found, look.covered) == ((), False)


@only(*HIDING)
def test_message_that_is_hidden_later_is_noticed(bench: Bench) -> None:
    target = bench.target()
    seen = bench.say(target, "Seen.").message_id
    bench.fault("late_filter", 30.0, times=1)
    hidden = bench.say(target, "Hidden.")
    target = replace(target, conversation_id=hidden.conversation_id or target.conversation_id)
    ids = [seen, hidden.message_id]
    since = bench.mark_of(target).since

    assert bench.sender.hidden_messages(target, ids, since) == frozenset()
    bench.world.move_on(60)
    assert bench.sender.hidden_messages(target, ids, since) == {hidden.message_id}


@only(*RECALLING)
def test_message_is_taken_back_while_the_marketplace_allows_it(bench: Bench) -> None:
    assert bench.sender.policy.recall_within == timedelta(seconds=bench.sheet.recall_s)
    target = bench.target()
    first, second = bench.say(target, "First."), bench.say(target, "Second.")
    target = replace(target, conversation_id=first.conversation_id or target.conversation_id)
    bench.sender.take_back(target, first.message_id, PartKind.TEXT)
    bench.world.move_on(bench.sheet.recall_s + 60)
    with pytest.raises(Refused) as caught:
        bench.sender.take_back(target, second.message_id, PartKind.TEXT)

    assert caught.value.reason.kind is MarketplaceReason.NOT_TAKEN_BACK
    assert [line["status"] for line in bench.lines()] == ["recalled", "normal"]


def test_channel_that_takes_nothing_back_says_so(bench: Bench) -> None:
    can = bench.sender.policy.recall_within > timedelta(0)
    assert can == bool(bench.sheet.recall_s)


# ---- orders --------------------------------------------------------------------------------


@only(*CANCELLING)
@pytest.mark.parametrize("status", ["CANCELLED", "IN_CANCEL"])
def test_order_that_is_cancelled_before_it_is_sent_is_held(bench: Bench, status: str) -> None:
    target = bench.target()
    bench.world.change_order(bench.order, status, "changed my mind")
    with pytest.raises(Held) as caught:
        bench.sender.open_conversation(target, 4)
    assert caught.value.code == "order_cancelled"
    assert said(caught.value.reason).advice
    order = bench.channel.orders.read_order(bench.order.order_sn)
    assert order
    assert order.cancelled


@only(*CANCELLING)
def test_order_that_names_another_buyer_now_is_held(bench: Bench) -> None:
    target = bench.target()
    bench.order.buyer = bench.world.make_order(bench.shop).buyer
    with pytest.raises(Held) as caught:
        bench.sender.open_conversation(target, 4)
    assert caught.value.code == "buyer_changed"


@only(*CANCELLING)
def test_changed_orders_are_listed_with_every_code_that_may_be_scanned(bench: Bench) -> None:
    orders = [bench.order, *(bench.world.make_order(bench.shop) for _ in range(4))]
    since, until = utc_now() - timedelta(days=1), utc_now() + timedelta(minutes=1)
    listed = {
        each.number: each for batch in bench.channel.orders.changed_orders(since, until) for each in batch
    }

    assert listed.keys() == {order.order_sn for order in orders}
    for order in orders:
        found = listed[order.order_sn]
        assert found.shop_id == "kopi"
        assert found.buyer_id == bench.sheet.buyer_id(order.buyer)
        assert found.tracking == order.packages[0].tracking_number
        assert {package.tracking_number for package in order.packages} <= set(found.codes)
        assert sum(item.quantity for item in found.items) == sum(item.quantity for item in order.items)


@only(*CANCELLING)
@pytest.mark.parametrize("hours", [-2, 2])
def test_orders_are_read_on_a_computer_whose_clock_is_wrong(bench: Bench, tmp_path: Path, hours: int) -> None:
    bench.clock.off = timedelta(hours=hours)
    store = Store(tmp_path / "index.db", bench.clock)
    bench.closing.callback(store.close)
    index = OrderIndex(store, {"kopi": bench.channel.orders}, bench.clock)
    bench.closing.callback(index.stop)
    numbers = [bench.order.order_sn]
    for minutes in (0, 30, 60):
        for clock in (bench.clock, bench.their_clock):
            clock.off += timedelta(minutes=minutes)
        numbers.append(bench.world.make_order(bench.shop).order_sn)
        for clock in (bench.clock, bench.their_clock):
            clock.off += timedelta(minutes=1)
        index.sync()
    with store.read() as records:
        assert [number for number in numbers if not records.orders.find([number])] == []


def test_code_of_no_order_finds_none(bench: Bench) -> None:
    for code in ("", "hello", "LEX0000", "999999999999999", "https://example.test/?x=1"):
        assert bench.channel.orders.find_by_code(code) is None


# ---- the seller's consent ------------------------------------------------------------------


def consents(*sheets: Sheet) -> pytest.MarkDecorator:
    """Run for every grant of every channel."""
    grants = [
        pytest.param(sheet, grant, id=f"{sheet}-{grant}") for sheet in sheets for grant in sheet.consents
    ]
    return pytest.mark.parametrize(("bench", "grant"), grants, indirect=["bench"])


@only(*ASKING)
def test_consent_to_every_grant_connects_the_shop(bench: Bench) -> None:
    bench.forget_tokens()
    for grant in bench.sheet.consents:
        sent_back = bench.walk(grant, f"state-{grant}")
        seller = bench.channel.client.accept_consent(grant, sent_back, f"state-{grant}")
        assert seller.shop_id == bench.shop.shop_id
        assert seller.region in ("", bench.shop.region)

    assert bench.channel.client.probe_access().state is AccessState.AUTHORISED
    bench.say(bench.target())
    assert len(bench.lines()) == 1


@consents(*ASKING)
def test_consent_address_carries_the_state(bench: Bench, grant: str) -> None:
    address = bench.channel.client.consent_address(grant, "http://127.0.0.1:9/back", "one-time-state")
    assert "one-time-state" in address
    assert not any(bench.secrets(each).app_secret in address for each in bench.sheet.consents)


@consents(*ASKING)
def test_consent_that_was_cancelled_changes_nothing(bench: Bench, grant: str) -> None:
    before = bench.secrets(grant)
    sent_back = bench.walk(grant, "state", answer="cancel")
    with pytest.raises(SettingsError) as caught:
        bench.channel.client.accept_consent(grant, sent_back, "state")
    assert said(caught.value.reason).advice
    assert bench.secrets(grant) == before


@consents(*ASKING)
def test_answer_to_another_attempt_is_refused_without_a_call(bench: Bench, grant: str) -> None:
    before = bench.secrets(grant)
    sent_back = bench.walk(grant, "theirs")
    for state in ("mine", ""):
        with pytest.raises(SettingsError) as caught:
            bench.channel.client.accept_consent(grant, sent_back, state)
        assert caught.value.reason.kind is MarketplaceReason.ATTEMPT_DIFFERS
    with pytest.raises(SettingsError):
        bench.channel.client.accept_consent(grant, sent_back.replace("theirs", ""), "mine")
    assert bench.secrets(grant) == before
    assert bench.channel.client.accept_consent(grant, sent_back, "theirs").shop_id, "the code was not spent"


@consents(*ASKING)
def test_code_works_once(bench: Bench, grant: str) -> None:
    sent_back = bench.walk(grant, "state")
    bench.channel.client.accept_consent(grant, sent_back, "state")
    before = bench.secrets(grant)
    with pytest.raises((SettingsError, Held)) as caught:
        bench.channel.client.accept_consent(grant, sent_back, "state")
    assert said(caught.value.reason).headline
    assert said(caught.value.reason).advice
    assert bench.secrets(grant) == before


@consents(*ASKING)
def test_code_that_is_too_old_is_refused(bench: Bench, grant: str) -> None:
    before = bench.secrets(grant)
    sent_back = bench.walk(grant, "state")
    bench.world.move_on(bench.sheet.code_life_s + 1)
    with pytest.raises((SettingsError, Held)) as caught:
        bench.channel.client.accept_consent(grant, sent_back, "state")
    assert said(caught.value.reason).headline
    assert bench.secrets(grant) == before


@consents(*ASKING)
def test_consent_of_another_shop_is_refused(bench: Bench, grant: str) -> None:
    other = bench.world.add_shop("Teh Tarik", bench.shop.region, marketplace=bench.sheet.name)
    before = bench.secrets(grant)
    sent_back = bench.walk(grant, "state", shop=other)
    with pytest.raises(SettingsError) as caught:
        bench.channel.client.accept_consent(grant, sent_back, "state")
    assert "not for this" in said(caught.value.reason).headline
    assert bench.secrets(grant) == before


@consents(*ASKING)
def test_consent_without_the_apps_secret_asks_for_it(bench: Bench, grant: str) -> None:
    bench.vault.forget("kopi" if grant == bench.sheet.consents[0] else f"kopi/{grant}")
    with pytest.raises(SettingsError) as caught:
        bench.channel.client.accept_consent(
            grant, "http://127.0.0.1:9/back?code=1&state=state&shop_id=1", "state"
        )
    assert caught.value.reason.kind in SECRET_MISSING
