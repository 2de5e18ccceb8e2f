"""The result as `docs/mutation.md`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from conformance.text import counted
from tests.mutation.equivalence import FREE, OPTIONAL, Row
from tests.mutation.normal import Step
from tests.mutation.run import Fate, Kind
from tests.mutation.survivors import listed

__all__ = ["LEAST", "share", "written"]

LEAST = 0.95
"""The least share of the mutants that are not equivalent which has to be killed."""

_HEAD = """\
# Mutation

Made by `make mutation`; a change of the catalogue, the reference provider or the stored streams changes it.

Good streams are spoilt, one thing at a time, at every place: every event, every value of every event's JSON,
every line. The suite has to tell. The streams are those of the reference provider (every scenario of a run),
of real servers, and hand-made ones in the shapes that OpenAI has been recorded with. The code and the stored
streams are in `tests/mutation`.

* **Equivalent** is a mutant that means the same as the stream it came from. That is decided before it is
  judged, by a written rule: `equivalence.py`, and the table below.
* **Killed** is a mutant of which a requirement tells, at MUST or SHOULD, that did not tell of the stream
  before, at this place, as often; and that speaks for the family that was spoilt: `families.py`.
* **Survivors** are listed below with the reason. One that is not listed fails the run, as does a row that no
  survivor fits.
* An equivalent mutant that is killed all the same is **misjudged**, and fails the run: either the rule of
  equivalence is wrong, or the requirement fails legal streams.
"""

_RULES = {
    "framing": "the same events, written in another way that WHATWG and RFC 8259 allow",
    "optional": "a key left out that the API description does not require, of the table `OPTIONAL`",
    "free": "another value of the same kind where nothing else repeats it, of the table `FREE`",
}


def written(found: Counter[Kind]) -> str:
    """The page."""
    parts = (
        _HEAD,
        _summary(found),
        _table("Streams", "from", found, lambda kind: kind.base.partition("/")[0]),
        _table("Families", "family", found, lambda kind: kind.family.value),
        _table("Operators", "operator", found, lambda kind: kind.operator),
        _equivalents(found),
        _survivors(found),
    )
    return "\n".join(parts)


def share(found: Counter[Kind]) -> float:
    """How many of the mutants that are not equivalent are killed."""
    killed, survived = _times(found, "killed"), _times(found, "survived")
    return killed / (killed + survived) if killed + survived else 1.0


def _times(found: Counter[Kind], *fates: Fate) -> int:
    return sum(times for kind, times in found.items() if kind.fate in fates)


def _summary(found: Counter[Kind]) -> str:
    bases = len({kind.base for kind in found})
    alike = _times(found, "equivalent", "misjudged")
    return (
        f"{counted(bases, 'stream')}, {found.total():,} mutants: {alike:,} equivalent "
        f"({alike / found.total():.1%}), of the others {_times(found, 'killed'):,} killed "
        f"(**{share(found):.2%}**, at least {LEAST:.0%} is asked for), "
        f"{_times(found, 'survived'):,} survivors, {_times(found, 'misjudged'):,} misjudged.\n"
    )


def _table(title: str, name: str, found: Counter[Kind], key: Callable[[Kind], str]) -> str:
    groups: dict[str, Counter[Kind]] = {}
    for kind, times in found.items():
        groups.setdefault(key(kind), Counter())[kind] = times
    rows = [
        (
            group,
            f"{kinds.total():,}",
            f"{_times(kinds, 'equivalent', 'misjudged'):,}",
            f"{_times(kinds, 'killed'):,}",
            f"{_times(kinds, 'survived'):,}",
            f"{share(kinds):.1%}" if _times(kinds, "killed", "survived") else "",
        )
        for group, kinds in sorted(groups.items())
    ]
    return _section(
        title, (name, "mutants", "equivalent", "killed", "survivors", "killed of the others"), rows
    )


def _equivalents(found: Counter[Kind]) -> str:
    by_rule: Counter[str] = Counter()
    for kind, times in found.items():
        by_rule[kind.rule] += times
    steps = {step.name.lower(): f"the same normal form down to {step.name}, see `normal.py`" for step in Step}
    rows = [(rule, f"{by_rule[rule]:,}", why) for rule, why in {**_RULES, **steps}.items()]
    free = [(row.event, f"`{row.place}`", name, row.why) for name, rows_ in _tables() for row in rows_]
    return (
        _section("Equivalent mutants", ("rule", "mutants", "why"), rows)
        + "\n"
        + _section("Places that are free", ("event", "place", "table", "why"), free, level=3)
    )


def _tables() -> tuple[tuple[str, Iterable[Row]], ...]:
    return (("optional", OPTIONAL), ("free", FREE))


def _survivors(found: Counter[Kind]) -> str:
    survivors = Counter({kind: times for kind, times in found.items() if kind.fate == "survived"})
    reasons: dict[tuple[str, str], Counter[Kind]] = {}
    for row, kinds in listed(survivors).items():
        reasons.setdefault((row.why.value, row.reason), Counter()).update(kinds)
    ordered = sorted(reasons.items(), key=lambda item: (item[0][0], -item[1].total()))
    rows = [(*reason, _where(kinds), f"{kinds.total():,}") for reason, kinds in ordered]
    return _section("Survivors", ("why", "reason", "for instance", "mutants"), rows)


def _where(kinds: Counter[Kind]) -> str:
    if not kinds:
        return ""
    kind, _ = min(kinds.items(), key=lambda item: (-item[1], item[0].base, item[0].operator, item[0].place))
    place = f" `{kind.place}`" if kind.place else ""
    return f"{kind.operator} of {kind.event}{place}"


def _section(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], level: int = 2) -> str:
    return "\n".join(_lines(title, heads, rows, level)) + "\n"


def _lines(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], level: int) -> Iterator[str]:
    yield f"{'#' * level} {title}"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
