"""A local marketplace to practise on: started beside this program, and a message sent to its buyer.

Nothing here ever speaks to a real marketplace: the shop that sends lives in the sandbox, with keys,
tokens and a vault of its own that end with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import msgspec

from parcelguard.chat.registry import Channel, connect
from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import DeliveryError, ParcelGuardError, SettingsError
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.preset_message import fill_message
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.core.times import utc_now
from parcelguard.delivery.ports import Picture, Target, Wire
from parcelguard.disk.jpeg import jpeg_size
from parcelguard.marketplace.ports import closing_connections
from parcelguard.marketplace.tokens import grant_key
from parcelguard.shops.views import Rehearsal, SeenMessage
from parcelguard.vault.vault import Secrets, Vault, vault_at

ANSWER_S = 10


class Sandbox:
    """A running sandbox; it ends with this process, whatever happens."""

    def __init__(self, *options: str) -> None:
        """Start it with these options of its command line. Raises ParcelGuardError when it does not start."""
        # It ends when its stdin does, so even a program that is killed leaves no marketplace behind.
        command = [sys.executable, "-m", "parcelguard.sandbox", "--port", "0", "--stop-with-stdin", *options]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)  # noqa: S603
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            self.close()
            raise ParcelGuardError(
                "the sandbox did not start",
                because(ShopReason.SANDBOX_NOT_STARTED, command="pip install 'parcelguard[sandbox]'"),
            )
        self.address: str = json.loads(line)["address"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the sandbox."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()  # which is what it waits for
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def get(self, path: str) -> Any:
        """Ask the sandbox's own pages: '/admin/orders'."""
        return json.loads(self.fetch(path))

    def post(self, path: str, wish: Mapping[str, Any]) -> Any:
        """Change something at the sandbox."""
        return json.loads(self.fetch(path, json.dumps(wish).encode()))

    def fetch(self, path: str, body: bytes | None = None) -> bytes:
        """Return what lies at a path, a picture for instance."""
        headers = {"content-type": "application/json"} if body else {}
        request = urllib.request.Request(f"{self.address}{path}", data=body, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
                content: bytes = answer.read()
        except OSError as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it holds the connection
            raise ParcelGuardError(f"{path}: {error}", because(ShopReason.SANDBOX_SILENT)) from error
        return content


def equip(shop: ShopSettings, seller: Mapping[str, Any], address: str, vault: Vault) -> ShopSettings:
    """Return a shop as it sells at a sandbox, its keys and tokens kept in this vault.

    `seller`: what `/admin/seller` says of it.
    """
    keep_grants(vault, shop.id, seller)
    facts = {"shop_id": int(seller["shop_id"]), **seller["settings"], "host": address}
    return msgspec.structs.replace(shop, **facts)


def keep_grants(vault: Vault, shop_id: str, seller: Mapping[str, Any]) -> None:
    """Keep what each consent of a sandbox's seller gave, for a shop of this id."""
    now = utc_now().timestamp()
    for grant, given in seller["grants"].items():
        ends_in, refresh_ends_in = given.get("ends_in"), given.get("refresh_ends_in")
        secrets = Secrets(
            app_secret=given["app_secret"],
            access_token=given.get("access_token", ""),
            refresh_token=given.get("refresh_token", ""),
            expires_at=now + ends_in if ends_in else 0.0,
            refresh_ends_at=now + refresh_ends_in if refresh_ends_in else 0.0,
            notes=given.get("notes", {}),
        )
        vault.keep(grant_key(shop_id, grant), secrets)


def rehearse(shop: ShopSettings, text: str, photo: Path) -> Rehearsal:
    """Send a message and a picture to a sandbox's buyer, by this marketplace's own rules and calls."""
    row = marketplace(shop.marketplace)
    if not row.has_chat:
        raise SettingsError("no chat", because(ShopReason.NO_CHAT_TO_TEST))
    with Sandbox("--orders", "0", "--marketplaces", row.name) as sandbox, TemporaryDirectory() as folder:
        wish = {"add": True, "marketplace": row.name, "region": shop.region, "shop_name": shop.name}
        seller = sandbox.post("/admin/seller", wish)
        placed = sandbox.post("/admin/orders", {"shop_id": seller["shop_id"], "marketplace": row.name})
        vault = vault_at(Path(folder) / "secrets.json", "file")
        practising = equip(shop, seller, sandbox.address, vault)
        channel = connect(practising, vault, utc_now)
        with closing_connections(channel.client):
            try:
                _send(channel, practising, placed, text, photo)
            except DeliveryError as error:
                return Rehearsal(_seen(sandbox, placed), error)
            return Rehearsal(_seen(sandbox, placed))


def _send(
    channel: Channel, shop: ShopSettings, placed: Mapping[str, Any], template: str, photo: Path
) -> None:
    """Do what a courier does for one proof, without its patience."""
    sender = channel.sender
    order = channel.orders.read_order(str(placed["order_sn"]))
    if order is None:  # a channel that knows people, not orders
        order = channel.orders.read_order(str(placed["buyer"]["id"]))
    assert order is not None, "its buyer is there"
    assert sender is not None, "asked for before"
    target = Target(order_number=order.number, buyer_id=order.buyer_id)
    picture, size = photo.read_bytes(), jpeg_size(photo) or (0, 0)
    address = sender.upload_picture(picture)
    target = replace(target, conversation_id=sender.open_conversation(target, planned=2))
    # The text first: some marketplaces make the conversation with it, and the picture goes into that one.
    receipt = sender.send_text(target, fill_message(template, order, shop.shop()), _wire())
    target = replace(target, conversation_id=receipt.conversation_id or target.conversation_id)
    sender.send_image(target, Picture(address=address, size=size, content=picture), _wire())


def _wire() -> Wire:
    return Wire(utc_now(), lambda: None)


def _seen(sandbox: Sandbox, order: Mapping[str, Any]) -> tuple[SeenMessage, ...]:
    """Return what the buyer's page shows."""
    chat = sandbox.get(f"/buyer/data?buyer={order['buyer']['id']}&shop={order['shop_id']}")["chat"]
    return tuple(
        SeenMessage(str(bubble["text"]), sandbox.fetch(bubble["image"]) if bubble["image"] else b"")
        for bubble in chat["messages"]
        if bubble["kind"] in ("text", "image") and bubble["from_shop"]
    )
