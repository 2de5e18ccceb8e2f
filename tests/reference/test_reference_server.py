"""The reference provider on a port: real clients, faults of the connection, start and stop."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import httpx
import openai
import pytest

from conformance.reference import Pace
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.server import Reference
from tests.capture.hostile import FOREVER, PATIENCE

NO_PAUSE = Pace(first_pause=0.0, token_pause=0.0)
LONG = {
    "model": "reference",
    "messages": [{"role": "user", "content": "Count: numbers 1 to 200 with the code k7."}],
    "stream": True,
}


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    """One good server for the tests of this file."""
    with Reference(pace=NO_PAUSE) as running:
        yield running


@pytest.fixture
def client(reference: Reference) -> Iterator[openai.OpenAI]:
    """The official SDK, pointed at it."""
    with openai.OpenAI(base_url=reference.base_url, api_key="any", max_retries=0, timeout=PATIENCE) as sdk:
        yield sdk


def test_the_sdk_streams_chat(client: openai.OpenAI, lab: SimpleNamespace) -> None:
    """The raw loop of the official SDK gets the whole text and the usage."""
    stream = client.chat.completions.create(
        model="reference",
        messages=[{"role": "user", "content": lab.prompt}],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == lab.counted
    assert chunks[-1].usage is not None


@pytest.mark.parametrize("model", ["reference", "reference-reasoning"])
def test_the_sdk_helper_collects_chat(client: openai.OpenAI, lab: SimpleNamespace, model: str) -> None:
    """`.stream()` puts text and parallel calls together to the message that the twin has."""
    weather = "Call get_weather for Paris and Rome, code k7."
    for prompt, tools in ((lab.prompt, openai.omit), (weather, [lab.chat_tool])):
        with client.chat.completions.stream(
            model=model, messages=[{"role": "user", "content": prompt}], tools=tools
        ) as stream:
            final = stream.get_final_completion().choices[0]
        twin = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": prompt}], tools=tools
        ).choices[0]
        assert final.finish_reason == twin.finish_reason
        assert final.message.role == "assistant"
        assert final.message.content == twin.message.content
        calls = [
            [
                call.model_dump(include={"function": {"name", "arguments"}})
                for call in message.tool_calls or ()
            ]
            for message in (final.message, twin.message)
        ]
        assert len(calls[0]) == (2 if tools else 0)
        assert calls[0] == calls[1]


@pytest.mark.parametrize("model", ["reference", "reference-reasoning"])
def test_the_sdk_helper_collects_responses(client: openai.OpenAI, lab: SimpleNamespace, model: str) -> None:
    """`responses.stream()` gives the final response with text or calls."""
    with client.responses.stream(model=model, input=lab.prompt) as stream:
        assert stream.get_final_response().output_text == lab.counted
    with client.responses.stream(
        model=model, input="Call get_weather for Paris and Rome.", tools=[lab.responses_tool]
    ) as stream:
        output = stream.get_final_response().output
    calls = [item for item in output if item.type == "function_call"]
    assert [json.loads(call.arguments)["city"] for call in calls] == ["Paris", "Rome"]


def test_the_sdk_raises_on_refusals(client: openai.OpenAI, reference: Reference) -> None:
    """Unknown models, bad requests and bad keys are the SDK's own errors."""
    with pytest.raises(openai.NotFoundError, match="no model"):
        client.chat.completions.create(
            model="other", messages=[{"role": "user", "content": "x"}], stream=True
        )
    with pytest.raises(openai.BadRequestError, match="temperature"):
        client.responses.create(model="reference", input="x", temperature=9)
    with (
        openai.OpenAI(
            base_url=reference.base_url, api_key="sk-conformance-no-such-key", max_retries=0
        ) as stranger,
        pytest.raises(openai.AuthenticationError),
    ):
        stranger.models.list()
    assert "reference" in {model.id for model in client.models.list()}


def test_requests_are_counted_and_ids_differ(reference: Reference) -> None:
    """Each request counts once, and no two answers share an id."""
    before = reference.requests
    body = {"model": "reference", "messages": [{"role": "user", "content": "Hi"}]}
    with httpx.Client(base_url=reference.base_url) as http:
        ids = {http.post("/chat/completions", json=body).json()["id"] for _ in range(3)}
    assert reference.requests == before + 3
    assert len(ids) == 3


