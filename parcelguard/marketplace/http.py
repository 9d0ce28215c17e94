"""How this program speaks HTTP to a marketplace: the one place that builds a client.

HTTP/1.1, no redirects, no retries of its own: the outbox decides about repeating. Every call
has an overall deadline, because library time-outs count per read and a server that drips one
byte at a time would hold a call for ever. Visible messages get a fresh connection each: a
kept-alive one that the server closes at that moment would make an unknown for nothing.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Timer
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from parcelguard.core.errors import NoNetwork, NotSent, OutcomeUnknown
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import because
from parcelguard.runtime.clock import real_seconds
from parcelguard.runtime.crash_points import hit

CONNECT_S = 10.0
CALL_S = 20.0
UPLOAD_S = 60.0
FIRST_BYTE = "http11.send_request_headers.started"
BODY = "http11.send_request_body.started"
_PROGRESS = {
    "http11.send_request_headers.complete": "send.half_written",
    "http11.send_request_body.complete": "send.written",
}
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete", "proxy.start_tls.complete")


@dataclass(frozen=True, slots=True)
class Upload:
    """One JPEG of a multipart body, in the form field that the marketplace names."""

    field: str
    content: bytes
    name: str = "photo.jpg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `query` holds the common parameters too.

    The body is one of: `json`; `raw`, a JSON text that was signed as it stands; `form`, with
    `uploads` a multipart one.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)  # these hold tokens
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    raw: bytes | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    uploads: Sequence[Upload] = field(default=(), repr=False)

    def address(self) -> str:
        """Return path and query; a space becomes %20, never +, which some servers leave as it is."""
        query = urlencode(self.query, quote_via=quote, safe="")
        return f"{self.path}?{query}" if query else self.path

    def body(self) -> dict[str, Any]:
        """Return the body as the HTTP library takes it."""
        if self.uploads:
            files = [(each.field, (each.name, each.content, "image/jpeg")) for each in self.uploads]
            return {"files": files, "data": dict(self.form or {})}
        if self.form is not None:
            return {"data": dict(self.form)}
        if self.raw is not None:
            return {"content": self.raw}
        return {} if self.json is None else {"json": dict(self.json)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: HTTP status, decoded body (None when it was no JSON object), and the server's time."""

    status: int
    body: dict[str, Any] | None = field(repr=False)  # it may hold tokens
    date: datetime | None
    retry_after_s: float | None


class Http:
    """Calls to one host. Safe to use from several threads."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        timeout = httpx.Timeout(CALL_S, connect=CONNECT_S)
        verify = _trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        # Two clients: reading may use a connection again, since a call that fails there is simply made again.
        one_use = httpx.Limits(max_keepalive_connections=0)
        self._reading = httpx.Client(base_url=base_url, timeout=timeout, verify=verify, transport=transport)
        self._sending = httpx.Client(
            base_url=base_url, timeout=timeout, verify=verify, transport=transport, limits=one_use
        )

    def close(self) -> None:
        """Close every connection."""
        self._reading.close()
        self._sending.close()

    def read(self, request: Request) -> Answer:
        """Make a call that may be repeated freely. Raises NotSent (or NoNetwork) when no answer came."""
        deadline_s = UPLOAD_S if request.uploads else CALL_S
        try:
            return self._call(self._reading, request, deadline_s, lambda: None)
        except OutcomeUnknown as error:  # nothing visible was asked for, so no answer is no harm
            raise NotSent(str(error)) from error

    def send(self, request: Request, mark: Callable[[], None]) -> Answer:
        """Make a call that must not be repeated blindly; `mark` is told right before the first byte leaves.

        Raises NotSent or NoNetwork when the first byte never left, OutcomeUnknown when it did and
        no whole answer came back.
        """
        deadline_s = UPLOAD_S if request.uploads else CALL_S
        return self._call(self._sending, request, deadline_s, mark)

    def _call(
        self, client: httpx.Client, request: Request, deadline_s: float, mark: Callable[[], None]
    ) -> Answer:
        wire = _WireWatch(mark, visible=client is self._sending)
        where = f"{request.method} {request.path}"
        try:
            with _deadline(deadline_s, wire.cut):
                response = client.request(
                    request.method,
                    request.address(),
                    headers=dict(request.headers),
                    extensions={"trace": wire},
                    **request.body(),
                )
        except httpx.HTTPError as error:
            # The exception's type says nothing about how much the server got; the trace does.
            # Its text may hold the address with its query, so only the type is told.
            detail = f"{where}: {type(error).__name__}"
            if wire.used:
                raise OutcomeUnknown(detail) from error
            raise _not_reached(error, detail) from error
        return Answer(response.status_code, _body(response), _date(response), _retry_after(response))


@cache
def _trust(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return whom this program trusts, by what the environment names; at 60 ms each, clients share one."""
    return httpx.create_ssl_context()


