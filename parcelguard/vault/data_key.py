"""Where the installation's data key lies: the system's key store, behind a passphrase, or in a file.

A small file beside the secrets says which of these it is. When the settings name another one, the
key moves: it is there durably before it leaves the old place.
"""

from __future__ import annotations

import base64
import getpass
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from pathlib import Path
from threading import Lock
from typing import Any, Literal, Protocol
from uuid import uuid4

from parcelguard.core.errors import SettingsError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.disk.files import write_durably
from parcelguard.runtime.translation import tr
from parcelguard.vault.sealing import KEY_BYTES, CannotOpen, DataKey, new_key, seal, unseal

Keep = Literal["keyring", "passphrase", "file"]
Noted = Mapping[str, Any]
Ask = Callable[[str], str]  # shows a prompt, returns what was typed

SERVICE = "ParcelGuard"
KEY_STORES = {
    "keyring.backends.Windows.WinVaultKeyring": "the Windows Credential Locker",
    "keyring.backends.macOS.Keyring": "the macOS Keychain",
    "keyring.backends.SecretService.Keyring": "the Secret Service",
    "keyring.backends.libsecret.Keyring": "the Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet",
}
SHORTEST_PASSPHRASE = 12
TRIES = 3


class Place(Protocol):
    """One way of keeping the data key."""

    name: Keep

    def keep(self, key: bytes) -> dict[str, Any]:
        """Keep the key; return what has to be noted to find it again."""

    def bring(self, noted: Noted) -> bytes:
        """Return the key. Raises SettingsError."""

    def drop(self, noted: Noted) -> None:
        """Remove the key, which has moved to another place."""


class NotTyped(SettingsError):
    """The passphrase was not typed; who did not is not asked again before the next start."""


class KeptKey:
    """The data key of one installation, brought once. Safe to use from several threads."""

    def __init__(self, path: Path, place: Place, ask: Ask | None = None) -> None:
        self._path = path
        self._place = place
        self._ask = ask
        self._lock = Lock()
        self._key: DataKey | None = None
        self._refusal: NotTyped | None = None

    def key(self, *, may_make: bool) -> DataKey:
        """Return the data key; `may_make`: nothing is locked yet, so a new one may be made."""
        with self._lock:
            if self._refusal:
                raise copy(self._refusal)
            if self._key is None:
                try:
                    self._key = self._brought(may_make=may_make)
                except NotTyped as error:
                    self._refusal = copy(error)
                    raise
            return self._key

    def _brought(self, *, may_make: bool) -> DataKey:
        noted = _noted(self._path)
        if noted is None:
            # A new key opens nothing that an old one has locked: it would hide that the keys are lost.
            if not may_make:
                raise CannotOpen(f"{self._path} is not there")
            key = new_key()
            self._note(key)
            return key
        old = place_of(noted.get("kept"), self._ask)
        value = old.bring(noted)
        version = noted.get("version")
        if len(value) != KEY_BYTES or not isinstance(version, int):
            raise CannotOpen(f"{self._path}: odd key")
        key = DataKey(value, version)
        # The new place first, then the old one is emptied: a crash in between leaves the key in both, never
        # in none.
        if old.name != self._place.name:
            self._note(key)
            old.drop(noted)
        return key

    def _note(self, key: DataKey) -> None:
        noted = {"kept": self._place.name, "version": key.version, **self._place.keep(key.value)}
        write_durably(self._path, json.dumps(noted, indent=1).encode())


# ---- the three places ----------------------------------------------------------------------


class KeyStore(Protocol):
    """A system's key store, as `keyring` offers it."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write an entry."""

    def delete_password(self, service: str, username: str) -> None:
        """Remove an entry."""


class StorePlace:
    """The key store of the system, under a name of this installation's own."""

    name: Keep = "keyring"

    def __init__(self, store: KeyStore | None = None) -> None:
        self._given = store

    def keep(self, key: bytes) -> dict[str, Any]:
        """Write a new entry."""
        name = str(uuid4())
        self._do(lambda store: store.set_password(SERVICE, name, base64.b64encode(key).decode()))
        return {"name": name}

    def bring(self, noted: Noted) -> bytes:
        """Read the entry."""
        name = str(noted.get("name"))
        found = self._do(lambda store: store.get_password(SERVICE, name))
        if not found:
            raise CannotOpen("the key store has no such entry")
        return _decoded(found)

    def drop(self, noted: Noted) -> None:
        """Remove the entry."""
        self._do(lambda store: store.delete_password(SERVICE, str(noted.get("name"))))

    def _do(self, what: Callable[[KeyStore], Any]) -> Any:
        from keyring.errors import KeyringError

        try:
            return what(self._given or system_key_store())
        except KeyringError as error:
            raise SettingsError(
                f"key store: {type(error).__name__}", because(StorageReason.KEY_STORE_LOCKED)
            ) from error


