"""What a gateway changed, as text, Markdown and JSON. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from conformance.report.markdown import markdown
from conformance.report.visible import one_line
from conformance.text import counted, ended
from conformance.wirediff.records import ChangeKind, Side, Times, WireChange, WireDifference

__all__ = ["FORMAT", "json_of", "markdown_lines", "text_lines"]

FORMAT = "stream-conformance/wirediff"
VERSION = 1
_NAMED = 3  # scenarios, or sorts of event, that a line names
_LISTED = 12  # exchanges that a sentence names
_WHAT = 140  # characters of an example, or of a name
_TITLES = {
    ChangeKind.STATUS: "Status",
    ChangeKind.ENDING: "End of the body",
    ChangeKind.BODY: "Sort of body",
    ChangeKind.HEADER_ADDED: "Headers added",
    ChangeKind.HEADER_DROPPED: "Headers dropped",
    ChangeKind.HEADER_CHANGED: "Headers changed",
    ChangeKind.FRAMING: "Framing",
    ChangeKind.DROPPED: "Events dropped",
    ChangeKind.INSERTED: "Events inserted",
    ChangeKind.MERGED: "Events merged",
    ChangeKind.SPLIT: "Events split",
    ChangeKind.REORDERED: "Events in another order",
    ChangeKind.KEY_DROPPED: "Keys dropped",
    ChangeKind.KEY_ADDED: "Keys added",
    ChangeKind.KEY_RENAMED: "Keys renamed",
    ChangeKind.RETYPED: "Values of another type",
    ChangeKind.CHANGED: "Values changed",
}
_MEASURES = {
    "first": "first event or byte",
    "mean": "mean pause between events",
    "longest": "longest pause between events",
    "last": "end",
}
_ANEW = "Differs in each answer, so that it tells nothing"
_TIME = "Time, as the median of {number} on each side, and their difference: measured, not judged"


@dataclass(frozen=True, slots=True)
class _Time:
    """The median of a time on both sides, in milliseconds to one decimal place."""

    words: str
    direct: float
    gateway: float

    @property
    def added(self) -> float:
        """The difference of the two as they are shown, never a negative zero."""
        return round(self.gateway - self.direct, 1) + 0.0


def text_lines(found: WireDifference) -> Iterator[str]:
    """The difference for the terminal: a line for each kind of change at one place."""
    yield f"direct   {_side(found.direct)}"
    yield f"gateway  {_side(found.gateway)}"
    yield ""
    yield ended(_sentence(found))
    yield from (f"  {_plain_line(line)}" for line in _paired(found))
    for kind, rows in _by_kind(found):
        yield f"\n{_TITLES[kind]}"
        for row in rows:
            yield f"  {_named(row.place)}  {_seen(row)}: {_example(row.direct)} → {_example(row.gateway)}"
    if found.per_request:
        yield f"\n{_ANEW}"
        yield f"  {', '.join(_named(item.place) for item in found.per_request)}"
    if times := _times(found):
        yield f"\n{_TIME.format(number=counted(len(found.times), 'exchange'))}"
        for time in times:
            yield (
                f"  {time.words:<29} direct {time.direct:8.1f} ms  gateway {time.gateway:8.1f} ms  "
                f"added {time.added:+8.1f} ms"
            )


def markdown_lines(found: WireDifference) -> Iterator[str]:
    """The difference for a comment or a page."""
    yield f"**{_sentence(found)}.**"
    yield ""
    yield f"* direct: {markdown(_side(found.direct))}"
    yield f"* gateway: {markdown(_side(found.gateway))}"
    yield from (f"* {markdown(line)}" for line in _paired(found))
    for kind, rows in _by_kind(found):
        yield from (
            "",
            f"### {_TITLES[kind]}",
            "",
            "| where | seen | direct | gateway |",
            "|---|---|---|---|",
        )
        for row in rows:
            cells = (_named(row.place), _seen(row), _example(row.direct), _example(row.gateway))
            yield f"| {' | '.join(map(markdown, cells))} |"
    if found.per_request:
        names = ", ".join(markdown(_named(item.place)) for item in found.per_request)
        yield from ("", f"### {_ANEW}", "", names)
    if times := _times(found):
        yield from ("", f"### {_TIME.format(number=counted(len(found.times), 'exchange'))}", "")
        yield from ("| | direct | gateway | added |", "|---|--:|--:|--:|")
        for time in times:
            yield f"| {time.words} | {time.direct:.1f} ms | {time.gateway:.1f} ms | {time.added:+.1f} ms |"


def json_of(found: WireDifference) -> dict[str, Any]:
    """The difference for programs; times are in milliseconds."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "changed": bool(found.changes),
        "direct": _side_record(found.direct),
        "gateway": _side_record(found.gateway),
        "compared": list(found.compared),
        "named_otherwise": dict(found.named_otherwise),
        "changes": [_record(row) for row in found.changes],
        "per_request": [_record(row) for row in found.per_request],
        "times": [
            {"scenario": name, "direct": _milliseconds(one), "gateway": _milliseconds(two)}
            for name, (one, two) in found.times.items()
        ],
        "added": {name: times[0].added if (times := _times(found, (name,))) else None for name in _MEASURES},
        "left_out": found.left_out,
    }


