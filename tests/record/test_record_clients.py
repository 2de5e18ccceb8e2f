"""The official SDK in front of the recorder: what it gets, and what becomes of its going away."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from conformance.exchange import Ended
from conformance.gate import ExitCode
from conformance.record import proxy
from conformance.reference.server import Reference
from conformance.reference.wire import Pace
from tests.capture.hostile import END, FOREVER, HEAD, PATIENCE, Asked, Hostile, chunk, event, says
from tests.record.front import CHAT, CHAT_PATH, KEY, NO_TRUST, QUESTION, RESPONSES, front, plain, post


def sdk(base_url: str) -> openai.OpenAI:
    """A client that tries once."""
    return openai.OpenAI(base_url=base_url, api_key=KEY, max_retries=0, timeout=PATIENCE)


def everything(client: openai.OpenAI) -> list[Any]:
    """All that the SDK makes of one answer of each kind."""
    found: list[Any] = []
    with client.chat.completions.create(**CHAT) as chunks:
        found += [one.model_dump() for one in chunks]
    found.append(client.chat.completions.create(model="reference", messages=[QUESTION]).model_dump())  # type: ignore[list-item]
    with client.responses.create(**RESPONSES) as events:
        found += [one.model_dump() for one in events]
    found.append(client.responses.create(model="reference", input="Hello").model_dump())
    found.append([model.id for model in client.models.list()])
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="nobody", messages=[QUESTION])  # type: ignore[list-item]
    return [*found, refused.value.body]


def test_the_sdk_gets_what_it_gets_without_a_recorder(tmp_path: Path) -> None:
    """Chat and Responses, streams and documents, the list of models and a refusal; and all keep the rules."""
    with Reference() as server, sdk(server.base_url) as client:
        directly = everything(client)
    with (
        Reference() as server,
        front(server.base_url, tmp_path, pages=True) as there,
        sdk(there.base_url) as client,
    ):
        assert everything(client) == directly
    assert [exchange.ended for exchange in there.exchanges] == [Ended.CLOSED] * 5
    assert there.recording.passed_on == 1
    codes = {result.report.header.model: result.exit_code for result in there.results}
    # Of a model of which nothing but a refusal came nobody can say that it conforms.
    assert codes == {"reference": ExitCode.CONFORMS, "nobody": ExitCode.ERROR}
    assert len(there.lines) == 5
    assert there.lines[0].startswith("chat-0001  chat  reference  200  ")
    assert there.lines[0].endswith("  pass")
    assert KEY.encode() not in there.written()


def test_a_line_tells_the_first_broken_requirement_with_what_was_observed(tmp_path: Path) -> None:
    """While the application runs."""
    broken = says(HEAD, chunk(event(1)), END)
    with Hostile([broken]) as server, front(server.base_url, tmp_path) as there:
        post(there.base_url, CHAT_PATH, CHAT)
    (line,) = there.lines
    assert line.startswith("chat-0001  chat  reference  200  1 event  fail MUST ")
    assert " more: " in line
    assert there.results[0].exit_code is ExitCode.VIOLATION


def test_two_clients_at_once_are_recorded_each_for_itself(tmp_path: Path) -> None:
    """Each with the other one beside it; neither waits for the other."""
    arrived = threading.Barrier(2)

    async def together(_: Asked, writer: asyncio.StreamWriter) -> None:
        # Neither is answered before both have asked.
        await asyncio.to_thread(arrived.wait, PATIENCE)
        await says(HEAD, chunk(event(1)), chunk(b"data: [DONE]\n\n"), END)(_, writer)

    async def ask(base_url: str) -> list[str]:
        async def texts(client: openai.AsyncOpenAI) -> AsyncIterator[str]:
            async for one in await client.chat.completions.create(**CHAT):
                yield one.choices[0].delta.content

        async with openai.AsyncOpenAI(
            base_url=base_url, api_key=KEY, max_retries=0, timeout=PATIENCE
        ) as client:

            async def one() -> str:
                return "".join([text async for text in texts(client)])

            return list(await asyncio.gather(one(), one()))

    with Hostile([together]) as server, front(server.base_url, tmp_path) as there:
        assert asyncio.run(ask(there.base_url)) == ["1 ", "1 "]
    assert [exchange.beside for exchange in there.exchanges] == [1, 1]
    assert {exchange.body for exchange in there.exchanges} == {event(1) + b"data: [DONE]\n\n"}
    assert len(there.lines) == 2


class Seen:
    """Whether an endpoint saw its client go."""

    def __init__(self) -> None:
        self.gone = threading.Event()

    def script(self, *parts: bytes) -> Any:
        """Sends what is given, and then until nobody hears it."""

        async def run(_: Asked, writer: asyncio.StreamWriter) -> None:
            try:
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                while not writer.is_closing():
                    writer.write(chunk(b": still here\n\n")) if parts else None
                    await writer.drain()
                    await asyncio.sleep(0.001)
            finally:
                self.gone.set()

        return run


def test_a_client_that_goes_ends_the_request_and_what_came_is_judged(tmp_path: Path) -> None:
    """As left on purpose: nothing is said of the end."""
    seen = Seen()
    with (
        Hostile([seen.script(HEAD, chunk(event(1)), chunk(event(2)))]) as server,
        front(server.base_url, tmp_path) as there,
        sdk(there.base_url) as client,
    ):
        with client.chat.completions.create(**CHAT) as chunks:
            assert next(chunks).choices[0].delta.content == "1 "
        client.close()
        assert seen.gone.wait(PATIENCE)
        there.wait()
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.LEFT
    assert exchange.detail.startswith("the client closed its connection after event ")
    assert exchange.body.startswith(event(1))
    outcomes = there.outcomes(exchange.id)
    assert outcomes["event-json"] == "pass"
    assert outcomes["done-present"] == outcomes["body-complete"] == "not_testable"


def left_before_its_end(base_url: str) -> None:
    """Asks, and goes when the head has come."""
    with (
        plain() as client,
        client.stream("POST", base_url + CHAT_PATH, json={**CHAT, "stream": False}) as response,
    ):
        assert response.status_code == 200


def test_half_a_document_says_nothing(tmp_path: Path) -> None:
    """Its client went, which is nobody's fault."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"
    with Hostile([says(head, FOREVER)]) as server, front(server.base_url, tmp_path) as there:
        left_before_its_end(there.base_url)
        there.wait()
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.LEFT
    assert {*there.outcomes(exchange.id).values()} <= {"not_testable", "not_applicable", "pass"}
    assert there.results[0].exit_code is ExitCode.CONFORMS


