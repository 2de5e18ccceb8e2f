"""What is sent again, with nothing else open, because of its timing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.capture import recorder
from conformance.capture.run import Job, capture
from conformance.cli import command
from conformance.evidence import load
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Limits
from tests.capture.hostile import (
    FOREVER,
    GOOD,
    HEAD,
    KEY,
    Asked,
    Hostile,
    Script,
    chunk,
    endpoint,
    event,
    says,
)
from tests.played import whole_plan

HELD = says(HEAD, chunk(event(1)), chunk(b"data: [DONE]\n\n"), FOREVER)
NAMES = ("chat-text", "chat-length", "chat-n", "chat-json", "chat-awkward", "chat-logprobs")


@pytest.fixture(autouse=True)
def _close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "_CLOSE", 0.5)


def run(script: Script, folder: Path, most: int) -> tuple[list[str], list[bytes], dict[str, str]]:
    """The ids of the exchanges, the bodies that were asked, and what became of `connection-closed`."""
    with Hostile([script]) as server:
        provider = endpoint(server.base_url, limits=Limits(concurrency=most))
        work = Job(plan=plan(provider, scenarios=NAMES), key=KEY, evidence=folder)
        exchanges = capture([work]).exchanges["hostile"]
        bodies = [item.body for item in server.asked]
    stored, unreadable = load([folder])
    assert not unreadable
    # A live exchange has no file as its source.
    assert {replace(item, source="") for item in stored} == set(exchanges)
    rule = "connection-closed"
    verdicts = {item.subject: item.outcome.value for item in judge(exchanges) if item.requirement == rule}
    return [item.id for item in exchanges], bodies, verdicts


def test_timing_is_asked_again_at_most_four_times(tmp_path: Path) -> None:
    """In the order of the plan, behind all others; what was not asked again is not testable."""
    ids, bodies, verdicts = run(HELD, tmp_path, 3)

    repeated = [name for name in ids if name.endswith(".again")]
    assert len(repeated) == 4
    assert ids[-4:] == repeated
    assert len(bodies) == len(NAMES) + 4
    asked = [json.loads(body)["messages"] for body in bodies]
    assert all(body in asked[:-4] for body in asked[-4:])
    seen = [verdicts[name] for name in ids[: len(NAMES)]]
    assert seen.count("warn") >= 4
    assert set(seen) <= {"warn", "not_testable"}


def test_what_was_seen_alone_is_not_asked_again(tmp_path: Path) -> None:
    """One at a time, all of it was."""
    ids, bodies, verdicts = run(HELD, tmp_path, 1)

    assert len(ids) == len(bodies) == len(NAMES)
    assert set(verdicts.values()) == {"warn"}


def test_what_does_not_come_again_is_not_told(tmp_path: Path) -> None:
    """An endpoint that closes late only while others are there."""
    seen: set[bytes] = set()

    async def script(asked: Asked, writer: object) -> None:
        first = asked.body not in seen
        seen.add(asked.body)
        await (HELD if first and len(seen) > 1 else GOOD)(asked, writer)  # type: ignore[arg-type]

    ids, _, verdicts = run(script, tmp_path, 3)

    repeated = {name.removesuffix(".again") for name in ids if name.endswith(".again")}
    assert len(repeated) == 4
    assert {verdicts[name] for name in repeated} == {"pass"}
    assert "warn" not in verdicts.values()


def test_the_plan_tells_of_repetitions_beside_its_ceiling() -> None:
    """They are in no count."""
    done = CliRunner().invoke(command, ["plan", "--provider", "reference"])
    assert "SCENARIO.again" in done.output
    assert "at most 4, beside the ceiling" in done.output
    assert f"{len(whole_plan().requests)} requests to " in done.output
