"""The result for a provider: what its assertion accepts, and where it is written."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.catalogue import Outcome
from conformance.errors import UnknownRequirementError
from conformance.evidence import load
from conformance.exchange import Ended, Exchange, Piece
from conformance.gate import Deviation, ExitCode
from conformance.report.write import latest
from conformance.run.judgement import judge_provider
from conformance.run.origin import ProviderRun
from conformance.run.result import Result
from tests.played import REFERENCE, played
from tests.run.conftest import Conducted, settings

TEXT = next(item for item in played() if item.id == "chat-text")
SILENT = replace(TEXT, status=None, headers=(), pieces=(), ended=Ended.NO_CONNECTION, detail="refused")


def result(*exchanges: Exchange, incomplete: str = "", deviations: tuple[Deviation, ...] = ()) -> Result:
    """What comes of some exchanges."""
    run = ProviderRun(
        judgement=judge_provider("reference", exchanges),
        folder=None,
        entry=None,
        deviations=deviations,
        replayed=False,
        incomplete=incomplete,
    )
    return Result.of(run, settings(None))


def without(old: bytes) -> Exchange:
    """The text with something left out of its body."""
    return replace(TEXT, pieces=(Piece(data=TEXT.body.replace(old, b""), at=0.1),))


def test_an_assertion_needs_something_that_was_kept() -> None:
    """A run in which nothing came to a verdict is no pass."""
    nothing = result(TEXT)
    untested = tuple(
        replace(item, outcome=Outcome.NOT_TESTABLE, violations=()) for item in nothing.run.judgement.verdicts
    )
    judgement = replace(nothing.run.judgement, verdicts=untested)
    empty = Result.of(replace(nothing.run, judgement=judgement), settings(None))

    nothing.assert_conforms()
    with pytest.raises(AssertionError, match="nothing could be judged"):
        empty.assert_conforms()


def test_an_assertion_fails_for_an_error() -> None:
    """What could not be judged does not conform, also beside what was kept."""
    with pytest.raises(AssertionError, match="refused"):
        result(TEXT, replace(SILENT, id="chat-n", scenario="chat-n")).assert_conforms()


def test_what_is_allowed_is_one_requirement() -> None:
    """Another one that is broken fails all the same; a name of none is a mistake of the caller."""
    broken = result(without(b"data: [DONE]\n\n"))

    broken.assert_conforms(allow=["done-present"])
    with pytest.raises(AssertionError, match="breaks done-present"):
        broken.assert_conforms(allow=["role-first"])
    with pytest.raises(UnknownRequirementError, match="no requirement is named 'done'"):
        broken.assert_conforms(allow=["done"])


def test_a_listed_deviation_is_excused_in_an_assertion_too() -> None:
    """As it does not turn the run red."""
    listed = (Deviation(requirement="done-present", reason="the proxy drops it"),)

    result(without(b"data: [DONE]\n\n"), deviations=listed).assert_conforms()


def test_only_a_whole_run_calls_a_deviation_fixed() -> None:
    """One that is incomplete did not look everywhere."""
    listed = (Deviation(requirement="done-present", reason="the proxy drops it"),)

    assert result(TEXT, deviations=listed).exit_code is ExitCode.VIOLATION
    assert result(TEXT, deviations=listed, incomplete="stopped").exit_code is ExitCode.CONFORMS


def test_a_result_is_written_with_its_evidence(conducted: Conducted, tmp_path: Path) -> None:
    """Into another folder too, whose name `latest` does not take over."""
    run = conducted(REFERENCE, scenarios=("chat-text",))
    run.execute()
    (found,) = run.results
    other = tmp_path / "other" / "place"
    page = found.write(other)

    assert page == other / "index.html"
    exchanges, unreadable = load([other])
    assert [exchange.id for exchange in exchanges] == ["chat-text"]
    assert not unreadable
    assert latest(other.parent) is None
