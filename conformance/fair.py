"""Timing violations that were seen while other requests were open count only if they come again. Pure."""

from dataclasses import replace

from conformance.catalogue import Family, Outcome, Requirement, Verdict
from conformance.exchange import Exchange, Need
from conformance.text import counted

__all__ = ["crowded", "fair", "timed"]

_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)


def timed(rule: Requirement) -> bool:
    """Whether a rule is about times of arrival, on which other open requests have an influence."""
    return rule.family is Family.TIMING and bool(rule.needs & {Need.TIMING, Need.ENDING})


def crowded(rule: Requirement, verdict: Verdict, exchange: Exchange) -> bool:
    """Whether a verdict reports a timing violation that was seen while other requests were open."""
    return bool(exchange.beside) and verdict.outcome in _BROKEN and timed(rule)


def fair(verdict: Verdict, exchange: Exchange, alone: Verdict | None) -> Verdict:
    """The verdict that is reported in place of such a verdict.

    `alone` is the verdict on the repetition, which was sent with nothing else open; None if there is none. A
    violation that came again is reported as it came then, with the first exchange as its subject.
    """
    others = counted(exchange.beside or 0, "other request")
    first = verdict.violations[0].observed
    if alone is None:
        why = f"seen with {others} open, and not asked again alone: {first}"
        return replace(verdict, outcome=Outcome.NOT_TESTABLE, violations=(), reason=why)
    if alone.outcome in _BROKEN:
        told = tuple(
            replace(item, observed=f"{item.observed}; asked alone, after it had come with {others} open")
            for item in alone.violations
        )
        return replace(alone, subject=verdict.subject, violations=told)
    if alone.outcome is Outcome.PASS:
        return replace(alone, subject=verdict.subject)
    why = f"seen with {others} open ({first}), and asked again alone: {alone.reason}"
    return replace(verdict, outcome=Outcome.NOT_TESTABLE, violations=(), reason=why)
