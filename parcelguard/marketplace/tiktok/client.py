"""TikTok Shop Open API: signed calls for one shop, tokens included. In Indonesia it is Tokopedia & Shop.

Every call signs path, decoded query and the very bytes of its body with HMAC-SHA256; the body of a
multipart form is left out. A token may cover several shops, so nearly every call names the shop by
its cipher. An answer is a success when its `code` is 0. Token calls are unsigned and carry the app's
secret in their query, so their addresses are never told to anyone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    SettingsError,
    ShopWaits,
    TooFast,
)
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.marketplace.answers import Imposter, entry, moment, not_answered, not_confirmed, rows
from parcelguard.marketplace.consent_answer import other_shop, returned
from parcelguard.marketplace.http import Answer, Http, MarketplaceClock, Request, Upload
from parcelguard.marketplace.meaning import ClockRefused
from parcelguard.marketplace.ports import Access, AccessState, Seller
from parcelguard.marketplace.tiktok.codes import (
    NOT_GRANTED,
    RATE_LIMIT,
    SERVER_TROUBLE,
    CipherRefused,
    TokenRefused,
    consent_ended,
    failure,
    moved,
    no_access,
    wants_consent,
    wrong_keys,
)
from parcelguard.marketplace.tiktok.signing import json_text, sign
from parcelguard.marketplace.tokens import Tokens, grant_key, life_s
from parcelguard.vault.vault import Secrets, Vault

API = "https://open-api.tiktokglobalshop.com"
TOKENS = "https://auth.tiktok-shops.com"
CONSENT = "https://services.tiktokshop.com"
REFRESH_WHEN_LEFT = timedelta(hours=24)
SIGNATURE_WINDOW = timedelta(seconds=300)
CONVERSATIONS = "/customer_service/202309/conversations"
SHOPS = "/authorization/202309/shops"
ORDERS = ("/order/202309/orders", "/order/202507/orders")  # the newer one where the older is served no more
CANCELLED_STATES = ("CANCELLED", "CANCEL")
JSON = "application/json"
CIPHER, CROSS_BORDER = "shop_cipher", "CROSS_BORDER"
_BY_CODE = "authorized_code"  # their own spelling
_SELLER = 0  # the other kinds of user are creators and partners


def tiktok_client(shop: ShopSettings, vault: Vault, now: Callable[[], datetime]) -> TikTokClient:
    """Return the client of one shop; nothing is called yet."""
    return TikTokClient(shop, vault, Http(shop.host or API), Http(shop.host or TOKENS), now)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call before it is signed, which may happen several times."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any] | None = None
    uploads: Sequence[Upload] = ()
    names_shop: bool = True


class TikTokClient:
    """Calls for one shop. Safe to use from several threads; only one of them renews the token."""

    def __init__(
        self, shop: ShopSettings, vault: Vault, api: Http, auth: Http, now: Callable[[], datetime]
    ) -> None:
        row = marketplace("tiktok")
        self.title = row.titles.get(shop.region, row.title)
        self.clock = MarketplaceClock()
        self._shop = shop
        self._vault = vault
        self._api, self._auth = api, auth
        self._now = now
        self._granted: Mapping[str, Any] = {}  # the shop as the marketplace last described it
        self._tokens = Tokens(
            grant_key(shop.id, "shop"),
            vault,
            self._spend_refresh_token,
            self._their_time,
            early=REFRESH_WHEN_LEFT,
            ended=consent_ended,
            title=self.title,
        )

    def close_connections(self) -> None:
        """Close every connection."""
        self._api.close()
        self._auth.close()

    # ---- the seller's consent ----------------------------------------------------------

    def consent_address(self, grant: str, redirect: str, state: str) -> str:  # noqa: ARG002
        """Return the page where the seller allows this app; the console says where it leads back to."""
        if not self._shop.service_id:
            raise SettingsError(
                "no service id", because(MarketplaceReason.SERVICE_ID_MISSING, marketplace=self.title)
            )
        query = urlencode({"service_id": self._shop.service_id, "state": state})
        return f"{self._shop.host or CONSENT}/open/authorize?{query}"

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:
        """Exchange what the seller was sent back with for tokens, and keep them."""
        code = returned(redirected_to, state, self.title)["code"]
        secrets = self._vault.load(grant_key(self._shop.id, grant))
        if secrets is None:
            raise SettingsError("no app secret", because(MarketplaceReason.APP_SECRET_MISSING))
        told = self._ask_tokens("get", secrets.app_secret, auth_code=code, grant_type=_BY_CODE)
        if told.get("user_type", _SELLER) != _SELLER:
            raise SettingsError("user type", because(MarketplaceReason.NOT_A_SELLER, marketplace=self.title))
        pair = self._pair(told, secrets)
        shops = self._shops(pair)
        found = self._own(shops)
        if found is None:
            named = ", ".join(f"{each.get('name')} ({each.get('region')})" for each in shops)
            if not named:
                raise SettingsError("no shop", because(MarketplaceReason.CONSENT_FOR_NO_SHOP))
            raise other_shop("another shop", named)
        self._granted = found
        self._tokens.keep(replace(pair, notes={**secrets.notes, CIPHER: str(found.get("cipher"))}))
        number = str(found.get("id") or "")
        return Seller(
            int(number) if number.isdecimal() else 0,
            str(found.get("name") or told.get("seller_name") or ""),
            str(found.get("region") or ""),
        )

    def probe_access(self) -> Access:
        """Ask for the shops of this consent, and for one conversation: the chat is granted by hand."""
        try:
            self._granted = self._described(self._tokens.fresh())
        except DeliveryError as error:
            return self._access(error, orders=False)
        try:
            self.get(CONVERSATIONS, page_size=1)
        except DeliveryError as error:
            return self._access(error)
        return self._access()

    # ---- calls -------------------------------------------------------------------------

    def get(self, path: str, **query: str | int) -> Mapping[str, Any]:
        """Read something; returns the answer's `data`."""
        return self._read(_Call("GET", path, _texts(query)))

    def post(self, path: str, body: Mapping[str, Any], **query: str | int) -> Mapping[str, Any]:
        """Ask for something that may be repeated."""
        return self._read(_Call("POST", path, _texts(query), body))

    def upload(self, path: str, picture: bytes) -> Mapping[str, Any]:
        """Upload a JPEG in the multipart field `data`."""
        return self._read(_Call("POST", path, {}, uploads=(Upload("data", picture),)))

    def send(
        self, path: str, body: Mapping[str, Any], signed_at: datetime, mark: Callable[[], None]
    ) -> Mapping[str, Any]:
        """Post something visible, signed for `signed_at` and never repeated here once it may have arrived."""
        call = _Call("POST", path, {}, body)
        answer = self._mended(
            call, self._tokens.fresh(), lambda: signed_at, lambda request: self._api.send(request, mark)
        )
        # A success that shows no message is not one to rely on: it is looked for in the chat.
        data = (answer.body or {}).get("data")
        if not isinstance(data, dict):  # the message's id alone may be missing
            raise not_confirmed(f"HTTP {answer.status} without data", title=self.title)
        return data

    def orders(self, numbers: Sequence[str]) -> list[Mapping[str, Any]]:
        """Read up to 50 orders as they are now."""
        older, newer = ORDERS
        ids = ",".join(numbers)
        try:
            answer = self.get(older, ids=ids)
        except NotAllowed as error:
            if not moved(error):
                raise
            answer = self.get(newer, ids=ids)
        return rows(answer.get("orders"))

    @property
    def cross_border(self) -> bool:
        """Whether parcels may get another number for the last mile."""
        if not self._granted:
            self._granted = self._described(self._tokens.fresh())
        return self._granted.get("seller_type") == CROSS_BORDER

    # ---- steps -------------------------------------------------------------------------

    def _read(self, call: _Call, secrets: Secrets | None = None) -> Mapping[str, Any]:
        try:
            answer = self._mended(call, secrets or self._tokens.fresh(), self._now, self._api.read)
        except OutcomeUnknown as error:  # nothing visible was asked for
            raise not_answered(error) from error
        return entry((answer.body or {}).get("data"))

    def _mended(
        self,
        call: _Call,
        secrets: Secrets,
        signed_for: Callable[[], datetime],
        carry: Callable[[Request], Answer],
    ) -> Answer:
        """Make a call, once more after each thing that can be mended.

        Time, token and cipher are checked before anything is processed, so once more is safe.
        """
        mended: set[type[DeliveryError]] = set()
        while True:
            answer = carry(self._signed(call, secrets, signed_for()))
            error = self._error(answer, call.path)
            if error is None:
                return answer
            # Each once: a second refusal of the same kind is not mended by asking a third time.
            if type(error) in mended or not isinstance(error, (ClockRefused, TokenRefused, CipherRefused)):
                raise error
            mended.add(type(error))
            if isinstance(error, TokenRefused):
                secrets = self._tokens.renewed(secrets)
            elif isinstance(error, CipherRefused) and call.names_shop:
                self._granted = self._described(secrets)

    def _signed(self, call: _Call, secrets: Secrets, signed_for: datetime) -> Request:
        query = {
            **call.query,
            "app_key": self._shop.app_key,
            "timestamp": str(self.clock.timestamp(signed_for)),
        }
        if call.names_shop:
            query[CIPHER] = self._cipher(secrets)
        raw = None if call.body is None else json_text(call.body)
        # Signed last, over everything that goes; the token travels in a header and is not part of it.
        query["sign"] = sign(secrets.app_secret, call.path, query, raw or b"")
        headers = {"x-tts-access-token": secrets.access_token}
        if not call.uploads:  # a form's own content type names its boundary
            headers["content-type"] = JSON
        return Request(
            method=call.method, path=call.path, query=query, headers=headers, raw=raw, uploads=call.uploads
        )

    def _error(self, answer: Answer, path: str) -> DeliveryError | None:
        """Return what an answer refuses, or None for a success by the marketplace's own test."""
        body = answer.body or {}
        code = body.get("code")
        # A proxy or log-in page can answer with JSON too. Only what has both was said by the marketplace
        # itself.
        if not isinstance(code, int) or isinstance(code, bool) or "request_id" not in body:
            return self._stranger(answer, path)
        self.clock.learn(answer.date, self._now())  # only their own word: a log-in page may be hours off
        if code == 0 and answer.status < 400:
            return None
        return self._failure(
            answer, path, str(code), str(body.get("message") or ""), str(body.get("request_id") or "")
        )

    def _stranger(self, answer: Answer, path: str) -> DeliveryError:
        """Return what an answer without the marketplace's envelope means."""
        if answer.status == 429:
            return self._failure(answer, path, RATE_LIMIT)
        if answer.status >= 500:
            return self._failure(answer, path, SERVER_TROUBLE)
        return Imposter(f"HTTP {answer.status} without an envelope", title=self.title)

    def _failure(
        self, answer: Answer, path: str, code: str, message: str = "", request_id: str = ""
    ) -> DeliveryError:
        return failure(
            code,
            message,
            request_id,
            answer.status,
            answer.retry_after_s,
            title=self.title,
            path=path,
            now=self._their_time(),
        )

    def _their_time(self) -> datetime:
        return self._now() + self.clock.offset

    # ---- which shop --------------------------------------------------------------------

    def _cipher(self, secrets: Secrets) -> str:
        if not self._granted and not secrets.notes.get(CIPHER):
            self._granted = self._described(secrets)
        return str(self._granted.get("cipher") or secrets.notes[CIPHER])

    def _described(self, secrets: Secrets) -> Mapping[str, Any]:
        """Return this shop as it is described now. Raises ShopWaits when the consent leaves it out."""
        found = self._own(self._shops(secrets))
        if found is None:
            raise ShopWaits(
                "shop not among those of this consent",
                because(MarketplaceReason.CONSENT_NOT_FOR_SHOP, marketplace=self.title),
                code=NOT_GRANTED,
            )
        return found

    def _shops(self, secrets: Secrets) -> list[Mapping[str, Any]]:
        return rows(self._read(_Call("GET", SHOPS, {}, names_shop=False), secrets).get("shops"))

    def _own(self, shops: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """Return the shop that is meant: by its number, or as the only one of its country."""
        if self._shop.shop_id:
            fitting = [each for each in shops if str(each.get("id")) == str(self._shop.shop_id)]
        else:
            fitting = [each for each in shops if each.get("region") == self._shop.region]
        # Two that fit are none: a guess could write to the buyers of another shop.
        return fitting[0] if len(fitting) == 1 and fitting[0].get("cipher") else None

    # ---- tokens ------------------------------------------------------------------------

    def _spend_refresh_token(self, present: Secrets) -> Secrets:
        told = self._ask_tokens(
            "refresh", present.app_secret, refresh_token=present.refresh_token, grant_type="refresh_token"
        )
        return self._pair(told, present)

    def _ask_tokens(self, call: str, app_secret: str, **query: str) -> Mapping[str, Any]:
        path = f"/api/v2/token/{call}"
        query = {"app_key": self._shop.app_key, "app_secret": app_secret, **query}
        answer = self._auth.read(Request(method="GET", path=path, query=query))
        error = self._error(answer, path)
        if isinstance(error, OutcomeUnknown):
            raise not_answered(error) from error
        if error:
            raise error
        return entry((answer.body or {}).get("data"))

    def _pair(self, told: Mapping[str, Any], before: Secrets) -> Secrets:
        access, refresh = str(told.get("access_token") or ""), str(told.get("refresh_token") or "")
        if not access or not refresh:
            raise NotSent(
                "token answer without tokens", because(MarketplaceReason.NO_TOKENS, marketplace=self.title)
            )
        now, ends = self._their_time(), moment(told.get("refresh_token_expire_in"))
        return replace(
            before,
            access_token=access,
            refresh_token=refresh,
            expires_at=now.timestamp() + life_s(told.get("access_token_expire_in"), now),
            refresh_ends_at=ends.timestamp() if ends else 0.0,
        )

    def _access(self, error: DeliveryError | None = None, *, orders: bool = True) -> Access:
        secrets = self._vault.load(grant_key(self._shop.id, "shop"))
        ends_at = secrets.refresh_ends_at if secrets else 0.0
        return Access(
            _state(error),
            until=datetime.fromtimestamp(ends_at, UTC) if ends_at else None,
            orders=orders,
            reason=error.reason if error else None,
        )


def cancelled(order: Mapping[str, Any]) -> bool:
    """Whether an order, or every line of it, is cancelled, or the buyer asks for that."""
    lines = [each.get("display_status") for each in rows(order.get("line_items"))]
    return (
        order.get("status") in CANCELLED_STATES
        or order.get("is_buyer_request_cancel") is True
        or (bool(lines) and all(each in CANCELLED_STATES for each in lines))
    )


def _state(error: DeliveryError | None) -> AccessState:
    if error is None or isinstance(error, TooFast):  # who is too fast has been let in
        return AccessState.AUTHORISED
    if not isinstance(error, NotAllowed):
        return AccessState.UNREACHABLE
    if error.code == "not_connected" or wrong_keys(error):
        return AccessState.NOT_CONNECTED
    if wants_consent(error):
        return AccessState.CONSENT_AGAIN
    return AccessState.NO_CHAT if no_access(error) else AccessState.UNREACHABLE


def _texts(query: Mapping[str, str | int]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items()}
