"""`parcelguard doctor`: what is installed, plugged in, writable and reachable, in plain words."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from parcelguard.core.config import (
    Folders,
    Settings,
    ShopSettings,
    folders_of,
    home_folder,
    load_settings,
)
from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.marketplace_facts import marketplace
from parcelguard.core.message_id import msgid
from parcelguard.core.times import utc_now
from parcelguard.runtime.translation import tr
from parcelguard.ui.words.reasons.saying import said
from parcelguard.ui.words.reasons.values import room_words

if TYPE_CHECKING:
    from parcelguard.vault.vault import Vault

PACKAGES = (
    "PySide6-Essentials",
    "opencv-python-headless",
    "zxing-cpp",
    "pyzbar",
    "httpx",
    "pillow",
    "SQLAlchemy",
    "cryptography",
    "keyring",
    "argon2-cffi",
)
SAFE_SQLITE = (3, 51, 3)  # before it, two writing connections could damage a file; we open only one
LITTLE_SPACE = 0.10
TOO_LITTLE_BYTES = 1_000_000_000
CLOCK_TOLERANCE = timedelta(seconds=60)
_KEYBOARD = re.compile(r'N: Name="([^"]+)"\n(?:[^N].*\n)*?H: Handlers=[^\n]*\bkbd\b')


class Verdict(StrEnum):
    """How one finding is to be taken."""

    OK = "ok"
    LOOK = "look"
    BAD = "bad"


class Topic(StrEnum):
    """What is looked at."""

    PYTHON = "python"
    PACKAGE = "package"
    ZBAR = "zbar"
    DATABASE = "database"
    SETTINGS = "settings"
    RECORDS = "records"
    PHOTOS = "photos"
    CAMERA = "camera"
    SCANNER = "scanner"
    SOUND = "sound"
    SHOPS = "shops"
    SHOP = "shop"
    SECRETS = "secrets"
    NETWORK = "network"
    CLOCK = "clock"


VERDICTS = {Verdict.OK: msgid("ok"), Verdict.LOOK: msgid("look"), Verdict.BAD: msgid("bad")}
TOPICS = {
    Topic.PYTHON: msgid("python"),
    Topic.PACKAGE: msgid("package"),
    Topic.ZBAR: msgid("zbar"),
    Topic.DATABASE: msgid("database"),
    Topic.SETTINGS: msgid("settings"),
    Topic.RECORDS: msgid("records"),
    Topic.PHOTOS: msgid("photos"),
    Topic.CAMERA: msgid("camera"),
    Topic.SCANNER: msgid("scanner"),
    Topic.SOUND: msgid("sound"),
    Topic.SHOPS: msgid("shops"),
    Topic.SHOP: msgid("shop"),
    Topic.SECRETS: msgid("secrets"),
    Topic.NETWORK: msgid("network"),
    Topic.CLOCK: msgid("clock"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report, in the language in use. `topic`: which of the checks it comes from."""

    verdict: Verdict
    topic: Topic
    words: str


def examine(home: str | None) -> int:
    """Print what was found; the exit code is 1 when something would keep the app from working."""
    findings = list(findings_of(home_folder(home)))
    for finding in findings:
        verdict, topic = tr(VERDICTS[finding.verdict]), tr(TOPICS[finding.topic])
        print(f"{verdict:<4} {topic:<11} {finding.words}")  # noqa: T201 - a command speaks
    return int(any(finding.verdict is Verdict.BAD for finding in findings))


def findings_of(home: Path) -> Iterator[Finding]:
    """Look at everything in turn."""
    yield from _packages()
    yield _sqlite()
    try:
        settings = load_settings(home / "settings.toml")
    except ParcelGuardError as error:
        yield Finding(Verdict.BAD, Topic.SETTINGS, f"{said(error.reason).headline} {error}")
        settings = Settings()
    else:
        path = home / "settings.toml"
        if path.exists():
            words = tr("{path}: read", path=path)
        else:
            words = tr("{path}: none yet, defaults are used", path=path)
        yield Finding(Verdict.OK, Topic.SETTINGS, words)
    folders = folders_of(home, settings)
    yield from _disk(folders)
    yield _camera(settings)
    yield _scanner()
    yield _sound()
    yield from _shops(settings, folders)


