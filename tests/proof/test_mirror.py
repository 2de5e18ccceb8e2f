"""Wires are in the file that is named after the module of the requirements that they are about."""

from conformance.catalogue import Requirement
from conformance.requirements import CATALOGUE, by_id
from tests.proof.proving import HERE, declared, homes, tables

STREAMS = "streams/"
"""Legal streams that many wires are made of."""


def lacking(place: str, rules: list[Requirement]) -> str:
    """What to do about a module of requirements that nothing here is named as; empty where something is."""
    names = [rule.id for rule in rules if not rule.untestable]
    folder, _, name = place.rpartition("/")
    file, tests = f"{place}.py", f"{folder}/test_{name}.py".removeprefix("/")
    if not names or any((HERE / proof).exists() for proof in (file, place, tests)):
        return ""
    return (
        f"conformance/requirements/{file} has no proof: create tests/proof/{file} with the tables BROKEN, "
        f"for wires that break {', '.join(names)}, and LEGAL, for wires that keep them. Where it takes "
        f"several exchanges to break them, tests/proof/{tests} with tests will do."
    )


def within(place: str, home: str) -> bool:
    """Whether a file is the one of a module, or one of its folder."""
    return f"{place}/".startswith(f"{home}/")


def test_every_broken_wire_stands_where_its_requirement_does() -> None:
    """One that breaks several stands with the first."""
    home = homes()
    astray = [
        f"{wire.id} breaks {wire.breaks[0]}: move it from tests/proof/{place}.py to tests/proof/{due}.py"
        for place, wire in tables("BROKEN")
        if not within(place, due := home[wire.breaks[0]])
    ]
    assert not astray, "\n".join(astray)


def test_every_file_with_wires_is_named_as_a_module_of_requirements() -> None:
    """Shared streams apart, which break nothing."""
    known = {place for place, _ in declared()}
    places = {place for name in ("BROKEN", "LEGAL") for place, _ in tables(name)}
    strays = [place for place in places if not any(within(place, home) for home in known)]
    assert [place for place in strays if not place.startswith(STREAMS)] == []


def test_every_module_of_requirements_has_its_proof() -> None:
    """The failure says which file to create."""
    modules: dict[str, list[Requirement]] = {}
    for place, rule in declared():
        modules.setdefault(place, []).append(rule)
    assert modules
    told = [words for place, rules in modules.items() if (words := lacking(place, rules))]
    assert not told, "\n".join(told)


def test_a_module_without_a_proof_is_told_which_file_to_create() -> None:
    """And one whose rules cannot be tested needs none."""
    rules = [by_id("role-first")]
    words = lacking("chat/novel", rules)
    assert "create tests/proof/chat/novel.py with the tables BROKEN, for wires that break role-first" in words
    assert "tests/proof/chat/test_novel.py" in words
    assert not lacking("chat/choices", rules)
    assert not lacking("novel", [rule for rule in CATALOGUE if rule.untestable])
