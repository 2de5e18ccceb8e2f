"""Judges every mutant of every base stream, and counts the results."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Literal

from conformance.catalogue import Family, Outcome
from conformance.catalogue import Kind as Judges
from conformance.exchange import Exchange, Expects
from conformance.requirements import CATALOGUE
from conformance.subject import Answer, Twins, read
from conformance.verdict import JudgingContext, applies, on_answer, on_group
from tests.mutation.documents import harmed
from tests.mutation.equivalence import equivalent
from tests.mutation.families import aimed, family, speaks_for
from tests.mutation.normal import Normal
from tests.mutation.operators import Mutant, mutants
from tests.mutation.requests import misasked
from tests.mutation.stream import Base, body_of
from tests.mutation.texts import damaged

__all__ = ["Fate", "Kind", "judged", "run", "spoilt"]

_BROKEN = (Outcome.FAIL, Outcome.WARN)
_TOLD = (*_BROKEN, Outcome.INFO)

Fate = Literal["equivalent", "killed", "survived", "misjudged", "crashed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What mutants that are counted together have in common.

    `rule` is the rule by which they are equivalent, "" for none. `told` are the requirements that told of
    them, at whatever level. A fate of `misjudged` is an equivalent mutant that was told at MUST or SHOULD:
    either the rule of equivalence is wrong, or the requirement is. `crashed` is one at which a check raised.
    """

    base: str
    operator: str
    family: Family
    event: str
    place: str
    rule: str
    told: tuple[str, ...]
    fate: Fate


def run(bases: Iterable[Base], processes: int | None = None) -> Counter[Kind]:
    """What became of all mutants of these bases. `processes` is how many work at it, all cores by default."""
    # The longest first, so that no core waits for one that came late.
    ordered = sorted(bases, key=lambda base: (-len(body_of(base.blocks)), base.id))
    if processes == 1:
        return sum(map(judged, ordered), Counter[Kind]())
    with ProcessPoolExecutor(processes) as pool:
        return sum(pool.map(judged, ordered), Counter[Kind]())


def spoilt(base: Base) -> Iterator[Mutant]:
    """Every mutant of a stream: of its places, events and lines, of its texts whole, and of its request.

    Of a document: of its places, its texts, its bytes and its headers.
    """
    if base.document:
        yield from harmed(base)
        return
    yield from mutants(base)
    yield from damaged(base)
    yield from misasked(base)


def judged(base: Base, spoilt: Callable[[Base], Iterable[Mutant]] = spoilt) -> Counter[Kind]:
    """What became of the mutants of one base, of all by default."""
    normal = Normal(base)
    whole = base.answered(body_of(base.blocks))
    before = _violations(whole)
    twin = None if base.twin is None else read(base.twin)
    if twin is not None:
        before |= _beside(whole, twin)
    return Counter(_kind(base, normal, twin, before, mutant) for mutant in spoilt(base))


def _kind(
    base: Base, normal: Normal, twin: Answer | None, before: Counter[tuple[str, Outcome, str]], mutant: Mutant
) -> Kind:
    # Before the mutant is judged, and without knowing anything of its verdicts.
    rule = equivalent(base, normal, mutant)
    answered = base.answered(mutant.body, mutant.request, mutant.headers)
    found = _violations(answered)
    # What a model might have said as well shows only beside the answer in the other form.
    if twin is not None and not rule:
        found |= _beside(answered, twin)
    new = {key for key, times in found.items() if times > before[key]}
    families = aimed(base, mutant)
    if rule:
        # A double of an event that was wrong before is wrong again: that says nothing of either rule.
        wrong = any(key[1] in _BROKEN and not before[key] for key in new)
        fate: Fate = "misjudged" if wrong else "equivalent"
    else:
        killers = (
            name
            for name, outcome, _ in new
            if outcome in _BROKEN and speaks_for(name, families, document=base.document)
        )
        fate = "killed" if any(killers) else "survived"
    if any(outcome is Outcome.ERROR for _, outcome, _ in found):
        fate = "crashed"
    return Kind(
        base=base.id,
        operator=mutant.operator,
        family=family(base, mutant),
        event=mutant.label,
        place=mutant.place,
        rule=rule,
        told=tuple(sorted({name for name, _, _ in new})),
        fate=fate,
    )


def _violations(exchange: Exchange) -> Counter[tuple[str, Outcome, str]]:
    """How often each requirement is broken, by requirement, outcome and place."""
    found: Counter[tuple[str, Outcome, str]] = Counter()
    answer, known = read(exchange), JudgingContext(there=frozenset({exchange.api}))
    # As `judge_exchange` does, but without the search for causes, which changes no outcome and takes long.
    for rule in CATALOGUE:
        if not applies(rule, exchange.api, exchange.expects):
            continue
        verdict, _ = on_answer(rule, answer, known)
        if verdict.outcome is Outcome.ERROR:
            found[verdict.requirement, Outcome.ERROR, ""] += 1
        if verdict.outcome in _TOLD:
            for violation in verdict.violations:
                found[verdict.requirement, verdict.outcome, violation.place] += violation.times
    return found


def _beside(exchange: Exchange, twin: Answer) -> Counter[tuple[str, Outcome, str]]:
    """How often each requirement on a stream and its twin is broken, by requirement, outcome and place."""
    stream, plain = (read(exchange), twin) if exchange.expects is Expects.STREAM else (twin, read(exchange))
    group = Twins(id="twins", stream=stream, plain=plain)
    rules = [rule for rule in CATALOGUE if rule.kind is Judges.TWINS and rule.api.hold(exchange.api)]
    verdicts = [on_group(rule, group, JudgingContext())[0] for rule in rules]
    return Counter(
        {
            (verdict.requirement, verdict.outcome, violation.place): violation.times
            for verdict in verdicts
            if verdict.outcome in _TOLD
            for violation in verdict.violations
        }
    )
