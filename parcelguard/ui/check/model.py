"""The rows of what needs a check: groups, and under each open one its items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from parcelguard.core.proofs import Proof
from parcelguard.store.views import AttentionGroup, AttentionItem, AttentionKey
from parcelguard.ui.words import check_words

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE: Final = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class Row:
    """A group's own row, or one of its items."""

    group: AttentionGroup
    item: AttentionItem | None = None


def groups_of(rows: Sequence[Row]) -> list[AttentionGroup]:
    """Return each group that these rows belong to once, in their order."""
    found: list[AttentionGroup] = []
    for row in rows:
        if row.group not in found:
            found.append(row.group)
    return found


def proofs_of(rows: Sequence[Row]) -> list[Proof]:
    """Return each proof that these rows are about once: two of its photos may wait for the same reason."""
    return list({row.item.proof.id: row.item.proof for row in rows if row.item}.values())


class CheckModel(QAbstractListModel):
    """Keeps what is open, ticked and current while the groups are read anew."""

    ticked_changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._groups: tuple[AttentionGroup, ...] | None = None
        self._rows: list[Row] = []
        self._open: set[AttentionKey] = set()
        self._ticked: set[str] = set()

    @property
    def groups(self) -> tuple[AttentionGroup, ...]:
        """All groups as last read."""
        return self._groups or ()

    @property
    def items(self) -> list[Row]:
        """Every item, whether or not its group is open."""
        return [Row(group, item) for group in self.groups for item in group.items]

    @property
    def was_read(self) -> bool:
        """Whether anything was read yet."""
        return self._groups is not None

    def show_groups(self, groups: tuple[AttentionGroup, ...]) -> None:
        """Take in the groups; the first is open the first time there are some."""
        if groups and not self.groups:
            self._open.add(_key(groups[0]))
        before = len(self._ticked)
        there = {item.part_id for group in groups for item in group.items}
        self._ticked &= there
        self._groups = groups
        self._lay_out()
        if len(self._ticked) != before:
            self.ticked_changed.emit()

    def row(self, index: Index) -> Row | None:
        """Return a row's group and item."""
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def place_of(self, wanted: Row) -> int | None:
        """Return where a row stands now; an item of a closed group stands where its group does."""
        same = [place for place, row in enumerate(self._rows) if _key(row.group) == _key(wanted.group)]
        if wanted.item is None or not same:
            return same[0] if same else None
        part_id = wanted.item.part_id
        for place in same:
            item = self._rows[place].item
            if item is not None and item.part_id == part_id:
                return place
        still_there = any(item.part_id == part_id for item in self._rows[same[0]].group.items)
        return same[0] if still_there else None

    # ---- open and closed -------------------------------------------------------------

    def is_open(self, group: AttentionGroup) -> bool:
        """Whether a group shows its items."""
        return _key(group) in self._open

    def set_open(self, group: AttentionGroup, *, opened: bool) -> None:
        """Open or close a group."""
        if opened != self.is_open(group):
            (self._open.add if opened else self._open.discard)(_key(group))
            self._lay_out()

    # ---- ticks -----------------------------------------------------------------------

    @property
    def ticked(self) -> list[Row]:
        """The ticked items, top to bottom, whether or not their group is open."""
        return [row for row in self.items if row.item and row.item.part_id in self._ticked]

    def tick_of(self, row: Row) -> Qt.CheckState:
        """Return whether a row is ticked; a group may be so in part."""
        if row.item is not None:
            return Qt.CheckState.Checked if row.item.part_id in self._ticked else Qt.CheckState.Unchecked
        parts = {item.part_id for item in row.group.items}
        if not parts & self._ticked:
            return Qt.CheckState.Unchecked
        return Qt.CheckState.Checked if parts <= self._ticked else Qt.CheckState.PartiallyChecked

    def toggle(self, row: Row) -> None:
        """Tick a row or take its tick away; a group's row stands for all its items."""
        parts = {item.part_id for item in ((row.item,) if row.item else row.group.items)}
        if parts <= self._ticked:
            self._ticked -= parts
        else:
            self._ticked |= parts
        self._repaint()

    def untick(self) -> bool:
        """Take all ticks away; False if there was none."""
        had = bool(self._ticked)
        self._ticked.clear()
        if had:
            self._repaint()
        return had

    # ---- Qt --------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many rows are open to see."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a row, its words, or its tick."""
        row = self._rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(row)
        if role == Qt.ItemDataRole.CheckStateRole:
            return self.tick_of(row)
        return None

    def _spoken(self, row: Row) -> str:
        if row.item is not None:
            return check_words.spoken(row.item, ticked=row.item.part_id in self._ticked)
        return check_words.group_spoken(row.group, opened=self.is_open(row.group))

    # ---- steps -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Set out the rows. The views keep their place by what stands there, not by its number."""
        self.beginResetModel()
        self._rows = list(self._visible())
        self.endResetModel()

    def _visible(self) -> Iterator[Row]:
        for group in self.groups:
            yield Row(group)
            if self.is_open(group):
                yield from (Row(group, item) for item in group.items)

    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))
        self.ticked_changed.emit()


def _key(group: AttentionGroup) -> AttentionKey:
    return group.key
