"""The program's own log: JSON lines without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from parcelguard.runtime.logs import FILE, hide_secrets, start_logging, stop_logging

CANARY = "6163636573735f746f6b656e5f64656d6f5f63616e617279"


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    level = logging.getLogger().level
    start_logging(tmp_path)
    yield tmp_path / FILE
    stop_logging()
    logging.getLogger().setLevel(level)


@pytest.mark.parametrize(
    "text",
    [
        f"access_token={CANARY}",
        f'{{"refresh_token": "{CANARY}"}}',
        f"GET https://partner.shopeemobile.com/api/v2/x?sign={CANARY}&timestamp=1",
        f"rtsp://admin:{CANARY}@10.0.0.9/live",
        f"key shpk{CANARY}",
        f"loose {CANARY} in a sentence",
    ],
)
def test_whatever_looks_like_a_secret_is_hidden(text: str) -> None:
    assert CANARY not in hide_secrets(text)


def test_ordinary_words_stay() -> None:
    text = "proof 01a1ff69-2101-723b-8da0-9c3735e13fff: part text sent (HTTP 200, request r1)"
    assert hide_secrets(text) == text


def test_a_line_break_cannot_forge_a_second_record(log_file: Path) -> None:
    logging.getLogger("parcelguard.test").warning("scanned %s", 'x\n{"level": "info"}\u2028\x1b[31m')

    (line,) = log_file.read_text().splitlines()
    assert json.loads(line)["level"] == "warning"


def test_an_error_that_ends_a_thread_is_kept_with_its_trace(log_file: Path) -> None:
    def stumble() -> None:
        raise ValueError(f"access_token={CANARY}")

    thread = Thread(target=stumble, name="stumbler")
    thread.start()
    thread.join()

    record = json.loads(log_file.read_text().splitlines()[-1])
    assert record["level"] == "critical"
    assert "ValueError" in record["trace"]
    assert CANARY not in log_file.read_text()
