"""Everything known about one requirement, with an excerpt that shows how a fault looks on the wire.

The excerpt is computed: the reference provider answers the requests of a plan once correctly and once with
the fault, and the first lines that differ are kept. Pure: nothing is sent, and the same requirement always
gives the same explanation.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import zip_longest

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import Kind, Requirement
from conformance.dialects import DIALECTS, Dialect
from conformance.exchange import Need
from conformance.groups import GROUPS
from conformance.judge import applies
from conformance.plan import PlannedRequest, plan
from conformance.profiles import profiles
from conformance.providers import Provider
from conformance.reference import Ask, Pace, Reply
from conformance.reference.direct import asked
from conformance.reference.faults import FAULTS, Fault
from conformance.scenarios import SCENARIOS

__all__ = ["KINDS", "NEEDS", "Excerpt", "ExcerptLine", "Explanation", "Link", "explain", "other_name"]

KINDS = {
    Kind.HTTP: "every request, whatever came back",
    Kind.ANSWER: "every request for a stream, whatever came back",
    Kind.STREAM: "every stream",
    Kind.DOCUMENT: "every answer to a request without `stream`",
    Kind.REFUSAL: "every request that was refused",
    Kind.PROVOKED: "the requests that an endpoint is to refuse",
    Kind.TWINS: "a stream and the same request without `stream`",
    Kind.REPEATS: "two streams for one request, which was sent twice",
    Kind.LEAVING: "a stream that the client left, and the request after it",
    Kind.RUN: "all requests of a run for a stream",
    Kind.CLAIM: "all requests of a run that try a capability which the provider claims",
    Kind.PACE: "the times of all answers of a run",
    Kind.CONCURRENT: "all streams of a run, which were open at the same time",
}
"""What requirements of each kind judge, in words."""

NEEDS = {
    Need.END: "the end of the stream",
    Need.ENDING: "how the connection ended",
    Need.HEADERS: "the response headers",
    Need.REQUEST: "the request",
    Need.STATUS: "the status",
    Need.TIMING: "arrival times",
    Need.WIRE: "the bytes as they came",
}
"""The data that a stored source may lack, in words."""

_LINES = 4  # lines of an excerpt
_WIDTH = 140  # characters of a line
_HEAD = 40  # characters kept of the beginning of a shortened line
_BEFORE = 24  # characters shown before the first difference
_PAUSE = 0.5  # seconds; a longer wait gets a line of its own
_ENDINGS = {
    "close": "(the body ends)",
    "reset": "(the connection is lost before the body is complete)",
    "hold": "(the body stays open)",
}
_REFERENCE = Provider(
    name="reference",
    base_url="http://127.0.0.1/v1",
    models={"text": "reference", "tools": "reference", "reasoning": "reference-reasoning"},
    token_param="max_completion_tokens",  # noqa: S106  tokens of a model
    claims=dict.fromkeys(CAPABILITIES, True),
    api_key_env="REFERENCE_API_KEY",
)


@dataclass(frozen=True, slots=True)
class Link:
    """A text and its URL."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """One line of an excerpt: "-" is the correct answer, "+" the faulty one, " " a remark."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The first lines that a fault changes in the answer to a scenario."""

    fault: Fault
    scenario: str
    lines: tuple[ExcerptLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything known about one requirement.

    `asked` says what it judges, `unless` when it does not apply, and `needs` which data a stored source must
    hold. `scenarios` are the requests that are sure to trigger it. `faults` are the reference provider's
    faults that break it, and `shown` shows the first one that changes an answer; None if there is none.
    """

    rule: Requirement
    asked: str
    unless: str
    needs: tuple[str, ...]
    scenarios: tuple[str, ...]
    reports: tuple[Link, ...]
    dialects: tuple[Dialect, ...]
    faults: tuple[Fault, ...]
    shown: Excerpt | None


def explain(rule: Requirement) -> Explanation:
    """Everything known about a requirement."""
    faults = sorted(
        (fault for fault in FAULTS.values() if rule.id in fault.breaks), key=lambda fault: len(fault.breaks)
    )
    return Explanation(
        rule=rule,
        asked="" if rule.untestable else KINDS[rule.kind],
        unless=rule.when.absent,
        needs=tuple(NEEDS[name] for name in sorted(rule.needs)),
        scenarios=tuple(item.scenario.name for item in _requests() if _sure(rule, item)),
        reports=tuple(_report(name) for name in rule.reports),
        dialects=tuple(row for row in DIALECTS.values() if rule.id in row.explains),
        faults=tuple(faults),
        shown=next((shown for fault in faults if (shown := _shown(rule, fault))), None),
    )


def other_name(name: str) -> tuple[str, str] | None:
    """What a name stands for that is no requirement's, and what to type instead; None if for nothing."""
    if (fault := FAULTS.get(name)) is not None:
        also = f", and {', '.join(fault.breaks[1:])}" if fault.breaks[1:] else ""
        return (
            "a fault of the reference",
            f"it breaks {fault.breaks[0]}{also}: `{_asked_of(fault.breaks[0])}`",
        )
    if (dialect := DIALECTS.get(name)) is not None:
        first = next(iter(dialect.explains))
        return "a dialect", f"it explains violations of {first}: `{_asked_of(first)}`"
    if any(name in (one.id, one.name) for one in profiles().values()):
        return "a profile", f"`conformance plan --provider NAME --profile {name}` tells what it sends"
    if any(name == one.name for one in SCENARIOS):
        return "a scenario", f"`conformance plan --provider NAME --scenarios {name}` tells what it sends"
    if name in CAPABILITIES:
        return "a capability", "a provider claims it under `claims`, in providers.toml"
    return None


def _asked_of(requirement: str) -> str:
    return f"conformance explain {requirement}"


def _report(name: str) -> Link:
    repository, _, number = name.partition("#")
    return Link(name, f"https://github.com/{repository}/issues/{number}")


@cache
def _requests() -> tuple[PlannedRequest, ...]:
    return plan(_REFERENCE).requests


def _sure(rule: Requirement, item: PlannedRequest) -> bool:
    exchange = item.exchange
    return bool(rule.promise) and rule.promise in exchange.promises and _fits(rule, item)


def _fits(rule: Requirement, item: PlannedRequest) -> bool:
    return rule.kind in GROUPS or applies(rule, item.exchange.api, item.exchange.expects)


# What a fault changes


def _shown(rule: Requirement, fault: Fault) -> Excerpt | None:
    # Scenarios that promise the rule's trigger come first, then all others that it applies to.
    fitting = [found for found in _conversation(fault.pace or Pace()) if _fits(rule, found[0])]
    for item, ask, good in sorted(fitting, key=lambda found: not _sure(rule, found[0])):
        spoiled = fault.edit(ask, good)
        if spoiled != good and (lines := tuple(_changed(good, spoiled))):
            return Excerpt(fault=fault, scenario=item.scenario.name, lines=_first(lines))
    return None


@cache
def _conversation(pace: Pace) -> tuple[tuple[PlannedRequest, Ask, Reply], ...]:
    return tuple(asked(_requests(), pace))


def _first(lines: tuple[ExcerptLine, ...]) -> tuple[ExcerptLine, ...]:
    left = len(lines) - _LINES
    if left < 2:  # a remark would not be shorter
        return lines
    return (*lines[:_LINES], ExcerptLine(" ", f"({left} further lines differ)"))


def _changed(good: Reply, spoiled: Reply) -> Iterator[ExcerptLine]:
    before, after = list(_units(good)), list(_units(spoiled))
    matcher = SequenceMatcher(a=list(map(_key, before)), b=list(map(_key, after)), autojunk=False)
    moved = []  # pairs that differ in their sequence number only
    silent = True
    for what, low, high, start, stop in matcher.get_opcodes():
        olds, news = before[low:high], after[start:stop]
        if len(olds) == len(news):
            for old, new in zip(olds, news, strict=True):
                if _counted(old) != _counted(new):
                    silent = False
                    yield from _pair(old, new)
                elif old != new:
                    moved.append((old, new))
        elif what != "equal":
            silent = False
            yield from _apart(olds, news)
    if silent:
        for old, new in moved:
            yield from _pair(old, new)


def _units(reply: Reply) -> Iterator[str]:
    """The comparable units of a reply: the status, each header, each block, long waits, and the ending."""
    yield f"status {reply.status}"
    yield from (f"{name}: {value}" for name, value in reply.headers)
    for frame in reply.frames:
        if frame.pause >= _PAUSE:
            yield f"({frame.pause:.1f} seconds pass)"
        text = frame.data.decode(errors="backslashreplace")
        yield from text.splitlines() if text.startswith("{") else [text]
    yield _ENDINGS[reply.ending]


def _counted(unit: str) -> str:
    """A block without its sequence number."""
    return re.sub(r'"sequence_number":\d+', "", unit)


def _key(unit: str) -> str:
    """The part of a block by which it is matched: its payload, without the framing."""
    found = re.search(r"\{.*\}|\[DONE\]", unit, re.DOTALL)
    return _counted(found[0]) if found else unit


def _apart(olds: Sequence[str], news: Sequence[str]) -> Iterator[ExcerptLine]:
    """The lines of removed blocks and of the blocks that replace them, alternating."""
    lines = [
        [ExcerptLine(sign, _clipped(line)) for unit in units for line in _split(unit)]
        for sign, units in (("-", olds), ("+", news))
    ]
    yield from (line for pair in zip_longest(*lines) for line in pair if line is not None)


def _pair(old: str, new: str) -> Iterator[ExcerptLine]:
    olds, news = _split(old), _split(new)
    if olds == news or old.replace("\r", "") == new.replace("\r", ""):  # they differ only in line ends
        olds, news = [_visible(old)], [_visible(new)]
    for what, low, high, start, stop in SequenceMatcher(a=olds, b=news, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        for one, other in zip_longest(olds[low:high], news[start:stop]):
            if one is not None:
                yield ExcerptLine("-", _window(one, other or one))
            if other is not None:
                yield ExcerptLine("+", _window(other, one or other))


def _split(unit: str) -> list[str]:
    return [_visible(line) for line in unit.rstrip("\n").split("\n")]


def _visible(text: str) -> str:
    """The text on one line, with unprintable characters and lone surrogates escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


def _window(text: str, other: str) -> str:
    """A line shortened to its beginning and the place where it differs from the other one."""
    pairs = enumerate(zip(text, other, strict=False))
    at = next((at for at, pair in pairs if pair[0] != pair[1]), min(len(text), len(other)))
    start = at - _BEFORE
    if text == other or start <= _HEAD or len(text) <= _WIDTH:
        return _clipped(text)
    return _cut(f"{text[:_HEAD]} … {text[start:]}")


def _clipped(text: str) -> str:
    """A line cut to the maximum width; the keys that all chunks share are left out first."""
    choices = text.find('"choices":')
    if len(text) > _WIDTH and choices > _HEAD:
        text = f"{text[:_HEAD]} … {text[choices:]}"
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 2]} …"
