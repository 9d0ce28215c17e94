"""A listener on this computer alone that waits for a browser to come back with an answer.

It speaks to the one address it was made for: its path, by GET, under its own name. Everything else,
a stranger's page that names this port included, gets nothing. It writes no log: the address holds
what is being waited for.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from urllib.parse import urlsplit

from parcelguard.core.reasons.reason import Reason, because
from parcelguard.core.reasons.shops import ShopReason

HERE = "127.0.0.1"
NAMES = (HERE, "localhost")
_IDLE_S = 5.0  # browsers open connections that they may never use
_POLL_S = 0.05
_LONGEST_LINE = 8192
_HTML = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>ParcelGuard</title>
<meta name="viewport" content="width=device-width"><body style="font:18px/1.5 system-ui,sans-serif;
margin:15vh auto;max-width:32em;padding:0 1em"><h1 style="font-size:1.4em">{headline}</h1><p>{advice}</p>"""


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser is answered. `then` runs once it has been sent off."""

    reason: Reason
    status: int = 200
    then: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class PageText:
    """A page in words; `language` as browsers name it: "en", "zh-CN"."""

    headline: str
    advice: str
    language: str


PageWords = Callable[[Reason], PageText]
_NOTHING_HERE = because(ShopReason.NOTHING_HERE)


class Loopback:
    """Listens from the moment it is made; answers from `start_listening` to `stop_listening`."""

    def __init__(self, port: int, path: str, page_words: PageWords, name: str = HERE) -> None:
        """Raise OSError when the port is taken."""
        self._server = _Server((HERE, port), _Handler)
        self._server.page_words = page_words
        self._server.path = path
        self._server.name = f"{name}:{self._server.server_port}"
        self._started = False

    @classmethod
    def anywhere(cls, port: int, path: str, page_words: PageWords) -> Loopback:
        """Listen on the usual port, or on any when another program has it."""
        try:
            return cls(port, path, page_words)
        except OSError:
            return cls(0, path, page_words)

    @classmethod
    def at(cls, address: str, page_words: PageWords) -> Loopback | None:
        """Listen at an address, if it is one of this computer and its port is free."""
        parts = urlsplit(address)
        if parts.scheme != "http" or parts.hostname not in NAMES or parts.username or parts.query:
            return None
        try:
            return cls(parts.port or 80, parts.path or "/", page_words, parts.hostname)
        except (OSError, ValueError):  # taken, not ours to use, or no port at all
            return None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{self._server.name}{self._server.path}"

    def start_listening(self, answer: Callable[[str], Page]) -> None:
        """Show whoever comes what `answer` says to the whole address; asked from several threads."""
        self._server.answer = answer
        self._started = True
        Thread(target=self._server.serve_forever, args=(_POLL_S,), name="loopback", daemon=True).start()

    def stop_listening(self) -> None:
        """Stop listening. A page that is being answered still goes out."""
        # A server that does not serve would wait for ever for its own end.
        if self._started:
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # elsewhere it would share the port with another program
    path = ""
    name = ""
    page_words: PageWords
    answer: Callable[[str], Page]

    def server_bind(self) -> None:
        if exclusive := getattr(socket, "SO_EXCLUSIVEADDRUSE", 0):
            self.socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        # The one below it would look up this computer's name, which may take long.
        TCPServer.server_bind(self)
        self.server_port = self.server_address[1]
        self.server_name = HERE

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of browsers that went away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE_S

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        # A stranger's page can point a name of its own at this computer; the browser then sends that name.
        if self.headers.get_all("Host", []) != [self.server.name]:
            self._show(Page(_NOTHING_HERE, status=421))
        elif path != self.server.path or len(self.path) > _LONGEST_LINE:
            self._show(Page(_NOTHING_HERE, status=404))
        else:
            self._show(self.server.answer(f"http://{self.server.name}{path}?{query}"))

    def _show(self, page: Page) -> None:
        words = self.server.page_words(page.reason)
        shown = {"headline": words.headline, "advice": words.advice, "language": words.language}
        text = _HTML.format_map({name: escape(each) for name, each in shown.items()}).encode()
        with suppress(OSError):  # the browser may have gone; the outcome counts all the same
            self.send_response(page.status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()
        if page.then:
            page.then()

    def version_string(self) -> str:
        return "ParcelGuard"

    def log_message(self, *_arguments: object) -> None:
        """Write nothing: the address holds a code."""
