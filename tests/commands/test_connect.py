"""A shop is connected from the command line, with a browser or without one."""

from __future__ import annotations

import os
import pty
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from parcelguard.marketplace.tokens import grant_key
from parcelguard.runtime.single_instance import only_one
from parcelguard.runtime.translation import PSEUDO
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.lazada.apps import LazadaApps
from parcelguard.sandbox.running import running
from parcelguard.sandbox.shopee.state import ShopeeState
from parcelguard.sandbox.world.world import World
from parcelguard.ui.words.access_words import CALLBACK
from parcelguard.vault.vault import Secrets, vault_at
from tests.support.pseudo_walk import english_in

PATIENCE_S = 30
CODE = """
import os
import sys
from parcelguard.commands.connect import connect_shop
from parcelguard.core.errors import ParcelGuardError
from parcelguard.runtime.translation import use_language
from parcelguard.ui.words.reasons.saying import said

use_language(os.environ.get("CONNECT_SPEAKS", "en"))
home, shop, grant, redirect = sys.argv[1:]
try:
    sys.exit(connect_shop(home, shop, grant, redirect, browser=False))
except ParcelGuardError as error:
    words = said(error.reason)
    print(words.headline, words.advice)
    sys.exit(2)
"""
SHOPEE = """
[[shops]]
id = "kopi"
name = "Kopi & Co"
partner_id = {partner_id}
shop_id = {shop_id}
host = "{host}"
"""
LAZADA = """
[[shops]]
id = "laz"
marketplace = "lazada"
name = "Laz"
app_key = "900100"
chat_app_key = "900200"
host = "{host}"
"""
KEEP = '[secrets]\nkeep = "file"\n'


class Command:
    """`connect` at a terminal of its own."""

    def __init__(self, home: Path, shop: str, grant: str = "", redirect: str = "") -> None:
        self._ours, theirs = pty.openpty()
        arguments = [sys.executable, "-c", CODE, str(home), shop, grant, redirect]
        self._process = subprocess.Popen(
            arguments, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.said = ""
        self._pieces: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._ours, 4096)
            except OSError:  # Linux tells the end of the other side like this
                piece = b""
            self._pieces.put(piece.decode())
            if not piece:
                return

    def hear(self, pattern: str) -> str:
        """Wait until this has been said; returns the first group, or all of it."""
        until = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.said)):
            try:
                self.said += self._pieces.get(timeout=max(0.0, until - time.monotonic())).replace(
                    "\r\n", "\n"
                )
            except queue.Empty:
                raise AssertionError(f"never said {pattern!r}:\n{self.said}") from None
        return found[1] if found.groups() else found[0]

    def type(self, text: str) -> None:
        os.write(self._ours, f"{text}\n".encode())

    def ends(self) -> int:
        code = self._process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        while not self._pieces.empty():
            self.said += self._pieces.get()
        return code

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(PATIENCE_S)
        os.close(self._ours)


@contextmanager
def at_terminal(home: Path, shop: str, grant: str = "", redirect: str = "") -> Iterator[Command]:
    command = Command(home, shop, grant, redirect)
    try:
        yield command
    finally:
        command.close()


def press(page: str, answer: str = "allow") -> str:
    """Press a button of the consent page; returns where the browser is sent."""
    [wish] = re.findall(r'name="wish" value="([0-9a-f]+)"', httpx.get(page).text)
    host = "/".join(page.split("/")[:3])
    return str(httpx.post(f"{host}/consent", data={"wish": wish, "answer": answer}).headers["location"])


def shopee(home: Path, world: World, address: str, text: str = SHOPEE) -> None:
    facts = {
        "partner_id": world.state_of(ShopeeState).partner.partner_id,
        "shop_id": world.shops_of("shopee")[0].shop_id if world.shops_of("shopee") else 0,
        "host": address,
    }
    (home / "settings.toml").write_text(KEEP + text.format(**facts))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[tuple[World, str]]:
    world = demo_world(orders=1)
    with running(world) as address:
        shopee(tmp_path, world, address)
        yield world, address


def partner_key(world: World) -> str:
    return world.state_of(ShopeeState).partner.partner_key


def test_it_asks_for_the_key_and_waits_for_the_browser(tmp_path: Path, market: tuple[World, str]) -> None:
    world, address = market
    with at_terminal(tmp_path, "kopi") as command:
        command.hear(r"Partner key \(not shown\): ")
        command.type(partner_key(world))
        location = press(command.hear(rf"({re.escape(address)}/auth\S+)"))
        command.hear("Waiting for the browser")

        page = httpx.get(location)

        assert "is connected" in page.text
        assert command.ends() == 0
    assert "Connected to Kopi &" in command.said
    assert "Chat access: Authorised" in command.said
    assert "Sending is off" in command.said
    assert partner_key(world) not in command.said
    kept = vault_at(tmp_path / "secrets.json", "file").load("kopi")
    assert kept is not None
    assert kept.refresh_token


