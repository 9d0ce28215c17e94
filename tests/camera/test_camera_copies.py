from __future__ import annotations

import hashlib
import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from parcelguard.camera import copies as copies_module
from parcelguard.camera.copies import (
    LARGEST_BYTES,
    LARGEST_COLLAGE_BYTES,
    BuyerCopies,
    CopyNotMade,
    CopyUnreadable,
    buyer_collage,
    buyer_copy,
)
from parcelguard.core.errors import NotSent
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from tests.support.camera_helpers import scene, wait_for

needs_signals = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no way to stop a process here")
FULL, SMALL = (1593, 889), (640, 480)
CAPTION = ("241120Q9CKD7T1", "2026-11-21 14:32:07 +08 · Bench 07 · Aina ž 包裹")


def original(folder: Path, width: int = 1920, height: int = 1080, *, noise: int = 0) -> Path:
    picture = scene(width, height).astype(np.int16)
    picture += np.random.default_rng(1).integers(-noise, noise + 1, picture.shape, np.int16)
    exif = Image.Exif()
    exif[0x010E] = "taken by"
    file = folder / "photo.jpg"
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)[..., ::-1]).save(file, quality=95, exif=exif)
    return file


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_the_copy_is_smaller_captioned_and_the_original_untouched(tmp_path: Path) -> None:
    file = original(tmp_path)
    before = hashlib.sha256(file.read_bytes()).hexdigest()

    data = buyer_copy(file, CAPTION, FULL)

    copy = opened(data)
    assert (copy.format, copy.size) == ("JPEG", FULL)
    assert len(data) <= LARGEST_BYTES
    assert not copy.getexif()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_the_caption_changes_only_a_strip_along_the_bottom(tmp_path: Path) -> None:
    file = original(tmp_path)
    plain = np.asarray(opened(buyer_copy(file, (), FULL)), int)
    written = np.asarray(opened(buyer_copy(file, CAPTION, FULL)), int)

    rows = np.abs(plain - written).mean(axis=(1, 2))
    changed = np.flatnonzero(rows > 12)
    strip = written[changed[0] :]

    assert changed[0] > FULL[1] * 0.85
    assert changed[-1] > FULL[1] - 5
    assert rows[: changed[0] - 16].max() < 2  # JPEG works in blocks, so the border blurs a little
    assert (strip.min(axis=2) > 200).sum() > 500  # white letters
    assert np.median(strip) < np.median(plain[changed[0] :])  # on a darker ground


def test_a_noisy_picture_is_pressed_under_the_limit(tmp_path: Path) -> None:
    data = buyer_copy(original(tmp_path, 2400, 1800, noise=120), CAPTION, (1590, 1195))

    assert len(data) <= LARGEST_BYTES
    assert opened(data).size == (1590, 1195)


def test_without_the_bundled_font_the_caption_is_still_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies_module, "asset", lambda name: tmp_path / name)
    file = original(tmp_path)

    copy = np.asarray(opened(buyer_copy(file, ("241120Q9CKD7T1",), FULL)))

    assert (copy[-60:].min(axis=2) > 200).sum() > 200


# ---- several photos in one picture -----------------------------------------------------------


def plain(folder: Path, colour: tuple[int, int, int], size: tuple[int, int] = (1920, 1080)) -> Path:
    file = folder / f"{colour[0]}-{colour[1]}-{colour[2]}.jpg"
    Image.new("RGB", size, colour).save(file, quality=95)
    return file


RED, GREEN, BLUE = (200, 20, 20), (20, 180, 20), (20, 20, 200)


