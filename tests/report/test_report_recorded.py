"""Which reports of recordings `conformance diff` compares."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.catalogue import Outcome
from conformance.cli.diff import diff_command
from conformance.errors import ConformanceError
from conformance.gate import ExitCode
from conformance.record.errors import RecordingThinnedError, RecordingUnaskedError
from conformance.report.jsonl import report_lines
from conformance.report.records import ExchangeLine
from conformance.run.judgement import MANY


def compared(folder: Path, make: SimpleNamespace, *sides: dict[str, str]) -> ExitCode:
    """The exit code for two recordings. A side has the digests of requests by id; one with ! fails."""
    paths = []
    for number, side in enumerate(sides):
        asked = {name.removeprefix("!"): digest for name, digest in side.items()}
        verdicts = [
            make.verdict("must-a", Outcome.FAIL if f"!{one}" in side else Outcome.PASS, one) for one in asked
        ]
        index = tuple(ExchangeLine(id=one, api="chat", asked=digest) for one, digest in asked.items())
        report = replace(make.report(verdicts, recorded=True), exchanges=index)
        paths.append(folder / f"{number}.jsonl")
        paths[-1].write_text("".join(f"{line}\n" for line in report_lines(report)))
    code = diff_command.main([*map(str, paths)], standalone_mode=False)
    return ExitCode(code)


def test_recordings_are_compared_by_their_requests(tmp_path: Path, make: SimpleNamespace) -> None:
    """Their numbers say nothing of what was asked."""
    old = {"chat-0001": "a.m", "!chat-0002": "b.m"}
    assert compared(tmp_path, make, old, {"!chat-0001": "b.m", "chat-0002": "a.m"}) is ExitCode.CONFORMS
    assert compared(tmp_path, make, old, {"chat-0001": "b.m", "!chat-0002": "a.m"}) is ExitCode.VIOLATION
    # One request alone is not known, and is no counterpart of the one with its number.
    assert compared(tmp_path, make, old, {"!chat-0001": "", "chat-0002": "b.m"}) is ExitCode.CONFORMS


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"chat-0001": ""}, RecordingUnaskedError),
        ({f"chat-{number:04}": f"{number}.m" for number in range(MANY + 1)}, RecordingThinnedError),
    ],
)
def test_a_recording_that_does_not_hold_enough_is_told(
    tmp_path: Path, make: SimpleNamespace, asked: dict[str, str], error: type[ConformanceError]
) -> None:
    """In place of a comparison that would be quiet about it."""
    with pytest.raises(error, match=r"0\.jsonl"):
        compared(tmp_path, make, asked, {"chat-0001": "a.m"})
