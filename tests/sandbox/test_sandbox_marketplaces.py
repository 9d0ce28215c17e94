"""Many marketplaces behind one address: what they share and what keeps them apart."""

import json
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from parcelguard.sandbox.demo_shops import ALL, demo_world
from parcelguard.sandbox.faults import FaultSwitches
from parcelguard.sandbox.running import running
from parcelguard.sandbox.server import main
from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.common import PROGRAM, Clock
from tests.support.sandbox.lazada import LazadaSeller
from tests.support.sandbox.shopee import ShopeeSeller, refusal, say

Market = tuple[ShopeeSeller, LazadaSeller]

SHOPS = [
    ("shopee", "MY"),
    ("lazada", "MY"),
    ("tiktok", "MY"),
    ("tiktok", "SG"),
    ("tiktok", "ID"),
    ("chatwoot", "ID"),
    ("manual", "MY"),
]


@pytest.fixture
def market() -> Iterator[Market]:
    """A Shopee and a Lazada seller in one world that has all shops."""
    world = demo_world(orders=14, specials=False, marketplaces=ALL, clock=Clock())
    with running(world) as address, httpx.Client(base_url=address, timeout=5) as http:
        yield ShopeeSeller(world, address, http), LazadaSeller(world, address, http)


def test_orders_are_dealt_out_to_one_shop_each(market: Market) -> None:
    rows = market[0].http.get("/admin/orders").json()
    world = market[0].world
    assert [(shop.marketplace, shop.region) for shop in world.shops.values()] == SHOPS
    assert [(row["marketplace"], row["shop_id"]) for row in rows] == [
        (shop.marketplace, shop.shop_id) for shop in world.shops.values()
    ] * 2


def test_numbers_look_like_their_marketplaces(market: Market) -> None:
    orders: dict[str, Order] = {}
    for order in market[0].world.orders.values():
        orders.setdefault(market[0].world.shops[order.shop_id].marketplace, order)
    assert (len(orders["lazada"].order_sn), orders["lazada"].packages[0].package_number[:2]) == (15, "FP")
    assert (len(orders["tiktok"].order_sn), orders["tiktok"].order_sn[:2]) == (18, "58")
    assert orders["shopee"].order_sn[:6] == "260101"
    assert orders["shopee"].packages[0].tracking_number[:5] == "SPXMY"


def test_a_world_holds_one_marketplace_unless_more_are_asked_for() -> None:
    assert [shop.marketplace for shop in demo_world(clock=Clock()).shops.values()] == ["shopee"]
    tiktok = demo_world(clock=Clock(), marketplaces=["tiktok"])
    assert [shop.region for shop in tiktok.shops.values()] == ["MY", "SG", "ID"]


def test_grouped_orders_stay_in_one_shop() -> None:
    world = demo_world(orders=8, specials=["grouped"], marketplaces=["shopee", "lazada"], clock=Clock())
    *_, last = world.orders.values()
    same = [one for one in world.orders.values() if one.packages[0].group_shipment_id]
    assert len(same) == 2
    assert {one.shop_id for one in same} == {last.shop_id}


def test_transcript_says_where_each_message_went(market: Market) -> None:
    shopee, lazada = market
    say(shopee, next(iter(shopee.world.orders.values())), "to Shopee")
    lazada.say(lazada.session(lazada.orders()[0]), "to Lazada")
    lines = shopee.http.get("/admin/transcript").json()
    assert [(line["marketplace"], line["shop_id"], line["text"]) for line in lines] == [
        ("shopee", shopee.shop.shop_id, "to Shopee"),
        ("lazada", lazada.shop.shop_id, "to Lazada"),
    ]


def test_credentials_are_handed_out_for_every_marketplace(market: Market) -> None:
    http = market[0].http
    for marketplace, region in dict(SHOPS).items():
        given = http.get("/admin/seller", params={"marketplace": marketplace}).json()
        assert given["marketplace"] == marketplace
        assert http.get("/admin/seller", params={"shop_id": given["shop_id"]}).json()["shop_name"]
        wish = {"add": True, "marketplace": marketplace, "region": region, "shop_name": "Another"}
        added = http.post("/admin/seller", json=wish).json()
        assert (added["shop_name"], added["region"], added["marketplace"]) == ("Another", region, marketplace)
        assert added["shop_id"] > given["shop_id"]
    assert http.get("/admin/seller").json()["marketplace"] == "shopee"
    assert http.get("/admin/seller", params={"marketplace": "ebay"}).status_code == 400
    assert http.post("/admin/seller", json={"add": True, "marketplace": "ebay"}).status_code == 400


def test_shop_of_one_marketplace_is_unknown_to_the_other(market: Market) -> None:
    shopee, lazada = market
    shopee.shop = lazada.shop
    assert refusal(shopee.get("shop/get_shop_info")) == "error_param"
    listed = shopee.get("public/get_shops_by_partner", public=True).json()["authed_shop_list"]
    assert len(listed) == 1


def test_consent_of_one_marketplace_offers_only_its_shops(market: Market) -> None:
    http = market[0].http
    page = http.get("/auth", params={"partner_id": 2001887, "redirect_uri": "http://127.0.0.1/"}).text
    assert page.count("<option") == 2  # the shop and the main account
    query = {"client_id": "900200", "redirect_uri": "http://127.0.0.1/", "response_type": "code"}
    page = http.get("/oauth/authorize", params=query).text
    assert page.count("<option") == 1
    assert "see orders" not in page


