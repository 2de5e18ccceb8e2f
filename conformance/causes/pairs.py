"""Pairs of violations, and how one is seen to follow from another by where both are. Pure."""

import re
from collections.abc import Callable
from math import nan

from conformance.catalogue import Verdict, Violation

__all__ = [
    "NO_KEY",
    "Judged",
    "Pair",
    "Tie",
    "after",
    "anyhow",
    "anywhere",
    "around",
    "at_same_place",
    "before",
    "distance",
    "each",
    "in_same_event",
    "on_same_exchange",
    "right_before",
    "shared",
    "steps",
    "up_to_next",
]

Judged = tuple[Verdict, tuple[Violation, ...]]
"""A verdict, and its violations before similar ones were merged."""

Tie = Callable[[Judged, Judged], bool]
"""Whether a violation, the second, follows from another, the first."""


def shared(cause: Verdict, effect: Verdict) -> bool:
    """Whether two verdicts rest on one exchange."""
    return bool(set(cause.exchanges) & set(effect.exchanges))


Pair = Callable[[Violation, Violation], bool]
"""The same of two single violations."""


def on_same_exchange(tied: Pair) -> Tie:
    """Each violation of the effect is tied to one of the cause on an exchange that both rest on."""

    def tie(cause: Judged, effect: Judged) -> bool:
        return shared(cause[0], effect[0]) and each(tied, cause, effect)

    return tie


def anywhere(tied: Pair) -> Tie:
    """What a group or another exchange of the run shows is so in all of the run."""
    return lambda cause, effect: each(tied, cause, effect)


def each(tied: Pair, cause: Judged, effect: Judged) -> bool:
    """Whether each violation of the effect is tied to one of the cause."""
    ones, others = cause[1], effect[1]
    if len(ones) * len(others) > _MOST:  # then those that stand for similar ones are compared
        ones, others = cause[0].violations, effect[0].violations
    return all(any(tied(one, other) for one in ones) for other in others)


_MOST = 250_000  # pairs of violations


def anyhow(_cause: Violation, _effect: Violation) -> bool:
    """Whatever the two say, and wherever."""
    return True


def before(cause: Violation, effect: Violation) -> bool:
    """The cause is in the same event or in an earlier one."""
    return distance(cause, effect) >= 0


def right_before(cause: Violation, effect: Violation) -> bool:
    """The cause is in the same event or in the one before it."""
    return 0 <= distance(cause, effect) <= 1


def after(cause: Violation, effect: Violation) -> bool:
    """The cause is in the same event or in a later one."""
    return distance(cause, effect) <= 0


def up_to_next(cause: Violation, effect: Violation) -> bool:
    """The cause is in an earlier event, in the same one or in the next."""
    return distance(cause, effect) >= -1


def around(cause: Violation, effect: Violation) -> bool:
    """The cause is in the same event or in one beside it."""
    return -1 <= distance(cause, effect) <= 1


def in_same_event(cause: Violation, effect: Violation) -> bool:
    """Both are in one event."""
    return distance(cause, effect) == 0


def distance(cause: Violation, effect: Violation) -> float:
    """How many events the effect comes after the cause; not a number where one of them names no event."""
    if cause.event is None or effect.event is None:
        return nan
    return effect.event - cause.event


def at_same_place(cause: Violation, effect: Violation) -> bool:
    """Whether both are about one value: the same, one and what it holds, or two keys that an object lacks.

    A value that is compared with the one of an earlier event is about that one too.
    """
    one, other = steps(cause.place), steps(effect.place)
    if compared := _COMPARED.search(effect.expected):
        return cause.event == int(compared[1]) and one[-1:] == other[-1:]
    lacking = cause.observed == effect.observed == NO_KEY and one[:-1] == other[:-1]
    within = bool(one and other) and all(step == same for step, same in zip(one, other, strict=False))
    return in_same_event(cause, effect) and (lacking or within)


_COMPARED = re.compile(r", as in event (\d+)\Z")
NO_KEY = "no such key"
"""What is observed where a key is missing."""


def steps(place: str) -> list[str]:
    """The keys on the way to a place, with a star for each number."""
    return ["*" if step.isdigit() else step for step in place.split(".") if step]
