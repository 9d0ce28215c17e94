from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFontInfo
from pytestqt.qtbot import QtBot

from parcelguard.runtime.assets import asset
from parcelguard.ui.kit.theme import (
    CODE_FONTS,
    SMALLEST_TEXT,
    TEXT_FONTS,
    Size,
    Theme,
    Token,
    load_fonts,
    window_scale,
)
from tests.support.ui_helpers import make_settings

PAIRS = [
    *(
        (ink, ground)
        for ink in (Token.TEXT, Token.MUTED)
        for ground in (Token.BG, Token.SURFACE, Token.RAISED)
    ),
    *((Token.TEXT, soft) for soft in (Token.OK_SOFT, Token.WARN_SOFT, Token.BAD_SOFT, Token.INFO_SOFT)),
    *((Token.ON_FILL, fill) for fill in (Token.ACCENT_FILL, Token.OK_FILL)),
    *((Token.ON_MARK, mark) for mark in (Token.OK, Token.WARN, Token.BAD)),
    (Token.MUTED, Token.INFO_SOFT),
    (Token.ACCENT, Token.BG),
]


def luminance(color: QColor) -> float:
    parts = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_all_text_can_be_read_on_its_ground(qtbot: QtBot, choice: str) -> None:
    theme = Theme(choice)  # type: ignore[arg-type]
    weak = {pair: contrast(theme.color(pair[0]), theme.color(pair[1])) for pair in PAIRS}
    assert {pair: round(ratio, 2) for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("name", ["Shopee MY", "Lazada MY", "Tiktok SG", "Tokopedia", "Bukalapak ID", ""])
def test_every_shop_badge_can_be_read(qtbot: QtBot, name: str) -> None:
    theme = Theme()
    assert contrast(theme.color(Token.ON_FILL), theme.marketplace(name)) >= 4.5


def test_text_grows_with_the_window_and_the_setting() -> None:
    assert window_scale(QSize(1366, 768)) == 1.0
    assert window_scale(QSize(3840, 2160)) == 2.8
    theme = Theme(scale_percent=150)
    theme.fit(QSize(1920, 1080))
    assert theme.text_px(Size.CODE) == round(25 * 1.4 * 1.5)


@pytest.mark.parametrize("size", list(Size))
def test_no_text_is_smaller_than_twelve_pixels(size: Size) -> None:
    theme = Theme()
    theme.fit(QSize(800, 500))
    assert theme.text_px(size) >= SMALLEST_TEXT


def test_the_bundled_fonts_are_used(qtbot: QtBot) -> None:
    load_fonts(TEXT_FONTS + CODE_FONTS)
    theme = Theme()
    assert QFontInfo(theme.font()).family() == "Inter"
    assert QFontInfo(theme.font(mono=True)).family() == "JetBrains Mono"
    assert all(asset(f"fonts/{name}").is_file() for name in TEXT_FONTS + CODE_FONTS)


def test_system_follows_what_the_system_says(qtbot: QtBot) -> None:
    assert isinstance(Theme(make_settings(theme="system").screen.theme).dark, bool)
