"""The last screen of a run in the terminal: for each provider the result, and what to fix first."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import east_asian_width

from conformance.catalogue import Outcome
from conformance.gate import Ruling
from conformance.paths import near
from conformance.report.advice import advice
from conformance.report.bugreport import contrast
from conformance.report.findings import Finding
from conformance.report.heading import heading, together
from conformance.report.held import held_to
from conformance.report.profiles import profile_line
from conformance.report.records import Report
from conformance.report.refusals import refusals
from conformance.report.summary import Conclusion, Summary
from conformance.report.visible import one_line
from conformance.standing import Stand
from conformance.subject import Answer
from conformance.text import counted, unmarked

__all__ = ["MarkedLine", "Screen", "block_lines", "fault", "page_lines", "title", "verdict_lines"]

_WHAT = 200  # characters of the expectation and the observation, where no screen limits them
_LEAST_ROOM = 25  # characters of each of the two, however little room there is
_NAME = 120
_FOLLOWING = "following from others"
_SENTENCE = 1000
_NARROW = 60  # columns below which nothing is laid out: lines are as long as they are
_SAID = (Stand.KEPT, Stand.BROKEN)
_CUT = " …"
_TIED = "\N{NO-BREAK SPACE}"  # a space at which no line ends
_NAMED = 2  # consequences that are named
_REFUSAL = 100  # characters of what the endpoint said to a request that it refused
_FIELD = re.compile(r"  [a-z][a-z ]{11}(?=\S)| {14}(?=\S)")  # how a field of a bug report begins, or goes on
_COPIED = ("evidence", "again", "stated in")  # fields of a bug report with paths and addresses
_COLOUR = {Conclusion.CONFORMS: "green", Conclusion.BROKEN: "red", Conclusion.STALE: "red"}

MarkedLine = tuple[str, dict[str, bool]]
"""A line, and the terminal markup for it: names such as `bold` and `red`."""


@dataclass(frozen=True, slots=True)
class _Share:
    """What a provider may take of a screen: findings, and lines of everything else."""

    findings: int
    sentence: int
    profiles: int
    others: int


# By the number of providers of the run.
_SHARES: Mapping[int, _Share] = {1: _Share(4, 3, 3, 2), 2: _Share(2, 3, 2, 1), 3: _Share(2, 3, 2, 1)}
_LEAST = _Share(1, 2, 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where the lines are shown: the columns of a terminal, and how many providers share it.

    `width` is None for a file or a pipe, in which a sentence stays on one line, for programs that search it.
    """

    width: int | None = None
    providers: int = 1

    @property
    def share(self) -> _Share:
        """What each provider may take of it."""
        return _SHARES.get(self.providers, _LEAST)

    def laid(self, text: str, lead: str = "  ", *, hang: int = 2, most: int = 1) -> Iterator[str]:
        """The text on at most so many lines, never broken within a word: an id or a path is copied whole."""
        if self.width is None or self.width < _NARROW:
            yield lead + text
            return
        lines = _wrapped(text, self.width, lead, " " * hang)
        if len(lines) > most:
            lines = lines[:most]
            while " " in lines[-1].strip() and _cells(lines[-1]) > self.width - len(_CUT):
                lines[-1] = lines[-1].rpartition(" ")[0]
            lines[-1] += _CUT
        yield from map(unmarked, lines)

    def room(self, *, hang: int, most: int) -> int:
        """How many characters a text has at most that is laid out so."""
        return _WHAT if self.width is None or self.width < _NARROW else (self.width - hang) * most


def block_lines(text: str, screen: Screen) -> Iterator[str]:
    """The lines of a bug report, its fields laid out: paths, addresses and commands are copied whole.

    A command goes on behind a backslash. What an endpoint said never begins a line, and the wire stays as it
    is.
    """
    name = ""
    for line in text.split("\n"):
        found = _FIELD.match(line)
        if found is not None:
            name = found[0].strip() or name
        if found is None or screen.width is None or len(line) <= screen.width:
            yield line
            continue
        yield from map(unmarked, _field_lines(name, found[0], line[found.end() :], screen.width))


