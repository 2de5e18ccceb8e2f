"""What a recording keeps of the traffic: no credential, few exchanges, and a report for each model."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.catalogue import Outcome
from conformance.exchange import Need
from conformance.reference.server import Reference
from conformance.run.judgement import judge_provider
from tests.capture.hostile import (
    GOOD,
    Asked,
    Hostile,
    event,
    stream,
    whole,
)
from tests.record.front import CHAT, CHAT_PATH, KEY, NO_TRUST, front, plain, post


def echo(asked: Asked, writer: Any) -> Any:
    """A script that says what it was sent, in its head and in every spelling that it can think of."""
    value = asked.headers["authorization"]
    body = json.dumps({"error": {"message": f"bad key {value}", "line": asked.line, "all": asked.headers}})
    script = whole("401 Unauthorized", body.encode(), f"x-echo: {value}", f"set-cookie: k={value}")
    return script(asked, writer)


def test_no_credential_is_in_any_byte_that_is_written_or_said(tmp_path: Path) -> None:
    """However the client names it, and however the endpoint repeats it; the client gets it all."""
    with Hostile([echo]) as server, front(server.base_url, tmp_path, pages=True) as there:
        path = f"{CHAT_PATH}?api_key=query-canary-99887766"
        sent = [("x-api-key", "header-canary-55443322"), ("cookie", "sid=cookie-canary-11223344")]
        answer = post(there.base_url, path, CHAT, sent)
    assert KEY.encode() in answer.extensions["raw"]
    assert answer.headers["x-echo"] == f"Bearer {KEY}"
    (exchange,) = there.exchanges
    assert b"[redacted]" in exchange.body
    written = there.written()
    for secret in (KEY, "query-canary", "header-canary", "cookie-canary"):
        assert secret.encode() not in written


def test_no_verdict_puts_a_credential_together(tmp_path: Path) -> None:
    """Of which each event has a part that nobody would know; the evidence has them apart."""
    parts = [{"content": part} for part in ('{"a": ', *KEY)]
    chunks = [{"id": "c", "choices": [{"index": 0, "delta": part, "finish_reason": None}]} for part in parts]
    chunks.append({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events = [b"data: " + json.dumps(value).encode() + b"\n\n" for value in chunks]
    wanted = {**CHAT, "response_format": {"type": "json_object"}}
    answer = stream(*events, b"data: [DONE]\n\n")
    with Hostile([answer]) as server, front(server.base_url, tmp_path, pages=True) as there:
        post(there.base_url, CHAT_PATH, wanted)
    (first,) = there.exchanges
    assert there.outcomes(first.id)["structured-output"] == "fail"
    (told,) = [
        ruling.verdict.violations[0].observed
        for ruling in there.results[0].gate.rulings
        if (ruling.verdict.requirement, ruling.verdict.subject) == ("structured-output", first.id)
    ]
    assert '{"a": [redacted]' in told
    assert KEY.encode() not in there.written()


def test_requests_can_be_left_out_of_what_is_stored(tmp_path: Path) -> None:
    """What needs them is then not testable; the model's name is no prompt, and is kept."""
    with Reference() as server, front(server.base_url, tmp_path, drop_requests=True, pages=True) as there:
        post(there.base_url, CHAT_PATH, CHAT)
    assert b"each with the code" not in there.written()
    (exchange,) = there.exchanges
    assert exchange.lacks == {Need.REQUEST}
    assert (exchange.model, exchange.expects) == ("reference", "stream")
    outcomes = there.outcomes(exchange.id)
    assert outcomes["usage-present"] == "not_testable"
    assert outcomes["done-present"] == "pass"


def test_what_cannot_be_judged_passes_unrecorded(tmp_path: Path) -> None:
    """It is counted."""
    with Reference() as server, front(server.base_url, tmp_path) as there:
        with httpx.Client(base_url=there.base_url, trust_env=False, verify=NO_TRUST) as client:
            assert client.get("/models").json()["data"]
            assert client.head("/models").status_code == 405
            assert client.post("/embeddings", json={"input": "secret words"}).status_code == 404
        with Hostile([whole("200 OK", b"x" * 10)]) as other, front(other.base_url, tmp_path) as uploads:
            pieces = iter([b"a" * 100_000] * 3)
            with plain() as client:
                answer = client.post(
                    f"{uploads.base_url}/files", content=pieces, headers={"content-length": "300000"}
                )
            assert answer.content == b"x" * 10
            assert other.asked[0].body == b"a" * 300_000
    assert there.recording.passed_on == 3
    assert not there.results
    assert b"secret words" not in there.written()


