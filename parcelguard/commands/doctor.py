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
from parcelguard.core.times import utc_now

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


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    verdict: Verdict
    what: str
    words: str


def examine(home: str | None) -> int:
    """Print what was found; the exit code is 1 when something would keep the app from working."""
    findings = list(findings_of(home_folder(home)))
    for finding in findings:
        print(f"{finding.verdict:<5}{finding.what:<12}{finding.words}")  # noqa: T201 - a command speaks
    return int(any(finding.verdict is Verdict.BAD for finding in findings))


def findings_of(home: Path) -> Iterator[Finding]:
    """Look at everything in turn."""
    yield from _packages()
    yield _sqlite()
    try:
        settings = load_settings(home / "settings.toml")
    except ParcelGuardError as error:
        yield Finding(Verdict.BAD, "settings", f"{error.headline} {error}")
        settings = Settings()
    else:
        here = "read" if (home / "settings.toml").exists() else "none yet, defaults are used"
        yield Finding(Verdict.OK, "settings", f"{home / 'settings.toml'}: {here}")
    folders = folders_of(home, settings)
    yield from _disk(folders)
    yield _camera(settings)
    yield _scanner()
    yield _sound()
    yield from _shops(settings, folders)


def _packages() -> Iterator[Finding]:
    yield Finding(Verdict.OK, "python", f"{platform.python_version()} on {platform.platform(terse=True)}")
    for name in PACKAGES:
        try:
            yield Finding(Verdict.OK, "package", f"{name} {version(name)}")
        except PackageNotFoundError:
            yield Finding(Verdict.BAD, "package", f"{name} is missing. Install ParcelGuard again.")
    from parcelguard.camera.reading.second_engine import zbar_available

    if zbar_available():
        yield Finding(Verdict.OK, "zbar", "found, gives a second look at codes")
    else:
        yield Finding(
            Verdict.LOOK,
            "zbar",
            "not found; codes are read without a second look (Debian: apt install libzbar0)",
        )


def _sqlite() -> Finding:
    note = "" if sqlite3.sqlite_version_info >= SAFE_SQLITE else ", one writing connection is used"
    return Finding(Verdict.OK, "database", f"SQLite {sqlite3.sqlite_version}{note}")


def _disk(folders: Folders) -> Iterator[Finding]:
    for name, folder in (("records", folders.home), ("photos", folders.media)):
        try:
            nearest = next((each for each in (folder, *folder.parents) if each.exists()), None)
            usage = shutil.disk_usage(nearest) if nearest and os.access(nearest, os.W_OK) else None
        except OSError:  # a drive without a disk in it, say
            nearest = usage = None
        if nearest is None:
            yield Finding(Verdict.BAD, name, f"{folder} cannot be reached; is its drive connected?")
            continue
        if usage is None:
            yield Finding(Verdict.BAD, name, f"{folder} cannot be written to")
            continue
        share = usage.free / usage.total
        little = share < LITTLE_SPACE or usage.free < TOO_LITTLE_BYTES
        free = f"{usage.free / 1e9:.1f} GB free ({share:.0%})"
        yield Finding(Verdict.LOOK if little else Verdict.OK, name, f"{folder}, {free}")


def _camera(settings: Settings) -> Finding:
    from parcelguard.camera.sources.webcams import list_cameras

    source = settings.camera.source
    found = ", ".join(f"{camera.index}: {camera.name}" for camera in list_cameras()) or "none"
    if source.isdigit() and found == "none":
        return Finding(Verdict.LOOK, "camera", "no webcam found; plug one in, or set an address in [camera]")
    shown = "an address" if "://" in source else source
    return Finding(Verdict.OK, "camera", f"settings use {shown}; webcams found: {found}")