def _packages() -> Iterator[Finding]:
    words = tr(
        "{version} on {system}", version=platform.python_version(), system=platform.platform(terse=True)
    )
    yield Finding(Verdict.OK, Topic.PYTHON, words)
    for name in PACKAGES:
        try:
            yield Finding(Verdict.OK, Topic.PACKAGE, f"{name} {version(name)}")
        except PackageNotFoundError:
            missing = tr("{name} is missing. Install ParcelGuard again.", name=name)
            yield Finding(Verdict.BAD, Topic.PACKAGE, missing)
    from parcelguard.camera.reading.second_engine import zbar_available

    if zbar_available():
        yield Finding(Verdict.OK, Topic.ZBAR, tr("found: reads the codes that the first engine misses"))
    else:
        words = tr("not found: codes are read by one engine only. On Debian: apt install libzbar0")
        yield Finding(Verdict.LOOK, Topic.ZBAR, words)


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return Finding(Verdict.OK, Topic.DATABASE, f"SQLite {sqlite3.sqlite_version}")
    words = tr("SQLite {version}, one writing connection is used", version=sqlite3.sqlite_version)
    return Finding(Verdict.OK, Topic.DATABASE, words)


def _disk(folders: Folders) -> Iterator[Finding]:
    for topic, folder in ((Topic.RECORDS, folders.home), (Topic.PHOTOS, folders.media)):
        try:
            nearest = next((each for each in (folder, *folder.parents) if each.exists()), None)
            usage = shutil.disk_usage(nearest) if nearest and os.access(nearest, os.W_OK) else None
        except OSError:  # a drive without a disk in it, say
            nearest = usage = None
        if nearest is None:
            words = tr("{folder} cannot be reached. Check that its drive is connected.", folder=folder)
            yield Finding(Verdict.BAD, topic, words)
            continue
        if usage is None:
            yield Finding(Verdict.BAD, topic, tr("{folder} cannot be written to", folder=folder))
            continue
        share = usage.free / usage.total
        little = share < LITTLE_SPACE or usage.free < TOO_LITTLE_BYTES
        words = tr(
            "{folder}: {room} free ({share})",
            folder=folder,
            room=room_words(usage.free),
            share=f"{share:.0%}",
        )
        yield Finding(Verdict.LOOK if little else Verdict.OK, topic, words)


def _camera(settings: Settings) -> Finding:
    from parcelguard.camera.sources.webcams import list_cameras

    source = settings.camera.source
    found = list_cameras()
    if source.isdigit() and not found:
        words = tr("no webcam found. Plug one in, or set an address in [camera].")
        return Finding(Verdict.LOOK, Topic.CAMERA, words)
    used = tr("an address") if "://" in source else source
    names = ", ".join(f"{camera.index}: {camera.name}" for camera in found) or tr("none")
    words = tr("settings use {camera}; webcams found: {names}", camera=used, names=names)
    return Finding(Verdict.OK, Topic.CAMERA, words)


def _scanner(devices: Path = Path("/proc/bus/input/devices")) -> Finding:
    try:
        names = sorted(set(_KEYBOARD.findall(devices.read_text(errors="replace"))))
    except OSError:
        words = tr("open ParcelGuard and scan any code: the band answers")
        return Finding(Verdict.LOOK, Topic.SCANNER, words)
    if not names:
        words = tr("no keyboard or scanner found. A wedge scanner counts as a keyboard.")
        return Finding(Verdict.LOOK, Topic.SCANNER, words)
    words = tr("keyboards and wedge scanners: {names}", names=", ".join(names))
    return Finding(Verdict.OK, Topic.SCANNER, words)


def _sound() -> Finding:
    from parcelguard.ui.sounds import Sounds

    sounds = Sounds(volume_percent=0)
    found = sounds.available
    sounds.fall_silent()
    if found:
        return Finding(Verdict.OK, Topic.SOUND, tr("a playback device answers"))
    return Finding(Verdict.LOOK, Topic.SOUND, tr("no playback device. The screen still shows everything."))


