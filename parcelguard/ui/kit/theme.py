"""Colours, type and space: the one place that knows them.

Screens name tokens and sizes; only this module knows a colour value or a font file. Text
grows with the window and with the packer's setting, space only with the window, so that
large text never pushes the keys off the screen.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Literal

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette

from parcelguard.runtime.assets import asset

DESIGN_WIDTH, DESIGN_HEIGHT = 1366, 768
SMALLEST_TEXT = 12
TEXT_FONTS = ("Inter-Regular.otf", "Inter-SemiBold.otf", "Inter-Bold.otf")
CODE_FONTS = ("JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf")  # none is seen at the first paint


class Token(StrEnum):
    """What a colour is for."""

    BG = "bg"
    SURFACE = "surface"
    RAISED = "raised"
    LINE = "line"
    TEXT = "text"
    MUTED = "muted"
    ACCENT = "accent"
    ACCENT_FILL = "accent_fill"  # behind ON_FILL text; the plain accent is too light for it
    OK = "ok"
    OK_SOFT = "ok_soft"
    OK_FILL = "ok_fill"
    WARN = "warn"
    WARN_SOFT = "warn_soft"
    BAD = "bad"
    BAD_SOFT = "bad_soft"
    INFO_SOFT = "info_soft"
    ON_FILL = "on_fill"
    ON_MARK = "on_mark"  # text on a plain ok, warn or bad mark
    VEIL = "veil"  # behind text that lies on a picture
    ON_VEIL = "on_veil"
    CHAT = "chat"  # the marketplace's chat as the buyer sees it: light whatever the theme
    CHAT_BUBBLE = "chat_bubble"
    ON_CHAT = "on_chat"


_CHAT = {
    Token.CHAT: "#f3f4f6",
    Token.CHAT_BUBBLE: "#e6f4ea",
    Token.ON_CHAT: "#1f3528",
}
_DARK = {
    **_CHAT,
    Token.BG: "#0f1216",
    Token.SURFACE: "#171b21",
    Token.RAISED: "#1f252d",
    Token.LINE: "#2b323c",
    Token.TEXT: "#eef2f6",
    Token.MUTED: "#97a3b2",
    Token.ACCENT: "#4c8dff",
    Token.ACCENT_FILL: "#2f6fe0",
    Token.OK: "#2fbf71",
    Token.OK_SOFT: "#12301f",
    Token.OK_FILL: "#1c7d48",
    Token.WARN: "#f2b134",
    Token.WARN_SOFT: "#33280f",
    Token.BAD: "#f0524f",
    Token.BAD_SOFT: "#381917",
    Token.INFO_SOFT: "#14233f",
    Token.ON_FILL: "#ffffff",
    Token.ON_MARK: "#0f1216",
    Token.VEIL: "#c0101318",
    Token.ON_VEIL: "#f4f7fa",
}
_LIGHT = {
    **_CHAT,
    Token.BG: "#f5f7f9",
    Token.SURFACE: "#ffffff",
    Token.RAISED: "#eef1f4",
    Token.LINE: "#d9dfe6",
    Token.TEXT: "#14181d",
    Token.MUTED: "#5a6675",
    Token.ACCENT: "#1a66da",
    Token.ACCENT_FILL: "#1f6feb",
    Token.OK: "#12824a",
    Token.OK_SOFT: "#e3f5ea",
    Token.OK_FILL: "#12824a",
    Token.WARN: "#8a5a00",
    Token.WARN_SOFT: "#fdf2d8",
    Token.BAD: "#c62b28",
    Token.BAD_SOFT: "#fde7e6",
    Token.INFO_SOFT: "#e4eefc",
    Token.ON_FILL: "#ffffff",
    Token.ON_MARK: "#ffffff",
    Token.VEIL: "#c0101318",
    Token.ON_VEIL: "#f4f7fa",
}

# The small badge that names a shop: our own shades, dark enough for the white text on them.
_MARKETPLACES = {
    "shopee": "#cf3a14",
    "lazada": "#5648d8",
    "tiktok": "#0b7a75",
    "tokopedia": "#2a7d33",
    "chatwoot": "#1566b8",
}
_OTHER_MARKETPLACE = "#4d5a6b"


class Size(StrEnum):
    """The four sizes of text; large figures and keys reuse them."""

    SMALL = "small"
    BODY = "body"
    WORDS = "words"  # what to do next, read from 1.5 m
    CODE = "code"  # the order's number


_PIXELS = {Size.SMALL: 12.5, Size.BODY: 15.0, Size.WORDS: 19.0, Size.CODE: 25.0}
_WEIGHTS = {400: QFont.Weight.Normal, 600: QFont.Weight.DemiBold, 700: QFont.Weight.Bold}
Weight = Literal[400, 600, 700]


def window_scale(size: QSize) -> float:
    """Return how much larger than the drawings a window of this size is, in steps of 5 %."""
    ratio = min(size.width() / DESIGN_WIDTH, size.height() / DESIGN_HEIGHT)
    return round(min(max(ratio, 0.85), 2.8) * 20) / 20


@cache
def load_fonts(names: tuple[str, ...]) -> None:
    """Make bundled fonts known to Qt, once. Noto and the system's fonts fill in other scripts.

    Each further loading would add them once more and throw all fonts in use away, under open windows.
    """
    for name in names:
        QFontDatabase.addApplicationFont(str(asset(f"fonts/{name}")))


class Theme(QObject):
    """The look of this window now; `changed` tells widgets to lay out and paint again."""

    changed = Signal()

    def __init__(
        self,
        choice: Literal["dark", "light", "system"] = "dark",
        scale_percent: int = 100,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._choice = choice
        self._text_factor = scale_percent / 100
        self._scale = 1.0
        self._fonts: dict[tuple[Size, int, bool], QFont] = {}
        self._colors: dict[Token, QColor] = {}
        self._badges: dict[str, QColor] = {}
        self._read_colors()
        if choice == "system":
            QGuiApplication.styleHints().colorSchemeChanged.connect(self._recolour)

    @property
    def dark(self) -> bool:
        """Whether the dark colours are in use."""
        if self._choice == "system":
            return QGuiApplication.styleHints().colorScheme() != Qt.ColorScheme.Light
        return self._choice == "dark"

    @property
    def scale(self) -> float:
        """How much larger than in the drawings space is."""
        return self._scale

    def fit(self, window: QSize) -> None:
        """Follow the window's size."""
        scale = window_scale(window)
        if scale != self._scale:
            self._scale = scale
            self._fonts.clear()
            self.changed.emit()

    def color(self, token: Token) -> QColor:
        """Return the colour of a token."""
        return self._colors[token]

    def marketplace(self, name: str) -> QColor:
        """Return the badge colour of a marketplace or a shop label ('Shopee MY')."""
        words = name.split()
        key = words[0].lower() if words else ""
        if key not in self._badges:
            self._badges[key] = QColor(_MARKETPLACES.get(key, _OTHER_MARKETPLACE))
        return self._badges[key]

    def font(self, size: Size = Size.BODY, weight: Weight = 400, *, mono: bool = False) -> QFont:
        """Return a font; figures and codes that are compared take the monospace."""
        key = (size, weight, mono)
        if key not in self._fonts:
            font = QFont("JetBrains Mono" if mono else "Inter")
            font.setStyleHint(QFont.StyleHint.Monospace if mono else QFont.StyleHint.SansSerif)
            font.setWeight(_WEIGHTS[weight])
            font.setPixelSize(self.text_px(size))
            self._fonts[key] = font
        return self._fonts[key]

    def text_px(self, size: Size) -> int:
        """Return the height of text in pixels."""
        return max(SMALLEST_TEXT, round(_PIXELS[size] * self._scale * self._text_factor))

    def px(self, length: float) -> int:
        """Return a length of the drawings in pixels of this window."""
        return round(length * self._scale)

    def em(self, length: float) -> int:
        """Return a length that must hold text: it grows with the text too."""
        return round(length * self._scale * self._text_factor)

    @property
    def large_text(self) -> bool:
        """Whether text is so large that what matters least gives way."""
        return self._text_factor > 1.4

    def palette(self) -> QPalette:
        """Return the palette for what Qt draws by itself."""
        palette = QPalette()
        roles = {
            QPalette.ColorRole.Window: Token.BG,
            QPalette.ColorRole.Base: Token.RAISED,
            QPalette.ColorRole.AlternateBase: Token.SURFACE,
            QPalette.ColorRole.Button: Token.SURFACE,
            QPalette.ColorRole.WindowText: Token.TEXT,
            QPalette.ColorRole.Text: Token.TEXT,
            QPalette.ColorRole.ButtonText: Token.TEXT,
            QPalette.ColorRole.PlaceholderText: Token.MUTED,
            QPalette.ColorRole.Highlight: Token.ACCENT_FILL,
            QPalette.ColorRole.HighlightedText: Token.ON_FILL,
            QPalette.ColorRole.ToolTipBase: Token.RAISED,
            QPalette.ColorRole.ToolTipText: Token.TEXT,
        }
        for role, token in roles.items():
            palette.setColor(role, self._colors[token])
        return palette

    def _read_colors(self) -> None:
        values = _DARK if self.dark else _LIGHT
        self._colors = {token: QColor(value) for token, value in values.items()}

    def _recolour(self) -> None:
        self._read_colors()
        self.changed.emit()
