"""Shortens the waits between attempts for tests."""

import pytest

from conformance.capture import attempts


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_RECONNECT", 0.02)
    monkeypatch.setattr(attempts, "_REPEAT", 0.05)
