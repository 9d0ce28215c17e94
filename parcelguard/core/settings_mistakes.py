"""What is wrong in a settings file: the place, and what should stand there, as a message with its values.

The screens and commands put it into the language in use; `str` of it is for the log.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, Struct

from parcelguard.core.errors import SettingsError
from parcelguard.core.message_id import msgid
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.shops import ShopReason

_NUMBER_BETWEEN = msgid("expected a whole number from {least} to {most}")
_NUMBER_FROM = msgid("expected a whole number, {least} or more")
_DECIMAL_BETWEEN = msgid("expected a number from {least} to {most}")
_TEXT_BETWEEN = msgid("expected text in quotes, {least} to {most} characters")
_TEXT = msgid("expected text in quotes, at most {most} characters")
_ANY_TEXT = msgid("expected text in quotes")
_ONE_OF = msgid("expected one of {names}")
_LIST_OF = msgid("expected a list of {names}")
_LIST = msgid("expected a list of texts in quotes")
_BOOL = msgid("expected true or false")
_OTHER = msgid("expected another value")


class Mistake(Struct, frozen=True):
    """One wrong value: where it stands, what stands there, and what is wrong with it."""

    place: str
    message: str
    values: tuple[tuple[str, str], ...] = ()
    found: str = ""  # as it stands in the file, shortened

    def __str__(self) -> str:
        told = self.message.format_map(dict(self.values))
        return f"{self.place} = {self.found}: {told}" if self.found else f"{self.place}: {told}"


class WrongSettings(SettingsError):
    """A settings file that can be read and is wrong; `mistakes` names every one of them."""

    def __init__(self, mistakes: tuple[Mistake, ...], path: str = "") -> None:
        lines = [path, *(f"  {mistake}" for mistake in mistakes)] if path else list(map(str, mistakes))
        kind = ShopReason.WRONG_SETTINGS_FILE if path else ShopReason.WRONG_SETTINGS
        super().__init__("\n".join(lines), because(kind, path=path) if path else because(kind))
        self.mistakes = mistakes


def mistake(place: str, message: str, *, found: str = "", **values: object) -> Mistake:
    """Return a mistake with what its message mentions."""
    return Mistake(place, message, tuple((name, str(value)) for name, value in values.items()), found)


def wrong_value(place: str, kind: Any, value: object) -> Mistake:
    """Return what should stand in place of a value that is not of this kind."""
    text = repr(value)
    found = text if len(text) <= 60 else f"{text[:57]}…"
    message, values = _expected(kind)
    return mistake(place, message, found=found, **values)


def _expected(kind: Any) -> tuple[str, dict[str, object]]:
    base, limits = kind, list[Meta]()
    if get_origin(kind) is Annotated:
        base, *limits = get_args(kind)
    described = next((limit.description for limit in limits if limit.description), None)
    if described:
        return described, {}
    if get_origin(base) is Literal:
        return _ONE_OF, {"names": ", ".join(map(str, get_args(base)))}
    if get_origin(base) is tuple:
        each = get_args(base)[0]
        names = ", ".join(map(str, get_args(each)))
        return (_LIST_OF, {"names": names}) if get_origin(each) is Literal else (_LIST, {})
    if base is bool:
        return _BOOL, {}
    return _expected_number_or_text(base, limits)


def _expected_number_or_text(base: Any, limits: list[Meta]) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {}
    for limit in limits:
        least = limit.ge if limit.ge is not None else limit.min_length
        most = limit.le if limit.le is not None else limit.max_length
        values |= {name: value for name, value in (("least", least), ("most", most)) if value is not None}
    if base is int:
        return (_NUMBER_BETWEEN if "most" in values else _NUMBER_FROM), values
    if base is str:
        return (_TEXT_BETWEEN if "least" in values else _TEXT if "most" in values else _ANY_TEXT), values
    for part in get_args(base):  # a number, or nothing
        if get_origin(part) is Annotated and get_args(part)[0] is float:
            return _DECIMAL_BETWEEN, _expected_number_or_text(None, list(get_args(part)[1:]))[1]
    return _OTHER, values
