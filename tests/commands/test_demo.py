"""The demo that packs by itself, as a newcomer runs it, and how its figures are counted."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from parcelguard.commands.demo.figures import Kept, Observed, Spread, Waiting, count
from parcelguard.commands.demo.storm import SENDING, storm


def transcript(order: str, images: int = 3) -> list[dict[str, str]]:
    text = {"order_sn": order, "message_type": "text", "text": f"{order} is packed"}
    pictures = [
        {"order_sn": order, "message_type": "image", "image_sha256": f"{order}-{n}"} for n in range(images)
    ]
    return [text, *pictures]


def keep(media: Path, data: bytes, name: str | None = None) -> Path:
    folder = media / "2026" / "11"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or f"1-contents-{hashlib.sha256(data).hexdigest()[:12]}.jpg")
    path.write_bytes(data)
    return path


def test_the_demo_packs_by_itself_and_reports(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [
        sys.executable,
        "-m",
        "parcelguard",
        "demo",
        "--auto",
        "--orders",
        "3",
        "--report",
        str(report),
    ]

    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "orders 3 · photos 9 · accepted 12 · lost 0 · doubled 0"
    figures = json.loads(report.read_text())
    assert figures["transcript_messages"] == 12
    assert set(figures) == {
        "orders",
        "photos",
        "accepted",
        "lost",
        "doubled",
        "false_sent",
        "handed",
        "waiting",
        "transcript_messages",
        "preview_fps",
        "event_loop_p99_ms",
        "latency_ms",
    }
    assert set(figures["latency_ms"]) == {"scan_answer", "f1_thumbnail", "f4_ready", "f4_accepted"}
    assert all(set(each) == {"p50", "p95", "max"} for each in figures["latency_ms"].values())


def test_a_message_that_never_arrived_counts_as_lost(tmp_path: Path) -> None:
    for n in range(3):
        keep(tmp_path, b"photo %d" % n)
    seen = Observed(orders=["A"], ticks=3)

    assert count(seen, transcript("A"), tmp_path).clean
    assert count(seen, transcript("A")[:-1], tmp_path).lost == 1


def test_a_photo_with_a_tick_and_no_file_counts_as_lost(tmp_path: Path) -> None:
    keep(tmp_path, b"one")
    keep(tmp_path, b"two")

    assert count(Observed(orders=["A"], ticks=3), transcript("A"), tmp_path).lost == 1


def test_a_photo_that_is_not_what_its_name_says_counts_as_lost(tmp_path: Path) -> None:
    keep(tmp_path, b"one")
    keep(tmp_path, b"changed", name="1-contents-000000000000.jpg")

    figures = count(Observed(orders=["A"], ticks=2), transcript("A", images=2), tmp_path)

    assert (figures.photos, figures.lost) == (1, 2)


def test_a_message_that_arrived_twice_counts_as_doubled(tmp_path: Path) -> None:
    keep(tmp_path, b"one")
    twice = [*transcript("A", images=1), transcript("A", images=1)[0]]

    assert count(Observed(orders=["A"], ticks=1), twice, tmp_path).doubled == 1


def test_a_message_that_waits_for_a_reason_is_not_lost_and_one_falsely_called_sent_is_told(
    tmp_path: Path,
) -> None:
    keep(tmp_path, b"one")
    arrived = [{**line, "message_id": str(n)} for n, line in enumerate(transcript("A", images=0))]
    kept = Kept(sent=frozenset({"0"}), waiting=(Waiting("Shopee refused the text.", 1),), photos={"A": 1})
    seen = Observed(orders=["A"], ticks=1)

    figures = count(seen, arrived, tmp_path, kept)
    assert (figures.lost, figures.doubled, figures.false_sent) == (0, 0, 0)
    assert figures.waiting == {"Shopee refused the text.": 1}
    assert figures.summary().endswith("waiting 1 · lost 0 · doubled 0 · false sent 0")

    lying = Kept(sent=frozenset({"0", "7"}))
    assert count(seen, arrived, tmp_path, lying).false_sent == 1


def test_photos_that_went_as_one_picture_are_not_missed(tmp_path: Path) -> None:
    for n in range(3):
        keep(tmp_path, b"photo %d" % n)
    seen = Observed(orders=["A"], ticks=3)

    assert count(seen, transcript("A", images=1), tmp_path).lost == 2
    assert count(seen, transcript("A", images=1), tmp_path, Kept(together=2)).clean


def test_an_order_sent_by_hand_has_no_messages_and_one_forgotten_is_lost(tmp_path: Path) -> None:
    keep(tmp_path, b"one")
    seen = Observed(orders=["A"], ticks=1, by_hand={"A"})

    done = count(seen, [], tmp_path, Kept(handed=frozenset({"A"}), photos={"A": 1}))
    assert (done.lost, done.handed) == (0, 1)
    assert count(seen, [], tmp_path, Kept(photos={"A": 1})).lost == 1


def test_a_storm_repeats_and_hits_sending_and_all_other_calls() -> None:
    blows = list(storm(60))
    assert blows == list(storm(60))
    assert {each["path"] for each in blows} == {SENDING, ""}
    assert len(blows) > 60


def test_times_are_summarised_in_milliseconds() -> None:
    spread = Spread.of([0.001 * n for n in range(1, 101)])

    assert (spread.p50, spread.max) == (50.5, 100.0)
    assert 95 <= spread.p95 <= 96
    assert Spread.of([]) == Spread(0.0, 0.0, 0.0)
    assert Spread.of([0.02]) == Spread(20.0, 20.0, 20.0)
