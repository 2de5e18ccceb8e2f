"""The clock of the machine jumps during a run: times and deadlines are those of another, which does not."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.capture import attempts, recorder
from conformance.exchange import Ended
from conformance.run.conduct import Run
from conformance.run.live import Live
from conformance.run.origin import Settings
from conformance.run.selection import Selection
from tests.capture.hostile import (
    END,
    HEAD,
    PATIENCE,
    Asked,
    Hostile,
    Script,
    captured,
    chunk,
    endpoint,
    event,
    whole,
)

DONE = b"data: [DONE]\n\n"


class Jumping(datetime):
    """The clock on the wall, which somebody sets."""

    jumped = timedelta()

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        """The time as it is set."""
        return datetime.now(tz) + cls.jumped


@pytest.fixture(params=[timedelta(days=-4000), timedelta(hours=-1), timedelta(days=4000)], ids=str)
def jumps(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Script:
    """An endpoint in the midst of whose answer the clock is set, and everything that reads the clock."""
    monkeypatch.setattr(Jumping, "jumped", timedelta())
    for module in (attempts, recorder):
        monkeypatch.setattr(module, "datetime", Jumping)

    async def script(_: Asked, writer: asyncio.StreamWriter) -> None:
        for part in (HEAD + chunk(event(1)), chunk(event(2)), chunk(DONE) + END):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)
            Jumping.jumped += request.param

    return script


def test_no_time_of_an_exchange_jumps(jumps: Script, tmp_path: Path) -> None:
    """They are measured by the clock that never jumps, and so are all deadlines."""
    exchanges, _ = captured(jumps, tmp_path, ("chat-text", "chat-n"))

    for exchange in exchanges:
        times = [piece.at for piece in exchange.pieces if piece.at is not None]
        assert exchange.ended is Ended.CLOSED
        assert len(times) == 3
        assert times == sorted(times)
        assert 0.0 <= times[0] <= times[-1] <= (exchange.ended_at or 0.0) < PATIENCE


def test_a_wait_until_a_date_is_bounded_whatever_the_clock_says(
    jumps: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Retry-After is a date by the clock on the wall, which may be set between the two."""
    monkeypatch.setattr(attempts, "LONGEST_WAIT", 0.1)
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    limited = whole("429 Too Many Requests", b"{}", f"retry-after: {now}")
    (first, second), asked = captured([jumps, limited, limited, jumps], tmp_path, ("chat-text", "chat-n"))

    assert [first.ended, second.ended] == [Ended.CLOSED] * 2
    assert len(asked) == 4


def test_a_run_that_ends_before_it_began_is_reported(jumps: Script, tmp_path: Path) -> None:
    """Its folder and its report are as always."""
    later = datetime.now(UTC) + timedelta(days=4000)
    how = Settings(report_dir=tmp_path, started=later, command="pytest")
    with Hostile([jumps]) as server:
        chosen = Selection(scenarios=("chat-text",))
        key = {"HOSTILE_API_KEY": "k" * 20}
        run = Run(
            Live([endpoint(server.base_url)], how, selection=chosen, environment=key, deadline=PATIENCE), how
        )
        run.execute()

    (result,) = run.results
    assert result.exchanges[0].ended is Ended.CLOSED
    assert result.run.folder is not None
    assert (result.run.folder / "index.html").is_file()
    assert "deadline" not in result.report.footer.incomplete
