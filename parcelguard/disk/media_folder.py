"""The media folder itself: whether it is the one that was used before, and takes a file.

When a drive or share goes away, an empty folder of its name often stays. Photos must not land there,
so a file with a plain name marks the true folder.
"""

from __future__ import annotations

from pathlib import Path

from parcelguard.core.errors import DiskFull, StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason
from parcelguard.disk.files import make_folder, refused, write_durably

MARKER = "parcelguard-photos.txt"
PROBE = ".parcelguard-probe"
_WORDS = "ParcelGuard keeps its photos here. Leave this file where it is: by it the folder is known.\n"
_NOTE = "media-folder.txt"


class FolderGone(StorageError):
    """The folder is not there, or another one lies in its place."""

    kind = StorageReason.FOLDER_GONE


class MediaFolder:
    """One station's folder of originals, known by its mark. `home` remembers which folder was used."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self._own = path.is_relative_to(home)  # no drive of its own that could go away
        self._marker = path / MARKER
        self._note = home / _NOTE

    def claim(self) -> None:
        """Mark the folder at its first use. Raises StorageError when it is gone or takes no file."""
        try:
            used = self._used_before()
            if not self._is_marked():
                # An empty folder where photos were kept before is what a drive leaves behind that went away.
                if used and not self._own and not self._has_photos():
                    raise self._gone("its mark is missing")
                make_folder(self.path)
                write_durably(self._marker, _WORDS.encode())
            if not used:
                write_durably(self._note, str(self.path).encode(errors="surrogateescape"))
        except OSError as error:
            raise self._gone(str(error)) from error
        except (FolderGone, DiskFull):
            raise
        except StorageError as error:
            raise self._naming_the_folder(error) from error

    def check_marker(self) -> None:
        """Raise StorageError when the folder is not there. Quick: nothing is written."""
        try:
            marked = self._is_marked()
        except OSError as error:
            raise self._gone(str(error)) from error
        if not marked:
            raise self._gone("its mark is missing")

    def try_write(self) -> None:
        """Keep and remove a small file. Raises StorageError when that fails, DiskFull for want of room."""
        self.claim()
        probe = self.path / PROBE
        try:
            write_durably(probe, _WORDS.encode(), new_folder=False)
            probe.unlink()
        except OSError as error:
            raise self._naming_the_folder(refused(probe, error)) from error
        except DiskFull:
            raise
        except StorageError as error:
            raise self._naming_the_folder(error) from error

    def _is_marked(self) -> bool:
        try:
            self._marker.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def _used_before(self) -> bool:
        try:
            return self._note.read_bytes() == str(self.path).encode(errors="surrogateescape")
        except FileNotFoundError:
            return False

    def _has_photos(self) -> bool:
        return self.path.is_dir() and any(
            len(each.name) == 4 and each.name.isdecimal() for each in self.path.iterdir()
        )

    def _gone(self, why: str) -> FolderGone:
        return FolderGone(f"{self.path}: {why}", because(StorageReason.FOLDER_GONE, folder=str(self.path)))

    def _naming_the_folder(self, error: StorageError) -> StorageError:
        return StorageError(str(error), because(StorageReason.FOLDER_REFUSES, folder=str(self.path)))
