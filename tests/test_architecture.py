"""What the design promises of the code: a pure core, modules of a size to read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.requirements import CATALOGUE
from conformance.scenarios import SCENARIOS

PACKAGE = Path(__file__).parents[1] / "conformance"
LONGEST = 400  # lines

# Everything from the exchange to the gate: the part that verdicts depend on.
CORE = (
    "assemble",
    "capabilities",
    "catalogue",
    "decode",
    "dialects",
    "exchange",
    "gate",
    "groups",
    "judge",
    "requirements",
    "scenarios",
    "shapes",
    "sources",
    "subject",
    "text",
    "trouble",
)
# `paths` and `jsonschema` read schemas that are part of the package; `errors` has nothing but words.
ALLOWED = {*CORE, "paths", "errors"}
FORBIDDEN = {
    "asyncio",
    "datetime.datetime",
    "httpx",
    "os",
    "pytest",
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


def modules(*names: str) -> Iterator[Path]:
    """The files of some modules or packages."""
    for name in names:
        single = PACKAGE / f"{name}.py"
        yield from [single] if single.exists() else sorted((PACKAGE / name).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{name.name}" for name in names)


@pytest.mark.parametrize("path", list(modules(*CORE)), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_core_is_pure(path: Path) -> None:
    """No network, no clock, no process, no pytest, and nothing of ours that has them."""
    for name in imported(path):
        assert name not in FORBIDDEN, f"{path.name} imports {name}"
        assert name.split(".")[0] not in FORBIDDEN, f"{path.name} imports {name}"
        if name.startswith("conformance."):
            assert name.split(".")[1] in ALLOWED, f"{path.name} imports {name}, which is not of the core"


@pytest.mark.parametrize("path", list(modules(*CORE)), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_core_imports_at_the_top(path: Path) -> None:
    """An import inside a function hides a circle."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    late = [node for function in functions for node in ast.walk(function)]
    assert not [node for node in late if isinstance(node, ast.Import | ast.ImportFrom)]


@pytest.mark.parametrize("path", list(modules("requirements")), ids=lambda path: path.name)
def test_no_requirement_casts(path: Path) -> None:
    """Its decorator gives the check the type of what it judges."""
    assert not [name for name in imported(path) if name.startswith("typing.cast")]


@pytest.mark.parametrize("name", ["judge", "groups", "trouble"])
def test_the_judge_names_no_scenario_and_no_rule(name: str) -> None:
    """What is special of one is a column of it."""
    special = {scenario.name for scenario in SCENARIOS} | {rule.id for rule in CATALOGUE}
    (path,) = modules(name)
    texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
    assert special.isdisjoint(text for text in texts if isinstance(text, str))


def test_the_core_is_where_it_is_looked_for() -> None:
    """A module that is renamed does not drop out of the rule above unseen."""
    for name in CORE:
        assert list(modules(name)), f"there is no conformance/{name}"


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_modules_are_of_a_size_to_read(path: Path) -> None:
    """One thing each, at most 400 lines."""
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_every_module_says_what_it_is(path: Path) -> None:
    """A docstring at the top."""
    source = path.read_text()
    assert not source.strip() or ast.get_docstring(ast.parse(source)), f"{path.name} has no docstring"
