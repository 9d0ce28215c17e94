"""A consent comes back from the browser once, for the attempt that was made, and from nobody else."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from queue import Empty, Queue
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import NoNetwork, SettingsError
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.marketplace.ports import Access, AccessState, Client, Seller
from parcelguard.shops.consent import ConsentFlow
from parcelguard.shops.loopback import Loopback, Page
from parcelguard.shops.views import Attempt, Consented
from parcelguard.ui.words.consent_page_words import page_words
from parcelguard.ui.words.reasons.saying import said

SHOP = ShopSettings(id="kopi", name="Kopi & Co", partner_id=7, shop_id=5)
SELLER = Seller(5, "Kopi & Co Official", "MY")
PATIENCE_S = 10

pytestmark = pytest.mark.usefixtures("no_stray_threads")


class FakeClient:
    """A marketplace that believes whoever brings the code "good"."""

    def __init__(self, taken: list[tuple[str, str, str]], error: Exception | None = None) -> None:
        self._taken = taken
        self._error = error
        self.closed = False

    def close_connections(self) -> None:
        self.closed = True

    def consent_address(self, grant: str, redirect: str, state: str) -> str:
        return "https://market.example/auth?" + urlencode(
            {"redirect": redirect, "state": state, "for": grant}
        )

    def accept_consent(self, grant: str, redirected_to: str, state: str) -> Seller:
        self._taken.append((grant, redirected_to, state))
        if self._error:
            raise self._error
        return SELLER

    def probe_access(self) -> Access:
        return Access(AccessState.AUTHORISED)


class Bench:
    """A desk, what it answered, and what reached the marketplace."""

    def __init__(self, **options: Any) -> None:
        self.taken: list[tuple[str, str, str]] = []
        self.answers: Queue[Consented] = Queue()
        self.error: Exception | None = None
        self.clients: list[FakeClient] = []
        self.desk = ConsentFlow(self._client, now=utc_now, page_words=page_words, port=0, **options)

    def _client(self, _shop: ShopSettings) -> FakeClient:
        self.clients.append(FakeClient(self.taken, self.error))
        return self.clients[-1]

    def begin(self, grant: str = "shop", redirect: str = "") -> Attempt:
        return self.desk.begin_attempt(SHOP, grant, self.answers.put, redirect)

    def outcome(self) -> Consented:
        return self.answers.get(timeout=PATIENCE_S)

    def nothing_answered(self) -> bool:
        try:
            self.answers.get(timeout=0.1)
        except Empty:
            return True
        return False


@pytest.fixture
def make() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def bench(**options: Any) -> Bench:
        made.append(Bench(**options))
        return made[-1]

    yield bench
    for each in made:
        each.desk.stop_waiting()
        assert all(client.closed for client in each.clients)


@pytest.fixture
def bench(make: Callable[..., Bench]) -> Bench:
    return make()


def state_of(attempt: Attempt) -> str:
    return parse_qs(urlsplit(attempt.address).query)["state"][0]


def allowed(attempt: Attempt, **changed: str) -> str:
    values = {"code": "good", "shop_id": "5", "state": state_of(attempt), **changed}
    return f"{attempt.redirect}?{urlencode(values)}"


def get(address: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Ask without a library that would mend what is wrong."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=PATIENCE_S)
    try:
        connection.putrequest(method, f"{parts.path}?{parts.query}", skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def refused_connection(attempt: Attempt) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(attempt.redirect).port)) != 0


def test_the_browser_brings_the_answer_and_the_seller_reads_what_came_of_it(bench: Bench) -> None:
    attempt = bench.begin("chat")
    assert attempt.listens
    assert attempt.redirect.startswith("http://127.0.0.1:")

    status, page = get(allowed(attempt))

    assert (status, "Kopi &amp; Co Official is connected." in page) == (200, True)
    assert "You can close this window" in page
    assert bench.outcome() == Consented(attempt, SELLER)
    assert bench.taken == [("chat", allowed(attempt), state_of(attempt))]
    assert refused_connection(attempt)


def test_every_attempt_has_a_state_of_its_own(bench: Bench) -> None:
    states = {state_of(bench.begin()) for _ in range(5)}
    assert len(states) == 5
    assert min(map(len, states)) >= 32


def test_an_answer_with_another_state_changes_nothing_and_the_attempt_goes_on(bench: Bench) -> None:
    earlier = bench.begin()
    attempt = bench.begin()

    for strange in ({"state": state_of(earlier)}, {"state": ""}, {"state": "ünïcode"}):
        status, page = get(allowed(attempt, **strange))
        assert (status, "another attempt" in page) == (400, True)

    assert bench.taken == []
    assert get(allowed(attempt))[0] == 200
    assert bench.outcome().seller == SELLER


def test_a_new_attempt_ends_the_one_before_without_a_word(bench: Bench) -> None:
    earlier = bench.begin()
    later = bench.begin()

    with pytest.raises(SettingsError, match="attempt over"):
        bench.desk.take_pasted(earlier, allowed(earlier))
    assert get(allowed(later))[0] == 200
    assert bench.outcome().attempt == later
    assert bench.nothing_answered()


def test_of_attempts_begun_at_the_same_moment_one_goes_on(make: Callable[..., Bench]) -> None:
    bench = make()
    both = threading.Barrier(2)
    real = bench.desk._client_of

    def together(shop: ShopSettings) -> Client:
        both.wait(PATIENCE_S)
        return real(shop)

    bench.desk._client_of = together
    with ThreadPoolExecutor(2) as pool:
        attempts = list(pool.map(lambda _: bench.begin(), range(2)))
    assert sorted(refused_connection(each) for each in attempts) == [False, True]


def test_only_the_first_answer_counts(make: Callable[..., Bench]) -> None:
    gate, reached = threading.Event(), threading.Event()

    def slow(_shop: ShopSettings, _grant: str, _seller: Seller) -> None:
        reached.set()
        assert gate.wait(PATIENCE_S)

    bench = make(accepted=slow)
    attempt = bench.begin()
    first = threading.Thread(target=get, args=(allowed(attempt),))
    first.start()
    assert reached.wait(PATIENCE_S)

    status, page = get(allowed(attempt))
    with pytest.raises(SettingsError, match="taken") as raised:
        bench.desk.take_pasted(attempt, allowed(attempt))
    gate.set()
    first.join()

    assert (status, "answered already" in page) == (409, True)
    assert raised.value.reason == because(ShopReason.CONSENT_ANSWERED)
    assert bench.outcome().seller == SELLER
    assert len(bench.taken) == 1
    assert bench.nothing_answered()


def test_an_address_pasted_twice_is_taken_once(bench: Bench) -> None:
    attempt = bench.begin(redirect="https://shop.example/back")
    bench.desk.take_pasted(attempt, allowed(attempt))
    assert bench.outcome().seller == SELLER

    with pytest.raises(SettingsError):
        bench.desk.take_pasted(attempt, allowed(attempt))
    assert len(bench.taken) == 1


@pytest.mark.parametrize(
    "denial",
    [
        {"error": "access_denied", "code": ""},
        {"error": "auth_denied", "code": "null"},
        {"code": "null"},
    ],
)
def test_a_seller_who_does_not_allow_it_ends_the_attempt_in_words(
    bench: Bench, denial: dict[str, str]
) -> None:
    attempt = bench.begin()

    status, page = get(allowed(attempt, **denial))

    outcome = bench.outcome()
    assert outcome.error is not None
    assert outcome.error.reason == because(ShopReason.CONSENT_DENIED, marketplace="Shopee")
    words = said(outcome.error.reason)
    assert words.headline == "You pressed Cancel at Shopee."
    assert "begin again" in words.advice
    assert (status, words.headline in page) == (400, True)
    assert bench.taken == []
    assert get(allowed(bench.begin()))[0] == 200  # and it can begin again


def test_what_the_marketplace_refuses_is_told_to_browser_and_program(bench: Bench) -> None:
    bench.error = NoNetwork("token call: ConnectError")
    attempt = bench.begin()

    _, page = get(allowed(attempt))

    assert bench.outcome().error is bench.error
    assert said(bench.error.reason).headline in page


def test_a_mistake_in_the_program_is_an_outcome_too_and_leaves_no_code_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.error = ValueError("code=good")
    attempt = bench.begin()

    get(allowed(attempt))

    outcome = bench.outcome()
    assert outcome.error is not None
    assert outcome.error.reason == because(ShopReason.CONSENT_FAILED)
    assert "good" not in caplog.text
    assert "ValueError" in caplog.text


def test_what_is_to_be_noted_first_can_still_refuse(make: Callable[..., Bench]) -> None:
    def refuse(_shop: ShopSettings, _grant: str, _seller: Seller) -> None:
        raise SettingsError("same shop", as_told("This is another shop of yours."))

    bench = make(accepted=refuse)
    get(allowed(bench.begin()))

    outcome = bench.outcome()
    assert outcome.seller is None
    assert str(outcome.error) == "same shop"


def test_after_its_time_the_attempt_ends_and_can_begin_again(make: Callable[..., Bench]) -> None:
    bench = make(lasts=timedelta(milliseconds=50))
    attempt = bench.begin()

    outcome = bench.outcome()

    assert outcome.error is not None
    assert "within 30 minutes" in said(outcome.error.reason).headline
    assert refused_connection(attempt)
    with pytest.raises(SettingsError):
        bench.desk.take_pasted(attempt, allowed(attempt))
    assert bench.taken == []


def test_a_cancelled_attempt_tells_nothing_and_listens_no_more(bench: Bench) -> None:
    attempt = bench.begin()

    bench.desk.give_up(attempt)

    assert refused_connection(attempt)
    assert bench.nothing_answered()
    with pytest.raises(SettingsError):
        bench.desk.take_pasted(attempt, allowed(attempt))
    bench.desk.give_up(attempt)  # nobody minds


@pytest.mark.parametrize("redirect", ["https://shop.example/back", "http://shop.example/back"])
def test_where_the_console_has_another_address_the_last_one_is_pasted(bench: Bench, redirect: str) -> None:
    attempt = bench.begin(redirect=redirect)
    assert (attempt.listens, attempt.redirect) == (False, redirect)

    bench.desk.take_pasted(attempt, f"  {allowed(attempt)}\n")

    assert bench.outcome().seller == SELLER


def test_pasting_helps_where_the_browser_did_not_reach_this_program(bench: Bench) -> None:
    attempt = bench.begin()
    bench.desk.take_pasted(attempt, allowed(attempt))
    assert bench.outcome().seller == SELLER
    assert refused_connection(attempt)


@pytest.mark.parametrize(
    ("pasted", "kind"),
    [
        ("", ShopReason.NOT_THE_WHOLE_ADDRESS),
        ("good", ShopReason.NOT_THE_WHOLE_ADDRESS),
        ("https://[broken/?code=good&state=x", ShopReason.NOT_THE_WHOLE_ADDRESS),
        ("https://shop.example/back?code=good", ShopReason.OTHER_ATTEMPT),
        ("https://shop.example/back?code=good&state=stale", ShopReason.OTHER_ATTEMPT),
    ],
)
def test_a_wrong_address_is_told_at_once_and_another_may_follow(
    bench: Bench, pasted: str, kind: ShopReason
) -> None:
    attempt = bench.begin(redirect="https://shop.example/back")

    with pytest.raises(SettingsError) as raised:
        bench.desk.take_pasted(attempt, pasted)

    assert raised.value.reason == because(kind)
    assert bench.taken == []
    bench.desk.take_pasted(attempt, allowed(attempt))
    assert bench.outcome().seller == SELLER


def test_an_attempt_that_cannot_begin_leaves_nothing_listening(make: Callable[..., Bench]) -> None:
    bench = make()
    ports = []

    class Refusing(FakeClient):
        def consent_address(self, grant: str, redirect: str, state: str) -> str:
            ports.append(urlsplit(redirect).port)
            raise SettingsError("no service id")

    bench._client = lambda _shop: Refusing([])  # type: ignore[method-assign]
    desk = ConsentFlow(bench._client, now=utc_now, page_words=page_words, port=0)
    with pytest.raises(SettingsError):
        desk.begin_attempt(SHOP, "shop", bench.answers.put)

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", ports[0])) != 0


def test_whoever_hears_the_outcome_may_fail_without_harm(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def careless(_outcome: Consented) -> None:
        raise RuntimeError("gone")

    attempt = bench.desk.begin_attempt(SHOP, "shop", careless)
    with caplog.at_level(logging.ERROR):
        status, _ = get(allowed(attempt))
        for thread in threading.enumerate():  # the page is out before anyone is told
            if thread is not threading.current_thread():
                thread.join(PATIENCE_S)

    assert status == 200
    assert "the outcome of a consent was lost" in caplog.text


# ---- the listener ------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[Loopback]:
    made = Loopback(0, "/parcelguard", page_words)
    made.start_listening(lambda address: Page(as_told(f"seen {address}", "<b>")))
    yield made
    made.stop_listening()


def test_it_answers_only_its_own_path(listener: Loopback) -> None:
    assert "seen" in get(f"{listener.address}?a=1")[1]
    for path in ("/", "/favicon.ico", "/parcelguard/", "/parcelguard/../parcelguard"):
        status, page = get(listener.address.replace("/parcelguard", path))
        assert (status, "seen" in page) == (404, False)


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS", "DELETE"])
def test_it_answers_only_get(listener: Loopback, method: str) -> None:
    status, page = get(listener.address, method)
    assert (status, "seen" in page) == (501, False)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", ""])
def test_a_page_of_another_name_that_points_here_gets_nothing(listener: Loopback, host: str) -> None:
    status, page = get(listener.address, Host=host)
    assert (status, "seen" in page) == (421, False)


def test_what_it_shows_cannot_carry_anything_into_the_page(listener: Loopback) -> None:
    _, page = get(f"{listener.address}?x=<script>alert(1)</script>".replace(" ", ""))
    assert "<script>" not in page
    assert "&lt;b&gt;" in page


def test_other_computers_cannot_reach_it(listener: Loopback) -> None:
    assert listener._server.socket.getsockname()[0] == "127.0.0.1"


def test_an_idle_browser_connection_keeps_nobody_waiting(listener: Loopback) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(listener.address).port)):
        assert get(listener.address)[0] == 200


def test_a_taken_port_gives_way_to_a_free_one() -> None:
    first = Loopback.anywhere(0, "/parcelguard", page_words)
    second = Loopback.anywhere(urlsplit(first.address).port or 0, "/parcelguard", page_words)
    try:
        assert first.address != second.address
    finally:
        first.stop_listening()
        second.stop_listening()


def test_it_listens_where_a_console_was_told_to_send_people() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listener = Loopback.at(f"http://localhost:{port}/back", page_words)
    assert listener is not None
    listener.start_listening(lambda _address: Page(as_told("here")))
    try:
        assert get(listener.address, Host=f"localhost:{port}")[0] == 200
        assert Loopback.at(f"http://127.0.0.1:{port}/back", page_words) is None  # taken
    finally:
        listener.stop_listening()


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/back",
        "http://shop.example/back",
        "http://user@127.0.0.1/back",
        "http://127.0.0.1:99999/back",
        "nonsense",
    ],
)
def test_it_listens_nowhere_else(address: str) -> None:
    assert Loopback.at(address, page_words) is None
