"""Chatwoot: the people of an account's address book."""

import re
from typing import Any

from parcelguard.sandbox.chatwoot.accounts import Contact, inbox_id
from parcelguard.sandbox.chatwoot.wire import Asked, Call, invalid, missing
from parcelguard.sandbox.world.records import Buyer
from parcelguard.sandbox.world.world import World

# Chatwoot, application API, "Search contacts": the size of a page cannot be asked for.
PAGE = 15
_UNIQUE = {"identifier": "Identifier", "phone_number": "Phone number", "email": "Email"}
_E164 = re.compile(r"\+[1-9]\d{1,14}")


def search(world: World, asked: Asked) -> dict[str, Any]:
    """Return who is found by a part of a name, a number or an address."""
    wanted = asked.query.get("q", "").strip()
    if not wanted:
        raise invalid("Specify search string with parameter q")
    page = max(1, asked.whole("page", 1))
    found = [contact for contact in address_book(world, asked).values() if contact.matches(wanted)]
    shown = found[(page - 1) * PAGE : page * PAGE]
    return {
        "meta": {"count": len(shown), "current_page": page, "has_more": len(found) > page * PAGE},
        "payload": [row(asked, contact) for contact in shown],
    }


def create(world: World, asked: Asked) -> dict[str, Any]:
    """Add a person to the address book."""
    book = address_book(world, asked)
    facts = {name: _text(asked, name) for name in _UNIQUE}
    for name, title in _UNIQUE.items():
        if facts[name] and any(getattr(contact, name) == facts[name] for contact in book.values()):
            raise invalid(f"{title} has already been taken")
    if facts["phone_number"] and not _E164.fullmatch(facts["phone_number"]):
        raise invalid("Phone number should be in e164 format")
    if asked.body.get("inbox_id") not in (None, inbox_id(asked.shop)):
        raise missing()
    buyer = _person(world, asked, _text(asked, "name") or "", book)
    book[buyer.user_id] = contact = Contact(buyer, facts["identifier"], facts["phone_number"], facts["email"])
    return {"payload": {"contact": row(asked, contact), "contact_inbox": _inbox(asked, contact)}}


def contact_of(world: World, asked: Asked, number: Any) -> Contact:
    """Return a person by number."""
    contact = address_book(world, asked).get(number) if isinstance(number, int) else None
    if contact is None:
        raise missing()
    return contact


def address_book(world: World, asked: Asked) -> dict[int, Contact]:
    """Return everyone the account knows: who wrote, and who ordered unless a switch says otherwise."""
    book = asked.state.contacts(asked.shop)
    known = [talk.buyer for talk in world.chat.of_shop(asked.shop.shop_id)]
    if asked.state.known_customers:
        known += _customers(world, asked)
    for buyer in known:
        number = str(buyer.user_id)
        contact = book.setdefault(buyer.user_id, Contact(buyer, phone_number=f"+62{number}", fed=True))
        if contact.fed:  # by a web shop, which writes the orders where they can be searched
            orders = world.orders_of(asked.shop.shop_id, buyer.user_id)
            contact.identifier = " ".join(order.order_sn for order in orders) or number
    return book


def row(asked: Asked, contact: Contact) -> dict[str, Any]:
    """Return a person as it goes over the wire."""
    return {
        "id": contact.buyer.user_id,
        "name": contact.buyer.name,
        "email": contact.email,
        "phone_number": contact.phone_number,
        "identifier": contact.identifier,
        "thumbnail": "",
        "availability_status": "offline",
        "blocked": bool(contact.buyer.blocked),
        "additional_attributes": {},
        "custom_attributes": {},
        "contact_inboxes": [_inbox(asked, contact)],
    }


def _inbox(asked: Asked, contact: Contact) -> dict[str, Any]:
    inbox = {"id": inbox_id(asked.shop), "name": asked.shop.name, "channel_type": "Channel::Whatsapp"}
    return {"source_id": contact.source_id, "inbox": inbox}


def _text(asked: Asked, name: str) -> str | None:
    value = asked.body.get(name)
    return str(value) if value else None


def _customers(world: World, asked: Asked) -> list[Buyer]:
    return [order.buyer for order in world.orders.values() if order.shop_id == asked.shop.shop_id]


def _person(world: World, asked: Asked, name: str, book: dict[int, Contact]) -> Buyer:
    """Return the customer of that name who is not in the book yet, or someone new."""
    for buyer in _customers(world, asked):
        if buyer.name == name and buyer.user_id not in book:
            return buyer
    buyer = world.numbers.buyer()
    buyer.name = name
    world.buyers[buyer.user_id] = buyer
    return buyer


CALLS = (
    Call("GET", "/contacts/search", search),
    Call("POST", "/contacts", create),
)