def _field_lines(name: str, lead: str, said: str, width: int) -> Iterator[str]:
    command = name == "again"
    room = max(width - 2 * command, _NARROW)
    # Only what the suite itself says may begin a line.
    long = name in _COPIED and max(map(len, said.split()), default=0) > room - len(lead)
    if long and not command and lead.strip():
        yield lead.rstrip()
    hang = "" if long else " " * len(lead)
    laid = textwrap.wrap(
        said.replace(" -k ", f" -k{_TIED}") if command else said,
        room,
        initial_indent=hang if long and not command else lead,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = [part.replace(_TIED, " ") for part in laid] if command else laid
    yield from (f"{part} \\" for part in lines[:-1]) if command else lines[:-1]
    yield lines[-1]


def title(report: Report) -> str:
    """The provider and its model, on one line."""
    model = f" ({report.header.model})" if report.header.model else ""
    return one_line(f"{report.header.provider}{model}", _NAME)


def fault(finding: Finding, report: Report, room: int, also: Sequence[Finding] = ()) -> str:
    """What was observed, as it heads the finding on the page, in at most `room` characters or a few more.

    Where there is no room for that, what was expected and what was observed are clipped each for itself.
    `also` are the findings that are told together with it.
    """
    heads = one_line(heading(finding, {line.id: line for line in report.exchanges}, also), _SENTENCE)
    violations = finding.verdicts[0].violations
    return heads if len(heads) <= room or not violations else contrast(violations[0], room)


def page_lines(report: Report, page: Path, screen: Screen) -> Iterator[str]:
    """Where the page of a report lies: on a terminal what is copied whole, an address or else a path."""
    address = page.as_uri()
    if screen.width is None:
        yield f"compliance report of {title(report)}: {address}"
        return
    shown = address if len(address) <= screen.width else near(page)
    told = "compliance report:"
    yield from [f"{told} {shown}"] if len(told) + 1 + len(shown) <= screen.width else [told, shown]


def verdict_lines(
    report: Report, summary: Summary, streams: Sequence[Answer], screen: Screen | None = None
) -> Iterator[MarkedLine]:
    """The lines shown for one provider at the end of a run."""
    seen = screen or Screen()
    share = seen.share
    yield title(report), {"bold": True}
    # Where nothing is to be fixed, the sentence has the room to say what is to be done.
    more = 0 if summary.fixes else share.findings
    for line in seen.laid(one_line(summary.sentence, _SENTENCE), most=share.sentence + more):
        yield line, {_COLOUR.get(summary.state, "yellow"): True}
    for line in _profiles(report, seen):
        yield line, {}
    if share.others and (refused := refusals(streams, _REFUSAL)):
        for line in seen.laid(one_line(refused, _SENTENCE), most=share.others):
            yield line, {}
    for line in _findings(report, summary, streams, seen):
        yield line, {}
    yield from _stale(summary, seen)
    if share.others:
        for line in seen.laid(_judgements(report, streams), most=share.others):
            yield line, {}


def _profiles(report: Report, screen: Screen) -> list[str]:
    """The verdict on each profile; what breaks them is left out where there is no room for it.

    On a terminal none where nothing can be said of any: the sentence tells why.
    """
    if screen.width is not None and not any(item.stand in _SAID for item in report.footer.profiles):
        return []
    for why in (True, False):
        profiles = one_line(profile_line(report.footer.profiles, why=why), _SENTENCE)
        lines = list(screen.laid(f"profiles {profiles}", hang=11, most=screen.share.profiles))
        if not lines[-1].endswith(_CUT):
            break
    return lines if profiles else []


def _findings(report: Report, summary: Summary, streams: Sequence[Answer], screen: Screen) -> Iterator[str]:
    """What to fix, and what is known in the room that is left."""
    most = screen.share.findings - bool(summary.stale and screen.share.findings > 1)
    used = shown = 0
    by_id = {stream.id: stream for stream in streams}
    groups, excused = together(summary.fixes, by_id), together(summary.known, by_id)
    for finding, also in [*groups, *excused][:most]:
        lines = list(_finding(finding, also, report, streams, screen))
        if screen.width is not None and shown and used + len(lines) > 2 * most:
            break
        yield from lines
        used, shown = used + len(lines), shown + 1
    fixes = max(len(groups) - shown, 0)
    known = len(excused) - max(shown - len(groups), 0)
    left = [f"{fixes} more"] * (fixes > 0) + [f"{known} {'more ' * (shown > 0)}known"] * (known > 0)
    if left:
        yield f"         and {' and '.join(left)} in the report"


def _stale(summary: Summary, screen: Screen) -> Iterator[MarkedLine]:
    """The first deviation that must leave the list, with their number; all in a file or a pipe."""
    shown = summary.stale if screen.width is None else summary.stale[:1]
    for stale in shown:
        for line in screen.laid(one_line(stale.message, _SENTENCE), most=2):
            yield line, {"red": True}
    if left := len(summary.stale) - len(shown):
        yield f"  and {left} more that must leave the list", {"red": True}


def _finding(
    finding: Finding,
    also: Sequence[Finding],
    report: Report,
    streams: Sequence[Answer],
    screen: Screen,
) -> Iterator[str]:
    name = f"{finding.id} and {len(also)} more" if also else finding.id
    lead = f"  {'known' if finding.deviation else finding.level.value:<6} {name}: "
    behind = _behind(finding)
    if first := advice(streams) if finding.before_all else "":
        yield from screen.laid(first, lead, hang=9, most=3)
        return
    most = 3 if finding.switch else 2
    # What is behind is not to be cut, and where lines break shows when they are laid.
    for room in range(screen.room(hang=9, most=most), 2 * _LEAST_ROOM - 1, -10):
        said = f"{fault(finding, report, room, also)}{behind}"
        lines = list(screen.laid(said, lead, hang=9, most=most))
        if not lines[-1].endswith(_CUT):
            break
    yield from lines


def _behind(finding: Finding) -> str:
    """On how many exchanges it was seen, what follows from it, and what switches it off."""
    places = len(finding.exchanges)
    parts = [f" (on {counted(places, 'exchange')})"] if places > 1 else []
    if names := [item.id for item in finding.consequences]:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        parts.append(f"; because of it {', '.join(names[:_NAMED])}{more}")
    parts += [f"; {one_line(finding.switch, _SENTENCE)}"] if finding.switch else []
    return "".join(parts)


def _wrapped(text: str, width: int, lead: str, hang: str) -> list[str]:
    """The text in lines of at most `width` columns; no word is broken but one of wide letters."""
    lines, line = [], lead
    empty = True  # whether no word is in the line
    for part in (part for word in text.split(" ") for part in _parts(word, width - len(hang))):
        joined = line + part if empty else f"{line} {part}"
        if _cells(joined) > width and not (empty and line == hang):
            lines.append(line.rstrip())
            joined = hang + part
        line, empty = joined, False
    return [*lines, line.rstrip()]


def _parts(word: str, room: int) -> Iterator[str]:
    """The word, or parts of it that have room each if it is one of wide letters."""
    if len(word) == _cells(word) or _cells(word) <= room:
        yield word
        return
    for at in range(0, len(word), room // 2):
        yield word[at : at + room // 2]


def _cells(text: str) -> int:
    """The columns that a text takes: letters of East Asia and most emoji take two."""
    return len(text) + sum(east_asian_width(letter) in "WF" for letter in text)


def _judgements(report: Report, streams: Sequence[Answer]) -> str:
    """All verdicts counted by outcome, and those apart that follow from others.

    Of a run that is held to profiles, those on their requirements. pytest does not count those that are not
    applicable, and counts all that were judged.
    """
    held = held_to(report.header.profile)
    mine = [item for item in report.rulings if held is None or item.verdict.requirement in held]
    seen = Counter(map(_word, mine))
    beside = len(report.rulings) - len(mine)
    order = ["known", *(outcome.words for outcome in Outcome), _FOLLOWING]
    counts = ", ".join(f"{seen[name]} {name}" for name in sorted(seen, key=order.index))
    answered = any(stream.exchange.answered or stream.exchange.malformed for stream in streams)
    one = "" if answered else "; the first error stands for all of them"
    more = f"; and {beside} of requirements outside" if beside else ""
    of_it = " of the profile" + "s" * ("," in (report.header.profile or "")) if held is not None else ""
    return f"{counted(seen.total(), 'judgement')}{of_it}: {counts}{more}{one}"


def _word(ruling: Ruling) -> str:
    if ruling.deviation:
        return "known"
    return _FOLLOWING if ruling.verdict.because else ruling.verdict.outcome.words
