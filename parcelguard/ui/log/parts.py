"""Painted pieces of the log: filter chips, photo, strip, reason and steps."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Signal
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from parcelguard.core.proofs import MAX_PHOTOS
from parcelguard.store.views import LogFilter, Step, Tone
from parcelguard.ui.kit.paint import badge, box, dot, focus_ring, mixed, text, width_of, wrapped
from parcelguard.ui.kit.theme import Size, Theme, Token
from parcelguard.ui.pack.band import FILLS
from parcelguard.ui.pack.cards import rounded_picture
from parcelguard.ui.words import pack_words as words
from parcelguard.ui.words.log_words import FILTERS
from parcelguard.ui.words.pack_words import BandTone

STRIP_HEIGHT = 66
_STEP_DOTS = {Tone.OK: Token.OK, Tone.WAIT: Token.WARN, Tone.BAD: Token.BAD, Tone.PLAIN: Token.MUTED}


class FilterChip(QAbstractButton):
    """One filter with its live count."""

    def __init__(self, theme: Theme, kind: LogFilter, parent: QWidget) -> None:
        super().__init__(parent)
        self.kind = kind
        self._theme = theme
        self._count: int | None = None
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setText(FILTERS[kind])
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


class Heading(QWidget):
    """The shop's badge and the order's number, or with `mono` off a name."""

    def __init__(self, theme: Theme, parent: QWidget, *, mono: bool = True) -> None:
        super().__init__(parent)
        self._theme = theme
        self._mono = mono
        self._shop = self._code = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_order(self, shop: str, code: str) -> None:
        """Name what is shown below."""
        self._shop, self._code = shop, code
        self.setAccessibleName(f"{shop} {code}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        """Return one line."""
        return QSize(0, self._theme.em(30))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw both in one line."""
        painter, theme, left = QPainter(self), self._theme, 0
        if self._shop:
            left = badge(painter, theme, 0, self.height() // 2, self._shop) + theme.px(10)
        area = QRect(left, 0, self.width() - left, self.height())
        font = theme.font(Size.BODY, 700, mono=self._mono)
        text(painter, area, self._code, font, theme.color(Token.TEXT))


class Flowing(QWidget):
    """A painted piece whose height follows from its width."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """Say so to the layout."""
        return True

    def sizeHint(self) -> QSize:
        """Return the height at the present width."""
        return QSize(0, self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height with another width; layouts keep what a narrow moment had asked for."""
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()


class PhotoView(Flowing):
    """The chosen photo, whole."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._image = QImage()
        self.setAccessibleName("Photo")

    def show_image(self, image: QImage) -> None:
        """Show a photo; an empty image shows an empty frame."""
        self._image = image
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of a 16:10 frame."""
        return width * 10 // 16

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it cut to a rounded frame."""
        rounded_picture(QPainter(self), self.rect(), self._theme.px(10), self._image, self._theme)


class PhotoButton(QAbstractButton):
    """One small picture of the strip."""

    def __init__(self, theme: Theme, name: str, parent: QWidget, *, height: int) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image = QImage()
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.px(height))

    def show_image(self, image: QImage) -> None:
        """Show the small picture."""
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        """Return a third of the column."""
        return QSize(self._theme.px(100), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it; the chosen one has a frame."""
        painter = QPainter(self)
        rounded_picture(painter, self.rect(), self._theme.px(6), self._image, self._theme)
        if self.isChecked() or self.hasFocus():
            focus_ring(painter, self._theme, self.rect(), self._theme.px(6))


class Strip(QWidget):
    """The proof's photos in a row."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget, *, height: int = STRIP_HEIGHT) -> None:
        super().__init__(parent)
        self._theme = theme
        self._height = height
        self.buttons: list[PhotoButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(9))
        self._row.addStretch(0)

    def show_count(self, names: list[str]) -> None:
        """Make one button for each photo; the first is chosen."""
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for place, name in enumerate(names):
            button = PhotoButton(self._theme, name, self, height=self._height)
            button.clicked.connect(lambda _checked=False, place=place: self.chosen.emit(place))
            button.setChecked(place == 0)
            self._row.insertWidget(place, button, 1)
            self.buttons.append(button)
        self._fit()
        self.setVisible(bool(names))

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Share the row."""
        self._fit()

    def _fit(self) -> None:
        """Give each picture the same third, however many there are."""
        third = (self.width() - self._row.spacing() * (MAX_PHOTOS - 1)) // MAX_PHOTOS
        for button in self.buttons:
            button.setMaximumWidth(max(1, third))


class ReasonBox(Flowing):
    """Why something is not in the chat, and what to do."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._tone, self._headline, self._advice = BandTone.BAD, "", ""

    def show_reason(self, tone: BandTone, headline: str, advice: str) -> None:
        """Say it; without words the box is gone."""
        self._tone, self._headline, self._advice = tone, headline, advice
        self.setAccessibleName(f"{headline} {advice}".strip())
        self.setVisible(bool(headline or advice))
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of both paragraphs."""
        theme = self._theme
        lines = len(self._lines(width))
        return lines * self._line_height() + theme.px(22)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw headline and advice on a soft field."""
        painter, theme = QPainter(self), self._theme
        fill, line = (theme.color(each) for each in FILLS[self._tone])
        box(painter, self.rect(), theme.px(10), fill, mixed(line, fill))
        top, height = theme.px(11), self._line_height()
        ink = theme.color(Token.TEXT)
        for words_, strong in self._lines(self.width()):
            area = QRect(theme.px(12), top, self.width() - theme.px(24), height)
            text(painter, area, words_, theme.font(Size.SMALL, 600 if strong else 400), ink)
            top += height

    def _line_height(self) -> int:
        return round(QFontMetrics(self._theme.font(Size.SMALL)).height() * 1.2)

    def _lines(self, width: int) -> list[tuple[str, bool]]:
        theme = self._theme
        room = width - theme.px(24)
        strong = wrapped(self._headline, theme.font(Size.SMALL, 600), room) if self._headline else []
        rest = wrapped(self._advice, theme.font(Size.SMALL), room) if self._advice else []
        return [(line, True) for line in strong] + [(line, False) for line in rest]


class Steps(Flowing):
    """What happened to the proof, one line after the other."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._steps: tuple[Step, ...] = ()

    def show_steps(self, steps: tuple[Step, ...]) -> None:
        """Take in the proof's history."""
        self._steps = steps
        self.setAccessibleName(". ".join(f"{words.clock(step.at)} {step.text}" for step in steps))
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Return the height of all steps."""
        lines = sum(len(self._lines(step, width)) for step in self._steps)
        return lines * self._line_height() + len(self._steps) * self._theme.px(8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw dot, time and words of each step, joined by a thin line."""
        painter, theme = QPainter(self), self._theme
        height, top, middle = self._line_height(), 0, float(theme.px(5))
        left = self._words_left()
        previous: float | None = None
        for step in self._steps:
            at = top + height / 2
            if previous is not None:
                painter.setPen(QPen(theme.color(Token.LINE), 1))
                painter.drawLine(QPointF(middle, previous + theme.px(6)), QPointF(middle, at - theme.px(6)))
            previous = at
            dot(painter, QPointF(middle, at), theme.px(4), theme.color(_STEP_DOTS[step.tone]))
            clock = QRect(theme.px(20), top, left - theme.px(24), height)
            mono = theme.font(Size.SMALL, mono=True)
            text(painter, clock, words.clock(step.at), mono, theme.color(Token.MUTED))
            for line in self._lines(step, self.width()):
                area = QRect(left, top, self.width() - left, height)
                text(painter, area, line, theme.font(Size.SMALL), theme.color(Token.TEXT))
                top += height
            top += theme.px(8)

    def _words_left(self) -> int:
        return self._theme.px(30) + width_of("00:00:00", self._theme.font(Size.SMALL, mono=True))

    def _lines(self, step: Step, width: int) -> list[str]:
        return wrapped(step.text, self._theme.font(Size.SMALL), max(40, width - self._words_left()))

    def _line_height(self) -> int:
        return round(QFontMetrics(self._theme.font(Size.SMALL)).height() * 1.2)
