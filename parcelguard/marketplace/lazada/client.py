"""Lazada Open Platform: signed calls for one shop through the seller's two apps.

Orders and pictures belong to one app, the chat to another: each has its own key, secret, consent
and token, and both have to be of the same seller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
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
)
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.marketplace.answers import not_answered, rows
from parcelguard.marketplace.consent_answer import other_shop, returned
from parcelguard.marketplace.http import Answer, Http, MarketplaceClock, Upload
from parcelguard.marketplace.lazada.codes import (
    NO_PERMISSION,
    consent_ended,
    token_refused,
    wrong_keys,
)
from parcelguard.marketplace.lazada.wire import not_shown, refusal, signed, spoke
from parcelguard.marketplace.once_more import with_their_time, with_tokens
from parcelguard.marketplace.ports import Access, AccessState, Seller
from parcelguard.marketplace.tokens import Tokens, grant_key, life_s
from parcelguard.vault.vault import Secrets, Vault

ROW = marketplace("lazada")
GATEWAYS = {
    "MY": "https://api.lazada.com.my/rest",
    "SG": "https://api.lazada.sg/rest",
    "ID": "https://api.lazada.co.id/rest",
    "TH": "https://api.lazada.co.th/rest",
    "VN": "https://api.lazada.vn/rest",
    "PH": "https://api.lazada.com.ph/rest",
}
AUTH = "https://auth.lazada.com"
SIGNATURE_WINDOW = timedelta(seconds=7200)
RENEW_WHEN_LEFT = timedelta(hours=6)  # the tokens of an app that is not reviewed yet live for one day
ORDERS, CHAT = "orders", "chat"
_SECRET_MISSING = {
    ORDERS: MarketplaceReason.APP_SECRET_MISSING,
    CHAT: MarketplaceReason.CHAT_APP_SECRET_MISSING,
}


@dataclass(frozen=True, slots=True)
class App:
    """One of the seller's two apps."""

    grant: str
    key: str
    tokens: Tokens


