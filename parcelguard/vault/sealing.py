"""Locking secrets with the installation's data key, so that a copied file tells nothing.

AES-256-GCM with a random nonce for each value. What is locked is bound to its place: moved to
another one, say another shop's, it does not open.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Protocol

from parcelguard.core.errors import SettingsError
from parcelguard.core.reasons.storage import StorageReason

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key that locks every secret of this installation, and which of its keys it is."""

    value: bytes = field(repr=False)
    version: int = 1


class KeyKeeper(Protocol):
    """Knows the data key. Safe to use from several threads."""

    def key(self, *, may_make: bool) -> DataKey:
        """Return the data key; `may_make`: nothing is locked yet, so a new one may be made.

        Raises SettingsError when it cannot be had.
        """


class CannotOpen(SettingsError):
    """What is locked does not open with the key of this computer."""

    kind = StorageReason.KEYS_NOT_OPENED


def new_key() -> DataKey:
    """Return a random data key."""
    return DataKey(secrets.token_bytes(KEY_BYTES))


def seal(key: DataKey, place: str, plain: bytes) -> str:
    """Return `plain` locked for its place, as text."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # later than the first paint

    # A fresh one for each value: GCM under one key must never see a nonce twice (NIST SP 800-38D).
    nonce = secrets.token_bytes(_NONCE_BYTES)
    locked = AESGCM(key.value).encrypt(nonce, plain, _bound(key, place))
    return f"{key.version}.{base64.b64encode(nonce + locked).decode()}"


def unseal(key: DataKey, place: str, sealed: str) -> bytes:
    """Return what was locked for this place. Raises CannotOpen."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    version, _, text = sealed.partition(".")
    if version != str(key.version):
        raise CannotOpen(f"{place} is locked with key {version[:10]}, here is {key.version}")
    try:
        data = base64.b64decode(text, validate=True)
        return AESGCM(key.value).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(key, place))
    except (InvalidTag, ValueError) as error:
        raise CannotOpen(f"{place}: {type(error).__name__}") from error


def _bound(key: DataKey, place: str) -> bytes:
    return f"parcelguard/{key.version}/{place}".encode()
