"""The result as `docs/mutation.md`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from conformance.text import counted
from tests.mutation.equivalence import FREE, OPTIONAL
from tests.mutation.run import Fate, Kind
from tests.mutation.survivors import Why, listed

__all__ = ["LEAST", "share", "strict_share", "written"]

LEAST = 0.95
"""The least share of the mutants that are not equivalent which has to be killed."""

_HEAD = """\
# Mutation

Made by `make mutation`; a change of the catalogue, the reference provider or the stored streams changes it.

Good streams are spoilt, one thing at a time, at every place: every event, every value of every event's
JSON, every line. The suite has to tell. The streams are those of the reference provider (every scenario of
a run), of real servers that were run for it (aimock, LiteLLM, llama-server, Portkey), and hand-made ones in
the shapes that OpenAI has been recorded with. The code and the stored streams are in `tests/mutation`. Each
stream is judged alone, by its bytes: status, headers, times, whole documents, refusals and twins are not
spoilt here; what breaks the requirements about them is in `tests/proof`.

* **Equivalent** is a mutant that is as good a stream as the one it came from: it means the same, or it says
  something else that nothing in the stream contradicts, such as another word. That is decided before it is
  judged, by a written rule: `equivalence.py`, and the table below.
* **Killed** is a mutant that breaks a MUST or a SHOULD which the stream before did not break there, or less
  often. It has to be a requirement about the family that was spoilt: `families.py`.
* **Survivors** are the rest, listed below with the reason. The run fails where one is not listed, where
  more or fewer are than the list says, and where less than 95% of all that are not equivalent are killed.
* An equivalent mutant that is killed all the same is **misjudged**, and fails the run: either the rule of
  equivalence is wrong, or the requirement fails legal streams.
"""

_OPERATORS = """\
`drop`, `double`, `swap` and `rename` spoil a key or an entry of a list, `retype-*` puts in its place a
value of another type, with the same content where there is one, `renumber-*` counts one up or down,
`change` adds a letter or negates, `cut` takes the last letter away; `*-everywhere` does it to a key in all
events that have it. `event-*` drops, doubles or moves whole events, `-recounted` with the sequence numbers
put right again; `event-cut` ends the stream behind the event, `event-cut-inside` breaks the event off. The
others spoil lines and bytes. `comment-add`, `data-no-space`, `data-over-lines`, `json-escaped`,
`json-spaced` and `lines-crlf` are legal.
"""

_RULES = {
    "framing": "the same events, written in another way that WHATWG and RFC 8259 allow",
    "optional": "a key left out that the API description does not require, of the table `OPTIONAL`",
    "free": "another value of the same kind where nothing else repeats it, of the table `FREE`",
    "metadata": "padding, labels, keys that the description does not have, null for a key that may be absent",
    "blank": "what says nothing: an empty delta, a keepalive",
    "order": "the order of events about different choices, items or calls",
    "text": "words that nothing repeats, and how they are cut into deltas",
}
"""The rules of `equivalence.py`; the last four are the steps of `normal.py`."""

_WHY = """\
`told at INFO`: a requirement tells of it, at a level that breaks nothing. `gap`: nothing states that it is
wrong, or it cannot be told from a legal stream. `told before`: the stream breaks the rule already that
would tell of it.
"""


def written(found: Counter[Kind]) -> str:
    """The page."""
    parts = (
        _HEAD,
        _summary(found),
        _table("Streams", "from", found, lambda kind: kind.base.partition("/")[0]),
        _table("Families", "family", found, lambda kind: kind.family.value),
        _table("Operators", "operator", found, lambda kind: kind.operator, _OPERATORS),
        _equivalents(found),
        _survivors(found),
    )
    return "\n".join(parts)


def share(found: Counter[Kind]) -> float:
    """How many of the mutants that are not equivalent are killed."""
    killed, survived = _times(found, "killed"), _times(found, "survived")
    return killed / (killed + survived) if killed + survived else 1.0


def strict_share(found: Counter[Kind]) -> float:
    """The share where another legal stream counts as a survivor: what is equivalent by `text` or `free`."""
    alike = sum(times for kind, times in found.items() if kind.rule in ("text", "free"))
    killed, survived = _times(found, "killed"), _times(found, "survived")
    return killed / (killed + survived + alike) if killed else 0.0


def _times(found: Counter[Kind], *fates: Fate) -> int:
    return sum(times for kind, times in found.items() if kind.fate in fates)


def _surviving(found: Counter[Kind]) -> Counter[Kind]:
    return Counter({kind: times for kind, times in found.items() if kind.fate == "survived"})


def _summary(found: Counter[Kind]) -> str:
    bases = len({kind.base for kind in found})
    alike, survivors = _times(found, "equivalent", "misjudged"), _times(found, "survived")
    told = sum(kinds.total() for row, kinds in listed(_surviving(found)).items() if row.why is Why.INFO)
    return (
        f"{counted(bases, 'stream')}, {found.total():,} mutants: {alike:,} equivalent "
        f"({alike / found.total():.1%}), of the others {_times(found, 'killed'):,} killed "
        f"(**{share(found):.2%}**, at least {LEAST:.0%} is asked for), "
        f"{survivors:,} survivors, {_times(found, 'misjudged'):,} misjudged.\n\n"
        f"Of the survivors {told:,} are told at INFO, {survivors - told:,} not at all. What is equivalent by "
        "`text` or `free` says something else than the stream it came from, and is as good a stream: with "
        f"these among the survivors the share would be {strict_share(found):.2%}.\n"
    )


def _table(title: str, name: str, found: Counter[Kind], key: Callable[[Kind], str], about: str = "") -> str:
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
    heads = (name, "mutants", "equivalent", "killed", "survivors", "killed of those not equivalent")
    return _section(title, heads, rows, about=about)


def _equivalents(found: Counter[Kind]) -> str:
    by_rule: Counter[str] = Counter()
    for kind, times in found.items():
        by_rule[kind.rule] += times
    rows = [(rule, f"{by_rule[rule]:,}", why) for rule, why in _RULES.items()]
    heads = ("event", "place", "why")
    tables = (
        ("Keys that may be left out: `OPTIONAL`", OPTIONAL),
        ("Values that may be others: `FREE`", FREE),
    )
    parts = [_section("Equivalent mutants", ("rule", "mutants", "why"), rows)]
    for title, places in tables:
        free = [(row.event, f"`{row.place}`", row.why) for row in places]
        parts.append(_section(title, heads, free, level=3))
    return "\n".join(parts)


def _survivors(found: Counter[Kind]) -> str:
    reasons: dict[tuple[str, str], Counter[Kind]] = {}
    for row, kinds in listed(_surviving(found)).items():
        reasons.setdefault((row.why.value, row.reason), Counter()).update(kinds)
    ordered = sorted(reasons.items(), key=lambda item: (item[0][0], -item[1].total()))
    rows = [(*reason, _where(kinds), f"{kinds.total():,}") for reason, kinds in ordered]
    return _section("Survivors", ("why", "reason", "for instance", "mutants"), rows, about=_WHY)


def _where(kinds: Counter[Kind]) -> str:
    if not kinds:
        return ""
    kind, _ = min(kinds.items(), key=lambda item: (-item[1], item[0].base, item[0].operator, item[0].place))
    place = f" `{kind.place}`" if kind.place else ""
    return f"{kind.operator} of {kind.event}{place}"


def _section(
    title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], level: int = 2, about: str = ""
) -> str:
    text = f"{'#' * level} {title}\n\n" + (f"{about}\n" if about else "")
    return text + "\n".join(_lines(heads, rows)) + "\n"


def _lines(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
