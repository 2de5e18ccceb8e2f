"""How many steps a regular expression of a stranger's may take, before it is tried. Pure.

Python's engine tries one way after another, so a short expression can take longer than anyone waits. Here the
ways are counted. What is not read for certain counts as endless.
"""

import re
from functools import lru_cache
from math import inf, log

__all__ = ["steps"]

_LONGEST = 1_000  # characters of an expression
_HUGE = 100.0  # the logarithm of what no engine tries
_QUANTIFIER = re.compile(r"([*+?])(\??)|\{(\d{1,4})(,(\d{0,4}))?\}(\??)")
_CLASS = re.compile(r"\[\^?\]?(?:\\[\\\]\[^.\-/wWdDsStnrfv]|[^\\\]\[])*\]")
_ESCAPE = re.compile(r"\\[^a-zA-Z0-9]|\\[wWdDsStnrfvbB]")
_PLAIN = re.compile(r"[^\\\[\](){}*+?|]")


def steps(pattern: str, length: int) -> float:
    """The most steps in which the expression is sought in a text of this length; infinite if it is not known.

    An estimate from above: a way is a choice that the engine may take back.
    """
    if len(pattern) > _LONGEST:
        return inf
    ways, fixed = _ways(pattern, length)
    return ways * (len(pattern) + length) * (1 if fixed else length + 1)


@lru_cache(maxsize=1_000)
def _ways(pattern: str, length: int) -> tuple[float, bool]:
    """The ways in which the expression can match from one place; and whether it matches at the begin only."""
    reader = _Reader(pattern, length)
    try:
        ways = reader.alternatives(0)
    except RecursionError:
        return inf, False
    whole = reader.at == len(pattern)
    return (ways if whole else inf), pattern.startswith("^") and not reader.outer


class _Reader:
    """Reads an expression once, from left to right."""

    def __init__(self, pattern: str, length: int) -> None:
        self.at = 0
        self.outer = False  # whether the whole expression has alternatives
        self._pattern = pattern
        self._length = length

    def alternatives(self, depth: int) -> float:
        """The ways of what stands between bars, up to the end or to the bracket that closes a group."""
        ways = self._sequence(depth)
        while self._next("|"):
            self.outer = self.outer or not depth
            ways += self._sequence(depth)
        return ways

    def _sequence(self, depth: int) -> float:
        ways = 1.0
        while self.at < len(self._pattern) and self._pattern[self.at] not in "|)":
            ways *= self._repeated(self._one(depth))
        return ways

    def _one(self, depth: int) -> float:
        """The ways of a character, a class, an escape or a group."""
        if self._next("("):
            if self._next("?") and not self._next(":"):
                return inf  # what looks ahead or back, names a group or refers to one
            ways = self.alternatives(depth + 1)
            return ways if self._next(")") else inf
        for form in (_CLASS, _ESCAPE, _PLAIN):
            if found := form.match(self._pattern, self.at):
                self.at = found.end()
                return 1
        self.at = len(self._pattern)
        return inf

    def _repeated(self, ways: float) -> float:
        found = _QUANTIFIER.match(self._pattern, self.at)
        if found is None:
            return ways
        self.at = found.end()
        sign, _, least, comma, most, _ = found.groups()
        if sign == "?":
            return ways + 1
        endless = sign is not None or (comma is not None and not most)
        if endless:
            return self._length + 1 if ways == 1 else inf
        highest = int(most or least)
        if ways == 1:
            return max(highest - int(least), 0) + 1
        return ways**highest if highest * log(ways) < _HUGE else inf

    def _next(self, sign: str) -> bool:
        found = self._pattern.startswith(sign, self.at)
        self.at += found
        return found
