"""The reference provider on a loopback port."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from conformance.capture.served import HOST, LocalServer, gone
from conformance.reference.answer import answer, broken
from conformance.reference.faults import Fault
from conformance.reference.memory import Memory
from conformance.reference.wire import Ask, Pace, Reply


class Reference:
    """The reference provider, or one fault of it, answering on `base_url` inside a `with` statement.

    Runs in a thread of its own. `port` 0 takes a free one. `requests` counts what came in. A fault that needs
    its own pace brings it, unless `pace` is given. `before` is how many requests it has answered already in
    an earlier life: the ids of its answers go on from there.
    """

    def __init__(
        self, fault: Fault | None = None, pace: Pace | None = None, port: int = 0, before: int = 0
    ) -> None:
        self.requests = 0
        self._before = before
        self._fault = fault
        self._pace = pace or (fault.pace if fault else None) or Pace()
        self._memory = Memory()
        self._left = False  # whether a client has gone before its answer was sent
        self._served = LocalServer(self._serve, "reference provider", port)

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:<port>/v1`."""
        return f"http://{HOST}:{self._served.port}/v1"

    def __enter__(self) -> Self:
        self._served.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._served.__exit__(kind, error, trace)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        serial = self._before + self.requests
        try:
            reply = self._reply(await self._read(scope, receive, serial))
        except ClientDisconnect:
            return
        except Exception:  # noqa: BLE001 - a fault's or our own mistake: the client gets the envelope all the same
            reply = broken(serial)
        leaving = asyncio.create_task(gone(receive))
        leaving.add_done_callback(self._note)
        try:
            await _send(reply, leaving, send)
        finally:
            leaving.cancel()

    def _note(self, leaving: "asyncio.Task[None]") -> None:
        self._left = self._left or not leaving.cancelled()

    async def _read(self, scope: Scope, receive: Receive, serial: int) -> Ask:
        request = Request(scope, receive)
        body = await request.body()
        return Ask(
            method=request.method,
            path=request.url.path,
            headers=dict(request.headers),
            body=body,
            serial=serial,
            memory=self._memory,
            again=self._memory.met(body),
        )

    def _reply(self, ask: Ask) -> Reply:
        reply = answer(ask, self._pace)
        if self._fault is None or (self._fault.once_left and not self._left):
            return reply
        return self._fault.edit(ask, reply)


async def _send(reply: Reply, leaving: "asyncio.Task[None]", send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    if reply.ending == "close" and len(reply.frames) == 1:
        headers.append((b"content-length", str(len(reply.frames[0].data)).encode()))
    start: Message = {"type": "http.response.start", "status": reply.status, "headers": headers}
    await send(start)
    for frame in reply.frames:
        if frame.pause:
            await asyncio.sleep(frame.pause)
        await send({"type": "http.response.body", "body": frame.data, "more_body": True})
    if reply.ending == "hold":
        await leaving
    leaving.cancel()  # once the body is complete, uvicorn says of every client that it has gone
    if reply.ending == "close":
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    # After "reset" nothing completes the body, so uvicorn drops the connection.
