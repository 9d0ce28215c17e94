"""What TikTok Shop knows beside shops and orders: the seller's app, codes, tokens, ciphers and quotas.

A token belongs to a consent and may cover several shops of one seller; which of them a call means is told by
the shop's cipher.
"""

import base64
import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

from parcelguard.sandbox.tiktok.refusals import refusal
from parcelguard.sandbox.world.records import Shop

DAY_S = 86_400
CHAT_SCOPE = "seller.customer_service"
ORDER_SCOPE = "seller.order.info"
PARCEL_SCOPE = "seller.fulfillment.basic"
RETURN_SCOPE = "seller.return_refund.basic"
SHOP_SCOPE = "seller.authorization.info"
PUBLIC_SCOPES = (SHOP_SCOPE, ORDER_SCOPE, PARCEL_SCOPE, RETURN_SCOPE)


@dataclass(slots=True)
class App:
    """The seller's own app, as the partner console shows it."""

    app_key: str = "pgdemo01"
    app_secret: str = "pg_demo_secret_0001"  # noqa: S105 - opens nothing but the sandbox
    service_id: str = "7420000000000000001"
    redirect: str = ""  # empty: a page of the sandbox, whose address can be copied


@dataclass(slots=True)
class Settings:
    """Lives, limits and habits that are not known for sure or want to be short in a test."""

    code_life_s: float = 1800
    access_life_s: float = 7 * DAY_S
    refresh_life_s: float = 365 * DAY_S
    refresh_once: bool = True  # not known for the real platform
    # TikTok Shop Open API, Customer Service: the quota is the shop's, and a new day begins at midnight UTC.
    chat_calls_a_day: int = 10_000
    rewrite_urls: bool = False  # whether the history shows uploads under another address
    # Stands for "the picture shows something forbidden": no picture of ours has this size by chance.
    banned_image_size: tuple[int, int] = (666, 666)
    banned_words: tuple[str, ...] = (
        "whatsapp",
        "wa.me",
        "telegram",
        "wechat",
        "shopee",
        "lazada",
        "http://",
        "https://",
        "www.",
    )


@dataclass(frozen=True, slots=True)
class Grant:
    """A pair of tokens for the shops of one consent; the ends are moments, not durations."""

    access_token: str
    refresh_token: str
    access_ends: int
    refresh_ends: int
    shop_ids: tuple[int, ...]


@dataclass(slots=True)
class _Code:
    shop_ids: tuple[int, ...]
    ends: float


@dataclass(slots=True)
class _Metered:
    day: int = -1
    calls: int = 0


@dataclass(slots=True)
class TikTokApp:
    """One world's TikTok Shop office."""

    app: App = field(default_factory=App)
    settings: Settings = field(default_factory=Settings)
    cross_border: set[int] = field(default_factory=set)
    away: set[int] = field(default_factory=set)  # shops whose owner takes no chats
    _codes: dict[str, _Code] = field(default_factory=dict)
    _access: dict[str, Grant] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)
    _lapsed: set[str] = field(default_factory=set)
    _metered: dict[int, _Metered] = field(default_factory=dict)

    def new_code(self, shops: Collection[Shop], now: float) -> str:
        """Give out the one-use code that follows the seller's consent."""
        code = "ROW_" + secrets.token_urlsafe(24)
        self._codes[code] = _Code(tuple(shop.shop_id for shop in shops), now + self.settings.code_life_s)
        return code

    def redeem(self, code: str, now: float) -> Grant:
        """Trade a code for the first pair of tokens."""
        held = self._codes.pop(code, None)
        if held is None or now >= held.ends:
            raise refusal(36004004, "The authorization code is invalid, used or expired.")
        return self.issue(held.shop_ids, now)

    def issue(self, shop_ids: Collection[int], now: float) -> Grant:
        """Make a pair of tokens."""
        grant = Grant(
            access_token="ROW_" + secrets.token_urlsafe(32),
            refresh_token="ROW_" + secrets.token_urlsafe(32),
            access_ends=int(now + self.settings.access_life_s),
            refresh_ends=int(now + self.settings.refresh_life_s),
            shop_ids=tuple(shop_ids),
        )
        self._access[grant.access_token] = self._refresh[grant.refresh_token] = grant
        return grant

    def refresh(self, token: str, now: float) -> Grant:
        """Trade a refresh token for a new pair; the old access token lives on to its end."""
        held = self._refresh.get(token)
        if held is None or now >= held.refresh_ends:
            raise refusal(36004001, "The refresh token is invalid or expired.")
        if self.settings.refresh_once:
            del self._refresh[token]
        return self.issue(held.shop_ids, now)

    def grant_of(self, token: str, now: float) -> Grant:
        """Return what an access token stands for."""
        held = self._access.get(token)
        if held is None:
            raise refusal(36009004, "Invalid `x-tts-access-token`: the token does not exist.", status=401)
        if now >= held.access_ends or token in self._lapsed:
            raise refusal(105002, "The access token has expired, please refresh it.", status=401)
        return held

    def expire_access(self) -> None:
        """Let every access token lapse at once; refresh tokens stay good."""
        self._lapsed.update(self._access)

    def revoke(self) -> None:
        """Every seller takes the consent back: all tokens are unknown from here on."""
        self._access.clear()
        self._refresh.clear()

    def meter(self, shop_id: int, now: float) -> None:
        """Count one chat call of the day that ends at midnight UTC, or refuse it."""
        metered = self._metered.setdefault(shop_id, _Metered())
        day = int(now // DAY_S)
        if metered.day != day:
            metered.day, metered.calls = day, 0
        if metered.calls >= self.settings.chat_calls_a_day:
            raise refusal(45101004, "The daily quota of customer service requests is used up.")
        metered.calls += 1


def cipher(shop: Shop) -> str:
    """Return a shop's opaque name in calls; it needs percent-encoding, as real ones do."""
    digest = hashlib.sha256(f"cipher of {shop.shop_id}".encode()).digest()
    return f"ROW_{base64.b64encode(digest[:13]).decode().rstrip('=')}+/=="


def scopes(shops: Collection[Shop]) -> list[str]:
    """Return what a consent of these shops allows; chat only where the app was granted it."""
    return [*PUBLIC_SCOPES, *([CHAT_SCOPE] if any(shop.chat_allowed for shop in shops) else [])]
