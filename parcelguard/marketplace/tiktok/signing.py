"""How TikTok Shop's calls are signed: path, decoded query and the very bytes of the body."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

UNSIGNED = ("sign", "access_token")


def sign(secret: str, path: str, query: Mapping[str, str], body: bytes = b"") -> str:
    """Return the signature of a call (TikTok Shop, "Sign your API request"); `body` is empty for a form."""
    flat = "".join(name + query[name] for name in sorted(query) if name not in UNSIGNED)
    text = (secret + path + flat).encode() + body + secret.encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def json_text(value: Mapping[str, Any]) -> bytes:
    """Return a body's bytes; it is written once, because what was signed is what has to be sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
