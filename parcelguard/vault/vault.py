"""Where keys and tokens lie: one file that only this account may read, locked with the data key.

Every change replaces the file durably: a refresh token works once, and losing the answer would
lose the shop. What an earlier version kept in the clear is taken over at the first reading.
"""

from __future__ import annotations

import json
import logging
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from parcelguard.core.errors import SettingsError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.disk.files import write_durably
from parcelguard.vault.data_key import Ask, Keep, KeptKey, place_of
from parcelguard.vault.journal import Journal
from parcelguard.vault.sealing import CannotOpen, KeyKeeper, seal, unseal

log = logging.getLogger(__name__)

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a grant's calls are signed and allowed with; never shown, logged or exported.

    `app_secret`: the key of the seller's own app, which comes first. `expires_at` and `refresh_ends_at`:
    when the tokens end, in Unix seconds; 0 is long ago for the one, and unknown for the other.
    `notes`: small facts that belong to the grant.
    """

    app_secret: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: float = 0.0
    refresh_ends_at: float = 0.0
    notes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def expires(self) -> datetime:
        """When the access token ends."""
        return datetime.fromtimestamp(self.expires_at, UTC)


class Vault:
    """The secrets of all shops' grants. Safe to use from several threads."""

    def __init__(self, path: Path, keeper: KeyKeeper) -> None:
        self._path = path
        self._plain = path.with_suffix(".old")  # on its way from the clear
        self._keeper = keeper
        self._lock = Lock()
        self._trades: dict[str, Lock] = defaultdict(Lock)
        self.journal = Journal(path.with_suffix(".journal"))
        # By grant: what came for a token that is spent now (its fingerprint), and could not be written yet.
        self.unkept: dict[str, tuple[str, Secrets]] = {}

    def open(self) -> None:
        """Make sure that what is kept can be opened, before it is needed. Raises SettingsError."""
        with self._lock:
            for key, sealed in self._read().items():
                self.unseal(f"vault/{key}", sealed)

    def load(self, key: str) -> Secrets | None:
        """Return a grant's secrets, or None when there are none. Raises SettingsError."""
        with self._lock:
            sealed = self._read().get(key)
            return None if sealed is None else self.unseal(f"vault/{key}", sealed)

    def keep(self, key: str, secrets: Secrets) -> None:
        """Replace a grant's secrets; they are on disk when this returns.

        Raises SettingsError when what is there already does not open, or StorageError.
        """
        with self._lock:
            entries = self._read()
            # What does not open is left as it is: nothing is written beside secrets that another key may
            # still open.
            for each, sealed in entries.items():
                self.unseal(f"vault/{each}", sealed)
            self._write({**entries, key: self._locked(key, secrets, may_make=not entries)})

    def forget(self, key: str) -> None:
        """Remove a grant's secrets, if there are any."""
        with self._lock:
            entries = self._read()
            if entries.pop(key, None) is not None:
                self._write(entries)

    def trading(self, key: str) -> Lock:
        """Return what lets only one thread at a time spend a grant's refresh token."""
        with self._lock:
            return self._trades[key]

    def seal(self, place: str, secrets: Secrets) -> str:
        """Return secrets locked for a place."""
        return seal(self._keeper.key(may_make=False), place, _encoded(secrets))

    def unseal(self, place: str, sealed: str) -> Secrets:
        """Return secrets that were locked for a place. Raises CannotOpen."""
        plain = unseal(self._keeper.key(may_make=False), place, sealed)
        try:
            return Secrets(**json.loads(plain))
        except (ValueError, TypeError) as error:
            raise CannotOpen(f"{place}: {type(error).__name__}") from error

    @property
    def private(self) -> bool:
        """Whether no other account of this computer may read the files."""
        if os.name == "nt":
            return True  # the profile folder's own rights protect them
        files = (self._path, self._path.with_suffix(".key"))
        return all(each.stat().st_mode & 0o077 == 0 for each in files if each.exists())

    # ---- the file ----------------------------------------------------------------------

    def _locked(self, key: str, secrets: Secrets, *, may_make: bool) -> str:
        return seal(self._keeper.key(may_make=may_make), f"vault/{key}", _encoded(secrets))

    def _write(self, entries: Mapping[str, str]) -> None:
        write_durably(self._path, json.dumps({"format": FORMAT, "entries": dict(entries)}, indent=1).encode())

    def _read(self) -> dict[str, str]:
        """Return every grant's secrets, locked."""
        try:
            if self._plain.exists():  # taking over was cut off
                return self._taken_over()
            held = json.loads(self._path.read_text(encoding="utf-8"))
            if held.get("format") == FORMAT:
                return {str(key): str(sealed) for key, sealed in held["entries"].items()}
            _in_the_clear(held)
            self._path.replace(self._plain)
            return self._taken_over()
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:  # damaged in any way
            raise SettingsError(
                f"{self._path}: {type(error).__name__}", because(StorageReason.KEYS_UNREADABLE)
            ) from error

    def _taken_over(self) -> dict[str, str]:
        """Lock what lies in the clear, and remove that only when the locked file is durable."""
        # Again only when the first try ended before the locked file was there; otherwise just the clear one
        # has to go.
        if not self._path.exists():
            held = _in_the_clear(json.loads(self._plain.read_text(encoding="utf-8")))
            self._write({key: self._locked(key, each, may_make=True) for key, each in held.items()})
            log.info("the shops' keys are locked from now on")
        _wipe(self._plain)
        return self._read()


def vault_at(path: Path, keep: Keep, ask: Ask | None = None) -> Vault:
    """Return the vault whose data key is kept as the settings say; nothing is opened yet."""
    return Vault(path, KeptKey(path.with_suffix(".key"), place_of(keep, ask), ask))


def _encoded(secrets: Secrets) -> bytes:
    return json.dumps(asdict(secrets)).encode()


def _in_the_clear(held: Mapping[str, Mapping[str, Any]]) -> dict[str, Secrets]:
    """Return what an earlier version kept. Raises TypeError when it is something else."""
    return {
        key: Secrets(**{"app_secret" if name == "partner_key" else name: entry[name] for name in entry})
        for key, entry in held.items()
    }


def _wipe(path: Path) -> None:
    """Overwrite and remove a file; on some drives the old blocks live on for a while."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
