"""Lazada's apps, codes and tokens: orders and chat are two apps, and each needs the seller's consent.

What is not known of the real platform is strict here: a refresh ends the old pair at once.
"""

import secrets
from dataclasses import dataclass, field

from parcelguard.sandbox.world.refusals import Refused

DAY_S = 86_400


@dataclass(slots=True)
class App:
    """One app of the seller's, as the platform's console shows it."""

    kind: str  # "order" or "chat"
    key: str
    secret: str
    callback: str = ""  # empty: any will do


@dataclass(slots=True)
class ChatRules:
    """The limits of the seller chat, each one changeable."""

    # The chat of an order can be opened for this long (Lazada Open Platform, `/im/session/open`, code -22).
    ordered_within_s: float = 30 * DAY_S
    # Messages of a shop within a day that no buyer has answered, order cards and photos included.
    unanswered: int = 5
    # The platform publishes no list: these stand for whatever its filter catches.
    banned_words: tuple[str, ...] = (
        "whatsapp",
        "wa.me",
        "telegram",
        "wechat",
        "tiktok",
        "http://",
        "https://",
        "www.",
    )


@dataclass(slots=True)
class Lives:
    """How long each credential lives."""

    access_s: float = 10 * DAY_S
    refresh_s: float = 50 * DAY_S
    code_s: float = 1800
    after_refresh_s: float = 0


@dataclass(slots=True)
class _Held:
    """A code or token: for which app, which shop, until when."""

    app_key: str
    shop_id: int
    ends: float


@dataclass(frozen=True, slots=True)
class Grant:
    """A fresh pair of tokens."""

    shop_id: int
    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int


@dataclass(slots=True)
class LazadaApps:
    """Everything Lazada keeps for itself in one world."""

    apps: tuple[App, App] = field(
        default_factory=lambda: (
            App("order", "900100", "pg-test-secret-0001"),
            App("chat", "900200", "pg-test-secret-0002"),
        )
    )
    lives: Lives = field(default_factory=Lives)
    rules: ChatRules = field(default_factory=ChatRules)
    chat_may_upload: bool = False  # not known for the real platform
    _codes: dict[str, _Held] = field(default_factory=dict)
    _access: dict[str, _Held] = field(default_factory=dict)
    _refresh: dict[str, _Held] = field(default_factory=dict)

    def app(self, key: str) -> App | None:
        """Find an app by its key."""
        return next((app for app in self.apps if app.key == key), None)

    def new_code(self, app: App, shop_id: int, now: float) -> str:
        """Give out the one-use code that follows the seller's consent."""
        code = f"0_{app.key}_{secrets.token_urlsafe(18)}"
        self._codes[code] = _Held(app.key, shop_id, now + self.lives.code_s)
        return code

    def redeem(self, app: App, code: str, now: float) -> Grant:
        """Trade a code for the first pair of tokens."""
        held = self._codes.get(code)
        if held is None or held.app_key != app.key or now >= held.ends:
            raise Refused("InvalidCode", "Invalid authorization code")
        del self._codes[code]
        return self.issue(app, held.shop_id, now)

    def issue(self, app: App, shop_id: int, now: float, refresh_ends: float | None = None) -> Grant:
        """Make a pair of tokens; the refresh token's end may be given by the one before."""
        ends = now + self.lives.refresh_s if refresh_ends is None else refresh_ends
        grant = Grant(
            shop_id,
            "50000" + secrets.token_urlsafe(24),
            "50001" + secrets.token_urlsafe(24),
            int(self.lives.access_s),
            int(ends - now),
        )
        self._access[grant.access_token] = _Held(app.key, shop_id, now + self.lives.access_s)
        self._refresh[grant.refresh_token] = _Held(app.key, shop_id, ends)
        return grant

    def refresh(self, app: App, token: str, now: float) -> Grant:
        """Spend a refresh token; the new one lives no longer than the first would have."""
        held = self._refresh.get(token)
        if held is None or held.app_key != app.key or now >= held.ends:
            raise Refused("IllegalRefreshToken", "The specified refresh token is invalid or expired")
        # Refreshing does not lengthen the consent: the seller has to agree again when the first end comes.
        ends = held.ends
        for old in (*self._access.values(), held):
            if (old.app_key, old.shop_id) == (held.app_key, held.shop_id):
                old.ends = min(old.ends, now + self.lives.after_refresh_s)
        return self.issue(app, held.shop_id, now, ends)

    def shop_of(self, app: App, token: str, now: float) -> int:
        """Return whose access token this is; one of the other app is none."""
        held = self._access.get(token)
        if held is None or held.app_key != app.key or now >= held.ends:
            raise Refused("IllegalAccessToken", "The specified access token is invalid or expired")
        return held.shop_id

    def expire_access(self, app: App) -> None:
        """Let an app's access tokens lapse at once; its refresh tokens stay good."""
        for held in self._access.values():
            if held.app_key == app.key:
                held.ends = 0.0

    def revoke(self, app: App) -> None:
        """Take all consents back that sellers gave to an app."""
        for held in (*self._access.values(), *self._refresh.values()):
            if held.app_key == app.key:
                held.ends = 0.0
