"""What the camera tests share: pictures with known content, a station to watch, cameras that misbehave."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import zxingcpp

from parcelguard.camera.client import CameraClient, CameraListeners
from parcelguard.camera.messages import CodeRead, PhotoFailed, PhotoKept, TakePhoto
from parcelguard.camera.ring import Frame
from parcelguard.camera.supervisor import Timeouts
from parcelguard.core.config import CameraSettings
from parcelguard.core.errors import StorageError
from parcelguard.core.events import CameraChanged, CameraState, CodesSeen
from parcelguard.core.ids import new_id
from parcelguard.core.proofs import Shot
from parcelguard.disk.files import make_folder

LABELS = Path(__file__).parents[3] / "shared" / "data" / "labels"
needs_labels = pytest.mark.skipif(not LABELS.is_dir(), reason=f"no label photographs at {LABELS}")
HASTY = Timeouts(shortest_pause_s=0.1)

Result = TypeVar("Result")
Picture = npt.NDArray[np.uint8]


def wait_for(what: Callable[[], Result | Literal[False] | None], timeout_s: float = 15.0) -> Result:
    """Return the first true answer of `what`; fail when there is none in time."""
    until = time.monotonic() + timeout_s
    while not (answer := what()):
        if time.monotonic() > until:
            pytest.fail(f"waited {timeout_s} s in vain")
        time.sleep(0.01)
    return answer


# ---- pictures ----------------------------------------------------------------------------


def scene(width: int = 640, height: int = 480) -> Picture:
    """Return a picture with a different colour in each quarter and a fine pattern, (h, w, 3) BGR."""
    picture = np.zeros((height, width, 3), np.uint8)
    colours = ((200, 40, 40), (40, 200, 40), (40, 40, 200), (180, 180, 60))
    for number, colour in enumerate(colours):
        top, left = number // 2 * height // 2, number % 2 * width // 2
        picture[top : top + height // 2, left : left + width // 2] = colour
    for x in range(0, width, 40):
        cv2.line(picture, (x, 0), (width - x, height), (230, 230, 230), 1)
    return picture


def decoded(data: bytes, flags: int = cv2.IMREAD_COLOR) -> Picture:
    """Return the picture of a file's bytes."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def label_picture(
    text: str,
    module_px: float = 2.5,
    turn: float = 0.0,
    *,
    symbology: str = "Code128",
    size: tuple[int, int] = (1920, 1080),
    seed: int = 0,
    blur: float = 0.7,
    noise: float = 4.0,
) -> Picture:
    """Return a gray picture of a label on a bench, as a webcam at a packing station sees it.

    Bars 45 modules high, turned by `turn` degrees, light falling off, blurred, noisy, JPEG artefacts.
    """
    random = np.random.default_rng(seed)
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, symbology))
    modules = np.array(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False))
    if symbology == "Code128":
        modules = np.repeat(modules[:1], 45, axis=0)
    fine = 8
    paper = np.kron(modules, np.ones((fine, fine), np.uint8))
    paper = cv2.copyMakeBorder(paper, *(12 * fine,) * 4, cv2.BORDER_CONSTANT, value=255)
    scale = module_px / fine
    paper = cv2.GaussianBlur(paper, (0, 0), 0.4 / scale)
    move = cv2.getRotationMatrix2D((paper.shape[1] / 2, paper.shape[0] / 2), turn, scale)
    width, height = size
    spread = (width * 0.1, height * 0.1)
    centre = (width / 2 + random.uniform(-1, 1) * spread[0], height / 2 + random.uniform(-1, 1) * spread[1])
    move[:, 2] += (centre[0] - paper.shape[1] / 2, centre[1] - paper.shape[0] / 2)
    bench = cv2.resize(random.uniform(90, 150, (9, 16)).astype(np.float32), size).astype(np.uint8)
    cv2.warpAffine(paper, move, size, dst=bench, borderMode=cv2.BORDER_TRANSPARENT)
    light = np.linspace(0.95, 0.75, width, dtype=np.float32)
    seen = cv2.GaussianBlur(bench * light, (0, 0), blur) + random.normal(0, noise, bench.shape)
    jpeg = cv2.imencode(".jpg", seen.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return decoded(jpeg.tobytes(), cv2.IMREAD_GRAYSCALE)


def photographed_labels(
    kinds: Sequence[str], size: tuple[int, int] = (1920, 1080)
) -> tuple[Picture, set[str]]:
    """Return a bench with one real photograph of each kind of label on it, and what they say."""
    width, height = size
    bench = np.full((height, width, 3), 120, np.uint8)
    texts = set()
    cell_width, cell_height = width // 3, height // 2
    for place, kind in enumerate(kinds):
        picture = min((LABELS / kind).glob("*.png"))
        texts.add(picture.with_suffix(".txt").read_text(encoding="utf-8"))
        label = decoded(picture.read_bytes())
        scale = min(1.0, cell_width / label.shape[1], cell_height / label.shape[0])
        smaller = cv2.resize(label, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        top, left = place // 3 * cell_height, place % 3 * cell_width
        bench[top : top + smaller.shape[0], left : left + smaller.shape[1]] = smaller
    return bench, texts


# ---- a station ---------------------------------------------------------------------------


class Station:
    """A client, and everything it has told so far."""

    def __init__(self, source: str, media: Path, timeouts: Timeouts = HASTY, **settings: Any) -> None:
        self.media = media
        self.events: list[object] = []
        self.codes: list[CodeRead] = []
        self.kept: list[PhotoKept] = []
        self.failed: list[PhotoFailed] = []
        self.frames = 0
        self.last_frame_at = 0.0
        self.client = CameraClient(
            CameraSettings(source=source, **settings),
            media,
            CameraListeners(
                publish=self.events.append,
                frame_arrived=self._count,
                code_read=self.codes.append,
                photo_kept=self.kept.append,
                photo_failed=self.failed.append,
            ),
            timeouts,
        )

    def _count(self) -> None:
        self.frames += 1
        self.last_frame_at = time.monotonic()

    def __enter__(self) -> Station:
        self.client.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop()

    @property
    def changes(self) -> list[CameraChanged]:
        return [event for event in self.events if isinstance(event, CameraChanged)]

    @property
    def seen(self) -> list[CodesSeen]:
        return [event for event in self.events if isinstance(event, CodesSeen)]

    def wait_live(self, timeout_s: float = 20.0) -> CameraChanged:
        return wait_for(lambda: self._now(CameraState.LIVE), timeout_s)

    def wait_lost(self, timeout_s: float = 20.0) -> CameraChanged:
        return wait_for(lambda: self._now(CameraState.LOST), timeout_s)

    def _now(self, state: CameraState) -> CameraChanged | None:
        changes = self.changes
        return changes[-1] if changes and changes[-1].state is state else None

    def frame(self) -> Frame:
        """Return the newest picture; there has to be one."""
        frame = self.client.frame()
        assert frame is not None
        return frame

    def wait_frames(self, count: int) -> None:
        aim = self.frames + count
        wait_for(lambda: self.frames >= aim)

    def ask(self, ordinal: int = 1, shot: Shot = Shot.CONTENTS) -> TakePhoto:
        proof = new_id()
        request = TakePhoto(
            photo_id=new_id(), proof_id=proof, ordinal=ordinal, shot=shot, folder=f"2026/11/21/{proof}"
        )
        with contextlib.suppress(StorageError):  # as the desk does, which says so where it cannot
            make_folder(self.media / request.folder)
        self.client.request_photo(request)
        return request

    def photo(self) -> PhotoKept:
        """Take a photo and return it; a refusal fails the test."""
        asked = self.ask()

        def answered() -> bool:
            answers: list[PhotoKept | PhotoFailed] = [*self.kept, *self.failed]
            return any(each.photo_id == asked.photo_id for each in answers)

        wait_for(answered)
        assert self.kept, self.failed
        return self.kept[-1]


# ---- cameras that misbehave --------------------------------------------------------------


class PhoneCamera:
    """MJPEG over HTTP like a phone's camera app, with switches for its bad habits."""

    BOUNDARY = b"--frame"

    def __init__(self, picture: Picture, port: int = 0) -> None:
        self.silent = threading.Event()
        self.garbage = threading.Event()
        self._ended = threading.Event()
        random = np.random.default_rng(3)
        noisy = [
            (picture.astype(np.int16) + random.normal(0, 4, picture.shape)).clip(0, 255).astype(np.uint8)
            for _ in range(6)
        ]
        self._jpegs = [cv2.imencode(".jpg", each)[1].tobytes() for each in noisy]
        self._server = socket.create_server(("127.0.0.1", port))
        self.port = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/video"

    def __enter__(self) -> PhoneCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._stream, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _stream(self, connection: socket.socket) -> None:
        connection.settimeout(1.0)
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(
                b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
            )
            number = 0
            while not self._ended.wait(1 / 20):
                if not self.silent.is_set():
                    number += 1
                    connection.sendall(self._part(number))

    def _part(self, number: int) -> bytes:
        jpeg = self._jpegs[number % len(self._jpegs)]
        if self.garbage.is_set() and number % 3 == 0:
            damaged = bytearray(jpeg)
            damaged[200:600] = os.urandom(400)
            jpeg = bytes(damaged)[: -len(damaged) // 3]
        head = b"%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (self.BOUNDARY, len(jpeg))
        between = os.urandom(300) if self.garbage.is_set() and number % 4 == 0 else b""
        return head + jpeg + b"\r\n" + between


class BlockingDriver:
    """A device file that stops answering in the middle of a read, as drivers do: a named pipe."""

    def __init__(self, path: Path, picture: Picture) -> None:
        os.mkfifo(path)
        self.path = path
        self.hangs = threading.Event()
        self._ended = threading.Event()
        self._jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> BlockingDriver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(5)

    def _write(self) -> None:
        pipe = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        try:
            rest = memoryview(self._jpeg)
            while not self._ended.is_set():
                if self.hangs.is_set():
                    self._ended.wait(0.02)
                    continue
                if not select.select([], [pipe], [], 0.05)[1]:
                    continue
                with contextlib.suppress(BlockingIOError):
                    rest = rest[os.write(pipe, rest[:65536]) :] or memoryview(self._jpeg)
        finally:
            os.close(pipe)


@contextlib.contextmanager
def ffmpeg_camera(picture: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Stream a picture with sensor noise as MJPEG over HTTP, by FFmpeg's own server."""
    command = ["ffmpeg", "-v", "quiet", "-re", "-loop", "1", "-framerate", "15", "-i", str(picture)]
    command += ["-vf", "noise=alls=6:allf=t", "-q:v", "4", "-f", "mpjpeg", "-listen", "1"]
    process = subprocess.Popen([*command, f"http://127.0.0.1:{port}/"], stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