def test_frames_leave_one_by_one() -> None:
    """Each as long after the one before it as the pace says, and none waits for the next."""
    body = {"model": "reference", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    with Reference(pace=Pace(first_pause=0.1, token_pause=0.02)) as slow, httpx.Client() as http:
        started = time.monotonic()
        with http.stream("POST", f"{slow.base_url}/chat/completions", json=body) as response:
            arrivals = [time.monotonic() - started for _ in response.iter_raw()]
    assert arrivals[0] >= 0.1
    assert len(arrivals) >= 5
    assert arrivals[-1] >= 0.2
    with (
        Reference(pace=Pace(first_pause=0.0, token_pause=FOREVER)) as halting,
        httpx.stream("POST", f"{halting.base_url}/chat/completions", json=body, timeout=PATIENCE) as response,
    ):
        assert b"data: {" in next(response.iter_raw())


@contextmanager
def unhindered(server: Reference) -> Iterator[Reference]:
    """The server while it runs; fails if it cannot be stopped."""
    stopping = threading.Thread(target=server.__exit__, args=(None, None, None), daemon=True)
    try:
        yield server.__enter__()
    finally:
        stopping.start()
        stopping.join(PATIENCE)
    assert not stopping.is_alive()


def _stream(base_url: str, timeout: float = 2 * PATIENCE) -> bytes:
    body = {"model": "reference", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    with httpx.Client(timeout=timeout) as http:
        received = b""
        with http.stream("POST", f"{base_url}/chat/completions", json=body) as response:
            for piece in response.iter_raw():
                received += piece
        return received


def test_a_reset_drops_the_connection() -> None:
    """The client sees that the body is not complete."""
    with Reference(FAULTS["reset-in-the-middle"]) as broken, pytest.raises(httpx.RemoteProtocolError):
        _stream(broken.base_url)


def test_a_held_connection_stays_open_and_does_not_hinder_the_stop() -> None:
    """The client times out after the terminator; the server ends all the same."""
    with unhindered(Reference(FAULTS["connection-left-open"])) as held:
        with pytest.raises(httpx.ReadTimeout):
            _stream(held.base_url, timeout=1.0)
        hung = threading.Thread(target=_quietly, args=(held.base_url,))
        hung.start()
        while held.requests < 2:
            time.sleep(0.005)
    hung.join(timeout=PATIENCE)
    assert not hung.is_alive()


def _quietly(base_url: str) -> None:
    try:
        _stream(base_url)
    except httpx.HTTPError:
        return


def test_unfinished_requests_do_not_hinder_the_stop() -> None:
    """Neither a connection that says nothing nor one that stops within its body keeps the server up."""
    head = b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"
    with unhindered(Reference()) as running:
        address = ("127.0.0.1", httpx.URL(running.base_url).port or 0)
        silent, half = socket.create_connection(address), socket.create_connection(address)
        half.sendall(head)
        while running.requests < 1:
            time.sleep(0.005)
    silent.close()
    half.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    """The socket's own error comes at once, and no thread is left behind."""
    with Reference() as running:
        port = httpx.URL(running.base_url).port or 0
        with pytest.raises(OSError, match="in use"), Reference(port=port):
            pass


def test_a_client_that_leaves_does_not_hinder_the_next() -> None:
    """A connection that breaks off within its request is forgotten, and the server still answers."""
    head = b"POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"
    with Reference(pace=NO_PAUSE) as running:
        with socket.create_connection(("127.0.0.1", httpx.URL(running.base_url).port or 0)) as leaving:
            leaving.sendall(head)
        assert b"[DONE]" in _stream(running.base_url)
        while running.requests < 2:
            time.sleep(0.005)
        assert b"[DONE]" in _stream(running.base_url)


def test_its_port_is_free_again() -> None:
    """A fixed port can be taken twice in a row."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    for _ in range(2):
        with Reference(port=port) as running:
            assert running.base_url == f"http://127.0.0.1:{port}/v1"
            assert httpx.get(f"{running.base_url}/models").status_code == 200
    with pytest.raises(RuntimeError, match="not running"):
        _ = running.base_url


def test_a_failure_inside_is_answered_with_the_envelope() -> None:
    """A fault that itself fails is a 500 with OpenAI's envelope, and the server goes on."""

    def failing(*_: object) -> object:
        raise KeyError("a mistake")

    fault = Fault(id="failing", breaks=("none",), why="Fails.", edit=failing)  # type: ignore[arg-type]
    with Reference(fault) as running:
        for _ in range(2):
            response = httpx.get(f"{running.base_url}/models")
            assert response.status_code == 500
            assert response.json()["error"]["code"] == "server_error"


def _document(base_url: str) -> int:
    """The status of an answer that is no stream."""
    return httpx.post(f"{base_url}/chat/completions", json={**LONG, "stream": False}).status_code


def test_a_fault_of_leaving_shows_once_a_client_has_left() -> None:
    """Answers that are read to their end are no leaving, and neither is a refusal or a document."""
    with Reference(FAULTS["client-gone-server-gone"]) as running:
        for _ in range(3):
            assert b"[DONE]" in _stream(running.base_url)
            assert _document(running.base_url) == 200
            assert httpx.get(f"{running.base_url}/nothing").status_code == 404
        with httpx.stream("POST", f"{running.base_url}/chat/completions", json=LONG) as response:
            next(response.iter_raw())
        assert _document(running.base_url) == 500
        assert b"[DONE]" in _stream(running.base_url)


def test_a_fault_brings_its_pace_unless_one_is_given() -> None:
    """The pace that a fault shows at is taken, but the caller's word is last."""
    fault = FAULTS["buffered-until-the-end"]
    assert fault.pace is not None
    with Reference(fault) as paced:
        started = time.monotonic()
        _stream(paced.base_url)
        assert time.monotonic() - started >= fault.pace.first_pause
    with Reference(replace(fault, pace=Pace(first_pause=FOREVER)), NO_PAUSE) as hurried:
        assert b"[DONE]" in _stream(hurried.base_url)
