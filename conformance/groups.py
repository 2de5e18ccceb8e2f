"""A table of the groups of exchanges that are judged together, one row for each kind of group. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from conformance.capabilities import CAPABILITIES, Capability
from conformance.catalogue import Kind
from conformance.exchange import Api, Exchange, Expects
from conformance.scenarios import SCENARIOS, Pair, Scenario
from conformance.subject import (
    Answer,
    Claim,
    ConcurrentStreams,
    Group,
    Leaving,
    PacedStreams,
    Repeats,
    RunAnswers,
    Stream,
    Twins,
)
from conformance.trouble import trouble

__all__ = ["GROUPS", "GroupKind", "Membership", "groups"]

_RUN = "run"
_CLAIM = "claim-"
_PACE = "pace"
_CONCURRENT = "concurrent"

Parts = dict[str, str]
"""The name of each part of a group, and the id of the exchange in that part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The exchanges that are judged together under the group's `name`."""

    kind: Kind
    name: str
    parts: Parts

    def group(self, answers: Mapping[str, Answer]) -> Group:
        """The subject that the group's rules receive. `answers` are the run's answers by exchange id."""
        members = {part: answers[identity] for part, identity in self.parts.items()}
        return GROUPS[self.kind].build(self.name, members)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKind:
    """One kind of group.

    `names` are the names of its groups for the first sample. `find` finds the groups among exchanges, each
    with its name and parts. `build` makes the subject for the rules from the answers of the parts, and leaves
    out answers that the rules should not see. `bears_trouble` says that the group is judged even if one of
    its exchanges failed for a reason that is not the endpoint's. `promised` says that the requests of a group
    are sure to trigger its rules.
    """

    names: tuple[str, ...]
    find: Callable[[Sequence[Exchange]], Iterator[tuple[str, Parts]]]
    build: Callable[[str, Mapping[str, Answer]], Group]
    bears_trouble: bool = False
    promised: bool = False


def groups(exchanges: Sequence[Exchange]) -> Iterator[Membership]:
    """The groups among these exchanges."""
    for kind, row in GROUPS.items():
        for name, parts in row.find(exchanges):
            yield Membership(kind=kind, name=name, parts=parts)


def _pair_names(column: Callable[[Scenario], Pair | None]) -> tuple[str, ...]:
    return tuple(pair.group for scenario in SCENARIOS if (pair := column(scenario)) is not None)


def _pairs(
    column: Callable[[Scenario], Pair | None], first: str, second: str
) -> Callable[[Sequence[Exchange]], Iterator[tuple[str, Parts]]]:
    """Returns a finder of scenario pairs that `column` defines; `first` and `second` name the two parts."""
    found = [(pair, scenario.name) for scenario in SCENARIOS if (pair := column(scenario)) is not None]
    order = [scenario.name for scenario in SCENARIOS]
    found.sort(key=lambda item: order.index(item[0].scenario))

    def find(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Parts]]:
        ids = {(item.scenario, item.sample): item.id for item in exchanges}
        for pair, name in found:
            for sample in sorted({item.sample for item in exchanges}):
                one, other = ids.get((pair.scenario, sample)), ids.get((name, sample))
                if one is not None and other is not None:
                    group = pair.group if sample == 1 else f"{pair.group}.{sample}"
                    yield group, {first: one, second: other}

    return find


def _run(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Parts]]:
    # Exchanges that no plan sent, such as single files, do not form a run.
    expected = sorted(item.id for item in exchanges if item.scenario and item.expects is Expects.STREAM)
    if expected:
        yield _RUN, {name: name for name in expected}


def _claims(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Parts]]:
    for row in CAPABILITIES.values():
        tried = sorted(item.id for item in exchanges if _tries(item, row))
        if tried:
            yield f"{_CLAIM}{row.name}", {name: name for name in tried}


def _tries(exchange: Exchange, row: Capability) -> bool:
    """Whether a planned exchange asks for a stream that is sure to show a capability, which is claimed."""
    planned = exchange.scenario and exchange.expects is Expects.STREAM and exchange.api is row.api
    return bool(planned) and row.promise in exchange.promises and row.name not in exchange.unclaimed


