"""Lazada's form of a call and of an answer.

Every parameter is signed but files: names and values stand one after another, sorted by name. Nearly
all refusals come with HTTP 200, so an answer is a success only by the codes inside it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from parcelguard.core.errors import DeliveryError, OutcomeUnknown
from parcelguard.marketplace.answers import Imposter, entry, not_confirmed
from parcelguard.marketplace.http import Answer, Request
from parcelguard.marketplace.lazada.codes import RATE_LIMIT, SERVER_TROUBLE, TITLE, failure
from parcelguard.vault.vault import Secrets


def sign(app_secret: str, path: str, parameters: Mapping[str, str]) -> str:
    """Return the signature of a call; `path` is without `/rest`, files are no parameters."""
    base = path + "".join(name + parameters[name] for name in sorted(parameters))
    return hmac.new(app_secret.encode(), base.encode(), hashlib.sha256).hexdigest().upper()


def signed(
    app_key: str,
    method: str,
    path: str,
    parameters: Mapping[str, str | int],
    secrets: Secrets,
    timestamp_s: int,
) -> Request:
    """Return a call with what all calls carry in the query, and on POST the rest as a form.

    Some of Lazada's own clients sign empty values and some do not, so none is ever sent.
    """
    system = _filled(
        {
            "app_key": app_key,
            "timestamp": timestamp_s * 1000,
            "sign_method": "sha256",
            "access_token": secrets.access_token,
        }
    )
    own = _filled(parameters)
    query = {**system, "sign": sign(secrets.app_secret, path, {**system, **own})}
    if method == "GET":
        return Request(method=method, path=path, query={**query, **own})
    return Request(method=method, path=path, query=query, form=own)


def spoke(answer: Answer) -> bool:
    """Whether Lazada itself answered: every word of its own has a request id."""
    return answer.body is not None and "request_id" in answer.body


def refusal(answer: Answer, *, of_chat_app: bool) -> DeliveryError | None:
    """Return what an answer to one of the two apps refuses, or None for a success by Lazada's own test."""
    body, status, wait_s = answer.body or {}, answer.status, answer.retry_after_s
    if not spoke(answer):
        if status == 429:
            return failure(RATE_LIMIT, "", "", status, wait_s)
        if status >= 500:
            return failure(SERVER_TROUBLE, "", "", status)
        return Imposter(f"HTTP {status} without Lazada's envelope", title=TITLE)
    code = _code(body) or (f"HTTP {status}" if status >= 400 else "")
    if not code:
        return None
    return failure(code, _message(body), str(body["request_id"]), status, wait_s, of_chat_app=of_chat_app)


def not_shown(answer: Answer) -> OutcomeUnknown | None:
    """Doubt a success that brings nothing back; the message's id alone may be missing."""
    if isinstance((answer.body or {}).get("data"), dict):
        return None
    return not_confirmed(f"HTTP {answer.status} without data", title=TITLE)


def _filled(parameters: Mapping[str, str | int]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if str(value)}


def _code(body: Mapping[str, Any]) -> str:
    """Return the code of a refusal, or '' for a success; the chat has a code of its own, at either place."""
    inner = entry(body.get("data"))
    for told in (body.get("code"), body.get("err_code"), inner.get("err_code")):
        if str(told or "0") != "0":
            return str(told)
    denied = any(str(each.get("success")).lower() == "false" for each in (body, inner))
    return "success=false" if denied else ""


def _message(body: Mapping[str, Any]) -> str:
    inner = entry(body.get("data"))
    return str(body.get("message") or body.get("err_message") or inner.get("err_message") or "")