def _record(row: Any) -> dict[str, Any]:
    record = asdict(row)
    return record | {key: list(value) for key, value in record.items() if isinstance(value, tuple)}


def _side_record(side: Side) -> dict[str, Any]:
    return _record(side)


def _milliseconds(times: Times) -> dict[str, float | None]:
    return {name: None if value is None else round(1000 * value, 3) for name, value in asdict(times).items()}


def _side(side: Side) -> str:
    models = f" ({', '.join(side.models)})" if side.models else ""
    return one_line(f"{side.provider or 'no name'}{models}, {counted(side.exchanges, 'exchange')}", 4 * _WHAT)


def _sentence(found: WireDifference) -> str:
    compared = f"{counted(len(found.compared), 'exchange')} compared"
    if not found.changes:
        return f"{compared}: the gateway changed nothing"
    more = f", and more at {counted(found.left_out, 'further place')}" if found.left_out else ""
    return f"{compared}: {counted(len(found.changes), 'difference')}{more}"


def _paired(found: WireDifference) -> Iterator[str]:
    """How exchanges were put together, and which of them were not compared."""
    if found.named_otherwise:
        pairs = [f"{one} with {two}" for one, two in found.named_otherwise.items()]
        yield f"compared by their request: {_some(pairs, _LISTED)}"
    for words, names in (
        ("only direct", found.direct.alone),
        ("only through the gateway", found.gateway.alone),
        ("without an answer when asked directly", found.direct.unanswered),
        ("without an answer from the gateway", found.gateway.unanswered),
    ):
        if names:
            yield f"not compared, {words}: {_some(names, _LISTED)}"


def _by_kind(found: WireDifference) -> Iterator[tuple[ChangeKind, list[WireChange]]]:
    for kind in ChangeKind:
        if rows := [row for row in found.changes if row.kind is kind]:
            yield kind, rows


def _seen(row: WireChange) -> str:
    """How often something was seen, and in what."""
    inside = f" in {_some(row.events, _NAMED)}" if row.events else ""
    return f"({counted(row.count, 'time')}{inside}; {_some(row.scenarios, _NAMED)})"


def _times(found: WireDifference, names: Iterable[str] = tuple(_MEASURES)) -> list[_Time]:
    told = []
    for name in names:
        sides = [_measured(pair, name) for pair in found.times.values()]
        both = [pair for pair in sides if pair is not None]
        if both:
            medians = (round(median(side), 1) for side in zip(*both, strict=True))
            told.append(_Time(_MEASURES[name], *medians))
    return told


def _measured(pair: tuple[Times, Times], name: str) -> tuple[float, float] | None:
    """A time of both sides in milliseconds; None if one of them is not known."""
    one, two = (getattr(side, name) for side in pair)
    return None if one is None or two is None else (1000 * one, 1000 * two)


def _some(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(_named, names[:most])) + more


def _named(name: str) -> str:
    # Keys, types and headers are of the endpoint's choosing.
    return one_line(name, _WHAT)


def _example(text: str) -> str:
    return one_line(text, _WHAT)


def _plain_line(text: str) -> str:
    return one_line(text, 20 * _WHAT)
