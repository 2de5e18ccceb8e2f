"""The public functions: what they judge, what counts as unknown, what they assert, and what stays secret."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import requests

import conformance
from conformance import ConformanceError, Outcome, Piece, Result
from conformance.reference.server import Reference
from tests.plugin.streams import CLEAN, NO_DONE, USAGE_LATE

ASKED = {"model": "m-1", "stream": True, "messages": []}
ENVELOPE = b'{"error":{"message":"no such thing","type":"invalid_request_error","param":null,"code":null}}'
RESPONSES = (
    b'event: response.created\ndata: {"type":"response.created","sequence_number":0,'
    b'"response":{"id":"resp_1","object":"response"}}\n\n'
)
KEY = "sk-a-key-of-nobody-0123456789"


def broken(result: Result) -> set[str]:
    """The MUSTs that are broken."""
    return {verdict.requirement for verdict in result.verdicts if verdict.outcome is Outcome.FAIL}


@pytest.fixture
def reference() -> Iterator[str]:
    """The address of the reference provider."""
    with Reference() as running:
        yield running.base_url


@pytest.mark.parametrize(
    "body",
    [
        CLEAN,
        CLEAN.encode(),
        bytearray(CLEAN.encode()),
        [CLEAN[:9].encode(), memoryview(CLEAN[9:].encode())],
        (Piece(data=part.encode() + b"\n\n", at=0.1) for part in CLEAN.split("\n\n")[:-1]),
    ],
    ids=["text", "bytes", "bytearray", "list", "timed"],
)
def test_a_body_may_come_in_any_form(body: Any) -> None:
    """As text, bytes, or pieces with or without times."""
    result = conformance.judge_stream(body)
    assert broken(result) == set()
    assert result.exchanges[0].body == CLEAN.encode()
    result.assert_conforms()


def test_what_is_not_given_is_not_held() -> None:
    """Nothing fails for the want of it; each such rule says what is missing."""
    result = conformance.judge_stream(CLEAN)
    reasons = {item.reason for item in result.verdicts if item.outcome is Outcome.NOT_TESTABLE}
    assert {
        f"the source holds no {what}" for what in ("request", "status", "headers", "timing", "ending")
    } <= (reasons)
    assert result.exchanges[0].lacks == {"request", "status", "headers", "timing", "ending"}


def test_what_is_given_is_judged() -> None:
    """Request, status and headers, each by its rules."""
    result = conformance.judge_stream(
        CLEAN,
        request=ASKED | {"stream_options": {"include_usage": True}},
        status=200,
        headers={"Content-Type": "application/json"},
    )
    assert broken(result) == {"usage-present", "content-type-event-stream"}
    assert not [item for item in result.verdicts if "holds no request" in item.reason]


@pytest.mark.parametrize("request_", [ASKED, json.dumps(ASKED), json.dumps(ASKED).encode()])
def test_a_request_may_come_in_any_form(request_: Any) -> None:
    """As an object, and as JSON in text or bytes."""
    (exchange,) = conformance.judge_stream(CLEAN, request=request_).exchanges
    assert exchange.asked == ASKED
    assert (exchange.model, exchange.expects) == ("m-1", "stream")


@pytest.mark.parametrize(
    ("given", "expects"),
    [
        ({}, "stream"),
        ({"request": ASKED}, "stream"),
        ({"request": {"model": "m"}}, "document"),
        ({"request": {"model": "m"}, "expects": "refusal"}, "refusal"),
        ({"request": ""}, "stream"),
    ],
)
def test_a_request_says_what_is_expected(given: dict[str, Any], expects: str) -> None:
    """A stream where it asks for one, or is not known."""
    assert conformance.judge_stream(CLEAN, **given).exchanges[0].expects == expects


def test_the_api_is_found_out() -> None:
    """By the events, unless it is given."""
    assert conformance.judge_stream(CLEAN).exchanges[0].api == "chat"
    assert conformance.judge_stream(RESPONSES).exchanges[0].api == "responses"
    assert conformance.judge_stream(RESPONSES, api="chat").exchanges[0].api == "chat"


@pytest.mark.parametrize("path", ["responses", "responses/resp_1?stream=true", "chat/completions"])
def test_the_address_of_a_response_tells_the_api(path: str) -> None:
    """Before its events do."""
    sent = httpx.Request("POST", f"https://host/v1/{path}", json=ASKED)
    (exchange,) = conformance.judge_stream(httpx.Response(200, text=CLEAN, request=sent)).exchanges
    assert exchange.api == ("chat" if path.startswith("chat") else "responses")
    assert exchange.provider == "host-443"


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_response_brings_what_it_knows(library: Any) -> None:
    """Its request, status and headers; what is given besides takes their place."""
    sent = library.Request("POST", "https://host/v1/chat/completions", json=ASKED)
    answer = library.Response(200, text=CLEAN, headers={"content-type": "text/event-stream"}, request=sent)
    (exchange,) = conformance.judge_stream(answer).exchanges
    assert exchange.asked == ASKED
    assert (exchange.status, exchange.header("content-type")) == (200, "text/event-stream")
    assert exchange.lacks == {"timing"}
    assert conformance.judge_stream(answer, status=500).exchanges[0].status == 500


def test_a_request_whose_body_was_streamed_is_not_known() -> None:
    """What it asked for is not held against the answer, usage that comes with it say."""
    asked = json.dumps(ASKED | {"stream_options": {"include_usage": True}}).encode()
    sent = httpx.Request("POST", "https://host/v1/chat/completions", content=iter([asked]))
    answer = httpx.Response(200, text=USAGE_LATE, headers={"content-type": "text/event-stream"}, request=sent)
    result = conformance.judge_stream(answer)
    assert result.exchanges[0].lacks == {"request", "timing"}
    assert broken(result) == set()


def test_a_response_of_which_nothing_was_read_yet_is_read(reference: str) -> None:
    """A synchronous one, inside its `with` statement."""
    request = {"model": "reference", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    with httpx.stream("POST", f"{reference}/chat/completions", json=request) as answer:
        conformance.judge_stream(answer).assert_conforms()
    with httpx.stream("POST", f"{reference}/chat/completions", json=request) as answer:
        pass
    with pytest.raises(ConformanceError, match="the body of the response was not read"):
        conformance.judge_stream(answer)
    with httpx.stream("POST", f"{reference}/chat/completions", json=request) as answer:
        list(answer.iter_bytes())
    with pytest.raises(ConformanceError, match="was consumed and not kept"):
        conformance.judge_stream(answer)


def test_an_asynchronous_response_has_to_be_read_before(reference: str) -> None:
    """The message says how."""

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient() as client, client.stream("GET", f"{reference}/models") as answer:
            with pytest.raises(ConformanceError, match=r"await response\.aread\(\)"):
                conformance.judge_stream(answer)
            return answer

    asyncio.run(ask())


ENCODED = base64.b64encode(f"user:{KEY}".encode()).decode()


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("https://host", {"Authorization": f"Bearer {KEY}"}),
        ("https://host", {"Authorization": f"Bearer {KEY} "}),
        ("https://host", {"Authorization": f"Basic {ENCODED}"}),
        ("https://host", {"api-key": KEY}),
        ("https://host", {"X-Api-Key": KEY}),
        ("https://host", {"Cookie": f"session={KEY}; theme=dark"}),
        (f"https://user:{KEY}@host", {}),
        ("https://host", {"X-Nothing": "?"}),
    ],
)
def test_credentials_of_a_request_are_in_nothing(
    address: str, headers: dict[str, str], tmp_path: Path
) -> None:
    """Neither in the exchange, nor in an assertion, nor in what is written, even if the answer echoes it."""
    query = f"?key={KEY}" if "X-Nothing" in headers else ""
    sent = httpx.Request("POST", f"{address}/v1/chat/completions{query}", json=ASKED, headers=headers)
    body = NO_DONE.replace("Hello", KEY[:14] + "\\u002d" + KEY[15:])
    answer = httpx.Response(200, text=body, headers={"x-echo": KEY, "server": KEY}, request=sent)
    result = conformance.judge_stream(answer)
    assert KEY not in repr(list(map(vars, result.exchanges)))
    with pytest.raises(AssertionError) as caught:
        result.assert_conforms()
    assert KEY not in str(caught.value)
    result.write(tmp_path)
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3
    for text in (*written, str(caught.value)):
        assert KEY not in text
        assert KEY[14:] not in text


def test_a_key_in_an_address_is_not_kept_however_short_it_is() -> None:
    """It is known by the name of its parameter; a word that short is replaced nowhere else."""
    sent = httpx.Request("POST", "https://host/v1/chat/completions?api_key=abc&a=b", json=ASKED)
    result = conformance.judge_stream(httpx.Response(200, text=NO_DONE, request=sent))
    (exchange,) = result.exchanges
    assert exchange.request is not None
    assert exchange.request.url == "https://host/v1/chat/completions?api_key=[redacted]&a=b"


@pytest.mark.parametrize(
    "url", [f"https://me:{KEY}@host/v1/chat/completions", f"https://host/v1/chat/completions?key={KEY}&a=b"]
)
def test_credentials_in_the_address_of_a_request_are_in_nothing(url: str, tmp_path: Path) -> None:
    """Nor is what the request or the answer repeats of them; who asked is in nothing either."""
    sent = httpx.Request("POST", url, json=ASKED | {"user": KEY})
    answer = httpx.Response(200, text=NO_DONE.replace("Hello", KEY), request=sent)
    result = conformance.judge_stream(answer)
    (exchange,) = result.exchanges
    assert exchange.request is not None
    assert exchange.request.url == "https://host/v1/chat/completions" + ("?key=[redacted]&a=b" * ("?" in url))
    assert exchange.asked["user"] == "[redacted]"
    assert KEY not in repr(list(map(vars, result.exchanges)))
    result.write(tmp_path)
    for path in tmp_path.rglob("*.*"):
        assert KEY not in path.read_text()


def test_an_assertion_reads_like_the_bug_report() -> None:
    """Rule, place, bytes, who suffers; of many the first are told whole and the others named."""
    with pytest.raises(AssertionError) as caught:
        conformance.judge_stream(NO_DONE, provider="acme").assert_conforms()
    told = str(caught.value)
    assert told.startswith("acme breaks done-present (MUST, chat) in stream\n")
    assert "who suffers " in told
    assert "evidence " not in told  # nothing is stored that could be named
    worst = CLEAN.replace('"role"', '"rule"').replace("chat.completion.chunk", "chunk").replace("stop", "end")
    worst = worst.replace('"created": 1767225600', '"created": "now"').replace("data: [DONE]\n\n", "")
    with pytest.raises(AssertionError, match=r"and \d further requirements?: [a-z, -]+$"):
        conformance.judge_stream(worst).assert_conforms()


def test_fail_on_and_allow() -> None:
    """A SHOULD gates when asked for; what is allowed does not."""
    asked = ASKED | {"stream_options": {"include_usage": True}}
    result = conformance.judge_stream(USAGE_LATE, request=asked)
    result.assert_conforms()
    with pytest.raises(AssertionError, match="usage-empty-choices"):
        result.assert_conforms(fail_on="should")
    result.assert_conforms(fail_on="should", allow={"usage-empty-choices"})
    with pytest.raises(ConformanceError, match="no requirement is named 'usage-empty-choice'") as caught:
        result.assert_conforms(allow=["usage-empty-choice"])
    assert caught.value.hint == "did you mean usage-empty-choices?"
    with pytest.raises(ConformanceError, match="fail_on is 'always'"):
        result.assert_conforms(fail_on="always")


@pytest.mark.parametrize(
    ("body", "given", "said"),
    [
        (ENVELOPE, {"status": 404}, "sent no stream: stream was answered with status 404: no such thing"),
        (ENVELOPE, {"status": 401}, "the endpoint does not accept the key"),
        (ENVELOPE, {}, "breaks stream-honoured"),
        (b"", {"status": 200}, "an empty body"),
        (b"", {}, "nothing was received"),
        (b"<html>", {"status": 200}, "breaks stream-honoured"),
    ],
)
def test_what_is_no_stream_does_not_conform(body: bytes, given: dict[str, Any], said: str) -> None:
    """Whatever rules it keeps."""
    with pytest.raises(AssertionError, match=said):
        conformance.judge_stream(body, **given).assert_conforms()


@pytest.mark.parametrize("status", [400, 404, 503])
def test_a_document_that_is_refused_does_not_conform(status: int) -> None:
    """However well the refusal is made."""
    headers = {"content-type": "application/json"}
    result = conformance.judge_stream(ENVELOPE, status=status, headers=headers, expects="document")
    with pytest.raises(AssertionError, match=f"status {status}"):
        result.assert_conforms()


def test_an_error_is_never_allowed() -> None:
    """It is no way of differing."""
    result = conformance.judge_stream(ENVELOPE, status=401)
    with pytest.raises(AssertionError, match="does not accept the key"):
        result.assert_conforms(allow="status-ok")


def test_a_document_is_judged_without_its_status() -> None:
    """Its shape, and that it is one."""
    result = conformance.judge_stream(b'{"id": 7}', expects="document")
    assert broken(result) >= {"completion-schema"}
    with pytest.raises(AssertionError, match="document-not-streamed"):
        conformance.judge_stream("data: {}", expects="document").assert_conforms()


def test_headers_that_are_given_are_held_also_where_there_are_none() -> None:
    """An answer without a content type says none."""
    assert "content-type-event-stream" in broken(conformance.judge_stream(CLEAN, headers={}))
    assert conformance.Need.HEADERS not in conformance.judge_stream(CLEAN, headers={}).exchanges[0].lacks


def test_headers_may_be_bytes() -> None:
    """As ASGI has them."""
    result = conformance.judge_stream(CLEAN, headers=[(b"content-type", b"text/event-stream")])  # type: ignore[list-item]
    assert result.exchanges[0].header("content-type") == "text/event-stream"


def test_a_stream_that_breaks_off_is_judged_as_what_it_is() -> None:
    """The pieces that came, and how it ended."""

    def parts() -> Iterator[bytes]:
        yield NO_DONE.encode()
        raise httpx.ReadError("lost")

    answer = httpx.Response(200, content=parts())
    (exchange,) = conformance.judge_stream(answer).exchanges
    assert (exchange.body, exchange.ended) == (NO_DONE.encode(), conformance.Ended.RESET)
    assert conformance.judge_stream(CLEAN, ended="reset").exchanges[0].ended == "reset"


def test_the_request_of_a_stream_is_not_held_without_its_body() -> None:
    """Its address alone says nothing of what was asked."""
    sent = httpx.Request("POST", "https://host/v1/chat/completions", content=iter([b"{}"]))
    (exchange,) = conformance.judge_stream(httpx.Response(200, text=CLEAN, request=sent)).exchanges
    assert conformance.Need.REQUEST in exchange.lacks


def test_the_events_tell_the_api_where_the_address_does_not() -> None:
    """A gateway has addresses of its own."""
    sent = httpx.Request("POST", "https://host/generate", json=ASKED)
    answer = httpx.Response(200, content=RESPONSES, request=sent)
    assert conformance.judge_stream(answer).exchanges[0].api == "responses"


def test_a_bug_report_of_a_verdict() -> None:
    """Of one of this result."""
    result = conformance.judge_stream(NO_DONE)
    (verdict,) = [item for item in result.verdicts if item.requirement == "done-present"]
    assert "breaks done-present" in result.bug_report(verdict)
    with pytest.raises(ValueError, match="is no verdict of this result"):
        conformance.judge_stream(CLEAN).bug_report(verdict)


def test_nothing_is_written_over_the_evidence_of_others(tmp_path: Path) -> None:
    """The same result may be written again."""
    result = conformance.judge_stream(CLEAN)
    result.write(tmp_path)
    result.write(tmp_path)
    two = [*result.exchanges, *conformance.judge_stream(NO_DONE).exchanges]
    (both,) = conformance.judge_exchanges(two)
    assert [item.id for item in both.exchanges] == ["stream", "stream.2"]
    both.write(tmp_path)
    with pytest.raises(ConformanceError, match="holds the evidence of another run"):
        result.write(tmp_path)


def test_what_is_written_gives_the_same_verdicts(tmp_path: Path) -> None:
    """Of one answer too, which is no run."""
    result = conformance.judge_stream(ENVELOPE, status=404, headers={"content-type": "application/json"})
    result.write(tmp_path)
    (again,) = conformance.judge_exchanges(conformance.load(tmp_path))
    assert again.verdicts == result.verdicts


def test_a_refusal_that_is_expected_may_conform() -> None:
    """It is judged as one."""
    headers = {"content-type": "application/json"}
    conformance.judge_stream(ENVELOPE, status=400, headers=headers, expects="refusal").assert_conforms()
    with pytest.raises(AssertionError, match="error-envelope"):
        conformance.judge_stream(b"no", status=400, headers=headers, expects="refusal").assert_conforms()


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"api": "Chat"}, "did you mean chat?"),
        ({"api": "embeddings"}, "there are chat, responses"),
        ({"expects": "documents"}, "did you mean document?"),
        ({"ended": "shut"}, "there are closed"),
        ({"dialects": "usage"}, "did you mean usage"),
        ({"request": 7}, "hand over the body of the request"),
        ({"request": "Hi"}, "hand over the body of the request"),
        ({"request": {"a": object()}}, "hand over the body of the request"),
        ({"status": "200"}, "hand over the status as a number"),
        ({"headers": "a: b"}, "hand over names and values"),
        ({"headers": {"a": 1}}, "hand over names and values"),
        ({"body": 7}, "hand over bytes"),
        ({"body": {"data": CLEAN}}, "hand over bytes"),
        ({"body": {CLEAN}}, "hand over bytes"),
        ({"body": requests.Response()}, "hand over bytes"),
        ({"body": "\ud800"}, "hand over the bytes"),
        ({"body": [7]}, "hand over bytes, or a Piece"),
    ],
)
def test_what_cannot_be_judged_says_what_was_meant(given: dict[str, Any], hint: str) -> None:
    """A misspelt name and a wrong type are mistakes of the caller, and no verdicts."""
    with pytest.raises(ConformanceError) as caught:
        conformance.judge_stream(**({"body": CLEAN} | given))
    assert caught.value.hint.startswith(hint)


def test_dialects_that_are_declared_excuse() -> None:
    """A MUST becomes a warning."""
    body = CLEAN.replace('{"content": "Hello"}', '{"content": "Hello", "role": "assistant"}')
    before = conformance.judge_stream(body)
    (verdict,) = [item for item in before.verdicts if item.requirement == "role-repeated"]
    assert verdict.outcome is Outcome.FAIL
    conformance.judge_stream(body, dialects=verdict.dialects).assert_conforms()
