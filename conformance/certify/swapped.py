"""Tells exchanges of a bundle that hold the request or the answer of another one. Pure.

What binds an exchange to its scenario and sample is its request, whose code word is in the answer of a model
that does as it is asked, the digests that the certificate lists, and the times of arrival, which no two
answers share.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from conformance.catalogue import Outcome
from conformance.certify.certificate import Json, evidence_name
from conformance.certify.problems import Problem
from conformance.exchange import Exchange
from conformance.gate import Ruling
from conformance.plan import Plan

__all__ = ["answers_of_others", "copies", "owner_of", "requests_of_others"]

_EMPTY = hashlib.sha256().hexdigest()
# The requirement that finds the code word of one request in the answer to another.
_APART = "streams-separate"
_FEWEST = 5  # gaps between pieces that have to be the same; fewer may be so by chance
_DIGITS = 9  # of a gap in seconds that are compared: what adding and subtracting leaves of a clock
_COARSE = 1e-3  # seconds; gaps that are a multiple of it may be of a clock that tells no less


def owner_of(name: str, found: Mapping[str, str], evidence: Sequence[Json]) -> Json | None:
    """What the certificate lists of the exchange whose answer a file holds, None if it is no other's.

    `name` is the id of the exchange whose file it should be, `found` are the digests of its parts.
    """
    if found["body"] == _EMPTY:
        return None
    bound = ("body", "times")
    return next(
        (
            item
            for item in evidence
            if item["id"] != name and all(item["parts"].get(part) == found[part] for part in bound)
        ),
        None,
    )


def requests_of_others(sent: Plan, exchanges: Iterable[Exchange]) -> Iterator[tuple[str, str]]:
    """The ids of exchanges that hold the request of another one, each with the id of that one."""
    due = {item.exchange.id: item.request.body for item in sent.requests if not item.awaits}
    whose = {body: name for name, body in reversed(due.items())}
    for one in exchanges:
        body = one.request.body if one.request else ""
        mine = due.get(one.again or one.id)
        if mine is not None and body != mine and body in whose:
            yield one.id, whose[body]


def answers_of_others(told: Iterable[Json], rulings: Iterable[Ruling]) -> Iterator[Problem]:
    """The answers in which the code word of another request stands, where the report `told` of none.

    An endpoint that mixes up its answers has a report that says so: that is broken, and no forgery.
    """
    said = {
        str(line.get("subject")): line.get("outcome") for line in told if line.get("requirement") == _APART
    }
    for ruling in rulings:
        verdict = ruling.verdict
        if verdict.requirement != _APART or verdict.outcome is not Outcome.FAIL:
            continue
        if said.get(verdict.subject) == verdict.outcome:
            continue
        for violation in verdict.violations:
            what = "its answer is to another request, by the code word in it"
            yield Problem(
                "answer-swapped",
                evidence_name(violation.place),
                f"{what}: expected {violation.expected}, and it says {violation.observed}",
            )


def copies(exchanges: Iterable[Exchange]) -> Iterator[Problem]:
    """The answers whose pieces came in the rhythm of another's, to the nanosecond.

    Some systems have a clock that ticks every few milliseconds, by which many answers have one rhythm.
    """
    seen: dict[tuple[float, ...], str] = {}
    for one in exchanges:
        times = [piece.at for piece in one.pieces if piece.at is not None]
        gaps = tuple(round(after - before, _DIGITS) for before, after in pairwise(times))
        if sum(round(gap / _COARSE, _DIGITS - 3) % 1 != 0 for gap in gaps) < _FEWEST:
            continue
        other = seen.setdefault(gaps, one.id)
        if other != one.id:
            what = f"its times of arrival are those of {other}, to the nanosecond: one is a copy of the other"
            yield Problem("answer-copied", evidence_name(one.id), what)
