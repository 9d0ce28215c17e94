"""A language that nobody speaks, to find what was never translated and what does not fit."""

from __future__ import annotations

import re
from gettext import NullTranslations
from textwrap import wrap

OPENING, CLOSING = "⟦", "⟧"
_ACCENTED = str.maketrans(
    "AaBCcDdEeGgHhIiJjKkLlNnOoRrSsTtUuWwYyZz",
    "ÅåƁÇçĐđÉéĜĝĤĥÎîĴĵĶķĻļÑñÖöŔŕŠšŦŧÛûŴŵÝýŽž",
)
_LONGEST_FILLER = 8
_PLACEHOLDER = re.compile(r"(\{[^{}]*\})")


def pseudo_letters() -> str:
    """Return the letters that only this language has."""
    return "".join(map(chr, _ACCENTED.values()))


def pseudo(message: str) -> str:
    """Return a message with accents, 40 % longer and in brackets; its placeholders stay as they are."""
    pieces = _PLACEHOLDER.split(message)
    told = "".join(each if each.startswith("{") else each.translate(_ACCENTED) for each in pieces)
    # In words, as a longer language has more of them: a single long one would need a wider column.
    filler = wrap("~" * -(-len(message) * 2 // 5), _LONGEST_FILLER)
    return f"{OPENING}{told}{' '.join(filler)}{CLOSING}"


class PseudoTranslations(NullTranslations):
    """A catalogue that has every message."""

    def gettext(self, message: str) -> str:
        """Return the message in the pseudo-language."""
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the form for a count in the pseudo-language."""
        return pseudo(msgid1 if n == 1 else msgid2)
