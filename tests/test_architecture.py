"""The rules of docs/architecture.md: layers without circles, a pure core, modules of readable size."""

import ast
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS

PACKAGE = Path(__file__).parents[1] / "conformance"
PAGE = PACKAGE.parent / "docs" / "architecture.md"
LONGEST = 400  # lines
PYTEST = {"plugin", "suite"}
FORBIDDEN = {
    "asyncio",
    "datetime.datetime",
    "httpx",
    "os",
    "random",
    "requests",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "time",
    "urllib.request",
    "uvicorn",
}
"""Network, clock, chance and processes: what the core may not import."""
CALLS = {"today", "now", "utcnow", "open", "read_text", "read_bytes", "write_text", "write_bytes", "print"}
"""Clock and files: what the core may not call."""

SOURCES = sorted(PACKAGE.rglob("*.py"))


def every_module(check: Callable[[Path], None]) -> Callable[[], None]:
    """One test of all modules, which tells each of them that breaks the rule."""

    def test() -> None:
        wrong = {}
        for path in SOURCES:
            try:
                check(path)
            except AssertionError as error:
                wrong[path.relative_to(PACKAGE).as_posix()] = str(error)
        assert wrong == {}

    test.__name__, test.__doc__ = check.__name__, check.__doc__
    return test


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text())


@cache
def layers() -> dict[str, int]:
    """The layer of each module or package, counted from the top of the page's table."""
    (table,) = re.findall(r"<!-- layers -->\n(.*?)<!-- /layers -->", PAGE.read_text(), re.DOTALL)
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("|")][2:]
    return {name: number for number, row in enumerate(rows) for name in re.findall(r"`(\w+)`", row)}


@cache
def names() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    parts = {path: path.relative_to(PACKAGE.parent).with_suffix("").parts for path in SOURCES}
    return {".".join(part for part in found if part != "__init__"): path for path, found in parts.items()}


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The dotted names that a module imports, wherever in it."""
    found: list[str] = []
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=items):
                found += [item.name for item in items]
            case ast.ImportFrom(module=str(module), names=items):
                known = [f"{module}.{item.name}" for item in items]
                found += [name if name in names() or name in FORBIDDEN else module for name in known]
    return tuple(found)


def dotted(path: Path) -> str:
    """The dotted name of a module."""
    (name,) = [name for name, found in names().items() if found == path]
    return name


def place(name: str) -> str:
    """What the table calls a module: the part of the package that it is in."""
    return name.split(".")[1] if "." in name else name


def test_the_table_has_every_part_of_the_package_once() -> None:
    """A module that is new or renamed does not drop out of the rules below unseen."""
    found = {place(name) for name in names()}
    assert set(layers()) == found


@every_module
def test_a_module_imports_its_own_layer_and_those_above(path: Path) -> None:
    """As the table of docs/architecture.md shows them."""
    mine = dotted(path)
    for name in imported(path):
        if name.split(".")[0] == "conformance":
            assert layers()[place(name)] <= layers()[place(mine)], f"{mine} imports {name}, a layer below it"


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Late imports and imports for types included."""
    graph: dict[str, set[str]] = defaultdict(set)
    for name, path in names().items():
        graph[name] |= {item for item in imported(path) if item in names() and item != name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' <- '.join(error.args[1])}")


@every_module
def test_the_core_imports_at_the_top(path: Path) -> None:
    """An import inside a function would hide what verdicts depend on."""
    if layers()[place(dotted(path))] > layers()["judge"]:
        return
    functions = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef)]
    late = [node for function in functions for node in ast.walk(function)]
    allowed = {"version"}  # what the package metadata say is looked up when it is asked for
    assert path.stem in allowed or not [
        node for node in late if isinstance(node, ast.Import | ast.ImportFrom)
    ]


@every_module
def test_no_requirement_casts(path: Path) -> None:
    """Its decorator gives the check the type of what it judges."""
    if place(dotted(path)) == "requirements":
        assert "cast" not in {node.id for node in ast.walk(parsed(path)) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("name", ["judge", "groups", "trouble"])
def test_the_judge_names_no_scenario_and_no_rule(name: str) -> None:
    """What is special of one is a column of it."""
    special = {scenario.name for scenario in SCENARIOS} | {rule.id for rule in CATALOGUE}
    tree = ast.parse((PACKAGE / f"{name}.py").read_text())
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert special.isdisjoint(text for text in texts if isinstance(text, str))


@every_module
def test_pytest_is_imported_by_the_plugin_and_the_suite_alone(path: Path) -> None:
    """The run, the command line and the API work without it."""
    if path.relative_to(PACKAGE).parts[0] not in PYTEST:
        assert not [name for name in imported(path) if name.split(".")[0] in ("pytest", "_pytest")]


@every_module
def test_the_core_is_pure(path: Path) -> None:
    """No network, no clock, no chance, no process, where verdicts are reached."""
    mine = dotted(path)
    if layers()[place(mine)] != layers()["judge"]:
        return
    for name in imported(path):
        assert name not in FORBIDDEN, f"{mine} imports {name}"
        assert name.split(".")[0] not in FORBIDDEN, f"{mine} imports {name}"
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Call(func=ast.Attribute(attr=called)) | ast.Call(func=ast.Name(id=called)):
                assert called not in CALLS, f"{mine} calls {called}"


@every_module
def test_modules_are_of_a_size_to_read(path: Path) -> None:
    """One thing each, at most 400 lines."""
    assert len(path.read_text().splitlines()) <= LONGEST


@every_module
def test_every_module_says_what_it_is(path: Path) -> None:
    """A docstring at the top."""
    source = path.read_text()
    assert not source.strip() or ast.get_docstring(parsed(path)), f"{path.name} has no docstring"


@every_module
def test_modules_assign_no_dunder_name_but_their_list(path: Path) -> None:
    """A misspelt `__all__` is no error anywhere: the module then has no list of what is public."""
    targets = (node.targets for node in parsed(path).body if isinstance(node, ast.Assign))
    names = {one.id for each in targets for one in each if isinstance(one, ast.Name)}
    assert {name for name in names if name.startswith("__")} <= {"__all__"}
