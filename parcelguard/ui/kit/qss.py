"""The one builder of style sheets: for the widgets that Qt draws itself. Colours come from tokens."""

from __future__ import annotations

from parcelguard.ui.kit.theme import Size, Theme, Token


def line_edit_sheet(theme: Theme, size: Size = Size.BODY, *, mono: bool = False) -> str:
    """Return the look of one text field."""
    family = "JetBrains Mono" if mono else "Inter"
    return (
        f"QLineEdit {{ background: {_color(theme, Token.RAISED)}; color: {_color(theme, Token.TEXT)};"
        f" border: 1px solid {_color(theme, Token.LINE)}; border-radius: {theme.px(8)}px;"
        f" padding: 0 {theme.px(12)}px; font-family: '{family}'; font-size: {theme.text_px(size)}px;"
        f" selection-background-color: {_color(theme, Token.ACCENT_FILL)}; min-height: {theme.em(34)}px; }}"
        f"QLineEdit:focus {{ border-color: {_color(theme, Token.ACCENT)}; }}"
    )


def _color(theme: Theme, token: Token) -> str:
    return theme.color(token).name()


def page_sheet(theme: Theme) -> str:
    """Return the look of a page with fields, buttons and lists."""
    px = theme.px
    small = theme.text_px(Size.SMALL)
    values = {
        "bg": _color(theme, Token.BG),
        "surface": _color(theme, Token.SURFACE),
        "raised": _color(theme, Token.RAISED),
        "line": _color(theme, Token.LINE),
        "text": _color(theme, Token.TEXT),
        "muted": _color(theme, Token.MUTED),
        "accent": _color(theme, Token.ACCENT),
        "fill": _color(theme, Token.ACCENT_FILL),
        "on_fill": _color(theme, Token.ON_FILL),
        "small": f"{small}px; font-family: 'Inter'",
        "words": f"{theme.text_px(Size.WORDS)}px; font-family: 'Inter'",
        "body": f"{theme.text_px(Size.BODY)}px; font-family: 'Inter'",
        "gap": f"{px(7)}px",
        "low": f"{theme.em(24)}px",
        "radius": f"{px(8)}px",
        "pad": f"{px(12)}px",
        "tall": f"{theme.em(34)}px",
        "bar": f"{px(10)}px",
    }
    return _PAGE.format(**values)


_PAGE = """
QLineEdit, QPlainTextEdit, QComboBox {{
    background: {raised}; color: {text}; border: 1px solid {line}; border-radius: {radius};
    padding: 0 {pad}; font-size: {small}; min-height: {tall}; selection-background-color: {fill};
    selection-color: {on_fill};
}}
QPlainTextEdit {{ padding: 6px; }}
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus {{ border-color: {accent}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox QAbstractItemView {{
    background: {raised}; color: {text}; border: 1px solid {line}; font-size: {small};
    selection-background-color: {fill}; selection-color: {on_fill}; outline: none;
}}
QPushButton {{
    background: {raised}; color: {text}; border: 1px solid {line}; border-radius: {radius};
    padding: 0 {pad}; font-size: {small}; font-weight: 600; min-height: {tall};
}}
QPushButton:hover {{ border-color: {muted}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {muted}; }}
QPushButton[main="true"] {{ background: {fill}; color: {on_fill}; border-color: {fill}; }}
QPushButton[main="true"]:disabled {{ background: {raised}; color: {muted}; border-color: {line}; }}
QPushButton[main="true"]:focus {{ border-color: {text}; }}
QPushButton[small="true"] {{ padding: 0 {gap}; min-height: {low}; }}
QPushButton[quiet="true"] {{ background: transparent; color: {muted}; border-color: transparent; }}
QPushButton[quiet="true"]:hover, QPushButton[quiet="true"]:focus {{ color: {text}; border-color: {line}; }}
QLabel {{ color: {muted}; font-size: {small}; background: transparent; }}
QLabel[name="true"] {{ color: {text}; font-weight: 600; }}
QLabel[read="true"] {{ color: {text}; font-size: {body}; }}
QLabel[title="true"] {{ color: {text}; font-size: {body}; font-weight: 700; }}
QLabel[strong="true"] {{ color: {text}; font-size: {words}; font-weight: 600; }}
QMenu {{ background: {raised}; color: {text}; border: 1px solid {line}; font-size: {small}; padding: 4px; }}
QMenu::item {{ padding: 7px {pad}; border-radius: 4px; }}
QMenu::item:selected {{ background: {fill}; color: {on_fill}; }}
QTableView {{
    background: {bg}; border: 2px solid {bg}; border-radius: 4px; gridline-color: {line}; outline: none;
}}
QTableView:focus {{ border-color: {accent}; }}
QListView {{ background: {bg}; border: none; outline: none; }}
QHeaderView {{ background: {bg}; border: none; }}
QHeaderView::section {{
    background: {bg}; color: {muted}; border: none; border-bottom: 1px solid {line};
    padding: 6px; font-size: {small}; font-weight: 600; text-align: left;
}}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollArea {{ border: 1px solid transparent; border-radius: {radius}; }}
QScrollArea:focus {{ border-color: {accent}; }}
QScrollBar:vertical {{ background: transparent; width: {bar}; margin: 0; }}
QScrollBar::handle:vertical {{ background: {line}; border-radius: 4px; min-height: 30px; }}
QScrollBar::handle:vertical:disabled {{ background: transparent; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar:horizontal {{ height: 0; }}
"""
