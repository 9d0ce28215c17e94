"""Where keys and tokens lie: one file that only this account may read, replaced durably.

A new pair of tokens is on disk before it is used: a refresh token works once, and losing the
answer would lose the shop.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from parcelguard.errors import SettingsError
from parcelguard.store.files import write_durably


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a shop's calls are signed and allowed with; never shown, logged or exported."""

    partner_key: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: float = 0.0  # Unix seconds

    @property
    def expires(self) -> datetime:
        """When the access token ends."""
        return datetime.fromtimestamp(self.expires_at, UTC)


class Vault:
    """The secrets of all shops."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def load(self, shop_id: str) -> Secrets | None:
        """Return a shop's secrets, or None when it was never connected."""
        with self._lock:
            return self._read().get(shop_id)

    def keep(self, shop_id: str, secrets: Secrets) -> None:
        """Replace a shop's secrets; they are on disk when this returns."""
        with self._lock:
            everything = {**self._read(), shop_id: secrets}
            entries = {each: asdict(kept) for each, kept in everything.items()}
            write_durably(self._path, json.dumps(entries, indent=1).encode())

    @property
    def private(self) -> bool:
        """Whether no other account of this computer may read the file."""
        if os.name == "nt" or not self._path.exists():
            return True  # Windows: the profile folder's own rights protect it
        return self._path.stat().st_mode & 0o077 == 0

    def _read(self) -> dict[str, Secrets]:
        try:
            entries = json.loads(self._path.read_text(encoding="utf-8"))
            return {shop_id: Secrets(**entry) for shop_id, entry in entries.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:  # damaged in any way
            raise SettingsError(
                f"{self._path}: {type(error).__name__}",
                headline="The file with the shops' keys cannot be read.",
                advice="Restore it from a backup, or delete it and connect each shop again.",
            ) from error
