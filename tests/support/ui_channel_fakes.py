"""A Channels desk in memory: shops that are changed, probed and authorised as the real ones are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Thread, current_thread, main_thread
from typing import Any

import msgspec

from parcelguard.core.config import ShopSettings
from parcelguard.core.errors import NotPossible, ParcelGuardError, SettingsError
from parcelguard.core.marketplace_facts import ALL, marketplace
from parcelguard.core.orders import Order
from parcelguard.core.preset_message import DEFAULT_MESSAGE, fill_message
from parcelguard.core.reasons.reason import as_told, because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.marketplace.ports import Access, AccessState, Seller
from parcelguard.shops.standing import Today, standing_of
from parcelguard.shops.views import (
    AppKeys,
    Attempt,
    Consented,
    Filled,
    GrantRow,
    MarketplaceRow,
    NoticeUnread,
    Preset,
    Rehearsal,
    Remark,
    SeenMessage,
    Sends,
    ShopRow,
    Weight,
)
from tests.support.ui_helpers import jpeg

PRESET = f"{DEFAULT_MESSAGE} Thank you for shopping with {{shop}}!"
MISSING = because(ShopReason.CHAT_CONSENT_MISSING)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_ENDS_IN = {"kopi-my": timedelta(days=26, hours=1), "kopi-sg": timedelta(days=2, hours=1)}


def shop(id_: str, name: str, region: str = "MY", **values: Any) -> ShopSettings:
    at = values.pop("marketplace", "shopee")
    message = values.pop("message", PRESET)
    return ShopSettings(id=id_, name=name, marketplace=at, region=region, message=message, **values)


SHOPS = (
    shop("kopi-my", "Kopi & Co", send=True),
    shop("kopi-sg", "Kopi & Co SG", "SG", send=True),
    shop("kopi-lazada", "Kopi & Co Official", marketplace="lazada", send=True),
    shop("kopi-tiktok", "kopiandco", marketplace="tiktok", send=True),
    shop("kopi-id", "Kopi & Co ID", "ID", marketplace="tiktok"),
    shop("kopi-stall", "Kopi at the market", marketplace="manual"),
)


@dataclass
class FakeChannels:
    """Notes what was asked. What `grants_given` lacks is not connected."""

    settings: tuple[ShopSettings, ...] = SHOPS
    grants_given: dict[str, set[str]] = field(default_factory=dict)
    access: dict[str, AccessState] = field(default_factory=dict)
    today: dict[str, Today] = field(default_factory=dict)
    off: set[str] = field(default_factory=set)
    unkeyed: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    listens: bool = True
    trouble: ParcelGuardError | None = None
    answered: Callable[[Consented], None] | None = None
    attempt: Attempt | None = None
    gate: Event = field(default_factory=Event)
    on_window_thread: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    # ---- reading

    def shops(self) -> tuple[ShopRow, ...]:
        self._note("shops")
        return tuple(self._row(each) for each in self.settings)

    def marketplaces(self) -> tuple[MarketplaceRow, ...]:
        return tuple(
            MarketplaceRow(
                each, each.name not in self.off, sum(s.marketplace == each.name for s in self.settings)
            )
            for each in ALL.values()
        )

    def probe_shop(self, shop_id: str) -> ShopRow:
        self._note("probe_shop", shop_id)
        self.gate.wait(10)
        self._fail()
        self.asked.add(shop_id)
        return self._row(self._of(shop_id))

    def app_of(self, name: str) -> AppKeys | None:
        found = next((each for each in self.settings if each.marketplace == name and each.app_key), None)
        return AppKeys(found.id, found.name, {"app_key": found.app_key}) if found else None

    def check_message(self, shop_id: str, text: str) -> tuple[Remark, ...]:
        found = []
        if "{order}" not in text:
            reason = because(ShopReason.MESSAGE_WITHOUT_ORDER, placeholder="{order}")
            found.append(Remark(Weight.STOP, reason))
        if (at := text.find("https://")) >= 0:
            found.append(Remark(Weight.LOOK, because(ShopReason.NAMES_LINK), (at, len(text))))
        return tuple(found)

    def preview_message(self, shop_id: str, text: str) -> Filled:
        settings = self._of(shop_id)
        order = Order(shop_id=shop_id, number="5783310429917", buyer_name="Tan W.")
        longest = marketplace(settings.marketplace).longest_text
        return Filled(fill_message(text, order, settings.shop()), longest)

    def ready_messages(self, shop_id: str) -> tuple[Preset, ...]:
        return (Preset("English", DEFAULT_MESSAGE), Preset("Melayu", "Hai {buyer}, pesanan {order} siap."))

    # ---- changing

    def change_shop(self, shop_id: str, values: Mapping[str, Any]) -> None:
        self._do("change_shop", shop_id, dict(values))
        self._set(shop_id, **values)

    def switch_shop(self, shop_id: str, on: bool, notice_read: bool = False) -> None:
        self._do("switch_shop", shop_id, on)
        if on and not notice_read:
            raise NoticeUnread
        self._set(shop_id, send=on)

    def switch_marketplace(self, name: str, on: bool) -> None:
        self._do("switch_marketplace", name, on)
        (self.off.discard if on else self.off.add)(name)

    def add_shop(self, values: Mapping[str, Any], secrets: Mapping[str, str], same_app_as: str = "") -> str:
        self._do("add_shop", dict(values), dict(secrets), same_app_as)
        id_ = str(values["name"]).lower().replace(" ", "-")
        self.settings = (*self.settings, shop(id_, **{"message": DEFAULT_MESSAGE, "name": "", **values}))
        self.secrets[id_] = dict(secrets)
        return id_

    def enter_keys(self, shop_id: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self._do("enter_keys", shop_id, dict(values), dict(secrets))
        self._set(shop_id, **values)
        self.unkeyed.discard(shop_id)

    def remove_shop(self, shop_id: str) -> None:
        self._do("remove_shop", shop_id)
        self.settings = tuple(each for each in self.settings if each.id != shop_id)

    def send_test(self, shop_id: str, text: str) -> Rehearsal:
        self._note("send_test", shop_id, text)
        self.gate.wait(10)
        if self.trouble is not None:
            return Rehearsal((), self.trouble)
        seen = SeenMessage(text=self.preview_message(shop_id, text).text)
        return Rehearsal((*[SeenMessage(picture=jpeg()) for _ in range(3)], seen))

    # ---- consent

    def begin_consent(
        self, shop_id: str, grant: str, answered: Callable[[Consented], None], redirect: str = ""
    ) -> Attempt:
        self._do("begin_consent", shop_id, grant, redirect)
        self.answered = answered
        self.attempt = Attempt(
            f"attempt-{len(self.calls)}",
            shop_id,
            grant,
            f"http://127.0.0.1:5000/consent?grant={grant}",
            redirect or "http://127.0.0.1:49152/consent",
            self.listens and not redirect,
            datetime.now(UTC) + timedelta(minutes=30),
        )
        return self.attempt

    def paste_address(self, attempt: Attempt, address: str) -> None:
        self._do("paste_address", attempt.id, address)
        if "code=" not in address:
            raise SettingsError("", as_told("This is not the address.", "Copy it whole."))
        self.answer()

    def cancel_consent(self, attempt: Attempt) -> None:
        self._note("cancel_consent", attempt.id)
        self.answered = None

    def answer(self, error: ParcelGuardError | None = None) -> None:
        """Let the browser's answer come in, on a thread of its own."""
        attempt, answered = self.attempt, self.answered
        assert attempt
        assert answered
        if error is None:
            self.grants_given.setdefault(attempt.shop_id, set()).add(attempt.grant)
        seller = None if error else Seller(77, f"{self._of(attempt.shop_id).name} by its own word")
        thread = Thread(target=answered, args=(Consented(attempt, seller, error),))
        thread.start()
        thread.join()

    # ---- steps

    def _note(self, *call: object) -> None:
        self.calls.append(call)
        if current_thread() is main_thread():
            self.on_window_thread.append(str(call[0]))

    def _do(self, *call: object) -> None:
        self._note(*call)
        self._fail()

    def _fail(self) -> None:
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble

    def _of(self, shop_id: str) -> ShopSettings:
        return next(each for each in self.settings if each.id == shop_id)

    def _set(self, shop_id: str, **values: Any) -> None:
        self.settings = tuple(
            msgspec.structs.replace(each, **values) if each.id == shop_id else each for each in self.settings
        )

    def _row(self, settings: ShopSettings) -> ShopRow:
        row = marketplace(settings.marketplace)
        given = self.grants_given.get(settings.id, set())
        grants = tuple(
            GrantRow(name, title, settings.id not in self.unkeyed, name in given)
            for name, title in row.grants.items()
        )
        state = AccessState.AUTHORISED
        if settings.by_hand or not row.has_chat:
            state = AccessState.BY_HAND
        elif any(not grant.connected for grant in grants):
            state = AccessState.NOT_CONNECTED
        state = self.access.get(settings.id, state)
        until = NOW + _ENDS_IN[settings.id] if settings.id in _ENDS_IN else None
        missing = MISSING if state is AccessState.NO_CHAT else None
        access = Access(state, until, reason=missing)
        by_hand = state is AccessState.BY_HAND
        on = settings.send and not by_hand
        return ShopRow(
            settings=settings,
            marketplace=row,
            label=row.label(settings.region),
            access=access,
            asked=settings.id in self.asked,
            standing=standing_of(access, NOW),
            sends=Sends.BY_HAND if by_hand else Sends.BY_PACKER if on else Sends.NOTHING,
            today=self.today.get(settings.id, Today()),
            grants=grants,
            on=on,
            live=on and row.name not in self.off,
        )


def connected() -> FakeChannels:
    """All shops connected, with the figures of a busy day; the one in Indonesia waits for its consent."""
    given = {each.id: set(marketplace(each.marketplace).grants) for each in SHOPS}
    given["kopi-id"] = set()
    sent = {
        "kopi-my": Today(96, 1),
        "kopi-sg": Today(12),
        "kopi-lazada": Today(31),
        "kopi-tiktok": Today(44),
    }
    return FakeChannels(grants_given=given, today=sent)


REFUSED = NotPossible("", as_told("The seller said no.", "Begin again when you are ready."))
