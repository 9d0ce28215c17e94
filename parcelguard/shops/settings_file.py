"""Changing the settings file from inside the program, as carefully as its owner would.

Only the lines of the changed section are touched; remarks, order and everything else stay as they
were written. A change is checked as a whole before it replaces the file, and a file that has a
mistake is never written over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from parcelguard.core.config import Settings, ShopSettings, parse_settings
from parcelguard.core.errors import SettingsError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason
from parcelguard.disk.files import write_durably

_SHOP = "[[shops]]"
_HEADER = re.compile(r"\s*\[")
_LONG_TEXT = ('"""', "'''")
_TEXT = re.compile(r'"{3}|\'{3}|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')
_REMARK = re.compile(r"\s*(#.*)?$")


class SettingsFile:
    """The one settings file. Safe to use from several threads.

    Each change returns what now holds, or raises SettingsError (StorageError when the disk refuses);
    then nothing was written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def read(self) -> Settings:
        """Return what the file says now."""
        return _checked_before(self._path, _read(self._path)[0])

    def change_shop(self, shop_id: str, values: Mapping[str, Any]) -> Settings:
        """Change some values of a shop; None takes one back to its usual value."""
        return self._write(
            lambda before, lines: _splice(lines, _section(lines, _place(before, shop_id)), values),
            lambda before: _with(before, {shop_id: _changed(before.shops[_place(before, shop_id)], values)}),
        )

    def add_shop(self, values: Mapping[str, Any]) -> Settings:
        """Add a shop below the others."""
        given = {name: value for name, value in values.items() if value is not None}

        def edit(before: Settings, lines: list[str]) -> list[str]:
            end = _section(lines, len(before.shops) - 1)[1] if before.shops else len(lines)
            if before.shops or any(line.strip() for line in lines):
                return [*lines[:end], "\n", f"{_SHOP}\n", *_written(given), *lines[end:]]
            return [f"{_SHOP}\n", *_written(given)]

        def wanted(before: Settings) -> Settings:
            shops = (*before.shops, msgspec.convert(given, ShopSettings))
            return msgspec.structs.replace(before, shops=shops)

        return self._write(edit, wanted)

    def remove_shop(self, shop_id: str) -> Settings:
        """Take a shop out. Remarks around it stay."""

        def edit(before: Settings, lines: list[str]) -> list[str]:
            first, end = _section(lines, _place(before, shop_id))
            return lines[:first] + lines[end:]

        return self._write(edit, lambda before: _with(before, {shop_id: None}))

    def switch_marketplaces_off(self, names: tuple[str, ...]) -> Settings:
        """Say which marketplaces' master switches are off."""

        def edit(_before: Settings, lines: list[str]) -> list[str]:
            return _splice(lines, _head(lines), {"marketplaces_off": list(names)})

        return self._write(edit, lambda before: msgspec.structs.replace(before, marketplaces_off=names))

    def _write(
        self,
        edit: Callable[[Settings, list[str]], list[str]],
        wanted: Callable[[Settings], Settings],
    ) -> Settings:
        """Change the lines, and write them only when they say what was wanted and nothing else."""
        with self._lock:
            text, line_end = _read(self._path)
            before = _checked_before(self._path, text)
            edited = "".join(edit(before, text.splitlines(keepends=True)))
            after = _checked_after(edited)
            # The lines are found by their looks. What came out is compared with what was meant, so that an
            # unusual way of writing can make a change impossible, but never change another value.
            if after != wanted(before):
                raise _not_from_here("other values would change")
            kept = self._path.resolve()  # its owner may keep it elsewhere and have only a link here
            write_durably(kept, edited.replace("\n", line_end).encode())
            return after


