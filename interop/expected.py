"""What the suite is known to say of a server, and how a run differs from that. Pure."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from conformance.catalogue import Outcome, Verdict
from conformance.text import clipped
from conformance.toml_errors import NotTomlError, UnknownTableKeyError

__all__ = ["Expected", "differences", "expectations"]

_COMPARED = (Outcome.FAIL, Outcome.WARN, Outcome.INFO, Outcome.NOT_TESTABLE)
_SOMETIMES = "sometimes"
_EXPLAINED = "explained"
_LONGEST = 200  # characters of what was observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is known of one provider.

    `reasons` maps an outcome to requirement ids, or patterns of them such as `tool-*`, with the reason.
    `sometimes` are those that a race decides, whatever their outcome. `explained` tells what is known of
    the server and why no requirement names it.
    """

    provider: str
    reasons: Mapping[Outcome, Mapping[str, str]] = field(default_factory=dict)
    sometimes: Mapping[str, str] = field(default_factory=dict)
    explained: tuple[str, ...] = ()

    def lists(self, outcome: Outcome, requirement: str) -> bool:
        """Whether a requirement may have this outcome."""
        patterns = {**self.reasons.get(outcome, {}), **self.sometimes}
        return any(fnmatchcase(requirement, pattern) for pattern in patterns)


def expectations(text: str) -> dict[str, Expected]:
    """Read `expected.toml`: a table for each provider. Raises NotTomlError and UnknownTableKeyError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotTomlError("expected.toml", str(error)) from None
    return {name: _expected(name, table) for name, table in document.items()}


def _expected(provider: str, table: Any) -> Expected:
    known = (*(outcome.value for outcome in _COMPARED), _SOMETIMES, _EXPLAINED)
    for key in table if isinstance(table, dict) else ():
        if key not in known:
            raise UnknownTableKeyError(f"expected.toml, table [{provider}]", key, known)
    return Expected(
        provider=provider,
        reasons={outcome: table[outcome.value] for outcome in _COMPARED if outcome.value in table},
        sometimes=table.get(_SOMETIMES, {}),
        explained=tuple(table.get(_EXPLAINED, ())),
    )


def differences(expected: Expected, verdicts: Iterable[Verdict]) -> list[str]:
    """A sentence for each deviation that is not listed, for each listed one that is gone, and each error."""
    found: dict[tuple[Outcome, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.outcome in (*_COMPARED, Outcome.ERROR):
            found.setdefault((verdict.outcome, verdict.requirement), []).append(verdict)
    new = [
        f"{outcome.value} {requirement} is not expected, in {_subjects(those)}: {_why(those[0])}"
        for (outcome, requirement), those in found.items()
        if outcome is Outcome.ERROR or not expected.lists(outcome, requirement)
    ]
    gone = [
        f"{outcome.value} {pattern} is expected and did not come: {reason}"
        for outcome, reasons in expected.reasons.items()
        for pattern, reason in reasons.items()
        if not any(it is outcome and fnmatchcase(requirement, pattern) for it, requirement in found)
    ]
    return [*new, *gone]


def _subjects(verdicts: Iterable[Verdict]) -> str:
    return ", ".join(dict.fromkeys(verdict.subject for verdict in verdicts))


def _why(verdict: Verdict) -> str:
    if not verdict.violations:
        return clipped(verdict.reason, _LONGEST)
    violation = verdict.violations[0]
    return clipped(f"expected {violation.expected}, observed {violation.observed}", _LONGEST)
