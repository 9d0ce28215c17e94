"""Shopee Open Platform v2: signed calls for one shop, tokens included.

Every call signs partner id, path, timestamp, access token and shop id with HMAC-SHA256; neither
the other query values nor the body are signed. An answer is a success when its `error` is
empty and its status is one too; a visible message must come back as well, since a gateway in front
of Shopee answers in much the same form.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    SettingsError,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.marketplace.answers import Imposter, moment, not_answered, not_confirmed
from parcelguard.marketplace.consent_answer import other_shop, returned
from parcelguard.marketplace.http import Answer, Http, MarketplaceClock, Request, Upload
from parcelguard.marketplace.once_more import Refusal, with_their_time, with_tokens
from parcelguard.marketplace.ports import Access, AccessState, Seller
from parcelguard.marketplace.shopee.codes import (
    TITLE,
    consent_ended,
    failure,
    no_permission,
    not_connectable,
    token_refused,
    wants_consent,
)
from parcelguard.marketplace.tokens import Tokens, life_s
from parcelguard.vault.vault import Secrets, Vault

HOST = "https://partner.shopeemobile.com"
REFRESH_WHEN_LEFT = timedelta(minutes=30)
REFRESH_TOKEN_LIFE = timedelta(days=30)
LONGEST_LIFE = timedelta(days=30)  # of an access token, whatever is told
SIGNATURE_WINDOW = timedelta(seconds=300)
CANCELLED_STATES = ("IN_CANCEL", "CANCELLED")  # the buyer asked for it, and it is final
AUTHORISATION_PAGES = {
    "https://partner.shopeemobile.com": "https://open.shopee.com/auth",
    "https://openplatform.shopee.com.br": "https://open.shopee.com.br/auth",
    "https://openplatform.shopee.cn": "https://open.shopee.cn/auth",
    "https://openplatform.sandbox.test-stable.shopee.sg": "https://open.sandbox.test-stable.shopee.com/auth",
    "https://openplatform.sandbox.test-stable.shopee.cn": "https://open.sandbox.test-stable.shopee.cn/auth",
}
INFO = "/api/v2/shop/get_shop_info"
CONVERSATIONS = "/api/v2/sellerchat/get_conversation_list"
CLOSED_SHOP = ("BANNED", "FROZEN")


def sign(partner_key: str, *pieces: object) -> str:
    """Return the signature of the pieces joined without separator (Shopee Open Platform v2, API calls)."""
    base = "".join(str(piece) for piece in pieces)
    return hmac.new(partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Account:
    """Which app speaks for which shop; the shop's number is 0 until the seller has consented."""

    local_id: str
    host: str
    partner_id: int
    shop_id: int


def shopee_client(shop: ShopSettings, vault: Vault, now: Callable[[], datetime]) -> ShopeeClient:
    """Return the client of one shop, with connections of its own; nothing is called yet."""
    account = Account(shop.id, shop.host or HOST, shop.partner_id, shop.shop_id)
    return ShopeeClient(account, vault, Http(account.host), now)


