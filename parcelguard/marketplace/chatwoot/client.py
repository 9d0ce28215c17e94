"""Chatwoot: one inbox of an account, reached with an agent's access token.

Nothing is signed and no token runs out. There are no orders either: a buyer is the one contact
whose identifier, phone, e-mail or name holds the scanned code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    NotAllowed,
    OutcomeUnknown,
    SettingsError,
    ShopWaits,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.marketplace.answers import Imposter, not_answered, not_confirmed, rows
from parcelguard.marketplace.chatwoot.codes import TITLE, failure
from parcelguard.marketplace.http import Answer, Http, MarketplaceClock, Request, Upload
from parcelguard.marketplace.ports import Access, AccessState, Seller
from parcelguard.marketplace.tokens import grant_key
from parcelguard.vault.vault import Vault

TOKEN = "api_access_token"  # noqa: S105 — the header's name
_STATES = {
    "not_connected": AccessState.NOT_CONNECTED,
    "401": AccessState.CONSENT_AGAIN,
    "403": AccessState.NO_CHAT,
    "404": AccessState.CONSENT_AGAIN,  # there is no such account
}
_REFUSALS = ("error", "errors", "message")
PAGE = 15  # contacts that one search shows
PAGES = 5
_BETWEEN_WORDS = re.compile(r"[\s,;:#()\[\]]+")


def chatwoot_client(shop: ShopSettings, vault: Vault, now: Callable[[], datetime]) -> ChatwootClient:
    """Return the client of one inbox; nothing is called yet."""
    return ChatwootClient(shop, vault, Http(shop.host), now)


class ChatwootClient:
    """Calls for one inbox. Safe to use from several threads."""

    def __init__(self, shop: ShopSettings, vault: Vault, http: Http, now: Callable[[], datetime]) -> None:
        self.clock = MarketplaceClock()
        self.inbox_id = shop.inbox_id
        self._account = f"/api/v1/accounts/{shop.shop_id}"
        self._key = grant_key(shop.id, "shop")
        self._vault = vault
        self._http = http
        self._now = now

    def close_connections(self) -> None:
        """Close every connection."""
        self._http.close()

    def consent_address(self, grant: str, redirect: str, state: str) -> str:  # noqa: ARG002
        """Refuse: the access token is all that is needed."""
        raise _no_consent()

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:  # noqa: ARG002
        """Refuse: the access token is all that is needed."""
        raise _no_consent()

    def probe_access(self) -> Access:
        """Look for a contact: that needs the token and the account to be right."""
        try:
            self.contacts("parcelguard")
        except DeliveryError as error:
            state = _STATES.get(error.code) if isinstance(error, NotAllowed) else None
            return Access(state or AccessState.UNREACHABLE, orders=False, reason=error.reason)
        return Access(AccessState.AUTHORISED)

    # ---- calls -------------------------------------------------------------------------

    def get(self, path: str, **query: str | int) -> Mapping[str, Any]:
        """Read something of the account."""
        texts = {name: str(value) for name, value in query.items()}
        return self._read(self._request("GET", path, query=texts))

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask for something that may be repeated."""
        return self._read(self._request("POST", path, json=body))

    def send_text(self, path: str, body: Mapping[str, Any], mark: Callable[[], None]) -> Mapping[str, Any]:
        """Post a message that is never repeated here once it may have arrived."""
        return self._shown(self._http.send(self._request("POST", path, json=body), mark))

    def send_picture(
        self, path: str, form: Mapping[str, str], picture: Upload, mark: Callable[[], None]
    ) -> Mapping[str, Any]:
        """Post a message with a picture, which travels with it."""
        request = self._request("POST", path, form=form, uploads=(picture,))
        return self._shown(self._http.send(request, mark))

    def contacts(self, code: str) -> list[Mapping[str, Any]]:
        """Return the contacts that a scanned code names; the search itself finds parts of words too."""
        if not code.strip():
            return []
        named: list[Mapping[str, Any]] = []
        for page in range(1, PAGES + 1):
            found = rows(self.get("/contacts/search", q=code, page=page).get("payload"))
            named += [each for each in found if _named(each, code)]
            if len(found) < PAGE:
                return named
        # Of so many, nobody can tell whether the code names one alone.
        return []

    # ---- steps -------------------------------------------------------------------------

    def _request(self, method: str, path: str, **rest: Any) -> Request:
        secrets = self._vault.load(self._key)
        if secrets is None:
            raise ShopWaits(
                "no access token",
                because(MarketplaceReason.ACCESS_TOKEN_MISSING, marketplace=TITLE),
                code="not_connected",
            )
        return Request(method=method, path=self._account + path, headers={TOKEN: secrets.app_secret}, **rest)

    def _read(self, request: Request) -> Mapping[str, Any]:
        answer = self._http.read(request)
        error = self._error(answer)
        if isinstance(error, OutcomeUnknown):  # nothing visible was asked for
            raise not_answered(error) from error
        if error:
            raise error
        return answer.body or {}

    def _shown(self, answer: Answer) -> Mapping[str, Any]:
        """Return the message that an answer brings back; its id alone may be missing."""
        if error := self._error(answer):
            raise error
        message = answer.body or {}
        if "content" not in message or "message_type" not in message:
            raise not_confirmed(f"HTTP {answer.status} without the message", title=TITLE)
        return message

    def _error(self, answer: Answer) -> DeliveryError | None:
        """Return what an answer refuses, or None for a success."""
        body, status = answer.body, answer.status
        if status == 429 or status >= 500:
            return failure(status, answer.retry_after_s)
        refused = status >= 400
        # A proxy in front, or a page of another server at this address, must not pass for Chatwoot's word.
        if body is None or (refused and not any(each in body for each in _REFUSALS)) or 300 <= status < 400:
            return Imposter(f"HTTP {status} in another form than Chatwoot's", title=TITLE)
        self.clock.learn(answer.date, self._now())  # only its own word: a log-in page may be hours off
        return failure(status) if refused else None


def _no_consent() -> SettingsError:
    return SettingsError("no consent", because(MarketplaceReason.TOKEN_IS_ENOUGH, marketplace=TITLE))


def _named(contact: Mapping[str, Any], code: str) -> bool:
    """Whether a contact's e-mail or phone, or a word of the identifier or name, is the code."""
    wanted = code.strip().casefold()
    texts = [str(contact.get(each) or "").casefold() for each in ("email", "identifier", "name")]
    words = {word for text in texts for word in (text, *_BETWEEN_WORDS.split(text))}
    phone = _digits(str(contact.get("phone_number") or ""))
    return wanted in words or (phone != "" and wanted.removeprefix("+") == phone)


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))
