"""Wrong addresses, keys and models, each a server of its own: what is said, the exit code, what was sent."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conformance.capture.scout import found, listed_in, plainest
from conformance.evidence import load
from conformance.exchange import Ended, Mistake, Piece
from conformance.gate import ExitCode
from conformance.judge import judge
from conformance.plan import plan
from conformance.providers import Provider, Providers
from conformance.reference.server import Reference
from conformance.run.conduct import Run
from conformance.run.errors import EndpointModelMissingError
from conformance.run.live import Live
from conformance.run.options import Options, origin_of
from conformance.run.origin import Settings
from conformance.run.result import Result
from conformance.run.selection import Selection
from conformance.text import shown_models
from tests.capture.hostile import (
    FOREVER,
    GOOD,
    KEY,
    PATIENT,
    Asked,
    Hostile,
    Script,
    captured,
    endpoint,
    says,
    whole,
)
from tests.played import EVERYTHING, REFERENCE

CHAT, RESPONSES, MODELS = "POST /chat/completions", "POST /responses", "GET /models"
NOT_FOUND = whole("404 Not Found", b'{"detail":"Not Found"}')
LISTED = whole("200 OK", json.dumps({"data": [{"id": "small"}, {"id": "large"}]}).encode())
PAGE = whole("200 OK", b"<!doctype html><title>Welcome</title>", kind="text/html; charset=utf-8")
ALERT = says(b"\x15\x03\x01\x00\x02\x02\x46")


def error(message: str, code: str | None = None, param: str | None = None) -> bytes:
    """An error in OpenAI's form."""
    return json.dumps({"error": {"message": message, "type": "x", "param": param, "code": code}}).encode()


