"""Signatures of the Lazada Open Platform, from the receiving side.

All parameters are signed, wherever they stand: names and values one after another, unencoded, by name.
"""

import hashlib
import hmac
from collections.abc import Mapping


def base_string(path: str, parameters: Mapping[str, str]) -> str:
    """Join what is signed; `path` is without `/rest`, and files are no parameters."""
    return path + "".join(name + value for name, value in sorted(parameters.items()) if name != "sign")


def sign(secret: str, base: str) -> str:
    """HMAC-SHA256 in uppercase hex."""
    return hmac.new(secret.encode(), base.encode(), hashlib.sha256).hexdigest().upper()


def matches(secret: str, path: str, parameters: Mapping[str, str], given: str) -> bool:
    """Whether `given` is right; empty parameters may be left out, as some of the official clients do."""
    filled = {name: value for name, value in parameters.items() if value}
    return any(
        hmac.compare_digest(sign(secret, base_string(path, signed)).encode(), given.encode())
        for signed in (parameters, filled)
    )
