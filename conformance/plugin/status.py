"""What pytest calls the outcome of an item: its words, and those that pytest does not have."""

from collections.abc import Mapping

import pytest

from conformance.catalogue import Outcome
from conformance.plugin.nodes import ASIDE, PROPERTY

__all__ = ["Status", "status"]

Status = tuple[str, str, tuple[str, dict[str, bool]]]
"""As the hook `pytest_report_teststatus` gives it: category, letter, and word with colour."""

# The outcomes that pytest has no word for. A pass is no letter: all is judged before the first item is shown,
# so a screen of dots would show no progress, and hide what differs.
_STATUS: Mapping[str, Status] = {
    Outcome.PASS.value: ("passed", "", ("PASSED", {"green": True})),
    "known": ("known", "k", ("KNOWN", {"yellow": True})),
    Outcome.FAIL.value: ("outside", "o", ("OUTSIDE", {"yellow": True})),  # of the profiles that are named
    Outcome.WARN.value: ("warned", "W", ("WARNED", {"yellow": True})),
    Outcome.INFO.value: ("noted", "i", ("NOTED", {"cyan": True})),
    Outcome.ERROR.value: ("error", "E", ("ERROR", {"red": True})),
}


def status(report: pytest.TestReport | pytest.CollectReport) -> Status | None:
    """The status of a report of the suite; None where pytest's own fits, and for all other tests."""
    if report.when != "call":
        return None
    properties = dict(report.user_properties)
    # A small letter: who counts the capitals has what the summary calls failed.
    if report.failed and (aside := properties.get(ASIDE)):
        return str(aside), "f", ("FAILED", {"red": True})
    told = properties.get(PROPERTY)
    # A warning that turns the run red is shown as a failure.
    return None if report.failed and told != Outcome.ERROR else _STATUS.get(str(told))
