"""The public functions: judge what was received, ask an endpoint, read what was stored.

`import conformance` offers them; docs/api.md shows them in use.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from conformance.capture.progress import Progress, Silent
from conformance.dialects import DIALECTS
from conformance.errors import UnknownDialectError
from conformance.evidence import load as load_evidence
from conformance.evidence.errors import NothingReadableError, Unreadable
from conformance.evidence.load import distinct
from conformance.evidence.received import Body, Headers, received, redacted
from conformance.exchange import Exchange, Request
from conformance.gate import FailOn
from conformance.run.conduct import Run
from conformance.run.errors import NothingToSendError
from conformance.run.judgement import UNNAMED, Judgement, judge_each_provider, judge_provider, unread
from conformance.run.live import Live, Selection
from conformance.run.options import endpoint, names_in, positive, scenario_names
from conformance.run.origin import ProviderRun, Settings, fail_on_named
from conformance.run.result import Result

if TYPE_CHECKING:
    import httpx

__all__ = [
    "Conforming",
    "Exchanges",
    "assert_conforming",
    "judge_exchanges",
    "judge_stream",
    "load",
    "run_endpoint",
]

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
    ended: str | None = None,
    expects: str | None = None,
    dialects: Collection[str] | str = (),
    provider: str = "",
) -> Result:
    """Judge one answer as it was received.

    `body` is the body as bytes, its pieces in order, or an `httpx.Response`, whose request, status and
    headers are taken with it. `api` is `chat` or `responses`; left out, the address and the events tell.
    `request` is the body of the request, as an object or as JSON text. What is not given is not held: rules
    that need it are not testable, and never broken. `ended` says how the body came to its end, such as
    `closed` or `reset`. `expects` is `stream`, `document` or `refusal`; left out, it is a document where the
    request is known and asks for no stream, else a stream. `dialects` are the ids of the dialects that the
    provider declares.

    Credentials in the headers and in the address of the request are removed before anything is judged.
    Raises ConformanceError.
    """
    exchange = received(
        body,
        api=api,
        request=request,
        status=status,
        headers=headers,
        ended=ended,
        expects=expects,
        provider=provider,
    )
    judgement = judge_provider(exchange.provider, [exchange], _dialects(dialects))
    return _result(judgement, _settings("conformance.judge_stream(...)"))


def judge_exchanges(
    exchanges: Iterable[Exchange], *, dialects: Collection[str] | str = ()
) -> tuple[Result, ...]:
    """Judge exchanges: one result for each provider among them, in the order in which they appear.

    `dialects` are the ids of the dialects that each of these providers declares. Where the exchanges come
    from `load`, what it could not read makes every result incomplete. Credentials in the headers and in the
    address of a request are removed before anything is judged. Raises ConformanceError for exchanges of two
    runs of one provider.
    """
    settings = _settings("conformance.judge_exchanges(...)")
    unreadable = exchanges.unreadable if isinstance(exchanges, Exchanges) else ()
    members = distinct(map(redacted, exchanges))
    declared = dict.fromkeys((item.provider or UNNAMED for item in members), _dialects(dialects))
    return tuple(
        _result(judgement, settings, unreadable) for judgement in judge_each_provider(members, declared)
    )


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
    scenarios: Sequence[str] | str = (),
    samples: int = 1,
    budget: int | None = None,
    fail_on: str = FailOn.MUST.value,
    progress: bool = False,
) -> Result:
    """Ask an endpoint what `pytest --endpoint` asks it, and judge what comes back.

    `base_url` ends before `/chat/completions`. Without `api_key` none is sent. `claims` says by capability
    what must work and what is not tried. `scenarios` are names, `smoke` a cheap set of them; empty sends all.
    `samples` is how often each is sent, `budget` the most requests. `fail_on` is what gates: `must`, or
    `should` too. `progress` shows the requests on standard error. Nothing is written before `Result.write`.

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
        scenarios=scenario_names(names_in(scenarios) if isinstance(scenarios, str) else scenarios),
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
    if not run.results:
        left = selection.plan(asked).left
        raise NothingToSendError(asked.name, tuple(f"{item.scenario}: {item.why}" for item in left[:3]))
    return run.results[0]


class Conforming(Protocol):
    """What the fixture `conforming` gives: `judge_stream` and `Result.assert_conforms` in one call."""

    def __call__(
        self,
        body: "Body | httpx.Response",
        *,
        api: str | None = None,
        request: Mapping[str, Any] | str | bytes | Request | None = None,
        status: int | None = None,
        headers: Headers | None = None,
        ended: str | None = None,
        expects: str | None = None,
        dialects: Collection[str] | str = (),
        provider: str = "",
        fail_on: str | None = None,
        allow: Collection[str] | str = (),
    ) -> Result:
        """Judge one answer, and raise AssertionError unless it conforms."""


def assert_conforming(
    body: "Body | httpx.Response",
    *,
    fail_on: str | None = None,
    allow: Collection[str] | str = (),
    **given: Any,
) -> Result:
    """Judge one answer as `judge_stream` does, and raise AssertionError unless it conforms."""
    __tracebackhide__ = True
    result = judge_stream(body, **given)
    result.assert_conforms(fail_on=fail_on, allow=allow)
    return result


def _dialects(named: Collection[str] | str) -> tuple[str, ...]:
    names = (named,) if isinstance(named, str) else tuple(named)
    for name in names:
        if name not in DIALECTS:
            raise UnknownDialectError(name, tuple(DIALECTS))
    return names


def _settings(command: str, fail_on: str = FailOn.MUST.value) -> Settings:
    gates = fail_on_named(fail_on)
    return Settings(report_dir=None, started=datetime.now(UTC), command=command, fail_on=gates)


def _result(judgement: Judgement, settings: Settings, unreadable: tuple[Unreadable, ...] = ()) -> Result:
    run = ProviderRun(
        judgement=judgement,
        folder=None,
        entry=None,
        deviations=(),
        replayed=True,
        incomplete=unread(unreadable),
        notes=tuple(map(str, unreadable)),
        unreadable=unreadable,
    )
    return Result.of(run, settings)
