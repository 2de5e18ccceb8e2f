"""Judges exchanges and returns verdicts. Pure: the same exchanges always give the same verdicts."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from conformance.catalogue import Kind, Level, Outcome, Requirement, Verdict, Violation
from conformance.dialects import recognised
from conformance.exchange import Api, Ended, Exchange, Expects, Need, Promise
from conformance.fair import crowded, fair, timed
from conformance.groups import GROUPS, groups
from conformance.offered import not_offered
from conformance.requirements import CATALOGUE
from conformance.subject import Answer, ChatStream, Group, Refusal, read
from conformance.text import clipped
from conformance.trouble import because, trouble

__all__ = [
    "applies",
    "group_rules",
    "hurried",
    "judge",
    "judge_answer",
    "judge_answers",
    "judge_exchange",
    "judge_groups",
    "offered",
    "repetitions",
]

_SHOWN = 40  # distinct violations that a verdict keeps; further ones are only counted
_TEXT = 2_000  # characters kept of each text of a violation
_BROKEN = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.INFO: Outcome.INFO}
# The kinds of rules that judge a single exchange, by what its scenario expects.
_ASKED = {
    Expects.UNKNOWN: (Kind.ANSWER, Kind.STREAM, Kind.REFUSAL),
    Expects.STREAM: (Kind.ANSWER, Kind.STREAM, Kind.REFUSAL),
    Expects.DOCUMENT: (Kind.DOCUMENT, Kind.REFUSAL),
    Expects.REFUSAL: (Kind.PROVOKED, Kind.REFUSAL),
}
# Endings at which the recorder stopped first: rules on the end of the stream are then not testable.
_CUT = {
    Ended.OVERTIME: "the stream did not end in time",
    Ended.CEILING: "the stream went past the ceiling",
    Ended.INTERRUPTED: "the recording was stopped",
    Ended.SILENCE: "nothing came any more",
    Ended.LEFT: "the suite left the stream on purpose",
}
# Endings after which nobody knows the rest of an answer that was still coming: never a pass.
_UNFINISHED = (Ended.OVERTIME, Ended.CEILING, Ended.INTERRUPTED)
_NO_PATH = (404, 405, 501)


def judge(exchanges: Iterable[Exchange], declared: Collection[str] = ()) -> list[Verdict]:
    """All verdicts on exchanges of one provider: on each exchange, then on each group of them.

    `declared` holds the ids of the dialects that the provider declares.
    """
    return judge_answers([read(exchange) for exchange in exchanges], declared)


def judge_answers(answers: Sequence[Answer], declared: Collection[str] = ()) -> list[Verdict]:
    """Like `judge`, for exchanges that are already decoded and assembled."""
    exchanges = [answer.exchange for answer in answers]
    again = repetitions(exchanges)
    verdicts = [
        verdict
        for answer in answers
        if answer.exchange.again not in again
        for verdict in judge_answer(answer, declared, again.get(answer.id))
    ]
    return [*offered(verdicts, exchanges), *judge_groups(answers)]


def judge_answer(
    answer: Answer, declared: Collection[str] = (), again: Exchange | None = None
) -> list[Verdict]:
    """The verdicts on one exchange, without group rules.

    `again` is the repetition of the same request that was sent with nothing else open; None if there is none.
    """
    exchange = answer.exchange
    alone: Answer | None = None
    verdicts = []
    for rule in CATALOGUE:
        if applies(rule, exchange.api, exchange.expects):
            verdict = _verdict(rule, answer, exchange.id, (exchange,), declared)
            if crowded(rule, verdict, exchange):
                if again is not None and alone is None:
                    alone = read(again)
                repeated = _verdict(rule, alone, alone.id, (alone.exchange,), declared) if alone else None
                verdict = fair(verdict, exchange, repeated)
            verdicts.append(verdict)
    return verdicts


def repetitions(exchanges: Iterable[Exchange]) -> dict[str, Exchange]:
    """The repetitions among some exchanges, each by the id of the exchange whose request it repeats.

    A repetition without that exchange counts as an exchange of its own and is left out.
    """
    by_id = {exchange.id: exchange for exchange in exchanges}
    return {exchange.again: exchange for exchange in by_id.values() if exchange.again in by_id}


def offered(verdicts: Iterable[Verdict], exchanges: Iterable[Exchange]) -> list[Verdict]:
    """The verdicts on single exchanges, not applicable where the API turned out not to be offered."""
    known = {exchange.id: exchange for exchange in exchanges}
    absent = not_offered(known.values())
    return [_not_offered(item) if known[item.subject].api in absent else item for item in verdicts]


def judge_groups(answers: Sequence[Answer]) -> list[Verdict]:
    """The verdicts on groups of exchanges of one provider; the answers may be lightened."""
    again = repetitions(answer.exchange for answer in answers)
    answers = [answer for answer in answers if answer.exchange.again not in again]
    verdicts: list[Verdict] = []
    by_id = {answer.id: answer for answer in answers}
    for found in groups([answer.exchange for answer in answers]):
        group = found.group(by_id)
        exchanges = tuple(member.exchange for member in group.members)
        verdicts += [
            _verdict(rule, group, group.id, exchanges, ()) for rule in CATALOGUE if rule.kind is found.kind
        ]
    return verdicts


def judge_exchange(exchange: Exchange, declared: Collection[str] = ()) -> list[Verdict]:
    """The verdicts on a single exchange, without group rules."""
    return judge_answer(read(exchange), declared)


def hurried(exchange: Exchange) -> bool:
    """Whether the timing breaks a rule while other requests were open: then it is sent again alone."""
    if not exchange.beside:
        return False
    answer = read(exchange)
    return any(
        crowded(rule, _verdict(rule, answer, exchange.id, (exchange,), ()), exchange)
        for rule in CATALOGUE
        if timed(rule) and applies(rule, exchange.api, exchange.expects)
    )


def applies(rule: Requirement, api: Api, expects: Expects) -> bool:
    """Whether a rule gives a verdict on exchanges of this API and expectation."""
    return not rule.untestable and rule.api.hold(api) and rule.kind in _ASKED[expects]


def group_rules(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Requirement, tuple[str, ...]]]:
    """Every group rule for these exchanges, as (group name, rule, ids of the group's exchanges)."""
    for group in groups(exchanges):
        for rule in CATALOGUE:
            if rule.kind is group.kind:
                yield group.name, rule, tuple(group.parts.values())


def _not_offered(verdict: Verdict) -> Verdict:
    why = "the API is not offered: it is not claimed, and every request to it was refused"
    return replace(verdict, outcome=Outcome.NOT_APPLICABLE, violations=(), reason=why, dialects=())


def _verdict(
    rule: Requirement,
    subject: Answer | Group,
    name: str,
    exchanges: tuple[Exchange, ...],
    declared: Collection[str],
) -> Verdict:
    dialects: tuple[str, ...] = ()
    try:
        outcome, reason, violations = _outcome(rule, subject, exchanges)
        if violations and isinstance(subject, Answer):
            dialects = recognised(rule.id, subject, violations)
    except Exception as error:  # noqa: BLE001  a fault of ours must not hide the other verdicts
        reason = f"the check itself failed: {error!r}; please report this"
        outcome, violations = Outcome.ERROR, ()
    if outcome is Outcome.FAIL and dialects and set(dialects) <= set(declared):
        outcome = Outcome.WARN
    return Verdict(
        requirement=rule.id,
        level=rule.level,
        subject=name,
        exchanges=tuple(exchange.id for exchange in exchanges),
        outcome=outcome,
        violations=_gathered(violations, subject),
        reason=reason,
        dialects=dialects,
    )


def _outcome(
    rule: Requirement, subject: Answer | Group, exchanges: tuple[Exchange, ...]
) -> tuple[Outcome, str, tuple[Violation, ...]]:
    bears_trouble = rule.kind in GROUPS and GROUPS[rule.kind].bears_trouble
    for exchange in exchanges:
        where = f"{exchange.id}: " if len(exchanges) > 1 else ""
        if not bears_trouble and (met := trouble(exchange)):
            return (Outcome.ERROR if rule.carries_trouble else Outcome.NOT_TESTABLE), where + met, ()
        cut = _CUT.get(exchange.ended, "")
        if cut and rule.carries_trouble and exchange.ended in _UNFINISHED:
            return Outcome.ERROR, because(exchange, where + cut), ()
        if cut and Need.END in rule.needs and not _said_all(subject):
            planned = exchange.ended is Ended.LEFT and Promise.CANCEL in exchange.promises
            silent = Outcome.NOT_APPLICABLE if planned else Outcome.NOT_TESTABLE
            return silent, because(exchange, where + cut), ()
        if missing := sorted(rule.needs & exchange.lacks):
            return (
                Outcome.NOT_TESTABLE,
                f"{where}the source holds no {' and no '.join(missing)}",
                (),
            )
    if isinstance(subject, Answer) and (excused := _excused(rule, subject)):
        return *excused, ()
    if not rule.when(subject):
        if rule.promise and all(rule.promise in exchange.promises for exchange in exchanges):
            return Outcome.NOT_TESTABLE, f"{rule.when.absent}, though the request asks for it", ()
        return Outcome.NOT_APPLICABLE, rule.when.absent, ()
    violations = tuple(rule.check(subject))
    if not violations:
        return Outcome.PASS, "", ()
    return _BROKEN[rule.level], "", violations


def _said_all(subject: Answer | Group) -> bool:
    """Whether a chat stream that fell silent had finished all its choices, so that `[DONE]` was due."""
    if not isinstance(subject, ChatStream) or subject.exchange.ended is not Ended.SILENCE:
        return False
    return bool(subject.choices) and all(choice.finish.seen for choice in subject.choices)


def _excused(rule: Requirement, answer: Answer) -> tuple[Outcome, str] | None:
    """The outcome and the reason if a rule cannot judge this answer; None if it can.

    Where it returns None, the answer has the type that the rule's check expects.
    """
    exchange = answer.exchange
    no_path = exchange.status in _NO_PATH and exchange.claim is not True
    match rule.kind:
        case Kind.STREAM if exchange.refused:
            return Outcome.NOT_APPLICABLE, f"the request was refused with status {exchange.status}"
        case Kind.STREAM if not answer.streamed:
            return Outcome.NOT_TESTABLE, "the answer is not an event stream"
        case Kind.DOCUMENT if exchange.refused and exchange.claim is not True:
            return Outcome.NOT_APPLICABLE, f"the request was refused with status {exchange.status}"
        case Kind.REFUSAL if no_path:
            return (
                Outcome.NOT_APPLICABLE,
                f"the path is not claimed, and not there (status {exchange.status})",
            )
        case Kind.PROVOKED if no_path and not _enveloped(answer):
            return Outcome.NOT_APPLICABLE, f"the path is not there (status {exchange.status})"
        case Kind.REFUSAL if not exchange.refused:
            return Outcome.NOT_APPLICABLE, "the request was not refused"
    return None


def _enveloped(answer: Answer) -> bool:
    # An error in OpenAI's form comes from the API, not from an HTTP router without this path.
    return isinstance(answer, Refusal) and isinstance(answer.error, dict)


def _gathered(violations: tuple[Violation, ...], subject: Answer | Group) -> tuple[Violation, ...]:
    """The violations with similar ones merged and counted, and with the byte span of their event."""
    merged: dict[tuple[str, str], Violation] = {}
    spare: list[Violation] = []
    for found in violations:
        event = subject.event(found.event) if isinstance(subject, Answer) else None
        spanned = event is not None and found.span is None
        violation = replace(found, span=(event.start, event.end)) if event and spanned else found
        if max(len(violation.observed), len(violation.expected), len(violation.place)) > _TEXT:
            violation = replace(
                violation,
                observed=clipped(violation.observed, _TEXT),
                expected=clipped(violation.expected, _TEXT),
                place=clipped(violation.place, _TEXT),
            )
        key = (violation.place, violation.expected)
        if (known := merged.get(key)) is not None:
            merged[key] = replace(known, times=known.times + violation.times)
        elif len(merged) < _SHOWN:
            merged[key] = violation
        else:
            spare.append(violation)
    kept = list(merged.values())
    if spare:
        kept[-1] = replace(kept[-1], times=kept[-1].times + sum(item.times for item in spare))
    return tuple(kept)
