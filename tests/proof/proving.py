"""Collects what proves the requirements: hand-made wires, and faults of the reference provider.

The wires for a module of requirements, such as `conformance/requirements/chat/choices.py`, are here in the
file of the same name, `chat/choices.py`, or in several files of a folder of that name. Each file has two
tables: BROKEN holds wires that break a requirement, LEGAL wires that a conforming endpoint may send, however
rarely. `breaks` of a legal wire lists the SHOULD and INFO requirements that it breaks; it never lists a MUST.
`streams` holds the common parts of wires. Wires share no code with the checks or the reference provider.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from conformance import requirements
from conformance.catalogue import Level, Outcome, Requirement, Verdict
from conformance.errors import did_you_mean
from conformance.judge import judge_exchange
from conformance.reference.faults import FAULTS, Fault
from tests.played import broken, judged
from tests.proof.streams.handmade import Wire, exchange

__all__ = [
    "BREAKERS",
    "BROKEN",
    "HERE",
    "LEGAL",
    "breakers",
    "declared",
    "differences",
    "homes",
    "kept",
    "mistyped",
    "tables",
    "verdicts_on",
]

HERE = Path(__file__).parent
OUTCOMES = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.INFO: Outcome.INFO}


def declared() -> Iterator[tuple[str, Requirement]]:
    """Every requirement of every module, listed in the catalogue or not, with the path of its module."""
    start = f"{requirements.__name__}."
    for module in walk_packages(requirements.__path__, start):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Requirement):
                yield module.name.removeprefix(start).replace(".", "/"), value


def homes() -> dict[str, str]:
    """The path of the module that holds each requirement, without its ending."""
    return {rule.id: place for place, rule in declared()}


def tables(name: str) -> Iterator[tuple[str, Wire]]:
    """The wires of all tables of this name, each with the path of its file."""
    for path in sorted(HERE.rglob("*.py")):
        if path != Path(__file__) and not path.name.startswith(("test_", "__")):
            place = path.relative_to(HERE).with_suffix("").as_posix()
            module = import_module(f"tests.proof.{place.replace('/', '.')}")
            yield from ((place, wire) for wire in getattr(module, name, ()))


BROKEN: tuple[Wire, ...] = tuple(wire for _, wire in tables("BROKEN"))
LEGAL: tuple[Wire, ...] = tuple(wire for _, wire in tables("LEGAL"))
BREAKERS: tuple[Fault | Wire, ...] = (*FAULTS.values(), *BROKEN)


def mistyped(tried: Iterable[Fault | Wire] = BREAKERS) -> list[str]:
    """What is declared to break something that is no requirement, in sentences."""
    known = tuple(rule.id for _, rule in declared())
    return [
        f"{'fault' if isinstance(one, Fault) else 'wire'} {one.id} breaks {name!r}, which is no requirement; "
        f"{did_you_mean(name, known)}"
        for one in tried
        for name in one.breaks
        if name not in known
    ]


def breakers(name: str) -> list[Fault | Wire]:
    """What is declared to break a requirement."""
    return [tried for tried in BREAKERS if name in tried.breaks]


def verdicts_on(tried: Fault | Wire) -> list[Verdict]:
    """A fault is played through a whole run, a wire is judged by itself."""
    return judged(tried) if isinstance(tried, Fault) else judge_exchange(exchange(tried))


def kept(verdicts: Iterable[Verdict]) -> Counter[str]:
    """How many of the verdicts are a pass, by requirement."""
    return Counter(verdict.requirement for verdict in verdicts if verdict.outcome is Outcome.PASS)


def differences(verdicts: Sequence[Verdict], breaks: Collection[str]) -> dict[str, str]:
    """Where verdicts break something else than what was declared, in words by requirement.

    A requirement is broken with the outcome of its level, and says what was expected and observed.
    """
    found = broken(verdicts)
    told = {name: "it is not broken" for name in breaks if name not in found}
    for name, several in found.items():
        for verdict in several:
            if why := _wrong(verdict, declared=name in breaks):
                told.setdefault(name, f"{why}: {_words(verdict)}")
    return told


def _wrong(verdict: Verdict, *, declared: bool) -> str:
    """What is wrong with a verdict that is not good; empty where it is just as declared."""
    due = OUTCOMES[verdict.level]
    if not declared:
        return "it is broken"
    if verdict.outcome is not due:
        return f"the outcome is {verdict.outcome.words}, not {due.words}"
    whole = all(item.expected and item.observed for item in verdict.violations)
    return "" if whole else "a violation leaves out what was expected or observed"


def _words(verdict: Verdict) -> str:
    if not verdict.violations:
        return f"{verdict.subject}: {verdict.reason}"
    first = verdict.violations[0]
    return f"{verdict.subject}, event {first.event}: expected {first.expected}, observed {first.observed}"
