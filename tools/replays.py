"""`python -m tools.replays [FAULT...]`: compares the verdicts of runs with those of replays.

Asks the reference provider over loopback, without a fault and with each of them, or with the named ones,
judges what was stored again, and compares the lines of both reports. The exit code is 1 if any of them
differs. `make interop` compares the runs of real servers in the same way.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from conformance.capabilities import CAPABILITIES
from conformance.providers import Provider, Providers
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.server import Reference
from conformance.reference.wire import Pace
from conformance.report.jsonl import report_lines
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.run.selection import Selection
from conformance.run.stored import StoredRun
from conformance.text import clipped, counted

__all__ = ["differences", "replayed", "verdict_lines"]

_KEY = "a-key-of-the-reference"
_LONGEST = 400  # characters of a line that is shown
_PACE = Pace(first_pause=0.0, token_pause=0.0)


def verdict_lines(lines: Sequence[str]) -> list[str]:
    """Of the lines of a report those of its verdicts."""
    return [line for line in lines if json.loads(line)["kind"] == "verdict"]


def replayed(folder: Path, providers: Mapping[str, Provider]) -> Result:
    """The result of judging again what the folder of a run holds, by the same entries."""
    settings = Settings(report_dir=None, started=datetime.now(UTC), command="a replay")
    run = Run(StoredRun([folder], Providers(providers), settings), settings)
    run.execute()
    (result,) = run.results
    return result


def differences(folder: Path, providers: Mapping[str, Provider]) -> list[str]:
    """A sentence for each verdict in the report of a run that its replay tells otherwise, or elsewhere."""
    live = verdict_lines((folder / "report.jsonl").read_text(encoding="utf-8").splitlines())
    again = verdict_lines(list(report_lines(replayed(folder, providers).report)))
    return [
        f"asked: {clipped(one or 'nothing', _LONGEST)}; judged again: {clipped(two or 'nothing', _LONGEST)}"
        for one, two in zip_longest(live, again)
        if one != two
    ]


def _of_fault(fault: Fault | None, folder: Path) -> list[str]:
    """What a replay of a run of the reference tells otherwise."""
    with Reference(fault, (fault.pace if fault else None) or _PACE) as reference:
        provider = Provider(
            name="reference",
            base_url=reference.base_url,
            api_key_env="REFERENCE_API_KEY",
            models={"text": "reference", "tools": "reference", "reasoning": "reference-reasoning"},
            claims=dict.fromkeys(CAPABILITIES, True),
        )
        settings = Settings(report_dir=folder, started=datetime.now(UTC), command="a run")
        environment = {"REFERENCE_API_KEY": _KEY}
        run = Run(Live([provider], settings, selection=Selection(), environment=environment), settings)
        run.execute()
    return [
        sentence
        for result in run.results
        if result.run.folder is not None
        for sentence in differences(result.run.folder, {provider.name: provider})
    ]


def main(names: Sequence[str]) -> int:
    """Tries the named faults, or the reference and all of them; returns the exit code."""
    every: list[Fault | None] = [None, *FAULTS.values()]
    tried = [FAULTS[name] for name in names] if names else every
    wrong = 0
    for fault in tried:
        with TemporaryDirectory() as folder:
            found = _of_fault(fault, Path(folder))
        name = fault.id if fault else "the reference"
        click.echo(f"{name}: {counted(len(found), 'difference') if found else 'the same'}")
        for sentence in found[:3]:
            click.echo(f"    {sentence}")
        wrong += bool(found)
    click.echo(f"{counted(len(tried), 'run')} judged again, {wrong} otherwise than when asked")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
