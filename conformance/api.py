"""The public functions: judge received answers, ask an endpoint, and load stored exchanges.

`import conformance` offers them; docs/api.md shows how to use them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
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
from conformance.evidence.received import Body, Headers, received, redacted, request_of
from conformance.exchange import Exchange, Request
from conformance.gate import FailOn
from conformance.run.conduct import Run
from conformance.run.errors import NothingToSendError
from conformance.run.judgement import UNNAMED, Judgement, incomplete, judge_each_provider, judge_provider
from conformance.run.live import Live
from conformance.run.options import endpoint, named_profiles, names_in, positive, scenario_names, seconds
from conformance.run.origin import ProviderRun, Settings, fail_on_named
from conformance.run.result import Result
from conformance.run.selection import Selection

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

_KEY = "API_KEY"  # the name that commands in the report use for a key given as an argument


class Exchanges(tuple[Exchange, ...]):  # noqa: SLOT001 - a tuple with an attribute has no slots
    """The exchanges that were read; `unreadable` holds the sources that could not be read."""

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
    """Judges one answer as it was received.

    `body` is the body as bytes, its pieces in order, or an `httpx.Response`, from which request, status and
    headers are taken. `api` is `chat` or `responses`; if omitted, it is derived from the URL and the events.
    `request` is the request body, as an object or as JSON text. Data that are not given count as unknown:
    rules that need them are not testable, and never broken. `ended` says how the body ended, such as `closed`
    or `reset`. `expects` is `stream`, `document` or `refusal`; if omitted, it is `document` if the request is
    known and does not ask for a stream, else `stream`. `dialects` are the ids of the dialects that the
    provider declares.

    Credentials in the headers and in the URL of the request are removed before anything is judged. Raises
    ConformanceError.
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
    """Judges exchanges; returns one result for each provider, in the order of first appearance.

    `dialects` are the ids of the dialects that each of these providers declares. If the exchanges come from
    `load` and a source could not be read, every result is incomplete. Credentials in the headers and the URL
    of a request are removed before anything is judged. Raises ConformanceError for exchanges of two runs of
    one provider.
    """
    settings = _settings("conformance.judge_exchanges(...)")
    unreadable = exchanges.unreadable if isinstance(exchanges, Exchanges) else ()
    members = distinct(map(redacted, exchanges))
    declared = dict.fromkeys((item.provider or UNNAMED for item in members), _dialects(dialects))
    return tuple(
        _result(judgement, settings, unreadable) for judgement in judge_each_provider(members, declared)
    )


def load(*paths: Path | str, request: Mapping[str, Any] | str | bytes | None = None) -> Exchanges:
    """The exchanges in files, folders and zips, of every format that docs/evidence.md lists.

    `-` is the standard input. `request` is the body of the request, as an object or as JSON text, where a
    source holds none. Sources that cannot be read are in `unreadable` of the result. Raises
    NothingReadableError if no source could be read, RequestUnusedError, and HandedTypeError.
    """
    body = "" if request is None else request_of(request).body
    exchanges, unreadable = load_evidence(paths, request=body)
    if unreadable and not exchanges:
        raise NothingReadableError(tuple(unreadable))
    found = Exchanges(exchanges)
    found.unreadable = tuple(unreadable)
    return found


def run_endpoint(
    base_url: str,
    *,
    model: str = "",
    api_key: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    claims: Mapping[str, bool] = MappingProxyType({}),
    scenarios: Sequence[str] | str = (),
    profiles: Sequence[str] | str = (),
    samples: int = 1,
    budget: int | None = None,
    deadline: float | None = None,
    fail_on: str = FailOn.MUST.value,
    progress: bool = False,
) -> Result:
    """Asks an endpoint what `pytest --endpoint` asks it, and judges the answers.

    `base_url` ends before `/chat/completions`. Without `model`, the only one that `GET /models` lists is
    used. Without `api_key`, no key is sent. `claims` says by capability whether it must work (true) or is not
    tried (false). `scenarios` are names, `smoke` for a cheap set; empty sends all. `profiles` are names too:
    only what they hold is sent and turns the result red. `samples` is how often each is sent, `budget` the
    most requests. `deadline` is how many seconds all of them may take together: what is open then is cut off,
    what is left is not sent, and the result is not complete. `fail_on` is the level from which violations
    turn the result red, `must` or `should`. `progress` shows the requests on standard error. Nothing is
    written until `Result.write` is called.

    The call blocks until the last answer has come, even inside a running event loop. If the server runs in
    that same loop, it could not answer, so use `asyncio.to_thread`. Raises ConformanceError for settings that
    cannot be used, and KeyboardInterrupt.
    """
    held = named_profiles((profiles,) if isinstance(profiles, str) else profiles)
    settings = replace(_settings("conformance.run_endpoint(...)", fail_on), profiles=held)
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
        profiles=held,
        samples=positive("samples", samples) or 1,
        budget=positive("budget", budget),
    )
    limit = None if deadline is None else seconds("deadline", deadline)
    live = Live([asked], settings, selection=selection, environment={_KEY: key}, deadline=limit)
    run = Run(live, settings)
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
    """The type of the fixture `conforming`: `judge_stream` and `Result.assert_conforms` in one call."""

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
        """Judges one answer, and raises AssertionError unless it conforms."""


def assert_conforming(
    body: "Body | httpx.Response",
    *,
    fail_on: str | None = None,
    allow: Collection[str] | str = (),
    **given: Any,
) -> Result:
    """Judges one answer like `judge_stream`, and raises AssertionError unless it conforms."""
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
        incomplete=incomplete(unreadable, judgement.streams),
        notes=tuple(map(str, unreadable)),
        unreadable=unreadable,
    )
    return Result.of(run, settings)
