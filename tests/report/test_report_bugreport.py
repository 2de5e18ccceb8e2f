"""The bug report of one ruling: what a vendor reads, with nothing that hides or misleads."""

import json
import shlex
from datetime import date
from types import SimpleNamespace

import pytest

from conformance.catalogue import DEPENDS_ON_MODEL, Outcome, Violation
from conformance.exchange import Expects
from conformance.gate import Deviation, Ruling, Stale, Staleness
from conformance.report.bugreport import bug_report, headline, stale_report

EXCUSE = Deviation(requirement="must-a", reason="known\x1b", link="https://e.org/1", until=date(2026, 12, 1))


def told(make: SimpleNamespace, ruling: Ruling, evidence: str = "") -> str:
    """The bug report on one exchange of acme."""
    name = ruling.verdict.requirement
    return bug_report(
        make.lookup(name),
        ruling,
        provider="acme",
        streams=[make.stream()],
        evidence={"chat-text": evidence},
    )


def test_what_an_endpoint_sent_is_made_visible(make: SimpleNamespace) -> None:
    """Wherever it stands in the report, and in the one line of it."""
    hostile = "a\x1b[31mb\u202ec"
    violation = Violation(expected=hostile, observed=hostile, place=hostile, event=1)
    ruling = Ruling(verdict=make.verdict("must-a", violations=(violation,), reason=hostile), gates=True)
    text = told(make, ruling)

    assert text.count("a⟨ESC⟩[31mb⟨U+202E⟩c") == 4
    assert "\x1b" not in text + headline(ruling)
    assert "known⟨ESC⟩" in stale_report(
        Stale(deviation=EXCUSE, why=Staleness.FIXED), "acme in providers.toml"
    )


@pytest.mark.parametrize(
    ("outcome", "opening"),
    [
        (Outcome.FAIL, "acme breaks must-a (MUST, chat) in chat-text"),
        (Outcome.WARN, "acme breaks must-a (MUST, chat) in chat-text"),
        (Outcome.INFO, "acme is noted for must-a (MUST, chat) in chat-text"),
        (Outcome.ERROR, "acme could not be judged by must-a (MUST, chat) in chat-text"),
        (Outcome.NOT_TESTABLE, "acme could not be tested for must-a (MUST, chat) in chat-text"),
        (Outcome.NOT_APPLICABLE, "acme is not concerned by must-a (MUST, chat) in chat-text"),
        (Outcome.PASS, "acme keeps must-a (MUST, chat) in chat-text"),
    ],
)
def test_it_begins_with_what_is_said_of_the_provider(
    outcome: Outcome, opening: str, make: SimpleNamespace
) -> None:
    """An error is never told as a violation."""
    text = told(make, Ruling(verdict=make.verdict("must-a", outcome), gates=False))

    assert text.splitlines()[0] == opening
    assert DEPENDS_ON_MODEL not in text


def test_it_says_where_a_rule_depends_on_the_model(make: SimpleNamespace) -> None:
    """So that nobody is blamed for what a weak model does by itself."""
    text = told(make, Ruling(verdict=make.verdict("should-a"), gates=False))
    assert " ".join(text.split()).count(DEPENDS_ON_MODEL) == 1


def test_it_says_where_and_how_often(make: SimpleNamespace) -> None:
    """The event with its bytes and its time, and how many places are alike."""
    violation = Violation(expected="e", observed="o", event=2, span=(65, 130), times=3)
    text = told(make, Ruling(verdict=make.verdict("must-a", violations=(violation,)), gates=True))

    assert "  where       event 2, bytes 65\N{EN DASH}129, 0.600 s after the request" in text
    assert "and alike in 2 further places" in text


def test_the_command_is_one_that_a_shell_takes(make: SimpleNamespace) -> None:
    """Whatever the path; without evidence there is none."""
    ruling = Ruling(verdict=make.verdict("must-a"), gates=True)
    text = told(make, ruling, "my files/$(x).jsonl")
    (line,) = [line for line in text.splitlines() if line.startswith("  again ")]

    assert shlex.split(line.split("again", 1)[1]) == [
        "pytest",
        "--replay",
        "my files/$(x).jsonl",
        "-k",
        "must-a",
    ]
    assert "again " not in told(make, ruling)


def test_what_is_known_says_until_when(make: SimpleNamespace) -> None:
    """With its reason and its link."""
    text = told(make, Ruling(verdict=make.verdict("must-a"), gates=False, deviation=EXCUSE))

    assert "  known       known⟨ESC⟩, until 2026-12-01 https://e.org/1" in text


def test_what_could_not_be_judged_says_why_and_nothing_of_the_rule(make: SimpleNamespace) -> None:
    """The rule has nothing to do with a server that is down."""
    verdict = make.verdict("must-a", Outcome.ERROR, violations=(), reason="cannot connect")
    text = told(make, Ruling(verdict=verdict, gates=True), "e.jsonl")
    first, second, *_ = [line for line in text.splitlines() if line]
    assert (first, second) == (
        "acme could not be judged by must-a (MUST, chat) in chat-text",
        "  reason      cannot connect",
    )
    for absent in ("The statement", "who suffers", "stated in", "explain"):
        assert absent not in text
    assert "pytest --replay e.jsonl -k must-a" in text


LONG = {
    "id": "chatcmpl-" + "0" * 200,
    "model": "m" * 200,
    "choices": [{"index": 0, "delta": {}}],
    "z": "z" * 200,
}


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("choices.*.index", '"choices":[{"index":0,"delta":{}}]'),  # a value
        ("choices.*.delta", '"choices":[{"index":0,"delta":{}}]'),  # a key
        ("choices.*.delta.role", '"delta":{⟨"role" is missing⟩}'),  # in an object
        ("object", '"⟨"object" is missing⟩}'),  # at the end of all
        ("id", 'data: {"id":"chatcmpl-000'),
    ],
)
def test_the_excerpt_of_the_wire_shows_what_is_guilty(place: str, shown: str, make: SimpleNamespace) -> None:
    """However long the line is in which it stands; of the line no more than that."""
    body = b"data: " + json.dumps(LONG, separators=(",", ":")).encode() + b"\n\n"
    violation = Violation(expected="e", observed="o", place=place, event=1)
    ruling = Ruling(verdict=make.verdict("must-a", violations=(violation,)), gates=True)
    text = bug_report(
        make.lookup("must-a"), ruling, provider="acme", streams=[make.stream(body=body)], evidence={}
    )
    (line,) = [line for line in text.splitlines() if line.startswith("  > ")]
    assert shown in line
    assert len(line) < 280


def test_the_excerpt_of_a_document_shows_what_is_guilty(make: SimpleNamespace) -> None:
    """As that of a stream does."""
    violation = Violation(expected="e", observed="o", place="choices.*.delta.role")
    ruling = Ruling(verdict=make.verdict("must-a", violations=(violation,)), gates=True)
    headers = (("content-type", "application/json"),)
    document = make.stream(
        body=json.dumps(LONG, indent=1).encode(), headers=headers, expects=Expects.DOCUMENT
    )
    text = bug_report(make.lookup("must-a"), ruling, provider="acme", streams=[document], evidence={})
    assert '"delta": {⟨"role" is missing⟩}' in text