def _read(path: Path) -> tuple[str, str]:
    """Return the text, its last line ended and all ends plain, and the line end that the file uses."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return "", "\n"
    except (OSError, UnicodeDecodeError) as error:
        reason = because(ShopReason.SETTINGS_UNREADABLE, path=str(path))
        raise SettingsError(f"{path}: {error}", reason) from error
    plain = text.replace("\r\n", "\n")  # edited like this, written with the file's own ends
    ended = plain if not plain or plain.endswith("\n") else f"{plain}\n"
    return ended, "\r\n" if "\r\n" in text else "\n"


def _checked_before(path: Path, text: str) -> Settings:
    try:
        return parse_settings(text)
    except SettingsError as error:
        raise SettingsError(f"{path}\n{error}", because(ShopReason.SETTINGS_DAMAGED)) from error


def _checked_after(text: str) -> Settings:
    try:
        return parse_settings(text)
    except SettingsError as error:
        mistakes = " ".join(str(error).split())
        raise SettingsError(mistakes, because(ShopReason.WRONG_VALUES, mistakes=mistakes)) from error


# ---- lines -------------------------------------------------------------------------------

Extent = tuple[int, int]  # first line, and the one after the last


def _section(lines: list[str], number: int) -> Extent:
    """Return which lines are those of a shop; remarks below it belong to the section that follows."""
    headers = _headers(lines)
    shops = [n for n in headers if lines[n].split("#")[0].strip() == _SHOP]
    if number >= len(shops):  # the shops stand in a list on one line
        raise _not_from_here("no section of its own")
    first = shops[number]
    return first, _without_remarks(lines, first + 1, next((n for n in headers if n > first), len(lines)))


def _head(lines: list[str]) -> Extent:
    """Return which lines stand above the first section."""
    return 0, _without_remarks(lines, 0, next(iter(_headers(lines)), len(lines)))


def _headers(lines: list[str]) -> list[int]:
    """Return which lines begin a section; what looks like one inside a text of several lines does not."""
    found, inside = [], ""
    for n, line in enumerate(lines):
        if not inside and _HEADER.match(line):
            found.append(n)
        inside = _still_inside(line, inside)
    return found


def _still_inside(line: str, inside: str) -> str:
    """Return the quotes of the text that goes on in the next line, if one does; `inside`: into this one."""
    place = 0
    while True:
        if inside:
            end = line.find(inside, place)
            if end < 0:
                return inside
            inside, place = "", end + len(inside)
        elif found := _TEXT.search(line, place):
            inside, place = found[0] if found[0] in _LONG_TEXT else "", found.end()
        else:
            return ""


def _without_remarks(lines: list[str], first: int, end: int) -> int:
    while end > first and _REMARK.match(lines[end - 1]):
        end -= 1
    return end


def _splice(lines: list[str], extent: Extent, values: Mapping[str, Any]) -> list[str]:
    """Return the lines with some values of one section changed, added, or taken out."""
    first, end = extent
    changed = _edited("".join(lines[first:end]), values)
    if first == end:  # the first value above all sections
        changed.append("\n")
    return lines[:first] + changed + lines[end:]


def _edited(text: str, values: Mapping[str, Any]) -> list[str]:
    import tomlkit  # only who changes something pays for it
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:  # the section ends elsewhere than it seemed
        raise _not_from_here(type(error).__name__) from error
    # Parsed alone, so that the library rewrites nothing of the other sections.
    table: Any = document["shops"][0] if "shops" in document else document
    for name, value in values.items():
        if value is None:
            table.pop(name, None)
        else:
            table[name] = value
    return document.as_string().splitlines(keepends=True)


def _written(values: Mapping[str, Any]) -> list[str]:
    import tomlkit

    return tomlkit.dumps(values).splitlines(keepends=True)


def _not_from_here(detail: str) -> SettingsError:
    return SettingsError(detail, because(ShopReason.SETTINGS_WRITTEN_OTHERWISE))


# ---- values ------------------------------------------------------------------------------


def _place(settings: Settings, shop_id: str) -> int:
    for place, shop in enumerate(settings.shops):
        if shop.id == shop_id:
            return place
    raise SettingsError(f"no shop {shop_id!r}", because(ShopReason.NO_SUCH_SHOP))


def _changed(shop: ShopSettings, values: Mapping[str, Any]) -> ShopSettings:
    usual = {field.name: field.default for field in msgspec.structs.fields(ShopSettings)}
    new = {name: usual[name] if value is None else value for name, value in values.items()}
    return msgspec.structs.replace(shop, **new)


def _with(before: Settings, changed: Mapping[str, ShopSettings | None]) -> Settings:
    """Return the settings with some shops changed, or taken out where None stands."""
    shops = (changed.get(shop.id, shop) for shop in before.shops)
    return msgspec.structs.replace(before, shops=tuple(shop for shop in shops if shop is not None))
