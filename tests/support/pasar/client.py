"""Pasar: a made-up marketplace with signed calls and one key that the seller copies from its console.

An answer is `{"ok": true, …}` or `{"ok": false, "code": …, "message": …}`; whatever else comes is none.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    NotAllowed,
    OutcomeUnknown,
    Refused,
    SettingsError,
    ShopWaits,
    TooFast,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.marketplace.answers import Imposter, entry, not_answered, not_confirmed
from parcelguard.marketplace.http import Answer, Http, MarketplaceClock, Request, Upload
from parcelguard.marketplace.meaning import ClockRefused, Meaning
from parcelguard.marketplace.ports import Access, AccessState, Seller
from parcelguard.marketplace.tokens import grant_key
from parcelguard.vault.vault import Vault

TITLE = "Pasar"
SIGNATURE_WINDOW = timedelta(minutes=5)
NO_KEY, NO_CHAT, CLOCK = "not_connected", "no_chat", "clock"
MEANINGS: Mapping[str, Meaning] = {
    "bad_signature": Meaning(ShopWaits, MarketplaceReason.APP_KEYS_REFUSED),
    NO_CHAT: Meaning(ShopWaits, MarketplaceReason.NO_CHAT_ACCESS),
    CLOCK: Meaning(ClockRefused, MarketplaceReason.CLOCK_REFUSED),
    "bad_words": Meaning(Refused, MarketplaceReason.TEXT_REFUSED),
    "not_found": Meaning(Refused, MarketplaceReason.ORDER_UNKNOWN),
    "slow_down": Meaning(TooFast, MarketplaceReason.SLOWER),
}
_TROUBLE = Meaning(OutcomeUnknown, MarketplaceReason.BUSY)
_STATES = {
    NO_KEY: AccessState.NOT_CONNECTED,
    "bad_signature": AccessState.CONSENT_AGAIN,
    NO_CHAT: AccessState.NO_CHAT,
}


def pasar_client(shop: ShopSettings, vault: Vault, now: Callable[[], datetime]) -> PasarClient:
    """Return the client of one shop; nothing is called yet."""
    return PasarClient(shop, vault, Http(shop.host), now)


class PasarClient:
    """Signed calls for one shop."""

    def __init__(self, shop: ShopSettings, vault: Vault, http: Http, now: Callable[[], datetime]) -> None:
        self.clock = MarketplaceClock()
        self._shop = shop
        self._vault = vault
        self._http = http
        self._now = now

    def close_connections(self) -> None:
        """Close every connection."""
        self._http.close()

    def consent_address(self, grant: str, redirect: str, state: str) -> str:
        """Refuse: the key is all that is needed."""
        raise _no_consent()

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:
        """Refuse: the key is all that is needed."""
        raise _no_consent()

    def probe_access(self) -> Access:
        """Ask for the shop itself, which tells whether it may write to buyers."""
        try:
            told = entry(self.get("/shop").get("shop"))
        except DeliveryError as error:
            state = _STATES.get(error.code) if isinstance(error, NotAllowed) else None
            return Access(state or AccessState.UNREACHABLE, orders=False, reason=error.reason)
        if told.get("chat") is not True:
            missing = because(MarketplaceReason.NO_CHAT_ACCESS, marketplace=TITLE)
            return Access(AccessState.NO_CHAT, reason=missing)
        return Access(AccessState.AUTHORISED)

    def get(self, path: str, **query: str | int) -> Mapping[str, Any]:
        """Read something."""
        texts = {name: str(value) for name, value in query.items()}
        return self._read(Request(method="GET", path=f"/pasar/v1{path}", query=texts))

    def upload(self, picture: bytes) -> Mapping[str, Any]:
        """Store a picture; the buyer sees nothing."""
        uploads = (Upload("picture", picture),)
        return self._read(Request(method="POST", path="/pasar/v1/pictures", uploads=uploads))

    def send(
        self, path: str, body: Mapping[str, Any], signed_at: datetime, mark: Callable[[], None]
    ) -> Mapping[str, Any]:
        """Post a message that is never repeated here once it may have arrived."""
        request = Request(method="POST", path=f"/pasar/v1{path}", raw=json.dumps(body).encode())
        answer = self._twice(request, lambda: signed_at, lambda signed: self._http.send(signed, mark))
        message = (answer.body or {}).get("message")
        if not isinstance(message, dict):
            raise not_confirmed(f"HTTP {answer.status} without the message", title=TITLE)
        return message

    def _read(self, request: Request) -> Mapping[str, Any]:
        try:
            return self._twice(request, self._now, self._http.read).body or {}
        except OutcomeUnknown as error:  # nothing visible was asked for
            raise not_answered(error) from error

    def _twice(
        self, request: Request, signed_for: Callable[[], datetime], carry: Callable[[Request], Answer]
    ) -> Answer:
        """Make a call, once more when its time was refused: by then theirs is known."""
        try:
            return self._checked(carry(self._signed(request, signed_for())))
        except ClockRefused:
            return self._checked(carry(self._signed(request, signed_for())))

    def _signed(self, request: Request, moment: datetime) -> Request:
        secrets = self._vault.load(grant_key(self._shop.id, "shop"))
        if secrets is None:
            raise ShopWaits("no key", because(MarketplaceReason.APP_SECRET_MISSING), code=NO_KEY)
        stamp = str(self.clock.timestamp(moment))
        signed = f"{request.method} {request.address()}\n{stamp}\n".encode() + (request.raw or b"")
        signature = hmac.new(secrets.app_secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = {"x-pasar-app": self._shop.app_key, "x-pasar-time": stamp, "x-pasar-sign": signature}
        return replace(request, headers=headers)

    def _checked(self, answer: Answer) -> Answer:
        """Return an answer that is a success by Pasar's own word."""
        body = answer.body or {}
        if not isinstance(body.get("ok"), bool):
            raise Imposter(f"HTTP {answer.status} without an envelope", title=TITLE)
        self.clock.learn(answer.date, self._now())
        if body["ok"] and answer.status < 400:
            return answer
        raise _failure(str(body.get("code") or ""), answer)


def _failure(code: str, answer: Answer) -> DeliveryError:
    """Return the error that a refusal stands for. What is not listed counts as unknown."""
    return MEANINGS.get(code, _TROUBLE).error(
        f"{code} (HTTP {answer.status})",
        marketplace=TITLE,
        code=code,
        retry_after_s=answer.retry_after_s,
    )


def _no_consent() -> SettingsError:
    return SettingsError("no consent", because(MarketplaceReason.TOKEN_IS_ENOUGH, marketplace=TITLE))
