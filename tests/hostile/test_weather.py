"""Eight providers in one run, and each fails at random in every known way: no hang, no crash, no wrong pass.

`EXAMPLES` in the environment says how many such runs there are; `make soak` makes a hundred.
"""

import os
import random
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.capture import attempts, recorder
from conformance.catalogue import Outcome
from conformance.evidence import load
from conformance.exchange import Ended
from conformance.gate import ExitCode
from conformance.providers import Deadlines, Limits
from conformance.report.jsonl import read_report
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.origin import Settings
from conformance.run.selection import Selection
from tests.capture.hostile import KEY, PATIENT, Hostile, endpoint
from tests.hostile.weather import WAYS, Weather
from tests.played import REFERENCE

SEEDS = range(min(max(int(os.environ.get("EXAMPLES", "40")) // 200, 2), 100))
SHARES = (1.0, 1.0, 1.0, 1.0, 0.6, 0.3, 0.1, 0.0)
ASKED = ("chat-text", "chat-tool", "responses-text", "chat-text-no-usage")
SHORT = Deadlines(connect=5.0, first_byte=0.4, silence=0.3, stream=1.0, run=1000.0)
SECONDS = 10.0


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "_CLOSE", 0.2)
    monkeypatch.setattr(attempts, "_RECONNECT", 0.02)
    monkeypatch.setattr(attempts, "_REPEAT", 0.03)
    monkeypatch.setattr(attempts, "LONGEST_WAIT", 0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_weather_is_told_as_what_it_is(seed: int, tmp_path: Path) -> None:
    """Every report is there and whole, and a provider of which every answer was spoilt never conforms.

    One of which a single answer was spoilt may have broken nothing but a SHOULD, or what nobody can test, and
    then that is told.
    """
    weathers = [Weather(seed * len(SHARES) + number, share) for number, share in enumerate(SHARES)]
    with ExitStack() as stack:
        servers = [stack.enter_context(Hostile([weather])) for weather in weathers]
        providers = [
            endpoint(
                server.base_url,
                name=f"weather-{number}",
                deadlines=SHORT if weathers[number].share else PATIENT,
                limits=Limits(bytes=200_000, events=2_000),
                models=REFERENCE.models,
                claims=REFERENCE.claims if number % 2 else {},
            )
            for number, server in enumerate(servers)
        ]
        how = Settings(report_dir=tmp_path, started=datetime.now(UTC), command="pytest")
        deadline = random.Random(seed).uniform(1.0, SECONDS)  # noqa: S311 - not cryptography
        key = {"HOSTILE_API_KEY": KEY}
        chosen = Selection(scenarios=ASKED)
        run = Run(Live(providers, how, selection=chosen, environment=key, deadline=deadline), how)
        run.execute()

    assert len(run.results) == len(SHARES)
    assert not run.unwritten
    for weather, result in zip(weathers, run.results, strict=True):
        assert result.run.folder is not None
        assert result.run.entry is not None
        report = read_report(result.run.folder / "report.jsonl")
        assert (result.run.folder / "index.html").stat().st_size > 1_000
        assert report.footer.exit_code is result.exit_code
        assert result.exit_code in (ExitCode.CONFORMS, ExitCode.VIOLATION, ExitCode.USAGE, ExitCode.ERROR)
        ended = {item.ended for item in result.exchanges if not item.again}
        late = "the deadline of" in report.footer.incomplete
        assert late or Ended.INTERRUPTED not in ended
        ours = [item.reason for item in result.verdicts if "itself failed" in item.reason]
        assert not ours, weather.ways
        _, unreadable = load([result.run.folder])
        assert not unreadable
        assert not late or result.exit_code is not ExitCode.CONFORMS
        if result.exit_code is ExitCode.CONFORMS:
            outcomes = {item.outcome for item in result.verdicts}
            # What is not claimed may be refused.
            refused = any(item.refused for item in result.exchanges) and not result.run.entry.claims
            unsure = refused or outcomes & {Outcome.NOT_TESTABLE, Outcome.WARN}
            assert weather.share < 1.0, (weather.ways, result.sentence)
            assert weather.good >= len(ASKED) or unsure, (weather.ways, result.sentence)
            assert ended <= {Ended.CLOSED, Ended.HELD_OPEN, Ended.SILENCE}, (weather.ways, result.sentence)
        elif not weather.share and not late:
            pytest.fail(f"nothing of it was spoilt: {result.sentence}")
    told = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert KEY not in told


def test_every_known_way_is_among_the_weather() -> None:
    """Those of the table, each form of Retry-After, and each stage of a good answer."""
    assert len(WAYS) >= 130
    assert {
        "reset",
        "half-closed",
        "silent",
        "garbage",
        "500",
        "429, 'tomorrow'",
        "a gzip bomb",
    } <= WAYS.keys()