class LazadaClient:
    """Calls for one shop. Safe to use from several threads."""

    def __init__(self, shop: ShopSettings, vault: Vault, http: Http, now: Callable[[], datetime]) -> None:
        self.shop = shop
        self.clock = MarketplaceClock()
        self._vault = vault
        self._http = http
        self._now = now
        self._auth = shop.host or AUTH
        keys = {ORDERS: shop.app_key, CHAT: shop.chat_app_key}
        self._apps = {grant: self._app(grant, key) for grant, key in keys.items()}
        self._chat_allowed = ""  # the access token with which the chat was last seen to work

    def close_connections(self) -> None:
        """Close every connection."""
        self._http.close()

    @property
    def their_time(self) -> datetime:
        """Lazada's present moment, as its answers tell."""
        return self._now() + self.clock.offset

    # ---- the seller's consent ----------------------------------------------------------

    def consent_address(self, grant: str, redirect: str, state: str) -> str:
        """Return the page where the seller allows one of the apps."""
        query = {
            "response_type": "code",
            "force_auth": "true",
            "redirect_uri": redirect,
            "client_id": self._apps[grant].key,
            "state": state,
        }
        return f"{self._auth}/oauth/authorize?{urlencode(query)}"

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:
        """Exchange what the seller was sent back with for tokens, and keep them.

        Both apps must be allowed for the same seller. Raises SettingsError when they are not.
        """
        app = self._apps[grant]
        code = returned(redirected_to, state, ROW.title)["code"]
        present = self._vault.load(grant_key(self.shop.id, grant))
        if present is None:
            raise SettingsError(f"no secret for {grant}", because(_SECRET_MISSING[grant]))
        answer = self._token_call(app, present, "/auth/token/create", code=code)
        seller = self._seller(answer)
        self._refuse_other(grant, seller)
        notes = {**present.notes, "seller_id": str(seller.shop_id)}
        app.tokens.keep(replace(self._secrets(answer, present), notes=notes))
        return seller

    def probe_access(self) -> Access:
        """Ask who the seller is, and, once for each chat token since nobody may poll it, for the chat."""
        try:
            self.get(ORDERS, "/seller/get")
        except DeliveryError as error:
            return self._without(error, orders=False)
        try:
            self._try_chat()
        except DeliveryError as error:
            return self._without(error, orders=True)
        return Access(AccessState.AUTHORISED, self._until())

    # ---- calls -------------------------------------------------------------------------

    def get(self, grant: str, path: str, **parameters: str | int) -> dict[str, Any]:
        """Read something with one of the two apps; return the whole answer."""
        return self._read(grant, "GET", path, parameters)

    def post(self, grant: str, path: str, **parameters: str | int) -> dict[str, Any]:
        """Ask for something that may be repeated; return the whole answer."""
        return self._read(grant, "POST", path, parameters)

    def upload(self, picture: bytes) -> dict[str, Any]:
        """Upload a JPEG; the app for orders may do that, and in some consoles only the chat's."""
        files = (Upload("image", picture),)
        try:
            return self._read(ORDERS, "POST", "/image/upload", {}, files)
        except ShopWaits as error:
            if error.code != NO_PERMISSION:
                raise
            return self._read(CHAT, "POST", "/image/upload", {}, files)

    def send(
        self, path: str, parameters: Mapping[str, str | int], signed_at: datetime, mark: Callable[[], None]
    ) -> dict[str, Any]:
        """Post something visible, signed for `signed_at` and never repeated here once it may have arrived."""
        app = self._apps[CHAT]

        def ask(secrets: Secrets) -> Answer:
            request = signed(app.key, "POST", path, parameters, secrets, self.clock.timestamp(signed_at))
            return self._http.send(request, mark)

        return self._exchange(app, ask, not_shown)

    # ---- steps -------------------------------------------------------------------------

    def _read(
        self,
        grant: str,
        method: str,
        path: str,
        parameters: Mapping[str, str | int],
        files: tuple[Upload, ...] = (),
    ) -> dict[str, Any]:
        app = self._apps[grant]

        def ask(secrets: Secrets) -> Answer:
            request = signed(app.key, method, path, parameters, secrets, self._timestamp())
            return self._http.read(replace(request, uploads=files))

        try:
            return self._exchange(app, ask)
        except OutcomeUnknown as error:  # nothing visible was asked for
            raise not_answered(error) from error

    def _exchange(
        self,
        app: App,
        ask: Callable[[Secrets], Answer],
        doubt: Callable[[Answer], OutcomeUnknown | None] = lambda answer: None,  # noqa: ARG005
    ) -> dict[str, Any]:
        """Call, and remember when the chat is closed to its app."""
        try:
            return self._answered(app, ask, doubt)
        except ShopWaits:
            if app.grant == CHAT:
                self._chat_allowed = ""
            raise

    def _answered(
        self,
        app: App,
        ask: Callable[[Secrets], Answer],
        doubt: Callable[[Answer], OutcomeUnknown | None],
    ) -> dict[str, Any]:
        """Call; once more when clock or token was refused."""
        answer = with_tokens(
            app.tokens,
            ask,
            lambda answer: self._refused(answer, app) or doubt(answer),
            token_refused=lambda error, _: isinstance(error, NotAllowed) and token_refused(error.code),
        )
        return answer.body or {}

    def _refused(self, answer: Answer, app: App) -> DeliveryError | None:
        """Return what an answer refuses, and learn Lazada's time from it; a log-in page may be hours off."""
        if spoke(answer):
            self.clock.learn(answer.date, self._now())
        return refusal(answer, of_chat_app=app.grant == CHAT)

    def _timestamp(self) -> int:
        return self.clock.timestamp(self._now())

    # ---- tokens ------------------------------------------------------------------------

    def _app(self, grant: str, app_key: str) -> App:
        tokens = Tokens(
            grant_key(self.shop.id, grant),
            self._vault,
            partial(self._spend_refresh_token, grant),
            lambda: self.their_time,
            early=RENEW_WHEN_LEFT,
            ended=consent_ended,
            title=ROW.title,
        )
        return App(grant, app_key, tokens)

    def _spend_refresh_token(self, grant: str, present: Secrets) -> Secrets:
        spent = present.refresh_token
        answer = self._token_call(self._apps[grant], present, "/auth/token/refresh", refresh_token=spent)
        return self._secrets(answer, present)

    def _token_call(self, app: App, present: Secrets, path: str, **parameters: str) -> dict[str, Any]:
        """Call without a token, at the address for all countries; too rarely to keep its connection."""
        unsigned = replace(present, access_token="")
        with closing(Http(f"{self._auth}/rest")) as http:

            def ask() -> Answer:
                return http.read(signed(app.key, "POST", path, parameters, unsigned, self._timestamp()))

            try:
                answer = with_their_time(ask, lambda answer: self._refused(answer, app))
            except OutcomeUnknown as error:
                raise not_answered(error) from error
            return answer.body or {}

    def _secrets(self, answer: Mapping[str, Any], present: Secrets) -> Secrets:
        """Return what a token answer holds; what it leaves out stays as it was."""
        access, now = str(answer.get("access_token") or ""), self.their_time
        if not access:
            raise NotSent(
                "token answer without a token", because(MarketplaceReason.NO_TOKENS, marketplace=ROW.title)
            )
        ends = answer.get("refresh_expires_in")
        return replace(
            present,
            access_token=access,
            refresh_token=str(answer.get("refresh_token") or present.refresh_token),
            expires_at=now.timestamp() + life_s(answer.get("expires_in"), now),
            refresh_ends_at=now.timestamp() + life_s(ends, now) if ends else present.refresh_ends_at,
        )

    def _seller(self, answer: Mapping[str, Any]) -> Seller:
        """Return whom a consent was given for, in this shop's country."""
        told = answer.get("country_user_info") or answer.get("country_user_info_list")
        by_country = {str(each.get("country") or "").upper(): each for each in rows(told)}
        here = by_country.get(self.shop.region)
        if here is None or not str(here.get("seller_id") or "").isdecimal():
            countries = ", ".join(sorted(filter(None, by_country)))
            raise SettingsError(
                f"consent for {countries or 'no country'}", _elsewhere(countries, self.shop.region)
            )
        return Seller(int(here["seller_id"]), str(here.get("short_code") or ""), self.shop.region)

    def _refuse_other(self, grant: str, seller: Seller) -> None:
        """Keep orders and chat of two sellers apart: photos would go to strangers."""
        theirs = str(seller.shop_id)
        if self.shop.shop_id and self.shop.shop_id != seller.shop_id:
            raise other_shop(f"seller {theirs}", theirs)
        # Also when the settings name no seller yet: then the other app's consent is what tells them apart.
        for other in self._apps.keys() - {grant}:
            paired = self._vault.load(grant_key(self.shop.id, other))
            if paired and paired.access_token and paired.notes.get("seller_id", theirs) != theirs:
                raise SettingsError(
                    f"seller {theirs} beside another", because(MarketplaceReason.CONSENTS_OF_TWO_SELLERS)
                )

    # ---- what a shop may do ------------------------------------------------------------

    def _try_chat(self) -> None:
        app = self._apps[CHAT]
        secrets = app.tokens.fresh()
        # Lazada does not want this list polled, so what was answered once stands for as long as the token
        # does.
        if secrets.access_token == self._chat_allowed:
            return
        now_ms = int(self.their_time.timestamp()) * 1000
        self.get(CHAT, "/im/session/list", start_time=now_ms, page_size=1)
        # Asked for again: the call itself may have renewed the token.
        self._chat_allowed = app.tokens.fresh().access_token

    def _until(self) -> datetime | None:
        """Return when the first of the two consents ends."""
        kept = [self._vault.load(grant_key(self.shop.id, grant)) for grant in self._apps]
        ends = [each.refresh_ends_at for each in kept if each and each.refresh_ends_at]
        return datetime.fromtimestamp(min(ends), UTC) if ends else None

    def _without(self, error: DeliveryError, *, orders: bool) -> Access:
        """Return what cannot be done, and why."""
        missing = partial(Access, orders=orders, reason=error.reason)
        if not isinstance(error, NotAllowed):
            return missing(AccessState.UNREACHABLE)
        if error.code == "not_connected" and orders:
            return Access(AccessState.NOT_CONNECTED, reason=because(ShopReason.CHAT_CONSENT_MISSING))
        if error.code == "not_connected":
            return missing(AccessState.NOT_CONNECTED)
        if wrong_keys(error):
            return missing(AccessState.NOT_CONNECTED)
        if consent_ended(error) or token_refused(error.code):
            return missing(AccessState.CONSENT_AGAIN)
        denied = error.code == NO_PERMISSION
        return missing(AccessState.NO_CHAT if denied else AccessState.UNREACHABLE, self._until())


def _elsewhere(countries: str, country: str) -> Reason:
    if not countries:
        return because(MarketplaceReason.CONSENT_FOR_NO_COUNTRY)
    return because(MarketplaceReason.CONSENT_FOR_OTHER_COUNTRY, countries=countries, country=country)


def lazada_client(shop: ShopSettings, vault: Vault, now: Callable[[], datetime]) -> LazadaClient:
    """Return the signed client of a shop; nothing is called yet."""
    base = f"{shop.host}/rest" if shop.host else GATEWAYS[shop.region]
    return LazadaClient(shop, vault, Http(base), now)