def by_path(**scripts: Script) -> Script:
    """Answers `chat`, `responses` and `models` by the end of the path; anything else is not found."""

    async def script(asked: Asked, writer: object) -> None:
        path = asked.line.split()[1]
        name = next((name for name in scripts if path.endswith({"chat": "completions"}.get(name, name))), "")
        await scripts.get(name, NOT_FOUND)(asked, writer)  # type: ignore[arg-type]

    return script


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A server that is asked wrongly; `BASE` in a sentence stands for the address that is given."""

    script: Script
    says: str
    code: ExitCode
    sent: Sequence[str]
    base: Callable[[str], str] = lambda url: url
    mistake: Mistake = Mistake.NONE
    key: str = "HOSTILE_API_KEY"


TOO_MUCH = "there is no API at BASE (status 404: Not Found); `{}` is too much, ROOT was probably meant"
REFUSED = whole("401 Unauthorized", error("Incorrect API key provided.", "invalid_api_key"))
UNKNOWN = whole("404 Not Found", error("The model `m` does not exist.", "model_not_found"))
WRONG: dict[str, Wrong] = {
    "no /v1": Wrong(
        script=NOT_FOUND,
        base=lambda url: url.removesuffix("/v1"),
        says="there is no API at BASE (status 404: Not Found); `/v1` is probably missing: BASE/v1",
        code=ExitCode.USAGE,
        sent=[CHAT, RESPONSES],
        mistake=Mistake.PATH,
    ),
    "/chat/completions": Wrong(
        script=NOT_FOUND,
        base=lambda url: f"{url}/chat/completions",
        says=TOO_MUCH.format("/chat/completions"),
        code=ExitCode.USAGE,
        sent=[CHAT, RESPONSES],
        mistake=Mistake.PATH,
    ),
    "/responses": Wrong(
        script=whole("405 Method Not Allowed", b'{"detail":"Not Found"}'),
        base=lambda url: f"{url}/responses",
        says=TOO_MUCH.format("/responses").replace("404", "405"),
        code=ExitCode.USAGE,
        sent=[CHAT, RESPONSES],
        mistake=Mistake.PATH,
    ),
    "another path": Wrong(
        script=NOT_FOUND,
        says="there is no API at BASE (status 404: Not Found); "
        "look up its base URL, which ends before `/chat/completions`",
        code=ExitCode.USAGE,
        sent=[CHAT, RESPONSES],
        mistake=Mistake.PATH,
    ),
    "a web page": Wrong(
        script=PAGE,
        base=lambda url: url.removesuffix("/v1"),
        says="BASE answers with a web page (status 200), not with an API; `/v1` is probably missing: BASE/v1",
        code=ExitCode.USAGE,
        sent=[CHAT],
        mistake=Mistake.PAGE,
    ),
    "a web page that is not labelled": Wrong(
        script=whole("403 Forbidden", b"<html>no</html>", kind="text/plain"),
        says="BASE answers with a web page (status 403), not with an API; "
        "look up its base URL, which ends before `/chat/completions`",
        code=ExitCode.USAGE,
        sent=[CHAT],
        mistake=Mistake.PAGE,
    ),
    "http to an https server that says so": Wrong(
        script=whole(
            "400 Bad Request", b"Client sent an HTTP request to an HTTPS server.\n", kind="text/plain"
        ),
        says="BASE answers https only (status 400: Client sent an HTTP request to an HTTPS server); "
        "SECURE was probably meant",
        code=ExitCode.USAGE,
        sent=[CHAT],
        mistake=Mistake.SCHEME,
    ),
    "http to an https server that does not": Wrong(
        script=ALERT,
        says="no answer came: illegal request line; SECURE was probably meant",
        code=ExitCode.ERROR,
        sent=[CHAT],
    ),
    "a key that is refused": Wrong(
        script=REFUSED,
        says="hostile refuses the key in HOSTILE_API_KEY (status 401: Incorrect API key provided)",
        code=ExitCode.USAGE,
        sent=[CHAT],
        mistake=Mistake.KEY,
    ),
    "a key that is refused with 400": Wrong(
        script=whole("400 Bad Request", error("API key not valid. Please pass a valid API key.")),
        says="hostile refuses the key in HOSTILE_API_KEY "
        "(status 400: API key not valid. Please pass a valid API key)",
        code=ExitCode.USAGE,
        sent=[CHAT],
        mistake=Mistake.KEY,
    ),
    "no key": Wrong(
        script=REFUSED,
        key="",
        says="hostile wants a key, and none was sent (status 401: Incorrect API key provided); name the "
        "variable that holds it: `api_key_env` in providers.toml, --api-key-env on the command line",
        code=ExitCode.USAGE,
        sent=[CHAT],
        mistake=Mistake.KEY,
    ),
    "an unknown model": Wrong(
        script=by_path(chat=UNKNOWN, models=LISTED),
        says="hostile does not serve the model m (status 404: The model `m` does not exist); "
        "GET /models lists small, large",
        code=ExitCode.USAGE,
        sent=[CHAT, MODELS],
        mistake=Mistake.MODEL,
    ),
    "an unknown model, and no list": Wrong(
        script=by_path(chat=whole("400 Bad Request", error("Model Not Exist", "invalid_request_error"))),
        says="hostile does not serve the model m (status 400: Model Not Exist); "
        "GET /models was answered with status 404",
        code=ExitCode.USAGE,
        sent=[CHAT, MODELS],
        mistake=Mistake.MODEL,
    ),
    "a server that hangs": Wrong(
        script=says(FOREVER),
        says="no answer began within 0.4 s",
        code=ExitCode.ERROR,
        sent=[CHAT],
    ),
    "a server that is no HTTP": Wrong(
        script=says(b"220 mail ready\r\n\r\n"),
        says="no answer came: illegal status line: bytearray(b'220 mail ready')",
        code=ExitCode.ERROR,
        sent=[CHAT],
    ),
    "a server that hangs up": Wrong(
        script=says(),
        says="no answer came: Server disconnected without sending a response",
        code=ExitCode.ERROR,
        sent=[CHAT, CHAT],
    ),
}


def asked_of(server: Hostile) -> list[str]:
    """Method and end of the path of each request."""
    known = (CHAT, RESPONSES, MODELS)
    lines = [item.line.split() for item in server.asked]
    return [
        next(name for name in known if (method, path.endswith(name.split()[1])) == (name.split()[0], True))
        for method, path, _ in lines
    ]


def results(providers: Sequence[Provider], folder: Path) -> list[Result]:
    """A whole run of some providers."""
    settings = Settings(report_dir=folder, started=datetime.now(UTC), command="pytest")
    environment = {"HOSTILE_API_KEY": KEY, "REFERENCE_API_KEY": KEY}
    run = Run(Live(providers, settings, selection=Selection(), environment=environment), settings)
    run.execute()
    return run.results


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_once_and_nothing_else_is_sent(name: str, tmp_path: Path) -> None:
    """Never a violation; the evidence leads to the same verdicts."""
    wrong = WRONG[name]
    with Hostile([wrong.script]) as server:
        base = wrong.base(server.base_url)
        deadlines = replace(PATIENT, first_byte=0.4) if name == "a server that hangs" else PATIENT
        (result,) = results([endpoint(base, api_key_env=wrong.key, deadlines=deadlines)], tmp_path)
        sent = asked_of(server)

    words = wrong.says.replace("ROOT", server.base_url).replace("SECURE", base.replace("http:", "https:"))
    assert words.replace("BASE", base) in result.sentence
    assert result.sentence.startswith("Cannot say: ")
    assert result.exit_code is wrong.code
    assert sent == list(wrong.sent)
    outcomes = {verdict.outcome.value for verdict in result.verdicts}
    assert outcomes <= {"error", "not_testable", "not_applicable"}
    assert {item.mistake for item in result.exchanges} == {Mistake.NONE, wrong.mistake}
    first = next(item for item in result.exchanges if item.started)
    assert {item.detail for item in result.exchanges} == {first.detail}
    assert first.id == "chat-text-no-usage"
    assert sum(item.ended is not Ended.NOT_SENT for item in result.exchanges) == max(
        1, len({line for line in sent if line != MODELS})
    )
    assert result.run.folder is not None
    stored, _ = load([result.run.folder])
    assert sorted(map(str, judge(stored))) == sorted(map(str, judge(result.exchanges)))
    assert KEY not in (result.run.folder / "index.html").read_text()


def test_https_to_an_http_server_says_what_was_meant(tmp_path: Path) -> None:
    """TLS fails before anything can be asked."""
    with Reference() as server:
        meant = server.base_url
        (result,) = results([endpoint(meant.replace("http:", "https:"))], tmp_path)
    assert f"; {meant} was probably meant; no request was answered." in result.sentence
    assert result.exit_code is ExitCode.ERROR
    assert server.requests == 0


def test_other_providers_of_the_run_go_on(tmp_path: Path) -> None:
    """One bad address spoils no other verdict."""
    with Hostile([NOT_FOUND]) as server, Reference() as reference:
        good = replace(REFERENCE, base_url=reference.base_url)
        wrong, right = results([endpoint(server.base_url), good], tmp_path)

    assert wrong.exit_code is ExitCode.USAGE
    assert right.exit_code is ExitCode.CONFORMS, right.sentence
    assert reference.requests == EVERYTHING


def test_where_one_path_is_missing_the_other_api_is_asked(tmp_path: Path) -> None:
    """Its plainest request goes alone next, and then the rest of both."""
    created = b'data: {"type":"response.created","response":{}}\n\n'
    script = by_path(responses=says(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", created))
    with Hostile([script]) as server:
        provider = endpoint(server.base_url, claims={"responses": True})
        (result,) = results([provider], tmp_path)
        sent = asked_of(server)

    assert sent[:2] == [CHAT, RESPONSES]
    assert len(sent) == len(plan(provider).requests) - 2  # no call came that a result could be sent for
    assert not any(item.mistake for item in result.exchanges)


@pytest.mark.parametrize(
    "script",
    [
        whole("500 Internal Server Error", error("not supported")),
        whole("402 Payment Required", error("Insufficient balance")),
        whole("400 Bad Request", error("'max_tokens' is not supported with this model.", None, "max_tokens")),
        whole("301 Moved Permanently", b"", "location: /elsewhere"),
        GOOD,
    ],
    ids=["500", "402", "400", "301", "200"],
)
def test_what_is_not_the_persons_mistake_is_judged(script: Script, tmp_path: Path) -> None:
    """Everything is sent."""
    names = ("chat-text", "chat-awkward", "responses-text")
    exchanges, asked = captured(script, tmp_path, names)

    assert not any(item.mistake for item in exchanges)
    assert {item.ended for item in exchanges} == {Ended.CLOSED}
    assert len(asked) >= 3


NO_SUCH_MODEL = {
    "LiteLLM": (400, error("Invalid model name passed in model=m. Call `/v1/models`.", "400", "None")),
    "Moonshot": (404, error("Not found the model m or Permission denied")),
    "Anthropic": (404, b'{"type":"error","error":{"type":"not_found_error","message":"model: m"}}'),
    "Azure": (404, error("The API deployment for this resource does not exist.", "DeploymentNotFound")),
    "OpenRouter": (404, b'{"error":{"message":"No endpoints found for m.","code":404}}'),
    "Together": (404, error("Unable to access model m. Please visit the list.", "model_not_available")),
    "Bedrock": (400, error("The provided model identifier is invalid.", "validation_error")),
    "Hugging Face": (
        400,
        error("The requested model 'm' is not supported by any provider you have enabled."),
    ),
    "Gemini": (404, b'[{"error":{"code":404,"message":"models/m is not found for API version v1main"}}]'),
    "Zhipu": (400, '{"error":{"code":"1211","message":"模型不存在"}}'.encode()),
    "one-api": (503, error("当前分组 default 下对于模型 m 无可用渠道")),
    "new-api": (503, error("No available channel for model m under group default", "model_not_found")),
}


@pytest.mark.parametrize("name", NO_SUCH_MODEL)
def test_an_unknown_model_is_known_by_the_words_of_many_gateways(name: str) -> None:
    """Each has its own."""
    status, body = NO_SUCH_MODEL[name]
    (planned,) = plan(endpoint("http://127.0.0.1:9/v1"), scenarios=["chat-text"]).requests
    exchange = replace(
        planned.exchange, status=status, pieces=(Piece(data=body, at=0.0),), ended=Ended.CLOSED
    )

    mistake = found(endpoint("http://127.0.0.1:9/v1"), exchange)

    assert mistake is not None
    assert mistake.mistake is Mistake.MODEL


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("'max_tokens' is not supported with this model.", None, "max_tokens")),
        (400, error("Tools are not supported by the model m.")),
        (503, error("The model is overloaded.")),
        (503, error("Loading model")),
        (503, error("The model m is currently not available, please try again later.")),
        (400, error("model: value is not a valid text", None, "temperature")),
    ],
)
def test_other_words_on_a_model_are_no_mistake(status: int, body: bytes) -> None:
    """They are the endpoint's to answer for."""
    (planned,) = plan(endpoint("http://127.0.0.1:9/v1"), scenarios=["chat-text"]).requests
    exchange = replace(
        planned.exchange, status=status, pieces=(Piece(data=body, at=0.0),), ended=Ended.CLOSED
    )

    assert found(endpoint("http://127.0.0.1:9/v1"), exchange) is None


