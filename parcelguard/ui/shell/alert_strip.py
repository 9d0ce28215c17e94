"""The strip under the top bar: what is wrong with this station, on every screen, the worst first.

Built with the first alert. It takes no focus by itself. When the last alert is withdrawn its words
go at once and its room a moment later, so that a problem that comes and goes does not shake the screen.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from parcelguard.core.alerts import Alert, Severity
from parcelguard.runtime.translation import tr, trn
from parcelguard.ui.kit.paint import CENTER, box, dot, focus_ring, mixed, text, width_of, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.kit.tones import DOTS, FILLS, BandTone
from parcelguard.ui.words.reasons.saying import said_alert
from parcelguard.ui.words.sentences import label

ROOM_KEPT_MS = 800
_TONES = {Severity.NOTE: BandTone.INFO, Severity.WARN: BandTone.WARN, Severity.STOP: BandTone.BAD}


class MoreButton(QAbstractButton):
    """Shows the alerts below the worst one, or hides them again."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def say_what_it_does(self, *, rest: int, unfolded: bool) -> None:
        """Offer to show the rest, or to show less."""
        if unfolded:
            self.setText(tr("Show less"))
            self.setAccessibleName(tr("Show less: other problems of this station"))
        else:
            self.setText(trn("+{count} more", "+{count} more", rest))
            self.setAccessibleName(
                trn(
                    "+{count} more: another problem of this station",
                    "+{count} more: other problems of this station",
                    rest,
                )
            )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the words."""
        font = self._theme.font(Size.SMALL, 600)
        return QSize(
            width_of(self.text(), font) + self._theme.px(20),
            QFontMetrics(font).height() + self._theme.px(8),
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a small round field."""
        painter, theme = QPainter(self), self._theme
        ink = theme.color(Token.TEXT)
        box(painter, self.rect(), self.height() / 2, theme.color(Token.RAISED), theme.color(Token.LINE))
        text(painter, self.rect(), self.text(), theme.font(Size.SMALL, 600), ink, CENTER)
        if self.hasFocus():
            focus_ring(painter, theme, self.rect(), self.height() / 2)


class AlertStrip(QWidget):
    """One line for the worst alert, or a line for each."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._alerts: tuple[Alert, ...] = ()
        self._unfolded = False
        self.more = MoreButton(theme, self)
        self.more.clicked.connect(self._toggle)
        self._keeps_room = QTimer(self, singleShot=True, interval=ROOM_KEPT_MS)
        self._keeps_room.timeout.connect(self.hide)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._fit)
        self.hide()

    @property
    def shown(self) -> tuple[Alert, ...]:
        """The alerts whose words can be read now."""
        return self._alerts if self._unfolded else self._alerts[:1]

    def show_alerts(self, alerts: tuple[Alert, ...]) -> None:
        """Say these, the worst first; without any the strip goes."""
        if alerts == self._alerts:
            return
        self._alerts = alerts
        self._unfolded = self._unfolded and len(alerts) > 1
        words = (said_alert(alert) for alert in alerts)
        spoken = (f"{each.headline} {each.advice}".strip() for each in words)
        self.setAccessibleName(". ".join(label(each) for each in spoken))
        if alerts:
            self._keeps_room.stop()
            self._fit()
            self.show()
        else:
            self.more.hide()
            self._keeps_room.start()
            self.update()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Break the lines anew."""
        self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw one soft row for each alert that is shown."""
        painter, theme, top = QPainter(self), self._theme, 0
        painter.fillRect(self.rect(), theme.color(Token.SURFACE))
        for alert in self.shown:
            lines = self._lines(alert)
            fill, line = (theme.color(each) for each in FILLS[_TONES[alert.severity]])
            height = self._row_height(lines)
            painter.fillRect(QRect(0, top, self.width(), height), fill)
            painter.fillRect(QRect(0, top + height - 1, self.width(), 1), mixed(line, fill))
            center = QPointF(theme.px(26), top + theme.px(8) + self._line_height() / 2)
            dot(painter, center, theme.px(5), theme.color(DOTS[_TONES[alert.severity]]))
            self._paint_words(painter, lines, top + theme.px(8))
            top += height

    def _paint_words(self, painter: QPainter, lines: list[list[tuple[str, bool]]], top: int) -> None:
        theme, height = self._theme, self._line_height()
        for line in lines:
            left = self._left
            for words, strong in line:
                area = QRect(left, top, self._left + self._room - left, height)
                font = theme.font(Size.BODY, 600 if strong else 400)
                left += text(painter, area, words, font, theme.color(Token.TEXT)) + theme.px(8)
            top += height

    def _lines(self, alert: Alert) -> list[list[tuple[str, bool]]]:
        """Return the words of each line, strong or not: one line where headline and advice fit on it."""
        strong, plain = self._theme.font(Size.BODY, 600), self._theme.font(Size.BODY)
        words = said_alert(alert)
        headline = words.headline if words.advice else label(words.headline)
        advice = label(words.advice)
        beside = width_of(headline, strong) + self._theme.px(8) + width_of(advice, plain)
        if beside <= self._room:
            return [[(headline, True), (advice, False)] if advice else [(headline, True)]]
        first = [[(line, True)] for line in wrapped(headline, strong, self._room)]
        return first + [[(line, False)] for line in wrapped(advice, plain, self._room) if advice]

    def _row_height(self, lines: list[list[tuple[str, bool]]]) -> int:
        return len(lines) * self._line_height() + 2 * self._theme.px(8)

    def _line_height(self) -> int:
        return round(QFontMetrics(self._theme.font()).height() * 1.2)

    @property
    def _left(self) -> int:
        return self._theme.px(42)

    @property
    def _room(self) -> int:
        beside = self.more.sizeHint().width() + self._theme.px(16) if len(self._alerts) > 1 else 0
        return max(80, self.width() - self._left - self._theme.px(20) - beside)

    def _toggle(self) -> None:
        self._unfolded = not self._unfolded
        self._fit()

    def _fit(self) -> None:
        if not self._alerts:
            return
        rest = len(self._alerts) - 1
        self.more.say_what_it_does(rest=rest, unfolded=self._unfolded)
        self.more.setVisible(rest > 0)
        size = self.more.sizeHint()
        first = self._row_height(self._lines(self._alerts[0]))
        left, top = self.width() - self._theme.px(20) - size.width(), (first - size.height()) // 2
        self.more.setGeometry(QRect(QPoint(left, max(0, top)), size))
        self.setFixedHeight(sum(self._row_height(self._lines(alert)) for alert in self.shown))
        self.update()
