"""From exchanges to verdicts. Pure: the same exchanges always give the same verdicts."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from conformance.catalogue import Api, Kind, Level, Outcome, Requirement, Verdict, Violation
from conformance.dialects import recognised
from conformance.exchange import Ended, Exchange
from conformance.requirements import CATALOGUE
from conformance.subject import Group, Stream, read
from conformance.text import clipped

__all__ = [
    "applies",
    "group_rules",
    "groups",
    "judge",
    "judge_exchange",
    "judge_groups",
    "judge_stream",
    "judge_streams",
]

_SHOWN = 40  # different violations kept of one verdict; the rest is counted
_TEXT = 2_000  # characters kept of each text of a violation
_BROKEN = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.INFO: Outcome.INFO}
_GROUPED = (Kind.TWINS, Kind.LEAVING, Kind.CONCURRENT, Kind.RUN)
# One rule of each kind of exchange carries what is ours or the network's; the others saw nothing.
_CARRIERS = ("status-ok", "error-status", "document-status")
# Where the recorder stopped before the end, nothing can be said about the end.
_CUT = {
    Ended.OVERTIME: "the stream did not end in time",
    Ended.CEILING: "the stream went past the ceiling",
    Ended.INTERRUPTED: "the recording was stopped",
    Ended.SILENCE: "nothing came any more",
    Ended.LEFT: "the suite left the stream on purpose",
}
_NO_PATH = (404, 405, 501)
_ACCOUNT = {
    401: "the endpoint does not accept the key",
    402: "the account has no credit",
    429: "the endpoint limits the rate",
}
# Groups of two: kind, name, and the scenario that plays each part.
_PAIRS = (
    (Kind.TWINS, "chat-twins", {"stream": "chat-text", "plain": "chat-twin"}),
    (Kind.TWINS, "chat-tool-twins", {"stream": "chat-tool-parallel", "plain": "chat-tool-parallel-twin"}),
    (Kind.LEAVING, "chat-cancel-and-after", {"left": "chat-cancel", "next": "chat-twin"}),
)
_UNANSWERED = {
    Ended.NO_CONNECTION: "no connection could be made",
    Ended.NO_RESPONSE: "connected, but no answer came",
    Ended.NOT_SENT: "the request was not sent",
    Ended.INTERRUPTED: "the run was stopped before the answer",
}


def judge(exchanges: Iterable[Exchange], declared: Collection[str] = ()) -> list[Verdict]:
    """All verdicts on some exchanges of one provider: on each by itself, then on groups of them.

    `declared` are the ids of the dialects that the provider declares.
    """
    return judge_streams([read(exchange) for exchange in exchanges], declared)


def judge_streams(streams: Sequence[Stream], declared: Collection[str] = ()) -> list[Verdict]:
    """The same, of exchanges that are decoded and assembled already."""
    return [*(item for stream in streams for item in judge_stream(stream, declared)), *judge_groups(streams)]


def judge_stream(stream: Stream, declared: Collection[str] = ()) -> list[Verdict]:
    """The verdicts on one exchange by itself."""
    return list(_on_stream(stream, declared))


def judge_groups(streams: Sequence[Stream]) -> list[Verdict]:
    """The verdicts on groups of some exchanges of one provider; the streams may be lightened."""
    verdicts: list[Verdict] = []
    for kind, name, parts in groups([item.exchange for item in streams]):
        group = _group(kind, name, parts, streams)
        verdicts += [_on_group(rule, group) for rule in CATALOGUE if rule.kind is kind]
    return verdicts


def judge_exchange(exchange: Exchange, declared: Collection[str] = ()) -> list[Verdict]:
    """The verdicts on one exchange alone."""
    return list(_on_stream(read(exchange), declared))


def applies(rule: Requirement, api: str, expects: str) -> bool:
    """Whether a rule has a verdict on an exchange of this API and expectation."""
    if rule.untestable or rule.kind in _GROUPED or rule.api not in (Api.BOTH, api):
        return False
    match expects:
        case "refusal":
            return rule.kind in (Kind.PROVOKED, Kind.REFUSAL)
        case "document":
            return rule.kind in (Kind.DOCUMENT, Kind.REFUSAL)
        case _:
            return rule.kind in (Kind.ANSWER, Kind.STREAM, Kind.REFUSAL)


def groups(exchanges: Sequence[Exchange]) -> Iterator[tuple[Kind, str, dict[str, str]]]:
    """The groups of exchanges that are judged together: kind, name, and part -> exchange id."""
    by_scenario = {(item.scenario, item.sample): item for item in exchanges}
    for kind, name, parts in _PAIRS:
        for sample in sorted({item.sample for item in exchanges}):
            pair = {part: by_scenario.get((scenario, sample)) for part, scenario in parts.items()}
            members = {part: item.id for part, item in pair.items() if item is not None}
            if len(members) == len(parts):
                yield kind, name if sample == 1 else f"{name}.{sample}", members
    expected = sorted(item.id for item in exchanges if item.expects == "stream")
    if expected:
        yield Kind.RUN, "run", {name: name for name in expected}
    # Sorted, so that a replay in another order says the same.
    coded = sorted(item.id for item in exchanges if item.nonce)
    if len(coded) > 1:
        yield Kind.CONCURRENT, "concurrent", {name: name for name in coded}


def group_rules(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Requirement, tuple[str, ...]]]:
    """Every rule on groups of these exchanges: the group's name, the rule, the exchanges' ids."""
    for kind, name, parts in groups(exchanges):
        for rule in CATALOGUE:
            if rule.kind is kind:
                yield name, rule, tuple(parts.values())


def _group(kind: Kind, name: str, parts: dict[str, str], streams: Sequence[Stream]) -> Group:
    by_id = {item.id: item for item in streams}
    members = {part: by_id[identity] for part, identity in parts.items()}
    if kind is Kind.CONCURRENT:  # those that were answered bear witness of each other
        members = {part: item for part, item in members.items() if item.streamed}
    if kind is Kind.RUN:
        members = {part: item for part, item in members.items() if not _trouble(item.exchange, "")}
    return Group(id=name, parts=members)


def _on_stream(stream: Stream, declared: Collection[str]) -> Iterator[Verdict]:
    exchange = stream.exchange
    for rule in CATALOGUE:
        if applies(rule, exchange.api, exchange.expects):
            yield _verdict(rule, stream, exchange.id, (exchange,), declared)


def _on_group(rule: Requirement, group: Group) -> Verdict:
    return _verdict(rule, group, group.id, tuple(part.exchange for part in group.parts.values()), ())


def _verdict(
    rule: Requirement,
    subject: Stream | Group,
    name: str,
    exchanges: tuple[Exchange, ...],
    declared: Collection[str],
) -> Verdict:
    dialects: tuple[str, ...] = ()
    try:
        outcome, reason, violations = _outcome(rule, subject, exchanges)
        if violations and isinstance(subject, Stream):
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
        dialect=", ".join(dialects),
    )


def _outcome(
    rule: Requirement, subject: Stream | Group, exchanges: tuple[Exchange, ...]
) -> tuple[Outcome, str, tuple[Violation, ...]]:
    carries = rule.id in _CARRIERS
    for exchange in exchanges:
        where = f"{exchange.id}: " if len(exchanges) > 1 else ""
        if rule.kind is not Kind.LEAVING and (trouble := _trouble(exchange, where)):
            return (Outcome.ERROR if carries else Outcome.NOT_TESTABLE), trouble, ()
        cut = _CUT.get(exchange.ended, "")
        if cut and carries and exchange.ended in (Ended.OVERTIME, Ended.CEILING):
            return Outcome.ERROR, _because(exchange, where + cut), ()
        if cut and "end" in rule.needs and not _said_all(subject):
            planned = exchange.ended is Ended.LEFT and "cancel" in exchange.promises
            silent = Outcome.NOT_APPLICABLE if planned else Outcome.NOT_TESTABLE
            return silent, _because(exchange, where + cut), ()
        if missing := sorted(rule.needs & exchange.lacks):
            return (
                Outcome.NOT_TESTABLE,
                f"{where}the source holds no {' and no '.join(missing)}",
                (),
            )
    if isinstance(subject, Stream) and (excused := _excused(rule, subject)):
        return *excused, ()
    if not rule.when(subject):
        if rule.promise and all(rule.promise in exchange.promises for exchange in exchanges):
            return Outcome.NOT_TESTABLE, f"{rule.absent}, though the request asks for it", ()
        return Outcome.NOT_APPLICABLE, rule.absent, ()
    violations = tuple(rule.check(subject))
    if not violations:
        return Outcome.PASS, "", ()
    return _BROKEN[rule.level], "", violations


def _trouble(exchange: Exchange, where: str) -> str:
    """What is ours or the network's and kept the endpoint from being judged; "" for nothing."""
    if not exchange.answered:
        why = _UNANSWERED.get(exchange.ended, f"nothing was received ({exchange.ended})")
        if exchange.ended is Ended.NOT_SENT:
            return _because(exchange, where + why)
        return where + (exchange.detail or why)  # the recorder's words say the same, and more
    provoked = exchange.expects == "refusal" and exchange.status != 429
    if exchange.status in _ACCOUNT and exchange.expects and not provoked:
        return _because(exchange, f"{where}{_ACCOUNT[exchange.status]} (status {exchange.status})")
    return ""


