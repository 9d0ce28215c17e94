"""Refreshes the catalogues in assets/translations: `make words`.

What stands in the code goes into parcelguard.pot; each language's .po file takes over what is new and keeps
what is translated, and is compiled into the .mo file that the program reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "assets" / "translations"
TEMPLATE = FOLDER / "parcelguard.pot"
KEYWORDS = {"tr": None, "trn": (1, 2), "msgid": None}  # see parcelguard/runtime/translation.py
COMMENT = "i18n:"  # begins a comment that a translator reads


def template() -> Catalog:
    """Return every message that stands in the code, with the files it stands in."""
    catalogue = Catalog(project="ParcelGuard", charset="utf-8")
    found = extract_from_dir(
        ROOT / "parcelguard", [("**.py", "python")], keywords=KEYWORDS, comment_tags=(COMMENT,)
    )
    for path, _line, message, comments, context in sorted(found, key=lambda each: each[:2]):
        where = [(f"parcelguard/{Path(path).as_posix()}", 0)]
        catalogue.add(message, None, where, auto_comments=comments, context=context)
    return catalogue


def translated(catalogue: Catalog) -> Catalog:
    """Return what is translated whole; the rest is shown in English, and never as nothing."""
    whole = Catalog(locale=catalogue.locale)
    for message in catalogue:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and all(forms):
            whole.add(message.id, message.string, context=message.context)
    return whole


def languages() -> Iterator[Path]:
    """Yield the .po file of each language."""
    yield from sorted(FOLDER.glob("*/LC_MESSAGES/parcelguard.po"))


def main() -> None:
    """Write the template, and bring every language up to it."""
    messages = template()
    FOLDER.mkdir(exist_ok=True)
    with TEMPLATE.open("wb") as file:
        # No date and no line numbers: the file changes when a message does, and only then.
        write_po(file, messages, omit_header=True, include_lineno=False, sort_by_file=True)
    for path in languages():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        catalogue.update(messages, no_fuzzy_matching=True)
        with path.open("wb") as file:
            write_po(
                file, catalogue, include_lineno=False, ignore_obsolete=True, sort_by_file=True, width=100
            )
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, translated(catalogue))
    print(f"{len(messages)} messages, {len(list(languages()))} languages beside English")


if __name__ == "__main__":
    main()
