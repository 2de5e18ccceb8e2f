"""What fails while traffic passes: the endpoint, its client, the disk or the recorder itself."""

import asyncio
import json
import socket
import threading
from pathlib import Path

import httpx
import pytest

from conformance.exchange import Ended, Malformed, Need
from conformance.gate import ExitCode
from conformance.record import proxy
from conformance.reference.server import Reference
from tests.capture.hostile import (
    END,
    GOOD,
    HEAD,
    PATIENCE,
    Asked,
    Hostile,
    Script,
    chunk,
    event,
    says,
    whole,
)
from tests.record.front import CHAT, CHAT_PATH, front, post, raw


def test_an_endpoint_that_is_down_is_the_networks_trouble_and_no_violation(tmp_path: Path) -> None:
    """The client is told by the recorder, in OpenAI's form."""
    with Hostile([GOOD]) as gone:
        pass
    with front(gone.base_url, tmp_path) as there:
        answer = post(there.base_url, CHAT_PATH, CHAT)
    assert answer.status_code == 502
    error = json.loads(answer.extensions["raw"])["error"]
    assert error["message"] == f"conformance record got no answer from {gone.base_url}: connection refused"
    assert {*error} == {"message", "type", "param", "code"}
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.NO_CONNECTION
    assert exchange.status is None
    assert exchange.attempts[0].error == "connection refused"
    assert {*there.outcomes(exchange.id).values()} <= {"error", "not_testable", "not_applicable"}
    assert there.results[0].exit_code is ExitCode.ERROR
    assert "error: cannot connect to" in there.lines[0]


def test_a_connection_that_is_lost_before_the_answer(tmp_path: Path) -> None:
    """Is no refusal to connect."""
    with Hostile([says()]) as server, front(server.base_url, tmp_path) as there:
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == 502
        assert len(server.asked) == 1, "nothing is sent twice"
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.NO_RESPONSE
    assert there.results[0].exit_code is ExitCode.ERROR


