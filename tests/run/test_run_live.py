"""A live run: what it sends, what makes it incomplete, and what it keeps secret."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.capture.run import Job
from conformance.catalogue import Level, Outcome, Verdict, Violation
from conformance.errors import KeyMissingError
from conformance.evidence import Redactor
from conformance.exchange import Piece
from conformance.gate import Deviation, ExitCode
from conformance.report.jsonl import read_report
from conformance.report.write import latest
from conformance.run.items import PlannedVerdict
from conformance.run.live import Live
from conformance.run.redaction import redacted
from conformance.run.selection import Selection
from tests.played import EVERYTHING, REFERENCE, played
from tests.proof.streams.chat import CALLING, chunks, goes_on, opens
from tests.proof.streams.handmade import DONE
from tests.run.conftest import KEY, Conducted, settings

KEPT = Deviation(requirement="role-first", reason="an old gateway")
ONE = ("chat-text",)


def test_a_whole_run_is_complete(conducted: Conducted, tmp_path: Path) -> None:
    """`latest` names it, and a listed deviation that was kept everywhere is red."""
    run = conducted(replace(REFERENCE, deviations=(KEPT,)))
    run.execute()
    (result,) = run.results

    assert result.report.footer.complete
    assert result.exit_code is ExitCode.VIOLATION
    assert [stale.deviation for stale in result.gate.stale] == [KEPT]
    assert latest(tmp_path / "reference" / "reference") == result.run.folder


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"interrupted": True}, "the person stopped the run"),
        ({"scenarios": ONE}, "only the scenarios chat-text"),
        ({"scenarios": ("chat-text", "chat-tool")}, "only the scenarios chat-text, chat-tool"),
        ({"budget": EVERYTHING - 2}, "2 requests beyond the budget"),
        (
            {"interrupted": True, "budget": EVERYTHING - 1},
            "the person stopped the run; 1 request beyond the budget",
        ),
    ],
)
def test_a_run_that_did_not_ask_for_everything_is_incomplete(
    how: dict[str, Any], why: str, conducted: Conducted, tmp_path: Path
) -> None:
    """Its report says why, `latest` does not name it, and it calls no deviation fixed."""
    run = conducted(replace(REFERENCE, deviations=(KEPT,)), **how)
    run.execute()
    (result,) = run.results

    assert (result.report.footer.complete, result.report.footer.incomplete) == (False, why)
    assert result.gate.stale == ()
    assert latest(tmp_path / "reference" / "reference") is None
    assert run.interrupted is how.get("interrupted", False)


def test_what_a_provider_does_not_claim_is_not_missing(conducted: Conducted) -> None:
    """A run that leaves it out has asked for all that there is."""
    run = conducted(replace(REFERENCE, claims={**REFERENCE.claims, "n": False}))
    run.execute()
    (result,) = run.results

    assert result.report.footer.complete
    assert result.report.header.notes == ("chat-n was not sent: the provider says that it has no n",)


def test_a_selection_is_told_in_the_numbers_of_its_items(conducted: Conducted) -> None:
    """Beside whatever else is incomplete."""
    run = conducted(budget=1)
    chosen = [item for item in run.items if item.id.endswith("/chat-text/role-first")]
    run.execute(chosen)

    (result,) = run.results
    beyond = f"{EVERYTHING - 1} requests beyond the budget"
    told = f"{beyond}; {len(run.items) - 1} items of {len(run.items)} not selected"
    assert result.report.footer.incomplete == told


def test_the_members_of_a_group_are_sent_for_it(conducted: Conducted, sent: list[Job]) -> None:
    """Two requests for what is judged on two, and one for what is judged on one."""
    run = conducted()
    run.execute([item for item in run.items if item.id == "reference/chat-twins/twin-text"])

    assert [item.exchange.id for item in sent[0].plan.requests] == ["chat-text", "chat-twin"]


@pytest.mark.parametrize(
    ("item", "requests"),
    [
        ("chat-next-turn/tool-result-accepted", ["chat-tool", "chat-next-turn"]),
        ("chat-tool/role-first", ["chat-tool"]),
        ("chat-repeats/repeat-form", ["chat-text-no-usage", "chat-repeat"]),
        ("chat-repeat/role-first", ["chat-text-no-usage", "chat-repeat"]),
    ],
)
def test_what_a_request_waits_for_is_sent_before_it(
    item: str, requests: list[str], conducted: Conducted, sent: list[Job]
) -> None:
    """Also where it is selected by `-k`."""
    run = conducted()
    run.execute([one for one in run.items if one.id == f"reference/{item}"])

    assert [one.exchange.id for one in sent[0].plan.requests] == requests
    (result,) = run.results
    assert [verdict.outcome for verdict in result.verdicts] == [Outcome.PASS]


def test_what_is_not_needed_is_not_sent(conducted: Conducted, sent: list[Job]) -> None:
    """One item, one request; without an item nothing at all."""
    run = conducted()
    run.execute([item for item in run.items if item.id == "reference/chat-text/role-first"])
    conducted().execute([])

    assert [[item.exchange.id for item in job.plan.requests] for job in sent] == [["chat-text"]]


@pytest.mark.parametrize("key", [None, "", "  ", "\n"])
def test_a_key_that_is_blank_is_missing(key: str | None) -> None:
    """Before anything is sent, by the name of its variable."""
    environment = {} if key is None else {"REFERENCE_API_KEY": key}
    live = Live([REFERENCE], settings(None), selection=Selection(scenarios=ONE), environment=environment)
    items = [item for item in live.plan() if isinstance(item, PlannedVerdict)]

    with pytest.raises(KeyMissingError, match="REFERENCE_API_KEY is not set"):
        live._key(REFERENCE)
    assert items


def test_a_key_loses_the_line_end_that_was_copied_with_it(conducted: Conducted, sent: list[Job]) -> None:
    """What is sent is the key itself."""
    conducted(scenarios=ONE).execute()

    assert [job.key for job in sent] == [KEY]


def spread(secret: str) -> bytes:
    """A stream whose tool call has a secret as its arguments, a few characters in each delta."""
    parts = [secret[place : place + 5] for place in range(0, len(secret), 5)]
    deltas = [CALLING, opens(0, "call_a1", "weather"), *(goes_on(0, part) for part in parts)]
    return chunks(*deltas, finish="tool_calls") + DONE


@pytest.mark.parametrize("secret", [KEY, "pk-0123456789abcdef"], ids=["key", "header"])
def test_no_verdict_tells_a_secret_that_is_spread_over_deltas(secret: str, conducted: Conducted) -> None:
    """The recorder cannot see it there; a rule that puts the deltas together would tell it."""
    provider = replace(REFERENCE, headers={"x-portkey-api-key": "pk-0123456789abcdef"})
    spoilt = [
        replace(item, pieces=(Piece(data=spread(secret), at=0.1),)) if item.id == "chat-tool" else item
        for item in played()
    ]
    run = conducted(provider, given=spoilt, scenarios=("chat-tool",))
    run.execute()
    (result,) = run.results

    told = [item for item in result.verdicts if item.requirement == "tool-arguments-json"]
    assert [item.outcome for item in told] == [Outcome.WARN]
    assert "[redacted]" in told[0].violations[0].observed
    assert secret not in repr(result.verdicts)
    assert result.run.folder is not None
    for name in ("report.jsonl", "index.html"):
        assert secret not in (result.run.folder / name).read_text()


def test_every_text_of_a_verdict_loses_its_secrets() -> None:
    """Place, expectation, observation and reason."""
    told = Verdict(
        requirement="role-first",
        level=Level.MUST,
        subject="chat-text",
        exchanges=("chat-text",),
        outcome=Outcome.FAIL,
        violations=(Violation(expected=f"e {KEY}", observed=f"o {KEY}", place=f"p {KEY}", event=1),),
        reason=f"r {KEY}",
    )

    (violation,) = redacted(told, Redactor([KEY])).violations

    assert (violation.place, violation.expected) == ("p [redacted]", "e [redacted]")
    assert (violation.observed, violation.event) == ("o [redacted]", 1)
    assert redacted(told, Redactor([KEY])).reason == "r [redacted]"


def test_what_was_typed_is_told_without_its_credentials(conducted: Conducted) -> None:
    """A header of the command line, and the password of an address."""
    provider = replace(
        REFERENCE,
        base_url="http://me:hidden-0123456789@127.0.0.1/v1",
        headers={"X-Portkey-Api-Key": "pk-0123456789abcdef"},
    )
    typed = "pytest --endpoint http://me:hidden-0123456789@127.0.0.1/v1 --header X-Portkey-Api-Key:"
    run = conducted(provider, scenarios=ONE, command=f"{typed}pk-0123456789abcdef")
    run.execute()
    (result,) = run.results
    header = result.report.header

    assert header.base_url == "http://127.0.0.1/v1"
    assert header.command == (
        "pytest --endpoint http://me:[redacted]@127.0.0.1/v1 --header X-Portkey-Api-Key:[redacted]"
    )
    assert result.run.folder is not None
    for path in result.run.folder.glob("*.*"):
        text = path.read_text()
        assert "hidden-0123456789" not in text
        assert "pk-0123456789abcdef" not in text


def test_a_run_says_what_changed_since_the_one_before(conducted: Conducted) -> None:
    """On its page and in its report, from the second run of a model on; the first has none before it."""
    first = conducted(scenarios=("chat-text",))
    first.execute()
    (before,) = first.results
    assert before.report.since is None

    spoilt = [replace(item, pieces=item.pieces[:-1]) if item.id == "chat-text" else item for item in played()]
    second = conducted(given=spoilt, scenarios=("chat-text",))
    second.execute()
    (after,) = second.results
    assert after.report.since is None  # a part of a run is never `latest`

    whole = conducted()
    whole.execute()
    broken = conducted(given=spoilt)
    broken.execute()
    (result,) = broken.results
    assert result.report.since is not None
    assert [item.requirement for item in result.report.since.of("regressed")] == ["done-present"]
    assert result.run.folder is not None
    assert "1 requirement regressed" in (result.run.folder / "index.html").read_text()
    assert read_report(result.run.folder / "report.jsonl") == result.report
