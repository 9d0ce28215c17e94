"""The list of what is to be sent by hand, the oldest first."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from parcelguard.runtime.translation import tr
from parcelguard.store.views import HandJob
from parcelguard.ui.kit.paint import RIGHT, badge, focus_ring, rounded_picture, text
from parcelguard.ui.kit.pictures import Thumbnails
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.words import by_hand_words as words
from parcelguard.ui.words.times import moment

ROW_HEIGHT = 62
JOB_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class HandModel(QAbstractListModel):
    """The jobs as they were read last."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.jobs: tuple[HandJob, ...] = ()

    def show_jobs(self, jobs: tuple[HandJob, ...]) -> None:
        """Take in the jobs."""
        self.beginResetModel()
        self.jobs = jobs
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many wait."""
        return 0 if parent.isValid() else len(self.jobs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a job, or its words."""
        job = self.jobs[index.row()]
        if role == JOB_ROLE:
            return job
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return words.spoken(job)
        return None


class HandDelegate(QStyledItemDelegate):
    """Paints a job: photo, number, since when, shop and buyer."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, view: QListView) -> None:
        super().__init__(view)
        self._theme = theme
        self._thumbnails = thumbnails
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return room for two lines."""
        return QSize(0, self._theme.em(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        theme, area, job = self._theme, option.rect, index.data(JOB_ROLE)
        if not isinstance(job, HandJob):
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(area, theme.color(Token.INFO_SOFT if chosen else Token.BG))
        painter.fillRect(QRect(area.left(), area.bottom(), area.width(), 1), theme.color(Token.LINE))
        inside = area.adjusted(theme.px(12), theme.px(6), -theme.px(12), -theme.px(6))
        picture = QRect(inside.left(), inside.top(), theme.em(66), inside.height())
        first_photo = job.photos[0] if job.photos else ""
        image = self._thumbnails.picture(first_photo, self._view.viewport().update)
        rounded_picture(painter, picture, theme.px(5), image or QImage(), theme)
        inside.setLeft(picture.right() + theme.px(12))
        half = inside.height() // 2
        first = QRect(inside.left(), inside.top(), inside.width(), half)
        second = first.translated(0, half)
        mono = theme.font(Size.SMALL, mono=True)
        taken = text(painter, first, moment(job.saved_at), mono, theme.color(Token.MUTED), RIGHT)
        number = first.adjusted(0, 0, -taken - theme.px(10), 0)
        text(
            painter, number, job.order_number, theme.font(Size.BODY, 600, mono=True), theme.color(Token.TEXT)
        )
        left = second.left()
        if label := words.label(job):
            left += badge(painter, theme, left, second.center().y(), label) + theme.px(8)
        rest = QRect(left, second.top(), second.right() - left, second.height())
        text(painter, rest, words.row(job), theme.font(Size.SMALL), theme.color(Token.MUTED))
        if chosen and self._view.hasFocus():
            focus_ring(painter, theme, area, theme.px(4))


class HandList(QListView):
    """Arrows choose; a list read anew stays at the job that was chosen, or at the one that came up."""

    def __init__(self, theme: Theme, model: HandModel, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._jobs = model
        self.setModel(model)
        self.setItemDelegate(HandDelegate(theme, thumbnails, self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setAccessibleName(tr("To send by hand"))

    @property
    def job(self) -> HandJob | None:
        """The job that is chosen."""
        index = self.currentIndex()
        return self._jobs.jobs[index.row()] if index.isValid() else None

    def show_jobs(self, jobs: tuple[HandJob, ...]) -> None:
        """Take in the jobs."""
        before, place = self.job, max(0, self.currentIndex().row())
        self._jobs.show_jobs(jobs)
        if jobs:
            ids = [job.part_id for job in jobs]
            same = ids.index(before.part_id) if before and before.part_id in ids else min(place, len(ids) - 1)
            self.setCurrentIndex(self._jobs.index(same))
            self.scrollTo(self.currentIndex())