def test_a_client_that_goes_before_the_answer_is_no_error(tmp_path: Path) -> None:
    """It was tired of waiting; nothing came that could be judged."""
    asked = threading.Event()

    async def silent(_: Asked, __: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(FOREVER)

    async def go(base_url: str) -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=None, verify=NO_TRUST) as client:  # noqa: S113 - it is cancelled
            asking = asyncio.create_task(client.post(base_url + CHAT_PATH, json=CHAT))
            await asyncio.to_thread(asked.wait, PATIENCE)
            asking.cancel()
            await asyncio.wait({asking})

    with Hostile([silent]) as server, front(server.base_url, tmp_path) as there:
        asyncio.run(go(there.base_url))
        there.wait()
    (exchange,) = there.exchanges
    assert (exchange.ended, exchange.status) == (Ended.LEFT, None)
    assert exchange.attempts[0].error == "the client closed its connection before the answer"
    assert "error" not in there.outcomes(exchange.id).values()
    assert "not testable: the client closed its connection before the answer" in there.lines[0]


def test_a_client_that_goes_at_the_terminator_has_heard_the_whole(tmp_path: Path) -> None:
    """As SDKs do; the rest of the body is still read."""
    gone = threading.Event()

    async def late(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(event(1)) + chunk(b"data: [DONE]\n\n"))
        await writer.drain()
        await asyncio.to_thread(gone.wait, PATIENCE)
        writer.write(END)

    waited = proxy._nearly

    async def seen(*about: Any) -> None:  # only when the recorder has seen it go, the endpoint goes on
        gone.set()
        await waited(*about)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("conformance.record.tape.CLOSE", PATIENCE)
        patch.setattr(proxy, "_nearly", seen)
        with Hostile([late]) as server, front(server.base_url, tmp_path) as there:
            with (
                plain() as client,
                client.stream("POST", there.base_url + CHAT_PATH, json=CHAT) as response,
            ):
                body = b""
                for data in response.iter_raw():
                    body += data
                    if b"[DONE]" in body:
                        break
            there.wait()
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.CLOSED


def test_what_is_open_when_the_recorder_stops_is_cut_and_never_green(tmp_path: Path) -> None:
    """The report says that it is incomplete."""
    with (
        Hostile([says(HEAD, chunk(event(1)), FOREVER)]) as server,
        plain() as client,
        ExitStack() as opened,
    ):
        with front(server.base_url, tmp_path) as there:
            asked = client.stream("POST", there.base_url + CHAT_PATH, json=CHAT)
            pieces = opened.enter_context(asked).iter_raw()
            assert next(pieces) == event(1)
        with pytest.raises(httpx.RemoteProtocolError):
            next(pieces)
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.INTERRUPTED
    assert exchange.detail == "the recorder was stopped after event 1"
    (result,) = there.results
    assert "error" in there.outcomes(exchange.id).values()
    assert result.report.footer.incomplete == "1 recording cut off before the end"


def test_a_slow_answer_passes_event_by_event(tmp_path: Path) -> None:
    """The first event reaches the client while the endpoint waits for it to say so."""
    heard = threading.Event()

    async def waits(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + chunk(event(1)))
        await writer.drain()
        assert await asyncio.to_thread(heard.wait, PATIENCE)
        writer.write(chunk(b"data: [DONE]\n\n") + END)

    with (
        Hostile([waits]) as server,
        front(server.base_url, tmp_path) as there,
        sdk(there.base_url) as client,
        client.chat.completions.create(**CHAT) as chunks,
    ):
        for _ in chunks:
            heard.set()
    (exchange,) = there.exchanges
    assert exchange.ended is Ended.CLOSED
    assert len(exchange.pieces) == 2


def test_the_pace_of_the_reference_is_kept(tmp_path: Path) -> None:
    """A piece for each event, each with a time of its own, in order."""
    with Reference(pace=Pace(token_pause=0.003)) as server, front(server.base_url, tmp_path) as there:
        post(there.base_url, CHAT_PATH, CHAT)
    (exchange,) = there.exchanges
    times = [piece.at for piece in exchange.pieces]
    assert len(times) > 1
    assert None not in times
    assert times == sorted(times, key=lambda at: at or 0.0)
