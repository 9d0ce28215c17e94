"""Copies the records each night, and reads them through now and then. On housekeeping's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import IntEnum
from threading import Event

from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertTopic, Severity
from parcelguard.core.errors import DamagedDatabase, DiskFull, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.store.database import Store
from parcelguard.upkeep.backup import Backups

log = logging.getLogger(__name__)

SETTLED_S = 60.0  # after a start the disk belongs to the packer
AGAIN_AFTER_S = 3600.0
NIGHT_HOUR = 2
OLDEST_BACKUP = timedelta(hours=24)
REST_S = 0.002  # after each megabyte of a copy, so that a photo does not queue behind it on the disk
RECORDS = AlertKey(AlertTopic.RECORDS)
BACKUP = AlertKey(AlertTopic.BACKUP)


class Due(IntEnum):
    """Whether the records should be copied."""

    NO = 0
    WHEN_QUIET = 1
    NOW = 2


class RecordsCare:
    """Keeps the records copied and checked.

    `quiet`: whether nobody is packing just now. `ending`: set when the program ends; a copy under way is
    given up then.
    """

    def __init__(
        self,
        store: Store,
        backups: Backups,
        alerts: Alerts,
        *,
        quiet: Callable[[], bool],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        ending: Event,
    ) -> None:
        self._store = store
        self._backups = backups
        self._alerts = alerts
        self._quiet = quiet
        self._now = now
        self._monotonic = monotonic
        self._ending = ending
        self._copy_again_at = 0.0
        self._settled_at = monotonic() + SETTLED_S

    def damaged(self, error: DamagedDatabase) -> None:
        """Tell that the records are damaged; nothing but a new start repairs that."""
        self._alerts.raise_alert(Alert(RECORDS, Severity.STOP, error.reason))

    def back_up(self) -> None:
        """Copy the records in the first quiet moment of the night, or as soon as the last copy is old."""
        moment = self._monotonic()
        if moment < max(self._settled_at, self._copy_again_at):
            return
        now = self._now()
        # A copy dated in the future comes from a clock that was set right since; it proves nothing.
        newest = next((each.at for each in self._backups.all() if each.at <= now), None)
        due = copy_due(newest, now)
        if due is Due.NOW or (due is Due.WHEN_QUIET and self._quiet()):
            self._copy(now)

    def check(self) -> None:
        """Read through the records once a week, when nobody is packing."""
        if self._monotonic() >= self._settled_at and self._store.check_due and self._quiet():
            self._read_through()

    def _copy(self, now: datetime) -> None:
        try:
            self._backups.make(self._store, now, self._let_others)
        except _Ended:
            log.info("the nightly copy was given up: the program ends")
        except StorageError as error:
            log.warning("no nightly copy: %s", error)
            self._copy_again_at = self._monotonic() + AGAIN_AFTER_S
            reason = because(StorageReason.BACKUP_FAILED, folder=str(self._backups.folder))
            self._alerts.raise_alert(Alert(BACKUP, Severity.WARN, reason))
            if not isinstance(error, DiskFull):
                self._read_through()  # a copy that is not whole may be a true one
        else:
            self._alerts.withdraw(BACKUP)

    def _let_others(self) -> None:
        # The rest is waited for at the event itself, so that the end of the program is heard in the middle of
        # a copy.
        if self._ending.wait(REST_S):
            raise _Ended

    def _read_through(self) -> None:
        try:
            self._store.check()
        except DamagedDatabase as error:
            log.critical("the records are damaged: %s", error)
            self.damaged(error)


class _Ended(Exception):
    """The program ends while a copy is being made."""


def copy_due(newest: datetime | None, now: datetime) -> Due:
    """Return whether the records should be copied, given the newest copy."""
    if newest is None or now - newest > OLDEST_BACKUP:
        return Due.NOW
    local = now.astimezone()
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if night > local:
        night -= timedelta(days=1)
    return Due.WHEN_QUIET if newest < night else Due.NO
