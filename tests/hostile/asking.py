"""A whole run against an endpoint that misbehaves, for the tests and for `tools.costs`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock
from urllib.parse import quote

from conformance.capture import attempts, recorder
from conformance.exchange import Api
from conformance.providers import Limits
from conformance.run.conduct import Run
from conformance.run.live import Live, Selection
from conformance.run.origin import Settings
from conformance.run.result import Result
from tests.capture.hostile import KEY, PATIENT, endpoint
from tests.hostile.behaviours import Behaviour

__all__ = ["CANARIES", "HEADER", "SECOND", "asked", "hasty"]

HEADER = "canary-of-a-header/42"
SECOND = "canary-of-a-password/43"
CANARIES = (KEY, HEADER, SECOND)
LIMITS = Limits(bytes=2_000_000, events=20_000)
SCENARIOS = {Api.CHAT: "chat-text", Api.RESPONSES: "responses-text"}


@contextmanager
def hasty() -> Iterator[None]:
    """The context in which the suite waits less between attempts, and for the end of a body."""
    with (
        mock.patch.object(recorder, "_CLOSE", 0.3),
        mock.patch.object(attempts, "_RECONNECT", 0.02),
        mock.patch.object(attempts, "_REPEAT", 0.05),
    ):
        yield


def asked(base_url: str, behaviour: Behaviour, folder: Path) -> Result:
    """The result of one request to an endpoint, with secrets in every place that may hold one."""
    provider = endpoint(
        base_url.replace("//", f"//me:{quote(SECOND, safe='')}@"),
        deadlines=replace(PATIENT, **behaviour.short),
        headers={"x-tenant": HEADER},
        limits=LIMITS,
    )
    how = Settings(report_dir=folder, started=datetime.now(UTC), command="pytest")
    chosen = Selection(scenarios=(SCENARIOS[behaviour.api],))
    run = Run(Live([provider], how, selection=chosen, environment={"HOSTILE_API_KEY": KEY}), how)
    run.execute()
    (result,) = run.results
    return result
