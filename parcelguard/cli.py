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
from typing import TYPE_CHECKING

from parcelguard.commands.bench import UNTIL_PAINTED
from parcelguard.core.errors import ParcelGuardError, SettingsError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.runtime.translation import tr, use_language
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.settings_words import mistake_lines

if TYPE_CHECKING:
    import argparse

    from parcelguard.commands.arguments import Run
    from parcelguard.core.config import Folders


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Expected failures are told in words on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if not words:
            return open_window(None)
        _choose_language(words)
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
        words = said(error.reason)
        details = "\n".join(mistake_lines(error)) or str(error)
        lines = (words.headline, details if details != words.headline else "", words.advice)
        sys.stderr.write("".join(f"{line}\n" for line in lines if line))
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


def _choose_language(words: Sequence[str]) -> None:
    """Speak the settings' language before the first sentence; English where they cannot be read."""
    import argparse

    from parcelguard.core.config import home_folder, load_settings

    home = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    home.add_argument("--home")
    try:
        named, _ = home.parse_known_args(words)
        settings = load_settings(home_folder(named.home) / "settings.toml")
    except (argparse.ArgumentError, ParcelGuardError):
        return  # whoever runs the command says what is wrong
    use_language(settings.screen.language)


def _parser() -> argparse.ArgumentParser:
    from parcelguard.commands.arguments import build_parser

    runs: dict[str, Run] = {
        "": lambda asked: open_window(asked.home),
        "demo": _demo,
        "sandbox": _sandbox,
        "connect": _connect,
        "doctor": _doctor,
        "rescan": _rescan,
        "repair": _repair,
        "bench": _bench,
    }
    return build_parser(runs)


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
        raise ParcelGuardError(str(error), because(StorageReason.SANDBOX_NOT_INSTALLED)) from error
    try:
        run(
            port=asked.port,
            orders=asked.orders,
            seed=asked.seed,
            stop_with_stdin=asked.stop_with_stdin,
            marketplaces=named_marketplaces(asked.marketplaces),
        )
    except OSError as error:
        raise ParcelGuardError(str(error), because(StorageReason.PORT_IN_USE, port=asked.port)) from error
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
    from parcelguard.ui.words.repair_words import difference_lines, difference_paths
    from parcelguard.upkeep.rescan import rescan

    with _alone(asked.home) as folders:
        MediaFolder(folders.media, folders.home).claim()
        store = Store(folders.database)
        try:
            found = rescan(store, folders.media, jpeg_size)
        finally:
            store.close()
    paths = difference_paths(found)
    _say(difference_lines(found))
    _say(f"  {line}" for line in paths)
    return 1 if paths else 0


def _repair(asked: argparse.Namespace) -> int:
    from parcelguard.core.times import utc_now
    from parcelguard.disk.jpeg import jpeg_size
    from parcelguard.disk.media_folder import MediaFolder
    from parcelguard.ui.words.repair_words import repaired_lines
    from parcelguard.upkeep.backup import Backups
    from parcelguard.upkeep.repair import Repair, Way, damage_of

    with _alone(asked.home) as folders:
        damage = damage_of(folders.database)
        if damage is None:
            _say([tr("The records are whole. Nothing was changed.")])
            return 0
        _say([said(damage.reason).headline])
        repair = Repair(
            damage,
            database=folders.database,
            media=MediaFolder(folders.media, folders.home),
            backups=Backups(folders.backups, folders.home),
            size_of=jpeg_size,
            now=utc_now,
        )
        way = Way.PHOTOS if asked.photos_only or repair.backup is None else Way.BACKUP
        _say(repaired_lines(repair.carry_out(way)))
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