@pytest.mark.parametrize(
    ("base", "meant"),
    [
        ("https://h?api-version=1", "`/v1` is probably missing: https://h/v1?api-version=1"),
        ("https://h/?api-version=1", "`/v1` is probably missing: https://h/v1?api-version=1"),
        ("https://h/v1?api-version=1", "look up its base URL, which ends before `/chat/completions`"),
        ("https://h/v1/?path=/", "look up its base URL, which ends before `/chat/completions`"),
        (
            "https://h/v1/chat/completions?api-version=1",
            "`/chat/completions` is too much, https://h/v1?api-version=1 was probably meant",
        ),
        (
            "https://h/openai/deployments/m?api-version=1",
            "look up its base URL, which ends before `/chat/completions`",
        ),
        ("https://h/#top", "`/v1` is probably missing: https://h/v1"),
    ],
)
def test_what_was_meant_keeps_the_query_behind_the_path(base: str, meant: str) -> None:
    """As the requests do. A fragment is never sent."""
    asked = replace(endpoint("http://127.0.0.1:9/v1"), base_url=base)
    (planned,) = plan(asked, scenarios=["chat-text"]).requests
    mistake = found(asked, replace(planned.exchange, status=404, ended=Ended.CLOSED))

    assert mistake is not None
    assert mistake.words == f"there is no API at {base} (status 404); {meant}"
    assert "/chat/completions" in planned.request.url.partition("?")[0]
    assert planned.request.url.endswith(base.partition("#")[0].partition("?")[2])


