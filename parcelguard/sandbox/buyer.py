"""The buyer's side: the conversations as they look on the phone of the person who ordered.

The page stays in English in every language of the program: it imitates the marketplaces' own apps.
"""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from parcelguard.sandbox.pages import page
from parcelguard.sandbox.world.goods import CATALOGUE
from parcelguard.sandbox.world.records import Buyer, Conversation, Message, Order, Shop
from parcelguard.sandbox.world.shapes import SHAPES
from parcelguard.sandbox.world.swatch import swatch
from parcelguard.sandbox.world.world import World

_FOREVER = {"Cache-Control": "max-age=31536000, immutable"}


class BuyerPages:
    """The page, its data, and the pictures it shows."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """Return what to mount."""
        return [
            Route("/buyer", self.show_page, methods=["GET"]),
            Route("/buyer/data", self.view_data, methods=["GET"]),
            Route("/buyer/reply", self.reply, methods=["POST"]),
            Route("/file/{file_id}", self.chat_image, methods=["GET"]),
            Route("/goods/{sku}.png", self.goods_picture, methods=["GET"]),
        ]

    async def show_page(self, _request: Request) -> Response:
        """Show the page; everything on it comes from `view_data`."""
        return page("buyer.html")

    async def view_data(self, request: Request) -> Response:
        """Who there is to look at, and one conversation; looking at it counts as reading."""
        with self._world.lock:
            buyer, shop = (_whole(request.query_params.get(name, "")) for name in ("buyer", "shop"))
            return JSONResponse(buyer_view(self._world, buyer, shop))

    async def reply(self, request: Request) -> Response:
        """Answer as the buyer."""
        said = await request.json()
        text = str(said.get("text", "")).strip()
        with self._world.lock:
            if said.get("buyer") not in self._world.buyers or not text:
                raise HTTPException(400, "buyer or text is missing")
            message = self._world.buyer_says(said["buyer"], text, _whole(str(said.get("shop", ""))))
        return JSONResponse({"message_id": message.message_id})

    async def chat_image(self, request: Request) -> Response:
        """Return an uploaded chat image."""
        found = self._world.pictures.picture_and_file(request.path_params["file_id"])
        if found is None:
            raise HTTPException(404)
        picture, place = found
        return FileResponse(place, media_type=picture.media_type, headers=_FOREVER)

    async def goods_picture(self, request: Request) -> Response:
        """Return a plain picture of something the shop sells."""
        sku = request.path_params["sku"]
        colour = next((item.colour for item in CATALOGUE if sku in (item.sku, item.model_sku)), None)
        if colour is None:
            raise HTTPException(404)
        return Response(swatch(colour), media_type="image/png", headers=_FOREVER)


def buyer_view(world: World, wanted: int | None, wanted_shop: int | None = None) -> dict[str, Any]:
    """Return the list of buyers, newest talk first, and the chosen one's conversation.

    A buyer of two shops has two conversations; the newest one is shown unless the shop is named too.
    """
    pairs = [(shop, buyer, world.chat.find(shop.shop_id, buyer.user_id)) for buyer, shop in _customers(world)]
    pairs.sort(key=lambda pair: _newest_id(pair[2]), reverse=True)
    named = [pair for pair in pairs if pair[1].user_id == wanted]
    chosen = next(iter([pair for pair in named if pair[0].shop_id == wanted_shop] or named or pairs), None)
    view: dict[str, Any] = {
        "shops": [shop.name for shop in world.shops.values()],
        "buyers": [_row(world, shop, buyer, talk) for shop, buyer, talk in pairs],
        "chat": None,
    }
    if chosen is not None:
        shop, buyer, talk = chosen
        if wanted == buyer.user_id:
            world.chat.seen_by_buyer(shop.shop_id, buyer)
        view["chat"] = _chat(world, shop, buyer, talk)
    return view


def _customers(world: World) -> list[tuple[Buyer, Shop]]:
    pairs = {
        (order.shop_id, order.buyer.user_id): (order.buyer, world.shops[order.shop_id])
        for order in world.orders.values()
    }
    return list(pairs.values())


def _row(world: World, shop: Shop, buyer: Buyer, talk: Conversation | None) -> dict[str, Any]:
    shown = _shown(world, talk)
    last = shown[-1] if shown else None
    seen = talk.buyer_read_id if talk else ""
    return {
        "id": buyer.user_id,
        "name": buyer.name,
        **_where(shop),
        "last": _summary(last) if last else "",
        "at": last.at if last else 0,
        "unread": sum(message.from_shop and message.message_id > seen for message in shown),
    }


def _where(shop: Shop) -> dict[str, str]:
    """Say which app the buyer reads the messages in; ids as text, a browser's numbers are too short."""
    shape = SHAPES[shop.marketplace]
    return {
        "shop_id": str(shop.shop_id),
        "marketplace": shop.marketplace,
        "app": shape.apps.get(shop.region, shape.app),
        "region": shop.region,
    }


def _newest_id(talk: Conversation | None) -> str:
    return talk.messages[-1].message_id if talk and talk.messages else ""


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _chat(world: World, shop: Shop, buyer: Buyer, talk: Conversation | None) -> dict[str, Any]:
    orders = {order.order_sn: order for order in world.orders_of(shop.shop_id, buyer.user_id)}
    return {
        "shop": shop.name,
        **_where(shop),
        "buyer": {"id": buyer.user_id, "name": buyer.name},
        "now": world.now(),
        "orders": {order_sn: _card(shop, order) for order_sn, order in orders.items()},
        "messages": [_bubble(message) for message in _shown(world, talk)],
    }


def _shown(world: World, talk: Conversation | None) -> list[Message]:
    now = world.now()
    return [message for message in talk.messages if message.shown_to_buyer(now)] if talk else []


def _bubble(message: Message) -> dict[str, Any]:
    picture = message.picture
    return {
        "id": message.message_id,
        "from_shop": message.from_shop,
        "at": message.at,
        "kind": message.kind,
        "text": message.content.get("text", ""),
        # A path of our own making, never the address a client sent.
        "image": f"/file/{picture.file_id}" if picture else "",
        "width": picture.width if picture else 0,
        "height": picture.height if picture else 0,
        "order_sn": message.order_sn,
    }


def _card(shop: Shop, order: Order) -> dict[str, Any]:
    return {
        "order_sn": order.order_sn,
        "status": order.status,
        "total": f"{shop.currency} {order.total:,.2f}",
        "items": [
            {
                "name": item.name + (f", {item.model_name}" if item.model_name else ""),
                "quantity": item.quantity,
                "image": f"/goods/{item.model_sku or item.sku}.png",
            }
            for item in order.items
        ],
    }


def _summary(message: Message) -> str:
    return str(
        message.content.get("text")
        or {"image": "Photo", "order": "Order card"}.get(message.kind, message.kind)
    )
