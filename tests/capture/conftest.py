"""Makes the waits between attempts short, and gives tests patience for any machine."""

from collections.abc import Iterator

import pytest

from conformance.capture import attempts, recorder
from tests.capture.hostile import PATIENCE


@pytest.fixture(scope="module", autouse=True)
def _patient() -> Iterator[None]:
    """A body that ends after its terminator has ended at once, however busy the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "_CLOSE", PATIENCE)
        yield


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "_RECONNECT", 0.02)
    monkeypatch.setattr(attempts, "_REPEAT", 0.05)
