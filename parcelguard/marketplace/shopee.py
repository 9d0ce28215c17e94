"""Shopee Open Platform v2: signed calls for one shop, tokens included.

Every call signs partner id, path, timestamp, access token and shop id with HMAC-SHA256; neither
the other query values nor the body are signed. An answer is a success when its `error` is
empty and its status is one too; a visible message must come back as well, since a gateway in front
of Shopee answers in much the same form.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from parcelguard.errors import (
    DeliveryError,
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    Refused,
    SettingsError,
    ShopHeld,
)
from parcelguard.faults import hit
from parcelguard.marketplace.http import Answer, Http, MarketplaceClock, Request
from parcelguard.marketplace.shopee_codes import ClockRefused, consent_ended, failure, token_refused
from parcelguard.marketplace.vault import Secrets, Vault

log = logging.getLogger(__name__)

REFRESH_WHEN_LEFT = timedelta(minutes=30)
LONGEST_LIFE = timedelta(days=30)
SIGNATURE_WINDOW = timedelta(seconds=300)
CANCELLED_STATES = ("IN_CANCEL", "CANCELLED")  # the buyer asked for it, and it is final
AUTHORISATION_PAGES = {
    "https://partner.shopeemobile.com": "https://open.shopee.com/auth",
    "https://openplatform.shopee.com.br": "https://open.shopee.com.br/auth",
    "https://openplatform.shopee.cn": "https://open.shopee.cn/auth",
    "https://openplatform.sandbox.test-stable.shopee.sg": "https://open.sandbox.test-stable.shopee.com/auth",
    "https://openplatform.sandbox.test-stable.shopee.cn": "https://open.sandbox.test-stable.shopee.cn/auth",
}
_AGAIN = "Nothing was changed. Run the command again and copy the whole address after allowing."
_CONSENT_WORDS = {
    "headline": "This shop is not connected.",
    "advice": "Connect it with: parcelguard connect",
}


def sign(partner_key: str, *pieces: object) -> str:
    """Return the signature of the pieces joined without separator (Shopee Open Platform v2, API calls)."""
    base = "".join(str(piece) for piece in pieces)
    return hmac.new(partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Account:
    """Which app speaks for which shop."""

    local_id: str
    host: str
    partner_id: int
    shop_id: int


class ShopeeClient:
    """Calls for one shop. Safe to use from several threads; only one of them refreshes the token."""

    def __init__(self, account: Account, vault: Vault, http: Http, now: Callable[[], datetime]) -> None:
        self.account = account
        self._vault = vault
        self._http = http
        self._now = now
        self.clock = MarketplaceClock()
        self._token_lock = Lock()
        self._refused = ""  # the hash of the refresh token that was refused, and with what words
        self._refusal: Refused | None = None

    # ---- the seller's consent ----------------------------------------------------------

    def authorisation_address(self, redirect: str, state: str) -> str:
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

    def accept_consent(self, redirected_to: str, partner_key: str, state: str) -> None:
        """Exchange the code in the address the seller was sent to for tokens, and keep them."""
        values = parse_qs(urlsplit(redirected_to).query)
        code, shop = values.get("code", [""])[0], values.get("shop_id", [""])[0]
        if values.get("state", [state])[0] != state:
            raise SettingsError(
                "state differs", headline="This address belongs to another attempt.", advice=_AGAIN
            )
        if not code:
            raise SettingsError(
                "no code in the address", headline="This address holds no code from Shopee.", advice=_AGAIN
            )
        if shop and shop != str(self.account.shop_id):
            raise SettingsError(
                f"shop {shop}", headline=f"This consent is for shop {shop}, not for this one.", advice=_AGAIN
            )
        body = {"code": code, "shop_id": self.account.shop_id, "partner_id": self.account.partner_id}
        answer = self._public("/api/v2/auth/token/get", body, partner_key)
        self._vault.keep(self.account.local_id, self._pair(answer, partner_key))

    # ---- calls -------------------------------------------------------------------------

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """Read something; the answer's `response`, or the whole answer where it has none."""
        return self._shop_call("GET", path, {key: str(value) for key, value in query.items()})

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for something that may be repeated."""
        return self._shop_call("POST", path, {}, json=body)

    def upload(self, path: str, picture: bytes) -> dict[str, Any]:
        """Upload a JPEG in the multipart field `file` (Shopee Open Platform v2, upload_image)."""
        return self._shop_call("POST", path, {}, picture=picture)

    def send(
        self, path: str, body: Mapping[str, Any], signed_at: datetime, mark: Callable[[], None]
    ) -> dict[str, Any]:
        """Post something visible, signed for `signed_at` and never repeated here once it may have arrived."""
        secrets = self._fresh_secrets()
        for last_try in (False, True):
            request = self._signed("POST", path, {}, secrets, signed_at, json=body)
            answer = self._http.send(request, mark)
            error = self._error(answer) or _not_shown(answer)
            if error is None:
                return _response(answer)
            # Time and token are checked before anything is processed, so once more is safe.
            if not last_try and isinstance(error, ClockRefused):
                continue
            if last_try or not self._refused_token(answer):
                raise error
            secrets = self._refresh(secrets)
        raise AssertionError  # the loop ends by return or raise

    # ---- steps -------------------------------------------------------------------------

    def _shop_call(self, method: str, path: str, query: Mapping[str, str], **body: Any) -> dict[str, Any]:
        secrets = self._fresh_secrets()
        for last_try in (False, True):
            answer = self._http.read(self._signed(method, path, query, secrets, self._now(), **body))
            error = self._error(answer)
            if error is None:
                return _response(answer)
            if isinstance(error, OutcomeUnknown):  # nothing visible was asked for
                raise _not_answered(error) from error
            if not last_try and isinstance(error, ClockRefused):
                continue
            if last_try or not self._refused_token(answer):
                raise error
            secrets = self._refresh(secrets)
        raise AssertionError  # the loop ends by return or raise

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
            secrets.partner_key, account.partner_id, path, timestamp, secrets.access_token, account.shop_id
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
        for last_try in (False, True):
            timestamp = self.clock.timestamp(self._now())
            query = {
                "partner_id": str(self.account.partner_id),
                "timestamp": str(timestamp),
                "sign": sign(partner_key, self.account.partner_id, path, timestamp),
            }
            answer = self._http.read(Request(method="POST", path=path, query=query, json=body))
            error = self._error(answer)
            if error is None:
                return answer.body or {}
            if isinstance(error, OutcomeUnknown):
                raise _not_answered(error) from error
            if last_try or not isinstance(error, ClockRefused):
                raise error
        raise AssertionError  # the loop ends by return or raise

    def _error(self, answer: Answer) -> DeliveryError | None:
        """Return what an answer refuses, or None for a success by Shopee's own test."""
        body = answer.body
        if body is None or not _is_envelope(body, answer.status):
            if answer.status == 429:
                return failure("error_rate_limit", "", "", 429, answer.retry_after_s)
            if answer.status == 491:
                return failure("error_permission", "", "", 491)
            detail = f"HTTP {answer.status} without Shopee's envelope"
            if answer.status >= 500:
                return failure("error_server", detail, "", answer.status)
            return Imposter(detail)
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

    def _fresh_secrets(self) -> Secrets:
        secrets = self._vault.load(self.account.local_id)
        if secrets is None or not secrets.refresh_token:
            raise ShopHeld("no tokens", code="not_connected", **_CONSENT_WORDS)
        left = secrets.expires - (self._now() + self.clock.offset)
        if left > REFRESH_WHEN_LEFT:
            return secrets
        try:
            return self._refresh(secrets)
        except (NotSent, Refused):
            if left > timedelta(0):
                return secrets  # it still works; whoever finds that it does not asks for consent
            raise

    def _refresh(self, used: Secrets) -> Secrets:
        """Trade the refresh token for a new pair; on disk before anyone uses it.

        However many threads ask, one call is made: whoever waited finds the new pair.
        """
        with self._token_lock:
            present = self._vault.load(self.account.local_id) or used
            if present.access_token != used.access_token:
                return present
            fingerprint = hashlib.sha256(present.refresh_token.encode()).hexdigest()
            if self._refusal and self._refused == fingerprint:
                raise copy(self._refusal)  # asking again would change nothing until the seller consents
            body = {
                "refresh_token": present.refresh_token,
                "partner_id": self.account.partner_id,
                "shop_id": self.account.shop_id,
            }
            try:
                answer = self._public("/api/v2/auth/access_token/get", body, present.partner_key)
            except Refused as error:
                log.warning("shop %s: token not refreshed: %s", self.account.local_id, error)
                if consent_ended(error):  # a copy, since the error itself holds on to this call's values
                    self._refused, self._refusal = fingerprint, copy(error)
                raise
            pair = self._pair(answer, present.partner_key)
            hit("token.answered")
            self._vault.keep(self.account.local_id, pair)
            log.info("shop %s: token refreshed", self.account.local_id)
            return pair

    def _pair(self, answer: Mapping[str, Any], partner_key: str) -> Secrets:
        access, refresh = str(answer.get("access_token") or ""), str(answer.get("refresh_token") or "")
        if not access or not refresh:
            raise ShopHeld("token answer without tokens", code="not_connected", **_CONSENT_WORDS)
        now = (self._now() + self.clock.offset).timestamp()
        expires = now + _life_s(answer.get("expire_in"), now)
        return replace(Secrets(partner_key), access_token=access, refresh_token=refresh, expires_at=expires)


