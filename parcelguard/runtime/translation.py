"""The language a person reads. English stands in the code and is the key to every other language.

`tr` and `trn` are called where a sentence is shown, never at import: the language may change while the
program works. What is only named beforehand is marked with `core.message_id.msgid`.
"""

from __future__ import annotations

from gettext import NullTranslations, translation
from pathlib import Path

from parcelguard.runtime.assets import asset
from parcelguard.runtime.system_language import ENGLISH as ENGLISH
from parcelguard.runtime.system_language import fitting_language, system_languages

PSEUDO = "pseudo"  # every letter accented, longer, in brackets: shows what was forgotten and what is cut
DOMAIN = "parcelguard"


class _Language:
    """The one language in use; a catalogue is never changed, only replaced."""

    catalogue: NullTranslations = NullTranslations()
    code: str = ENGLISH


def use_language(code: str, folder: Path | None = None) -> None:
    """Show what comes in another language; English where its catalogue is missing or has no such sentence.

    "" stands for the language of this computer, where there is a catalogue for it.
    `folder`: where the catalogues lie, `<code>/LC_MESSAGES/parcelguard.mo`; the program's own unless given.
    """
    code = code or fitting_language(system_languages(), languages(folder))
    _Language.code = code
    if code == PSEUDO:
        from parcelguard.runtime.pseudo_language import PseudoTranslations

        _Language.catalogue = PseudoTranslations()
    elif code == ENGLISH:
        _Language.catalogue = NullTranslations()  # no catalogue to look for on the way to the first paint
    else:
        _Language.catalogue = translation(DOMAIN, folder or asset("translations"), [code], fallback=True)


def languages(folder: Path | None = None) -> list[str]:
    """Return the codes of the languages that there is a catalogue for, besides English."""
    catalogues = (folder or asset("translations")).glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return sorted(path.parts[-3] for path in catalogues)


def language() -> str:
    """Return the code of the language in use: "en", "id", "zh_CN"."""
    return _Language.code


def tr(message: str, **values: object) -> str:
    """Return a message in the language in use, with its values filled in. An empty one stays empty."""
    if not message:
        return ""
    told = _Language.catalogue.gettext(message)
    return told.format_map(values) if values else told


def trn(one: str, many: str, count: int, **values: object) -> str:
    """Return the form of a message that a count asks for; `{count}` stands for it, thousands marked."""
    told = _Language.catalogue.ngettext(one, many, count)
    return told.format_map({"count": f"{count:,}", **values})
