"""pytest sessions in temporary folders, and the streams that they replay."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import home
from tests.plugin.streams import CLEAN


@dataclass(frozen=True)
class Ran:
    """What became of a session."""

    code: int
    text: str
    folder: Path

    def report(self) -> list[dict[str, Any]]:
        """The lines of its only report.jsonl."""
        (path,) = self.folder.glob("reports/*/*/*/report.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run pytest in an empty folder with some arguments, and variables in its environment.

    `fresh` is for tests of what is imported.
    """

    def start(*arguments: str | Path, fresh: bool = False, **variables: str) -> Ran:
        done = home.session(*arguments, cwd=tmp_path, fresh=fresh, variables={"COLUMNS": "160", **variables})
        return Ran(done.returncode, done.stdout + done.stderr, tmp_path)

    return start


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Path]:
    """Write a recording of a chat stream and return its path."""

    def write(body: str = CLEAN, name: str = "stream", provider: str = "acme", **keys: Any) -> Path:
        request = {"model": "m-1", "messages": [], "stream": True, **keys.pop("request", {})}
        value = {
            "provider": provider,
            "api": "chat",
            "model": "m-1",
            "request": request,
            "status": 200,
            "content_type": "text/event-stream",
            "body": body,
            **keys,
        }
        path = tmp_path / "stored" / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value))
        return path

    return write
