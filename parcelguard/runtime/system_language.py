"""Which of the languages there are this computer's user reads, asked of the system and without Qt."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

ENGLISH = "en"
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides, says POSIX


def system_languages(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the codes of the languages this computer is set to, the dearest first: ["zh_CN", "en"]."""
    if sys.platform == "win32":
        from ctypes import windll
        from locale import windows_locale

        code = windows_locale.get(windll.kernel32.GetUserDefaultUILanguage())
        return [code] if code else []
    chosen = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    listed = [*environment.get("LANGUAGE", "").split(":"), chosen]  # gettext's own list comes first
    return [code for code in (each.partition(".")[0].partition("@")[0] for each in listed) if code]


def fitting_language(wanted: Sequence[str], known: Sequence[str]) -> str:
    """Return the first wanted language that is known, in its own country's form or any; else English."""
    for code in wanted:
        language = code.partition("_")[0]
        # English needs no catalogue: who reads it gets it before a language that comes later in the list.
        if language == ENGLISH:
            return ENGLISH
        for candidate in (code, language):
            if candidate in known:
                return candidate
    return ENGLISH
