"""How Shopee Open Platform v2 says no: codes as text, its own misspellings included."""

from parcelguard.sandbox.world.refusals import Refused as Refused

# No official list of statuses exists; clients must decide on the code, never on this number.
DENIED = 403


def denied(code: str, message: str) -> Refused:
    """Refuse a caller whose identity, signature or token is not in order."""
    return Refused(code, message, status=DENIED)


def wrong_parameters(detail: str, *, code: str = "error_param") -> Refused:
    """Refuse a request whose parameters do not fit."""
    return Refused(code, f"Wrong parameters, detail: {detail}.")
