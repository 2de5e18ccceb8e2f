"""One browser for the tests of a file."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, axe_source, browser, chromium


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chromium]:
    """A Chromium that is under way; the tests are skipped where there is none."""
    if not chromium():
        pytest.skip("no Chromium here")
    with browser() as found:
        yield found


@pytest.fixture
def axe() -> None:
    """Skips the test where axe-core is not installed."""
    if not axe_source():
        pytest.skip("axe-core is not here: pip install --no-deps axe-playwright-python, or `make browser`")
