"""Lazada: pack, print the label, set ready to ship; whole orders here, whatever items are named.

A call that succeeds says nothing about its rows: each has an error code of its own.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

from parcelguard.sandbox.labels import PLACE, pdf
from parcelguard.sandbox.lazada.orders import units
from parcelguard.sandbox.lazada.wire import Asked, Call
from parcelguard.sandbox.world.records import Order, Package
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

MOST_AT_ONCE = 20
_TO_PACK = frozenset({"PENDING", "INVOICE_PENDING", "READY_TO_SHIP", "RETRY_SHIP"})
_PACKED = "packed"
_FINE = {"item_err_code": "0", "msg": "success", "retry": False}
_NOT_NOW = {"item_err_code": "PG_SIM_STATUS", "msg": "Wrong status", "retry": False}
_UNKNOWN = {"item_err_code": "PG_SIM_UNKNOWN", "msg": "Not found", "retry": False}


def pack(world: World, asked: Asked) -> dict[str, Any]:
    """/order/fulfill/pack: give the parcels of pending orders their codes."""
    answers = []
    for row in _rows(asked, "packReq", "pack_order_list"):
        order = world.order_of(asked.shop, str(row.get("order_id", "")))
        if order is not None:
            fits = order.status in _TO_PACK
            if fits:
                world.change_order(order, _PACKED)
            answers.append({"order_id": row["order_id"], "order_item_list": _packed(order, fits=fits)})
        else:
            items = [{"order_item_id": item} | _UNKNOWN for item in row.get("order_item_list", ())]
            answers.append({"order_id": row.get("order_id"), "order_item_list": items})
    return {"result": {"success": True, "data": {"pack_order_list": answers}}}


def ready(world: World, asked: Asked) -> dict[str, Any]:
    """/order/package/rts: hand packed parcels over to the carrier."""

    def hand_over(order: Order, _package: Package) -> dict[str, Any]:
        if order.status != _PACKED:
            return _NOT_NOW
        world.change_order(order, "PROCESSED")
        return _FINE

    return {
        "result": {"success": True, "data": {"packages": _each(world, asked, "readyToShipReq", hand_over)}}
    }


def get_document(world: World, asked: Asked) -> dict[str, Any]:
    """/order/package/document/get: the labels of packed parcels as one PDF."""
    lines: list[str] = []
    urls: list[str] = []

    def print_label(order: Order, package: Package) -> dict[str, Any]:
        if not package.tracking_number:
            return _NOT_NOW
        lines.extend([order.carrier, package.tracking_number, f"Order {order.order_sn}"])
        urls.append(f"{asked.base_url}{PLACE}{package.tracking_number}.pdf")
        return _FINE

    _each(world, asked, "getDocumentReq", print_label)
    if not lines:
        raise Refused("PG_SIM_STATUS", "No parcel has a label yet")
    file = base64.b64encode(pdf(lines)).decode()
    return {"result": {"success": True, "data": {"file": file, "doc_type": "PDF", "pdf_url": urls[0]}}}


def _each(
    world: World, asked: Asked, name: str, act: Callable[[Order, Package], dict[str, Any]]
) -> list[dict[str, Any]]:
    parcels = {
        package.package_number: (order, package)
        for order in world.orders.values()
        if order.shop_id == asked.shop.shop_id
        for package in order.packages
    }
    answers = []
    for row in _rows(asked, name, "packages"):
        found = parcels.get(str(row.get("package_id", "")))
        answers.append({"package_id": row.get("package_id")} | (act(*found) if found else _UNKNOWN))
    return answers


def _rows(asked: Asked, name: str, inside: str) -> list[dict[str, Any]]:
    try:
        given = json.loads(asked.text(name))
    except ValueError as error:
        raise Refused("InvalidParameter", f"{name} is no JSON") from error
    rows = given.get(inside) if isinstance(given, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused("InvalidParameter", f"{name} lacks {inside}")
    if not 1 <= len(rows) <= MOST_AT_ONCE:
        raise Refused("38", f"E038: {inside} must have 1 to {MOST_AT_ONCE} entries")
    return rows


def _packed(order: Order, *, fits: bool) -> list[dict[str, Any]]:
    if not fits:
        return [{"order_item_id": item_id} | _NOT_NOW for item_id, _, _ in units(order)]
    return [
        {
            "order_item_id": item_id,
            "tracking_number": package.tracking_number,
            "shipment_provider": order.carrier,
            "package_id": package.package_number,
        }
        | _FINE
        for item_id, package, _ in units(order)
    ]


CALLS = (
    Call("/order/fulfill/pack", pack, ("POST",)),
    Call("/order/package/rts", ready, ("POST",)),
    Call("/order/package/document/get", get_document, ("GET", "POST")),
)
