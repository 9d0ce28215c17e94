"""What a call's end means: sent, certainly not sent, or unknown; and when the wire mark is set."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from parcelguard.core.errors import (
    NoNetwork,
    NotSent,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    StorageError,
    TooFast,
)
from parcelguard.core.reasons.marketplaces import MarketplaceReason
from parcelguard.core.reasons.reason import ReasonKind, because
from parcelguard.core.reasons.sending import SendingReason
from parcelguard.marketplace import http as http_module
from parcelguard.marketplace.http import Http, Request
from parcelguard.marketplace.shopee.client import Account, ShopeeClient
from tests.support.shopee_bench import SEND, Bench, open_bench

pytestmark = pytest.mark.usefixtures("no_stray_threads")

INFO = "/api/v2/shop/get_shop_info"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


@contextmanager
def server(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve each connection with `handle`, one after the other."""
    listening = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def serve() -> None:
        while True:
            connection, _ = listening.accept()
            with connection:
                if stopping.is_set():
                    return
                try:
                    handle(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        stopping.set()
        socket.create_connection(listening.getsockname()).close()
        thread.join(10)
        listening.close()


def client_at(bench: Bench, address: str) -> tuple[ShopeeClient, Http]:
    http = Http(address)
    return ShopeeClient(Account("kopi", address, 1, 2), bench.vault, http, bench.now), http


def read_request(connection: socket.socket) -> None:
    """Take all of a request: closing on an unread rest would reset the connection."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += connection.recv(65536)
    head, _, body = heard.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)


def reply(connection: socket.socket, status: str, body: bytes) -> None:
    read_request(connection)
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode() + body)


# ---- sends ---------------------------------------------------------------------------------


def test_mark_is_set_once_and_before_the_server_hears_anything(bench: Bench) -> None:
    heard: list[int] = []
    wire = bench.wire()
    body = {
        "to_id": bench.order().buyer.user_id,
        "message_type": "text",
        "content": {"text": "Hi."},
        "source_content": {"order_sn": bench.order().order_sn},
    }

    def mark() -> None:
        wire.mark()
        heard.append(bench.asked("send"))

    bench.client.send(SEND, body, wire.signed_at, mark)

    assert len(bench.marks) == 1
    assert heard == [0]
    assert bench.texts() == ["Hi."]


def test_request_that_slept_between_head_and_body_is_not_completed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([1000.0, 1000.0 + http_module.CALL_S + 1])
    monkeypatch.setattr(http_module, "real_seconds", lambda: next(moments))
    body = {"to_id": bench.order().buyer.user_id, "message_type": "text", "content": {"text": "Hi."}}

    with pytest.raises(OutcomeUnknown):
        bench.client.send(SEND, body, bench.now(), bench.wire().mark)

    assert len(bench.marks) == 1
    assert bench.texts() == []


def test_mark_that_objects_sends_nothing(bench: Bench) -> None:
    for error in (NotSent("too old"), StorageError("disk")):

        def object_to_it(error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)):
            bench.client.send(SEND, {"to_id": 1}, bench.now(), object_to_it)

    assert bench.world.transcript() == []
    assert bench.asked("send_message") == 0


def test_connection_refused_is_no_network_and_sets_no_mark(bench: Bench) -> None:
    free = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{free.getsockname()[1]}"
    free.close()
    client, http = client_at(bench, address)
    marks: list[str] = []

    with pytest.raises(NoNetwork):
        client.send(SEND, {}, bench.now(), lambda: marks.append("mark"))
    with pytest.raises(NoNetwork):
        client.get(INFO)
    assert marks == []
    http.close()


def test_name_that_is_not_found_and_failing_tls_are_no_network(bench: Bench) -> None:
    kinds: list[ReasonKind] = []
    for address in ("http://no-such-host.invalid", bench.address.replace("http:", "https:")):
        client, http = client_at(bench, address)
        with pytest.raises(NoNetwork) as failed:
            client.send(SEND, {}, bench.now(), lambda: pytest.fail("marked"))
        http.close()
        kinds.append(failed.value.reason.kind)
    assert kinds == [MarketplaceReason.ADDRESS_NOT_FOUND, SendingReason.NO_NETWORK]


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Somebody who issues certificates; the program trusts him only once a test says so."""
    made = trustme.CA()
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    return made


@contextmanager
def tls_server(authority: trustme.CA, answer: bytes) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            reply(secure, "200 OK", answer)

    with server(handle) as address:
        yield address.replace("http:", "https:")


def test_certificate_of_somebody_unknown_ends_the_call_before_anything_is_said(
    bench: Bench, authority: trustme.CA
) -> None:
    with tls_server(authority, b"{}") as address:
        client, http = client_at(bench, address)
        with pytest.raises(NoNetwork) as failed:
            client.send(SEND, {}, bench.now(), lambda: pytest.fail("marked"))
        http.close()
    assert failed.value.reason.kind is MarketplaceReason.STRANGER_ON_THE_WAY


def test_mark_is_set_once_inside_tls_after_the_handshake(
    bench: Bench, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    marks: list[str] = []
    answer = b'{"error":"","request_id":"r","response":{"message_id":"7"}}'
    with tls_server(authority, answer) as address:
        client, http = client_at(bench, address)
        assert client.send(SEND, {}, bench.now(), lambda: marks.append("mark")) == {"message_id": "7"}
        http.close()
    assert marks == ["mark"]


def test_mark_inside_a_proxys_tunnel_is_set_for_the_message_not_for_the_tunnel(
    bench: Bench, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("partner.shopee.invalid").configure_cert(context)
    marks: list[str] = []
    marks_at_tunnel: list[int] = []

    def tunnel(connection: socket.socket) -> None:
        assert connection.recv(65536).startswith(b"CONNECT partner.shopee.invalid:443 ")
        marks_at_tunnel.append(len(marks))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as secure:
            reply(secure, "200 OK", b'{"error":"","request_id":"r","response":{"message_id":"8"}}')

    with server(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        client, http = client_at(bench, "https://partner.shopee.invalid")
        assert client.send(SEND, {}, bench.now(), lambda: marks.append("mark")) == {"message_id": "8"}
        http.close()
    assert (marks, marks_at_tunnel) == (["mark"], [0])


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_proxy_that_refuses_the_tunnel_is_no_network_and_sets_no_mark(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    heard: list[bytes] = []

    def refuse(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    with server(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        client, http = client_at(bench, "https://partner.shopee.invalid")
        with pytest.raises(NoNetwork) as failed:
            client.send(SEND, {}, bench.now(), lambda: pytest.fail("marked"))
        http.close()
    assert failed.value.reason.kind is MarketplaceReason.PROXY_REFUSES
    assert heard[0].startswith(b"CONNECT partner.shopee.invalid:443 ")


def test_name_that_is_found_only_after_the_deadline_sends_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = threading.Event()
    real_find, real_cut = socket.getaddrinfo, http_module._WireWatch.cut

    def slow_find(*arguments: Any, **options: Any) -> object:
        assert cut.wait(10)
        return real_find(*arguments, **options)

    def cut_and_tell(watch: http_module._WireWatch) -> None:
        real_cut(watch)
        cut.set()

    monkeypatch.setattr(socket, "getaddrinfo", slow_find)
    monkeypatch.setattr(http_module._WireWatch, "cut", cut_and_tell)
    monkeypatch.setattr(http_module, "CALL_S", 0.1)
    with pytest.raises(NoNetwork):
        bench.say()

    assert bench.marks == []
    assert bench.world.transcript() == []


@pytest.mark.parametrize(
    ("fault", "wishes", "arrives"),
    [
        ("drop_before", {}, False),
        ("drop_after", {}, True),
        ("status_5xx", {"value": 502}, False),
        ("status_5xx", {"value": 504, "processed": True}, True),
        ("non_json", {"processed": True}, True),
        ("non_json", {}, False),
        ("error", {"error": "error_server"}, False),
        ("error", {"error": "system_busy", "processed": True}, True),
        ("error", {"error": "some_new_code", "processed": True}, True),
        ("error", {"error": "error_inner_timeout"}, False),
    ],
)
def test_send_without_a_clear_answer_is_unknown_whether_it_arrived_or_not(
    bench: Bench, fault: str, wishes: dict[str, object], arrives: bool
) -> None:
    bench.world.faults.set(fault, path="send_message", **wishes)
    with pytest.raises(OutcomeUnknown):
        bench.say()

    assert len(bench.texts()) == arrives
    assert len(bench.marks) == 1  # one request, not repeated


def test_answer_that_never_comes_is_unknown_after_the_deadline(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "CALL_S", 0.3)
    bench.world.faults.set("timeout_after_accept", 30, path="send_message")
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        bench.say()

    assert time.monotonic() - began < 5
    assert len(bench.texts()) == 1


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{"])
def test_server_that_drips_byte_by_byte_is_cut_off(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(http_module, "CALL_S", 0.5)

    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head or b"HTTP/1.1 200 OK\r\nX-Slow: ")
        connection.settimeout(0.02)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            connection.sendall(b" ")
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue

    with server(drip) as address:
        client, http = client_at(bench, address)
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            client.send(SEND, {}, bench.now(), lambda: None)
        with pytest.raises(NotSent):
            client.get(INFO)
        assert time.monotonic() - began < 4
        http.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"error\": \"\"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://portal.test/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\noops",
        b"HTTP/1.1 429 Slow\r\nRetry-After: \xb2\r\nContent-Length: 4\r\n\r\n{\"a\"",
        b"\x00\x00\x00",
        b"",
    ],
)  # fmt: skip
def test_half_and_foreign_answers_are_unknown_for_a_send(bench: Bench, answer: bytes) -> None:
    def reply(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with server(reply) as address:
        client, http = client_at(bench, address)
        with pytest.raises((OutcomeUnknown, TooFast)) as caught:
            client.send(SEND, {}, bench.now(), lambda: None)
        assert isinstance(caught.value, TooFast) == (b"429" in answer)
        http.close()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("404 Not Found", b'{"message": "no Route matched with those values"}'),
        ("404 Not Found", b'{"message": "no Route matched with those values", "request_id": "1"}'),
        ("403 Forbidden", b'{"request_id": "1"}'),
        ("400 Bad Request", b'{"error": "", "response": {"message_id": "7"}}'),
        ("200 OK", b'{"request_id": "1"}'),
        ("200 OK", b'{"error": "", "response": null}'),
        ("200 OK", b'{"error": "", "message_id": "7"}'),
    ],
)
def test_answer_that_is_not_wholly_shopees_success_is_unknown_for_a_send(
    bench: Bench, status: str, body: bytes
) -> None:
    with server(lambda connection: reply(connection, status, body)) as address:
        client, http = client_at(bench, address)
        with pytest.raises(OutcomeUnknown):
            client.send(SEND, {}, bench.now(), lambda: None)
        http.close()


def test_answer_without_an_error_field_is_a_success_when_it_is_shopees(bench: Bench) -> None:
    body = b'{"request_id": "r1", "response": {"message_id": "7"}}'

    def reply(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with server(reply) as address:
        client, http = client_at(bench, address)
        assert client.send(SEND, {}, bench.now(), lambda: None) == {"message_id": "7"}
        http.close()


def test_refusal_with_status_200_is_a_refusal(bench: Bench) -> None:
    bench.world.faults.set("all_200")
    bench.world.faults.set("error", error="message_is_censored", path="send_message")
    with pytest.raises(Refused) as caught:
        bench.say()
    assert caught.value.code == "message_is_censored"


def test_chat_without_permission_is_held_by_status_alone(bench: Bench) -> None:
    bench.world.faults.set("http_491")
    with pytest.raises(ShopWaits, match="491"):
        bench.say()


def test_rate_refusal_is_not_sent_and_says_when_to_come_again(bench: Bench) -> None:
    bench.world.faults.set("rate_limit", 7, path="send_message", times=1)
    with pytest.raises(TooFast) as caught:
        bench.say()
    assert caught.value.retry_after_s == 7.0
    assert bench.say()


def test_each_send_has_a_connection_of_its_own(bench: Bench) -> None:
    accepted: list[int] = []

    def reply(connection: socket.socket) -> None:
        accepted.append(1)
        connection.settimeout(1)
        while connection.recv(65536):
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{"error":"","response":{}}')

    with server(reply) as address:
        client, http = client_at(bench, address)
        for _ in range(3):
            client.send(SEND, {}, bench.now(), lambda: None)
        http.close()
    assert len(accepted) == 3


# ---- reads ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "wishes"),
    [
        ("drop_before", {}),
        ("drop_after", {}),
        ("status_5xx", {}),
        ("non_json", {}),
        ("error", {"error": "error_server"}),
        ("error", {"error": "some_new_code"}),
    ],
)
def test_read_without_a_clear_answer_is_simply_not_done(
    bench: Bench, fault: str, wishes: dict[str, object]
) -> None:
    bench.world.faults.set(fault, path="shop_info", times=1, **wishes)
    with pytest.raises(NotSent):
        bench.client.get(INFO)
    assert bench.client.get(INFO)["shop_name"] == "Kopi & Co"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("404 Not Found", b'{"message": "no Route matched", "request_id": "1"}'),
        ("403 Forbidden", b'{"request_id": "1"}'),
        ("302 Found", b'{"request_id": "1"}'),
        ("400 Bad Request", b'{"error": "", "response": {"order_list": []}}'),
    ],
)
def test_gateway_that_answers_a_read_is_not_taken_for_shopee(bench: Bench, status: str, body: bytes) -> None:
    with server(lambda connection: reply(connection, status, body)) as address:
        client, http = client_at(bench, address)
        with pytest.raises(NotSent):
            client.get(INFO)
        http.close()


def test_upload_may_be_repeated(bench: Bench) -> None:
    bench.world.faults.set("drop_after", path="upload_image", times=1)
    with pytest.raises(NotSent):
        bench.chat.upload_picture(b"\xff\xd8\xff")


def test_page_in_place_of_shopee_is_told_as_such(bench: Bench) -> None:
    bench.world.faults.set("non_json", path="shop_info")
    with pytest.raises(NotSent) as caught:
        bench.client.get(INFO)
    assert caught.value.reason == because(MarketplaceReason.ANSWER_MADE_NO_SENSE, marketplace="Shopee")


def test_request_that_cannot_be_built_leaves_nothing(bench: Bench) -> None:
    request = Request(method="POST", path=SEND, query={}, json={"text": "\ud800"})
    with pytest.raises(ValueError, match="surrogates"):
        bench.http.send(request, lambda: pytest.fail("marked"))
