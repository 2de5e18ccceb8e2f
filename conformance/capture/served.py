"""An ASGI application on a loopback port: the reference provider, and the recorder of applications."""

import asyncio
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp, Receive
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES

__all__ = ["HOST", "LocalServer", "gone"]

HOST = "127.0.0.1"
START_SECONDS = 10.0
_GRACE = 1.0  # seconds in which what is being answered may end
_STEP = 0.001
_IDLE = 120  # seconds that a client may keep a connection without a request: longer than SDKs do

# The server has a phrase for each status of the standard, and fails without one; endpoints send others, too.
STATUS_PHRASES.update(dict.fromkeys(range(600, 1000), b""))


class LocalServer:
    """An application that answers on this machine alone inside a `with` statement, in a thread of its own.

    Leaving the statement cancels what is still being answered.
    """

    def __init__(self, application: ASGIApp, name: str, wanted: int = 0, *, dated: bool = True) -> None:
        """`name` is that of the thread, `wanted` the port, 0 for a free one.

        If `dated`, answers get a header with the date.
        """
        self._application = application
        self._name = name
        self._wanted = wanted
        self._dated = dated
        self._port: int | None = None

    @property
    def port(self) -> int:
        """The port. Raises RuntimeError outside of the `with` statement."""
        if self._port is None:
            raise RuntimeError(f"The {self._name} is not running: use it in a 'with' statement.")
        return self._port

    def __enter__(self) -> Self:
        listener = socket.create_server((HOST, self._wanted))
        self._port = listener.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                self._application,
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                date_header=self._dated,
                proxy_headers=False,
                timeout_keep_alive=_IDLE,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name=self._name, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                listener.close()
                raise RuntimeError(f"The {self._name} did not start on {HOST}:{self._port}.")
            time.sleep(0.001)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._thread.join()
        self._port = None


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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's
        # As uvicorn does it, but for its pauses of a tenth of a second.
        for server in self.servers:
            server.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                while state.tasks or state.connections:  # noqa: ASYNC110 - plain sets of uvicorn's
                    await asyncio.sleep(_STEP)
        for task in state.tasks:
            task.cancel()
        # A client that reads no further keeps its connection open for what it has not read.
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


async def gone(receive: Receive) -> None:
    """Returns when the client has gone, or its answer is complete."""
    while (await receive())["type"] != "http.disconnect":
        pass
