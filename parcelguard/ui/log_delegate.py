"""Paints the log's rows."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from parcelguard.domain import ProofState, utc_now
from parcelguard.store.views import LogEntry
from parcelguard.ui.cards import rounded_picture
from parcelguard.ui.log_model import ENTRY_ROLE, Column, Index, LogModel, cell
from parcelguard.ui.log_words import status
from parcelguard.ui.paint import badge, dot, text
from parcelguard.ui.theme import Size, Theme, Token
from parcelguard.ui.words import BandTone

ROW_HEIGHT = 49
DOTS = {
    BandTone.READY: Token.MUTED,
    BandTone.INFO: Token.ACCENT,
    BandTone.OK: Token.OK,
    BandTone.WARN: Token.WARN,
    BandTone.BAD: Token.BAD,
}
_MONO = (Column.TAKEN, Column.ORDER)


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
            badge(painter, theme, inside.left(), inside.center().y(), entry.shop.label)
        elif column is Column.STATUS:
            self._paint_status(painter, inside, entry)
        elif column is Column.RESEND:
            urgent = entry.proof.state is ProofState.ATTENTION
            font = theme.font(Size.SMALL, 700 if urgent else 400)
            color = theme.color(Token.ACCENT if urgent or selected else Token.MUTED)
            text(painter, inside, cell(entry, column), font, color)
        else:
            font = theme.font(Size.SMALL, mono=column in _MONO)
            text(painter, inside, cell(entry, column), font, theme.color(Token.TEXT))
        painter.restore()

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
        beside = area.adjusted(theme.px(15), 0, 0, 0)
        text(painter, beside, sentence, theme.font(Size.SMALL, 600), theme.color(Token.TEXT))

    def _repaint(self) -> None:
        self._view.update()
