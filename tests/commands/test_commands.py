"""The commands as a person types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from parcelguard.cli import main
from parcelguard.commands.bench.harness import Case, Row, spread, table
from parcelguard.commands.doctor import Finding, Topic, Verdict, _disk, findings_of
from parcelguard.core.config import Folders
from parcelguard.sandbox.demo_shops import demo_world
from parcelguard.sandbox.running import running
from parcelguard.sandbox.shopee.state import ShopeeState
from tests.support.app_helpers import connect, station_settings


def written(home: Path, host: str, shop_id: int, partner_id: int) -> None:
    (home / "settings.toml").write_text(
        f'[[shops]]\nid = "kopi"\nname = "Kopi & Co"\npartner_id = {partner_id}\nshop_id = {shop_id}\n'
        f'host = "{host}"\n'
    )


def about(findings: list[Finding], topic: Topic) -> Finding:
    return next(finding for finding in findings if finding.topic is topic)


def test_a_wrong_setting_is_told_in_words_and_nothing_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.toml").write_text('[camera]\nfps = 900\n[bench]\nstations = "7"\n')

    assert main(["--home", str(tmp_path)]) == 2

    told = capsys.readouterr().err
    assert "camera.fps = 900" in told
    assert "bench.stations: not a setting" in told
    assert "Traceback" not in told


def test_the_commands_load_no_qt_before_they_need_it() -> None:
    look = (
        "import sys, parcelguard.cli; print([m for m in sys.modules if 'PySide' in m or 'sqlalchemy' in m])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_connecting_an_unknown_shop_names_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "http://127.0.0.1:9", 1, 2)

    assert main(["--home", str(tmp_path), "connect", "teh"]) == 2
    assert "The shops there: kopi" in capsys.readouterr().err


def test_the_doctor_finds_a_connected_shop_and_its_clock(tmp_path: Path) -> None:
    world = demo_world(orders=1)
    with running(world) as address:
        shop = next(iter(world.shops.values()))
        written(tmp_path, address, shop.shop_id, world.state_of(ShopeeState).partner.partner_id)
        connect(tmp_path, station_settings(address, world), world)
        findings = list(findings_of(tmp_path))

    assert about(findings, Topic.SHOP).verdict is Verdict.OK
    assert "agrees" in about(findings, Topic.CLOCK).words
    assert not [finding for finding in findings if finding.verdict is Verdict.BAD]


def test_the_doctor_names_what_is_wrong(tmp_path: Path) -> None:
    written(tmp_path, "http://127.0.0.1:9", 1, 2)
    findings = list(findings_of(tmp_path))

    assert "parcelguard connect kopi" in about(findings, Topic.SHOP).words
    assert "does not answer" in about(findings, Topic.NETWORK).words

    (tmp_path / "settings.toml").write_text("[camera]\nfps = 'fast'\n")
    assert about(list(findings_of(tmp_path)), Topic.SETTINGS).verdict is Verdict.BAD


def test_the_doctor_goes_on_when_the_keys_cannot_be_read(tmp_path: Path) -> None:
    written(tmp_path, "http://127.0.0.1:9", 1, 2)
    (tmp_path / "secrets.json").write_text("{")
    (tmp_path / "secrets.json").chmod(0o600)
    findings = list(findings_of(tmp_path))

    assert about(findings, Topic.SECRETS).verdict is Verdict.BAD
    assert "Restore it from a backup" in about(findings, Topic.SECRETS).words
    assert "does not answer" in about(findings, Topic.NETWORK).words


@pytest.mark.parametrize("error", [None, OSError(21, "the device is not ready")])
def test_the_doctor_tells_of_a_drive_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError | None
) -> None:
    def missing(_path: Path) -> bool:
        if error:
            raise error
        return False

    monkeypatch.setattr(Path, "exists", missing)
    finding = next(_disk(Folders(tmp_path, tmp_path / "media")))

    assert finding.verdict is Verdict.BAD
    assert "drive" in finding.words


def test_the_doctor_sees_a_wrong_clock(tmp_path: Path) -> None:
    world = demo_world(orders=1)
    world.faults.set("clock_offset_s", 420)
    with running(world) as address:
        written(tmp_path, address, 1, 2)
        finding = about(list(findings_of(tmp_path)), Topic.CLOCK)

    assert finding.verdict is Verdict.LOOK
    assert "7 min behind" in finding.words


def test_a_bench_table_shows_ratios_to_the_floor() -> None:
    times = spread(Case("F1, median"), Case("F1, p95"), [3.0, 3.0], [2.0, 2.0])
    rows = [*times, Row(Case("frames of {name}", name="ours"), 30.0, None, "per second")]

    lines = table(rows).splitlines()

    assert [line.split()[-2] for line in lines[1:3]] == ["1.50", "1.50"]
    assert lines[3].split() == ["frames", "of", "ours", "30.0", "-", "-", "per", "second"]


def test_a_bench_writes_its_figures_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "startup.json"

    assert main(["bench", "startup", "--json", str(report)]) == 0

    figures = json.loads(report.read_text())
    assert figures["bench"] == "startup"
    assert {row["case"] for row in figures["rows"]} == {"first paint, median", "first paint, p95"}
    assert "ratio" in capsys.readouterr().out


@pytest.mark.qt_log_ignore("does not support", extend=True)  # what the offscreen platform says of a dialog
@pytest.mark.parametrize("reader", ["terminal", "nobody"])
def test_a_wrong_setting_is_told_in_a_window_where_no_terminal_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reader: str
) -> None:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication, QMessageBox

    application = QApplication.instance() or QApplication([])
    told: list[tuple[str, Qt.TextFormat]] = []

    def read() -> None:
        for box in QApplication.topLevelWidgets():
            if isinstance(box, QMessageBox) and box.isVisible():
                told.append((box.text(), box.textFormat()))
                box.button(QMessageBox.StandardButton.Close).click()

    looks = QTimer(application, interval=10)
    looks.timeout.connect(read)
    looks.start()
    (tmp_path / "settings.toml").write_text('[camera]\nfps = 900\n[bench]\nstation = "<b>"\nplace = 7\n')
    monkeypatch.setattr("parcelguard.cli._has_display", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: reader == "terminal")

    code = main(["--home", str(tmp_path)])
    looks.stop()
    looks.deleteLater()

    assert code == 2
    assert "camera.fps = 900" in capsys.readouterr().err
    assert len(told) == (reader == "nobody")
    for words, text_format in told:
        assert "The settings file has a mistake: " in words
        assert "camera.fps = 900" in words
        assert "bench.place: not a setting" in words
        assert "then start again" in words
        assert text_format == Qt.TextFormat.PlainText


def test_a_start_without_any_stderr_ends_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text("[camera]\nfps = 900\n")
    monkeypatch.setattr("sys.stderr", None)  # as Windows starts what has no console

    assert main(["--home", str(tmp_path)]) == 2