def test_a_request_that_is_to_be_refused_tells_no_mistake(tmp_path: Path) -> None:
    """An unknown model is what it asks for."""
    names = ("chat-unknown-model", "chat-bad-key")
    exchanges, asked = captured([UNKNOWN, REFUSED], tmp_path, names)

    assert not any(item.mistake for item in exchanges)
    assert len(asked) == 2


def test_a_redirect_to_https_is_a_wrong_address(tmp_path: Path) -> None:
    """To the very same place."""

    async def script(asked: Asked, writer: object) -> None:
        secure = f"https://{asked.headers['host']}{asked.line.split()[1]}"
        await whole("308 Permanent Redirect", b"", f"location: {secure}")(asked, writer)  # type: ignore[arg-type]

    (exchange,), _ = captured(script, tmp_path)

    assert exchange.mistake is Mistake.SCHEME
    assert "answers https only (status 308); https://127.0.0.1:" in exchange.detail


def test_the_first_request_is_alone_until_its_head_has_come(tmp_path: Path) -> None:
    """By the order in which a server sees heads and requests."""
    order: list[str] = []

    async def script(asked: Asked, writer: object) -> None:
        order.append("asked")
        await says(0.2)(asked, writer)  # type: ignore[arg-type]
        order.append("answered")
        await GOOD(asked, writer)  # type: ignore[arg-type]

    captured(script, tmp_path, ("chat-text", "chat-length", "chat-awkward"))

    assert order[:3] == ["asked", "answered", "asked"]


