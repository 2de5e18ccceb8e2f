"""Exchanges of one provider judged together: which may be, and which deviations a replay can confirm."""

from dataclasses import replace

import pytest

from conformance.exchange import Exchange
from conformance.gate import Deviation
from conformance.providers import Provider
from conformance.run.errors import TwoRunsError
from conformance.run.judgement import judge_each_provider, judge_provider, judged_deviations
from tests.played import REFERENCE, played

TEXT = next(item for item in played() if item.id == "chat-text")


def listed(*names: str) -> Provider:
    """The reference with listed deviations."""
    return replace(
        REFERENCE, deviations=tuple(Deviation(requirement=name, reason="an old gateway") for name in names)
    )


def test_two_runs_of_a_provider_are_not_judged_as_one() -> None:
    """The message names both sources; samples of one run are told apart by their number."""
    again = replace(TEXT, id="chat-text.2", source="two.jsonl")

    with pytest.raises(TwoRunsError, match=r"two\.jsonl and one\.jsonl are both reference's chat-text"):
        judge_provider("reference", [replace(TEXT, source="one.jsonl"), again])
    found = judge_provider("reference", [TEXT, replace(again, sample=2)])
    assert [stream.id for stream in found.streams] == ["chat-text", "chat-text.2"]


def test_recordings_without_a_scenario_are_never_two_runs() -> None:
    """Nobody says what they belong to."""
    strangers = [replace(TEXT, id=name, scenario="") for name in ("one", "two")]

    assert len(judge_provider("reference", strangers).streams) == 2


def test_each_provider_is_judged_by_itself() -> None:
    """In the order in which they come, with the dialects that it declares; one without a name has one."""
    others: list[Exchange] = [replace(TEXT, provider=name) for name in ("b", "a", "")]

    assert [item.provider for item in judge_each_provider(others, {})] == ["b", "a", "unnamed"]


def test_a_replay_speaks_of_the_deviations_that_it_judges() -> None:
    """And of one about a requirement that does not exist, so that it is found."""
    found = judge_provider("reference", [TEXT])
    entry = listed("role-first", "response-created-first", "role-frist")

    assert [item.requirement for item in judged_deviations(found, entry)] == ["role-first", "role-frist"]
    assert judged_deviations(found, None) == ()
