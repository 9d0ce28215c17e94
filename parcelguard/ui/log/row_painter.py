"""Paints the log's rows."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from parcelguard.core.proofs import ProofState
from parcelguard.core.times import utc_now
from parcelguard.store.views import LogEntry
from parcelguard.ui.kit.paint import badge, dot, rounded_picture, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.kit.tones import DOTS
from parcelguard.ui.log.model import ENTRY_ROLE, Column, Index, LogModel, cell
from parcelguard.ui.words.log_words import link_words, status

ROW_HEIGHT = 49
_MONO = (Column.TAKEN, Column.ORDER)
_BESIDE = {Column.STATUS: 15, Column.SHOP: 18}  # what the dot and the badge's edges take from the words


def link_width(theme: Theme) -> int:
    """Return how wide the column is in which every link is read whole."""
    font = theme.font(Size.SMALL, 700)
    links = (link_words(ProofState.SAVED), link_words(ProofState.ATTENTION))
    return max(width_of(words, font) for words in links) + theme.px(14)


class LogDelegate(QStyledItemDelegate):
    """One look for all columns."""

    def __init__(self, theme: Theme, model: LogModel, view: QWidget) -> None:
        super().__init__(view)
        self._theme = theme
        self._model = model
        self._view = view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return the height of a row."""
        return QSize(0, self._theme.em(ROW_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        theme, area = self._theme, option.rect
        entry = index.data(ENTRY_ROLE)
        if not isinstance(entry, LogEntry):
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(area, theme.color(Token.INFO_SOFT if selected else Token.BG))
        line = QRect(area.left(), area.bottom(), area.width(), 1)
        painter.fillRect(line, theme.color(Token.LINE))
        column = Column(index.column())
        inside = area.adjusted(theme.px(6), 0, -theme.px(6), 0)
        painter.save()
        if column is Column.PICTURE:
            self._paint_picture(painter, inside, entry)
        elif column is Column.SHOP and entry.shop is not None:
            metrics, room = QFontMetrics(theme.font(Size.SMALL, 700)), inside.width() - theme.px(18)
            label = metrics.elidedText(entry.shop.label, Qt.TextElideMode.ElideRight, room)
            badge(painter, theme, inside.left(), inside.center().y(), label)
        elif column is Column.STATUS:
            self._paint_status(painter, inside, entry)
        elif column is Column.RESEND:
            urgent = entry.proof.state is ProofState.ATTENTION
            color = theme.color(Token.ACCENT if urgent or selected else Token.MUTED)
            text(painter, inside, cell(entry, column), self._font(entry, column), color)
        else:
            text(painter, inside, cell(entry, column), self._font(entry, column), theme.color(Token.TEXT))
        painter.restore()

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """Tell the whole of a cell that is cut, as plain text: names come from outside."""
        words = self._cut(option, index)
        QToolTip.showText(event.globalPos(), f"<span>{escape(words)}</span>" if words else "", view)
        return True

    def _cut(self, option: QStyleOptionViewItem, index: Index) -> str:
        """Return a cell's words if they do not fit."""
        entry = index.data(ENTRY_ROLE) if index.isValid() else None
        if not isinstance(entry, LogEntry) or index.column() == Column.PICTURE:
            return ""
        column = Column(index.column())
        words = cell(entry, column)
        room = option.rect.width() - self._theme.px(12 + _BESIDE.get(column, 0))
        return words if width_of(words, self._font(entry, column)) > room else ""

    def _font(self, entry: LogEntry, column: Column) -> QFont:
        if column is Column.STATUS:
            return self._theme.font(Size.SMALL, 600)
        urgent = column is Column.RESEND and entry.proof.state is ProofState.ATTENTION
        bold = urgent or column is Column.SHOP
        return self._theme.font(Size.SMALL, 700 if bold else 400, mono=column in _MONO)

    def _paint_picture(self, painter: QPainter, area: QRect, entry: LogEntry) -> None:
        theme = self._theme
        frame = area.adjusted(theme.px(2), theme.px(6), 0, -theme.px(6))
        image = self._model.picture(entry, self._repaint)
        rounded_picture(painter, frame, theme.px(5), image or QImage(), theme)

    def _paint_status(self, painter: QPainter, area: QRect, entry: LogEntry) -> None:
        theme = self._theme
        tone, sentence = status(entry, utc_now())
        dot(
            painter,
            QPointF(area.left() + theme.px(4), area.center().y() + 0.5),
            theme.px(4),
            theme.color(DOTS[tone]),
        )
        beside = area.adjusted(theme.px(_BESIDE[Column.STATUS]), 0, 0, 0)
        text(painter, beside, sentence, self._font(entry, Column.STATUS), theme.color(Token.TEXT))

    def _repaint(self) -> None:
        self._view.update()
