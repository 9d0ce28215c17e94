"""What is wrong with this computer: its disk, its records, its keys, its clock."""

from __future__ import annotations

from enum import StrEnum


class StorageReason(StrEnum):
    """Stored by its value: a value once released never changes its meaning."""

    CANNOT_SAVE = "cannot_save"
