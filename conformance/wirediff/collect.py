"""Gathers what was seen in many events and exchanges: a row for each kind of change at one place. Pure."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from conformance.text import shown
from conformance.wirediff.records import ChangeKind, PerRequest, WireChange

__all__ = ["EXAMPLE", "Collector", "generated", "prefix"]

_ROWS = 2_000  # places that are kept, whatever a hostile stream makes up
EXAMPLE = 90
"""Characters of an example."""

_ENOUGH = 3  # exchanges in which a value has to differ before it is taken to be one that differs in all

_GENERATED = frozenset(
    {
        "call_id",
        "completed_at",
        "created",
        "created_at",
        "encrypted_content",
        "expires_at",
        "id",
        "item_id",
        "nonce",
        "obfuscation",
        "previous_response_id",
        "request_id",
        "response_id",
        "system_fingerprint",
        "timestamp",
        "tool_call_id",
        "trace_id",
    }
)
"""The last keys of values that an answer has for itself."""

_HEADERS = re.compile(
    r"^(header )?(age|cf-ray|content-length|date|etag|set-cookie|.*request-?id|.*trace-?id|traceparent"
    r"|.*processing-ms|.*duration.*|.*latency.*|x-ratelimit-.*|server-timing)$"
)
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]*[-_](?=.)")
_LOOKS_RANDOM = re.compile(r"(?=.*\d).{6,}", re.DOTALL)
_LARGE = 1_000_000_000  # a time in seconds, or more


def generated(place: str, *, header: bool = False) -> bool:
    """Whether a place is known to hold a value that each answer has anew."""
    return bool(_HEADERS.match(place)) if header else place.rpartition(".")[2] in _GENERATED


def prefix(value: Any) -> str:
    """The part of an id that says what it is of, such as `chatcmpl-`, or how long a time is; "" if none."""
    if type(value) is int:
        return f"{len(str(abs(value)))} digits" if abs(value) < 10**30 else "a number of over 30 digits"
    found = _PREFIX.match(value) if isinstance(value, str) else None
    return found[0] if found else ""


@dataclass(slots=True)
class _Row:
    count: int = 0
    scenarios: dict[str, None] = field(default_factory=dict)
    events: dict[str, None] = field(default_factory=dict)
    direct: str = ""
    gateway: str = ""
    values: set[str] = field(default_factory=set)
    random: bool = True


class Collector:
    """Takes what was seen, and returns it in rows."""

    def __init__(self) -> None:
        self.scenario = ""  # the exchange that is being compared
        self.left_out = 0
        self._changes: dict[tuple[ChangeKind, str], _Row] = {}
        self._requests: dict[str, _Row] = {}
        self._kept: Counter[str] = Counter()

    def change(
        self, kind: ChangeKind, place: str, direct: Any, gateway: Any, *, event: str = "", words: bool = False
    ) -> None:
        """Something was changed. With `words` the examples are texts of ours, else they are shown as JSON."""
        key = kind, place
        row = self._changes.get(key)
        if row is None:
            if len(self._changes) >= _ROWS:
                self.left_out += 1
                return
            row = self._changes[key] = _Row()
        self._see(row, direct, gateway, event, words=words)
        if kind in (ChangeKind.CHANGED, ChangeKind.HEADER_CHANGED):
            row.random = row.random and _random(direct) and _random(gateway)
            if len(row.values) < _ENOUGH:
                row.values.add(shown(direct, EXAMPLE))

    def per_request(self, place: str, direct: Any, gateway: Any) -> None:
        """A value differs because it is made for each answer."""
        row = self._requests.get(place)
        if row is None:
            if len(self._requests) >= _ROWS:
                return
            row = self._requests[place] = _Row()
        self._see(row, direct, gateway, "", words=False)

    def kept(self, place: str) -> None:
        """A value is the same on both sides, so its place is none that differs in every pair."""
        if len(self._kept) < _ROWS or place in self._kept:
            self._kept[place] += 1

    def _see(self, row: _Row, direct: Any, gateway: Any, event: str, *, words: bool) -> None:
        if not row.count:
            row.direct, row.gateway = (
                (direct, gateway) if words else (shown(direct, EXAMPLE), shown(gateway, EXAMPLE))
            )
        row.count += 1
        row.scenarios[self.scenario] = None
        if event and len(row.events) < _ROWS:
            row.events[event] = None

    def changes(self) -> tuple[WireChange, ...]:
        """The changes, kind by kind; of a kind what is seen most often first."""
        order = {kind: number for number, kind in enumerate(ChangeKind)}
        rows = [item for item in self._changes.items() if not self._differs_anyway(*item)]
        rows.sort(key=lambda item: (order[item[0][0]], -item[1].count))
        return tuple(
            WireChange(
                kind=kind,
                place=place,
                count=row.count,
                scenarios=tuple(row.scenarios),
                events=tuple(row.events),
                direct=row.direct,
                gateway=row.gateway,
            )
            for (kind, place), row in rows
        )

    def requests(self) -> tuple[PerRequest, ...]:
        """The values that each answer has anew."""
        found = dict(self._requests)
        found |= {key[1]: row for key, row in self._changes.items() if self._differs_anyway(key, row)}
        return tuple(
            PerRequest(
                place=place,
                count=row.count,
                scenarios=tuple(row.scenarios),
                direct=row.direct,
                gateway=row.gateway,
            )
            for place, row in found.items()
        )

    def _differs_anyway(self, key: tuple[ChangeKind, str], row: _Row) -> bool:
        """Whether a value is never the same twice, on either side, and looks like what programs make up."""
        kind, place = key
        return (
            kind in (ChangeKind.CHANGED, ChangeKind.HEADER_CHANGED)
            and row.random
            and len(row.scenarios) >= _ENOUGH
            and len(row.values) >= _ENOUGH
            and not self._kept[place]
        )


def _random(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_LOOKS_RANDOM.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LARGE
