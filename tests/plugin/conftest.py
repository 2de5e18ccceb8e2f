"""Sessions of pytest in folders of their own, and the streams that they replay."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.streams import CLEAN

# In an environment where the package is not installed, its plugin is named by hand.
_INSTALLED = bool(entry_points(group="pytest11", name="conformance"))
_LOADED = () if _INSTALLED else ("-p", "conformance.plugin")
_ROOT = Path(__file__).parents[2]


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
    """Run pytest in an empty folder with some arguments."""

    def start(*arguments: str | Path, plugin: bool = True) -> Ran:
        command = [sys.executable, "-m", "pytest", *(_LOADED if plugin else ()), *map(str, arguments)]
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))
        }
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(_ROOT), "COLUMNS": "160"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
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
