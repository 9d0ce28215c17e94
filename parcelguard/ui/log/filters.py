"""What the log is asked for: words, dates and a status."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from parcelguard.core.message_id import msgid
from parcelguard.runtime.translation import tr
from parcelguard.store.views import LogFilter, LogQuery
from parcelguard.ui.kit.buttons import ButtonRow, Choice
from parcelguard.ui.kit.paint import box, focus_ring, mixed, text, width_of
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.kit.tones import FILLS, BandTone
from parcelguard.ui.words.log_words import FILTERS

TYPING_REST_MS = 250


class FilterChip(QAbstractButton):
    """One filter with its live count."""

    def __init__(self, theme: Theme, kind: LogFilter, parent: QWidget) -> None:
        super().__init__(parent)
        self.kind = kind
        self._theme = theme
        self._count: int | None = None
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setText(tr(FILTERS[kind]))
        self.show_count(None)

    def show_count(self, count: int | None) -> None:
        """Take in how many rows this filter would show."""
        self._count = count
        self.setAccessibleName(f"{self.text()} {self._figure}".strip())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for word and count."""
        theme = self._theme
        name, figure = theme.font(Size.SMALL), theme.font(Size.SMALL, 700)
        width = width_of(self.text(), name) + width_of(self._figure, figure) + theme.px(32)
        return QSize(width, QFontMetrics(name).height() + theme.px(14))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a round field; the chosen one is coloured, and red if it counts failures."""
        painter, theme = QPainter(self), self._theme
        chosen = self.isChecked()
        bad = self.kind is LogFilter.FAILED and bool(self._count)
        fill, line = (theme.color(each) for each in FILLS[BandTone.BAD if bad else BandTone.INFO])
        if not chosen:
            fill, line = theme.color(Token.RAISED), theme.color(Token.BAD if bad else Token.LINE)
        box(painter, self.rect(), self.height() / 2, fill, mixed(line, fill))
        inside = self.rect().adjusted(theme.px(13), 0, -theme.px(8), 0)
        ink = theme.color(Token.TEXT if chosen else Token.MUTED)
        taken = text(painter, inside, self.text(), theme.font(Size.SMALL), ink)
        figure = inside.adjusted(taken + theme.px(6), 0, 0, 0)
        text(painter, figure, self._figure, theme.font(Size.SMALL, 700), theme.color(Token.TEXT))
        if self.hasFocus():
            focus_ring(painter, theme, self.rect(), self.height() / 2)

    @property
    def _figure(self) -> str:
        return "" if self._count is None else f"{self._count:,}"


class Span(StrEnum):
    """The choices of dates."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"
    CUSTOM = "custom"


SPANS = {
    Span.TODAY: msgid("Today"),
    Span.WEEK: msgid("Last 7 days"),
    Span.MONTH: msgid("Last 30 days"),
    Span.ALL: msgid("All dates"),
    Span.CUSTOM: msgid("From – to"),
}


_DAYS = {Span.TODAY: 1, Span.WEEK: 7, Span.MONTH: 30}


def span_bounds(span: Span, first: str, last: str, today: date) -> tuple[datetime | None, datetime | None]:
    """Return since (inclusive) and until (exclusive) in UTC; days are days of this place.

    A typed date that is none, or that no clock here can name, is no limit.
    """
    if span is Span.ALL:
        return None, None
    if span is Span.CUSTOM:
        return _typed(first), _typed(last, days_on=1)
    return _midnight(today - timedelta(days=_DAYS[span] - 1)), None