def _is_envelope(body: Mapping[str, Any], status: int) -> bool:
    """Whether Shopee itself speaks: gateways know no `error`, and their refusals have a `request_id` too."""
    return "error" in body or ("request_id" in body and status < 300)


class Imposter(OutcomeUnknown):
    """A log-in page or a proxy spoke, not Shopee."""

    headline = "Something answers in place of Shopee."
    advice = "Check the network: a log-in page or proxy may stand in between."


def _not_answered(error: OutcomeUnknown) -> NotSent:
    """Return what an unclear answer means where nothing visible was asked for."""
    kind = NoNetwork if isinstance(error, Imposter) else NotSent
    return kind(str(error), headline=error.headline, advice=error.advice)


def _not_shown(answer: Answer) -> OutcomeUnknown | None:
    """Doubt a success that brings nothing back; the message's id alone may be missing."""
    if isinstance((answer.body or {}).get("response"), dict):
        return None
    return OutcomeUnknown(f"HTTP {answer.status} without a response", headline="Shopee did not confirm.")


def _life_s(told: object, now: float) -> float:
    """Return for how long a token works; nonsense means that it is refreshed with the next call."""
    try:
        life = float(told)  # type: ignore[arg-type]  # anything may stand in an answer
    except (TypeError, ValueError, OverflowError):
        return 0.0
    if not math.isfinite(life):
        return 0.0
    if life > 1e9:
        life -= now  # one documented sample holds an absolute time
    return min(max(life, 0.0), LONGEST_LIFE.total_seconds())


def _response(answer: Answer) -> dict[str, Any]:
    body = answer.body or {}
    inner = body.get("response")
    return inner if isinstance(inner, dict) else body


def joined(values: Sequence[str]) -> str:
    """Return a list as Shopee's query wants it."""
    return ",".join(values)
