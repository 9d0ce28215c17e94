"""A marketplace is four modules with its rows: a made-up one is added here, and does what all others do.

Its modules are in `pasar/`, each put into the room where it would lie. Nothing else of the program, the
sandbox or the shared suite knows of it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from parcelguard.chat.registry import MAKERS, Maker
from parcelguard.commands.demo.shops import named, settings_text
from parcelguard.core import marketplace_facts
from parcelguard.core.config import parse_settings
from parcelguard.core.errors import NotSent, OutcomeUnknown, Refused, ShopWaits, TooFast
from parcelguard.core.marketplace_facts import Key, Marketplace
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.registry import SERVED
from parcelguard.sandbox.world import shapes
from parcelguard.sandbox.world.shapes import Shape
from tests.chat import test_channels
from tests.support.channel_benches import Bench, Sheet, open_bench, refusals
from tests.support.pasar import sandbox
from tests.support.pasar.chat import pasar_chat
from tests.support.pasar.client import pasar_client
from tests.support.pasar.orders import pasar_orders

pytestmark = pytest.mark.usefixtures("no_stray_threads")

ROW = Marketplace(
    name="pasar",
    title="Pasar",
    regions=("MY",),
    keys=(
        Key("app_key", "App key", "the console › your app"),
        Key("shop", "App secret", "the same page", secret=True),
    ),
    apply=("Make an app in the console.",),
    rule="On F4, by the packer",
    notice=("Only a packer's F4 sends.",),
    longest_text=1000,
)
SHAPE = Shape(
    app="Pasar",
    shops=(("Kopi & Co", "MY"),),
    first_shop_id=70_001,
    carrier="Pos Laju",
    order="PSR##########",
    tracking="PL############",
    package="PSP##########",
    sends=r"/pasar/v1/chats/\d+/say",
)
SHEET = Sheet(
    name="pasar",
    refusals=(
        *refusals(ShopWaits, "bad_signature", "no_chat"),
        *refusals(Refused, "bad_words", "not_found"),
        *refusals(TooFast, "slow_down"),
        *refusals(NotSent, "clock"),
        *refusals(OutcomeUnknown, "out_of_order", ""),
    ),
    slower=refusals(TooFast, "slow_down")[0],
    revocable=False,
    hides=False,
)
ALSO = (
    test_channels.test_shop_without_the_permission_to_chat_still_has_its_orders,
    test_channels.test_order_that_names_another_buyer_now_is_held,
    test_channels.test_changed_orders_are_listed_with_every_code_that_may_be_scanned,
)


@pytest.fixture(autouse=True)
def _added(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the marketplace as a commit would: a row of facts and a line in the registry on each side."""
    monkeypatch.setitem(marketplace_facts.ALL, "pasar", ROW)
    monkeypatch.setitem(MAKERS, "pasar", Maker(pasar_client, pasar_orders, pasar_chat))
    monkeypatch.setitem(shapes.SHAPES, "pasar", SHAPE)
    monkeypatch.setitem(SERVED, "pasar", sandbox)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(SHEET, tmp_path) as opened:
        yield opened


def shared() -> list[Callable[[Bench], None]]:
    """Return the tests of every channel that need a bench alone, and some of those for a few channels."""
    tests = [each for name, each in vars(test_channels).items() if name.startswith("test_")]
    return [each for each in tests if [*inspect.signature(each).parameters] == ["bench"] and _for_all(each)]


def _for_all(test: Callable[[Bench], None]) -> bool:
    return test in ALSO or not any(mark.name == "parametrize" for mark in getattr(test, "pytestmark", ()))


@pytest.mark.parametrize("test", shared(), ids=lambda test: test.__name__)
def test_shared_suite_runs_against_it_unchanged(test: Callable[[Bench], None], bench: Bench) -> None:
    test(bench)


@pytest.mark.parametrize("kind", dict.fromkeys(each.kind for each in SHEET.refusals))
def test_every_refusal_on_its_sheet_is_told_in_words(bench: Bench, kind: type) -> None:
    test_channels.test_listed_refusals_are_told_in_words_and_nothing_is_sent(bench, kind)


def test_sandbox_and_settings_know_it_like_any_other(bench: Bench) -> None:
    with urlopen(f"{bench.address}/admin/seller?shop_id={bench.shop.shop_id}") as answer:
        seller = json.load(answer)
    settings = parse_settings(settings_text(named([seller]), bench.address, 1.0))
    assert [shop.marketplace for shop in settings.shops] == ["pasar"]

    with urlopen(f"{bench.address}/buyer/data") as answer:
        assert answer.status == 200
    world = demo_world(orders=2, specials=False, marketplaces=["pasar"])
    assert all(number.startswith("PSR") for number in world.orders)
    world.remove_pictures()