def _shops(settings: Settings, folders: Folders) -> Iterator[Finding]:
    if not settings.shops:
        yield Finding(Verdict.LOOK, Topic.SHOPS, tr("none yet. See 'Your first shop' in the README."))
        return
    from parcelguard.vault.data_key import kept_in
    from parcelguard.vault.vault import vault_at

    try:
        keep = kept_in(folders.secrets.with_suffix(".key"))
        vault = vault_at(folders.secrets, keep or settings.secrets.keep)  # looking moves no key
        yield from _key(keep)
        if not vault.private:
            words = tr("others can read {path}. Run: chmod 600 {path}", path=folders.secrets)
            yield Finding(Verdict.BAD, Topic.SECRETS, words)
        vault.open()
        yield from (_shop(shop, vault) for shop in settings.shops)
    except ParcelGuardError as error:
        trouble = said(error.reason)
        words = f"{folders.secrets}: {trouble.headline} {trouble.advice}"
        yield Finding(Verdict.BAD, Topic.SECRETS, words)
    for host in sorted({_host(shop, folders) for shop in settings.shops} - {""}):
        yield _clock(host)


def _key(keep: str | None) -> Iterator[Finding]:
    """Say where the key lies that locks the shops' keys and tokens."""
    match keep:
        case "keyring":
            yield Finding(Verdict.OK, Topic.SECRETS, tr("locked. The key is in this computer’s key store."))
        case "passphrase":
            yield Finding(Verdict.OK, Topic.SECRETS, tr("locked with a passphrase"))
        case "file":
            words = tr(
                "locked, but the key is in the same folder: whoever copies it can use your shops. "
                'Set keep = "keyring" or "passphrase" under [secrets].'
            )
            yield Finding(Verdict.LOOK, Topic.SECRETS, words)


def _shop(shop: ShopSettings, vault: Vault) -> Finding:
    from parcelguard.marketplace.tokens import grant_key

    row = marketplace(shop.marketplace)
    who = f"{shop.name} ({shop.shop().title})"
    if not row.keys:
        return Finding(Verdict.OK, Topic.SHOP, tr("{shop}: by hand", shop=who))
    kept = [vault.load(grant_key(shop.id, grant)) for grant in row.grants or ("shop",)]
    connected = all(each and (each.refresh_token if row.grants else each.app_secret) for each in kept)
    return Finding(Verdict.OK if connected else Verdict.LOOK, Topic.SHOP, _shop_words(shop, who, connected))


def _shop_words(shop: ShopSettings, who: str, connected: bool) -> str:
    match connected, shop.send:
        case True, True:
            return tr("{shop}: connected, sends", shop=who)
        case True, False:
            return tr("{shop}: connected, sending is off", shop=who)
        case False, True:
            return tr("{shop}: not connected. Run: parcelguard connect {id}", shop=who, id=shop.id)
        case _:
            return tr(
                "{shop}: not connected, sending is off. Run: parcelguard connect {id}", shop=who, id=shop.id
            )


def _host(shop: ShopSettings, folders: Folders) -> str:
    """Return a host of the shop's marketplace; '' where there is none or not enough is set."""
    grants = marketplace(shop.marketplace).grants
    if shop.host or not grants:
        return shop.host
    from parcelguard.chat.registry import client_of
    from parcelguard.vault.vault import vault_at

    client = client_of(shop, vault_at(folders.secrets, "file"), utc_now)  # nothing is opened
    try:
        page = urlsplit(client.consent_address(next(iter(grants)), "", ""))
    except ParcelGuardError:
        return ""
    finally:
        client.close_connections()
    return f"{page.scheme}://{page.netloc}"


def _clock(host: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Finding:
    from parcelguard.marketplace.http import Http, Request

    http = Http(host)
    try:
        date = http.read(Request(method="GET", path="/", query={})).date
    except ParcelGuardError:
        words = tr("{host} does not answer. Photos are kept and sent later.", host=host)
        return Finding(Verdict.LOOK, Topic.NETWORK, words)
    finally:
        http.close()
    if date is None:
        return Finding(Verdict.LOOK, Topic.CLOCK, tr("{host} gives no time", host=host))
    off = now() - date
    if abs(off) > CLOCK_TOLERANCE:
        minutes = f"{abs(off).total_seconds() / 60:.0f}"
        if off > timedelta(0):
            words = tr("{minutes} min ahead of {host}. Please set the clock.", minutes=minutes, host=host)
        else:
            words = tr("{minutes} min behind {host}. Please set the clock.", minutes=minutes, host=host)
        return Finding(Verdict.LOOK, Topic.CLOCK, words)
    seconds = f"{abs(off).total_seconds():.0f}"
    words = tr("agrees with {host} within {seconds} s", host=host, seconds=seconds)
    return Finding(Verdict.OK, Topic.CLOCK, words)
