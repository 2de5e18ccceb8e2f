"""A recorder in front of something, for tests: what it said, what it stored, and what it reports."""

import json
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition
from typing import Any

import httpx
import pytest

from conformance.evidence import load
from conformance.exchange import Exchange
from conformance.providers import Limits
from conformance.record.recording import Recording
from conformance.run.options import endpoint
from conformance.run.origin import Settings
from conformance.run.result import Result
from tests.capture.hostile import PATIENCE

KEY = "sk-canary/7h3+Key=0f-n0b0dy"
QUESTION = {"role": "user", "content": "Write the numbers 1 to 12, each with the code x7."}
CHAT_PATH, RESPONSES_PATH = "/chat/completions", "/responses"
CHAT: dict[str, Any] = {
    "model": "reference",
    "messages": [QUESTION],
    "stream": True,
    "stream_options": {"include_usage": True},
}
RESPONSES: dict[str, Any] = {"model": "reference", "input": QUESTION["content"], "stream": True}


@dataclass
class Front:
    """A recorder in front of an upstream. `results` is filled when it has stopped."""

    folder: Path
    recording: Recording = field(init=False)
    lines: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    said: Condition = field(default_factory=Condition)

    def tell(self, line: str) -> None:
        """Takes a line of the recorder."""
        with self.said:
            self.lines.append(line)
            self.said.notify_all()

    def wait(self, exchanges: int = 1) -> None:
        """Waits until so many exchanges are told."""
        with self.said:
            assert self.said.wait_for(lambda: len(self.lines) >= exchanges, PATIENCE)

    @property
    def base_url(self) -> str:
        """What a client is told."""
        return self.recording.base_url

    @property
    def exchanges(self) -> list[Exchange]:
        """What the evidence holds, by id."""
        found, unreadable = load(sorted(self.folder.rglob("evidence")))
        assert not unreadable
        return sorted(found, key=lambda one: one.id.rpartition("-")[2])

    def outcomes(self, exchange: str) -> dict[str, str]:
        """The outcome of each requirement on an exchange, as the report has it."""
        rulings = [ruling for result in self.results for ruling in result.gate.rulings]
        return {
            ruling.verdict.requirement: ruling.verdict.outcome.value
            for ruling in rulings
            if ruling.verdict.subject == exchange
        }

    def written(self) -> bytes:
        """Every byte that was written, names of files among them, and every line that was said."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        said = "\n".join([*map(str, files), *self.lines]).encode()
        return b"\n".join([said, *(path.read_bytes() for path in files)])


@contextmanager
def front(
    upstream: str,
    folder: Path,
    *,
    limits: Limits | None = None,
    drop_requests: bool = False,
    pages: bool = False,
) -> Iterator[Front]:
    """A recorder that listens; it stops, judges and reports at the end, with pages if they are read."""
    settings = Settings(report_dir=folder, started=datetime.now(UTC), command="conformance record")
    provider = endpoint(upstream, model="", configuration="the test")
    provider = replace(provider, limits=limits or provider.limits)
    there = Front(folder)
    there.recording = Recording(provider, settings, there.tell, drop_requests=drop_requests)
    with there.recording:
        yield there
    with pytest.MonkeyPatch.context() as patch:
        if not pages:
            patch.setattr(Result, "write", lambda *_: None)
        there.results += there.recording.results()


NO_TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Loading certificates takes longer than all that a test does over plain http."""


def plain() -> httpx.Client:
    """A client for plain http."""
    return httpx.Client(trust_env=False, timeout=PATIENCE, verify=NO_TRUST)


def post(base_url: str, path: str, body: Any, headers: Sequence[tuple[str, str]] = ()) -> httpx.Response:
    """The answer to a POST, read to its end, with the bytes of its body as they came."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = [("content-type", "application/json"), ("authorization", f"Bearer {KEY}"), *headers]
    with plain() as client:
        request = httpx.Request("POST", base_url + path, content=content, headers=sent)
        response = client.send(request, stream=True)
        response.extensions["raw"] = b"".join(response.iter_raw())
        return response


def raw(port: int, request: bytes) -> bytes:
    """All that comes back for the bytes of a request, to the end of the connection."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        found = b""
        while data := connection.recv(65536):
            found += data
        return found
