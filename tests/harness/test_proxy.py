"""The proxy does to each connection exactly what its plan says, and leaves nothing behind."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from tests.harness.proxy import (
    Ending,
    Plan,
    Proxy,
    Way,
    cut_request,
    drip,
    half_answer,
    later,
    lose_answer,
    mixed,
    narrow,
    proxied,
    scripted,
    slow,
    wrong_page,
)
from tests.support.fakes import wait_for

REQUEST = b"POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nyes!"

pytestmark = pytest.mark.usefixtures("no_stray_threads")


class Server:
    """Answers each whole request; remembers every byte it was given."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.got: list[bytearray] = []
        self._talks: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            talk, _ = self._socket.accept()
            got = bytearray()
            thread = threading.Thread(target=self._talk, args=(talk, got))
            thread.start()
            self._talks.append(thread)
            if self._closing:
                return
            self.got.append(got)

    _closing = False

    @staticmethod
    def _talk(talk: socket.socket, got: bytearray) -> None:
        with talk:
            try:
                while data := talk.recv(65_536):
                    got += data
                    if got.endswith(b"hello"):
                        talk.sendall(ANSWER)
            except ConnectionError:
                return

    def close(self) -> None:
        self._closing = True
        host, port = self._socket.getsockname()
        socket.create_connection((host, port)).close()
        self._thread.join()
        for thread in self._talks:
            thread.join()
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    serving = Server()
    yield serving
    serving.close()


@contextmanager
def through(server: Server, *plans: Plan, **facts: Any) -> Iterator[Proxy]:
    with proxied(server.address, scripted(plans), **facts) as proxy:
        yield proxy


