"""The verdict of one requirement on one subject. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from conformance.catalogue import Kind, Level, Outcome, Requirement, Verdict, Violation
from conformance.causes.ties import Judged
from conformance.dialects import recognised
from conformance.exchange import Api, Ended, Exchange, Expects, Need, Promise
from conformance.fair import crowded, fair
from conformance.fitting import UnsaidError, allowance
from conformance.groups import GROUPS
from conformance.subject import Answer, ChatStream, Claim, Group, Refusal, ResponsesStream
from conformance.text import clipped
from conformance.trouble import because, trouble

__all__ = ["JudgingContext", "applies", "at_first", "not_offered_here", "on_answer", "on_group"]

_SHOWN = 40  # distinct violations that a verdict keeps; further ones are only counted
_COMPARED = 5_000  # violations of a verdict that are kept one by one while its cause is looked for
_TEXT = 2_000  # characters kept of each text of a violation
_BROKEN = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.INFO: Outcome.INFO}
# The kinds of rules that judge a single exchange, by what its scenario expects.
_ASKED = {
    Expects.UNKNOWN: (Kind.HTTP, Kind.ANSWER, Kind.STREAM, Kind.REFUSAL),
    Expects.STREAM: (Kind.HTTP, Kind.ANSWER, Kind.STREAM, Kind.REFUSAL),
    Expects.DOCUMENT: (Kind.HTTP, Kind.DOCUMENT, Kind.REFUSAL),
    Expects.REFUSAL: (Kind.HTTP, Kind.PROVOKED, Kind.REFUSAL),
}
# Endings at which the recorder stopped first: rules on the end of the stream are then not testable.
_CUT = {
    Ended.OVERTIME: "the stream did not end in time",
    Ended.CEILING: "the stream went past the ceiling",
    Ended.INTERRUPTED: "the recording was stopped",
    Ended.SILENCE: "nothing came any more",
    Ended.LEFT: "the stream was left on purpose",
}
# Endings after which nobody knows the rest of an answer that was still coming: never a pass.
_UNFINISHED = (Ended.OVERTIME, Ended.CEILING, Ended.INTERRUPTED)
_NO_PATH = (404, 405, 501)


@dataclass(frozen=True, slots=True)
class JudgingContext:
    """What a verdict depends on besides its subject.

    `declared` are the ids of the declared dialects, `there` the APIs whose path answers, and `alone` is the
    answer to the same request when it was sent again with nothing else open; None if it was not.
    """

    declared: Collection[str] = ()
    there: Collection[Api] = ()
    alone: Answer | None = None


def applies(rule: Requirement, api: Api, expects: Expects) -> bool:
    """Whether a rule gives a verdict on exchanges of this API and expectation."""
    return not rule.untestable and rule.api.hold(api) and rule.kind in _ASKED[expects]


def not_offered_here(rule: Requirement, exchange: Exchange) -> Verdict:
    """The verdict on an exchange of an API that is not offered."""
    return Verdict(
        requirement=rule.id,
        level=rule.level,
        subject=exchange.id,
        exchanges=(exchange.id,),
        outcome=Outcome.NOT_APPLICABLE,
        reason="the API is not offered: it is not claimed, and every request to it was refused",
    )


def at_first(rule: Requirement, answer: Answer, known: JudgingContext) -> Judged:
    """Like `on_answer`, whatever else was open when the answer came."""
    return _judged(rule, answer, answer.id, (answer.exchange,), known)


def on_answer(rule: Requirement, answer: Answer, known: JudgingContext) -> Judged:
    """The verdict on an answer, and its violations before similar ones are merged."""
    judged = at_first(rule, answer, known)
    if not crowded(rule, judged[0], answer.exchange):
        return judged
    alone = at_first(rule, known.alone, known)[0] if known.alone is not None else None
    verdict = fair(judged[0], answer.exchange, alone)
    return verdict, verdict.violations


def on_group(rule: Requirement, group: Group, known: JudgingContext) -> Judged:
    """The verdict on a group, and its violations before similar ones are merged."""
    exchanges = tuple(member.exchange for member in group.members)
    return _judged(rule, group, group.id, exchanges, replace(known, declared=()))


def _judged(
    rule: Requirement,
    subject: Answer | Group,
    name: str,
    exchanges: tuple[Exchange, ...],
    known: JudgingContext,
) -> Judged:
    dialects: tuple[str, ...] = ()
    try:
        outcome, reason, violations = _outcome(rule, subject, exchanges, known.there)
        if violations and isinstance(subject, Answer):
            dialects = recognised(rule.id, subject, violations)
    except Exception as error:  # noqa: BLE001  a fault of ours must not hide the other verdicts
        reason = f"the check itself failed: {error!r}; please report this"
        outcome, violations = Outcome.ERROR, ()
    if outcome is Outcome.FAIL and dialects and set(dialects) <= set(known.declared):
        outcome = Outcome.WARN
    verdict = Verdict(
        requirement=rule.id,
        level=_level(rule, exchanges),
        subject=name,
        exchanges=tuple(exchange.id for exchange in exchanges),
        outcome=outcome,
        violations=_gathered(violations, subject) if violations else (),
        reason=reason,
        dialects=dialects,
    )
    return verdict, violations if len(violations) <= _COMPARED else verdict.violations


def _outcome(
    rule: Requirement, subject: Answer | Group, exchanges: tuple[Exchange, ...], there: Collection[Api]
) -> tuple[Outcome, str, tuple[Violation, ...]]:
    bears_trouble = rule.kind in GROUPS and GROUPS[rule.kind].bears_trouble
    promised = rule.kind in GROUPS and GROUPS[rule.kind].promised
    for exchange in exchanges:
        if exchange.undisturbed:
            continue  # nothing happened to it that excuses a rule
        where = f"{exchange.id}: " if len(exchanges) > 1 else ""
        if exchange.ended is Ended.UNBUILT and rule.kind not in GROUPS:
            promised = rule.promise in exchange.promises
            return (Outcome.NOT_TESTABLE if promised else Outcome.NOT_APPLICABLE), exchange.detail, ()
        bears = bears_trouble or (rule.bears_trouble and exchange.answered and not exchange.mistake)
        bears = bears or (rule.kind is Kind.HTTP and bool(exchange.malformed))
        if not bears and (met := trouble(exchange)):
            # What is malformed is the endpoint's own trouble, which the rules on HTTP tell.
            # That a client went before the answer came is no error of anybody's.
            carries = rule.carries_trouble and not exchange.malformed and exchange.ended is not Ended.LEFT
            return (Outcome.ERROR if carries else Outcome.NOT_TESTABLE), where + met, ()
        cut = _CUT.get(exchange.ended, "")
        if cut and rule.carries_trouble and exchange.ended in _UNFINISHED:
            return Outcome.ERROR, because(exchange, where + cut), ()
        # Half a document says nothing; where this side stopped it, that is nobody's fault.
        stopped = exchange.ended in (Ended.INTERRUPTED, Ended.LEFT) and rule.kind not in GROUPS
        halved = stopped and not isinstance(subject, ChatStream | ResponsesStream)
        if cut and (halved or Need.END in rule.needs) and not _said_all(subject):
            planned = exchange.ended is Ended.LEFT and Promise.CANCEL in exchange.promises
            silent = Outcome.NOT_APPLICABLE if planned else Outcome.NOT_TESTABLE
            return silent, because(exchange, where + cut), ()
        if missing := sorted(rule.needs & exchange.unknown):
            return (
                Outcome.NOT_TESTABLE,
                f"{where}the source holds no {' and no '.join(missing)}",
                (),
            )
    if isinstance(subject, Answer) and (excused := _excused(rule, subject, there)):
        return *excused, ()
    if not rule.testable(subject):
        return Outcome.NOT_TESTABLE, rule.testable.absent, ()
    if not rule.when(subject):
        if promised:
            return Outcome.NOT_TESTABLE, rule.when.absent, ()
        if rule.promise and all(rule.promise in exchange.promises for exchange in exchanges):
            return Outcome.NOT_TESTABLE, f"{rule.when.absent}, though the request asks for it", ()
        return Outcome.NOT_APPLICABLE, rule.when.absent, ()
    violations, unsaid = _checked(rule, subject)
    if not violations:
        return (Outcome.NOT_TESTABLE, unsaid, ()) if unsaid else (Outcome.PASS, "", ())
    return _BROKEN[_level(rule, exchanges)], _switch(rule, subject, exchanges), violations


def _checked(rule: Requirement, subject: Answer | Group) -> tuple[tuple[Violation, ...], str]:
    """The violations that a check finds, and why it could not look any further; "" if it has seen all."""
    found: list[Violation] = []
    try:
        with allowance():
            found.extend(map(_short, rule.check(subject)))
    except UnsaidError as error:
        return tuple(found), str(error)
    return tuple(found), ""


def _level(rule: Requirement, exchanges: Sequence[Exchange]) -> Level:
    """The level of a rule here: a parameter that the provider does not claim to heed is a SHOULD at most."""
    lenient = rule.level is Level.MUST and _unclaimed(rule, exchanges)
    return Level.SHOULD if lenient else rule.level


def _unclaimed(rule: Requirement, exchanges: Sequence[Exchange]) -> bool:
    return bool(rule.capability) and any(rule.capability in exchange.unclaimed for exchange in exchanges)


def _switch(rule: Requirement, subject: Answer | Group, exchanges: Sequence[Exchange]) -> str:
    """The line of providers.toml after which it is not judged, where what a provider claims decides that."""
    line = "`{} = false` in the `claims` of an entry for it in providers.toml"
    if isinstance(subject, Claim):
        return f"mend it, or take the claim back: {line.format(subject.capability)}"
    if _unclaimed(rule, exchanges):
        told = "mend it; or, as the provider does not claim it, switch the request off"
        return f"{told}: {line.format(rule.capability)}"
    return ""


def _said_all(subject: Answer | Group) -> bool:
    """Whether a chat stream that fell silent had finished all its choices, so that `[DONE]` was due."""
    if not isinstance(subject, ChatStream) or subject.exchange.ended is not Ended.SILENCE:
        return False
    return bool(subject.choices) and all(choice.finish.seen for choice in subject.choices)


def _excused(rule: Requirement, answer: Answer, there: Collection[Api]) -> tuple[Outcome, str] | None:
    """The outcome and the reason if a rule cannot judge this answer; None if it can.

    `there` are the APIs whose paths answer elsewhere in the run. Where it returns None, the answer has the
    type that the rule's check expects.
    """
    exchange = answer.exchange
    missing = exchange.status in _NO_PATH and exchange.claim is not True
    no_path = missing and exchange.api not in there and not _enveloped(answer)
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
        case Kind.PROVOKED if no_path:
            return Outcome.NOT_APPLICABLE, f"the path is not there (status {exchange.status})"
        case Kind.REFUSAL if not exchange.refused:
            return Outcome.NOT_APPLICABLE, "the request was not refused"
    return None


def _enveloped(answer: Answer) -> bool:
    # An error in OpenAI's form comes from the API, not from an HTTP router without this path.
    return isinstance(answer, Refusal) and isinstance(answer.error, dict)


def _short(violation: Violation) -> Violation:
    """A violation, its texts clipped."""
    texts = violation.observed, violation.expected, violation.place
    if max(map(len, texts)) <= _TEXT:
        return violation
    observed, expected, place = (clipped(text, _TEXT) for text in texts)
    return replace(violation, observed=observed, expected=expected, place=place)


def _gathered(violations: tuple[Violation, ...], subject: Answer | Group) -> tuple[Violation, ...]:
    """The violations with similar ones merged and counted, and with the byte span of their event."""
    merged: dict[tuple[str, str], Violation] = {}
    spare: list[Violation] = []
    for found in violations:
        event = subject.event(found.event) if isinstance(subject, Answer) else None
        spanned = event is not None and found.span is None
        violation = replace(found, span=(event.start, event.end)) if event and spanned else found
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
