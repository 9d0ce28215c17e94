"""MJPEG over HTTP, part by part: what phones and cheap cameras send, with all its sloppiness.

FFmpeg gives up at the first byte out of place; here a damaged part costs one picture and the next
boundary mends it. Parts that queued up are dropped before decoding, so the newest picture is shown.
"""

from __future__ import annotations

import base64
import contextlib
import re
import select
import socket
import ssl
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, unquote, urlsplit

import cv2
import numpy as np

from parcelguard.camera.newest_picture import Image
from parcelguard.core.errors import CameraUnavailable

_CHUNK = 1 << 16
_LARGEST_PART = 32 << 20  # bytes; a stream without a boundary must not fill the memory
_PICTURE_BEGINS, _PICTURE_ENDS = b"\xff\xd8", b"\xff\xd9"
_LENGTH = re.compile(rb"content-length:\s*(\d{1,9})", re.IGNORECASE)
_CATCH_UP_S = 0.2  # then a picture is shown even if more wait; the next read goes on dropping
_SMALLEST_PICTURE = 100  # bytes; less between two boundaries is no picture


class PartStream:
    """A connection that sends one JPEG after the other."""

    def __init__(
        self, wire: socket.socket | None, response: HTTPResponse, boundary: bytes, timeout_s: float
    ) -> None:
        self._socket = wire
        self._response = response
        self._timeout_s = timeout_s
        self._parts = Parts(boundary)

    def read_picture(self) -> Image:
        """Return the newest whole picture. Raises CameraUnavailable when none comes in time."""
        until = time.monotonic() + self._timeout_s
        while time.monotonic() < until:
            jpeg = self._newest()
            if jpeg is None:
                continue
            image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            if image is not None:
                return np.asarray(image, np.uint8)
        raise CameraUnavailable("no whole picture in time")

    def close_stream(self) -> None:
        """Disconnect."""
        self._response.close()

    def _newest(self) -> bytes | None:
        """Take in what has arrived, waiting only when nothing has; return the last whole picture in it."""
        newest = None
        until = time.monotonic() + _CATCH_UP_S
        while True:
            try:
                data = self._response.read1(_CHUNK)
            except (OSError, HTTPException) as error:
                raise CameraUnavailable(f"the stream broke: {type(error).__name__}") from error
            if not data:
                raise CameraUnavailable("the stream ended")
            for jpeg in self._parts.feed(data):
                newest = jpeg
            if not self._more_waits() or time.monotonic() > until:
                return newest

    def _more_waits(self) -> bool:
        if self._socket is None or self._socket.fileno() < 0:
            return False
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return bool(select.select([self._socket], [], [], 0)[0])


class Parts:
    """Cuts a byte stream into JPEGs at its boundaries; whatever is not a whole JPEG is left out."""

    def __init__(self, boundary: bytes) -> None:
        self._boundary = boundary
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take in bytes; yield each JPEG that is whole by now."""
        self._held += data
        while (jpeg := self._next()) is not None:
            if len(jpeg) >= _SMALLEST_PICTURE:
                yield jpeg
        if len(self._held) > _LARGEST_PART:
            self._held.clear()

    def _next(self) -> bytes | None:
        """Cut off one part: its JPEG, or b"" when it is damaged. None when more bytes are needed."""
        start = self._held.find(self._boundary)
        head_end = self._held.find(b"\r\n\r\n", start)
        if start < 0 or head_end < 0:
            return None
        body = head_end + 4
        length = _LENGTH.search(self._held, start, head_end)
        following = self._held.find(self._boundary, body)
        if length is not None and 0 <= following < body + int(length[1]):
            end = following  # shorter than it said: damaged
        elif length is not None:
            end = body + int(length[1])
            if end > len(self._held):
                return None
        elif following >= 0:
            end = following
        elif self._held.endswith(_PICTURE_ENDS, body) or self._held.endswith(_PICTURE_ENDS + b"\r\n", body):
            end = len(self._held)  # no need to wait for the next part's boundary
        else:
            return None
        part = bytes(self._held[body:end]).rstrip(b"\r\n")
        del self._held[:end]
        whole = part.startswith(_PICTURE_BEGINS) and part.endswith(_PICTURE_ENDS)
        return part if whole else b""


def open_parts(address: str, timeout_s: float) -> PartStream | None:
    """Connect; None when this is no plain MJPEG stream and FFmpeg should have a try.

    Raises CameraUnavailable when nobody answers.
    """
    parts = urlsplit(address)
    connection = _connection(parts, timeout_s)
    try:
        connection.request("GET", _target(parts), headers=_headers(parts))
        # Taken now: the connection forgets it when the answer has no length.
        wire = connection.sock
        response = connection.getresponse()
        boundary = _boundary(response) if response.status == 200 else None
        if boundary is not None:
            return PartStream(wire, response, boundary, timeout_s)
    except ssl.SSLError:  # a camera's self-made certificate; FFmpeg does not mind
        pass
    except (OSError, HTTPException) as error:
        connection.close()
        raise CameraUnavailable(f"does not answer: {type(error).__name__}") from error
    with contextlib.suppress(OSError):
        connection.close()
    return None


def _connection(parts: SplitResult, timeout_s: float) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=timeout_s)
    return HTTPConnection(host, parts.port, timeout=timeout_s)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers(parts: SplitResult) -> dict[str, str]:
    headers = {"Accept": "multipart/x-mixed-replace, image/jpeg", "User-Agent": "ParcelGuard"}
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    return headers


def _boundary(response: HTTPResponse) -> bytes | None:
    """Return what stands between parts, or None when the answer has no parts.

    Some cameras put the two dashes into the header already; FFmpeg's own server states no type.
    """
    if response.headers.get_content_maintype() == "multipart":
        stated = str(response.headers.get_param("boundary", "")).lstrip("-")
        return b"--" + stated.encode("latin-1", "replace") if stated else b"\r\n--"
    first_line = response.peek(_CHUNK).split(b"\r\n", 1)[0]
    return first_line if first_line.startswith(b"--") and len(first_line) > 2 else None
