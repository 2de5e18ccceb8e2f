"""How much later an event comes through `conformance record` than from its endpoint. Measured, never gated.

`python -m tools.delay` asks a loopback endpoint that writes into each event when it sent it, directly and
through a recorder in turn, so that a busy machine slows both alike, and prints the medians: of the time from
sending an event to receiving it, and of the time to the first one. The recorder runs in a process of its own.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from starlette.types import Receive, Scope, Send

from conformance.capture.served import HOST, LocalServer

ROUNDS = 20
EVENTS = 200
KEY = "sk-a-key-of-the-usual-length-0123456789abcdefghijklmnopqrst"  # no endpoint's
PAUSE = 0.005  # seconds between two events


async def endpoint(_: Scope, receive: Receive, send: Send) -> None:
    """A chat stream whose events say when they were sent."""
    while (await receive()).get("more_body"):
        pass
    head = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    for _number in range(EVENTS):
        await asyncio.sleep(PAUSE)
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "m",
            "choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}],
            "sent": time.monotonic(),
        }
        data = f"data: {json.dumps(chunk)}\n\n".encode()
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False})


def heard(base_url: str) -> tuple[list[float], float]:
    """Milliseconds from sending to receiving each event, and from the request to the first of them."""
    asked = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "words"}]}
    late, first = [], 0.0
    with httpx.Client(trust_env=False, timeout=60, verify=False) as client:  # noqa: S501 - plain http
        began = time.monotonic()
        sent = {"authorization": f"Bearer {KEY}"}
        with client.stream("POST", f"{base_url}/chat/completions", json=asked, headers=sent) as response:
            for line in response.iter_lines():
                now = time.monotonic()
                if '"sent"' in line:
                    first = first or (now - began) * 1000
                    late.append((now - json.loads(line[6:])["sent"]) * 1000)
    return late, first


@contextmanager
def recorder(upstream: str) -> Iterator[str]:
    """The base URL of a recorder in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "conformance",
            "record",
            "--upstream",
            upstream,
            "--report-dir",
            folder,
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
        assert process.stdout is not None  # noqa: S101 - of Popen
        told = next(line for line in process.stdout if "OPENAI_BASE_URL=" in line)
        try:
            yield told.split()[0].partition("=")[2]
        finally:
            process.terminate()
            process.communicate()


def main() -> int:
    """Measure and print."""
    with LocalServer(endpoint, "endpoint") as server:
        directly = f"http://{HOST}:{server.port}/v1"
        with recorder(directly) as through:
            rounds = [(heard(directly), heard(through)) for _ in range(ROUNDS)]
    every = [[ms for kind in rounds for ms in kind[way][0]] for way in (0, 1)]
    events = list(map(statistics.median, every))
    slowest = [statistics.quantiles(each, n=100)[98] for each in every]
    firsts = [statistics.median(kind[way][1] for kind in rounds) for way in (0, 1)]
    figures = {"event": events, "event, 99th of 100": slowest, "first event": firsts}
    for name, (one, other) in figures.items():
        sys.stdout.write(
            f"{name}: {one:.2f} ms directly, {other:.2f} ms through the recorder, "
            f"{other - one:+.2f} ms, ratio {other / one:.2f}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