def test_limit_of_one_marketplace_is_not_anothers(market: Market) -> None:
    shopee, lazada = market
    order = next(order for order in shopee.orders() if order.shop_id == shopee.shop.shop_id)
    shopee.state.rules.unanswered, shopee.state.rules.banned_words = 1, ("packed",)
    assert say(shopee, order, "done").json()["error"] == ""
    assert refusal(say(shopee, order, "sent")) == "reach_5_message_limit"
    session = lazada.session(lazada.orders()[0])
    assert lazada.say(session, "done").json()["code"] == "0"
    assert lazada.say(session, "packed").json()["code"] == "0"
    assert lazada.messages(session)["message_list"][0]["process_msg"] == ""


def test_grant_taken_back_at_one_marketplace_leaves_the_others(market: Market) -> None:
    shopee, lazada = market
    lazada.fault("revoke", path="/rest/seller/get")
    assert lazada.get("/seller/get").json()["code"] == "IllegalAccessToken"
    assert shopee.get("shop/get_shop_info").json()["error"] == ""


def test_buyers_page_says_which_app_each_buyer_uses(market: Market) -> None:
    shopee, lazada = market
    lazada.say(lazada.session(lazada.orders()[0]), "packed")
    view = shopee.http.get("/buyer/data").json()
    assert (view["chat"]["app"], view["chat"]["region"]) == ("Lazada", "MY")
    badges = {(row["app"], row["region"]) for row in view["buyers"]}
    assert badges == {
        ("Shopee", "MY"),
        ("Lazada", "MY"),
        ("TikTok Shop", "MY"),
        ("TikTok Shop", "SG"),
        ("Tokopedia & Shop", "ID"),
        ("WhatsApp", "ID"),
        ("Another shop", "MY"),
    }


def test_buyer_of_two_shops_has_two_conversations(market: Market) -> None:
    shopee, lazada = market
    order = next(iter(shopee.world.orders.values()))
    other = lazada.world.make_order(lazada.shop, buyer=order.buyer)
    say(shopee, order, "from Shopee")
    lazada.say(lazada.session(other), "from Lazada")
    for shop, text in ((shopee.shop, "from Shopee"), (lazada.shop, "from Lazada")):
        asked = {"buyer": order.buyer.user_id, "shop": shop.shop_id}
        chat = shopee.http.get("/buyer/data", params=asked).json()["chat"]
        assert [message["text"] for message in chat["messages"]] == [text]
        wish = asked | {"shop": str(shop.shop_id), "text": f"thanks, {shop.marketplace}"}
        assert shopee.http.post("/buyer/reply", json=wish).status_code == 200
        talk = shopee.world.chat.find(shop.shop_id, order.buyer.user_id)
        assert talk
        assert talk.messages[-1].content["text"] == f"thanks, {shop.marketplace}"


def test_opened_conversation_without_a_message_is_no_news(market: Market) -> None:
    shopee, lazada = market
    say(shopee, next(iter(shopee.world.orders.values())), "packed")
    lazada.session(lazada.orders()[0])
    assert shopee.http.get("/buyer/data").json()["chat"]["app"] == "Shopee"


@pytest.mark.parametrize(
    ("path", "strikes"),
    [
        ("POST /api/v2/sellerchat/send_message", True),
        ("/rest/im/message/send", True),
        ("POST /customer_service/202309/conversations/71/messages", True),
        ("POST /customer_service/202606/conversations/71/messages", True),
        ("POST /api/v1/accounts/31/conversations/7/messages", True),
        ("GET /api/v1/accounts/31/conversations/7/messages", False),
        ("POST /customer_service/202309/conversations/71/messages/read", False),
        ("POST /customer_service/202309/conversations", False),
        ("/rest/im/message/list", False),
    ],
)
def test_fault_of_sending_strikes_the_sending_call_of_every_marketplace(path: str, strikes: bool) -> None:
    faults = FaultSwitches()
    faults.set("late_filter")
    assert (faults.strike("late_filter", path) is not None) is strikes


def test_fault_may_name_the_method(market: Market) -> None:
    lazada = market[1]
    lazada.fault("status_5xx", path="POST /rest")
    assert lazada.get("/seller/get").status_code == 200
    assert lazada.post("/im/session/open", order_id="1").status_code == 503


def test_pages_for_people_are_never_disturbed(market: Market) -> None:
    http = market[0].http
    market[0].fault("status_5xx")
    for path in ("/buyer", "/buyer/data", "/admin/orders"):
        assert http.get(path).status_code == 200
    query = {"client_id": "900100", "redirect_uri": "http://127.0.0.1/", "response_type": "code"}
    assert http.get("/oauth/authorize", params=query).status_code == 200
    assert http.get("/rest/seller/get").status_code == 503


def test_program_opens_the_marketplaces_it_is_told() -> None:
    command = [*PROGRAM, "--marketplaces", "lazada,manual", "--stop-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin
        assert program.stdout
        admin = json.loads(program.stdout.readline())["admin"]
        rows = httpx.get(f"{admin}/orders").json()
        program.stdin.close()
        assert program.wait(5) == 0
    assert [row["marketplace"] for row in rows] == ["lazada", "manual", "lazada"]


def test_program_refuses_a_marketplace_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--marketplaces", "lazada,ebay"])
    assert "unknown: ebay" in capsys.readouterr().err