def call(proxy: Proxy, timeout_s: float = 5.0) -> bytes:
    """Send one request; return everything that comes until the end, or until the answer is whole."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout_s) as line:
        line.sendall(REQUEST)
        came = b""
        while came != ANSWER and (data := line.recv(65_536)):
            came += data
        return came


def test_plain_plan_changes_nothing(server: Server) -> None:
    with through(server) as proxy:
        assert call(proxy) == ANSWER
    assert server.got == [REQUEST]


@pytest.mark.parametrize("after", [0, 1, 40])
def test_cut_request_reaches_the_server_to_the_byte_and_no_further(server: Server, after: int) -> None:
    with through(server, cut_request(after, Ending.CLOSE)) as proxy:
        assert call(proxy) == b""
        wait_for(lambda: [len(got) for got in server.got] == [after])


def test_reset_is_a_real_reset(server: Server) -> None:
    with through(server, cut_request(3, Ending.RESET)) as proxy, pytest.raises(ConnectionResetError):
        call(proxy)


def test_black_hole_answers_nothing_and_stays_open(server: Server) -> None:
    with through(server, cut_request(0, Ending.SILENCE)) as proxy, pytest.raises(TimeoutError):
        call(proxy, timeout_s=0.2)
    assert server.got == [b""]


def test_answer_is_lost_though_the_server_took_everything(server: Server) -> None:
    with through(server, *(lose_answer(ending) for ending in Ending)) as proxy:
        assert call(proxy) == b""
        with pytest.raises(ConnectionResetError):
            call(proxy)
        with pytest.raises(TimeoutError):
            call(proxy, timeout_s=0.2)
    assert server.got == [REQUEST] * 3


@pytest.mark.parametrize("after", [1, len(ANSWER) - 1])
def test_half_an_answer_is_what_comes(server: Server, after: int) -> None:
    with through(server, half_answer(after, Ending.CLOSE)) as proxy:
        assert call(proxy) == ANSWER[:after]


@pytest.mark.parametrize(
    ("plan", "least_s"),
    [
        (slow(0.05, 0.0), 0.1),
        (drip(0.005), 0.005 * len(ANSWER)),
        (narrow(10_000), 0.1),  # one started piece each way
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_slow_lines_are_slow_and_faithful(server: Server, plan: Plan, least_s: float) -> None:
    with through(server, plan) as proxy:
        begun = time.monotonic()
        assert call(proxy) == ANSWER
        assert time.monotonic() - begun >= least_s * 0.9
    assert server.got == [REQUEST]


def test_one_byte_at_a_time_is_one_byte_at_a_time(server: Server) -> None:
    with through(server, drip(0.01)) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 5) as line:
        line.sendall(REQUEST)
        pieces = [line.recv(65_536) for _ in range(10)]
    assert b"".join(pieces) == ANSWER[:10]


def test_slow_close_leaves_the_connection_standing_after_the_answer(server: Server) -> None:
    plan = Plan(down=Way(let_through=len(ANSWER)), close_after_s=0.1)
    with through(server, plan) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 5) as line:
        line.sendall(REQUEST)
        begun = time.monotonic()
        assert line.recv(65_536) == ANSWER
        assert line.recv(1) == b""
        assert time.monotonic() - begun >= 0.09


@pytest.mark.parametrize("status", [200, 302])
def test_wrong_page_comes_in_the_servers_place(server: Server, status: int) -> None:
    with through(server, wrong_page(status)) as proxy:
        page = call(proxy)
    assert page.startswith(b"HTTP/1.1 %d " % status)
    assert b"log in" in page
    assert server.got == []


def test_held_request_is_delivered_whole_long_after_its_sender_left(server: Server) -> None:
    with through(server, later(300), now=lambda: 1000.0) as proxy:
        with pytest.raises(TimeoutError):
            call(proxy, timeout_s=0.2)
        assert server.got == []
        (held,) = proxy.held
        assert (held.request, held.due) == (REQUEST, 1300.0)

        assert proxy.deliver(held) == ANSWER
        assert server.got == [REQUEST]
        assert proxy.held == []


def test_refused_connections_are_refused_and_taken_again_at_the_same_address(server: Server) -> None:
    with through(server) as proxy:
        proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            call(proxy)
        proxy.accept()
        assert call(proxy) == ANSWER


def test_stalled_listener_shakes_hands_and_says_nothing(server: Server) -> None:
    with through(server) as proxy:
        proxy.stall()
        with pytest.raises(TimeoutError):
            call(proxy, timeout_s=0.2)
        assert server.got == []
        proxy.accept()
        assert call(proxy) == ANSWER


def test_nobody_can_connect_to_a_server_that_is_gone(server: Server) -> None:
    with through(server) as proxy:
        proxy.vanish()
        with pytest.raises(TimeoutError):
            socket.create_connection(("127.0.0.1", proxy.port), 0.2)
        proxy.accept()
        assert call(proxy) == ANSWER


def test_standing_connections_can_all_be_reset(server: Server) -> None:
    with through(server) as proxy, socket.create_connection(("127.0.0.1", proxy.port), 5) as line:
        line.sendall(REQUEST)
        assert line.recv(65_536) == ANSWER
        proxy.drop_all()
        with pytest.raises(ConnectionResetError):
            line.recv(1)


def test_same_seed_deals_the_same_plans() -> None:
    makers = {
        lambda numbers: cut_request(numbers.randrange(100), Ending.CLOSE): 1.0,
        lambda numbers: Plan(): 2.0,
    }
    first, second, other = mixed(makers, 1), mixed(makers, 1), mixed(makers, 2)
    dealt = [first() for _ in range(50)]
    assert dealt == [second() for _ in range(50)]
    assert dealt != [other() for _ in range(50)]


def test_a_thousand_mistreated_connections_leave_no_socket_behind(server: Server) -> None:
    makers = {
        lambda numbers: Plan(): 1.0,
        lambda numbers: cut_request(numbers.randrange(60), numbers.choice(list(Ending))): 1.0,
        lambda numbers: lose_answer(numbers.choice(list(Ending))): 1.0,
        lambda numbers: wrong_page(): 1.0,
        lambda numbers: later(10): 1.0,
    }
    gc.collect()
    before = psutil.Process().num_fds()
    with proxied(server.address, mixed(makers, seed=3)) as proxy:
        for _ in range(1000):
            try:
                call(proxy, timeout_s=0.005)
            except OSError:
                continue
        assert proxy.used.total() >= 990  # a handshake may outlast so little patience
    wait_for(lambda: psutil.Process().num_fds() <= before)
