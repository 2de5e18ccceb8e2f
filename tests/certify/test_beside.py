"""What a run broke beside its profile: told by certificate, page, terminal and check, whatever is forged."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.catalogue import Outcome, Verdict, Violation
from conformance.certify.beside import beside, beside_line, misbeside
from conformance.certify.page import render
from conformance.cli import command
from conformance.exchange import Api, Exchange
from conformance.gate import ExitCode
from conformance.profiles import profiles
from conformance.reference.faults import FAULTS
from conformance.requirements import by_id
from tests.certify.made import bundle, certified, check, content, files, repaged

Rows = list[dict[str, Any]]
FAULT = FAULTS["id-empty"]
"""It breaks something that the profile does not hold."""
RULE = "id-nonempty"
PROFILE = profiles().named("chat-structured")


def verdict(rule: str, *on: str, outcome: Outcome = Outcome.WARN, because: str = "") -> Verdict:
    names = on or ("chat-json",)
    return Verdict(
        requirement=rule,
        level=by_id(rule).level,
        subject=names[0],
        exchanges=names,
        outcome=outcome,
        because=because,
    )


def row(rule: str, exchanges: int = 1) -> dict[str, Any]:
    mine = by_id(rule)
    return {
        "requirement": rule,
        "level": mine.level.value,
        "statement": mine.statement,
        "hurts": mine.hurts,
        "exchanges": exchanges,
    }


def test_what_does_not_break_the_profile_is_listed_by_its_level() -> None:
    """On each exchange once, without what only follows and what the profile is broken by."""
    names = ("chat-json", "chat-json.2", "chat-json.3")
    exchanges = [
        Exchange(id=name, api=Api.CHAT, provider="p", model="m", scenario="chat-json") for name in names
    ]
    verdicts = [
        verdict("answer-composed", outcome=Outcome.INFO),
        verdict("answer-altered"),
        verdict("stream-incremental", "chat-json"),
        verdict("stream-incremental", "chat-json.2"),
        verdict("stream-early", *names, because="stream-incremental"),
        replace(
            verdict("twin-text", *names, outcome=Outcome.FAIL),
            violations=(Violation(place=names[1], expected="a", observed="b"),),
        ),
        verdict("usage-arithmetic", *names, outcome=Outcome.FAIL),
        verdict("role-first", outcome=Outcome.FAIL),
        verdict("answer-expected", outcome=Outcome.PASS),
    ]
    found = {item["requirement"]: item for item in beside(PROFILE, verdicts, exchanges)}
    assert found.pop("twin-text")["exchanges"] == 1, "that one alone is told of"
    assert [item["level"] for item in found.values()] == ["MUST", "SHOULD", "SHOULD", "INFO"]
    assert found["usage-arithmetic"] == row("usage-arithmetic", 3)
    assert found["stream-incremental"]["exchanges"] == 2
    assert found.keys() == {"usage-arithmetic", "stream-incremental", "answer-altered", "answer-composed"}


def test_a_certificate_tells_what_was_broken_beside_its_profile(tmp_path: Path) -> None:
    """It is one all the same, it holds, and page and check tell it."""
    data = bundle(fault=FAULT)
    told = content(data)
    assert told["verdict"] == "certified"
    assert told["result"]["beside"] == [row(RULE, 3)]
    page = files(data)["certificate.html"].decode()
    assert "which does not stand in the way of this certificate:" in page
    assert f"<code>{RULE}</code> ({by_id(RULE).level}) is broken on 3 exchanges:" in page
    path = tmp_path / "certificate.zip"
    path.write_bytes(data)
    done = CliRunner().invoke(command, ["verify", str(path)], standalone_mode=False)
    assert done.return_value is ExitCode.CONFORMS
    line = (
        f"broken beside the profile, which does not count here: {RULE} ({by_id(RULE).level}, on 3 exchanges)"
    )
    assert line in done.output
    assert content(certified())["result"]["beside"] == []
    assert "Broken beside" not in files(certified())["certificate.html"].decode()


def test_a_line_names_the_first_and_counts_the_rest() -> None:
    """A terminal has no room for all."""
    assert beside_line([]) == ""
    assert beside_line([row(RULE)] * 6).endswith(f"{RULE} (SHOULD, on 1 exchange), 2 more")


def test_a_page_with_much_of_it_names_the_first_and_counts_the_rest() -> None:
    """What is only worth knowing is named apart."""
    told = content(certified())
    told["result"]["beside"] = [row("stream-early", 15)] * 10 + [row("answer-composed")]
    page = render(told)
    assert f"<strong>{by_id('stream-early').hurts}</strong>" in page
    assert "and 2 more, in <code>certificate.json</code>" in page
    assert "Worth knowing (INFO): <code>answer-composed</code>" in page
    del told["result"]["beside"]  # as in a certificate of an earlier suite
    assert "Broken beside" not in render(told)


def _count(rows: Rows) -> None:
    rows[0]["exchanges"] = 1


FORGED: dict[str, tuple[Callable[[Rows], object], str]] = {
    "removed": (list.clear, f"it leaves out {RULE} \\(SHOULD\\), which the evidence shows .* on 3 exchanges"),
    "added": (
        lambda rows: rows.append(row("stream-early")),
        "it lists stream-early as broken beside the profile, and the evidence does not show that",
    ),
    "counted": (
        _count,
        f"of {RULE}, broken beside the profile on 3 exchanges, it says another `exchanges`: 1",
    ),
    "named at length": (
        lambda rows: rows.append(row("stream-early") | {"requirement": "x" * 5_000}),
        r"^it lists x+ … x+ \(5000 characters\) as broken beside the profile, and",
    ),
    "twice": (lambda rows: rows.append(rows[0]), "in another order, or twice"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_list_is_told_by_name(name: str) -> None:
    """Each entry that was removed, added or changed, on a page that is that of the certificate."""
    change, message = FORGED[name]
    found = check(repaged(files(bundle(fault=FAULT)), lambda told: change(told["result"]["beside"])))
    (problem,) = found.problems
    assert (problem.code, found.exit_code) == ("beside-forged", ExitCode.VIOLATION)
    assert re.search(message, problem.message)
    assert [item["requirement"] for item in found.beside] == [RULE]


def test_a_certificate_without_the_list_does_not_hold() -> None:
    """The schema leaves it free, for certificates of earlier suites."""
    found = check(repaged(files(certified()), lambda told: told["result"].pop("beside")))
    assert [problem.code for problem in found.problems] == ["beside-forged"]
    assert [*misbeside([], [])] == []
