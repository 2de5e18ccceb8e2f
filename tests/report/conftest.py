"""A small catalogue and small runs that reports are made of."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.catalogue import (
    Apis,
    Family,
    Kind,
    Level,
    Outcome,
    Requirement,
    Source,
    Trigger,
    Verdict,
    Violation,
)
from conformance.exchange import Attempt, Ended, Exchange, Piece, Request
from conformance.gate import Deviation, FailOn, decide
from conformance.report.records import ExchangeLine, Header, Report, build
from conformance.subject import Answer, read

TODAY = date(2026, 10, 1)
CHUNK = b'data: {"id":"c1","object":"chat.completion.chunk","choices":[]}\n\n'


def rule(name: str, level: Level, family: Family = Family.CHAT, **fields: Any) -> Requirement:
    """A requirement that is never checked, only shown."""
    defaults: dict[str, Any] = {
        "id": name,
        "family": family,
        "level": level,
        "api": Apis.CHAT,
        "kind": Kind.STREAM,
        "statement": f"The statement of `{name}`.",
        "hurts": f"clients suffer from {name}.",
        "sources": (Source("the standard", "https://example.org/standard#part"),),
        "check": lambda _subject: (),
        "when": Trigger(lambda _subject: True, absent="nothing to see"),
        "reports": ("owner/project#12",),
    }
    return Requirement(**(defaults | fields))


RULES = {
    item.id: item
    for item in (
        rule("must-a", Level.MUST),
        rule("must-b", Level.MUST, Family.WIRE),
        rule("must-c", Level.MUST, Family.USAGE),
        rule("should-a", Level.SHOULD, model=True),
        rule("info-a", Level.INFO, Family.TIMING),
        rule("must-first", Level.MUST, before_all=True),
    )
}
BROKEN = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.INFO: Outcome.INFO}


def exchange(name: str = "chat-text", body: bytes = CHUNK * 3, **fields: Any) -> Exchange:
    """An exchange whose body came in one piece for each event."""
    pieces = [part + b"\n\n" for part in body.split(b"\n\n")[:-1]] if body.endswith(b"\n\n") else [body]
    defaults: dict[str, Any] = {
        "id": name,
        "api": "chat",
        "scenario": name.partition(".")[0],
        "status": 200,
        "headers": (("content-type", "text/event-stream"),),
        "request": Request(
            url="https://api.example.com/v1/chat/completions",
            headers=(("Authorization", "[redacted]"), ("Content-Type", "application/json")),
            body='{"model":"m","stream":true}',
        ),
        "attempts": (Attempt(started=0.0, status=200),),
        "pieces": tuple(Piece(data=data, at=0.5 + index / 10) for index, data in enumerate(pieces)),
        "ended": Ended.CLOSED,
        "ended_at": 2.0,
    }
    return Exchange(**(defaults | fields))


def stream(name: str = "chat-text", body: bytes = CHUNK * 3, **fields: Any) -> Answer:
    """The same, decoded and assembled."""
    return read(exchange(name, body, **fields))


def verdict(name: str, outcome: Outcome | None = None, subject: str = "chat-text", **fields: Any) -> Verdict:
    """A verdict on one exchange; broken at event 2 unless an outcome or violations are given."""
    level = RULES[name].level if name in RULES else Level.MUST
    outcome = outcome or BROKEN[level]
    violations: tuple[Violation, ...] = ()
    if outcome in BROKEN.values():
        violations = (Violation(expected="a thing", observed="another", event=2, place="choices.*"),)
    defaults: dict[str, Any] = {
        "requirement": name,
        "level": level,
        "subject": subject,
        "exchanges": (subject,),
        "outcome": outcome,
        "violations": violations,
    }
    return Verdict(**(defaults | fields))


def header(**fields: Any) -> Header:
    """The header of a run of the provider acme."""
    defaults: dict[str, Any] = {
        "suite": "1.0.0",
        "provider": "acme",
        "model": "acme-large",
        "started": "2026-10-01T04:12:09Z",
        "python": "3.11.9",
        "command": "pytest --provider acme",
        "base_url": "https://api.example.com/v1",
        "key_variable": "ACME_API_KEY",
    }
    return Header(**(defaults | fields))


def report(
    verdicts: Sequence[Verdict],
    streams: Iterable[Answer] = (),
    deviations: Sequence[Deviation] = (),
    *,
    fail_on: FailOn = FailOn.MUST,
    incomplete: str = "",
    **fields: Any,
) -> Report:
    """The report of a run with these verdicts, on these streams or on one for each subject."""
    known = list(streams) or [
        stream(name) for name in dict.fromkeys(name for item in verdicts for name in item.exchanges)
    ]
    return build(
        header(deviations=tuple(deviations), **fields),
        [ExchangeLine.of(item, f"evidence/{item.id}.jsonl") for item in known],
        decide(verdicts, deviations, today=TODAY, fail_on=fail_on, whole=not incomplete),
        ended="2026-10-01T04:13:00Z",
        incomplete=incomplete,
    )


@pytest.fixture
def make() -> SimpleNamespace:
    """Makers of everything that a report is made of."""
    makers: dict[str, Callable[..., Any]] = {
        "rule": rule,
        "exchange": exchange,
        "stream": stream,
        "verdict": verdict,
        "header": header,
        "report": report,
        "lookup": RULES.__getitem__,
    }
    return SimpleNamespace(**makers)
