"""Signatures of the Shopee Open Platform v2, from the receiving side.

Only the parts named here are signed: neither other query parameters nor the body.
"""

import hashlib
import hmac


def base_string(
    partner_id: int | str, path: str, timestamp: int | str, access_token: str = "", subject_id: int | str = ""
) -> str:
    """Join what is signed; `subject_id` is the shop or the merchant, empty for public calls."""
    return f"{partner_id}{path}{timestamp}{access_token}{subject_id}"


def sign(partner_key: str, base: str) -> str:
    """HMAC-SHA256 under the whole key as text, prefix included, in lowercase hex."""
    return hmac.new(partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()


def matches(partner_key: str, base: str, given: str) -> bool:
    """Whether `given` is the right signature to the letter; uppercase hex is not."""
    return hmac.compare_digest(sign(partner_key, base).encode(), given.encode())
