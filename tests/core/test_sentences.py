"""No decision hangs on a sentence: nothing compares, searches or takes apart what a person reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import parcelguard

ROOT = Path(parcelguard.__file__).parent
SENTENCES = ("headline", "advice")
TAKING_APART = ("startswith", "endswith", "partition", "rpartition", "removeprefix", "find", "index", "split")
COMPARING = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def _is_sentence(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):  # label(error.headline) is a sentence still
        return any(_is_sentence(each) for each in node.args)
    if isinstance(node, ast.Tuple):
        return any(_is_sentence(each) for each in node.elts)
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in SENTENCES


def decisions_on_sentences(source: str) -> Iterator[int]:
    """Yield the lines on which a headline or advice is compared, searched or taken apart."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left, ops, others) if any(isinstance(each, COMPARING) for each in ops):
                if any(map(_is_sentence, (left, *others))):
                    yield node.lineno
            case ast.Call(ast.Attribute(value, name)) if name in TAKING_APART and _is_sentence(value):
                yield node.lineno


ALLOWED = {
    "ui/pack/preview.py",  # paints anew only what differs from what it shows
    "cli.py",  # says nothing twice
    "store/migrations/versions/0004_reasons.py",  # reads what the versions before had kept as sentences
}


def test_no_module_decides_by_a_sentence() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{line}"
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).as_posix() not in ALLOWED
        for line in decisions_on_sentences(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "error.headline == 'No.'",
        "'chat' in error.advice",
        "(a.headline, a.advice) == ('x', 'y')",
        "headline.startswith('Accepted')",
        "label(error.headline) != told",
        "first, _, rest = part.advice.partition(' ')",
    ],
)
def test_decision_on_a_sentence_is_noticed(source: str) -> None:
    assert list(decisions_on_sentences(source)) == [1]


@pytest.mark.parametrize("source", ["show(error.headline)", "error.reason == LATE", "if headline: pass"])
def test_saying_a_sentence_is_no_decision(source: str) -> None:
    assert list(decisions_on_sentences(source)) == []
