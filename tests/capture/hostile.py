"""Endpoints that misbehave, each connection answered by a script of raw bytes on a loopback port."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from conformance.capture.progress import Progress
from conformance.capture.run import Job, capture
from conformance.exchange import Exchange
from conformance.plan import plan
from conformance.providers import Deadlines, Limits, Provider

KEY = "sk-canary/7h3+Key=0f-n0b0dy"
PATIENT = Deadlines(connect=1000.0, first_byte=1000.0, silence=1000.0, stream=1000.0, run=1000.0)
"""Deadlines that nothing here meets on a busy machine; a test sets those short that it is about."""

PATIENCE = 600.0
"""Seconds after which what is waited for is taken never to come. No test measures how fast a machine is."""

FOREVER = 3600.0
"""Seconds; longer than any deadline."""

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in, header names in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Hostile:
    """Answers its connections with its scripts in order, the last one again and again."""

    scripts: Sequence[Script]
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for _ in range(5):
            await asyncio.sleep(0)  # a connection that was just accepted becomes a task
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:  # one whose client left may still have something to send
            writer.transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)  # each is closed in a step of its own

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.append(writer)
        task.add_done_callback(self._tasks.discard)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked.append(Asked(head[0], headers, body))
            script = self.scripts[min(len(self.asked), len(self.scripts)) - 1]
            await script(self.asked[-1], writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            writer.close()


def chunk(data: bytes) -> bytes:
    """A piece in HTTP's chunked coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(number: int) -> bytes:
    """A chat chunk as an event."""
    delta = {"index": 0, "delta": {"content": f"{number} "}, "finish_reason": None}
    return b"data: " + json.dumps({"id": "c", "choices": [delta]}).encode() + b"\n\n"


def says(*parts: bytes | float, reset: bool = False) -> Script:
    """A script that sends bytes and, for a number, waits so many seconds; `reset` ends it with a RST."""

    async def script(_: Asked, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            if isinstance(part, bytes):
                writer.write(part)
                await writer.drain()
            else:
                await asyncio.sleep(part)
        if reset:
            await asyncio.sleep(0.05)
            writer.transport.abort()

    return script


def whole(status: str, body: bytes = b"{}", *headers: str, kind: str = "application/json") -> Script:
    """A script that sends one complete answer."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}", *headers]
    return says("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def stream(*events: bytes) -> Script:
    """A script that streams some blocks and ends well."""
    return says(HEAD, *map(chunk, events), END)


GOOD = stream(event(1), event(2), b"data: [DONE]\n\n")


def endpoint(base_url: str, *, name: str = "hostile", **settings: Any) -> Provider:
    """A provider with a key and deadlines that it does not meet by chance."""
    settings = {"deadlines": PATIENT, "api_key_env": "HOSTILE_API_KEY", "model": "m", **settings}
    return Provider(name=name, base_url=base_url, **settings)


def job(provider: Provider, folder: Path, scenarios: Sequence[str] = ("chat-text",)) -> Job:
    """What is sent to a provider, with the key that nobody may see."""
    return Job(plan=plan(provider, scenarios=scenarios), key=KEY, evidence=folder / provider.name)


def captured(
    scripts: Sequence[Script] | Script,
    folder: Path,
    scenarios: Sequence[str] = ("chat-text",),
    progress: Progress | None = None,
    **settings: Any,
) -> tuple[list[Exchange], list[Asked]]:
    """The exchanges with a hostile endpoint in the order of the plan, and what it was asked."""
    with Hostile([scripts] if callable(scripts) else scripts) as server:
        provider = endpoint(server.base_url, **settings)
        exchanges = capture([job(provider, folder, scenarios)], progress=progress).exchanges
        return list(exchanges[provider.name]), list(server.asked)


LIMITS = Limits(bytes=200_000, events=300)
