"""Timing that was seen while other requests were open: told only when it comes again alone. Pure."""

from dataclasses import replace

from conformance.catalogue import Family, Outcome, Requirement, Verdict
from conformance.exchange import Exchange, Need
from conformance.text import counted

__all__ = ["crowded", "fair", "timed"]

_BROKEN = (Outcome.FAIL, Outcome.WARN, Outcome.INFO)


def timed(rule: Requirement) -> bool:
    """Whether a rule is about when things come, which others that are open may change."""
    return rule.family is Family.TIMING and bool(rule.needs & {Need.TIMING, Need.ENDING})


def crowded(rule: Requirement, verdict: Verdict, exchange: Exchange) -> bool:
    """Whether a verdict tells of timing that was seen while others were open."""
    return bool(exchange.beside) and verdict.outcome in _BROKEN and timed(rule)


def fair(verdict: Verdict, exchange: Exchange, alone: Verdict | None) -> Verdict:
    """What is told of such a verdict, `alone` being that on the same request with nothing else open.

    None where it was not asked again. What came again is told as it came then, under the name of the first.
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
