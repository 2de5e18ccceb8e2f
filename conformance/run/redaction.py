"""Removes secrets from verdicts, which join what is apart in an exchange. Pure."""

from dataclasses import replace

from conformance.catalogue import Verdict
from conformance.evidence import Redactor

__all__ = ["redacted"]


def redacted(verdict: Verdict, redactor: Redactor) -> Verdict:
    """A verdict with every secret in its texts replaced.

    Redacting the exchange is not enough: an endpoint may have spread a secret over several deltas, which
    verdicts join.
    """
    violations = tuple(
        replace(
            item,
            place=redactor.text(item.place),
            expected=redactor.text(item.expected),
            observed=redactor.text(item.observed),
        )
        for item in verdict.violations
    )
    return replace(verdict, violations=violations, reason=redactor.text(verdict.reason))
