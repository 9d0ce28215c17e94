"""One grant's tokens: renewed early, once however many threads ask, and never lost without a word.

A refresh token works once. So the vault's journal says that it is being spent before the call
leaves, and holds the new pair before anyone uses it. When the answer is lost, nobody knows
whether the old one was spent: the access token is used while it lasts, and the refresh token is
tried again after a minute. Only then does a refusal mean that the seller has to consent again.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable
from copy import copy
from datetime import datetime, timedelta

from parcelguard.core.errors import (
    NotAllowed,
    NotSent,
    SettingsError,
    ShopWaits,
    StorageError,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.runtime.crash_points import hit
from parcelguard.vault.journal import Line
from parcelguard.vault.vault import Secrets, Vault

log = logging.getLogger(__name__)

REST = timedelta(seconds=60)
LONGEST_LIFE = timedelta(days=365)
_ABSOLUTE = 1e9  # what is told in seconds and larger than this is a moment, not a life


class Tokens:
    """The tokens of one grant, kept in the vault under `key`. Safe to use from several threads.

    `exchange` spends a refresh token at the marketplace and returns what came for it. `now` is the
    marketplace's time. `early`: how much must be left of an access token. `ended`: whether a refusal
    stands until the seller consents again.
    """

    def __init__(
        self,
        key: str,
        vault: Vault,
        exchange: Callable[[Secrets], Secrets],
        now: Callable[[], datetime],
        *,
        early: timedelta,
        ended: Callable[[NotAllowed], bool],
        title: str,
    ) -> None:
        self._key = key
        self._vault = vault
        self._journal = vault.journal
        self._exchange = exchange
        self._now = now
        self._early = early
        self._ended = ended
        self._title = title
        self._trading = vault.trading(key)
        self._refused = ""  # the fingerprint of the refresh token that was refused, and with what words
        self._refusal: NotAllowed | None = None
        self._tried_early: datetime | None = None

    def fresh(self) -> Secrets:
        """Return tokens that work, renewed when little is left. Raises ShopWaits when there are none."""
        present = self._present()
        left = present.expires - self._now()
        if left > self._early:
            return present
        if left <= timedelta(0):
            return self.renewed(present)
        # What is left works meanwhile: for whoever does not renew, and when that fails.
        if self._just_tried() or not self._trading.acquire(blocking=False):
            return present
        try:
            return self._renewed(present)
        except (NotSent, NotAllowed, StorageError) as error:
            log.info("%s: %s: token not renewed early: %s", self._title, self._key, error)
            self._tried_early = self._now()
            return present
        finally:
            self._trading.release()

    def renewed(self, used: Secrets) -> Secrets:
        """Return tokens other than `used`, whose access token was refused or has run out."""
        with self._trading:
            return self._renewed(used)

    def keep(self, secrets: Secrets) -> None:
        """Keep what the seller's consent brought."""
        with self._trading:
            self._refusal = self._tried_early = None
            self._vault.keep(self._key, secrets)
            self._vault.unkept.pop(self._key, None)
            self._journal.settle(self._key)

    # ---- steps, one thread at a time ---------------------------------------------------

    def _renewed(self, used: Secrets) -> Secrets:
        present = self._settled()
        # Another thread has renewed it while this one waited for the lock; a second time would spend the new
        # token for nothing.
        if present.access_token != used.access_token:
            return present
        spent = fingerprint(present.refresh_token)
        if self._refusal and self._refused == spent:
            # Asking again would change nothing until the seller consents.
            raise copy(self._refusal)
        self._rest(spent)
        # On disk before the call leaves: after a crash this tells that the token may be spent.
        self._journal.write(self._key, Line(spent, self._now()))
        hit("token.asked")
        try:
            new = self._exchange(present)
        except NotAllowed as error:
            log.warning("%s: %s: token not renewed: %s", self._title, self._key, error)
            if self._ended(error):
                # A copy, since the error itself holds on to this call's values.
                self._refused, self._refusal = spent, copy(error)
            self._journal.settle(self._key)
            raise
        except NotSent as error:
            if type(error) is not NotSent:  # it never left, or was refused for now: nothing was spent
                self._journal.settle(self._key)
            raise
        hit("token.answered")
        # In memory first: when the disk refuses, the pair is still there for the next try.
        self._vault.unkept[self._key] = spent, new
        self._settled()
        log.info("%s: %s: token renewed", self._title, self._key)
        return new

    def _settled(self) -> Secrets:
        """Bring what a lost moment left half done to its end; return what is good now."""
        present = self._present()
        if unkept := self._vault.unkept.get(self._key):
            spent, new = unkept
            if spent == fingerprint(present.refresh_token):
                # The journal before the vault: a crash between the two finds the new pair there.
                sealed = self._vault.seal(f"journal/{self._key}", new)
                self._journal.write(self._key, Line(spent, self._now(), sealed))
                hit("token.journaled")
                self._vault.keep(self._key, new)
                present = new
            self._journal.settle(self._key)
            del self._vault.unkept[self._key]
            return present
        line = self._journal.line(self._key)
        if line is None:
            return present
        # A line about a token that is no longer the present one is over: the vault has its successor.
        if line.spent == fingerprint(present.refresh_token):
            if not line.answer:
                return present
            log.warning("%s: %s: a new pair was found in the journal", self._title, self._key)
            present = self._vault.unseal(f"journal/{self._key}", line.answer)
            self._vault.keep(self._key, present)
        self._journal.settle(self._key)
        return present

    def _present(self) -> Secrets:
        try:
            present = self._vault.load(self._key)
        except SettingsError as error:  # the key store is locked, say: nothing of this shop can go out
            raise ShopWaits(str(error), error.reason, code="keys_locked") from error
        if present is None or not present.refresh_token:
            raise ShopWaits(
                "no tokens",
                because(MarketplaceReason.NOT_CONNECTED, marketplace=self._title),
                code="not_connected",
            )
        return present

    def _rest(self, spent: str) -> None:
        """Let a minute pass after an answer was lost, or less when the clock was set meanwhile."""
        line = self._journal.line(self._key)
        waited = self._now() - line.asked_at if line and line.spent == spent else REST
        # Below zero a little: the marketplace's time was known better then.
        if abs(waited) < REST:
            raise NotSent(
                "the last answer about tokens was lost",
                because(MarketplaceReason.RENEWAL_UNANSWERED, marketplace=self._title),
                retry_after_s=(REST - waited).total_seconds(),
            )

    def _just_tried(self) -> bool:
        since = self._now() - self._tried_early if self._tried_early else REST
        return timedelta(0) <= since < REST


def fingerprint(token: str) -> str:
    """Return what tells a token from others without telling the token."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def life_s(told: object, now: datetime, longest: timedelta = LONGEST_LIFE) -> float:
    """Return for how many seconds a token works, by what an answer says of it.

    Nonsense means that it is renewed with the next call; some say a moment in place of a life.
    """
    try:
        life = float(told)  # type: ignore[arg-type]  # anything may stand in an answer
    except (TypeError, ValueError, OverflowError):
        return 0.0
    if not math.isfinite(life):
        return 0.0
    if life > _ABSOLUTE:
        life -= now.timestamp()
    return min(max(life, 0.0), longest.total_seconds())


def grant_key(shop_id: str, grant: str) -> str:
    """Return where the vault keeps a grant: a shop's first under the shop's own id."""
    return shop_id if grant in ("shop", "orders") else f"{shop_id}/{grant}"
