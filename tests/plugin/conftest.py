"""pytest sessions in temporary folders, and the streams that they replay."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import home
from tests.plugin.streams import CLEAN, NO_DONE


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


def ran(folder: Path, *arguments: str | Path, fresh: bool = False, **variables: str) -> Ran:
    """Run pytest in a folder with some arguments, and variables in its environment.

    `fresh` is for tests of what is imported.
    """
    done = home.session(*arguments, cwd=folder, fresh=fresh, variables={"COLUMNS": "160", **variables})
    return Ran(done.returncode, done.stdout + done.stderr, folder)


def recorded(
    folder: Path, body: str = CLEAN, name: str = "stream", provider: str = "acme", **keys: Any
) -> Path:
    """Write a recording of a chat stream and return its path."""
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
    path = folder / "stored" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value))
    return path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run pytest in an empty folder."""
    return partial(ran, tmp_path)


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Path]:
    """Write a recording there."""
    return partial(recorded, tmp_path)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A session that replayed a clean stream; only to look at."""
    folder = tmp_path_factory.mktemp("clean")
    return ran(folder, "--replay", recorded(folder))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A session that replayed a stream without [DONE]; only to look at."""
    folder = tmp_path_factory.mktemp("broken")
    return ran(folder, "--replay", recorded(folder, NO_DONE))
