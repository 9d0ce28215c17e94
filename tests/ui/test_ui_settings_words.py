"""Each mistake in the settings file is said in the language in use, with its place and what stands there."""

from __future__ import annotations

import pytest

from parcelguard.core.config import parse_settings
from parcelguard.core.errors import NoNetwork
from parcelguard.core.settings_mistakes import WrongSettings
from parcelguard.runtime.pseudo_language import OPENING
from parcelguard.ui.words.settings_words import mistake_lines
from tests.support.pseudo_walk import pseudo_language

LINES = [
    ('[bench]\nstation = ""', "bench.station = '': expected text in quotes, 1 to 40 characters"),
    ("[camera]\nwidth = 1", "camera.width = 1: expected a whole number from 320 to 7680"),
    ("[camera]\nread_codes = 1", "camera.read_codes = 1: expected true or false"),
    (
        "[camera]\nsymbologies = ['Morse']",
        "camera.symbologies = ['Morse']: expected a list of Code128, QRCode, EAN13,",
    ),
    ("[screen]\ntheme = 'pink'", "screen.theme = 'pink': expected one of dark, light, system"),
    ("[scanner]\nprefix = 7", "scanner.prefix = 7: expected text in quotes, at most 10 characters"),
    ("[folders]\nmedia = 7", "folders.media = 7: expected text in quotes"),
    ("marketplaces_off = 'all'", "marketplaces_off = 'all': expected a list of texts in quotes"),
    ("[colours]", "colours: not a setting; known here:"),
    ("bench = 7", "bench: expected a section, found 7"),
    (
        "[[shops]]\nid = 'kopi'\nname = 'Kopi'\nshop_id = -1",
        "shops[1].shop_id = -1: expected a whole number, 0 or more",
    ),
    (
        "[[shops]]\nid = 'kopi'\nname = 'Kopi'\nseconds_between_messages = 99",
        "shops[1].seconds_between_messages = 99: expected a number from 0 to 60",
    ),
    ("[bench\n", "file: not readable as TOML: "),
]


def wrong(text: str) -> WrongSettings:
    with pytest.raises(WrongSettings) as caught:
        parse_settings(text)
    return caught.value


@pytest.mark.parametrize(("text", "line"), LINES, ids=range(len(LINES)))
def test_each_mistake_says_what_should_stand_there(text: str, line: str) -> None:
    error = wrong(text)
    (shown,) = mistake_lines(error)
    assert shown.startswith(line)
    assert shown in str(error)


@pytest.mark.parametrize(("text", "line"), LINES, ids=range(len(LINES)))
def test_each_mistake_can_be_translated(text: str, line: str) -> None:
    with pseudo_language():
        (shown,) = mistake_lines(wrong(text))
    assert shown.count(OPENING) == 2  # the line, and what is wrong in it
    assert line.partition(" ")[0] in shown


def test_another_error_has_no_lines() -> None:
    assert mistake_lines(NoNetwork()) == []
