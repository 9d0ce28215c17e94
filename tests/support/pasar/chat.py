"""Pasar's chat: a conversation goes by the buyer's number, and each message names its order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import Held, Refused
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.parts import PartKind
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.delivery.ports import (
    ChannelPolicy,
    HouseRules,
    Look,
    Picture,
    Receipt,
    SentMark,
    Target,
    Wire,
)
from parcelguard.marketplace.answers import entry, moment, rows
from parcelguard.store.views import Sighting
from tests.support.pasar.client import SIGNATURE_WINDOW, TITLE, PasarClient


def pasar_chat(client: PasarClient, shop: ShopSettings, house: HouseRules) -> PasarChat:
    """Return what reaches one shop's buyers."""
    return PasarChat(client, house)


class PasarChat:
    """Sends order photos into one shop's conversations."""

    def __init__(self, client: PasarClient, house: HouseRules) -> None:
        self._client = client
        self._policy = house.policy(
            signature_window=SIGNATURE_WINDOW,
            longest_text=marketplace("pasar").longest_text,
        )

    @property
    def policy(self) -> ChannelPolicy:
        """How Pasar wants to be used."""
        return self._policy

    @property
    def clock_offset(self) -> timedelta:
        """By how much Pasar's clock is ahead."""
        return self._client.clock.offset

    def upload_picture(self, picture: bytes) -> str:
        """Store a picture and return its address."""
        return str(self._client.upload(picture)["address"])

    def open_conversation(self, target: Target, planned: int) -> str:
        """Hold what should not go out any more; a conversation goes by the buyer's number."""
        order = entry(self._client.get("/orders/one", code=target.order_number).get("order"))
        if order.get("cancelled"):
            raise _held("order_cancelled", because(SendingReason.ORDER_CANCELLED))
        if str(order.get("buyer_id")) != target.buyer_id:
            raise _held("buyer_changed", because(MarketplaceReason.BUYER_CHANGED, marketplace=TITLE))
        return target.buyer_id

    def send_text(self, target: Target, text: str, wire: Wire) -> Receipt:
        """Post a text."""
        return self._send(target, {"text": text}, wire)

    def send_image(self, target: Target, picture: Picture, wire: Wire) -> Receipt:
        """Post an uploaded picture."""
        return self._send(target, {"picture": picture.address}, wire)

    def look_for_message(self, target: Target, mark: SentMark) -> Look:
        """Read the newest messages back for own ones that match."""
        answer = self._client.get(f"/chats/{target.buyer_id}")
        told = [(moment(each.get("at")), each) for each in rows(answer.get("messages"))]
        recent = [(at, each) for at, each in told if at is None or at >= mark.since]
        covered = len(recent) < len(told) or answer.get("more") is False
        seen = [(at, each, each.get("own") is True and _matches(each, mark)) for at, each in recent]
        return Look(
            tuple(str(each.get("id") or "") for _, each, matches in seen if matches),
            covered,
            target.buyer_id,
            tuple(
                Sighting(at, each.get("own") is True, str(each.get("kind")), _words(each), matches)
                for at, each, matches in seen
            ),
        )

    def hidden_messages(self, target: Target, message_ids: Collection[str], since: object) -> frozenset[str]:
        """Return nothing: Pasar hides no messages."""
        return frozenset()

    def take_back(self, target: Target, message_id: str, kind: PartKind) -> None:
        """Refuse: nothing can be taken back."""
        reason = because(MarketplaceReason.NEVER_TAKEN_BACK, marketplace=TITLE)
        raise Refused("no recall", reason, code="no_recall")

    def _send(self, target: Target, content: Mapping[str, Any], wire: Wire) -> Receipt:
        body = {"order": target.order_number, **content}
        message = self._client.send(f"/chats/{target.buyer_id}/say", body, wire.signed_at, wire.mark)
        return Receipt(message_id=str(message.get("id") or ""), conversation_id=target.buyer_id)


def _matches(message: Mapping[str, Any], mark: SentMark) -> bool:
    if mark.kind is PartKind.TEXT:
        return bool(message.get("text") == mark.text)
    return bool(message.get("picture") == mark.address)


def _words(message: Mapping[str, Any]) -> str:
    """Return what a person recognises an own message by; a buyer's words are nobody's business."""
    return str(message.get("text") or "")[:80] if message.get("own") else ""


def _held(code: str, reason: Reason) -> Held:
    return Held(code, reason, code=code)
