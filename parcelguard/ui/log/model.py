"""The rows of the log: fetched page by page as they are scrolled to, never on the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from functools import partial
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage

from parcelguard.core.errors import ParcelGuardError
from parcelguard.core.message_id import msgid
from parcelguard.core.proofs import ProofState
from parcelguard.core.times import utc_now
from parcelguard.runtime.translation import tr
from parcelguard.store.views import FILTER_STATES, LogEntry, LogFilter, LogPage, LogQuery
from parcelguard.ui.kit.background import Background
from parcelguard.ui.kit.pictures import Thumbnails
from parcelguard.ui.ports import LogPort
from parcelguard.ui.words.log_words import link_words, picture_words, status
from parcelguard.ui.words.times import exact_moment

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE: Final = int(Qt.ItemDataRole.UserRole)
RESENDABLE = (
    ProofState.SAVED,
    ProofState.DELIVERED,
    ProofState.PARTLY,
    ProofState.ATTENTION,
    ProofState.CLOSED,
)


class Column(IntEnum):
    """The columns, left to right."""

    PICTURE = 0
    TAKEN = 1
    ORDER = 2
    SHOP = 3
    BUYER = 4
    STATUS = 5
    PACKER = 6
    RESEND = 7


HEADERS = {
    Column.PICTURE: "",
    Column.TAKEN: msgid("Taken"),
    Column.ORDER: msgid("Order"),
    Column.SHOP: msgid("Shop"),
    Column.BUYER: msgid("Buyer"),
    Column.STATUS: msgid("Status"),
    Column.PACKER: msgid("Packer"),
    Column.RESEND: "",
}


class LogModel(QAbstractTableModel):
    """Keyset paging: the next page begins where the last one ended."""

    loaded = Signal()  # a page has come, or none will
    failed = Signal(ParcelGuardError)

    def __init__(self, log: LogPort, rows: Background, pictures: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._log = log
        self._rows = rows
        self._query = LogQuery()
        self._entries: list[LogEntry] = []
        self._next: tuple[datetime, str] | None = None
        self._asked = False
        self._round = 0  # answers to an older query are dropped
        self._thumbnails = Thumbnails(log, pictures)

    @property
    def loading(self) -> bool:
        """Whether a page is on its way."""
        return self._asked

    def entry(self, row: int) -> LogEntry:
        """Return the entry of a row."""
        return self._entries[row]

    def row_of(self, proof_id: str) -> int | None:
        """Return where a proof stands, if it is loaded."""
        found = (row for row, entry in enumerate(self._entries) if entry.proof.id == proof_id)
        return next(found, None)

    def search(self, query: LogQuery) -> None:
        """Begin again with another query."""
        self._query = query
        self._round += 1
        self.beginResetModel()
        self._entries, self._next, self._asked = [], None, False
        self.endResetModel()
        self._ask(None, self._append)

    def refresh(self, changed: set[str]) -> None:
        """Take in news: new rows at the top, and changed ones where they stand."""
        self._ask_page(None, self._merge)
        for proof_id in changed:
            if self.row_of(proof_id) is not None:
                self._rows.ask(partial(self._read_entry, proof_id), self._update, self.failed.emit)

    def picture(self, entry: LogEntry, ready: Callable[[], None]) -> QImage | None:
        """Return a row's small picture; None while it is being read, then `ready` is called."""
        return self._thumbnails.picture(entry.thumbnail, ready)

    # ---- Qt --------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many rows are loaded."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(Column)

    def canFetchMore(self, parent: Index) -> bool:
        """Say whether there is a further page to scroll to."""
        return not parent.isValid() and self._next is not None and not self._asked

    def fetchMore(self, _parent: Index) -> None:
        """Ask for the next page; its rows come later."""
        self._ask(self._next, self._append)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Return the columns' names."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(HEADERS[Column(section)])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a cell's text, or its whole entry."""
        entry = self._entries[index.row()]
        if role == ENTRY_ROLE:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell(entry, Column(index.column()))
        return None

    # ---- steps -----------------------------------------------------------------------

    def _ask(self, after: tuple[datetime, str] | None, then: Callable[[LogPage], None]) -> None:
        self._asked = True
        self._ask_page(after, then)

    def _ask_page(self, after: tuple[datetime, str] | None, then: Callable[[LogPage], None]) -> None:
        query, asked_in = self._query, self._round

        def take(page: LogPage) -> None:
            if asked_in == self._round:
                then(page)

        def fail(error: ParcelGuardError) -> None:
            if asked_in == self._round:
                self._asked = False
                self.failed.emit(error)

        self._rows.ask(lambda: self._log.page(query, after), take, fail)

    def _append(self, page: LogPage) -> None:
        self._asked = False
        self._next = page.next
        if page.entries:
            first = len(self._entries)
            self.beginInsertRows(QModelIndex(), first, first + len(page.entries) - 1)
            self._entries.extend(page.entries)
            self.endInsertRows()
        self.loaded.emit()

    def _merge(self, page: LogPage) -> None:
        """Put a first page read anew over what is loaded, without losing the place."""
        known = {entry.proof.id for entry in self._entries}
        new = [entry for entry in page.entries if entry.proof.id not in known]
        if len(new) == len(page.entries) and known:  # more news than one page holds
            self.search(self._query)
            return
        if not known:
            self._next = page.next
        for entry in new:
            row = next((n for n, e in enumerate(self._entries) if _key(e) < _key(entry)), len(self._entries))
            self.beginInsertRows(QModelIndex(), row, row)
            self._entries.insert(row, entry)
            self.endInsertRows()
        for entry in page.entries:
            self._update(entry)
        self.loaded.emit()

    def _read_entry(self, proof_id: str) -> LogEntry:
        return self._log.detail(proof_id).entry

    def _update(self, entry: LogEntry) -> None:
        row = self.row_of(entry.proof.id)
        if row is None:
            return
        if not self._belongs(entry):
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._entries[row]
            self.endRemoveRows()
        elif entry != self._entries[row]:
            self._entries[row] = entry
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))

    def _belongs(self, entry: LogEntry) -> bool:
        wanted = self._query.filter
        return wanted is LogFilter.ALL or entry.proof.state in FILTER_STATES[wanted]


def cell(entry: LogEntry, column: Column) -> str:
    """Return the text of one cell."""
    proof = entry.proof
    if column is Column.PICTURE:
        return picture_words(entry)
    if column is Column.TAKEN:
        return exact_moment(entry.at)
    if column is Column.STATUS:
        return status(entry, utc_now())[1]
    if column is Column.RESEND:
        return link_words(proof.state) if proof.state in RESENDABLE and not entry.asks else ""
    texts = {
        Column.ORDER: proof.order_number or proof.code,
        Column.SHOP: entry.shop.label if entry.shop else "",
        Column.BUYER: proof.buyer_name,
        Column.PACKER: proof.packer,
    }
    return texts[column]


def _key(entry: LogEntry) -> tuple[datetime, str]:
    return entry.at, entry.proof.id