def _scanner(devices: Path = Path("/proc/bus/input/devices")) -> Finding:
    try:
        names = sorted(set(_KEYBOARD.findall(devices.read_text(errors="replace"))))
    except OSError:
        return Finding(Verdict.LOOK, "scanner", "open ParcelGuard and scan any code: the band answers")
    if not names:
        return Finding(Verdict.LOOK, "scanner", "no keyboard or scanner found; a wedge scanner is a keyboard")
    return Finding(Verdict.OK, "scanner", f"keyboards and wedge scanners: {', '.join(names)}")


def _sound() -> Finding:
    from parcelguard.ui.sounds import Sounds

    sounds = Sounds(volume_percent=0)
    found = sounds.available
    sounds.close()
    if found:
        return Finding(Verdict.OK, "sound", "a playback device answers")
    return Finding(Verdict.LOOK, "sound", "no playback device; the screen still shows everything")


def _shops(settings: Settings, folders: Folders) -> Iterator[Finding]:
    if not settings.shops:
        yield Finding(Verdict.LOOK, "shops", "none yet; see 'Your first shop' in the README")
        return
    from parcelguard.vault.data_key import kept_in
    from parcelguard.vault.vault import vault_at

    try:
        keep = kept_in(folders.secrets.with_suffix(".key"))
        vault = vault_at(folders.secrets, keep or settings.secrets.keep)  # looking moves no key
        yield from _key(keep)
        if not vault.private:
            yield Finding(Verdict.BAD, "secrets", f"{folders.secrets} can be read by others: chmod 600 it")
        vault.open()
        yield from (_shop(shop, vault) for shop in settings.shops)
    except ParcelGuardError as error:
        yield Finding(Verdict.BAD, "secrets", f"{folders.secrets}: {error.headline} {error.advice}")
    for host in sorted({_host(shop, folders) for shop in settings.shops} - {""}):
        yield _clock(host)


def _key(keep: str | None) -> Iterator[Finding]:
    """Say where the key lies that locks the shops' keys and tokens."""
    match keep:
        case "keyring":
            yield Finding(Verdict.OK, "secrets", "locked; the key is in this computer's key store")
        case "passphrase":
            yield Finding(Verdict.OK, "secrets", "locked with a passphrase")
        case "file":
            yield Finding(
                Verdict.LOOK,
                "secrets",
                "locked, but the key lies beside them: whoever copies the folder can use your shops. "
                'Set keep = "keyring" or "passphrase" under [secrets]',
            )


def _shop(shop: ShopSettings, vault: Vault) -> Finding:
    from parcelguard.marketplace.tokens import grant_key

    row = marketplace(shop.marketplace)
    who = f"{shop.name} ({shop.shop().title})"
    if not row.keys:
        return Finding(Verdict.OK, "shop", f"{who}: by hand")
    kept = [vault.load(grant_key(shop.id, grant)) for grant in row.grants or ("shop",)]
    connected = all(each and (each.refresh_token if row.grants else each.app_secret) for each in kept)
    words = "connected" if connected else f"run: parcelguard connect {shop.id}"
    sending = "sends" if shop.send else "sending is off"
    return Finding(Verdict.OK if connected else Verdict.LOOK, "shop", f"{who}: {words}, {sending}")


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
        client.close()
    return f"{page.scheme}://{page.netloc}"


def _clock(host: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Finding:
    from parcelguard.marketplace.http import Http, Request

    http = Http(host)
    try:
        date = http.read(Request(method="GET", path="/", query={})).date
    except ParcelGuardError:
        return Finding(Verdict.LOOK, "network", f"{host} does not answer; photos are kept and sent later")
    finally:
        http.close()
    if date is None:
        return Finding(Verdict.LOOK, "clock", f"{host} tells no time")
    off = now() - date
    if abs(off) > CLOCK_TOLERANCE:
        ahead = "ahead" if off > timedelta(0) else "behind"
        minutes = abs(off).total_seconds() / 60
        return Finding(
            Verdict.LOOK,
            "clock",
            f"{minutes:.0f} min {ahead} of {host}; corrected for sending, please set it",
        )
    return Finding(Verdict.OK, "clock", f"agrees with {host} within {abs(off).total_seconds():.0f} s")
