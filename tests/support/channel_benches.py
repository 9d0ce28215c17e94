"""What the channels' suite needs of each marketplace: a sheet of facts, and one bench for all of them.

A new marketplace adds its sheet at the end. What it does not have is said there as well.
"""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
from PIL import Image

from parcelguard.chat.registry import Channel, connect
from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import (
    DeliveryError,
    Held,
    NotSent,
    OutcomeUnknown,
    Refused,
    ShopWaits,
    TooFast,
)
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.message_sets import plan_parts
from parcelguard.core.parts import PartKind, PlanReason, Purpose
from parcelguard.core.proofs import Proof, ProofState
from parcelguard.core.times import utc_now
from parcelguard.delivery.courier import Courier
from parcelguard.delivery.ports import ChatSender, Picture, Receipt, SentMark, Target, Wire
from parcelguard.marketplace.tokens import grant_key
from parcelguard.sandbox.faults import SEND
from parcelguard.sandbox.registry import SERVED
from parcelguard.sandbox.running import running
from parcelguard.sandbox.tiktok.ids import user_id
from parcelguard.sandbox.world.records import Buyer, Order, Shop
from parcelguard.sandbox.world.world import World
from parcelguard.shops.practice import keep_grants
from parcelguard.store.database import Store
from parcelguard.vault.vault import Secrets, Vault, vault_at
from tests.support.fakes import draft, keep_picture

F4 = Purpose(PlanReason.F4)

BACK = "http://127.0.0.1:9/back"  # where the seller's browser is sent; nobody listens there


@dataclass(frozen=True, slots=True)
class Refusal:
    """One code by which a marketplace refuses a message, and what has to come of it."""

    code: str
    kind: type[DeliveryError]
    message: str = "No."
    status: int | None = None


