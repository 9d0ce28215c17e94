"""What TikTok Shop's codes mean: whether the call took effect, and what a person reads.

Source: the Partner Center's pages and what live shops answered. The HTTP status says little, so the
code decides; one of them, 36009004, says everything in its message. `{title}` stands for the
channel's name, which is another one in Indonesia.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    TooFast,
)

CHAT = "/customer_service/"
RATE_LIMIT = "36009002"
SERVER_TROUBLE = "36009003"
READ_THE_MESSAGE = "36009004"
NOT_GRANTED = "shop_not_granted"  # found here: the consent names other shops
LONGEST_REST = timedelta(hours=1)  # when a quota comes back is not known for sure, so it is tried hourly


class ClockRefused(NotSent):
    """The time in the signature was refused; the next one uses the time that the marketplace told."""


class TokenRefused(ShopWaits):
    """The access token has ended or was taken back; only a renewed one can tell which."""


class KeysRefused(ShopWaits):
    """The app's key, or the secret that signs, is not the one of the console."""


class CipherRefused(ShopWaits):
    """The shop's opaque name does not belong to this token: it may have changed with a consent."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code's verdict and words."""

    kind: type[DeliveryError]
    headline: str
    advice: str


_CONSENT = Meaning(
    TokenRefused,
    "{title} wants the seller's consent again.",
    "Authorise the shop again; the photos are safe.",
)
_APP = Meaning(
    KeysRefused,
    "{title} does not accept this app's keys.",
    "Check app key and app secret in the Partner Center.",
)
_CLOCK = Meaning(
    ClockRefused,
    "This computer's clock is wrong; it is corrected for sending.",
    "Please set the clock.",
)
_NO_CHAT = Meaning(
    ShopWaits,
    "{title} gives this app no access to chat.",
    "Apply for the scope “Customer Service” in the Partner Center, or send by hand.",
)
_NO_ACCESS = Meaning(
    ShopWaits,
    "{title} gives this app no access to orders.",
    "Switch its scopes on in the Partner Center, then authorise the shop again.",
)
_PARAMETER = Meaning(
    Refused, "{title} did not understand the call.", "Show the log to whoever looks after this program."
)
_NOT_FOUND = Meaning(Refused, "{title} does not know this order in this shop.", "Check the order number.")
_PICTURE = Meaning(Refused, "{title} does not take this picture.", "Take the photo again, then send.")
_SLOWER = Meaning(TooFast, "{title} asks to send more slowly.", "It goes out by itself.")
_NO_CONVERSATION = Meaning(
    Refused,
    "{title} does not open this buyer's chat to the shop.",
    "Open it in the seller center, or send by hand.",
)
_NOT_ALLOWED = Meaning(
    Refused,
    "{title} does not let you write to this buyer.",
    "It allows it for 60 days after an order and 30 days after a chat. Send by hand if the chat is open.",
)
_BUSY = Meaning(OutcomeUnknown, "{title} had trouble and did not confirm.", "ParcelGuard looks in the chat.")

MEANINGS: Mapping[str, Meaning] = {
    **dict.fromkeys((SERVER_TROUBLE, "36009007", "45101001", "10037002", "10037003", "10037004"), _BUSY),
    RATE_LIMIT: _SLOWER,
    "36009037": Meaning(
        TooFast, "This development shop has had its calls for this hour.", "It goes on with the next hour."
    ),
    "45101004": Meaning(
        TooFast,
        "Today's quota of chat calls at {title} is used up.",
        "It goes on after midnight UTC. What is urgent can be sent by hand.",
    ),
    "105002": _CONSENT,
    "36004001": Meaning(
        ShopWaits,
        "{title} wants the seller's consent again.",
        "Authorise the shop again; the photos are safe.",
    ),
    "36004004": Meaning(
        Held, "{title} does not accept this code.", "It works once, for 30 minutes. Authorise the shop again."
    ),
    "101000": Meaning(
        CipherRefused,
        "The seller's consent does not cover this shop at {title}.",
        "Authorise the shop again, as the seller who owns it.",
    ),
    "106001": _APP,
    "36009033": Meaning(
        ShopWaits,
        "{title} refuses this office's internet address.",
        "Switch the IP allow list of the app off in the Partner Center.",
    ),
    **dict.fromkeys(
        ("36009043", "36009044"),
        Meaning(ShopWaits, "{title} says that this shop is not active.", "Look into the seller center."),
    ),
    **dict.fromkeys(("105005", "105004", "66009315", "10006402"), _NO_ACCESS),
    **dict.fromkeys(
        ("36009009", "36009010", "36009014", "36009022", "106013", "45101002", "45111001"), _PARAMETER
    ),
    **dict.fromkeys(("40006", "10002014", "10002015", "21008111"), _NOT_FOUND),
    **dict.fromkeys(("36009021", "36009023", "45101008"), _PICTURE),
    **dict.fromkeys(("45101003", "45102007"), _NO_CONVERSATION),
    "45101006": Meaning(
        Refused,
        "{title} refused the text as sensitive.",
        "Change the words, without links or numbers; then resend.",
    ),
    **dict.fromkeys(("45109001", "45109003"), _NOT_ALLOWED),
}
# What 36009004 stands for; the first of these that its message holds decides.
_BY_MESSAGE: Sequence[tuple[str, Meaning]] = (
    ("required signature", _PARAMETER),
    ("x-tts-access-token", _CONSENT),
    ("access_token", _CONSENT),
    ("timestamp", _CLOCK),
    ("app_key", _APP),
    ("shop_cipher", _PARAMETER),
    ("shop_id", _PARAMETER),
    ("version", _PARAMETER),
)
_MOVED = frozenset({"36009009", "36009014"})