class ShopeeClient:
    """Calls for one shop. Safe to use from several threads; only one of them refreshes the token."""

    def __init__(self, account: Account, vault: Vault, http: Http, now: Callable[[], datetime]) -> None:
        self.account = account
        self._vault = vault
        self._http = http
        self._now = now
        self.clock = MarketplaceClock()
        self._tokens = Tokens(
            account.local_id,
            vault,
            self._traded,
            self._market_time,
            early=REFRESH_WHEN_LEFT,
            ended=consent_ended,
            title=TITLE,
        )

    def close_connections(self) -> None:
        """Close every connection."""
        self._http.close()

    # ---- the seller's consent ----------------------------------------------------------

    def consent_address(self, grant: str, redirect: str, state: str) -> str:  # noqa: ARG002 - there is one
        """Return the page where the seller allows this app (Shopee Open Platform v2, authorization link)."""
        page = AUTHORISATION_PAGES.get(self.account.host, f"{self.account.host}/auth")
        query = {
            "partner_id": self.account.partner_id,
            "auth_type": "seller",
            "redirect_uri": redirect,
            "response_type": "code",
            "state": state,
        }
        return f"{page}?{urlencode(query)}"

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:  # noqa: ARG002 - there is one
        """Exchange the code in the address the seller was sent to for tokens, and keep them."""
        given = returned(redirected_to, state, TITLE)
        present = self._vault.load(self.account.local_id)
        if present is None:
            raise SettingsError("no partner key", because(MarketplaceReason.PARTNER_KEY_MISSING))
        shop_id = given.get("shop_id") or str(self.account.shop_id)
        if self.account.shop_id and shop_id != str(self.account.shop_id):
            raise other_shop(f"shop {shop_id[:20]}", shop_id[:20])
        account = replace(self.account, shop_id=_number(shop_id, "shop_id"))
        secrets = self._first_pair(given, account, present)
        self.account = account
        # Kept before the shop's name is asked for: the code is spent, and these tokens came only once.
        self._tokens.keep(secrets)
        try:
            info = self.get(INFO)
        except NotSent:  # the tokens are kept; the name can wait
            info = {}
        return Seller(account.shop_id, str(info.get("shop_name") or ""), str(info.get("region") or ""))

    def probe_access(self) -> Access:
        """Ask for the shop, which tells when the consent ends, and for one conversation."""
        try:
            info = self.get(INFO)
        except NotSent as error:
            return Access(AccessState.UNREACHABLE, orders=False, reason=error.reason)
        except NotAllowed as error:
            return Access(_state(error), orders=False, reason=error.reason)
        until = moment(info.get("expire_time")) or self._refresh_ends()
        if str(info.get("status")) in CLOSED_SHOP:
            closed = because(MarketplaceReason.SHOP_CLOSED, marketplace=TITLE)
            return Access(AccessState.NO_CHAT, until, reason=closed)
        try:
            self.get(CONVERSATIONS, direction="older", type="all", page_size=1)
        except NotSent as error:
            return Access(AccessState.UNREACHABLE, until, reason=error.reason)
        except NotAllowed as error:
            return Access(_state(error), until, reason=error.reason)
        return Access(AccessState.AUTHORISED, until)

    def _first_pair(self, given: Mapping[str, str], account: Account, present: Secrets) -> Secrets:
        """Trade the code; a main account's tokens are traded once more, for this shop's own."""
        common: dict[str, Any] = {"partner_id": account.partner_id}
        code = given["code"]
        main = given.get("main_account_id")
        if main is None:
            body = {"code": code, "shop_id": account.shop_id, **common}
            return self._pair(self._public("/api/v2/auth/token/get", body, present.app_secret), present)
        body = {"code": code, "main_account_id": _number(main, "main_account_id"), **common}
        answer = self._public("/api/v2/auth/token/get", body, present.app_secret)
        shops = answer.get("shop_id_list")
        if account.shop_id not in (shops if isinstance(shops, list) else []):
            raise SettingsError(
                f"shop {account.shop_id} is not among the main account's",
                because(MarketplaceReason.CONSENT_WITHOUT_SHOP, shop=str(account.shop_id)),
            )
        return self._traded(self._pair(answer, present), account.shop_id)

    # ---- calls -------------------------------------------------------------------------

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """Read something; the answer's `response`, or the whole answer where it has none."""
        return self._shop_call("GET", path, {key: str(value) for key, value in query.items()})

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something that may be repeated."""
        return self._shop_call("POST", path, {}, json=body)

    def upload(self, path: str, picture: bytes) -> dict[str, Any]:
        """Upload a JPEG in the multipart field `file` (Shopee Open Platform v2, upload_image)."""
        return self._shop_call("POST", path, {}, uploads=(Upload("file", picture),))

    def send(
        self, path: str, body: Mapping[str, Any], signed_at: datetime, mark: Callable[[], None]
    ) -> dict[str, Any]:
        """Post something visible, signed for `signed_at` and never repeated here once it may have arrived."""

        def ask(secrets: Secrets) -> Answer:
            return self._http.send(self._signed("POST", path, {}, secrets, signed_at, json=body), mark)

        return _response(self._exchange(ask, lambda answer: self._error(answer) or _not_shown(answer)))

    # ---- steps -------------------------------------------------------------------------

    def _shop_call(self, method: str, path: str, query: Mapping[str, str], **body: Any) -> dict[str, Any]:
        def ask(secrets: Secrets) -> Answer:
            return self._http.read(self._signed(method, path, query, secrets, self._now(), **body))

        try:
            return _response(self._exchange(ask, self._error))
        except OutcomeUnknown as error:  # nothing visible was asked for
            raise not_answered(error) from error

    def _exchange(self, ask: Callable[[Secrets], Answer], refusal: Refusal) -> Answer:
        return with_tokens(
            self._tokens,
            ask,
            refusal,
            token_refused=lambda _, answer: self._refused_token(answer),
        )

    def _signed(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        secrets: Secrets,
        moment: datetime,
        **body: Any,
    ) -> Request:
        account, timestamp = self.account, self.clock.timestamp(moment)
        signature = sign(
            secrets.app_secret, account.partner_id, path, timestamp, secrets.access_token, account.shop_id
        )
        common = {
            "partner_id": str(account.partner_id),
            "timestamp": str(timestamp),
            "access_token": secrets.access_token,
            "shop_id": str(account.shop_id),
            "sign": signature,
        }
        return Request(method=method, path=path, query={**common, **query}, **body)

    def _public(self, path: str, body: Mapping[str, Any], partner_key: str) -> dict[str, Any]:
        """Call without a token; these answers hold their fields at top level."""

        def ask() -> Answer:
            timestamp = self.clock.timestamp(self._now())
            query = {
                "partner_id": str(self.account.partner_id),
                "timestamp": str(timestamp),
                "sign": sign(partner_key, self.account.partner_id, path, timestamp),
            }
            return self._http.read(Request(method="POST", path=path, query=query, json=body))

        try:
            return with_their_time(ask, self._error).body or {}
        except OutcomeUnknown as error:
            raise not_answered(error) from error

    def _error(self, answer: Answer) -> DeliveryError | None:
        """Return what an answer refuses, or None for a success by Shopee's own test."""
        body = answer.body
        if body is None or not _is_envelope(body, answer.status):
            # The gateway before Shopee refuses in its own form. What it says is known by its status alone.
            if answer.status == 429:
                return failure("error_rate_limit", "", "", 429, answer.retry_after_s)
            if answer.status == 491:
                return failure("error_permission", "", "", 491)
            detail = f"HTTP {answer.status} without Shopee's envelope"
            if answer.status >= 500:
                return failure("error_server", detail, "", answer.status)
            return Imposter(detail, title=TITLE)
        self.clock.learn(answer.date, self._now())  # only Shopee's own word: a log-in page may be hours off
        code = str(body.get("error") or "")
        if code in ("", "-") and answer.status < 400:
            return None
        return failure(
            code,
            str(body.get("message") or ""),
            str(body.get("request_id") or ""),
            answer.status,
            answer.retry_after_s,
        )

    def _refused_token(self, answer: Answer) -> bool:
        body = answer.body or {}
        return token_refused(str(body.get("error") or ""), str(body.get("message") or ""))

    # ---- tokens ------------------------------------------------------------------------

    def _market_time(self) -> datetime:
        return self._now() + self.clock.offset

    def _traded(self, present: Secrets, shop_id: int = 0) -> Secrets:
        """Spend the refresh token for a new pair."""
        body = {
            "refresh_token": present.refresh_token,
            "partner_id": self.account.partner_id,
            "shop_id": shop_id or self.account.shop_id,
        }
        return self._pair(self._public("/api/v2/auth/access_token/get", body, present.app_secret), present)

    def _pair(self, answer: Mapping[str, Any], present: Secrets) -> Secrets:
        access, refresh = str(answer.get("access_token") or ""), str(answer.get("refresh_token") or "")
        if not access or not refresh:
            raise NotSent(
                "token answer without tokens", because(MarketplaceReason.NO_TOKENS, marketplace=TITLE)
            )
        now = self._market_time()
        return replace(
            present,
            access_token=access,
            refresh_token=refresh,
            expires_at=now.timestamp() + life_s(answer.get("expire_in"), now, LONGEST_LIFE),
            refresh_ends_at=(now + REFRESH_TOKEN_LIFE).timestamp(),
        )

    def _refresh_ends(self) -> datetime | None:
        secrets = self._vault.load(self.account.local_id)
        return moment(secrets.refresh_ends_at) if secrets else None


