"""Signatures of the TikTok Shop Open API, from the receiving side.

Signed are the path, the decoded query and the raw body; the body of a multipart form is left out.
"""

import hashlib
import hmac
from collections.abc import Iterable

_UNSIGNED = frozenset({"sign", "access_token"})


def string_to_sign(
    secret: str, path: str, query: Iterable[tuple[str, str]], body: bytes = b"", *, multipart: bool = False
) -> bytes:
    """Join what is signed: the secret in front and behind, the query sorted by name, without separators."""
    flat = "".join(name + value for name, value in sorted(query) if name not in _UNSIGNED)
    return (secret + path + flat).encode() + (b"" if multipart else body) + secret.encode()


def sign(
    secret: str, path: str, query: Iterable[tuple[str, str]], body: bytes = b"", *, multipart: bool = False
) -> str:
    """HMAC-SHA256 under the app's secret, in lowercase hex."""
    text = string_to_sign(secret, path, query, body, multipart=multipart)
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