def refusals(kind: type[DeliveryError], *codes: str) -> tuple[Refusal, ...]:
    """Return codes of one meaning."""
    return tuple(Refusal(code, kind) for code in codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is particular to one marketplace.

    `refusals`: every listed code. `slower`: a refusal for pace that names no wait. `refresh`: the call
    that renews tokens, '' where they do not run out. `revocable`: whether a seller can take a consent
    back. `signed`: whether calls carry a time that has to be right. `scoped`: whether chat is a
    permission of its own.
    `code_life_s`: of a consent's code. `recall_s`: how long a message can be taken back, 0 where it
    cannot. `hides`: whether messages vanish later. `cancels`: whether it knows of cancelled orders.
    `names_order`: whether a message says which order it is about. `buyer_id`: how it names a buyer.
    """

    name: str
    region: str = "MY"
    refusals: tuple[Refusal, ...]
    slower: Refusal
    refresh: str = ""
    revocable: bool = True
    signed: bool = True
    scoped: bool = True
    code_life_s: float = 0.0
    recall_s: float = 0.0
    hides: bool = True
    cancels: bool = True
    names_order: bool = True
    buyer_id: Callable[[Buyer], str] = lambda buyer: str(buyer.user_id)

    def __str__(self) -> str:
        """Name the tests."""
        return self.name

    @property
    def consents(self) -> tuple[str, ...]:
        """The grants a seller gives, in the order in which the program asks for them."""
        return tuple(marketplace(self.name).grants)


@dataclass(slots=True)
class MovedClock:
    """A clock that runs, and may be wrong or be moved on."""

    off: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.off


@dataclass(slots=True)
class Bench:
    """One connected shop with one order, and what the marketplace saw."""

    sheet: Sheet
    world: World
    address: str
    folder: Path
    closing: ExitStack
    their_clock: MovedClock
    clock: MovedClock = field(default_factory=MovedClock)
    marks: list[float] = field(default_factory=list)
    shop: Shop = field(init=False)
    order: Order = field(init=False)
    vault: Vault = field(init=False)
    settings: ShopSettings = field(init=False)
    channel: Channel = field(init=False)

    def __post_init__(self) -> None:
        self.shop = self.world.add_shop("Kopi & Co", self.sheet.region, marketplace=self.sheet.name)
        self.order = self.world.make_order(self.shop)
        self.vault = vault_at(self.folder / "secrets.json", "file")
        told = self._granted(self.shop)
        plain = ShopSettings(
            id="kopi",
            marketplace=self.sheet.name,
            region=self.sheet.region,
            name=self.shop.name,
            shop_id=self.shop.shop_id,
        )
        self.settings = msgspec.structs.replace(plain, **told["settings"])
        keep_grants(self.vault, "kopi", told)
        self.channel = self.reach(self.address)

    # ---- the channel -------------------------------------------------------------------

    def reach(self, host: str) -> Channel:
        """Connect to the marketplace at an address, such as one where it is not."""
        channel = connect(msgspec.structs.replace(self.settings, host=host), self.vault, self.clock)
        self.closing.callback(channel.client.close_connections)
        return channel

    @property
    def sender(self) -> ChatSender:
        assert self.channel.sender
        return self.channel.sender

    def target(self, order: Order | None = None) -> Target:
        """Return the buyer of an order as the program finds him, with his conversation opened."""
        number = (order or self.order).order_sn
        found = self.channel.orders.find_by_code(number)
        assert found
        target = Target(order_number=found.number, buyer_id=found.buyer_id)
        return replace(target, conversation_id=self.sender.open_conversation(target, 1))

    def wire(self) -> Wire:
        return Wire(self.clock(), lambda: self.marks.append(time.monotonic()))

    def say(self, target: Target, text: str = "Your parcel is packed.") -> Receipt:
        return self.sender.send_text(target, f"{text} {target.order_number}", self.wire())

    def picture(self, size: tuple[int, int] = (640, 480)) -> Picture:
        """Upload a picture of its own size."""
        content = jpeg(size)
        address = self.sender.upload_picture(content)
        return Picture(
            address=address, size=size, content=b"" if self.sender.policy.keeps_uploads else content
        )

    def mark_of(self, target: Target, sent: str | Picture = "Your parcel is packed.") -> SentMark:
        """Return by what a message is found again."""
        since = self.clock() + self.sender.clock_offset - timedelta(seconds=60)
        if isinstance(sent, Picture):
            return SentMark(kind=PartKind.IMAGE, since=since, address=sent.address, size=sent.size)
        return SentMark(kind=PartKind.TEXT, since=since, text=f"{sent} {target.order_number}")

    # ---- the marketplace ---------------------------------------------------------------

    def fault(self, kind: str, value: Any = None, **limits: Any) -> None:
        """Set a switch for the call that sends, unless another path is named."""
        self.world.faults.set(kind, value, **{"path": SEND, **limits})

    def refuse(self, refusal: Refusal, **limits: Any) -> None:
        told = {"error": refusal.code, "message": refusal.message, "status": refusal.status}
        self.fault("error", **told, **limits)

    def lines(self) -> list[dict[str, Any]]:
        """Return what reached the buyer's chat."""
        return self.world.transcript()

    def asked(self, path: str) -> int:
        """Count the requests that reached the server."""
        rows = self.world.requests.counts()["by_path"]
        return sum(row["count"] for key, row in rows.items() if path in key)

    # ---- the seller's consent ----------------------------------------------------------

    def forget_tokens(self) -> None:
        """Leave of each grant only the app's secret, as before the first consent."""
        for grant in self.sheet.consents:
            self.vault.keep(grant_key("kopi", grant), Secrets(self.secrets(grant).app_secret))

    def secrets(self, grant: str) -> Secrets:
        found = self.vault.load(grant_key("kopi", grant))
        assert found
        return found

    def walk(self, grant: str, state: str, answer: str = "allow", shop: Shop | None = None) -> str:
        """Open the consent page, press a button, and return where the browser is sent."""
        page = httpx.get(self.channel.client.consent_address(grant, BACK, state))
        wish = re.search(r'name="wish" value="(\w+)"', page.text)
        assert wish, page.text
        pressed = {"wish": wish[1], "answer": answer, "who": str((shop or self.shop).shop_id)}
        return httpx.post(f"{self.address}/consent", data=pressed).headers["location"]

    def _granted(self, shop: Shop) -> Mapping[str, Any]:
        with self.world.lock:
            return SERVED[self.sheet.name].credentials(self.world, shop)


class Copies:
    """Makes copies of the size that is asked for; the camera's own are tested elsewhere."""

    def make(self, original: Path, caption: Sequence[str], size: tuple[int, int]) -> bytes:
        return jpeg(size)

    def collage(self, originals: Sequence[Path], caption: Sequence[str], size: tuple[int, int]) -> bytes:
        return jpeg(size)


class Van:
    """A courier that carries a bench's proofs, on a clock that is moved by hand."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.media = bench, bench.folder / "media"
        self.media.mkdir()
        self.store = Store(bench.folder / "parcelguard.db", bench.clock)
        bench.closing.callback(self.store.close)
        self.courier = Courier(
            shop=bench.settings.shop(),
            store=self.store,
            sender=bench.sender,
            copies=Copies(),
            media=self.media,
            publish=lambda event: None,
            now=bench.clock,
            elapsed_s=lambda: time.monotonic() + bench.clock.off.total_seconds(),
        )

    def save(self, photos: int) -> Proof:
        """Do what scan, F1 and F4 do, without a desk."""
        found = self.bench.channel.orders.find_by_code(self.bench.order.order_sn)
        assert found
        proof, now = draft(found, self.bench.clock()), self.bench.clock()
        taken = [keep_picture(self.media, proof, n, jpeg((64 + n, 48))) for n in range(1, photos + 1)]
        kept = [replace(photo, width=1280, height=960) for photo in taken]
        saved = replace(proof, state=ProofState.SENDING, saved_at=now)
        with self.store.begin() as records:
            records.proofs.open(proof)
            for photo in kept:
                records.proofs.add_photo(photo)
            records.proofs.save(saved)
            planned = plan_parts([photo.id for photo in kept])
            records.parts.plan(saved, planned, text=f"Hi, {found.number}.", by="Aina", why=F4)
        return saved

    def work(self, seconds: float = 0) -> None:
        """Let time pass here and at the marketplace, then do all that is due."""
        for clock in (self.bench.clock, self.bench.their_clock):
            clock.off += timedelta(seconds=seconds)
        while (due := self.courier.step()) is not None and due <= self.bench.clock():
            pass

    def state(self, proof: Proof) -> ProofState:
        with self.store.read() as records:
            kept = records.proofs.get(proof.id)
        assert kept
        return kept.state


@contextmanager
def open_bench(sheet: Sheet, folder: Path) -> Iterator[Bench]:
    their_clock = MovedClock()
    world = World(clock=lambda: their_clock().timestamp())
    with running(world) as address, ExitStack() as closing:
        yield Bench(sheet, world, address, folder, closing, their_clock)


def jpeg(size: tuple[int, int] = (640, 480)) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, (size[0] % 256, size[1] % 256, 120)).save(stream, "JPEG")
    return stream.getvalue()


def closed_port() -> str:
    """Return an address of this computer at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def halving(address: str) -> AbstractContextManager[str]:
    """Stand before a marketplace, pass everything on, and let only half of each answer back."""
    return relayed(address, lambda content: content[: len(content) // 2], cut_off=True)


@contextmanager
def relayed(address: str, change: Callable[[bytes], bytes], *, cut_off: bool = False) -> Iterator[str]:
    """Stand before a marketplace, pass everything on, and change each answer on its way back.

    `cut_off`: the answer is announced with the length it had.
    """

    class Relay(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = httpx.request(self.command, address + self.path, content=body, headers=headers)
            changed = change(answer.content)
            announced = answer.content if cut_off else changed
            self.send_response(answer.status_code)
            for name, value in {**answer.headers, "content-length": str(len(announced))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(changed)
            self.close_connection = True

        do_GET = do_POST = _pass_on  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ---- Shopee --------------------------------------------------------------------------------


SHOPEE = Sheet(
    name="shopee",
    region="SG",  # in Malaysia nothing is taken back
    refusals=(
        *refusals(
            Held,
            "user_is_forbidden",
            "reach_5_message_limit",
            "first_chat_without_order_info",
            "block_by_internal_safety_strategies",
            "error_blocked",
            "error_sender_block_receiver",
            "assigned_to_subaccount",
            "shop_bound_subaccount",
        ),
        *refusals(
            Refused,
            "error_business",
            "message_too_long",
            "message_is_censored",
            "param_error",
            "error_param",
            "error_not_found",
        ),
        *refusals(
            ShopWaits,
            "error_sign",
            "invalid_partner_id",
            "error_partner_key_expired",
            "partner_frozen",
            "invalid_access_token",
            "invalid_acceess_token",
            "partner_shop_no_link",
            "shop_no_linked",
            "shop_access_expired",
            "shop_banned",
            "error_permission",
            "error_api_permission",
            "error_api_call_restricted",
            "api_suspended",
            "error_forbidden",
            "error_kyc_auth",
            "source_ip_undeclared",
            "error_limit",
        ),
        *refusals(TooFast, "exceed_send_limitaion", "error_rate_limit", "error_too_frequent"),
        *refusals(OutcomeUnknown, "error_server", "error_network", "error_data", "system_busy", "pg_new"),
    ),
    slower=Refusal("exceed_send_limitaion", TooFast),
    refresh="access_token/get",
    code_life_s=600,
    recall_s=600,
)


# ---- Lazada --------------------------------------------------------------------------------


LAZADA = Sheet(
    name="lazada",
    refusals=(
        *refusals(
            ShopWaits,
            "IllegalAccessToken",
            "InvalidAccessToken",
            "InvalidToken",
            "MissingAccessToken",
            "AccessTokenExpired",
            "IncompleteSignature",
            "InvalidAppKey",
            "InsufficientPermission",
            "AppWhiteIpLimit",
            "SellerNotVerified",
            "IllegalRefreshToken",
            "AUTH_TYPE_UNSUPPORTED",
        ),
        *refusals(Refused, "MissingParameter", "InvalidApi", "InvalidApiPath", "16", "-22"),
        *refusals(Refused, "14", "17", "19", "36", "37", "38", "39", "56", "74", "75"),
        *refusals(Refused, "30", "302", "303"),
        *refusals(Held, "InvalidCode"),
        *refusals(TooFast, "ApiCallLimit", "SellerCallLimit", "AppCallLimit", "901"),
        *refusals(NotSent, "998", "300", "IllegalTimestamp"),
        *refusals(
            OutcomeUnknown,
            "6",
            "15",
            "1000",
            "40011",
            "SystemBusy",
            "SystemError",
            "ServiceTimeout",
            "ServiceUnavailable",
            "IopSystemFlowlimit",
            "ServiceCurrentlimit",
            "PG_SIM_SESSION_QUOTA",
        ),
        Refusal("UnknownService", OutcomeUnknown, "rpc timeout"),
    ),
    slower=Refusal("SellerCallLimit", TooFast),
    refresh="/auth/token/refresh",
    code_life_s=1800,
    recall_s=120,
)


# ---- TikTok Shop ---------------------------------------------------------------------------


TIKTOK = Sheet(
    name="tiktok",
    refusals=(
        *refusals(
            ShopWaits,
            "105002",
            "101000",
            "106001",
            "105005",
            "105004",
            "66009315",
            "36009033",
            "36009043",
            "36009044",
        ),
        Refusal("36009004", ShopWaits, "Invalid `app_key`", 401),
        Refusal("36009004", ShopWaits, "Invalid `x-tts-access-token`", 401),
        Refusal("36009004", NotSent, "Expired `timestamp`", 401),
        Refusal("36009004", Refused, "The required signature parameter `sign` is missing", 401),
        *refusals(
            Refused,
            "36009009",
            "36009010",
            "36009014",
            "36009022",
            "106013",
            "40006",
            "45101002",
            "45101003",
            "45101006",
            "45102007",
            "45109001",
            "45109003",
            "45111001",
        ),
        *refusals(TooFast, "36009002", "36009037", "45101004"),
        *refusals(OutcomeUnknown, "36009003", "36009007", "45101001", "45999999", "36009004"),
    ),
    slower=Refusal("36009002", TooFast),
    refresh="token/refresh",
    code_life_s=1800,
    names_order=False,
    buyer_id=user_id,
)


# ---- Chatwoot ------------------------------------------------------------------------------


CHATWOOT = Sheet(
    name="chatwoot",
    region="ID",
    refusals=(
        *refusals(ShopWaits, "401", "403"),
        *refusals(Refused, "400", "404", "413", "422"),
        *refusals(TooFast, "429"),
        *refusals(OutcomeUnknown, "418", "500", "503"),
    ),
    slower=Refusal("429", TooFast),
    revocable=False,
    signed=False,
    scoped=False,
    cancels=False,
    names_order=False,
)


SHEETS = (SHOPEE, LAZADA, TIKTOK, CHATWOOT)
