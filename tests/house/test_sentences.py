"""Sentences are written so that they can be gathered: whole, and as they stand in the catalogue."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEAKING = {"tr": 1, "trn": 2, "msgid": 1}  # how many of the first arguments are messages


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for path in sorted((ROOT / "parcelguard").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPEAKING:
                yield path, node, node.func.id


def composed(argument: ast.expr) -> bool:
    """Whether a message is put together here: what comes of it stands in no catalogue."""
    return isinstance(argument, ast.JoinedStr | ast.BinOp) or (
        isinstance(argument, ast.Call)
        and isinstance(argument.func, ast.Attribute)
        and argument.func.attr in {"format", "join"}
    )


def test_no_message_is_put_together_before_it_is_translated() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call, name in calls()
        for argument in call.args[: SPEAKING[name]]
        if composed(argument)
    ]
    assert wrong == []


def test_no_message_is_translated_while_its_module_is_loaded() -> None:
    """The language is chosen later, and may change; what is only named is marked with msgid."""
    wrong = []
    for path in sorted((ROOT / "parcelguard").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for node in ast.walk(function)
        }
        wrong += [
            f"{path.relative_to(ROOT)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"tr", "trn"}
            and id(node) not in inside
        ]
    assert wrong == []
