"""The public functions: judge what was received, ask an endpoint, read what was stored.

`import conformance` offers them; docs/api.md shows them in use.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from conformance.capture.progress import Progress, Silent
from conformance.evidence import load as load_evidence
from conformance.evidence.errors import NothingReadableError, Unreadable
from conformance.evidence.received import Body, Headers, received
from conformance.exchange import Exchange, Request
from conformance.gate import FailOn
from conformance.run.conduct import Run
from conformance.run.judgement import UNNAMED, Judgement, judge_each_provider, judge_provider
from conformance.run.live import Live, Selection
from conformance.run.options import endpoint, positive, scenario_names
from conformance.run.origin import ProviderRun, Settings, fail_on_named
from conformance.run.result import Result

if TYPE_CHECKING:
    import httpx

__all__ = ["Exchanges", "assert_conforming", "judge_exchanges", "judge_stream", "load", "run_endpoint"]

_KEY = "API_KEY"  # how commands in the report name a key that came as an argument


class Exchanges(tuple[Exchange, ...]):  # noqa: SLOT001 - a tuple with an attribute has no slots
    """The exchanges that were read, with the sources that could not be read in `unreadable`."""

    unreadable: tuple[Unreadable, ...] = ()


def judge_stream(
    body: "Body | httpx.Response",
    *,
    api: str | None = None,
    request: Mapping[str, Any] | str | bytes | Request | None = None,
    status: int | None = None,
    headers: Headers | None = None,
    expects: str | None = None,
    dialects: Collection[str] = (),
    provider: str = "",
) -> Result:
    """Judge one answer as it was received.

    `body` is the body as bytes, its pieces in order, or an `httpx.Response`, whose request, status and
    headers are taken with it. `api` is `chat` or `responses`; left out, the address and the events tell.
    `request` is the body of the request, as an object or as JSON text. What is not given is not held: rules
    that need it are not testable, and never broken. `expects` is `stream`, `document` or `refusal`; left out,
    it is a document where the request is known and asks for no stream, else a stream. `dialects` are the ids
    of the dialects that the provider declares.

    Credentials in the headers and in the address of the request are removed before anything is judged.
    Raises ConformanceError.
    """
    exchange = received(
        body,
        api=api,
        request=request,
        status=status,
        headers=headers,
        expects=expects,
        provider=provider,
    )
    whole = judge_provider(exchange.provider, [exchange], dialects)
    # Rules on a whole run say nothing about one answer.
    alone = tuple(verdict for verdict in whole.verdicts if verdict.subject == exchange.id)
    judgement = Judgement(provider=whole.provider, streams=whole.streams, verdicts=alone)
    return _result(judgement, _settings("conformance.judge_stream(...)"))


def judge_exchanges(exchanges: Iterable[Exchange], *, dialects: Collection[str] = ()) -> tuple[Result, ...]:
    """Judge exchanges: one result for each provider among them, in the order in which they appear.

    `dialects` are the ids of the dialects that each of these providers declares. Raises ConformanceError for
    exchanges of two runs of one provider.
    """
    settings = _settings("conformance.judge_exchanges(...)")
    members = tuple(exchanges)
    declared = dict.fromkeys((item.provider or UNNAMED for item in members), dialects)
    return tuple(_result(judgement, settings) for judgement in judge_each_provider(members, declared))


def load(*paths: Path | str) -> Exchanges:
    """The exchanges in files and folders: evidence, recordings as JSON, raw streams as `.sse`.

    What cannot be read stands in `unreadable` of the result. Raises
    NothingReadableError where nothing could be.
    """
    exchanges, unreadable = load_evidence(paths)
    if unreadable and not exchanges:
        raise NothingReadableError(tuple(unreadable))
    found = Exchanges(exchanges)
    found.unreadable = tuple(unreadable)
    return found


def run_endpoint(
    base_url: str,
    *,
    model: str,
    api_key: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    claims: Mapping[str, bool] = MappingProxyType({}),
    scenarios: Sequence[str] = (),
    samples: int = 1,
    budget: int | None = None,
    fail_on: str = FailOn.MUST.value,
    progress: bool = False,
) -> Result:
    """Ask an endpoint what `pytest --endpoint` asks it, and judge what comes back.

    `base_url` ends before `/chat/completions`. Without `api_key` none is sent. `claims` says by capability
    what must work and what is not tried. `scenarios` are names, `smoke` a cheap set of them; empty sends all.
    `samples` is how often each is sent, `budget` the most requests. `progress` shows the requests on standard
    error. Nothing is written before `Result.write`.

    The call blocks until the last answer is there, within a running event loop too; a server in that same
    loop could not answer meanwhile, so call it with `asyncio.to_thread` there. Raises ConformanceError for
    what cannot be asked, and KeyboardInterrupt.
    """
    settings = _settings("conformance.run_endpoint(...)", fail_on)
    key = (api_key or "").strip()
    asked = endpoint(
        base_url,
        model=model,
        api_key_env=_KEY if key else "",
        headers=headers,
        claims=claims,
        configuration="the arguments of run_endpoint",
    )
    selection = Selection(
        scenarios=scenario_names(scenarios),
        samples=positive("samples", samples) or 1,
        budget=positive("budget", budget),
    )
    run = Run(Live([asked], settings, selection=selection, environment={_KEY: key}), settings)
    with ExitStack() as stack:
        shown: Progress = Silent()
        if progress:
            from conformance.capture.terminal import Terminal  # noqa: PLC0415 - only who asks for it loads it

            shown = stack.enter_context(Terminal())
        run.execute(progress=shown)
    if run.interrupted:
        raise KeyboardInterrupt
    return run.results[0]


def assert_conforming(
    body: "Body | httpx.Response",
    *,
    fail_on: str = FailOn.MUST.value,
    allow: Collection[str] = (),
    **given: Any,
) -> Result:
    """Judge one answer as `judge_stream` does, and raise AssertionError unless it conforms.

    This is what the fixture `conforming` of the pytest plugin gives.
    """
    __tracebackhide__ = True
    result = judge_stream(body, **given)
    result.assert_conforms(fail_on=fail_on, allow=allow)
    return result


def _settings(command: str, fail_on: str = FailOn.MUST.value) -> Settings:
    gates = fail_on_named(fail_on)
    return Settings(report_dir=None, started=datetime.now(UTC), command=command, fail_on=gates)


def _result(judgement: Judgement, settings: Settings) -> Result:
    run = ProviderRun(judgement=judgement, folder=None, entry=None, deviations=(), replayed=True)
    return Result.of(run, settings)
