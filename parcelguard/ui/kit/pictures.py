"""Photos from the media folder, read off the window's thread at the size they are shown."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from parcelguard.core.errors import ParcelGuardError
from parcelguard.ui.kit.background import Background
from parcelguard.ui.ports import LogPort

THUMBNAIL = QSize(160, 100)
KEPT_PICTURES = 400


class Thumbnails:
    """The small pictures of a list's rows, the newest kept."""

    def __init__(self, log: LogPort, pictures: Background) -> None:
        self._log = log
        self._pictures = pictures
        self._images: OrderedDict[str, QImage | None] = OrderedDict()

    def picture(self, path: str, ready: Callable[[], None]) -> QImage | None:
        """Return a small picture, empty if there is none; None while it is read, then `ready` is called."""
        if not path:
            return QImage()
        if path in self._images:
            self._images.move_to_end(path)
            return self._images[path]
        self._images[path] = None

        def keep(image: QImage) -> None:
            self._images[path] = image
            while len(self._images) > KEPT_PICTURES:
                self._images.popitem(last=False)
            ready()

        self._pictures.ask(lambda: read_picture(str(self._log.media_path(path)), THUMBNAIL), keep, _forget)
        return None


def read_picture(path: str, size: QSize) -> QImage:
    """Read a JPEG at about the size it is shown; the decoder skips what is not needed."""
    reader = QImageReader(path)
    reader.setAutoTransform(True)
    whole = reader.size()
    if whole.isValid() and whole.width() > size.width() * 2:
        reader.setScaledSize(whole.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    return reader.read()


def _forget(_error: ParcelGuardError) -> None:
    """Leave the empty frame: a missing small picture is no news for anybody."""
