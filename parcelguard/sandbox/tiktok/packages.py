"""TikTok Shop Open API: parcels, their tracking numbers and labels."""

from dataclasses import dataclass
from typing import Any

from parcelguard.sandbox import labels
from parcelguard.sandbox.tiktok.app_state import PARCEL_SCOPE
from parcelguard.sandbox.tiktok.ids import package_id, package_status, status
from parcelguard.sandbox.tiktok.orders import line_ids, within
from parcelguard.sandbox.tiktok.refusals import refusal
from parcelguard.sandbox.tiktok.wire import Asked, Call
from parcelguard.sandbox.world.records import Order, Package
from parcelguard.sandbox.world.refusals import Refused
from parcelguard.sandbox.world.world import World

MOST_PACKAGES = 50
_PACKAGE = "/fulfillment/202309/packages/{package_id}"
_GONE = frozenset({"UNPAID"})  # a parcel has no number before it is paid for
_STATUSES = ("TO_FULFILL", "PROCESSING", "FULFILLING", "COMPLETED", "CANCELLED")
_DOCUMENTS = ("SHIPPING_LABEL", "PACKING_SLIP", "SHIPPING_LABEL_AND_PACKING_SLIP", "SHIPPING_LABEL_PICTURE")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel with every order in it."""

    number: str
    parts: list[tuple[Order, Package]]

    @property
    def tracking(self) -> str:
        """As on the label; empty until shipping is arranged."""
        return self.parts[0][1].tracking_number

    @property
    def status(self) -> str:
        """Return the state of the parcel's first order."""
        return package_status(*self.parts[0])

    @property
    def created(self) -> float:
        """When its first order was made."""
        return min(order.create_time for order, _ in self.parts)

    @property
    def updated(self) -> float:
        """When any of its orders changed."""
        return max(order.update_time for order, _ in self.parts)

    def place(self, which: str) -> str:
        """Return a text that sorts parcels by a time."""
        return f"{self.updated if which == 'update_time' else self.created:017.3f}_{self.number}"

    def facts(self, *, no_tracking: bool) -> dict[str, Any]:
        """Return what detail and search have in common."""
        return {
            "tracking_number": "" if no_tracking else self.tracking,
            "orders": [{"id": order.order_sn} for order, _ in self.parts],
            "order_line_item_ids": [number for part in self.parts for number in line_ids(*part)],
            "shipping_provider_id": "7117858858072016641",
            "shipping_provider_name": self.parts[0][0].carrier,
            "create_time": int(self.created),
            "update_time": int(self.updated),
        }


def get_package(world: World, asked: Asked) -> dict[str, Any]:
    """Return one parcel."""
    parcel = _parcel(world, asked)
    last_mile = f"LM{parcel.tracking}" if asked.shop.shop_id in asked.state.cross_border else ""
    return parcel.facts(no_tracking=_no_tracking(world, asked)) | {
        "package_id": parcel.number,
        "package_status": parcel.status,
        "last_mile_tracking_number": last_mile,
        "shipping_type": "TIKTOK",
        "split_and_combine_tag": _tag(parcel),
        "handover_method": "PICKUP",
    }


def search_packages(world: World, asked: Asked) -> dict[str, Any]:
    """Return a page of the shop's parcels; here they have an `id` and a `status`."""
    wanted = asked.body.get("package_status")
    if wanted not in (None, *_STATUSES):
        raise asked.bad("`package_status` is unknown")
    found = [
        parcel
        for parcel in _parcels(world, asked)
        if wanted in (None, parcel.status)
        and within(asked, "create_time", parcel.created)
        and within(asked, "update_time", parcel.updated)
    ]
    which = asked.choice("sort_field", "create_time", "update_time", "order_pay_time")
    down = asked.choice("sort_order", "DESC", "ASC") == "DESC"
    page = asked.page(found, lambda parcel: parcel.place(which), most=MOST_PACKAGES, down=down)
    no_tracking = _no_tracking(world, asked)
    return {
        "packages": [
            {"id": parcel.number, "status": parcel.status} | parcel.facts(no_tracking=no_tracking)
            for parcel in page.rows
        ],
        "next_page_token": page.next_token,
        "total_count": page.total,
    }


def ship_package(world: World, asked: Asked) -> dict[str, Any]:
    """Arrange the shipping of one parcel: from here on it has a tracking number."""
    parcel = _parcel(world, asked)
    if any(order.status == "PENDING" for order, _ in parcel.parts):
        raise refusal(21011044, "The order is on hold and can not be shipped yet.")
    tracking = parcel.tracking or world.numbers.tracking(asked.shop.region, asked.shop.marketplace)
    for order, package in parcel.parts:
        if order.status == "READY_TO_SHIP":
            order.status = "PROCESSED"
        package.tracking_number = tracking
        order.update_time = world.now()
    return {}


def get_shipping_documents(world: World, asked: Asked) -> dict[str, Any]:
    """Return where the label is, once shipping is arranged."""
    asked.choice("document_type", *_DOCUMENTS)
    parcel = _parcel(world, asked)
    if not parcel.tracking:
        raise refusal(21023035, "Please arrange the shipment first.")
    url = f"{asked.base_url}{labels.PLACE}{parcel.tracking}.pdf"
    return {"doc_url": url, "tracking_number": parcel.tracking}


def get_tracking(world: World, asked: Asked) -> dict[str, Any]:
    """Return what the carrier said about an order."""
    order = world.order_of(asked.shop, asked.named["order_id"])
    if order is None:
        raise _foreign()
    events = [("Order placed", order.create_time)]
    if any(package.tracking_number for package in order.packages):
        events.append(("Shipment arranged", order.update_time))
    if status(order) in ("IN_TRANSIT", "DELIVERED", "COMPLETED"):
        events.append(("Picked up by the carrier", order.update_time))
    return {
        "tracking": [
            {"description": text, "update_time_millis": int(moment * 1000)} for text, moment in events[::-1]
        ]
    }


def _parcels(world: World, asked: Asked) -> list[Parcel]:
    parcels: dict[str, Parcel] = {}
    for order in world.orders.values():
        if order.shop_id != asked.shop.shop_id or status(order) in _GONE:
            continue
        for package in order.packages:
            number = package_id(world, order, package)
            parcels.setdefault(number, Parcel(number, [])).parts.append((order, package))
    return list(parcels.values())


def _parcel(world: World, asked: Asked) -> Parcel:
    wanted = asked.named["package_id"]
    for parcel in _parcels(world, asked):
        if parcel.number == wanted:
            return parcel
    raise _foreign()


def _foreign() -> Refused:
    return refusal(21008111, "The order does not belong to the seller.")


def _tag(parcel: Parcel) -> str:
    if len(parcel.parts) > 1:
        return "COMBINE"
    return "SPLIT" if len(parcel.parts[0][0].packages) > 1 else "DEFAULT"


def _no_tracking(world: World, asked: Asked) -> bool:
    return bool(world.faults.strike("empty_tracking", asked.path))


CALLS = (
    Call("GET", _PACKAGE, get_package, PARCEL_SCOPE),
    Call("POST", "/fulfillment/202309/packages/search", search_packages, PARCEL_SCOPE),
    Call("POST", f"{_PACKAGE}/ship", ship_package, PARCEL_SCOPE),
    Call("GET", f"{_PACKAGE}/shipping_documents", get_shipping_documents, PARCEL_SCOPE),
    Call("GET", "/fulfillment/202309/orders/{order_id}/tracking", get_tracking, PARCEL_SCOPE),
)