def test_collage_shows_every_photo_in_order_and_has_exactly_its_size(tmp_path: Path) -> None:
    files = [plain(tmp_path, colour) for colour in (RED, GREEN, BLUE)]
    picture = opened(buyer_collage(files, (), (1180, 1991)))

    assert (picture.format, picture.size) == ("JPEG", (1180, 1991))
    assert not picture.getexif()
    for third, colour in enumerate((RED, GREEN, BLUE)):
        shown = picture.getpixel((590, 1991 * (2 * third + 1) // 6))
        assert shown == pytest.approx(colour, abs=6)


def test_collage_carries_its_caption_once_along_the_bottom(tmp_path: Path) -> None:
    files = [plain(tmp_path, colour) for colour in (RED, GREEN, BLUE)]
    bare = np.asarray(opened(buyer_collage(files, (), (1180, 1991))), int)
    written = np.asarray(opened(buyer_collage(files, CAPTION, (1180, 1991))), int)
    changed = np.flatnonzero(np.abs(bare - written).mean(axis=(1, 2)) > 12)
    assert changed[0] > 1991 * 0.9


def test_collage_of_noisy_photos_is_pressed_under_its_limit(tmp_path: Path) -> None:
    file = original(tmp_path, 2400, 1800, noise=120)
    data = buyer_collage([file] * 3, CAPTION, (1990, 1995))
    assert len(data) <= LARGEST_COLLAGE_BYTES
    assert opened(data).size == (1990, 1995)


def test_small_print_in_a_collage_can_still_be_read(tmp_path: Path) -> None:
    """A label's code in a full frame keeps the pixels that reading it takes."""
    photo = Image.new("L", (1920, 1080), 255)
    for bar in range(95):  # a Code 128 of ten figures over half the frame, ten pixels a module
        photo.paste(0 if bar % 2 else 255, (480 + 10 * bar, 300, 490 + 10 * bar, 700))
    file = tmp_path / "label.jpg"
    photo.convert("RGB").save(file, quality=90)
    picture = opened(buyer_collage([file] * 3, CAPTION, (1185, 2000))).convert("L")
    row = np.asarray(picture)[333, 296:882].astype(int)
    assert np.count_nonzero(np.diff((row > 128).astype(int))) >= 93


def test_collage_with_a_broken_original_is_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(CopyUnreadable):
        buyer_collage([plain(tmp_path, RED), broken], (), (1000, 1000))


def test_helper_makes_collages_too(tmp_path: Path) -> None:
    copies = BuyerCopies()
    try:
        files = [plain(tmp_path, RED), plain(tmp_path, BLUE)]
        assert opened(copies.collage(files, CAPTION, (1770, 1990))).size == (1770, 1990)
    finally:
        copies.stop_helper()


@pytest.mark.parametrize("content", [b"", b"no picture", b"GIF89a" + b"\0" * 50])
def test_what_is_no_jpeg_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(content)

    with pytest.raises(CopyUnreadable) as refused:
        buyer_copy(file, CAPTION, FULL)
    assert refused.value.reason == because(StorageReason.PHOTO_UNREADABLE)


def test_a_missing_or_broken_off_original_is_refused(tmp_path: Path) -> None:
    whole = original(tmp_path)
    whole.write_bytes(whole.read_bytes()[:20_000])

    with pytest.raises(CopyUnreadable):
        buyer_copy(whole, CAPTION, FULL)
    with pytest.raises(CopyUnreadable):
        buyer_copy(tmp_path / "gone.jpg", CAPTION, FULL)


@pytest.fixture
def copies() -> Iterator[BuyerCopies]:
    opened = BuyerCopies()
    yield opened
    opened.stop_helper()


def helper_of(parent: psutil.Process) -> psutil.Process:
    (helper,) = [each for each in parent.children() if "spawn_main" in " ".join(each.cmdline())]
    return helper


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_the_copy_room_works_in_its_own_process_and_survives_its_death(
    tmp_path: Path, copies: BuyerCopies
) -> None:
    file = original(tmp_path, 640, 480)
    first = copies.make(file, CAPTION, SMALL)
    helper = helper_of(psutil.Process())
    helper.kill()
    helper.wait(5)

    assert copies.make(file, CAPTION, SMALL) == first == buyer_copy(file, CAPTION, SMALL)
    with pytest.raises(CopyUnreadable) as refused:
        copies.make(tmp_path / "gone.jpg", CAPTION, SMALL)
    assert refused.value.reason == because(StorageReason.PHOTO_UNREADABLE)


@needs_signals
def test_a_helper_that_hangs_is_given_up_in_words_and_the_next_copy_is_made(
    tmp_path: Path, copies: BuyerCopies, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = original(tmp_path, 640, 480)
    first = copies.make(file, CAPTION, SMALL)
    hung = helper_of(psutil.Process())
    hung.suspend()

    with monkeypatch.context() as hasty:
        hasty.setattr(copies_module, "LONGEST_S", 0.1)
        with pytest.raises(CopyNotMade) as failed:
            copies.make(file, CAPTION, SMALL)

    assert failed.value.reason == because(StorageReason.COPY_NOT_MADE)
    assert isinstance(failed.value, NotSent), "which is what the courier repeats"
    assert gone(hung)
    assert copies.make(file, CAPTION, SMALL) == first


@needs_signals
def test_closing_ends_a_helper_that_hangs_and_whoever_waits_for_it(
    tmp_path: Path, copies: BuyerCopies
) -> None:
    file = original(tmp_path, 640, 480)
    copies.make(file, CAPTION, SMALL)
    hung = helper_of(psutil.Process())
    hung.suspend()
    with ThreadPoolExecutor(1) as courier:
        waiting = courier.submit(copies.make, file, CAPTION, SMALL)

        copies.stop_helper()

        with pytest.raises(CopyNotMade):
            waiting.result(10)
    assert gone(hung)
    with pytest.raises(CopyNotMade):
        copies.make(file, CAPTION, SMALL)


def test_the_helper_does_not_outlive_a_program_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        """
import sys
from pathlib import Path
from parcelguard.camera.copies import BuyerCopies

if __name__ == "__main__":
    BuyerCopies().make(Path(sys.argv[1]), (), (640, 480))
    print("made", flush=True)
    sys.stdin.read()
"""
    )
    command = [sys.executable, str(script), str(original(tmp_path, 640, 480))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "made\n"
            helper = helper_of(psutil.Process(program.pid))
            assert not gone(helper)
        finally:
            program.kill()

    wait_for(lambda: gone(helper))