def _because(exchange: Exchange, why: str) -> str:
    return why + (f" ({exchange.detail})" if exchange.detail else "")


def _said_all(subject: Stream | Group) -> bool:
    """Whether a chat stream that fell silent had ended all its choices: then its terminator is due."""
    if not isinstance(subject, Stream) or subject.exchange.ended is not Ended.SILENCE:
        return False
    return bool(subject.choices) and all(choice.finish for choice in subject.choices)


def _excused(rule: Requirement, stream: Stream) -> tuple[Outcome, str] | None:
    """Why a rule cannot be asked of this exchange; None when it can."""
    exchange = stream.exchange
    match rule.kind:
        case Kind.STREAM if exchange.refused:
            return Outcome.NOT_APPLICABLE, f"the request was refused with status {exchange.status}"
        case Kind.STREAM if not stream.streamed:
            return Outcome.NOT_TESTABLE, "the answer is not an event stream"
        case Kind.DOCUMENT if exchange.refused and exchange.claim is not True:
            return Outcome.NOT_APPLICABLE, f"the request was refused with status {exchange.status}"
        case Kind.REFUSAL if exchange.status in _NO_PATH and exchange.claim is not True:
            return (
                Outcome.NOT_APPLICABLE,
                f"the path is not claimed, and not there (status {exchange.status})",
            )
        case Kind.PROVOKED if exchange.status in _NO_PATH and exchange.claim is not True:
            if not _enveloped(stream):
                return Outcome.NOT_APPLICABLE, f"the path is not there (status {exchange.status})"
        case Kind.REFUSAL if not exchange.refused:
            return Outcome.NOT_APPLICABLE, "the request was not refused"
    return None


def _enveloped(stream: Stream) -> bool:
    # An error in OpenAI's form comes from the API itself, not from a router that knows no such path.
    return isinstance(stream.document, dict) and isinstance(stream.document.get("error"), dict)


def _gathered(violations: tuple[Violation, ...], subject: Stream | Group) -> tuple[Violation, ...]:
    """Alike violations counted as one, with the byte span of the event filled in."""
    merged: dict[tuple[str, str], Violation] = {}
    spare: list[Violation] = []
    for found in violations:
        event = subject.event(found.event) if isinstance(subject, Stream) else None
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