class SearchField(QLineEdit):
    """Down leads on to what was found."""

    left_below = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep all keys but Down."""
        if event.key() == Qt.Key.Key_Down:
            self.left_below.emit()
        else:
            super().keyPressEvent(event)


class LogFilters(QWidget):
    """Emits `changed` when another query should be made."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.search = SearchField(self)
        self.search.setPlaceholderText(tr("Order, tracking number or buyer"))
        self.search.setAccessibleName(tr("Search the log"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaxLength(200)
        self.span = Choice(theme, self)
        self.span.setAccessibleName(tr("Dates"))
        for span, words in SPANS.items():
            self.span.addItem(tr(words), span)
        self.choose_span(Span.WEEK)
        self.first = self._date_field(tr("First day"))
        self.last = self._date_field(tr("Last day"))
        self._chip_row = ButtonRow(theme, self)  # another language may need a second row
        self.chips = {kind: FilterChip(theme, kind, self._chip_row) for kind in LogFilter}
        self._chip_row.show_buttons(list(self.chips.values()))
        self.chips[LogFilter.ALL].setChecked(True)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_REST_MS)
        self._lay_out()
        self._fit_dates()
        self._connect()

    @property
    def query(self) -> LogQuery:
        """Return what is asked for now."""
        today = datetime.now().astimezone().date()
        since, until = span_bounds(self._span, self.first.text(), self.last.text(), today)
        chosen = next(kind for kind, chip in self.chips.items() if chip.isChecked())
        return LogQuery(text=self.search.text().strip(), since=since, until=until, filter=chosen)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the dates leaves rows out."""
        return bool(self.search.text().strip()) or not self.chips[LogFilter.ALL].isChecked()

    def show_counts(self, counts: dict[LogFilter, int]) -> None:
        """Put the counts on the chips."""
        for kind, chip in self.chips.items():
            chip.show_count(counts.get(kind, 0))

    def only(self, text: str) -> None:
        """Ask for this text at any date and in any state."""
        with QSignalBlocker(self.search), QSignalBlocker(self.span):  # one query, not three
            self.search.setText(text)
            self.choose_span(Span.ALL)
        self.chips[LogFilter.ALL].setChecked(True)
        self._on_span()

    def choose_span(self, span: Span) -> None:
        """Choose dates."""
        self.span.setCurrentIndex(list(SPANS).index(span))

    def clear_search(self) -> bool:
        """Empty the search field; False if it was empty."""
        if not self.search.text():
            return False
        self.search.clear()
        return True

    @property
    def _span(self) -> Span:
        return Span(self.span.currentData())

    def _date_field(self, name: str) -> QLineEdit:
        field = QLineEdit(self)
        field.setPlaceholderText(tr("YYYY-MM-DD"))
        field.setAccessibleName(name)
        field.setMaxLength(10)
        field.hide()
        return field

    def _fit_dates(self) -> None:
        """Give the dates room for what they ask for, also after the window took another size."""
        theme = self._theme
        for field in (self.first, self.last):
            needed = width_of(field.placeholderText(), theme.font(Size.BODY)) + theme.px(20)
            field.setFixedWidth(max(theme.em(118), needed))

    def _lay_out(self) -> None:
        px = self._theme.px
        fields = QHBoxLayout()
        fields.setSpacing(px(8))
        fields.addWidget(self.search, 1)
        for widget in (self.span, self.first, self.last):
            fields.addWidget(widget)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(px(12))
        rows.addLayout(fields)
        rows.addWidget(self._chip_row)

    def _connect(self) -> None:
        self._theme.changed.connect(self._fit_dates)
        self._typing.timeout.connect(self.changed)
        for field in (self.search, self.first, self.last):
            field.textChanged.connect(self._typing.start)
            field.returnPressed.connect(self._at_once)
        self.span.currentTextChanged.connect(self._on_span)
        for chip in self.chips.values():
            chip.clicked.connect(self._at_once)

    def _on_span(self) -> None:
        custom = self._span is Span.CUSTOM
        self.first.setVisible(custom)
        self.last.setVisible(custom)
        self._at_once()

    def _at_once(self) -> None:
        self._typing.stop()
        self.changed.emit()


def _typed(text: str, days_on: int = 0) -> datetime | None:
    try:
        return _midnight(date.fromisoformat(text) + timedelta(days=days_on))
    except (ValueError, OverflowError, OSError):  # the last two: beyond year 9999, before 1970 on Windows
        return None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day).astimezone().astimezone(UTC)
