"""Consent codes and tokens of the Shopee Open Platform v2.

Access tokens may be used as often as wanted and stay good for five minutes after a refresh; a refresh token
is good once. A main account's first refresh token is the exception: once for each of its shops.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

from parcelguard.sandbox.shopee.refusals import Refused, denied

DAY_S = 86_400


@dataclass(slots=True)
class Lives:
    """How long each credential lives; shorten them to see a refresh happen."""

    # Shopee Open Platform v2, "Authorization and Authentication": four hours, thirty days, ten minutes;
    # an access token lives on for five minutes after a refresh, so that calls on their way still pass.
    access_s: float = 14_400
    refresh_s: float = 30 * DAY_S
    code_s: float = 600
    after_refresh_s: float = 300


@dataclass(slots=True)
class Credential:
    """One code or token; `subject` is the shop, or None for a main account."""

    subject: int | None
    expires: float
    spent_for: set[int] = field(default_factory=set)
    shops: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """A fresh pair of tokens."""

    access_token: str
    refresh_token: str
    expire_in: int


class Grants:
    """Every code and token that was given out."""

    def __init__(self, lives: Lives | None = None) -> None:
        self.lives = lives or Lives()
        self._codes: dict[str, Credential] = {}
        self._access: dict[str, Credential] = {}
        self._refresh: dict[str, Credential] = {}
        self._latest: dict[int, str] = {}

    def new_code(self, subject: int | None, shops: Collection[int], now: float) -> str:
        """Give out the one-use code that follows the seller's consent."""
        code = secrets.token_hex(16)
        self._codes[code] = Credential(subject, now + self.lives.code_s, shops=tuple(shops))
        return code

    def redeem_code(self, code: str, subject: int | None, now: float) -> tuple[Grant, tuple[int, ...]]:
        """Trade a code for the first pair of tokens and the shops the seller agreed to."""
        held = self._codes.get(code)
        if held is None or now >= held.expires:
            raise denied("invalid_code", "Invalid code.")
        if held.subject != subject:
            if subject is None:
                raise denied("invalid_main_acount_id", "Invalid main_account_id.")
            raise denied("invalid_shop_id", "Invalid shop_id.")
        del self._codes[code]
        return self.issue(subject, now, shops=held.shops), held.shops

    def issue(self, subject: int | None, now: float, *, shops: tuple[int, ...] = ()) -> Grant:
        """Make a pair of tokens for a shop, or for a main account over `shops`."""
        grant = Grant(secrets.token_hex(16), secrets.token_hex(16), int(self.lives.access_s))
        self._access[grant.access_token] = Credential(subject, now + self.lives.access_s)
        self._refresh[grant.refresh_token] = Credential(subject, now + self.lives.refresh_s, shops=shops)
        if subject is not None:
            self._latest[subject] = grant.access_token
        return grant

    def refresh(self, token: str, shop_id: int, now: float) -> Grant:
        """Spend a refresh token; a wrong, spent or expired one all get the same answer."""
        held = self._refresh.get(token)
        mine = held is not None and (held.subject == shop_id or shop_id in held.shops)
        if held is None or not mine or now >= held.expires or shop_id in held.spent_for:
            raise denied("error_auth", "Invalid refresh_token.")
        # Spent before the answer is out: a client that loses it finds its token used up.
        held.spent_for.add(shop_id)
        before = self._access.get(self._latest.get(shop_id, ""))
        if before is not None:
            before.expires = min(before.expires, now + self.lives.after_refresh_s)
        return self.issue(shop_id, now)

    def check_access(self, token: str, shop_id: int, now: float) -> None:
        """Refuse a token that is unknown, expired or another shop's."""
        held = self._access.get(token)
        if held is None or held.subject != shop_id or now >= held.expires:
            raise denied("invalid_acceess_token", "Invalid access_token, please have a check.")

    def expire_access(self) -> None:
        """Let every access token lapse at once; refresh tokens stay good."""
        for held in self._access.values():
            held.expires = 0.0


def one_subject(body: dict[str, object], names: tuple[str, ...]) -> tuple[str, int]:
    """Return the only id of `names` in the body; several or none is a wrong parameter."""
    given = [name for name in names if name in body]
    if len(given) != 1:
        raise Refused(
            "error_param", f"Wrong parameters, detail: exactly one of {', '.join(names)}.", status=403
        )
    value = body[given[0]]
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("error_param", f"Wrong parameters, detail: {given[0]} must be an integer.", status=403)
    return given[0], value
