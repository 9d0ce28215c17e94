"""A line on which answers change on their way back, as odd servers and gateways make them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx


class Tampering(httpx.BaseTransport):
    """Passes calls on to the server; answers to `path`, which may begin with the method, are changed."""

    def __init__(self, path: str, change: Callable[[dict[str, Any]], object], status: int = 0) -> None:
        self._inner = httpx.HTTPTransport()
        self._path, self._change, self._status = path, change, status

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if self._path not in f"{request.method} {request.url.path}":
            return answer
        body = json.loads(answer.read())
        answer.close()
        self._change(body)
        return httpx.Response(self._status or answer.status_code, json=body)

    def close(self) -> None:
        self._inner.close()
