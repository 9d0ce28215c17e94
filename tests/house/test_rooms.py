"""The house keeps its rules by itself: a module in the wrong place or with a wrong import is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from scripts import rooms

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
MOST_MODULES = 20
MOST_AT_THE_ROOT = 4

FORBIDDEN = [
    ("delivery/sneaky.py", "from PySide6.QtCore import QObject", "Qt"),
    ("packing/sneaky.py", "import cv2", "OpenCV"),
    ("upkeep/sneaky.py", "import pyzbar", "OpenCV"),
    ("media_log/sneaky.py", "import sqlalchemy", "SQLAlchemy"),
    ("ui/log/sneaky.py", "import httpx", "httpx"),
    ("shops/sneaky.py", "import starlette", "web server"),
    ("delivery/sneaky.py", "from parcelguard.ui.kit import theme", "Imports point one way"),
    ("core/sneaky.py", "from parcelguard.store import tables", "Imports point one way"),
    ("marketplace/sneaky.py", "from parcelguard.sandbox.world import world", "sandbox"),
    ("sandbox/sneaky.py", "from parcelguard.marketplace import http", "specifications alone"),
    ("newroom/__init__.py", "", "every room has its place"),
]


@pytest.fixture
def copy_of_the_house(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "parcelguard", tmp_path / "parcelguard", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("place", "line", "contract"), FORBIDDEN)
def test_a_new_module_with_a_forbidden_import_is_refused_without_being_listed(
    copy_of_the_house: Path, place: str, line: str, contract: str
) -> None:
    module = copy_of_the_house / "parcelguard" / place
    module.parent.mkdir(exist_ok=True)
    module.write_text(f"{line}\n")
    done = linted(copy_of_the_house)
    assert done.returncode != 0
    assert contract in done.stdout
    assert Path(place).parts[0] in done.stdout


def test_the_house_as_it_stands_is_accepted(copy_of_the_house: Path) -> None:
    done = linted(copy_of_the_house)
    assert done.returncode == 0, done.stdout


def test_no_room_holds_more_modules_than_a_reader_can_take_in() -> None:
    modules = (path for path in (ROOT / "parcelguard").rglob("*.py") if path.name != "__init__.py")
    rooms = Counter(path.parent.relative_to(ROOT) for path in modules)
    at_the_root = rooms.pop(Path("parcelguard"))
    assert at_the_root <= MOST_AT_THE_ROOT
    assert {room: count for room, count in rooms.items() if count > MOST_MODULES} == {}


def test_the_picture_of_the_rooms_shows_them_as_they_are() -> None:
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.drawing(), "run: make rooms"
