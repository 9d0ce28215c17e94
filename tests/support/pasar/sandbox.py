"""Pasar as one marketplace of the sandbox."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parcelguard.sandbox.world.records import Buyer, Message, Order, Shop
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

NAME = "pasar"
APP_KEY, APP_SECRET = "pasar-app", "pasar-secret"
WINDOW_S = 300
PAGE = 100
MAX_BYTES = 2 * 1024 * 1024
_CANCELLED = ("CANCELLED", "IN_CANCEL")
Work = Callable[[World, Shop, Request, bytes], dict[str, Any]]


def routes(world: World) -> list[Route]:
    """Return what to mount."""
    table: tuple[tuple[str, str, Work], ...] = (
        ("GET", "/shop", _shop),
        ("GET", "/orders", _orders),
        ("GET", "/orders/one", _order),
        ("POST", "/pictures", _upload),
        ("POST", "/chats/{buyer:int}/say", _say),
        ("GET", "/chats/{buyer:int}", _listed),
    )
    return [
        Route(f"/pasar/v1{path}", partial(_answer, world, work), methods=[method])
        for method, path, work in table
    ]


def credentials(world: World, shop: Shop) -> dict[str, Any]:
    """Return what a client needs."""
    secret = f"{APP_SECRET}-{shop.shop_id}"
    return {"settings": {"app_key": APP_KEY}, "grants": {"shop": {"app_secret": secret}}}


def change_settings(world: World, shop: Shop, posted: Mapping[str, Any]) -> None:
    """Set nothing."""


async def _answer(world: World, work: Work, request: Request) -> Response:
    path = f"{request.method} {request.url.path}"
    content = await _content(request)
    try:
        with world.lock:
            shop = _admit(world, path, request, content)
            fault = world.faults.strike("error", path)
            refusal = fault and Refused(fault.error, fault.message, status=fault.status or 400)
            if refusal and not (fault and fault.processed):
                raise refusal
            said = work(world, shop, request, content)
            if refusal:
                raise refusal
            world.requests.note(request.url.path, "", 200)
    except Refused as refused:
        with world.lock:
            world.requests.note(request.url.path, refused.code, refused.status)
        body = {"ok": False, "code": refused.code, "message": refused.message}
        return JSONResponse(body, refused.status, refused.headers)
    return JSONResponse({"ok": True, **said})


async def _content(request: Request) -> bytes:
    """Return the body, or the picture of a form."""
    if not request.headers.get("content-type", "").startswith("multipart/"):
        return await request.body()
    async with request.form() as form:
        picture = form.get("picture")
        return await picture.read() if isinstance(picture, UploadFile) else b""


def _admit(world: World, path: str, request: Request, content: bytes) -> Shop:
    given = request.headers
    query = f"?{request.url.query}" if request.url.query else ""
    signed = f"{request.method} {request.url.path}{query}\n{given.get('x-pasar-time')}\n".encode()
    signed += b"" if request.url.path.endswith("/pictures") else content
    shop = next((each for each in world.shops_of(NAME) if _fits(each, signed, given)), None)
    if shop is None:
        raise Refused("bad_signature", "The signature is wrong.", status=401)
    if abs(int(given["x-pasar-time"]) - world.wire_now()) > WINDOW_S:
        raise Refused("clock", "The time is too far off.", status=401)
    if fault := world.faults.strike("rate_limit", path):
        raise Refused("slow_down", "Slow down.", status=429, headers={"Retry-After": str(fault.value)})
    if "/chats/" in path and not shop.chat_allowed:
        raise Refused("no_chat", "This app may not chat.", status=403)
    return shop


def _fits(shop: Shop, signed: bytes, given: Mapping[str, str]) -> bool:
    wanted = hmac.new(f"{APP_SECRET}-{shop.shop_id}".encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, given.get("x-pasar-sign", ""))


def _shop(world: World, shop: Shop, request: Request, content: bytes) -> dict[str, Any]:
    return {"shop": {"id": shop.shop_id, "name": shop.name, "chat": shop.chat_allowed}}


def _orders(world: World, shop: Shop, request: Request, content: bytes) -> dict[str, Any]:
    since, until = (float(request.query_params[name]) for name in ("since", "until"))
    own = [order for order in world.orders.values() if order.shop_id == shop.shop_id]
    return {"orders": [_row(order) for order in own if since <= order.update_time <= until]}


def _order(world: World, shop: Shop, request: Request, content: bytes) -> dict[str, Any]:
    code = request.query_params.get("code", "")
    for order in world.orders.values():
        codes = {order.order_sn, *(package.tracking_number for package in order.packages)} - {""}
        if order.shop_id == shop.shop_id and code in codes:
            return {"order": _row(order)}
    return {"order": None}


def _upload(world: World, shop: Shop, request: Request, content: bytes) -> dict[str, Any]:
    return {
        "address": world.pictures.keep_upload(
            shop.shop_id, content, str(request.base_url).rstrip("/"), most=MAX_BYTES
        ).url
    }


def _say(world: World, shop: Shop, request: Request, content: bytes) -> dict[str, Any]:
    path, wish = f"POST {request.url.path}", json.loads(content)
    order = world.order_of(shop, wish["order"])
    picture = world.pictures.by_url(wish.get("picture", ""), shop.shop_id)
    if order is None or (picture is None and not wish.get("text")):
        raise Refused("not_found", "No such order or picture.", status=404)
    delay = world.faults.strike("list_delay_s", path)
    message = world.chat.accept(
        shop.shop_id,
        _buyer(world, request),
        "image" if picture else "text",
        {"url": picture.url} if picture else {"text": wish["text"]},
        order_sn=order.order_sn,
        picture=picture,
        listed_from=world.now() + (delay.value if delay else 0),
    )
    shown = _bubble(message)
    return {"message": {} if world.faults.strike("missing_message_id", path) else shown}


def _listed(world: World, shop: Shop, request: Request, content: bytes) -> dict[str, Any]:
    talk = world.chat.find(shop.shop_id, _buyer(world, request).user_id)
    shown = [each for each in (talk.messages if talk else ()) if each.listed_from <= world.now()]
    return {"messages": [_bubble(each) for each in shown[: -PAGE - 1 : -1]], "more": len(shown) > PAGE}


def _buyer(world: World, request: Request) -> Buyer:
    buyer = world.buyers.get(request.path_params["buyer"])
    if buyer is None:
        raise Refused("not_found", "No such buyer.", status=404)
    return buyer


def _bubble(message: Message) -> dict[str, Any]:
    return {
        "id": message.message_id,
        "at": message.at,
        "own": message.from_shop,
        "kind": message.kind,
        "text": message.content.get("text", ""),
        "picture": message.picture.url if message.picture else "",
    }


def _row(order: Order) -> dict[str, Any]:
    return {
        "number": order.order_sn,
        "buyer_id": order.buyer.user_id,
        "buyer": order.buyer.name,
        "tracking": [package.tracking_number for package in order.packages],
        "cancelled": order.status in _CANCELLED,
        "items": [{"name": each.name, "sku": each.sku, "quantity": each.quantity} for each in order.items],
    }
