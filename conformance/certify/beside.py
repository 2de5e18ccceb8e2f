"""What a run broke beside the profile that it was held to, which a certificate tells of. Pure.

It does not stand in the way of one. But whoever reads that a profile is kept believes that all is well: that
the answer comes while it is generated, say, or with all of its letters.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.catalogue import Level, Outcome, Verdict
from conformance.exchange import Exchange
from conformance.report.findings import seen_on
from conformance.requirements import CATALOGUE, by_id
from conformance.standing import Profile, breaks, declared, holds
from conformance.text import clipped, counted

__all__ = ["beside", "beside_line", "misbeside"]

_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)
_NAMED = 4  # requirements that a line names
_SHOWN = 120  # characters of a value in a message
_PLACE = {rule.id: (list(Level).index(rule.level), place) for place, rule in enumerate(CATALOGUE)}

Row = dict[str, Any]


def beside(profile: Profile, verdicts: Sequence[Verdict], exchanges: Sequence[Exchange]) -> list[Row]:
    """What is broken and does not break the profile, MUST before SHOULD before INFO.

    What only follows from something else that is broken is left out, and so is what a dialect explains that
    is declared: a certificate lists those apart. `exchanges` of a row is the number of those that broke it,
    of a group those that its violations name.
    """
    by_name = {one.id: one for one in exchanges}
    red = [item for item in verdicts if item.outcome in _BROKEN]
    names = {item.requirement for item in red}
    on: dict[str, set[str]] = {}
    for item in red:
        mine = holds(profile, item, by_name) and (breaks(profile, item) or declared(item))
        if not mine and item.because not in names:
            on.setdefault(item.requirement, set()).update(seen_on(item))
    return [
        {
            "requirement": name,
            "level": by_id(name).level.value,
            "statement": by_id(name).statement,
            "hurts": by_id(name).hurts,
            "exchanges": len(on[name]),
        }
        for name in sorted(on, key=_PLACE.__getitem__)
    ]


def beside_line(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows in one line for a terminal; "" if there are none."""
    told = [
        f"{row['requirement']} ({row['level']}, on {counted(row['exchanges'], 'exchange')})"
        for row in rows[:_NAMED]
    ]
    told += [f"{len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
    return f"broken beside the profile, which does not count here: {', '.join(told)}" if rows else ""


def misbeside(said: Sequence[Row] | None, due: Sequence[Row]) -> Iterator[str]:
    """Where the rows of a certificate are not those that follow from the evidence, which are `due`.

    `said` is None where the certificate has no such list.
    """
    if said is None:
        yield "it has no list `result.beside` of what is broken beside the profile"
        return
    there = {row["requirement"]: row for row in said}
    wanted = {row["requirement"]: row for row in due}
    for name, row in wanted.items():
        on = f"broken beside the profile on {counted(row['exchanges'], 'exchange')}"
        if name not in there:
            yield f"it leaves out {name} ({row['level']}), which the evidence shows {on}"
            continue
        for key, value in there[name].items():
            if value != row[key]:
                yield f"of {name}, {on}, it says another `{key}`: {clipped(repr(value), _SHOWN)}"
    for name in there:
        if name not in wanted:
            said_so = f"it lists {clipped(name, _SHOWN)} as broken beside the profile"
            yield f"{said_so}, and the evidence does not show that"
    if there.keys() == wanted.keys() and [row["requirement"] for row in said] != [*wanted]:
        yield "it lists what is broken beside the profile in another order, or twice"
