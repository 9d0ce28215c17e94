"""`parcelguard demo`: a station ready to be tried, or one that packs by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from parcelguard.commands.demo.market import DemoOrder, Market, Sellers
from parcelguard.commands.demo.storm import storm
from parcelguard.core.config import Folders, Settings, folders_of, load_settings
from parcelguard.runtime.translation import tr

if TYPE_CHECKING:
    from parcelguard.app import App
    from parcelguard.commands.demo.driver import Driver

AUTO_ORDERS = 3
ORDERS = 12


def run_demo(
    *,
    home: str | None,
    auto: bool,
    orders: int | None,
    report: Path | None,
    marketplaces: str = "",
    faults: str = "",
) -> int:
    """Run the demo; an automatic one ends with 0 only if nothing was lost, doubled or falsely sent.

    `marketplaces`: names with commas, or "all"; Shopee alone unless told. `faults`: "storm" or nothing.
    """
    auto = auto or not _has_display()
    if auto:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with ExitStack() as stack:
        folder = _kept(home) if home else stack.enter_context(scratch())
        number = orders or (AUTO_ORDERS if auto else ORDERS)
        market = Market(number, plain=auto, marketplaces=marketplaces)
        stack.callback(market.close)
        settings, folders = prepare(folder, market, gap_s=0.0 if auto else 1.5)
        for fault in storm(number) if faults == "storm" else ():
            market.switch_on(fault)
        if auto:
            return _drive(settings, folders, market, report, stormy=bool(faults))
        return _show(settings, folders, market)


def prepare(home: Path, market: Sellers, *, gap_s: float) -> tuple[Settings, Folders]:
    """Write the settings and secrets of a demo station that sells at the sandbox."""
    from parcelguard.commands.demo.shops import keep_secrets, named, settings_text
    from parcelguard.vault.vault import vault_at

    sellers = named(market.sellers())
    home.mkdir(parents=True, exist_ok=True)
    (home / "settings.toml").write_text(settings_text(sellers, market.address, gap_s), encoding="utf-8")
    settings = load_settings(home / "settings.toml")
    folders = folders_of(home, settings)
    folders.make()
    keep_secrets(vault_at(folders.secrets, settings.secrets.keep), sellers)
    return settings, folders


def _drive(settings: Settings, folders: Folders, market: Market, report: Path | None, *, stormy: bool) -> int:
    from parcelguard.app import open_app
    from parcelguard.commands.demo.driver import Driver
    from parcelguard.commands.demo.figures import count
    from parcelguard.commands.demo.records import kept

    drivers: list[Driver] = []

    def add(app: App) -> None:
        driver = Driver(app, market.orders(), stormy=stormy)
        drivers.append(driver)
        app.ready.connect(driver.start)
        app.failed.connect(app.window.close)
        driver.finished.connect(app.window.close)

    open_app(settings, folders, also=add)
    observed = drivers[0].observed
    figures = count(observed, market.transcript(), folders.media, kept(folders.database))
    _say(figures.table())
    if observed.trouble:
        _say(tr("stopped early: {why}", why=observed.trouble))
    if report:
        report.write_text(figures.json() + "\n", encoding="utf-8")
    complete = figures.orders == len(market.orders())
    return 0 if figures.clean and complete else 1


def _show(settings: Settings, folders: Folders, market: Market) -> int:
    from parcelguard.app import open_app
    from parcelguard.commands.demo.panel import ScanPanel

    orders = market.orders()
    sheet = write_labels(folders.home / "labels", orders)
    _say(tr("Buyer’s chat: {address}", address=market.buyer_page))
    _say(tr("Sheet of barcodes: {path}", path=sheet))
    _say(tr("Everything else: {path}", path=folders.home))

    def add(app: App) -> None:
        panel = ScanPanel(app, orders, sheet, market.buyer_page)
        app.ready.connect(panel.show_beside)

    return open_app(settings, folders, also=add)


def write_labels(folder: Path, orders: list[DemoOrder]) -> Path:
    """Write the printable sheet and the barcodes; a process of its own holds the barcode engine."""
    rows = [
        {
            "number": order.number,
            "tracking": order.tracking,
            "buyer": order.buyer,
            "items": [{"name": name, "quantity": quantity} for name, quantity in order.items],
        }
        for order in orders
    ]
    command = [sys.executable, "-m", "parcelguard.camera.labels", str(folder)]
    subprocess.run(command, input=json.dumps(rows), text=True, check=True)  # noqa: S603
    return folder / "sheet.html"


@contextmanager
def scratch() -> Iterator[Path]:
    """Lend a folder that is removed afterwards, read-only originals included."""
    with tempfile.TemporaryDirectory(prefix="parcelguard-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _kept(home: str) -> Path:
    """Return a new folder under one that the person chose, so that an earlier demo's things stay."""
    Path(home).mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="demo-", dir=home))


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command speaks to its terminal
