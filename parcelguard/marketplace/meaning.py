"""What a marketplace's code means: one verdict and one reason, and the error that is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from parcelguard.core.errors import DeliveryError, NotAllowed, NotSent, OutcomeUnknown
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import Value, because

LONGEST_CODE = 40  # so much of a code that nobody knows is shown


class ClockRefused(NotSent):
    """The time in the signature was refused; the next one uses the time that the marketplace told."""

    kind = MarketplaceReason.CLOCK_REFUSED


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code proves, and why. `values`: what the words mention besides the marketplace."""

    verdict: type[DeliveryError]
    reason: MarketplaceReason
    wait_s: float | None = None
    values: Mapping[str, Value] = field(default_factory=dict)

    def error(
        self,
        detail: str,
        *,
        marketplace: str,
        code: str = "",
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> DeliveryError:
        """Return the error that an answer with this meaning stands for."""
        reason = because(self.reason, marketplace=marketplace, **self.values)
        if issubclass(self.verdict, NotAllowed):
            return self.verdict(detail, reason, code=code, request_id=request_id)
        if issubclass(self.verdict, NotSent):
            wait_s = self.wait_s if retry_after_s is None else retry_after_s
            return self.verdict(detail, reason, retry_after_s=wait_s)
        return self.verdict(detail, reason)


def unexpected(code: str) -> Meaning:
    """Return what a code means that nobody has explained: the message may have arrived."""
    return Meaning(OutcomeUnknown, MarketplaceReason.UNEXPECTED_ANSWER, values={"code": code[:LONGEST_CODE]})