def _not_reached(error: httpx.HTTPError, detail: str) -> NoNetwork:
    """Say which of the usual obstacles kept a call from its marketplace."""
    causes: list[BaseException] = [error]
    # The library wraps the system's error several times; what a person can act on lies at the bottom.
    while (before := causes[-1].__cause__ or causes[-1].__context__) and before not in causes:
        causes.append(before)
    if any(isinstance(each, socket.gaierror) for each in causes):
        return NoNetwork(detail, because(MarketplaceReason.ADDRESS_NOT_FOUND))
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return NoNetwork(detail, because(MarketplaceReason.STRANGER_ON_THE_WAY))
    if isinstance(error, httpx.ProxyError):
        return NoNetwork(detail, because(MarketplaceReason.PROXY_REFUSES))
    return NoNetwork(detail)


@dataclass(slots=True)
class _WireWatch:
    """Follows one call from inside: when the first byte leaves, and which socket carries it."""

    mark: Callable[[], None]
    visible: bool
    used: bool = False
    _socket: Any = field(default=None)
    _over: bool = field(default=False)
    _marked_s: float = field(default=0.0)

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event in CONNECTED:
            self._socket = info["return_value"].get_extra_info("socket")
        elif event == FIRST_BYTE and info["request"].method != b"CONNECT":  # a proxy's tunnel is no message
            if self._over:  # finding the name alone took all the time there was
                raise NoNetwork("no connection in time")
            self.mark()
            # After the mark: when it refuses, nothing has left, and that is what has to be told.
            self.used, self._marked_s = True, real_seconds()
            if self.visible:
                hit("send.marked")
        elif event == BODY and self.used and real_seconds() - self._marked_s > CALL_S:
            raise OutcomeUnknown("asleep between the request's head and its body")  # it grew too old
        elif self.visible and event in _PROGRESS:
            hit(_PROGRESS[event])

    def cut(self) -> None:
        """Close the connection under the call, so that it ends now."""
        self._over = True
        carrying = self._socket
        if carrying is not None:
            try:  # the plain socket's own method: TLS would first forget its keys and then write in the clear
                socket.socket.shutdown(carrying, socket.SHUT_RDWR)
            except OSError:
                return  # it ended by itself in this moment


@contextmanager
def _deadline(seconds: float, cut: Callable[[], None]) -> Iterator[None]:
    # From another thread, because the one that calls is inside the library and reads.
    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _body(response: httpx.Response) -> dict[str, Any] | None:
    """Return the JSON object of an answer, whatever its status; None for pages and half answers."""
    try:
        # Whatever a proxy or log-in page sends ends as None, and never as an exception of the decoder.
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _date(response: httpx.Response) -> datetime | None:
    try:
        date = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return min(float(value), 3600.0) if value.isdecimal() else None


class MarketplaceClock:
    """The marketplace's time as its answers tell it: this PC's clock may be minutes off."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def learn(self, date: datetime | None, now: datetime) -> None:
        """Take in the Date header of an answer that just came; whole seconds only, so small drifts stay 0."""
        # The header has whole seconds and is some time on its way: less than two tells nothing.
        if date is not None and abs(date - now - self.offset) > timedelta(seconds=2):
            self.offset = date - now

    def timestamp(self, moment: datetime) -> int:
        """Return the marketplace's Unix seconds for a moment of this PC."""
        return int((moment + self.offset).timestamp())