def test_all_of_it_is_said_in_another_language_on_the_terminal_and_in_the_browser(
    tmp_path: Path, market: tuple[World, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, address = market
    monkeypatch.setenv("CONNECT_SPEAKS", PSEUDO)
    data = [address, "http://127.0.0.1", "ParcelGuard", "Kopi & Co", "Kopi &amp; Co"]
    with at_terminal(tmp_path, "kopi") as command:
        command.hear(r"shöŵñ\)|šĥöŵñ\)")
        command.type(partner_key(world))
        page = command.hear(rf"({re.escape(address)}/auth\S+)")
        shown = httpx.get(press(page)).text
        assert command.ends() == 0
    said = command.said.replace(page, "")
    assert len(said.splitlines()) > 8
    assert english_in(said, data) == []
    assert 'lang="pseudo"' in shown
    body = re.sub(r"<[^>]*>", "\n", shown.split("<h1", 1)[1].split(">", 1)[1])
    assert english_in(body, data) == []


def test_a_key_that_is_kept_is_not_asked_for_again_and_the_address_can_be_pasted(
    tmp_path: Path, market: tuple[World, str]
) -> None:
    world, address = market
    vault_at(tmp_path / "secrets.json", "file").keep("kopi", Secrets(partner_key(world)))
    with at_terminal(tmp_path, "kopi", "", "https://kopi.example/back") as command:
        page = command.hear(rf"({re.escape(address)}/auth\S+)")
        command.hear("Paste the whole address here")
        command.type("https://kopi.example/back?code=x&state=stale")
        command.hear("belongs to another attempt")

        command.type(press(page))

        assert command.ends() == 0
    assert "not shown" not in command.said


def test_a_refused_consent_is_told_and_connects_nothing(tmp_path: Path, market: tuple[World, str]) -> None:
    world, address = market
    vault_at(tmp_path / "secrets.json", "file").keep("kopi", Secrets(partner_key(world)))
    with at_terminal(tmp_path, "kopi") as command:
        httpx.get(press(command.hear(rf"({re.escape(address)}/auth\S+)"), "cancel"))
        assert command.ends() == 2
    assert "You pressed Cancel at Shopee." in command.said
    assert vault_at(tmp_path / "secrets.json", "file").load("kopi") == Secrets(partner_key(world))


def test_the_chat_of_lazada_is_a_consent_of_its_own(tmp_path: Path) -> None:
    world = demo_world(orders=1, marketplaces=("lazada",))
    with running(world) as address:
        shopee(tmp_path, world, address, LAZADA)
        for grant, app in zip(("orders", "chat"), world.state_of(LazadaApps).apps, strict=True):
            with at_terminal(tmp_path, "laz", grant) as command:
                command.hear(rf"App secret for {grant} \(not shown\): ")
                command.type(app.secret)
                httpx.get(press(command.hear(rf"({re.escape(address)}/oauth/authorize\S+)")))
                assert command.ends() == 0

    vault = vault_at(tmp_path / "secrets.json", "file")
    assert all(vault.load(grant_key("laz", grant)).access_token for grant in ("orders", "chat"))  # type: ignore[union-attr]
    assert "Chat access: Authorised" in command.said


@pytest.mark.parametrize(
    ("shop", "grant", "told"),
    [
        ("teh", "", "The shops there: kopi"),
        ("kopi", "chat", "Name one of: shop"),
    ],
)
def test_what_cannot_be_connected_is_told(
    tmp_path: Path, market: tuple[World, str], shop: str, grant: str, told: str
) -> None:
    with at_terminal(tmp_path, shop, grant) as command:
        assert command.ends() == 2
    assert told in command.said


def test_a_shop_served_by_hand_needs_no_consent(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[[shops]]\nid = "b"\nmarketplace = "manual"\nname = "B"\n')
    with at_terminal(tmp_path, "b") as command:
        assert command.ends() == 2
    assert "needs no consent" in command.said


def test_the_window_and_the_command_do_not_renew_the_same_tokens(
    tmp_path: Path, market: tuple[World, str]
) -> None:
    with only_one(tmp_path), at_terminal(tmp_path, "kopi") as command:
        assert command.ends() == 2
    assert "already open" in command.said


def test_without_anyone_to_paste_it_ends(tmp_path: Path, market: tuple[World, str]) -> None:
    world, _ = market
    vault_at(tmp_path / "secrets.json", "file").keep("kopi", Secrets(partner_key(world)))
    arguments = [sys.executable, "-c", CODE, str(tmp_path), "kopi", "", "https://kopi.example/back"]
    done = subprocess.run(
        arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 2
    assert "Nothing was connected." in done.stdout


def test_the_address_for_the_console_never_changes() -> None:
    assert CALLBACK == "http://127.0.0.1:47811/parcelguard"
