from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from parcelguard.camera.capture import fit
from parcelguard.camera.darkroom import SHARP_FROM, reduced, sharpness, small_copy
from parcelguard.camera.reading.barcodes import Ladder
from parcelguard.camera.reading.reader import gray_of
from parcelguard.camera.sources import opening as sources
from parcelguard.camera.sources.demo import FRAMES, DemoBench
from parcelguard.camera.sources.demo_art import draw_bench
from parcelguard.camera.sources.opening import PictureFolder, VideoFile, source_for
from parcelguard.camera.sources.streams import NetworkStream
from parcelguard.camera.sources.webcams import CameraFound, Webcam, find_webcam, list_cameras
from parcelguard.core.config import CameraSettings
from parcelguard.core.errors import CameraUnavailable
from parcelguard.core.reasons.camera import CameraReason
from parcelguard.core.reasons.reason import Reason, because
from tests.support.camera_helpers import decoded


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("demo", DemoBench),
        ("0", Webcam),
        ("rtsp://cam/1", NetworkStream),
        ("http://cam/video", NetworkStream),
    ],
)
def test_the_settings_word_chooses_the_source(name: str, kind: type) -> None:
    assert isinstance(source_for(CameraSettings(source=name)), kind)


def test_a_path_is_a_video_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"")

    assert isinstance(source_for(CameraSettings(source=str(tmp_path))), PictureFolder)
    assert isinstance(source_for(CameraSettings(source=str(tmp_path / "film.mp4"))), VideoFile)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ftp://cam/", because(CameraReason.NOT_A_STREAM)),
        ("/no/such/film.mp4", because(CameraReason.NO_SUCH_FILE)),
        ("Camera 9000", because(CameraReason.NO_SUCH_CAMERA, name="Camera 9000")),
    ],
)
def test_what_is_no_source_is_refused_with_its_reason(name: str, reason: Reason) -> None:
    with pytest.raises(CameraUnavailable) as refused:
        source_for(CameraSettings(source=name))

    assert refused.value.reason == reason


def test_a_webcam_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(CameraUnavailable):
        Webcam(63, CameraSettings()).open_source()


def test_webcams_are_found_by_name_and_metadata_nodes_left_out(tmp_path: Path) -> None:
    for node, name, index in (
        ("video10", "HD Pro Webcam C920", 0),
        ("video2", "Integrated", 0),
        ("video3", "Integrated", 1),
    ):
        (tmp_path / node).mkdir()
        (tmp_path / node / "name").write_text(f"{name}\n")
        (tmp_path / node / "index").write_text(f"{index}\n")

    assert list_cameras(tmp_path) == [CameraFound(2, "Integrated"), CameraFound(10, "HD Pro Webcam C920")]
    assert find_webcam("c920", tmp_path) == 10
    with pytest.raises(CameraUnavailable, match="Integrated"):
        find_webcam("Brio", tmp_path)


def test_a_folder_is_shown_in_natural_order_and_unreadable_files_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sources, "PICTURE_S", 0.0)
    for number in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"p{number}.png"), np.full((4, 4, 3), number, np.uint8))
    (tmp_path / "p5.jpg").write_bytes(b"\xff\xd8 broken")
    folder = PictureFolder(tmp_path, 200)
    folder.open_source()

    shown = [int(folder.read_picture()[0, 0, 0]) for _ in range(6)]

    assert shown == [1, 9, 10, 1, 9, 10]
    assert caplog.text.count("p5.jpg") == 1


def _first_of(video: VideoFile) -> object:
    video.open_source()
    return video.read_picture()


@pytest.mark.parametrize("content", [b"", b"\xff\xd8 broken"])
def test_a_folder_or_video_without_pictures_is_unavailable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    folder, video = PictureFolder(tmp_path, 200), VideoFile(tmp_path / "a.jpg")

    folder.open_source()
    with pytest.raises(CameraUnavailable):
        folder.read_picture()
    with pytest.raises(CameraUnavailable):
        _first_of(video)


def test_the_demo_costs_what_a_webcam_costs_and_is_soon_there() -> None:
    began = time.monotonic()
    bench = DemoBench(CameraSettings(fps=120))
    bench.open_source()
    first = bench.read_picture()
    soon = time.monotonic() - began
    pictures = [bench.read_picture() for _ in range(FRAMES)]

    assert soon < 1.5
    assert first.shape == (1080, 1920, 3)
    assert all(300_000 < len(jpeg) < 500_000 for jpeg in bench._jpegs)
    assert not np.array_equal(pictures[0], pictures[1])


def test_the_demo_holds_a_readable_label_and_takes_it_away_again() -> None:
    bench = DemoBench(CameraSettings(fps=120))
    bench.open_source()
    bench.show_label("SPXMY04217788312", 1.0)
    until = time.monotonic() + 5
    ladder, read = Ladder(("Code128",)), set[str]()
    while not read and time.monotonic() < until:
        read |= {each.text for each in ladder.read_codes(gray_of(bench.read_picture()))}
    while bench._label is not None and time.monotonic() < until:
        bench.read_picture()

    assert read == {"SPXMY04217788312"}
    assert bench._label is None
    bench.show_label("包裹", 1.0)  # no Code 128 can say this
    bench.read_picture()


@pytest.mark.parametrize(
    ("picture", "view", "fitted"),
    [
        ((1920, 1080), (1280, 720), (1280, 720)),
        ((1920, 1080), (800, 800), (800, 450)),
        ((640, 480), (1280, 720), (960, 720)),
        ((1920, 1080), (1, 1), (1, 1)),
        ((1920, 1080), (9000, 9000), (1920, 1080)),
        ((3000, 4000), (9000, 9000), (1247, 1662)),
    ],
)
def test_a_picture_fits_its_view_and_its_slot(
    picture: tuple[int, int], view: tuple[int, int], fitted: tuple[int, int]
) -> None:
    assert fit(*picture, *view) == fitted


@pytest.mark.parametrize("noise", [0.0, 3.0, 10.0])
def test_sharp_and_blurred_pictures_are_told_apart_in_any_light(noise: float) -> None:
    bench = draw_bench()
    grain = np.random.default_rng(1).normal(0, noise, bench.shape)

    def seen(blur: float) -> float:
        image = cv2.GaussianBlur(bench, (0, 0), blur) if blur else bench
        return sharpness(reduced((image + grain).clip(0, 255).astype(np.uint8)))

    assert seen(0.0) > 2 * SHARP_FROM
    assert seen(1.5) > SHARP_FROM
    assert seen(4.0) < SHARP_FROM


@pytest.mark.parametrize("size", [(1920, 1080), (320, 240), (100, 700), (1, 1), (961, 3)])
def test_a_thumbnail_is_small(size: tuple[int, int]) -> None:
    thumbnail = decoded(small_copy(reduced(np.zeros((*size[::-1], 3), np.uint8))))

    assert thumbnail.shape[1] <= 320
