"""Headings of findings that say what was observed, and which findings are told together. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from conformance.catalogue import Violation
from conformance.report.findings import Finding
from conformance.report.nulls import leaves_out_nulls
from conformance.report.records import ExchangeLine
from conformance.report.tokens import is_pattern
from conformance.report.visible import one_line
from conformance.subject import Answer
from conformance.text import counted, unended

__all__ = ["heading", "is_missing", "together"]

_SEEN, _WANTED = 110, 90  # characters of what was observed, and of what was expected
_KEYS = 6  # missing keys that a heading names
_OBJECTS = 4  # objects that lack keys, and that a heading names
_ABSENT = ("no such key", "nothing")
_SENTENCE = re.compile(r"[A-Za-z][A-Za-z-]* |\d[\d.,]* [a-z]")
_LENGTH = re.compile(r" \(\d+ characters\)")
_QUOTED = re.compile(
    r"""(")((?:[^"\\]|\\.){20})(?:[^"\\]|\\.){12,}"|(')((?:[^'\\]|\\.){20})(?:[^'\\]|\\.){12,}'"""
)
# An error by its message, which may be cut.
_ERROR = re.compile(r"""\{ ?"(?:error": ?\{ ?")?message": ?"((?:[^"\\…]|\\.){1,90})(.?).*""")
_VALUE = re.compile(r'["\d\[{]|-\d|(true|false|null)\b')


def heading(finding: Finding, lines: Mapping[str, ExchangeLine], also: Sequence[Finding] = ()) -> str:
    """What was observed first, in one line with names in backticks; the rule itself if nothing is told.

    `also` are the findings that are told together with it.
    """
    first = _first(finding)
    if first is None:
        return finding.statement
    if is_missing(first):
        return _missing(finding, first, lines, also)
    seen = _plain(_ERROR.sub(_message, " ".join(first.observed.split())), _SEEN)
    seen = unended(seen)
    wanted = _plain(first.expected, _WANTED)
    expected = f", expected {wanted}" if wanted else ""
    if first.place and first.place not in lines:
        key = first.place.rpartition(".")[2]
        seen = re.sub(rf"{re.escape(key)}:? (?=\S)", "", seen, count=1) if seen.startswith(key) else seen
        value = is_pattern(first.place) and (_VALUE.match(seen) or (" " not in seen and seen != "none"))
        said = f" is {seen}" if value else f": {seen}"
        if seen == wanted.partition(", as ")[0]:  # they differ in what is left out here
            said, expected = " differs", f" from what was expected, {wanted}"
        return f"{_place(first.place)}{said}{expected}"
    if not seen:
        return f"Nothing came{expected}"
    if _SENTENCE.match(seen):
        named = "-" in seen.partition(" ")[0]  # a request, or a header
        return f"{seen if named else f'{seen[:1].upper()}{seen[1:]}'}{expected}"
    if " " in seen and _VALUE.match(seen) and seen[-1] not in "\"'}]":
        return f"{seen}{expected}"
    return f"{seen if ' ' in seen else f'`{seen}`'} came{expected}"


def is_missing(violation: Violation) -> bool:
    """Whether a violation says that a key is not there."""
    return violation.observed in _ABSENT and is_pattern(violation.place)


def together(
    findings: Iterable[Finding], streams: Mapping[str, Answer] = MappingProxyType({})
) -> list[tuple[Finding, tuple[Finding, ...]]]:
    """The findings in their order, each with those that the same fault makes, and that are told with it.

    More keys of the same object are missing; or keys of any object, whose value would be null in answers
    without any null. `streams` are the answers by id.
    """
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        first = _first(finding)
        key: object = id(finding)
        if first is not None and is_missing(first):
            key = (finding.deviation, finding.exchanges[:1], first.event, _parent(first.place))
            missing = finding.verdicts[0].violations
            if all(map(is_missing, missing)) and leaves_out_nulls(finding, map(_key, missing), streams):
                key = (finding.deviation, "null")
        groups.setdefault(key, []).append(finding)
    return [(members[0], tuple(members[1:])) for members in groups.values()]


def _missing(
    finding: Finding, first: Violation, lines: Mapping[str, ExchangeLine], also: Sequence[Finding]
) -> str:
    parent = _parent(first.place)
    if any(_parent(other.place) != parent for item in also if (other := _first(item)) is not None):
        return _nulls((finding, *also))
    alike = [
        _key(violation)
        for item in (finding, *also)
        for violation in item.verdicts[0].violations
        if is_missing(violation) and (violation.event, _parent(violation.place)) == (first.event, parent)
    ]
    names = list(dict.fromkeys(alike))
    told = [f"`{name}`" for name in names[:_KEYS]]
    if len(names) > _KEYS:
        told.append(f"{len(names) - _KEYS} more keys")
    keys = " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
    where = f" in `{_path(parent)}`" if parent else ""
    line = lines.get(finding.exchanges[0]) if finding.exchanges else None
    return f"{keys} {'is' if len(names) == 1 else 'are'} missing{where}{_spread(first, line)}"


def _nulls(findings: Iterable[Finding]) -> str:
    """That keys of several objects are left out where their value would be null."""
    objects: dict[str, dict[str, None]] = {}
    for finding in findings:
        for violation in finding.verdicts[0].violations:
            objects.setdefault(_parent(violation.place), {})[f"`{_key(violation)}`"] = None
    told = [
        f"{', '.join(names)}{f' in `{_path(parent)}`' if parent else ''}" for parent, names in objects.items()
    ]
    more = f"; and in {counted(len(told) - _OBJECTS, 'more object')}" if len(told) > _OBJECTS else ""
    return f"Keys are left out in place of null: {'; '.join(told[:_OBJECTS])}{more}"


def _spread(first: Violation, line: ExchangeLine | None) -> str:
    events = (line.events or 0) if line else 0
    if first.times > 1:
        # The terminator is an event too, and never has a key.
        return " on every event" if first.times >= events - 1 > 0 else f" on {counted(first.times, 'event')}"
    return f" in event {first.event}" if first.event else ""


def _first(finding: Finding) -> Violation | None:
    violations = finding.verdicts[0].violations
    return violations[0] if violations else None


def _parent(place: str) -> str:
    return place.rpartition(".")[0]


def _key(violation: Violation) -> str:
    return violation.place.rpartition(".")[2]


def _path(place: str) -> str:
    """A place as people write it: `choices[].delta` for `choices.*.delta`."""
    return place.replace(".*", "[]")


def _place(place: str) -> str:
    """A place at the beginning of a heading, of which what is a path stands in backticks."""
    path, comma, rest = place.partition(",")
    if is_pattern(path):
        return f"`{_path(path)}`{comma}{rest}"
    return f"{place[:1].upper()}{place[1:]}"


def _message(error: re.Match[str]) -> str:
    return error[1] if error[2] == '"' else f"{error[1].rstrip()} …"


def _plain(text: str, limit: int) -> str:
    """The text in one line, without the middle of what it quotes: the whole stands below the heading.

    It is cut at its end, at a space if there is one.
    """
    told = _QUOTED.sub(_short, _LENGTH.sub("", " ".join(text.split())))
    line = one_line(told, len(told) * 12)
    if len(line) <= limit:
        return line
    head = line[: limit - 2]
    return f"{head[: max(head.rfind(' '), limit // 2)].rstrip(' ,;:')} …"


def _short(quoted: re.Match[str]) -> str:
    mark, text = (quoted[1], quoted[2]) if quoted[1] else (quoted[3], quoted[4])
    return f"{mark}{text}…{mark}"
