"""Makes the report and the certificate of a bundle again, of its evidence, and compares. Pure.

Nothing that the files of a bundle say of each other is believed: the requests are planned again from the
settings, the answers judged again, and every line of the report written again.
"""

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from conformance.certify.bundle import CERTIFICATE
from conformance.certify.certificate import Json, evidence_name
from conformance.certify.problems import Problem
from conformance.certify.swapped import requests_of_others
from conformance.evidence.headers import address
from conformance.exchange import Exchange
from conformance.gate import decide
from conformance.judge import applies, group_rules
from conformance.plan import AGAIN, Plan, PlannedRequest, again, plan
from conformance.providers import Provider
from conformance.report.jsonl import report_lines
from conformance.report.records import ExchangeLine, Header, Report, build
from conformance.requirements import CATALOGUE
from conformance.run.judgement import judge_provider
from conformance.standing import Profile, gating, standings
from conformance.text import clipped, counted, fits
from conformance.turn import UnbuiltRequest, completed

__all__ = ["Recount", "differences", "misasked", "planned_again", "recounted"]

_REDACTED = frozenset({"expected", "observed", "place", "reason"})  # keys of verdicts, in lines and footer
_NOTHING = object()  # in place of a key that is not there
_SHOWN = 120  # characters of a value in a message
_FEW = 3  # requirements that a message names; more are counted
_ASKED = {
    "api": "its API",
    "provider": "its provider",
    "model": "its model",
    "scenario": "its scenario",
    "sample": "its sample",
    "expects": "what kind of answer is expected",
    "promises": "what its answer is sure to contain",
    "claim": "whether the provider claims what it tries",
    "unclaimed": "what the provider does not claim",
    "nonce": "its code word",
    "expected_text": "the text that is expected",
    "expected_arguments": "the arguments that are expected",
}
"""The fields of an exchange that follow from the plan, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """What follows from the evidence: the report, its lines, and the number of verdicts."""

    report: Report
    lines: tuple[Json, ...]
    verdicts: int


def planned_again(
    entry: Provider, profile: Profile, content: Json, *, budget: int | None = sys.maxsize
) -> Plan:
    """What the run had to send, from the settings in the certificate, whatever their limit of requests.

    With None as `budget` it is what that limit allows.
    """
    return plan(
        entry,
        scenarios=profile.sends,
        samples=content["samples"],
        budget=budget,
        # Where the embedded provider listens nobody knows before it does.
        base_url=content["endpoint"] if entry.embedded else "",
    )


def misasked(
    sent: Plan, exchanges: Mapping[str, Exchange], absent: Collection[str] = ()
) -> Iterator[Problem]:
    """Where the exchanges are not those that the suite would have sent by the settings in the certificate.

    `absent` are exchanges of which it was told already that they cannot be read.
    """
    planned = {item.exchange.id: item for item in sent.requests}
    for name in planned:
        if name not in exchanges and name not in absent:
            what = "the profile, the samples and the settings ask for this exchange, and the bundle has none"
            yield Problem("scenario-missing", evidence_name(name), what)
    repeats = [one for one in exchanges.values() if one.again]
    if len(repeats) > AGAIN:
        yield Problem(
            "exchange-surplus", "", f"{len(repeats)} exchanges are repeated, and at most {AGAIN} can be"
        )
    others = dict(requests_of_others(sent, exchanges.values()))
    for name, one in exchanges.items():
        if name in others:
            what = f"it holds the request of {others[name]}: one was put in the place of the other"
            yield Problem("exchange-swapped", evidence_name(name), what)
            continue
        item = planned.get(one.again or name)
        if item is None or (one.again and name != again(item).exchange.id):
            what = "no run of the suite by these settings has an exchange of this name"
            yield Problem("exchange-surplus", evidence_name(name), what)
            continue
        yield from _compared(again(item) if one.again else item, one, exchanges, absent)
    order = {name: place for place, name in enumerate(planned)}
    asked = sorted(exchanges.values(), key=lambda one: (bool(one.again), order.get(one.again or one.id, 0)))
    if [one.id for one in asked] != [*exchanges] and not others:
        yield Problem(
            "certificate-forged", CERTIFICATE, "it lists the exchanges in another order than they have"
        )


def _compared(
    item: PlannedRequest, one: Exchange, exchanges: Mapping[str, Exchange], absent: Collection[str]
) -> Iterator[Problem]:
    where = evidence_name(one.id)
    if item.awaits in absent:
        return
    made = completed(item, exchanges.get(item.awaits)) if item.awaits else item
    wanted = made.exchange
    for field, words in _ASKED.items():
        due, there = getattr(wanted, field), getattr(one, field)
        if due != there:
            yield Problem(
                "asked-otherwise", where, f"{words} is {_value(there)}, and the suite asks {_value(due)}"
            )
    if isinstance(made, UnbuiltRequest) or one.request is None or wanted.request is None:
        if one.request is None:
            yield Problem("asked-otherwise", where, "it holds no request")
        return
    if one.request.url != address(wanted.request.url):
        yield Problem(
            "address-differs",
            where,
            f"it was sent to {one.request.url}, and the suite sends it to {wanted.request.url}",
        )
    if one.request.method != wanted.request.method:
        told = (
            f"its method is {_value(one.request.method)}, and the suite asks {_value(wanted.request.method)}"
        )
        yield Problem("asked-otherwise", where, told)
    body, due_body = one.request.body, wanted.request.body
    if body != due_body and not (item.awaits and fits(body, due_body)):
        yield Problem(
            "asked-otherwise",
            where,
            f"its request is not the suite's: {_apart(body, due_body)}",
        )


def recounted(
    entry: Provider,
    profile: Profile,
    sent: Plan,
    exchanges: Sequence[Exchange],
    *,
    started: str,
    ended: str,
    incomplete: str,
) -> Recount:
    """The report that a run with these exchanges has. `exchanges` are in the order in which it had them."""
    found = judge_provider(entry.name, exchanges, entry.dialects)
    asked = [item.exchange for item in sent.requests]
    due = {(one.id, rule.id) for one in asked for rule in CATALOGUE if applies(rule, one.api, one.expects)}
    due |= {(name, rule.id) for name, rule, _ in group_rules(asked)}
    verdicts = [item for item in found.verdicts if (item.subject, item.requirement) in due]
    only = gating([profile], exchanges, verdicts)
    gate = decide(
        verdicts,
        [item for item in entry.deviations if item.requirement in profile.requirements],
        today=date.fromisoformat(started[:10]),
        whole=False,
        mistaken=bool(found.mistake),
        only=only,
        idle=only is None,
    )
    header = Header(suite="", provider=entry.name, model=found.model, started=started, python="", command="")
    report = build(
        replace(header, dialects=entry.dialects),
        [ExchangeLine.of(stream, evidence_name(stream.id)) for stream in found.streams],
        gate,
        ended=ended,
        incomplete=incomplete,
        profiles=standings([profile], gate.rulings, exchanges),
    )
    lines = tuple(json.loads(line) for line in report_lines(report))
    return Recount(report=report, lines=lines, verdicts=len(verdicts))


def differences(told: Sequence[Json], true: Sequence[Json], absent: Collection[str]) -> Iterator[Problem]:
    """Where the lines of a report, but its header, differ from those that follow from the evidence.

    `absent` are the exchanges that could not be read: nothing that rests on one of them is compared.
    """
    by_key = {_key(line): line for line in told}
    if len(by_key) < len(told):
        yield Problem("report-forged", "report.jsonl", "it has two lines about the same")
    due = {_key(line): line for line in true}
    silent = []
    for key, line in due.items():
        there = by_key.get(key, line)
        if key[0] == "header" or _rests_on(there, absent):
            continue
        if key not in by_key:
            silent.append(key)
        elif key[0] == "verdict":
            yield from _verdict(there, line, " on ".join(key[1:]))
        else:
            yield from _line(there, line, " ".join(["the", *key]))
    for name in _named(silent):
        yield Problem("report-forged", "report.jsonl", f"it says nothing of {name}")
    beyond = [key for key, line in by_key.items() if key not in due and not _rests_on(line, absent)]
    for name in _named(beyond):
        said = f"it tells of {name}, which the evidence does not give"
        yield Problem("report-forged", "report.jsonl", said)
    if not (silent or beyond or absent) and [*by_key] != [*due]:
        yield Problem("report-forged", "report.jsonl", "its lines are in another order than a run has them")


def _rests_on(line: Json, absent: Collection[str]) -> bool:
    """Whether a line of a report rests on one of these exchanges."""
    match line.get("kind"):
        case "exchange":
            return line.get("id") in absent
        case "verdict":
            exchanges = line.get("exchanges")
            return isinstance(exchanges, list) and any(one in absent for one in map(str, exchanges))
    return bool(absent)


def _named(keys: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """What some lines are about; many verdicts on the same are counted."""
    on: dict[str, list[str]] = {}
    for kind, *rest in keys:
        if kind == "verdict":
            on.setdefault(rest[1], []).append(rest[0])
        else:
            yield " ".join(["the", kind, *rest])
    for subject, rules in on.items():
        told = ", ".join(rules) if len(rules) <= _FEW else counted(len(rules), "verdict")
        yield f"{told} on {subject}"


def _key(line: Json) -> tuple[str, ...]:
    kind = str(line.get("kind"))
    match kind:
        case "exchange":
            return kind, str(line.get("id"))
        case "verdict":
            return kind, str(line.get("requirement")), str(line.get("subject"))
        case "stale":
            return kind, json.dumps(line, sort_keys=True)
    return (kind,)


def _verdict(told: Json, true: Json, name: str) -> Iterator[Problem]:
    if told.get("outcome") != true["outcome"]:
        yield Problem(
            "verdict-forged",
            "report.jsonl",
            f"{name} is said to be {_value(told.get('outcome'))}, and the evidence gives {true['outcome']}",
        )
        return
    other = [
        key
        for key in dict.fromkeys([*true, *told])
        if not _same(told.get(key, _NOTHING), true.get(key, _NOTHING), key)
    ]
    if other:
        yield Problem(
            "verdict-forged", "report.jsonl", f"of {name}, {', '.join(other)} is not what the evidence gives"
        )


def _line(told: Json, true: Json, name: str) -> Iterator[Problem]:
    for key, value in true.items():
        # Nobody can see in the evidence whether the time of an incomplete run was over.
        apart = key == "exit_code" and true.get("incomplete")
        if not _same(told.get(key, _NOTHING), value, key) and not apart:
            yield Problem(
                "report-forged",
                "report.jsonl",
                f"{name}: {key} is {_value(told.get(key))}, and the evidence gives {_value(value)}",
            )
    for key in sorted(told.keys() - true.keys()):
        yield Problem("report-forged", "report.jsonl", f"{name} has a key {key!r}, which no report has")


def _same(told: Any, true: Any, key: str = "") -> bool:
    """Whether the value of a key is the one that follows from the evidence, but for what was redacted.

    A live run also redacts what its verdicts join of several events, for which the key is needed.
    """
    match told, true:
        case dict(), dict():
            return told.keys() == true.keys() and all(_same(told[name], true[name], name) for name in true)
        case list(), list():
            return len(told) == len(true) and all(map(_same, told, true))
        case str(), str() if key in _REDACTED:
            return fits(told, true)
    return type(told) is type(true) and bool(told == true)


def _value(value: Any) -> str:
    return clipped(json.dumps(value, default=list, ensure_ascii=False), _SHOWN)


def _apart(there: str, due: str) -> str:
    """Where two texts begin to differ."""
    place = next(
        (at for at, (one, two) in enumerate(zip(there, due, strict=False)) if one != two),
        min(len(there), len(due)),
    )
    part = slice(max(place - 20, 0), place + 40)
    return f"at character {place + 1} it has {_value(there[part])}, and the suite sends {_value(due[part])}"
