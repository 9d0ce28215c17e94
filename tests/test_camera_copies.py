from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import psutil
import pytest
from camera_helpers import scene
from PIL import Image

from parcelguard.camera import copies
from parcelguard.camera.copies import LARGEST_BYTES, CopyRoom, CopyUnreadable, buyer_copy

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

    data = buyer_copy(file, CAPTION)

    copy = opened(data)
    assert (copy.format, copy.size) == ("JPEG", (1600, 900))
    assert len(data) <= LARGEST_BYTES
    assert not copy.getexif()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_the_caption_changes_only_a_strip_along_the_bottom(tmp_path: Path) -> None:
    file = original(tmp_path)
    plain = np.asarray(opened(buyer_copy(file, ())), int)
    written = np.asarray(opened(buyer_copy(file, CAPTION)), int)

    rows = np.abs(plain - written).mean(axis=(1, 2))
    changed = np.flatnonzero(rows > 12)
    strip = written[changed[0] :]

    assert changed[0] > 900 * 0.85
    assert changed[-1] > 895
    assert rows[: changed[0] - 16].max() < 2  # JPEG works in blocks, so the border blurs a little
    assert (strip.min(axis=2) > 200).sum() > 500  # white letters
    assert np.median(strip) < np.median(plain[changed[0] :])  # on a darker ground


def test_a_noisy_picture_is_pressed_under_the_limit(tmp_path: Path) -> None:
    data = buyer_copy(original(tmp_path, 2400, 1800, noise=120), CAPTION)

    assert len(data) <= LARGEST_BYTES
    assert max(opened(data).size) <= 1600


def test_a_small_picture_keeps_its_size(tmp_path: Path) -> None:
    assert opened(buyer_copy(original(tmp_path, 640, 480), CAPTION)).size == (640, 480)


def test_without_the_bundled_font_the_caption_is_still_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "asset", lambda name: tmp_path / name)
    file = original(tmp_path)

    copy = np.asarray(opened(buyer_copy(file, ("241120Q9CKD7T1",))))

    assert (copy[-60:].min(axis=2) > 200).sum() > 200


@pytest.mark.parametrize("content", [b"", b"no picture", b"GIF89a" + b"\0" * 50])
def test_what_is_no_jpeg_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(content)

    with pytest.raises(CopyUnreadable) as refused:
        buyer_copy(file, CAPTION)
    assert refused.value.headline == "A photo on this computer cannot be read."


def test_a_missing_or_broken_off_original_is_refused(tmp_path: Path) -> None:
    whole = original(tmp_path)
    whole.write_bytes(whole.read_bytes()[:20_000])

    with pytest.raises(CopyUnreadable):
        buyer_copy(whole, CAPTION)
    with pytest.raises(CopyUnreadable):
        buyer_copy(tmp_path / "gone.jpg", CAPTION)


def test_the_copy_room_works_in_its_own_process_and_survives_its_death(tmp_path: Path) -> None:
    file = original(tmp_path, 640, 480)
    room = CopyRoom()
    try:
        first = room.make(file, CAPTION)
        helpers = [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
        assert len(helpers) == 1
        helpers[0].kill()
        helpers[0].wait(5)

        assert room.make(file, CAPTION) == first == buyer_copy(file, CAPTION)
        with pytest.raises(CopyUnreadable):
            room.make(tmp_path / "gone.jpg", CAPTION)
    finally:
        room.close()
