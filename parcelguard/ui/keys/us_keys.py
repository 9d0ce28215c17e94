"""What a physical key means on a US keyboard, whatever layout or input method is in use.

Scanners press keys of a US keyboard. Linux (evdev) and the PC's scan codes of set 1 give the
keys of the main block the same numbers; X11 and Wayland add 8.
"""

from __future__ import annotations

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)

_CHARACTERS: dict[int, tuple[str, str]] = {
    first + offset: pair
    for first, plain, shifted in _ROWS
    for offset, pair in enumerate(zip(plain, shifted, strict=True))
}

_OFFSETS = {"xcb": 8, "wayland": 8, "windows": 0}


def physical_offset(platform: str) -> int | None:
    """Return what a platform adds to the codes of keys; None where it tells no codes."""
    return _OFFSETS.get(platform.split("-", maxsplit=1)[0])


def us_character(code: int, *, shift: bool) -> str | None:
    """Return the character on a key of the main block, or None elsewhere. Caps Lock does not count."""
    pair = _CHARACTERS.get(code)
    return pair[shift] if pair else None