def test_the_plainest_request_is_a_stream_with_the_fewest_keys() -> None:
    """Of each API; a refusal or what is left in the middle only where nothing else is planned."""

    def chosen(*scenarios: str) -> list[str]:
        whole_plan = plan(endpoint("http://127.0.0.1:9/v1"), scenarios=scenarios)
        return [item.exchange.id for item in plainest(whole_plan.requests)]

    assert chosen() == ["chat-text-no-usage", "responses-text"]
    assert chosen("chat-tool", "chat-text") == ["chat-text"]
    assert chosen("chat-malformed", "chat-cancel", "chat-text") == ["chat-text"]
    assert chosen("chat-malformed", "chat-cancel") == ["chat-cancel"]
    assert chosen("chat-malformed") == ["chat-malformed"]
    assert chosen("chat-cancel", "chat-twin") == ["chat-cancel"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"data":[{"id":"a"},{"id":"b"},{"id":"a"},{"id":1},{},7]}', ("a", "b")),
        (b'{"data":{}}', ()),
        (b'{"data":null}', ()),
        (b"[]", ()),
        (b"7", ()),
        (b"<html>", ()),
        (b"[" * 100_000, ()),
    ],
)
def test_models_are_read_from_whatever_is_listed(body: bytes, names: tuple[str, ...]) -> None:
    """And nothing from what is no list."""
    assert listed_in(200, body, REFERENCE).models == names


