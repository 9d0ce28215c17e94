"""Looks after the station beside the packing: space on the disk, the photo folder, notes and records.

One thread. What it finds becomes alerts, which it withdraws by itself; what must stop the next parcel
is asked for by the desk through `may_open`. Packing never waits for any of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

from parcelguard.core.alerts import Alert, AlertKey, Alerts, AlertTopic, Severity
from parcelguard.core.errors import DamagedDatabase, DiskFull, ParcelGuardError, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.disk.media_folder import MediaFolder
from parcelguard.store.database import Store
from parcelguard.upkeep.backup import Backups
from parcelguard.upkeep.disk_space import Ballast, Level, Space, bytes_a_day, measure
from parcelguard.upkeep.photo_notes import Notes
from parcelguard.upkeep.records_care import RecordsCare

log = logging.getLogger(__name__)

ROUND_S = 30.0
ROUND_IN_TROUBLE_S = 2.0
STUCK_S = 5.0  # a folder that takes longer to answer counts as gone
RATE_FOR_S = 3600.0
MEDIA_FOLDER = AlertKey(AlertTopic.MEDIA_FOLDER)
DISK_SPACE = AlertKey(AlertTopic.DISK_SPACE)
NOTES = AlertKey(AlertTopic.NOTES)
RESERVE_BYTES = 16 * 2**20  # below that the ballast is given up without waiting for a failure


@dataclass(frozen=True, slots=True, kw_only=True)
class StationData:
    """What a station keeps, and where."""

    store: Store
    folder: MediaFolder
    home: Path
    backups: Backups


class Housekeeping:
    """Everything a station does for its own health.

    `quiet`: whether nobody is packing just now. `each_round`: what else is to be done in every round.
    """

    def __init__(
        self,
        data: StationData,
        *,
        alerts: Alerts,
        quiet: Callable[[], bool],
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        each_round: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = data.store
        self._folder = data.folder
        self._home = data.home
        self._alerts = alerts
        self._now = now
        self._monotonic = monotonic
        self._each_round = each_round
        self.notes = Notes(data.folder.path, self._note_written)
        self._ballast = Ballast(data.folder.path)
        self._folder_error: StorageError | None = None  # what the last round found
        self._asking_folder_since: float | None = None
        self._undescribed = True  # something may lack its note: at a start, and after one was not written
        self._rate: tuple[float, float] | None = None  # bytes a day, and when that was counted
        self._stopping, self._wake = Event(), Event()
        self._records = RecordsCare(
            data.store, data.backups, alerts, quiet=quiet, now=now, monotonic=monotonic, ending=self._stopping
        )
        self._thread = Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin to look around."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End soon; a copy under way is given up. False means that a drive does not answer."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ---- asked from other threads --------------------------------------------------------

    def may_open(self) -> None:
        """Raise StorageError, with words for the packer, while no further parcel may be begun."""
        self._refuse_without_folder()
        if error := self._folder_error:
            raise _again(error)
        if self._space(0.0).level is Level.FULL:
            raise StorageError("below the reserve", because(StorageReason.NO_NEW_ORDER))

    def may_save(self) -> None:
        """Raise StorageError while the photos are out of reach; on a full disk the open order is finished."""
        self._refuse_without_folder()

    def _refuse_without_folder(self) -> None:
        since = self._asking_folder_since
        if since is not None and self._monotonic() - since > STUCK_S:
            raise self._stuck()
        error = self._folder_error
        if error and not isinstance(error, DiskFull):
            raise _again(error)
        # The last round may be half a minute old; one look for the marker costs next to nothing.
        self._folder.check_marker()

    def write_failed(self, *, full: bool) -> bool:
        """Look at once what is wrong. True when room was made, so that the write is worth another try."""
        made = full and self._ballast.give_up()
        if made:
            log.warning("the disk is full: gave up the ballast")
        self._wake.set()
        return made

    def damaged(self, error: DamagedDatabase) -> None:
        """Tell that the records are damaged; nothing but a new start repairs that."""
        self._records.damaged(error)

    # ---- the rounds ----------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            # Before the round: a failure that comes during it starts another.
            self._wake.clear()
            try:
                pause_s = self.round()
            except Exception:
                log.exception("housekeeping failed")
                pause_s = ROUND_S
            self._wake.wait(pause_s)

    def round(self) -> float:
        """Look at everything once; returns how many seconds to rest."""
        self._each_round()
        self._look_at_folder()
        if self._folder_error:
            return ROUND_IN_TROUBLE_S
        self._look_at_space()
        # One that fails must not keep the others from their turn.
        for chore in (self._describe, self._records.back_up, self._records.check):
            try:
                chore()
            except ParcelGuardError as error:
                log.warning("housekeeping: %s", error)
        return ROUND_S

    def _look_at_folder(self) -> None:
        # A drive that is gone can hold a call for minutes. The desk, which would hang as well if it asked,
        # sees from this since when no answer has come.
        self._asking_folder_since = self._monotonic()
        try:
            self._probe()
        except StorageError as error:
            if self._folder_error is None:
                log.warning("no photos can be kept: %s", error)
            self._folder_error = error
            self._alerts.raise_alert(Alert(MEDIA_FOLDER, Severity.STOP, error.reason))
        else:
            if self._folder_error:
                log.warning("photos can be kept again")
                self._undescribed = True
            self._folder_error = None
            self._alerts.withdraw(MEDIA_FOLDER)
        finally:
            self._asking_folder_since = None

    def _probe(self) -> None:
        try:
            self._folder.try_write()
        except DiskFull:
            if not self.write_failed(full=True):
                raise
            self._folder.try_write()

    def _look_at_space(self) -> None:
        try:
            space = self._space(self._bytes_a_day())
        except StorageError as error:
            log.warning("space not measured: %s", error)
            return
        if space.free < RESERVE_BYTES:
            self.write_failed(full=True)  # the open order must not be the one that finds out
        elif space.level < Level.VERY_LOW:
            self._keep_ballast()
        alert = _disk_alert(space)
        if alert:
            self._alerts.raise_alert(alert)
        else:
            self._alerts.withdraw(DISK_SPACE)

    def _space(self, rate: float) -> Space:
        """Return the room on the fuller one of the disks with photos and records."""
        now = self._now()
        # Photos and records may lie on two disks, and packing ends with whichever is full first.
        both = (measure(self._folder.path, rate, now), measure(self._home, rate, now))
        return max(both, key=lambda space: (space.level, -space.free))

    def _bytes_a_day(self) -> float:
        if self._rate is None or self._monotonic() - self._rate[1] > RATE_FOR_S:
            self._rate = bytes_a_day(self._store, self._now()), self._monotonic()
        return self._rate[0]

    def _keep_ballast(self) -> None:
        try:
            self._ballast.keep()
        except StorageError as error:
            log.warning("no ballast: %s", error)

    # ---- the chores ------------------------------------------------------------------------

    def _describe(self) -> None:
        """Write the notes that a crash or a full disk prevented."""
        if self._undescribed:
            self._undescribed = False
            self.notes.complete(self._store, self._now())
            if not self._undescribed:
                self._alerts.withdraw(NOTES)

    def _note_written(self, error: StorageError | None) -> None:
        if error:
            self._undescribed = True
            self._alerts.raise_alert(Alert(NOTES, Severity.WARN, because(StorageReason.NOTE_NOT_WRITTEN)))

    def _stuck(self) -> StorageError:
        path = self._folder.path
        reason = because(StorageReason.FOLDER_STUCK, folder=str(path))
        error = StorageError(f"{path} does not answer", reason)
        self._alerts.raise_alert(Alert(MEDIA_FOLDER, Severity.STOP, error.reason))
        return error


def _disk_alert(space: Space) -> Alert | None:
    if space.level is Level.PLENTY:
        return None
    if space.level is Level.FULL:
        return Alert(DISK_SPACE, Severity.STOP, because(StorageReason.NO_NEW_ORDER))
    very_low = space.level is Level.VERY_LOW
    severity = Severity.STOP if very_low else Severity.WARN
    if space.full_at is None:
        kind = StorageReason.ALMOST_FULL if very_low else StorageReason.FILLING_UP
        return Alert(DISK_SPACE, severity, because(kind, free=_rounded(space.free)))
    kind = StorageReason.ALMOST_FULL_UNTIL if very_low else StorageReason.FILLING_UP_UNTIL
    full_at = space.full_at.replace(minute=0, second=0, microsecond=0).isoformat()
    return Alert(DISK_SPACE, severity, because(kind, free=_rounded(space.free), full_at=full_at))


def _rounded(free: int) -> int:
    """Return the room in steps that a person sees, so that an alert changes only when its words do."""
    step = 10**9 if free >= 10 * 10**9 else 10**8
    return round(free / step) * step


def _again(error: StorageError) -> StorageError:
    """Return the same trouble to be raised on another thread."""
    return type(error)(str(error), error.reason)
