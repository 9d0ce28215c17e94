"""What Chatwoot's refusals mean. It has no codes of its own: the HTTP status is the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parcelguard.core.errors import (
    DeliveryError,
    NotAllowed,
    NotSent,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    TooFast,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One status's verdict and words."""

    kind: type[DeliveryError]
    headline: str
    advice: str


MEANINGS: Mapping[int, Meaning] = {
    400: Meaning(
        Refused, "Chatwoot did not understand the call.", "Show the log to whoever looks after this program."
    ),
    401: Meaning(
        ShopWaits,
        "Chatwoot does not accept the access token.",
        "Copy it again from Profile settings › Access Token.",
    ),
    403: Meaning(
        ShopWaits,
        "Chatwoot gives this access token no access to the inbox.",
        "Add its user to the inbox, under Settings › Inboxes › Collaborators.",
    ),
    404: Meaning(
        Refused, "Chatwoot does not know this conversation.", "Look for the buyer in Chatwoot, then resend."
    ),
    413: Meaning(Refused, "The picture is too large for Chatwoot.", "Ask who looks after your Chatwoot."),
    422: Meaning(
        Refused,
        "Chatwoot does not take this message.",
        "Look into the conversation in Chatwoot, then resend.",
    ),
    429: Meaning(TooFast, "Chatwoot asks to send more slowly.", "It goes out by itself."),
}
_BUSY = Meaning(OutcomeUnknown, "Chatwoot had trouble and did not confirm.", "ParcelGuard looks in the chat.")


def failure(status: int, retry_after_s: float | None = None) -> DeliveryError:
    """Return the error that a refusal stands for. What is not listed counts as unknown."""
    detail, meaning = f"HTTP {status}", MEANINGS.get(status, _BUSY)
    words = {"headline": meaning.headline, "advice": meaning.advice}
    if issubclass(meaning.kind, NotAllowed):
        return meaning.kind(detail, code=str(status), **words)
    if issubclass(meaning.kind, NotSent):
        return meaning.kind(detail, retry_after_s=retry_after_s, **words)
    return meaning.kind(detail, **words)
