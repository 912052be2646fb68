"""Scripts outside the package take only what the package has."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.test_rooms import MODULES

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("tools/*.py")])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_imports_only_names_that_are_there(script):
    gone = [
        f"{node.module}.{name.name}"
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "wellhead"
        for name in node.names
        if not has(node.module, name.name)
    ]
    assert gone == []


def has(module: str, name: str) -> bool:
    """Whether the module, read and not run, binds the name or has it as a part."""
    return f"{module}.{name}" in MODULES or name in bound(MODULES[module])


@cache
def bound(path: Path) -> frozenset[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.ImportFrom(names=imported):
                names |= {each.asname or each.name for each in imported}
    return frozenset(names)
