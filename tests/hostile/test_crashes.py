"""The suite itself fails, at each stage of the road: no secret comes out, and what was captured stays."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from conformance.evidence import load
from conformance.plugin.faults import shown_fault
from tests import home
from tests.capture.hostile import KEY, Asked, Hostile
from tests.hostile.weather import Weather

HEADER = "canary-of-a-header/42"
PASSWORD = "canary-of-a-password/43"  # noqa: S105 - nobody's
CANARIES = (KEY, HEADER, PASSWORD)
ENTRY = """[acme]
base_url = "http://127.0.0.1/v1"
api_key_env = "ACME_API_KEY"
model = "reference"
headers = {{ x-tenant = "{header}" }}
"""
# A function of each stage, and the exit code of a run in which it fails. Where one exchange could not be
# recorded, or one check failed, the others are judged.
STAGES = {
    "conformance.run.selection:plan": 3,
    "conformance.capture.asking:Asking._scout": 6,
    "conformance.capture.endpoint:Endpoint.request": 3,
    "conformance.capture.recorder:Recorder._exchange": 6,
    "conformance.capture.body:Watch.take": 6,
    "conformance.evidence.writer:EvidenceWriter.attempt": 6,
    "conformance.evidence.writer:EvidenceWriter.piece": 6,
    "conformance.evidence.writer:EvidenceWriter.end": 6,
    "conformance.capture.recorder:read_evidence": 6,
    "conformance.run.judgement:read": 3,
    "conformance.run.judgement:lightened": 3,
    "conformance.judge:Judging.see": 3,
    "conformance.judge:Judging.end": 3,
    "conformance.run.result:decide": 3,
    "conformance.run.result:build": 3,
    "conformance.run.result:write_report": 3,
    "conformance.report.page:render": 3,
    "conformance.plugin.closing:verdict_lines": 3,
}


FAIR = Weather(0, 0.0)


async def _good(asked: Asked, writer: asyncio.StreamWriter) -> None:
    # A password in the address takes the place of the key.
    keyed = Asked(asked.line, {**asked.headers, "authorization": "Bearer of-a-key-that-is-good"}, asked.body)
    await FAIR(keyed, writer)


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    """It answers as the reference does."""
    with Hostile([_good]) as running:
        yield running


def spellings(secret: str) -> Iterator[str]:
    """A secret as it may come out."""
    yield secret
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")[:-2]


@pytest.mark.parametrize("stage", STAGES)
def test_a_crash_tells_no_secret_and_loses_nothing(stage: str, server: Hostile, tmp_path: Path) -> None:
    """Even where pytest is told to show the variables of every frame."""
    address = server.base_url.replace("//", f"//me:{quote(PASSWORD, safe='')}@")
    (tmp_path / "providers.toml").write_text(ENTRY.format(header=HEADER))
    done = home.session(
        *("-p", "tests.hostile.crashing", "--provider", "acme", "--scenarios", "chat-text,chat-n"),
        *("--showlocals", "--full-trace", "-vv"),
        cwd=tmp_path,
        variables={"CRASH": stage, "ACME_API_KEY": KEY, "ACME_BASE_URL": address, "COLUMNS": "200"},
    )

    (tmp_path / "providers.toml").unlink()
    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    told = done.stdout + done.stderr
    assert [secret for secret in CANARIES for text in spellings(secret) if text in told + written] == []
    assert done.returncode == STAGES[stage], told
    assert "a forced crash in" in told
    if list(tmp_path.glob("reports/acme/*/*/evidence/*.jsonl")) and STAGES[stage] == 3:
        assert len(load([tmp_path / "reports"])[0]) == 2


def test_the_text_of_an_exception_is_redacted() -> None:
    """An error of a library may quote an address or a header."""
    error = ValueError(f"cannot use {PASSWORD}")
    error.__cause__ = OSError(f"for {KEY}")
    text = shown_fault(error, CANARIES)

    assert "ValueError: cannot use [redacted]" in text
    assert "OSError: for [redacted]" in text
