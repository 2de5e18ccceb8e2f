"""The errors that a user can put right: one base, and a class for each kind."""

import ast
import copy
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from conformance.errors import (
    ConformanceError,
    KeyMissingError,
    UnknownProviderError,
    UnknownRequirementError,
    did_you_mean,
)
from conformance.evidence.errors import PathMissingError, Unreadable
from conformance.providers import find_providers
from conformance.run.conduct import Run
from conformance.run.errors import UnknownFailOnError
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.run.stored import StoredRun
from tests.plugin.streams import CLEAN

ROOT = Path(__file__).parents[1]
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for folder in ("conformance", "interop", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if ".servers" not in path.parts
}
# A value for each type that a field of an error has.
VALUES: dict[Any, Any] = {
    Any: {"a": [1]},
    Path: Path("some/where"),
    bool: True,
    dict[str, int]: {"pass": 2},
    float: 1.5,
    int: 3,
    int | str: "3",
    str: "name",
    tuple[Unreadable, ...]: (Unreadable("a.json", PathMissingError()),),
    tuple[str, ...]: ("nome", "other"),
    tuple[str, str]: ("a.jsonl", "b.jsonl"),
}


def defined() -> dict[str, type[ConformanceError]]:
    """Every class of errors in the source, by its name; those that have kinds of their own among them.

    Each worker of pytest-xdist looks for them when it collects, so no source is parsed here.
    """
    classes = [
        (name, re.findall(r"\w+", bases), path)
        for path, text in SOURCES.items()
        for name, bases in re.findall(r"^class (\w+)\(([^)]*)\):", text, re.MULTILINE)
    ]
    found: dict[str, type[ConformanceError]] = {"ConformanceError": ConformanceError}
    more = True
    while more:
        more = False
        for name, bases, path in classes:
            if name not in found and not found.keys().isdisjoint(bases):
                module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
                found[name] = getattr(module, name)
                more = True
    return found


CLASSES = defined()
KINDS = [kind for kind in CLASSES.values() if not kind.__subclasses__()]
BASES = {name for name, kind in CLASSES.items() if kind.__subclasses__()}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def made(kind: type[ConformanceError]) -> ConformanceError:
    """An error of a kind, with some value in each of its fields."""
    types = get_type_hints(kind)
    return kind(*(VALUES[types[field.name]] for field in fields(kind)))


def mentions(node: ast.expr | None) -> str:
    """The name that an expression is, or calls; empty for any other expression."""
    called = node.func if isinstance(node, ast.Call) else node
    return called.id if isinstance(called, ast.Name) else ""


@cache
def used() -> frozenset[str]:
    """What is raised by its name, or made to be returned as a value."""
    nodes = [node for text in SOURCES.values() for node in ast.walk(ast.parse(text))]
    raised = {mentions(node.exc) for node in nodes if isinstance(node, ast.Raise)}
    return frozenset(raised | {mentions(node) for node in nodes if isinstance(node, ast.Call)})


def test_there_are_bases_and_kinds() -> None:
    """Three sorts of errors have a base of their own; the search above finds them all."""
    assert {"ConformanceError", "EvidenceError", "ReportError", "UnknownNameError"} == BASES
    assert len(KINDS) > 50


def test_codes_are_distinct_slugs() -> None:
    """A program tells kinds apart by them."""
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


@each_kind
def test_a_kind_says_what_happened_and_what_to_do(kind: type[ConformanceError]) -> None:
    """In its message and its hint, and both in its text and on one line; and when, in its docstring."""
    error = made(kind)
    assert error.message
    if error.hint:
        assert str(error) == f"{error.message}\nhint: {error.hint}"
        assert error.one_line == f"{error.message} ({error.hint})"
    else:
        assert str(error) == error.one_line == error.message
    assert kind.__name__.endswith("Error")
    assert re.match(r"Raised (for|where) |Told of ", kind.__doc__ or "")


@each_kind
def test_an_error_survives_copying_and_pickling(kind: type[ConformanceError]) -> None:
    """With its fields and what was noted on it; it equals itself alone, as exceptions do."""
    error = made(kind)
    error.add_note("noted")
    for other in (copy.copy(error), copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301
        assert type(other) is kind
        assert str(other) == str(error)
        assert repr(other) == repr(error)
        assert other.__notes__ == ["noted"]
    assert error != made(kind)
    assert len({error, made(kind)}) == 2


@each_kind
def test_every_kind_is_raised_somewhere(kind: type[ConformanceError]) -> None:
    """One that is not has no reader."""
    assert kind.__name__ in used()


def test_no_base_is_raised() -> None:
    """It has neither code nor words."""
    assert not BASES & used()


def test_an_error_goes_through_a_context_manager_and_hides_its_cause() -> None:
    """Python sets traceback and cause of an exception itself, so it must allow that."""

    @contextmanager
    def managed() -> Iterator[None]:
        yield

    def look_up(entries: dict[str, int]) -> int:
        try:
            return entries["zenmx"]
        except KeyError:
            raise UnknownProviderError("zenmx", ("zenmux",)) from None

    with pytest.raises(ConformanceError) as caught, managed():
        look_up({})
    assert caught.value.__suppress_context__
    assert str(caught.value) == "no provider is named 'zenmx'\nhint: did you mean zenmux?"


def test_a_hint_names_the_nearest_name_or_all() -> None:
    """What else to say where none is near may be given."""
    assert did_you_mean("colour", ["color", "flavor"]) == "did you mean color?"
    assert did_you_mean("chat", ["responses-core", "chat-core"]) == "did you mean chat-core?"
    assert did_you_mean("nope", ["openai", "zenmux"]) == "there are openai, zenmux"
    assert did_you_mean("", ["openai"]) == "there are openai"
    assert did_you_mean("x", ["color", "flavor"]) == "there are color, flavor"
    assert did_you_mean("x", ["color", "flavor"], "see the list") == "see the list"


@pytest.fixture
def result(tmp_path: Path) -> Result:
    """What came of one stored stream."""
    path = tmp_path / "stream.sse"
    path.write_text(CLEAN)
    settings = Settings(report_dir=None, started=datetime.now(UTC), command="")
    run = Run(StoredRun([path], find_providers(folder=tmp_path, environment={}), settings), settings)
    run.execute()
    return run.results[0]


@pytest.mark.parametrize("key", ["sk-proj-canary", "gsk_canary", "0canary"])
def test_a_key_in_place_of_the_name_of_its_variable_is_not_shown(key: str) -> None:
    """Who writes the key where its variable should be named finds it in no log."""
    error = KeyMissingError("acme", key)
    assert "canary" not in error.message + error.hint
    assert "and not the key itself" in error.hint


def test_an_assertion_on_no_level_is_refused(result: Result) -> None:
    """It is neither kept nor broken."""
    with pytest.raises(UnknownFailOnError, match="fail_on is 'always'\nhint: it is 'must' or 'should'"):
        result.assert_conforms(fail_on="always")


def test_an_allowance_for_no_requirement_is_refused(result: Result) -> None:
    """A misspelt one would allow nothing."""
    with pytest.raises(UnknownRequirementError, match=r"no requirement is named 'role-frist'\n.*role-first"):
        result.assert_conforms(allow=["role-frist"])
