"""The sandbox's own switches and reports; nothing of this exists on the real platform."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parcelguard.sandbox.faults import KINDS, UnknownSwitch
from parcelguard.sandbox.ports import Marketplace
from parcelguard.sandbox.world.goods import mark_line, split
from parcelguard.sandbox.world.records import Order, Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.shapes import SHAPES
from parcelguard.sandbox.world.world import World

Work = Callable[[World, Request, dict[str, Any]], Any]
_MARKS = {"digital", "packed_by_platform", "cancelled"}
_PAGES = ("seller", "orders", "faults", "transcript", "requests", "clock", "buyers")


class BadRequest(ValueError):
    """The request asks for something that cannot be done; the text says what."""


def routes(world: World, marketplaces: Sequence[Marketplace]) -> list[Route]:
    """Return what to mount; the line in front already turns away strangers."""
    sellers = Sellers(marketplaces)
    table: tuple[tuple[str, str, Work], ...] = (
        ("GET", "", _index),
        ("GET", "/transcript", lambda world, _request, _posted: world.transcript()),
        ("GET", "/requests", lambda world, _request, _posted: world.requests.counts()),
        ("GET", "/faults", lambda world, _request, _posted: world.faults.listed()),
        ("POST", "/faults", _add_fault),
        ("DELETE", "/faults", _clear_faults),
        ("DELETE", "/faults/{number:int}", _clear_faults),
        ("GET", "/orders", _orders),
        ("POST", "/orders", _put_order),
        ("GET", "/buyers", _buyers),
        ("POST", "/buyers/{number:int}", _change_buyer),
        ("POST", "/buyers/{number:int}/reply", _reply),
        ("GET", "/seller", sellers.connect),
        ("POST", "/seller", sellers.change),
        ("POST", "/clock", _clock),
    )
    return [route(world, method, path, work) for method, path, work in table]


def route(world: World, method: str, path: str, work: Work) -> Route:
    """Return one report or switch to mount; a marketplace may have switches of its own."""
    return Route(f"/admin{path}", partial(_answer, world, work), methods=[method], name=f"{method} {path}")


async def _answer(world: World, work: Work, request: Request) -> Response:
    try:
        posted = await request.json() if request.method == "POST" else {}
        if not isinstance(posted, dict):
            raise BadRequest("the body must be an object")
        with world.lock:
            return JSONResponse(work(world, request, posted))
    except (ValueError, Refused) as error:  # includes broken JSON and unknown faults
        return JSONResponse({"error": str(error)}, 400)


def _index(_world: World, _request: Request, _posted: dict[str, Any]) -> Any:
    return {"pages": [f"/admin/{name}" for name in _PAGES], "faults": list(KINDS), "buyer": "/buyer"}


def _add_fault(world: World, _request: Request, posted: dict[str, Any]) -> Any:
    try:
        fault = world.faults.add(posted)
    except TypeError as error:
        raise UnknownSwitch(str(error)) from error
    return next(row for row in world.faults.listed() if row["id"] == fault.id)


def _clear_faults(world: World, request: Request, _posted: dict[str, Any]) -> Any:
    world.faults.clear(request.path_params.get("number"))
    return world.faults.listed()


def _orders(world: World, _request: Request, _posted: dict[str, Any]) -> Any:
    return [_row(world, order) for order in world.orders.values()]


def _row(world: World, order: Order) -> dict[str, Any]:
    marketplace = world.shops[order.shop_id].marketplace
    shape = SHAPES[marketplace]
    about = {"marketplace": marketplace, "by_hand": not shape.sends, "listed": shape.listed}
    return order_row(order) | about


def order_row(order: Order) -> dict[str, Any]:
    """Return an order as the reports show it; the first parcel stands at top level."""
    packages = [
        {
            "package_number": package.package_number,
            "tracking_number": package.tracking_number,
            "items": [
                {"sku": item.model_sku or item.sku, "quantity": item.quantity} for item in package.items
            ],
            "group_shipment_id": package.group_shipment_id,
        }
        for package in order.packages
    ]
    return {
        "order_sn": order.order_sn,
        "shop_id": order.shop_id,
        "status": order.status,
        "buyer": {"id": order.buyer.user_id, "name": order.buyer.name},
        "tracking_number": packages[0]["tracking_number"],
        "package_number": packages[0]["package_number"],
        "packages": packages,
        "items": [
            {
                "name": item.name,
                "sku": item.model_sku or item.sku,
                "variant": item.model_name,
                "quantity": item.quantity,
                "price": item.price,
            }
            for item in order.items
        ],
        "total": order.total,
        "create_time": order.create_time,
        "update_time": order.update_time,
    }


def _put_order(world: World, _request: Request, posted: dict[str, Any]) -> Any:
    order_sn = str(posted.get("order_sn", ""))
    named = "shop_id" in posted or "marketplace" in posted
    order = world.order_of(shop_meant(world, posted), order_sn) if named else world.orders.get(order_sn)
    if order is None:
        buyer = world.buyers.get(posted.get("buyer_id", 0))
        order = world.make_order(
            shop_meant(world, posted),
            order_sn=order_sn,
            buyer=buyer,
            lines=posted.get("lines"),
            age_s=posted.get("age_s", 0),
        )
        if posted.get("buyer_name"):
            order.buyer.name = str(posted["buyer_name"])
    _change_order(world, order, posted)
    return _row(world, order)


def _change_order(world: World, order: Order, posted: dict[str, Any]) -> None:
    if "status" in posted:
        world.change_order(order, str(posted["status"]), str(posted.get("reason", "")))
    if "tracking_number" in posted:
        order.packages[0].tracking_number = str(posted["tracking_number"])
    if posted.get("split") and len(order.packages) == 1:
        split(order, world.numbers, world.shops[order.shop_id])
    for number, marks in enumerate(posted.get("lines_marked", ())):
        if number >= len(order.items) or not set(marks) <= _MARKS:
            raise BadRequest(f"lines_marked has more lines than the order, or a mark not of {sorted(_MARKS)}")
        mark_line(order, number, **{mark: bool(value) for mark, value in marks.items()})
    order.has_buyer_id = bool(posted.get("has_buyer_id", order.has_buyer_id))
    order.update_time = world.now()


def _buyers(world: World, _request: Request, _posted: dict[str, Any]) -> Any:
    return [
        {"id": buyer.user_id, "name": buyer.name, "blocked": buyer.blocked, "open_return": buyer.open_return}
        for buyer in world.buyers.values()
    ]


def _change_buyer(world: World, request: Request, posted: dict[str, Any]) -> Any:
    buyer = world.buyers.get(request.path_params["number"])
    if buyer is None:
        raise BadRequest("no such buyer")
    if posted.get("blocked", "") not in ("", "by_buyer", "by_shop"):
        raise BadRequest("blocked must be by_buyer, by_shop or empty")
    buyer.blocked = posted.get("blocked", buyer.blocked)
    buyer.open_return = bool(posted.get("open_return", buyer.open_return))
    return _buyers(world, request, posted)


def _reply(world: World, request: Request, posted: dict[str, Any]) -> Any:
    message = world.buyer_says(
        request.path_params["number"], str(posted.get("text", "")), posted.get("shop_id")
    )
    return {"message_id": message.message_id, "conversation_id": message.conversation_id}


class Sellers:
    """The shops of all marketplaces and what their clients need."""

    def __init__(self, marketplaces: Sequence[Marketplace]) -> None:
        self._marketplaces = {marketplace.NAME: marketplace for marketplace in marketplaces}

    def connect(self, world: World, request: Request, _posted: dict[str, Any]) -> Any:
        """Return ready credentials for a shop; the first one unless named."""
        return self._credentials(world, shop_meant(world, dict(request.query_params)))

    def change(self, world: World, _request: Request, posted: dict[str, Any]) -> Any:
        """Open a shop or change one."""
        shop = _new_shop(world, posted) if posted.get("add") else shop_meant(world, posted)
        shop.name = str(posted.get("shop_name", shop.name))
        shop.region = str(posted.get("region", shop.region))
        shop.status = str(posted.get("status", shop.status))
        shop.chat_allowed = bool(posted.get("chat_allowed", shop.chat_allowed))
        self._marketplaces[shop.marketplace].change_settings(world, shop, posted)
        return self._credentials(world, shop)

    def _credentials(self, world: World, shop: Shop) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "marketplace": shop.marketplace,
            "shop_id": shop.shop_id,
            "shop_name": shop.name,
            "region": shop.region,
        }
        return facts | self._marketplaces[shop.marketplace].credentials(world, shop)


def _new_shop(world: World, posted: dict[str, Any]) -> Shop:
    marketplace = str(posted.get("marketplace", "shopee"))
    if marketplace not in SHAPES:
        raise BadRequest(f"marketplace must be one of: {', '.join(SHAPES)}")
    return world.add_shop(
        str(posted.get("shop_name", "Second shop")), str(posted.get("region", "MY")), marketplace=marketplace
    )


def _clock(world: World, _request: Request, posted: dict[str, Any]) -> Any:
    world.move_on(float(posted.get("advance_s", 0)))
    return {"now": world.now(), "wire": world.wire_now()}


def shop_meant(world: World, posted: dict[str, Any]) -> Shop:
    """Find the shop by its id, else the first one of the marketplace, else the first one."""
    shops = world.shops_of(str(posted["marketplace"])) if "marketplace" in posted else [*world.shops.values()]
    if "shop_id" in posted:
        shops = [shop for shop in shops if str(shop.shop_id) == str(posted["shop_id"])]
    if not shops:
        raise BadRequest("no such shop")
    return shops[0]
