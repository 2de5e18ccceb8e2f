"""The reference provider on a loopback port."""

import asyncio
import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive, Scope, Send

from conformance.reference.answer import answer, broken
from conformance.reference.faults import Fault
from conformance.reference.wire import Ask, Pace, Reply

HOST = "127.0.0.1"
START_SECONDS = 10.0


class Reference:
    """The reference provider, or one fault of it, answering on `base_url` inside a `with` statement.

    Runs in a thread of its own. `port` 0 takes a free one. `requests` counts what came in. A fault that needs
    its own pace brings it, unless `pace` is given.
    """

    def __init__(self, fault: Fault | None = None, pace: Pace | None = None, port: int = 0) -> None:
        self.requests = 0
        self._fault = fault
        self._pace = pace or (fault.pace if fault else None) or Pace()
        self._wanted = port
        self._left = False  # whether a client has gone before its answer was sent
        self._port: int | None = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:<port>/v1`."""
        if self._port is None:
            raise RuntimeError("The reference provider is not running: use it in a 'with' statement.")
        return f"http://{HOST}:{self._port}/v1"

    def __enter__(self) -> Self:
        listener = socket.create_server((HOST, self._wanted))
        self._port = listener.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                self._serve,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="reference-provider", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                listener.close()
                raise RuntimeError(f"The reference provider did not start on {HOST}:{self._port}.")
            time.sleep(0.001)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()
        self._port = None

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        serial = self.requests
        try:
            reply = self._reply(await _read(scope, receive, serial))
        except ClientDisconnect:
            return
        except Exception:  # noqa: BLE001 - a fault's or our own mistake: the client gets the envelope all the same
            reply = broken(serial)
        leaving = asyncio.create_task(_gone(receive))
        leaving.add_done_callback(self._note)
        try:
            await _send(reply, leaving, send)
        finally:
            leaving.cancel()

    def _note(self, leaving: "asyncio.Task[None]") -> None:
        self._left = self._left or not leaving.cancelled()

    def _reply(self, ask: Ask) -> Reply:
        reply = answer(ask, self._pace)
        if self._fault is None or (self._fault.once_left and not self._left):
            return reply
        return self._fault.edit(ask, reply)


class _Server(uvicorn.Server):
    """uvicorn that stops at once: what is still being answered is dropped."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Ask the thread of the server to end; returns at once."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._stopping.wait()
        for task in self.server_state.tasks:
            task.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # A client that reads no further keeps its connection open for what it has not read.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


async def _read(scope: Scope, receive: Receive, serial: int) -> Ask:
    request = Request(scope, receive)
    return Ask(
        method=request.method,
        path=request.url.path,
        headers=dict(request.headers),
        body=await request.body(),
        serial=serial,
    )


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


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
