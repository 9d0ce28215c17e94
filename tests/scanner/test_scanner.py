"""What becomes of a code between scanner and desk."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import pytest

from parcelguard.core.scans import Scan, ScanSource
from parcelguard.scanner.normaliser import LONGEST_CODE, MOST_CANDIDATES, read_scan
from parcelguard.scanner.recogniser import is_gtin, recognise

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
SPX = "SPXID054330680586"


def read(raw: str, **wishes: str) -> Scan:
    scan = read_scan(raw, ScanSource.WEDGE, **wishes)
    assert scan
    return scan


# ---- evening out ---------------------------------------------------------------------------


def test_raw_text_is_kept_beside_the_normalised_one() -> None:
    scan = read(" spxid-054330680586\r\n")
    assert (scan.text, scan.raw) == ("SPXID-054330680586", " spxid-054330680586\r\n")


@pytest.mark.parametrize(
    ("raw", "symbology"),
    [
        (f"]C0{SPX}", "Code128"),
        (f"]C1{SPX}", "Code128"),
        (f"]Q3{SPX}", "QRCode"),
        (f"]d2{SPX}", "DataMatrix"),
        (f"]I0{SPX}", "ITF"),
        (f"]X9{SPX}", ""),
    ],
)
def test_aim_identifier_names_the_symbology_and_is_no_part_of_the_code(raw: str, symbology: str) -> None:
    scan = read(raw)
    assert (scan.text, scan.symbology) == (SPX, symbology)


def test_symbology_told_by_the_reader_wins() -> None:
    assert read(f"]C0{SPX}", symbology="QRCode").symbology == "QRCode"


@pytest.mark.parametrize("raw", [f"\x02]C0{SPX}\x03", f"\ufeff]C0{SPX}", f"\u200b]C0{SPX}\r"])
def test_aim_identifier_is_found_behind_what_cannot_be_seen(raw: str) -> None:
    assert read(raw).text == SPX


def test_prefix_and_suffix_of_the_scanner_are_removed_once() -> None:
    assert read("##12345678900", prefix="#").text == "#12345678900"
    assert read("5512345678", prefix="5").text == "512345678"
    assert read("12345678ZZZZ", suffix="ZZ").text == "12345678ZZ"


def test_prefix_is_found_before_and_behind_the_aim_identifier() -> None:
    assert read(f"~]C0{SPX}", prefix="~").text == SPX
    assert read(f"]C0~{SPX}", prefix="~").text == SPX


def test_prefix_and_suffix_may_be_small_letters() -> None:
    assert read("xspxid054330680586end", prefix="x", suffix="end").text == SPX


def test_code_that_is_nothing_but_decoration_is_no_scan() -> None:
    for raw in ("", "  \r\n", "\x00\x01\u200b", "]C0", "~"):
        assert read_scan(raw, ScanSource.WEDGE, prefix="~") is None


def test_control_and_invisible_letters_go_but_the_group_separator_stays() -> None:
    assert read("01\x1d2345\x07\u200b67\ufeff89").text == "01\x1d23456789"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("ＳＰＸＩＤ０５４３３０６８０５８６", SPX),
        ("SPXID 0543 3068 0586", SPX),
        ("kul—kul001", "KUL-KUL001"),
        ("h‑kds−tr", "H-KDS-TR"),
        ("inv/20230527/mpl/3256599856", "INV/20230527/MPL/3256599856"),
        ("o0i1l", "O0I1L"),
        ("Blue Mug, 2", "Blue Mug, 2"),
    ],
)
def test_width_dashes_spaces_and_case_are_evened_out(raw: str, text: str) -> None:
    assert read(raw).texts[-1] == text


# ---- payloads ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["order_sn", "order_id", "tracking", "t", "tn", "awb"])
def test_known_query_value_of_an_address_comes_first(key: str) -> None:
    scan = read(f"https://spx.example/track/abcde?x=12345&{key}={SPX.lower()}")

    assert scan.text == SPX
    assert "ABCDE" in scan.candidates
    assert (scan.kind, scan.hint) == ("track", "spx")


def test_last_path_part_of_an_address_is_a_candidate() -> None:
    assert read(f"HTTPS://spx.example/m/{SPX}/").text == SPX


def test_address_with_nothing_in_it_is_looked_up_as_it_is() -> None:
    assert read("https://[broken").text == "https://[broken"


def test_address_keeps_its_case() -> None:
    assert read(f"https://Spx.example/aBc?t={SPX}").candidates[-1] == f"https://Spx.example/aBc?t={SPX}"


def test_values_of_a_json_payload_are_candidates() -> None:
    scan = read(json.dumps({"v": 1, "sort": "KUL-KUL001", "order": "260106BM6SPBKT", "tn": SPX}))
    assert scan.text in ("260106BM6SPBKT", SPX)
    assert {"260106BM6SPBKT", SPX, "KUL-KUL001"} <= set(scan.texts)


def test_broken_and_odd_json_is_looked_up_as_it_is() -> None:
    for raw in ('{"order":', "{}", '{"a": [1, 2]}', "{" * 400):
        assert read(raw).text == raw


@pytest.mark.parametrize("delimiter", ["|", ";", ","])
def test_parts_of_a_list_are_candidates_the_likeliest_first(delimiter: str) -> None:
    scan = read(delimiter.join(["KUL-KUL001", "2", SPX.lower()]))
    assert scan.text == SPX
    assert scan.candidates[0] == "KUL-KUL001"
    assert "2" not in scan.texts


def test_payload_of_many_parts_asks_for_a_few_of_them() -> None:
    scan = read("|".join([*(f"PART-{n:05}" for n in range(40)), SPX]))
    assert scan.text == SPX
    assert len(scan.candidates) == 5
    assert scan.candidates[-1].startswith("PART-00000|")


# ---- shapes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("251202B8G7VFJ2", ("order", "shopee")),
        ("251229MRF7XUTH", ("order", "shopee")),
        ("260106BM6SPBKT", ("order", "shopee")),
        ("580194061699025701", ("order", "tiktok")),
        ("INV/20230527/MPL/3256599856", ("order", "tokopedia")),
        ("SPXID054330680586", ("track", "spx")),
        ("SPXID06951677587A", ("track", "spx")),
        ("SPXVN038443313536", ("track", "spx")),
        ("SPXVN03430656076C", ("track", "spx")),
        ("SPXVNN021007969754", ("track", "spx")),
        ("MYMPA035757626", ("track", "lex-my")),
        ("620000134764594", ("track", "jnt-my")),
        ("295699099279202", ("order", "lazada")),
        ("8496115397086", ("order", "lazada")),
        ("JX8009962760", ("track", "jnt-id")),
        ("JO7407074858", ("track", "jnt-id")),
        ("NLIDAP12345678", ("track", "ninjavan")),
        ("EP123456785MY", ("track", "poslaju")),
        ("002927168687", ("track", "sicepat")),
        ("004420188204", ("track", "sicepat")),
        ("10005830065542", ("track", "anteraja")),
        ("10000394765684", ("track", "anteraja")),
        ("11002158312640", ("track", "anteraja")),
        ("TG7007260622", ("track", "jne")),
        ("TKP4003574518", ("track", "tiki")),
        ("KUL-KUL001", ("", "")),
        ("H-KDS-TR", ("", "")),
    ],
)
def test_published_codes_get_their_hint(code: str, expected: tuple[str, str]) -> None:
    assert recognise(code, SPRING) == expected


def test_shopee_hint_needs_a_real_recent_date() -> None:
    summer_2021, autumn_2022 = datetime(2021, 9, 1, tzinfo=UTC), datetime(2022, 10, 1, tzinfo=UTC)

    assert recognise("210815MBBRWKE6", summer_2021) == ("order", "shopee")
    assert recognise("210815MBBRWKE6", SPRING) == ("", "")
    assert recognise("22093006CSM30QQ", autumn_2022) == ("return", "shopee")
    assert recognise("22093006CSM30QQ", SPRING) == ("", "")
    assert recognise("260302AAAAAAAA", SPRING) == ("order", "shopee")  # tomorrow: other time zones
    assert recognise("260303AAAAAAAA", SPRING) == ("", "")
    assert recognise("260231AAAAAAAA", datetime(2026, 3, 5, tzinfo=UTC)) == ("", "")


def test_postal_number_needs_its_check_digit() -> None:
    assert recognise("RB473124829CN", SPRING) == ("track", "upu-s10")
    assert recognise("RB473124828CN", SPRING) == ("", "")


@pytest.mark.parametrize(
    ("code", "symbology"),
    [
        ("96385074", ""),
        ("4006381333931", ""),
        ("036000291452", "UPCA"),
        ("5901234123457", "EAN13"),
        ("10614141000415", "ITF"),
    ],
)
def test_barcodes_of_goods_and_cartons_are_neither_order_nor_tracking(code: str, symbology: str) -> None:
    assert is_gtin(code)
    assert recognise(code, SPRING, symbology) == ("item", "gtin")


def test_digits_with_a_wrong_check_digit_are_no_goods() -> None:
    for code in ("036000291453", "4006381333932", "10614141000416", "123456789", "²" * 13):
        assert not is_gtin(code)
    assert recognise("4006381333932", SPRING) == ("order", "lazada")
    assert recognise("10614141000416", SPRING) == ("track", "anteraja")


def test_tracking_number_whose_last_digit_is_right_by_chance_is_told_by_its_symbology() -> None:
    code = "10614141000415"
    assert recognise(code, SPRING, symbology="Code128") == ("track", "anteraja")
    assert recognise(code, SPRING) == ("track", "anteraja")
    assert recognise(code, SPRING, symbology="ITF") == ("item", "gtin")
    assert read(code, symbology="Code128").kind == "track"
    assert read(code, symbology="ITF").kind == "item"


def test_digits_of_other_scripts_are_no_codes() -> None:
    assert recognise("٤٠٠٦٣٨١٣٣٣٩٣٢", SPRING) == ("", "")


# ---- hostile texts -------------------------------------------------------------------------


def hostile_text(numbers: random.Random) -> str:
    """Return controls, delimiters, digits of other scripts and any code point, sometimes as a payload."""
    length = numbers.choice((1, 5, 14, 40, 600))
    alphabet = numbers.choice(
        (
            "".join(map(chr, range(0x250))),
            "]C0Q3{}[]|;,:/?&=%\"'\\ -—０Ａ²٤ßΐ\x1d\u200b\ufeff",
            "0123456789ABCDEFSPXMYabc",
            "".join(chr(numbers.randrange(0x110000)) for _ in range(20)),
        )
    )
    start = numbers.choice(("", "", "http://", "https://[", '{"a": "', "]C1"))
    return start + "".join(numbers.choices(alphabet, k=length))


def test_hostile_texts_raise_nothing_and_stay_bounded() -> None:
    numbers = random.Random(20260301)
    for _ in range(20_000):
        scan = read_scan(hostile_text(numbers), ScanSource.CAMERA, prefix="~", suffix="\t")
        if scan:
            assert all(0 < len(text) <= LONGEST_CODE for text in scan.texts)
            assert len(scan.candidates) <= MOST_CANDIDATES
            assert not any(letter < " " and letter != "\x1d" for letter in scan.text)