def _claim(name: str, parts: Mapping[str, Answer]) -> Claim:
    row = CAPABILITIES[name.removeprefix(_CLAIM)]
    exchanges = [answer.exchange for answer in parts.values()]
    there = {exchange.scenario for exchange in exchanges}
    whole = all(exchange.of_whole_run for exchange in exchanges)
    return Claim(id=name, capability=row.name, answers=parts, whole=whole or there >= _due(row, exchanges[0]))


def _due(row: Capability, exchange: Exchange) -> set[str]:
    """The scenarios that a whole run of the provider has of a capability: those of which it claims all."""
    return {
        scenario.name
        for scenario in SCENARIOS
        if scenario.api is row.api
        and row.promise in scenario.promises
        and not {*scenario.needs} & {*exchange.unclaimed}
    }


def _concurrent(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Parts]]:
    # Sorted, so that a replay in another order gives the same verdicts.
    coded = sorted(item.id for item in exchanges if item.nonce)
    if len(coded) > 1:
        yield _CONCURRENT, {name: name for name in coded}


def _paced(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Parts]]:
    # Where nothing came without streaming, there is nothing to compare the times of streams with.
    asked = sorted(item.id for item in exchanges if item.scenario and item.expects in _ANSWERS)
    if any(item.scenario and item.expects is Expects.DOCUMENT for item in exchanges):
        yield _PACE, {name: name for name in asked}


_ANSWERS = (Expects.STREAM, Expects.DOCUMENT)
_TWINS = _pairs(lambda scenario: scenario.twin, "stream", "plain")
_LEFT = _pairs(lambda scenario: scenario.after, "left", "next")


def _barred(parts: Iterable[Answer]) -> frozenset[Api]:
    """The APIs of which every answer says something of the account, and none of the endpoint."""
    answered = [part.exchange for part in parts if part.exchange.answered]
    return frozenset(one.api for one in answered if trouble(one)) - {
        one.api for one in answered if not trouble(one)
    }


def _pace(name: str, parts: Mapping[str, Answer]) -> PacedStreams:
    answers = {part: answer for part, answer in parts.items() if not trouble(answer.exchange)}
    exchanges = [answer.exchange for answer in answers.values()]
    return PacedStreams(
        id=name,
        answers=answers,
        twins=tuple((pair["stream"], pair["plain"]) for _, pair in _TWINS(exchanges)),
        left=tuple((pair["left"], pair["next"]) for _, pair in _LEFT(exchanges)),
    )


GROUPS: Mapping[Kind, GroupKind] = MappingProxyType(
    {
        Kind.TWINS: GroupKind(
            names=_pair_names(lambda scenario: scenario.twin),
            find=_TWINS,
            build=lambda name, parts: Twins(id=name, stream=parts["stream"], plain=parts["plain"]),
        ),
        Kind.REPEATS: GroupKind(
            names=_pair_names(lambda scenario: scenario.repeats),
            find=_pairs(lambda scenario: scenario.repeats, "first", "second"),
            build=lambda name, parts: Repeats(id=name, first=parts["first"], second=parts["second"]),
        ),
        Kind.LEAVING: GroupKind(
            names=_pair_names(lambda scenario: scenario.after),
            find=_LEFT,
            build=lambda name, parts: Leaving(id=name, left=parts["left"], next=parts["next"]),
            bears_trouble=True,  # its rules ask whether the next request failed
        ),
        Kind.RUN: GroupKind(
            names=(_RUN,),
            find=_run,
            build=lambda name, parts: RunAnswers(
                id=name,
                answers={part: item for part, item in parts.items() if not trouble(item.exchange)},
                barred=_barred(parts.values()),
            ),
        ),
        Kind.CLAIM: GroupKind(
            names=tuple(f"{_CLAIM}{row.name}" for row in CAPABILITIES.values() if row.promise),
            find=_claims,
            build=_claim,
            bears_trouble=True,  # one answer that shows the capability is enough
            promised=True,
        ),
        Kind.PACE: GroupKind(names=(_PACE,), find=_paced, build=_pace),
        Kind.CONCURRENT: GroupKind(
            names=(_CONCURRENT,),
            find=_concurrent,
            # Streams that were answered are compared with each other; the others are left out.
            build=lambda name, parts: ConcurrentStreams(
                id=name, streams={part: item for part, item in parts.items() if isinstance(item, Stream)}
            ),
        ),
    }
)
"""Every kind of group, in the order in which they are judged."""