def _number(text: str, name: str) -> int:
    if not text.isdecimal() or len(text) > 20 or int(text) == 0:
        raise SettingsError(f"odd {name}", because(MarketplaceReason.SHOP_NOT_NAMED))
    return int(text)


def _state(error: NotAllowed) -> AccessState:
    """Return what a refused probe says of the shop's access."""
    if error.code == "not_connected" or not_connectable(error):
        return AccessState.NOT_CONNECTED
    if wants_consent(error):
        return AccessState.CONSENT_AGAIN
    return AccessState.NO_CHAT if no_permission(error) else AccessState.UNREACHABLE


def _is_envelope(body: Mapping[str, Any], status: int) -> bool:
    """Whether Shopee itself speaks: gateways know no `error`, and their refusals have a `request_id` too."""
    return "error" in body or ("request_id" in body and status < 300)


def _not_shown(answer: Answer) -> OutcomeUnknown | None:
    """Doubt a success that brings nothing back; the message's id alone may be missing."""
    if isinstance((answer.body or {}).get("response"), dict):
        return None
    return not_confirmed(f"HTTP {answer.status} without a response", title=TITLE)


def _response(answer: Answer) -> dict[str, Any]:
    body = answer.body or {}
    inner = body.get("response")
    return inner if isinstance(inner, dict) else body


def joined(values: Sequence[str]) -> str:
    """Return a list as Shopee's query wants it."""
    return ",".join(values)