def test_an_answer_that_breaks_off_breaks_off_for_the_client(tmp_path: Path) -> None:
    """And is recorded as lost."""
    script = says(HEAD, chunk(event(1)), reset=True)
    with (
        Hostile([script]) as server,
        front(server.base_url, tmp_path) as there,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        post(there.base_url, CHAT_PATH, CHAT)
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.RESET
    assert exchange.body == event(1)
    assert there.outcomes(exchange.id)["body-complete"] == "fail"


@pytest.mark.parametrize(
    ("script", "kind", "status"),
    [
        (says(HEAD[:-2] + b"x-a: b\r\n c\r\n\r\n", chunk(event(1)), END), Malformed.FOLDED, 200),
        (says(b"HTTP/1.1 200 OK\r\nx : y\r\n\r\n"), Malformed.HEADER, 502),
        (says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}more"), Malformed.SURPLUS, 200),
    ],
)
def test_malformed_http_is_seen_as_in_a_live_run(
    script: Script, kind: Malformed, status: int, tmp_path: Path
) -> None:
    """What the client never sees of it, too."""
    with Hostile([script]) as server, front(server.base_url, tmp_path) as there:
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == status
    (exchange,) = there.exchanges
    assert exchange.malformed is kind
    assert there.outcomes(exchange.id)["http-framing"] == "fail"


def test_a_body_that_stays_open_after_its_terminator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is recorded as one, and passes until the endpoint ends it."""
    monkeypatch.setattr("conformance.record.tape.CLOSE", 0.02)
    end = b": late\n\n"
    told = threading.Event()

    async def late(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(event(1)) + chunk(b"data: [DONE]\n\n"))
        await writer.drain()
        await asyncio.to_thread(told.wait, PATIENCE)
        writer.write(chunk(end) + END)

    with Hostile([late]) as server, front(server.base_url, tmp_path) as there:
        monkeypatch.setattr(there.recording._session, "_tell", lambda _: told.set())
        assert post(there.base_url, CHAT_PATH, CHAT).extensions["raw"].endswith(end)
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.HELD_OPEN
    assert end not in exchange.body


def test_redirects_are_passed_back_and_not_followed(tmp_path: Path) -> None:
    """Wherever they lead."""
    there_is = "location: http://evil.example/v1"
    script = whole("307 Temporary Redirect", b"{}", there_is)
    with Hostile([script]) as server, front(server.base_url, tmp_path) as there:
        for path in (CHAT_PATH, "/files"):
            answer = post(there.base_url, path, CHAT)
            assert (answer.status_code, answer.headers["location"]) == (307, "http://evil.example/v1")
        assert len(server.asked) == 2


def test_a_full_disk_stops_the_recording_and_not_the_traffic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and never green."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with Reference() as server, front(server.base_url, tmp_path, pages=True) as there:
        with monkeypatch.context() as patch:
            patch.setattr("conformance.evidence.writer.EvidenceWriter.piece", full)
            assert post(there.base_url, CHAT_PATH, CHAT).extensions["raw"].endswith(b"data: [DONE]\n\n")
        with monkeypatch.context() as patch:
            patch.setattr("conformance.record.session.run_folder", full)
            assert post(there.base_url, CHAT_PATH, {**CHAT, "model": "x"}).status_code == 404
        post(there.base_url, CHAT_PATH, CHAT)
        monkeypatch.setattr("conformance.run.result.write_report", full)
    assert sum("No space left on device" in line for line in there.lines) == 3
    (result,) = there.results
    assert result.exit_code is ExitCode.ERROR
    assert "1 exchange could not be recorded" in result.report.footer.incomplete
    assert there.recording.lost == 2


def test_a_request_that_is_too_large_to_hold_passes_without_its_body_in_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs it is not testable."""
    monkeypatch.setattr(proxy, "LARGEST", 100)
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == 200
        assert json.loads(server.asked[0].body) == CHAT
    (exchange,) = there.exchanges
    assert exchange.request is not None
    assert (exchange.request.body, exchange.lacks) == ("", frozenset({Need.REQUEST}))
    assert "too large to be kept" in exchange.note


def test_a_client_that_goes_while_its_large_request_is_passed_on_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recording ends with it: it is not held to have been open beside all that come after."""
    monkeypatch.setattr(proxy, "LARGEST", 100)
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        head = (
            f"POST /v1{CHAT_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{there.recording.port}\r\n"
            "Content-Length: 5000\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", there.recording.port)) as client:
            client.sendall(head.encode() + bytes(1_000))
        there.wait()
        post(there.base_url, CHAT_PATH, {**CHAT, "messages": []})
    first, second = there.exchanges
    assert (first.ended, second.ended) == (Ended.LEFT, Ended.CLOSED)
    assert "the client closed its connection before the answer" in there.lines[0]
    assert second.beside == 0


def test_a_request_with_a_length_and_chunks_is_passed_on_by_its_chunks(tmp_path: Path) -> None:
    """With the length, the endpoint would read another request than the recorder did."""
    with Hostile([GOOD]) as server, front(server.base_url, tmp_path) as there:
        head = (
            f"POST /v1{CHAT_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{there.recording.port}\r\nConnection: close\r\n"
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        answer = raw(there.recording.port, head.encode() + b"2\r\n{}\r\n0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
        assert server.asked[0].body == b"{}"


def test_a_fault_of_the_recorder_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held against nobody, and the next exchange is recorded as if nothing had been."""

    def slips(*_: object) -> None:
        raise ZeroDivisionError("a slip")

    with Reference() as server, front(server.base_url, tmp_path) as there:
        with monkeypatch.context() as patch:
            patch.setattr("conformance.record.proxy.end_to_end_back", slips)
            assert post(there.base_url, CHAT_PATH, CHAT).status_code == 500
        assert post(there.base_url, CHAT_PATH, CHAT).status_code == 200
    first, second = there.exchanges
    assert (first.ended, second.ended) == (Ended.INTERRUPTED, Ended.CLOSED)
    assert "the recorder itself failed" in first.detail
    assert not {"fail", "warn", "info"} & {*there.outcomes(first.id).values()}
