"""The sandbox's reports and switches, and what the buyer's page is told."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from parcelguard.sandbox.world.records import Order
from tests.support.sandbox.common import picture
from tests.support.sandbox.shopee import KEY, PARTNER, ShopeeSeller, open_shop, say

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def seller() -> Iterator[ShopeeSeller]:
    with open_shop() as seller:
        yield seller


@pytest.fixture
def order(seller: ShopeeSeller) -> Order:
    return seller.orders()[0]


def screen(seller: ShopeeSeller, buyer: int | None = None) -> Any:
    return seller.http.get("/buyer/data", params={"buyer": buyer} if buyer else {}).json()


def test_transcript_tells_every_accepted_message_in_order(seller: ShopeeSeller, order: Order) -> None:
    url = seller.upload(picture()).json()["response"]["url"]
    say(seller, order, "packed")
    say(seller, order, "x" * 601)
    seller.clock.now += 1.5
    seller.send(order, "image", image_url=url)
    text, photo = seller.http.get("/admin/transcript").json()
    assert text == {
        "n": 1,
        "at": seller.clock() - 1.5,
        "marketplace": "shopee",
        "shop_id": seller.shop.shop_id,
        "conversation_id": photo["conversation_id"],
        "to_id": order.buyer.user_id,
        "buyer": order.buyer.name,
        "message_type": "text",
        "text": "packed",
        "order_sn": order.order_sn,
        "message_id": text["message_id"],
        "status": "normal",
    }
    assert (photo["n"], photo["image_url"], photo["order_sn"]) == (2, url, order.order_sn)
    assert seller.world.transcript() == [text, photo]


def test_credentials_handed_out_are_ready_to_use(seller: ShopeeSeller) -> None:
    given = seller.http.get("/admin/seller").json()
    assert (given["partner_id"], given["partner_key"], given["region"]) == (PARTNER, KEY, "MY")
    seller.token = given["access_token"]
    assert seller.get("shop/get_shop_info").json()["shop_name"] == given["shop_name"] == "Kopi & Co"


def test_second_shop_has_its_own_orders_and_credentials(seller: ShopeeSeller) -> None:
    given = seller.http.post(
        "/admin/seller", json={"add": True, "shop_name": "Teh & Co", "region": "SG"}
    ).json()
    row = seller.http.post("/admin/orders", json={"shop_id": given["shop_id"]}).json()
    assert row["tracking_number"].startswith("SPXSG")
    seller.shop, seller.token = seller.world.shops[given["shop_id"]], given["access_token"]
    answer = seller.get("order/get_order_detail", order_sn_list=row["order_sn"]).json()
    assert answer["response"]["order_list"][0]["currency"] == "SGD"


def test_orders_are_reported_with_what_a_label_shows(seller: ShopeeSeller, order: Order) -> None:
    row = seller.http.get("/admin/orders").json()[0]
    package = order.packages[0]
    assert (row["order_sn"], row["status"]) == (order.order_sn, "PROCESSED")
    assert (row["tracking_number"], row["package_number"]) == (
        package.tracking_number,
        package.package_number,
    )
    assert row["buyer"] == {"id": order.buyer.user_id, "name": order.buyer.name}
    assert row["items"][0]["name"] == order.items[0].name


def test_orders_can_be_added_and_changed(seller: ShopeeSeller) -> None:
    wish = {"order_sn": "260101HELLO123", "buyer_name": "kamal77", "lines": 2, "split": True}
    row = seller.http.post("/admin/orders", json=wish).json()
    assert (row["order_sn"], row["buyer"]["name"], len(row["items"]), len(row["packages"])) == (
        "260101HELLO123",
        "kamal77",
        2,
        2,
    )
    changed = seller.http.post(
        "/admin/orders",
        json={"order_sn": "260101HELLO123", "status": "CANCELLED", "tracking_number": "SPXMY1"},
    ).json()
    assert (changed["status"], changed["tracking_number"]) == ("CANCELLED", "SPXMY1")
    assert len(seller.orders()) == 5


def test_old_order_closes_the_contact_window(seller: ShopeeSeller) -> None:
    row = seller.http.post("/admin/orders", json={"age_s": 31 * 86_400}).json()
    order = seller.world.orders[row["order_sn"]]
    assert say(seller, order, "hi").json()["error"] == "user_is_forbidden"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/admin/orders", b"{"),
        ("/admin/orders", b"[]"),
        ("/admin/orders", b'{"shop_id": 1}'),
        ("/admin/buyers/1/reply", b'{"text": "hi"}'),
        ("/admin/buyers/1", b"{}"),
        ("/admin/clock", b'{"advance_s": "soon"}'),
    ],
)
def test_wish_that_cannot_be_granted_says_why(seller: ShopeeSeller, path: str, body: bytes) -> None:
    answer = seller.http.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_start_page_of_the_switches_names_them(seller: ShopeeSeller) -> None:
    assert "timeout_after_accept" in seller.http.get("/admin").json()["faults"]


def test_buyers_screen_shows_the_newest_conversation_until_one_is_chosen(seller: ShopeeSeller) -> None:
    first, second = seller.orders()[:2]
    say(seller, first, "to the first")
    say(seller, second, "to the second")
    assert screen(seller)["chat"]["buyer"]["name"] == second.buyer.name
    chosen = screen(seller, first.buyer.user_id)
    assert [message["text"] for message in chosen["chat"]["messages"]] == ["to the first"]
    assert [row["name"] for row in chosen["buyers"]][:2] == [second.buyer.name, first.buyer.name]
    assert {row["id"]: row["unread"] for row in screen(seller)["buyers"]} == {
        order.buyer.user_id: int(order is second) for order in seller.orders()
    }


def test_buyers_screen_shows_photos_by_the_sandboxs_own_path_and_the_order(
    seller: ShopeeSeller, order: Order
) -> None:
    data = picture()
    url = seller.upload(data).json()["response"]["url"]
    seller.send(order, "image", image_url=url)
    chat = screen(seller, order.buyer.user_id)["chat"]
    message = chat["messages"][0]
    assert seller.http.get(message["image"]).content == data
    assert chat["orders"][message["order_sn"]]["total"] == f"MYR {order.total:,.2f}"


def test_buyer_can_answer_from_the_page(seller: ShopeeSeller, order: Order) -> None:
    talk = say(seller, order, "packed").json()["response"]["conversation_id"]
    body = {"buyer": order.buyer.user_id, "text": f"thanks {NASTY}"}
    assert seller.http.post("/buyer/reply", json=body).status_code == 200
    assert seller.messages(talk)[0]["content"]["text"] == f"thanks {NASTY}"
    assert screen(seller, order.buyer.user_id)["chat"]["messages"][1]["from_shop"] is False
    assert seller.http.post("/buyer/reply", json={"buyer": 1, "text": "x"}).status_code == 400


def test_page_carries_nothing_from_the_wire_and_runs_only_its_own_script(
    seller: ShopeeSeller, order: Order
) -> None:
    say(seller, order, NASTY)
    page = seller.http.get("/buyer")
    assert NASTY not in page.text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", page.text)
    nonce = re.search(r"script-src 'nonce-([^']+)'", page.headers["content-security-policy"])
    assert nonce
    assert page.text.count("<script") == page.text.count(f'<script nonce="{nonce[1]}">') == 1
    assert not re.search(r"""(src|href)=["']https?:""", page.text)


def test_missing_pictures_are_not_found(seller: ShopeeSeller) -> None:
    assert seller.http.get("/file/nothing").status_code == 404
    assert seller.http.get("/goods/NOTHING.png").status_code == 404
