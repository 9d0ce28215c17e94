"""What a window really shows, read back from its painting, to find plain English and cut text.

The window is painted into an SVG, where every text stands as text, whichever widget painted it and how. In
the pseudo-language each message comes in brackets: a letter outside them was never translated, and a bracket
that is opened and not closed was cut.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QIODevice, QPoint
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QWidget

from parcelguard.runtime.pseudo_language import CLOSING, OPENING, pseudo_letters
from parcelguard.runtime.translation import ENGLISH, PSEUDO, use_language

_INSIDE = re.compile(f"{OPENING}[^{OPENING}{CLOSING}]*{CLOSING}")
_PSEUDO_LETTER = re.compile(f"[{pseudo_letters()}]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_SVG_TEXT = "{http://www.w3.org/2000/svg}text"


@contextmanager
def pseudo_language() -> Iterator[None]:
    """Speak the pseudo-language, and English afterwards."""
    use_language(PSEUDO)
    try:
        yield
    finally:
        use_language(ENGLISH)


def painted_lines(widget: QWidget) -> list[str]:
    """Return every line of text that the widget and all that is visible on it paint, in order."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    svg = QSvgGenerator()
    svg.setOutputDevice(buffer)
    svg.setSize(widget.size())
    painter = QPainter(svg)
    widget.render(painter, QPoint(0, 0))
    painter.end()
    root = ElementTree.fromstring(bytes(buffer.data().data()))
    return ["".join(each.itertext()).strip() for each in root.iter(_SVG_TEXT)]


def spoken_names(widget: QWidget) -> Iterator[str]:
    """Yield what a screen reader or a resting mouse tells of the visible controls."""
    for each in (widget, *widget.findChildren(QWidget)):
        if each.isVisibleTo(widget):
            yield from (each.accessibleName(), each.accessibleDescription(), each.toolTip())
            if isinstance(each, QLineEdit | QPlainTextEdit):
                yield each.placeholderText()


def plain_english(widget: QWidget, data: Collection[str] = ()) -> list[str]:
    """Return what is shown or told outside the brackets of the pseudo-language and is no `data`.

    `data`: names and numbers that no language changes; also as parts of a line.
    """
    painted = "\n".join(painted_lines(widget))  # a message may go over several lines
    told = [*_outside(painted), *(piece for name in spoken_names(widget) for piece in _outside(name))]
    return [piece for piece in told if _WORD.search(_without(piece, data))]


def english_in(text: str, data: Collection[str] = ()) -> list[str]:
    """Return what a command or a page says outside the brackets of the pseudo-language and is no `data`."""
    return [piece for piece in _outside(text) if _WORD.search(_without(piece, data))]


def cut_texts(widget: QWidget) -> list[str]:
    """Return what does not fit: messages painted without their end, and labels larger than their place."""
    painted = painted_lines(widget)
    # Another font may paint the brackets, so that they stand as pieces of their own.
    cut = [line for line in painted if line.endswith("…") and _PSEUDO_LETTER.search(line)]
    labels = [each for each in widget.findChildren(QLabel) if each.isVisibleTo(widget)]
    buttons = [each for each in widget.findChildren(QAbstractButton) if each.isVisibleTo(widget)]
    cut += [each.text() for each in labels if OPENING in each.text() and _too_small(each)]
    cut += [each.text() for each in buttons if OPENING in each.text() and each.width() < _needed(each)]
    return cut


def _outside(words: str) -> list[str]:
    while _INSIDE.search(words):  # a value may come in brackets of its own
        words = _INSIDE.sub("\n", words)
    return [piece.strip() for piece in words.split("\n") if piece.strip()]


def _without(piece: str, data: Collection[str]) -> str:
    for each in sorted(data, key=len, reverse=True):
        piece = piece.replace(each, "")
    return piece


def _too_small(label: QLabel) -> bool:
    if label.wordWrap():
        return label.heightForWidth(label.width()) > label.height()
    return label.sizeHint().width() > label.width()


def _needed(button: QAbstractButton) -> int:
    return button.fontMetrics().horizontalAdvance(button.text())
