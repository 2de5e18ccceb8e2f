"""The examples of docs/api.md, run as they stand."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.reference.server import Reference
from tests.plugin.conftest import Ran

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BLOCK = re.compile(r"^```python ?(?P<file>\S*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
ENDPOINT = "http://127.0.0.1:8000/v1"

Run = Callable[..., Ran]


def blocks() -> list[tuple[str, str]]:
    """Each example with the name of its file, empty where it is no file."""
    return [(found["file"], found["code"]) for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other in one program, with the reference provider as the endpoint."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    examples = [code for file, code in blocks() if not file]
    assert len(examples) >= 5
    with Reference() as reference:
        for code in examples:
            exec(compile(code.replace(ENDPOINT, reference.base_url), str(PAGE), "exec"), names)  # noqa: S102


def test_the_example_of_a_gateway_fails_as_the_page_says(run: Run, tmp_path: Path) -> None:
    """The fixture names the rule, the place in the bytes, and who suffers."""
    ((file, code),) = [block for block in blocks() if block[0]]
    (tmp_path / file).write_text(code)
    ran = run(file)
    assert ran.code == 1, ran.text
    for part in (
        "gateway-80 breaks role-first (MUST, chat) in stream",
        "where       event 1, choices.*.delta.role, bytes 0\N{EN DASH}",
        "who suffers openai-node raises 'missing role for choice 0'",
    ):
        assert part in ran.text
    assert "usage-unasked" not in ran.text
