"""A seller's consent, from the browser back to this program.

The marketplace sends the browser to an address of this computer, where a small listener waits for
the one answer; where a marketplace refuses such addresses the seller pastes the address at which the
browser ended. An answer counts only with the state that was made for this attempt, and only once.
Nothing of an answer is logged: it holds a code that is worth a shop.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Lock, Thread, Timer
from urllib.parse import parse_qs, urlsplit

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import ParcelGuardError, SettingsError
from parcelguard.core.ids import new_id
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.marketplace.ports import Client, Seller, closing_connections
from parcelguard.shops.loopback import Loopback, Page, PageWords
from parcelguard.shops.views import Attempt, Consented

log = logging.getLogger(__name__)

PORT = 47811  # always the same one, so that it can be entered in a marketplace's console
PATH = "/parcelguard"
LASTS = timedelta(minutes=30)  # so long a marketplace's code is good

Answered = Callable[[Consented], None]
Accepted = Callable[[ShopSettings, str, Seller], None]


class ConsentFlow:
    """Begins consents and takes their answers, one at a time: a new one ends the one before.

    `accepted` hears of a seller before anyone else; what it raises becomes the attempt's outcome.
    `page_words` says what the browser is shown.
    """

    def __init__(
        self,
        client_of: Callable[[ShopSettings], Client],
        *,
        now: Callable[[], datetime],
        page_words: PageWords,
        accepted: Accepted = lambda _shop, _grant, _seller: None,
        port: int = PORT,
        lasts: timedelta = LASTS,
    ) -> None:
        self._client_of = client_of
        self._now = now
        self._accepted = accepted
        self._page_words = page_words
        self._port = port
        self._lasts = lasts
        self._lock = Lock()
        self._present: _PendingConsent | None = None

    def begin_attempt(
        self, shop: ShopSettings, grant: str, answered: Answered, redirect: str = ""
    ) -> Attempt:
        """Return the page to open in a browser.

        `answered` is called once, on another thread, unless the attempt is given up.

        `redirect`: what the marketplace's console has as the address to return to, if it is not this
        program's own. Raises SettingsError or DeliveryError when there is nothing to begin with.
        """
        self.stop_waiting()  # first, so that the usual port is free again
        state = secrets.token_urlsafe(24)
        attempt_id = new_id()
        listener = self._listen(redirect)
        back = redirect or (listener.address if listener else "")
        try:
            with closing_connections(self._client_of(shop)) as client:
                address = client.consent_address(grant, back, state)
        except BaseException:  # whatever it was, nothing may go on listening
            if listener:
                listener.stop_listening()
            raise
        attempt = Attempt(
            id=attempt_id,
            shop_id=shop.id,
            grant=grant,
            address=address,
            redirect=back,
            listens=listener is not None,
            ends_at=self._now() + self._lasts,
        )
        opened = _PendingConsent(attempt, shop, state, listener, answered=answered, accept=self._accept)
        opened.start(self._lasts.total_seconds())
        # Only now: a second press of the same button may have begun another one while this one was made.
        with self._lock:
            meanwhile, self._present = self._present, opened
        if meanwhile:
            meanwhile.give_up()
        return attempt

    def take_pasted(self, attempt: Attempt, pasted: str) -> None:
        """Take the address at which the browser ended; what came of it is answered as always.

        Raises SettingsError for an address that is not this attempt's; it goes on then.
        """
        opened = self._of(attempt)
        if opened is None:
            raise SettingsError("attempt over", because(ShopReason.ATTEMPT_OVER))
        opened.take_pasted(pasted)

    def give_up(self, attempt: Attempt) -> None:
        """Give an attempt up; nothing is answered any more."""
        if opened := self._of(attempt):
            opened.give_up()

    def stop_waiting(self) -> None:
        """Give up whatever is waited for."""
        with self._lock:
            present, self._present = self._present, None
        if present:
            present.give_up()

    def _listen(self, redirect: str) -> Loopback | None:
        if redirect:
            return Loopback.at(redirect, self._page_words)
        return Loopback.anywhere(self._port, PATH, self._page_words)

    def _of(self, attempt: Attempt) -> _PendingConsent | None:
        with self._lock:
            present = self._present
        return present if present and present.attempt.id == attempt.id else None

    def _accept(self, shop: ShopSettings, grant: str, address: str, state: str) -> Seller:
        with closing_connections(self._client_of(shop)) as client:
            seller = client.accept_consent(grant, address, state)
        self._accepted(shop, grant, seller)
        return seller


class _PendingConsent:
    """One attempt that waits for its answer: from the listener's thread, or from whoever pastes."""

    def __init__(
        self,
        attempt: Attempt,
        shop: ShopSettings,
        state: str,
        listener: Loopback | None,
        *,
        answered: Answered,
        accept: Callable[[ShopSettings, str, str, str], Seller],
    ) -> None:
        self.attempt = attempt
        self._shop = shop
        self._state = state
        self._listener = listener
        self._answered = answered
        self._accept = accept
        self._taking = Lock()
        self._taken = False

    def start(self, lasts_s: float) -> None:
        """Wait for the browser, but not for ever."""
        self._end = Timer(lasts_s, self._expired)
        self._end.daemon = True  # a program that ends does not wait half an hour for a seller
        self._end.start()
        if self._listener:
            self._listener.start_listening(self._arrived)

    def take_pasted(self, text: str) -> None:
        """Take an address from the clipboard."""
        self._check(text.strip())
        if not self._take_first():
            raise SettingsError("taken", because(ShopReason.CONSENT_ANSWERED))
        Thread(
            target=lambda: self._hand_over(self._answer(text.strip())), name="consent", daemon=True
        ).start()

    def give_up(self) -> None:
        """End without a word; an answer that is being worked on still counts."""
        self._take_first()
        self._stop()

    def _arrived(self, address: str) -> Page:
        """Answer the browser: what the seller reads there is what came of it."""
        try:
            self._check(address)
        except SettingsError as error:
            return Page(error.reason, status=400)
        if not self._take_first():
            return Page(because(ShopReason.CONSENT_ANSWERED), status=409)
        outcome = self._answer(address)
        # Only once the page is out: who hears of the outcome may end this listener at once.
        hand_over = partial(self._hand_over, outcome)
        if outcome.error:
            return Page(outcome.error.reason, status=400, then=hand_over)
        name = outcome.seller.name if outcome.seller else ""
        return Page(because(ShopReason.CONNECTED, shop=name or self._shop.name), then=hand_over)

    def _expired(self) -> None:
        if self._take_first():
            self._stop()
            minutes = round(LASTS.total_seconds() / 60)
            error = SettingsError("expired", because(ShopReason.CONSENT_TOO_LATE, minutes=minutes))
            self._hand_over(Consented(self.attempt, error=error))

    def _check(self, address: str) -> None:
        """Refuse what is not this attempt's: a stranger's page must not even end it."""
        values = _values(address)
        if not values:
            raise SettingsError("no values", because(ShopReason.NOT_THE_WHOLE_ADDRESS))
        state = values.get("state", [""])[0]
        # In constant time: how long a refusal takes must not tell how much of the state was right.
        if not secrets.compare_digest(state.encode(), self._state.encode()):
            raise SettingsError("state differs", because(ShopReason.OTHER_ATTEMPT))

    def _take_first(self) -> bool:
        """Whether the answer is the first one."""
        # A code is good once: of two that bring it, a browser that reloads or a paste, only one may try.
        with self._taking:
            first, self._taken = not self._taken, True
        return first

    def _answer(self, address: str) -> Consented:
        """Exchange what came; a mistake in here becomes an outcome too, since a person waits."""
        try:
            _refuse_denied(address, marketplace(self._shop.marketplace).title)
            seller = self._accept(self._shop, self.attempt.grant, address, self._state)
            return Consented(self.attempt, seller)
        except ParcelGuardError as error:
            log.warning("%s: consent not taken: %s", self._shop.id, error)
            return Consented(self.attempt, error=error)
        except Exception as error:  # noqa: BLE001 - its text and its traceback may hold the code
            log.error("%s: consent failed: %s", self._shop.id, type(error).__name__)  # noqa: TRY400
            failed = ParcelGuardError(type(error).__name__, because(ShopReason.CONSENT_FAILED))
            return Consented(self.attempt, error=failed)
        finally:
            self._stop()

    def _hand_over(self, outcome: Consented) -> None:
        try:
            self._answered(outcome)
        except Exception:
            log.exception("%s: the outcome of a consent was lost", self._shop.id)

    def _stop(self) -> None:
        self._end.cancel()
        if self._listener:
            self._listener.stop_listening()


def _values(address: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(address).query)
    except ValueError:  # broken brackets, or more values than anyone sends
        return {}


def _refuse_denied(address: str, title: str) -> None:
    """See whether the seller pressed the other button; marketplaces differ in how they say it."""
    values = _values(address)
    if "error" in values or values.get("code") == ["null"]:
        raise SettingsError("denied", because(ShopReason.CONSENT_DENIED, marketplace=title))
