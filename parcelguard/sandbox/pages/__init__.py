"""The sandbox's own web pages; none of them loads anything from elsewhere.

They imitate the pages and apps of the marketplaces, so they stay in English and are no part of the
catalogue of translations.
"""

import secrets
from collections.abc import Mapping
from importlib.resources import files

from starlette.responses import HTMLResponse


def page(name: str, filled: Mapping[str, str] | None = None, *, form_action: str = "'none'") -> HTMLResponse:
    """Return a page with its blanks filled (escape them first), allowed to run only its own script."""
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    nonce = secrets.token_urlsafe(16)
    for blank, value in {**(filled or {}), "{{nonce}}": nonce}.items():
        text = text.replace(blank, value)
    policy = (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; connect-src 'self'; "
        f"script-src 'nonce-{nonce}'; form-action {form_action}; base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})