def test_a_long_list_of_models_is_cut() -> None:
    """In number, and in the length of a name."""
    text = shown_models([f"model-{number}" for number in range(20)])
    assert text.endswith("model-11 and 8 more")
    assert len(shown_models(["x" * 5000])) < 120


def models(*names: str) -> Script:
    """A list of models."""
    return by_path(
        models=whole("200 OK", json.dumps({"data": [{"id": name} for name in names]}).encode()), chat=GOOD
    )


def asked_without_model(script: Script, folder: Path) -> tuple[Result, list[str], set[str]]:
    """The result of a run of an endpoint for which no model is named, and what was sent."""
    settings = Settings(report_dir=folder, started=datetime.now(UTC), command="pytest")
    with Hostile([script]) as server:
        options = Options(endpoint=server.base_url, scenarios="chat-text,chat-awkward")
        run = Run(origin_of(options, Providers({}), settings, {}), settings)
        assert run.items
        assert not server.asked, "planning sends nothing"
        run.execute()
        bodies = [json.loads(item.body) for item in server.asked if item.body]
        return run.results[0], asked_of(server), {body["model"] for body in bodies}


def test_the_only_model_that_is_listed_is_taken(tmp_path: Path) -> None:
    """It is asked for before anything else."""
    result, sent, named = asked_without_model(models("only"), tmp_path)
    assert sent == [MODELS, CHAT, CHAT]
    assert named == {"only"}
    assert {item.model for item in result.exchanges} == {"only"}
    assert result.report.header.model == "only"


@pytest.mark.parametrize(
    ("names", "message", "hint"),
    [
        (("a", "b"), "GET /models lists 2 models", "name one with --model, or `model` in Python: a, b"),
        ((), "GET /models lists no model", "name one that it serves"),
    ],
)
def test_without_a_single_model_they_are_listed(
    names: tuple[str, ...], message: str, hint: str, tmp_path: Path
) -> None:
    """Nothing else is sent."""
    with pytest.raises(EndpointModelMissingError) as caught:
        asked_without_model(models(*names), tmp_path)
    assert message in caught.value.message
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    ("status", "body", "said", "hint"),
    [
        (
            "401 Unauthorized",
            b'{"error": {"message": "no"}}',
            "was answered with status 401",
            "--api-key-env",
        ),
        ("404 Not Found", b"{}", "was answered with status 404", "look up its base URL"),
        (
            "200 OK",
            b"<!doctype html><title>Sign in</title>",
            "was answered with a web page",
            "look up its base URL",
        ),
        ("200 OK", b"[]", "lists no model", "its address and its key"),
    ],
)
def test_without_a_list_of_models_it_is_said_what_came(
    status: str, body: bytes, said: str, hint: str, tmp_path: Path
) -> None:
    """A key that is refused is not an empty list; the hint leads to what is wrong."""
    with pytest.raises(EndpointModelMissingError) as caught:
        asked_without_model(whole(status, body), tmp_path)
    assert caught.value.message.endswith(f"GET /models {said}")
    assert hint in caught.value.hint


def test_without_a_model_and_a_connection_the_connection_is_told(tmp_path: Path) -> None:
    """It is no mistake of the options."""
    settings = Settings(report_dir=tmp_path, started=datetime.now(UTC), command="pytest")
    options = Options(endpoint="http://127.0.0.1:9/v1", scenarios="chat-text")
    run = Run(origin_of(options, Providers({}), settings, {}), settings)
    run.execute()

    (result,) = run.results
    assert result.exit_code is ExitCode.ERROR
    assert "cannot connect to http://127.0.0.1:9/v1: connection refused" in result.sentence
