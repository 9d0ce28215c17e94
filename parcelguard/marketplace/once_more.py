"""Making a call once more when its time or its token was refused.

Both are checked by a marketplace before it does anything, so once more is safe even for a message. Whatever
is refused the second time stands: nothing here waits or asks a third time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from parcelguard.core.errors import DeliveryError
from parcelguard.marketplace.http import Answer
from parcelguard.marketplace.meaning import ClockRefused
from parcelguard.marketplace.tokens import Tokens
from parcelguard.vault.vault import Secrets

Refusal: TypeAlias = Callable[[Answer], DeliveryError | None]  # None for a success


def with_their_time(ask: Callable[[], Answer], refusal: Refusal) -> Answer:
    """Return the answer to a call without tokens; by the second try the marketplace's time is known."""
    try:
        return _accepted(ask(), refusal)
    except ClockRefused:
        return _accepted(ask(), refusal)


def with_tokens(
    tokens: Tokens,
    ask: Callable[[Secrets], Answer],
    refusal: Refusal,
    *,
    token_refused: Callable[[DeliveryError, Answer], bool],
) -> Answer:
    """Return the answer to a call with tokens, which are renewed where the first answer refuses them."""
    secrets = tokens.fresh()
    answer = ask(secrets)
    error = refusal(answer)
    if error is None:
        return answer
    if token_refused(error, answer):
        secrets = tokens.renewed(secrets)
    elif not isinstance(error, ClockRefused):
        raise error
    return _accepted(ask(secrets), refusal)


def _accepted(answer: Answer, refusal: Refusal) -> Answer:
    if error := refusal(answer):
        raise error
    return answer
