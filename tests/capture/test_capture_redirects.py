"""Redirects: recorded and judged as they are, wherever they lead, and never followed."""

from pathlib import Path

import pytest

from conformance.evidence import read_evidence
from conformance.exchange import Ended
from tests.capture.hostile import captured, whole


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("https://other.example/v1/chat/completions?a=b", "https://other.example/v1/chat/completions"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://[::1/", "[not kept]"),
        ("http://host:99999/", "http://host:99999/"),
        ("", ""),
    ],
)
def test_a_redirect_is_recorded_wherever_it_leads(location: str, kept: str, tmp_path: Path) -> None:
    """Status, headers and body are there, and the address is asked once."""
    script = whole("307 Temporary Redirect", b"moved", f"location: {location}", kind="text/plain")

    (exchange,), asked = captured(script, tmp_path)

    assert (exchange.status, exchange.ended, exchange.body) == (307, Ended.CLOSED, b"moved")
    assert exchange.header("location") == kept
    assert exchange.header("content-length") == "5"
    assert len(asked) == 1
    stored = read_evidence(tmp_path / "hostile" / "chat-text.jsonl")
    assert stored.headers == exchange.headers