def test_an_answer_without_a_model_in_the_request_is_filed_under_the_model_that_it_names(
    tmp_path: Path,
) -> None:
    """As of a deployment whose address says the model."""
    chunks = [
        b'data: {"id":"c","model":"told","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n',
        b"data: [DONE]\n\n",
    ]
    with (
        Hostile([stream(*chunks), whole("200 OK", b"{}")]) as server,
        front(server.base_url, tmp_path) as there,
    ):
        post(there.base_url, CHAT_PATH, {"stream": True, "messages": []})
        post(there.base_url, CHAT_PATH, {"messages": []})
    assert {exchange.model for exchange in there.exchanges} == {"told", ""}
    folders = [path.parent.name for path in there.folder.rglob("2*") if path.is_dir()]
    assert sorted(folders) == ["told", "unnamed"]
    assert {result.report.header.model for result in there.results} == {"told", "unnamed"}


def test_each_model_has_a_report_of_its_own(tmp_path: Path) -> None:
    """In the folders of a live run; none of them is the latest run."""
    with Reference() as server, front(server.base_url, tmp_path, pages=True) as there:
        for model in ("reference", "reference-reasoning", "reference"):
            post(there.base_url, CHAT_PATH, {**CHAT, "model": model})
    by_model = {result.report.header.model: result for result in there.results}
    assert {name: len(result.report.exchanges) for name, result in by_model.items()} == {
        "reference": 2,
        "reference-reasoning": 1,
    }
    for name, result in by_model.items():
        folder = result.run.folder
        assert folder is not None
        assert folder.parent.name == name
        assert {path.name for path in folder.iterdir()} == {"index.html", "report.jsonl", "evidence"}
        assert not (folder.parent / "latest").exists()
        assert result.report.header.base_url == server_url(folder)
        assert result.report.header.recorded
        page = (folder / "index.html").read_text()
        assert "recorded; the suite sent none" in page
        assert ">live<" not in page


def server_url(folder: Path) -> str:
    """The base URL by which the folder of a provider is named."""
    host, _, port = folder.parents[1].name.rpartition("-")
    return f"http://{host}:{port}/v1"


def test_a_path_that_is_not_there_is_told_from_something_that_is_not_found(tmp_path: Path) -> None:
    """By what comes later, as in a replay of the whole."""
    bare = whole("404 Not Found", b"nothing here", kind="text/plain")
    with Hostile([bare, GOOD, bare]) as server, front(server.base_url, tmp_path) as there:
        for _ in range(3):
            post(there.base_url, CHAT_PATH, CHAT)
    first, good, last = (there.outcomes(exchange.id) for exchange in there.exchanges)
    assert first == last
    replayed: dict[str, dict[str, str]] = {}
    for verdict in judge_provider("replayed", there.exchanges).verdicts:
        replayed.setdefault(verdict.subject, {})[verdict.requirement] = verdict.outcome.value
    assert list(replayed.values()) == [first, good, last]
    assert Outcome.FAIL in {*first.values()}


def test_very_many_exchanges_are_judged_and_few_are_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of those behind the first, the report has a line and what they break."""
    monkeypatch.setattr("conformance.record.tally.MANY", 2)
    bad = stream(event(1))
    with Hostile([GOOD, GOOD, GOOD, bad]) as server, front(server.base_url, tmp_path, pages=True) as there:
        for _ in range(5):
            post(there.base_url, CHAT_PATH, CHAT)
    (result,) = there.results
    assert len(result.run.judgement.streams) == 2
    assert [line.events for line in result.report.exchanges] == [3, 3, 3, 1, 1]
    broken = [
        item.verdict.subject for item in result.gate.rulings if item.verdict.requirement == "done-present"
    ]
    assert broken[-2:] == ["chat-0004", "chat-0005"]
    assert not [item for item in result.gate.rulings if item.verdict.subject == "chat-0003" and not item.gates
                and item.verdict.outcome is Outcome.PASS]  # fmt: skip
    page = (result.run.folder or Path()) / "index.html"
    assert "chat-0005" in page.read_text()
