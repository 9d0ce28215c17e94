"""The commands. Each imports what it needs when it runs, so that none pays for the others.

No Qt, OpenCV or SQLAlchemy at the top: the camera process starts by importing this module. The
usual start, without any word, does not even need the parser.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from parcelguard import __version__
from parcelguard.commands.bench import UNTIL_PAINTED
from parcelguard.core.errors import ParcelGuardError, SettingsError

if TYPE_CHECKING:
    import argparse

    from parcelguard.core.config import Folders

MOST_ORDERS = 5000
BENCHES = ("capture", "startup", "preview", "send")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Expected failures are told in words on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if not words:
            return open_window(None)
        asked = _parser().parse_args(words)
        return int(asked.run(asked))
    except ParcelGuardError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return 130


def open_window(home: str | None) -> int:
    """Open the app and run it until its window is closed."""
    gc.disable()  # what is made until the first paint stays; from then on see ui.garbage
    from parcelguard.core.config import folders_of, home_folder, load_settings
    from parcelguard.runtime.single_instance import call_running

    folder = home_folder(home)
    if call_running(folder):
        return 0
    try:
        settings = load_settings(folder / "settings.toml")
    except SettingsError as error:
        code = _tell(error)
        if _has_display() and not _has_terminal():
            from parcelguard.ui.recovery.mistake import show_mistake

            show_mistake(error)
        return code
    from parcelguard.app import open_app  # after the rest: importing Qt slows later imports

    if os.environ.get(UNTIL_PAINTED):
        from parcelguard.commands.bench.first_paint import end_with_first_paint

        return open_app(settings, folders_of(folder, settings), also=end_with_first_paint)
    return open_app(settings, folders_of(folder, settings))


def _tell(error: ParcelGuardError) -> int:
    """Say on stderr what happened and what to do; returns the exit code."""
    if sys.stderr is not None:  # Windows has none for what was started without a console
        details = f"{error}\n" if str(error) != error.headline else ""
        sys.stderr.write(f"{error.headline}\n{details}{error.advice}\n")
    return 2


def _has_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _has_display() -> bool:
    """Whether a window would be seen by somebody."""
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in ("offscreen", "minimal"):
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _parser() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="parcelguard", description="Packing photos that reach the buyer's chat. Alone it opens the app."
    )
    parser.add_argument("--version", action="version", version=f"ParcelGuard {__version__}")
    parser.add_argument("--home", metavar="FOLDER", help="keep settings, records and photos here")
    parser.set_defaults(run=lambda asked: open_window(asked.home))
    commands = parser.add_subparsers(title="commands", metavar="")

    demo = commands.add_parser("demo", help="try it with a sandbox marketplace and a demo camera")
    demo.add_argument("--auto", action="store_true", help="let it pack by itself, without a display")
    demo.add_argument("--orders", type=_count, default=None, metavar="N", help="how many orders there are")
    demo.add_argument(
        "--marketplaces", default="", metavar="NAMES", help='"all", or some with commas: shopee,lazada'
    )
    demo.add_argument("--faults", choices=["storm"], default="", help="let marketplaces and network go wrong")
    demo.add_argument("--report", type=Path, metavar="FILE", help="write the figures as JSON")
    demo.set_defaults(run=_demo)

    sandbox = commands.add_parser("sandbox", help="serve a marketplace on this computer")
    sandbox.add_argument("--port", type=int, default=8700)
    sandbox.add_argument("--orders", type=_count, default=12, metavar="N")
    sandbox.add_argument("--seed", type=int, default=1, metavar="N")
    sandbox.add_argument(
        "--marketplaces", default="shopee", metavar="NAMES", help='"all", or some with commas'
    )
    sandbox.add_argument("--stop-with-stdin", action="store_true", help=argparse.SUPPRESS)
    sandbox.set_defaults(run=_sandbox)

    connect = commands.add_parser("connect", help="connect a shop of the settings file to its marketplace")
    connect.add_argument("shop", help="the shop's id in the settings file")
    connect.add_argument(
        "--grant", default="", metavar="NAME", help="which consent, where there are several: orders, chat"
    )
    connect.add_argument(
        "--redirect", default="", metavar="ADDRESS", help="where your app's console sends sellers back to"
    )
    connect.add_argument("--no-browser", action="store_true", help="only print the address to open")
    connect.set_defaults(run=_connect)

    doctor = commands.add_parser("doctor", help="look at what is installed, plugged in and reachable")
    doctor.set_defaults(run=_doctor)

    rescan = commands.add_parser(
        "rescan", help="compare the photo folder with the records and add what lacks"
    )
    rescan.set_defaults(run=_rescan)

    repair = commands.add_parser(
        "repair", help="mend damaged records from the newest backup and the photo folder"
    )
    repair.add_argument(
        "--photos-only", action="store_true", help="do without a backup, even if there is one"
    )
    repair.set_defaults(run=_repair)

    bench = commands.add_parser("bench", help="measure speed beside its floor in the same run")
    bench.add_argument("name", choices=BENCHES)
    bench.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    bench.set_defaults(run=_bench)
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_ORDERS:
        raise ValueError
    return number


def _demo(asked: argparse.Namespace) -> int:
    from parcelguard.commands.demo.run import run_demo

    return run_demo(
        home=asked.home,
        auto=asked.auto,
        orders=asked.orders,
        report=asked.report,
        marketplaces=asked.marketplaces,
        faults=asked.faults,
    )


def _sandbox(asked: argparse.Namespace) -> int:
    try:
        from parcelguard.sandbox.server import named_marketplaces, run
    except ModuleNotFoundError as error:
        raise ParcelGuardError(
            str(error),
            headline="The sandbox needs a few more packages.",
            advice="Install them with: pip install 'parcelguard[sandbox]'",
        ) from error
    try:
        run(
            port=asked.port,
            orders=asked.orders,
            seed=asked.seed,
            stop_with_stdin=asked.stop_with_stdin,
            marketplaces=named_marketplaces(asked.marketplaces),
        )
    except OSError as error:
        raise ParcelGuardError(
            str(error),
            headline=f"The sandbox cannot listen on port {asked.port}.",
            advice="Another program uses it: end that one, or choose another with --port.",
        ) from error
    return 0


def _connect(asked: argparse.Namespace) -> int:
    from parcelguard.commands.connect import connect_shop

    return connect_shop(asked.home, asked.shop, asked.grant, asked.redirect, browser=not asked.no_browser)


def _doctor(asked: argparse.Namespace) -> int:
    from parcelguard.commands.doctor import examine

    return examine(asked.home)


def _rescan(asked: argparse.Namespace) -> int:
    from parcelguard.disk.jpeg import jpeg_size
    from parcelguard.disk.media_folder import MediaFolder
    from parcelguard.store.database import Store
    from parcelguard.upkeep.rescan import rescan

    with _alone(asked.home) as folders:
        MediaFolder(folders.media, folders.home).claim()
        store = Store(folders.database)
        try:
            found = rescan(store, folders.media, jpeg_size)
        finally:
            store.close()
    named = {"missing": found.missing, "changed": found.changed, "not understood": found.refused}
    named["not read"] = found.unreadable
    _say(found.words())
    _say(f"  {how}: {path}" for how, paths in named.items() for path in paths)
    return 1 if any(named.values()) else 0


def _repair(asked: argparse.Namespace) -> int:
    from parcelguard.core.times import utc_now
    from parcelguard.disk.jpeg import jpeg_size
    from parcelguard.disk.media_folder import MediaFolder
    from parcelguard.upkeep.backup import Backups
    from parcelguard.upkeep.repair import Repair, Way, damage_of

    with _alone(asked.home) as folders:
        damage = damage_of(folders.database)
        if damage is None:
            _say(["The records are whole; nothing was changed."])
            return 0
        _say([damage.headline])
        repair = Repair(
            damage,
            database=folders.database,
            media=MediaFolder(folders.media, folders.home),
            backups=Backups(folders.backups, folders.home),
            size_of=jpeg_size,
            now=utc_now,
        )
        way = Way.PHOTOS if asked.photos_only or repair.backup is None else Way.BACKUP
        _say(repair.carry_out(way).words())
    return 0


@contextmanager
def _alone(home: str | None) -> Iterator[Folders]:
    """Lend a station's folders while no other program works on them."""
    from parcelguard.core.config import folders_of, home_folder, load_settings
    from parcelguard.runtime.single_instance import only_one

    folder = home_folder(home)
    folders = folders_of(folder, load_settings(folder / "settings.toml"))
    folders.make()
    with only_one(folders.home):
        yield folders


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201 - a command speaks to its terminal


def _bench(asked: argparse.Namespace) -> int:
    from parcelguard.commands.bench.harness import run_bench

    return run_bench(asked.name, asked.json)
