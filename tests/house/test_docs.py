"""What the documents name exists: a path in them leads to a file, and a name to where it is defined."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PATH = re.compile(r"`((?:[a-z_]+/)+[a-z_]*(?:\.[a-z]+)?|[a-z_]+/)`(?: `(\w+)`)?")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
FOR_BUILDERS = [
    ROOT / "CONTRIBUTING.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in ("how-it-is-built", "delivery", "adding-a-marketplace", "measuring")
    ),
]
MADE_UP = re.compile(r"pasar|<")  # the example of a marketplace, and what a reader fills in


def places(page: Path) -> list[tuple[str, str]]:
    return [(path, name) for path, name in PATH.findall(page.read_text(encoding="utf-8"))]


def found(path: str) -> Path | None:
    return next((root / path for root in (ROOT, ROOT / "parcelguard") if (root / path).exists()), None)


@pytest.mark.parametrize("page", FOR_BUILDERS, ids=lambda page: page.name)
def test_every_path_in_the_docs_exists_and_holds_what_is_named_beside_it(page: Path) -> None:
    for path, name in places(page):
        if MADE_UP.search(path):
            continue
        place = found(path)
        assert place is not None, f"{page.name}: {path}"
        if name and place.suffix == ".py":
            assert re.search(rf"^\s*(?:def|class) {name}\b|^{name}\b", place.read_text(), re.MULTILINE), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_the_documents_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
