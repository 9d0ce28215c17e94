"""Whether a folder is on this computer: SQLite's locks and flushes cannot be trusted over a network."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from pathlib import Path

from parcelguard.core.errors import StorageError
from parcelguard.core.reasons.reason import because
from parcelguard.core.reasons.storage import StorageReason

_NETWORK = {
    *("nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afpfs", "afs", "ncpfs", "coda", "webdav"),
    *("ceph", "glusterfs", "lustre", "gpfs", "davfs", "vboxsf"),
    *("fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.davfs2", "fuse.smbnetfs"),
}
_MOUNTS = Path("/proc/self/mounts")
_MAC_MOUNT = re.compile(r".* on (?P<at>/.*) \((?P<kind>\w+)[,)].*")
_DRIVE_REMOTE = 4


def refuse_network(folder: Path) -> None:
    """Raise StorageError when a folder lies on another computer."""
    if on_network(folder.resolve()):
        reason = because(StorageReason.ON_NETWORK_DRIVE, folder=str(folder))
        raise StorageError(f"{folder} is on a network drive", reason)


def on_network(folder: Path) -> bool:
    """Whether a folder lies on another computer, as far as this system can tell."""
    if sys.platform == "win32":
        return _is_remote_drive(folder)
    mounts = _mac_mounts() if sys.platform == "darwin" else _linux_mounts()
    above = [folder.as_posix(), *(each.as_posix() for each in folder.parents)]
    kind = next((mounts[each] for each in above if each in mounts), "")
    return kind in _NETWORK


def _linux_mounts() -> dict[str, str]:
    """Return the kind of file system at each mount point; of several at one, the last is seen."""
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return {}
    found = [line.split(" ") for line in lines]
    return {_unescaped(each[1]): each[2] for each in found if len(each) > 2}


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def _mac_mounts() -> dict[str, str]:
    try:
        told = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    found = [_MAC_MOUNT.fullmatch(line) for line in told.splitlines()]
    return {match["at"]: match["kind"] for match in found if match}


def _is_remote_drive(folder: Path) -> bool:
    root = folder.anchor
    return root.startswith("\\\\") or _kind_of_drive(root) == _DRIVE_REMOTE


def _kind_of_drive(root: str) -> int:
    return int(ctypes.WinDLL("kernel32").GetDriveTypeW(root))  # type: ignore[attr-defined, unused-ignore]
