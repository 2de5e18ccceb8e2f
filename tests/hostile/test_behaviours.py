"""Every hostile or failing endpoint is told as what it is, in time, and learns and leaks nothing."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from conformance.evidence import load
from conformance.gate import ExitCode
from conformance.judge import judge
from conformance.report.terminal import verdict_lines
from conformance.run.result import Result
from tests.capture.hostile import Hostile
from tests.home import ROOT
from tests.hostile.asking import CANARIES, asked, hasty
from tests.hostile.behaviours import BEHAVIOURS, Behaviour
from tools.costs import told

FRAMING = ("http-framing", "content-length-chunked")
_COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE)


@pytest.fixture(autouse=True)
def _hasty() -> Iterator[None]:
    with hasty():
        yield


def against(behaviour: Behaviour, folder: Path) -> Result:
    """A whole run against an endpoint that behaves so."""
    with Hostile([behaviour.script]) as server:
        return asked(server.base_url, behaviour, folder)


def spellings(secret: str) -> Iterator[str]:
    """A secret as an endpoint may echo it."""
    yield secret
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")[:-2]


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_every_behaviour_has_its_outcome(behaviour: Behaviour, tmp_path: Path) -> None:
    """How the exchange ended, the exit code, and a whole report; deadlines that are not short end nothing."""
    result = against(behaviour, tmp_path)

    (exchange,) = result.exchanges
    assert (exchange.ended, exchange.status) == (behaviour.ended, behaviour.status), exchange.detail
    assert behaviour.words in exchange.detail
    assert result.exit_code is behaviour.code, result.sentence
    framed = [item for item in result.verdicts if item.requirement in FRAMING and item.violations]
    assert [item.requirement for item in framed] == [*filter(None, [behaviour.breaks])]
    internal = [item.reason for item in result.verdicts if "check itself failed" in item.reason]
    assert not internal
    assert result.run.folder is not None
    stored, unreadable = load([result.run.folder])
    assert not unreadable
    # The run is stored whole, with its plan, so rules on a run say the same of it.
    assert judge(stored) == judge([exchange])
    told = "\n".join(line for line, _ in verdict_lines(result.report, result.summary, ()))
    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert not [secret for secret in CANARIES for text in spellings(secret) if text in told + written]
    assert not _COMMAND.search(told)
    assert "\x1b" not in told + written


def test_there_are_enough_behaviours_of_each_kind() -> None:
    """No outcome stands for all of them."""
    own = [item for name, item in BEHAVIOURS.items() if not name.startswith("shape: ")]
    assert len(own) >= 80
    assert {item.code for item in own} == {ExitCode.VIOLATION, ExitCode.ERROR, ExitCode.USAGE}
    assert len({item.ended for item in own}) >= 7


def test_the_page_of_costs_has_a_row_for_each_behaviour() -> None:
    """With the outcome that it must have; `python -m tools.costs` measures the figures anew."""
    page = (ROOT / "docs" / "hostile.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")][1:]
    found = [tuple(cell.strip("| ") for cell in row[:3]) for row in rows]
    assert found == [told(name, behaviour) for name, behaviour in BEHAVIOURS.items()]