def failure(
    code: str,
    message: str,
    request_id: str,
    status: int,
    retry_after_s: float | None = None,
    *,
    title: str,
    path: str,
    now: datetime,
) -> DeliveryError:
    """Return the error that a coded refusal of a call to `path` stands for.

    What is not listed counts as unknown. `now`: the marketplace's time, by which quotas come back.
    """
    detail = f"{code} (HTTP {status}, request {request_id})"
    meaning = _meaning(code, message, path)
    if status == 429 and not issubclass(meaning.kind, TooFast):
        meaning = _SLOWER
    words = {"headline": meaning.headline.format(title=title), "advice": meaning.advice.format(title=title)}
    if issubclass(meaning.kind, NotAllowed):
        return meaning.kind(detail, code=code, request_id=request_id, **words)
    if issubclass(meaning.kind, NotSent):
        wait_s = _until_reset_s(code, now) if retry_after_s is None else retry_after_s
        return meaning.kind(detail, retry_after_s=wait_s, **words)
    return meaning.kind(detail, **words)


def consent_ended(error: NotAllowed) -> bool:
    """Whether a refused refresh stays refused until the seller agrees again."""
    return error.code == "36004001"


def wants_consent(error: NotAllowed) -> bool:
    """Whether only the seller's consent, given again, changes this refusal."""
    return isinstance(error, (TokenRefused, CipherRefused)) or error.code in ("36004001", NOT_GRANTED)


def wrong_keys(error: NotAllowed) -> bool:
    """Whether the app's key or secret is not accepted: no consent helps."""
    return isinstance(error, KeysRefused)


def not_found(error: NotAllowed) -> bool:
    """Whether there is no such order or package in this shop, as far as the marketplace tells at all."""
    return MEANINGS.get(error.code) is _NOT_FOUND


def no_conversation(error: NotAllowed) -> bool:
    """Whether the conversation has to be opened again."""
    return MEANINGS.get(error.code) is _NO_CONVERSATION


def no_access(error: NotAllowed) -> bool:
    """Whether the app or the consent lacks the scope for this."""
    return MEANINGS.get(error.code) is _NO_ACCESS


def moved(error: NotAllowed) -> bool:
    """Whether this version of a call is not served any more."""
    return error.code in _MOVED


def _meaning(code: str, message: str, path: str) -> Meaning:
    if code == READ_THE_MESSAGE:
        told = message.lower()
        return next((meaning for words, meaning in _BY_MESSAGE if words in told), _unexpected(code))
    meaning = MEANINGS.get(code) or _unexpected(code)
    return _NO_CHAT if meaning is _NO_ACCESS and path.startswith(CHAT) else meaning


def _unexpected(code: str) -> Meaning:
    shown = code[:40].replace("{", "(").replace("}", ")")
    return Meaning(
        OutcomeUnknown, f"{{title}} gave an unexpected answer ({shown}).", "ParcelGuard looks in the chat."
    )


def _until_reset_s(code: str, now: datetime) -> float | None:
    """Return how long a used-up quota keeps the shop waiting, tried again hourly at the latest."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    reset = {
        "45101004": midnight + timedelta(days=1),
        "36009037": now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1),
    }.get(code)
    return min(reset - now, LONGEST_REST).total_seconds() if reset else None
