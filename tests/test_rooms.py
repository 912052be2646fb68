"""The order of the rooms: each imports only from those below it, and nothing runs in a circle."""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import wellhead

SOURCE = Path(wellhead.__file__).parent
GUIDE = Path(__file__).parents[1].joinpath("CONTRIBUTING.md").read_text(encoding="utf-8")
# From the ground up; a room may import from those before it.
ROOMS = (
    *(
        "_version",
        "_lazy",
        "errors",
        "_atomic",
        "_parquet",
        "_threads",
        "_progress",
        "_waiting",
        "_registry",
        "_stats",
        "_result",
        "_spreadsheet",
    ),
    *("report", "corpus", "detect", "prevalence", "consensus", "study"),
    # The verb `curate` lives in a room with a noun's name; it asks the forecast of `recursion`.
    *("web", "generate", "audit", "lineage", "recursion", "curation", "models", "capability"),
    *("collect", "watch", "engines", "demo", "", "cli", "__main__"),
)


def _modules() -> dict[str, Path]:
    def dotted(path: Path) -> str:
        return ".".join(("wellhead", *path.relative_to(SOURCE).with_suffix("").parts))

    return {dotted(path).removesuffix(".__init__"): path for path in SOURCE.rglob("*.py")}


MODULES = _modules()


def imported_by(path: Path) -> set[str]:
    """The modules of ours that a file imports, inside functions as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{name.name}" for name in node.names}
            found |= (inside & MODULES.keys()) or {node.module}
    return found & MODULES.keys()


GRAPH = {name: imported_by(path) - {name} for name, path in MODULES.items()}


def room(module: str) -> int:
    return ROOMS.index(module.removeprefix("wellhead").strip(".").split(".")[0])


def test_every_room_imports_only_from_the_rooms_below_it():
    upward = [
        f"{module} imports {needed}"
        for module, needs in GRAPH.items()
        for needed in needs
        if room(needed) > room(module)
    ]
    assert upward == []


def test_no_import_runs_in_a_circle():
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as circle:
        raise AssertionError(" → ".join(circle.args[1])) from None


def test_contributors_are_told_the_order_of_the_rooms():
    told = re.findall("`([a-z_]+)`", paragraph_after("only from those before it:"))
    assert told == [name for name in ROOMS if name not in ("_version", "", "__main__")]


def test_contributors_are_told_every_kind_of_part_that_can_be_added():
    groups = {group for path in MODULES.values() for group in plug_in_groups(path)}
    assert len(groups) > 5
    assert sorted(group for group in groups if f"`{group}`" not in GUIDE) == []


def paragraph_after(words: str) -> str:
    return GUIDE.split(words)[1].strip().split("\n\n")[0]


def plug_in_groups(path: Path) -> set[str]:
    """The entry-point groups of the registries that the file makes."""
    return {
        node.args[1].value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("Registry")
    }


def test_the_front_page_is_functions_whose_names_no_package_shares():
    packages = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    verbs = [name for name in dir(wellhead) if name != "__version__"]
    assert len(verbs) == len(set(verbs))
    assert not packages & set(verbs)
    for verb in verbs:
        function = getattr(wellhead, verb)
        assert type(function).__name__ == "function"
        assert function.__doc__


def test_no_public_function_is_longer_than_sixty_lines():
    """Without its docstring; what takes more is two things."""
    long = [
        f"{module}.{node.name}"
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and lines_of(node) > 60
    ]
    assert long == []


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def test_a_function_of_more_than_a_dozen_parameters_says_why_beside_them():
    """Commands aside: their parameters are the options of a command line."""
    silent = [
        f"{module}.{node.name}"
        for module, path in MODULES.items()
        for node in public_functions(path)
        if len(node.args.args) + len(node.args.kwonlyargs) > 13
        and not any(".command(" in ast.unparse(each) for each in node.decorator_list)
        and "# many parameters: " not in signature_of(node, path)
    ]
    assert silent == []


def public_functions(path: Path) -> list[ast.FunctionDef]:
    """Those of a module and of its classes; `self` may count as one parameter."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    return [
        node
        for place in (module, *classes)
        for node in place.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def signature_of(function: ast.FunctionDef, path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(lines[function.lineno - 1 : function.body[0].lineno])
