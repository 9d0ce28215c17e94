"""What can be written after `parcelguard`, with the help for it, in the language in use.

Every text is made when the parser is built, so the language has to be chosen before.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from parcelguard import __version__
from parcelguard.runtime.translation import tr

Run: TypeAlias = Callable[[argparse.Namespace], int]
MOST_ORDERS = 5000
BENCHES = ("capture", "startup", "preview", "send")


def build_parser(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """Return the parser; `runs` has what each command does by its name, and under "" the usual start."""
    about = tr("Packing photos that reach the buyer’s chat. Without a command it opens the app.")
    parser = _Parser(prog="parcelguard", description=about)
    version = f"ParcelGuard {__version__}"
    parser.add_argument("--version", action="version", version=version, help=tr("show the version and end"))
    parser.add_argument(
        "--home", metavar=tr("FOLDER"), help=tr("keep settings, records and photos in this folder")
    )
    parser.set_defaults(run=runs[""])
    commands = parser.add_subparsers(title=tr("commands"), metavar="")

    def command(name: str, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=words, description=words)
        made.set_defaults(run=runs[name])
        return made

    _add_demo(command("demo", tr("try ParcelGuard with a sandbox marketplace and a demo camera")))
    _add_sandbox(command("sandbox", tr("serve a marketplace on this computer")))
    _add_connect(command("connect", tr("connect a shop of the settings file to its marketplace")))
    command("doctor", tr("check what is installed, plugged in and reachable"))
    command("rescan", tr("compare the photo folder with the records, and add what is missing"))
    _add_repair(command("repair", tr("repair damaged records from the newest backup and the photo folder")))
    _add_bench(command("bench", tr("measure how fast it is, beside the fastest that is possible here")))
    return parser


class _Help(argparse.HelpFormatter):
    """Help whose first word is translated too."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Begin with the way the command is written."""
        super().add_usage(usage, actions, groups, tr("usage: ") if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """A parser whose headings and -h are translated, which argparse would have in English only."""

    def __init__(self, *, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, formatter_class=_Help, add_help=False)
        self._positionals.title = tr("what is needed")
        self._optionals.title = tr("options")
        self.add_argument("-h", "--help", action="help", help=tr("show this help and end"))


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--auto", action="store_true", help=tr("let it pack by itself, without a display"))
    _add_orders(demo, default=None)
    _add_marketplaces(demo, default="")
    demo.add_argument(
        "--faults", choices=["storm"], default="", help=tr("let marketplaces and network go wrong")
    )
    demo.add_argument("--report", type=Path, metavar=tr("FILE"), help=tr("write the figures as JSON"))


def _add_sandbox(sandbox: argparse.ArgumentParser) -> None:
    sandbox.add_argument("--port", type=int, default=8700, metavar=tr("N"), help=tr("the port to listen on"))
    _add_orders(sandbox, default=12)
    sandbox.add_argument(
        "--seed", type=int, default=1, metavar=tr("N"), help=tr("another number makes other orders")
    )
    _add_marketplaces(sandbox, default="shopee")
    sandbox.add_argument("--stop-with-stdin", action="store_true", help=argparse.SUPPRESS)


def _add_orders(parser: argparse.ArgumentParser, default: int | None) -> None:
    parser.add_argument(
        "--orders", type=_count, default=default, metavar=tr("N"), help=tr("how many orders there are")
    )


def _add_marketplaces(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--marketplaces",
        default=default,
        metavar=tr("NAMES"),
        help=tr('"all", or some names with commas: shopee,lazada'),
    )


def _add_connect(connect: argparse.ArgumentParser) -> None:
    connect.add_argument("shop", help=tr("the shop’s id in the settings file"))
    connect.add_argument(
        "--grant",
        default="",
        metavar=tr("NAME"),
        help=tr("which consent, where there are several: orders, chat"),
    )
    connect.add_argument(
        "--redirect",
        default="",
        metavar=tr("ADDRESS"),
        help=tr("the address to which your app’s console sends sellers back"),
    )
    connect.add_argument("--no-browser", action="store_true", help=tr("only print the address to open"))


def _add_repair(repair: argparse.ArgumentParser) -> None:
    repair.add_argument("--photos-only", action="store_true", help=tr("use no backup, even if there is one"))


def _add_bench(bench: argparse.ArgumentParser) -> None:
    bench.add_argument("name", choices=BENCHES, help=tr("what to measure"))
    bench.add_argument("--json", type=Path, metavar=tr("FILE"), help=tr("write the figures as JSON"))


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_ORDERS:
        raise argparse.ArgumentTypeError(tr("give a number from 1 to {most}", most=MOST_ORDERS))
    return int(text)