class PassphrasePlace:
    """Behind a passphrase: locked with a key that Argon2id makes of it."""

    name: Keep = "passphrase"

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def keep(self, key: bytes) -> dict[str, Any]:
        """Let a passphrase be chosen, and lock the key with it."""
        # Argon2id as RFC 9106 recommends it where memory is scarce: 3 passes, 64 MiB, 4 lanes. Noted beside
        # the key, so that a later version may ask for more and still open this one.
        noted = {"salt": secrets.token_hex(16), "passes": 3, "memory_kib": 65_536, "lanes": 4}
        return {**noted, "locked": seal(_stretched(self._chosen(), noted), "key", key)}

    def bring(self, noted: Noted) -> bytes:
        """Ask for the passphrase, three times at most."""
        for number in range(TRIES):
            again, first = tr("That was not it. Passphrase:"), tr("Passphrase for the shops’ keys:")
            if not (typed := self._ask(f"{again if number else first} ")):
                break  # the question was closed
            key = _stretched(typed, noted)
            with suppress(CannotOpen):
                return unseal(key, "key", str(noted.get("locked")))
        raise NotTyped("wrong passphrase", because(StorageReason.WRONG_PASSPHRASE))

    def drop(self, noted: Noted) -> None:
        """Do nothing: it lies nowhere else."""

    def _chosen(self) -> str:
        for _ in range(TRIES):
            choose = tr("Choose a passphrase of {letters} letters or more:", letters=SHORTEST_PASSPHRASE)
            passphrase = self._ask(f"{choose} ")
            if len(passphrase) >= SHORTEST_PASSPHRASE and self._ask(f"{tr('Once more:')} ") == passphrase:
                return passphrase
        raise NotTyped("no passphrase chosen", because(StorageReason.NO_PASSPHRASE))


class FilePlace:
    """In the file itself, which only this account may read: for who has chosen just that."""

    name: Keep = "file"

    def keep(self, key: bytes) -> dict[str, Any]:
        """Hand the key back to be written."""
        return {"key": base64.b64encode(key).decode()}

    def bring(self, noted: Noted) -> bytes:
        """Return what was written."""
        return _decoded(str(noted.get("key")))

    def drop(self, noted: Noted) -> None:
        """Do nothing: the file was replaced."""


def place_of(keep: object, ask: Ask | None = None) -> Place:
    """Return a place by its name. Raises SettingsError."""
    match keep:
        case "keyring":
            return StorePlace()
        case "passphrase":
            return PassphrasePlace(ask or ask_at_terminal)
        case "file":
            return FilePlace()
        case _:
            raise CannotOpen(f"the key is kept in {str(keep)[:20]!r}")


def kept_in(path: Path) -> Keep | None:
    """Return where the key of an installation lies now; None when it has none. Raises CannotOpen."""
    noted = _noted(path)
    return place_of(noted.get("kept")).name if noted is not None else None


def system_key_store() -> KeyStore:
    """Return the best key store of this system that is known to be one. Raises SettingsError."""
    from keyring.backend import get_all_keyring

    # By name: keyring also offers back ends that keep passwords in the clear or not at all.
    found = [each for each in get_all_keyring() if _named(each) in KEY_STORES]
    if not found:
        raise SettingsError("no key store", because(StorageReason.NO_KEY_STORE))
    return max(found, key=lambda each: each.priority)


def ask_at_terminal(prompt: str) -> str:
    """Ask for a passphrase without showing it. Raises SettingsError where nobody could type it."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise SettingsError("no terminal", because(StorageReason.PASSPHRASE_WAITS))
    return getpass.getpass(prompt)


def _noted(path: Path) -> Noted | None:
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise CannotOpen(f"{path}: {type(error).__name__}") from error
    if not isinstance(noted, dict):
        raise CannotOpen(f"{path}: no object")
    return noted


def _named(store: object) -> str:
    return f"{type(store).__module__}.{type(store).__qualname__}"


def _stretched(passphrase: str, noted: Noted) -> DataKey:
    from argon2.exceptions import Argon2Error
    from argon2.low_level import Type, hash_secret_raw

    try:
        value = hash_secret_raw(
            passphrase.encode(),
            bytes.fromhex(str(noted.get("salt"))),
            time_cost=int(noted["passes"]),
            memory_cost=int(noted["memory_kib"]),
            parallelism=int(noted["lanes"]),
            hash_len=KEY_BYTES,
            type=Type.ID,
        )
    except (Argon2Error, ValueError, TypeError, KeyError, OverflowError) as error:
        raise CannotOpen(f"passphrase: {type(error).__name__}") from error
    return DataKey(value)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise CannotOpen("the key is odd") from error
