"""Describes one ruling as a bug report that can be sent to the vendor unchanged."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance.catalogue import DEPENDS_ON_MODEL, Outcome, Requirement, Verdict, Violation
from conformance.gate import Ruling, Stale
from conformance.report.paint import PaintedLine, paint, painted_text
from conformance.report.spots import by_byte, places
from conformance.report.visible import characters, one_line, visible
from conformance.report.wirelog import Fold, WireRow, excerpt
from conformance.subject import Answer
from conformance.text import counted, ended, spanned, unmarked

__all__ = ["because_of_it", "bug_report", "contrast", "headline", "stale_report"]

_LINE = 240  # characters of one line of the wire excerpt
_INDENT = "              "
_NAMED = 8  # exchanges that are named
_BESIDE = 2_000  # bytes of an event beside those that are guilty, up to which it is looked into
_BODY = 400  # characters of an answer that is no event stream
_READ = 100_000  # bytes of such an answer that are looked at
_BEFORE = 12  # characters that two long texts share and that are shown before their first difference
_AHEAD = 60  # characters of the wire that are shown before what is guilty


def bug_report(
    rule: Requirement,
    ruling: Ruling,
    *,
    provider: str,
    streams: Sequence[Answer],
    evidence: Mapping[str, str],
    alike: Sequence[str] = (),
    consequences: Sequence[str] = (),
    profiles: Sequence[str] = (),
) -> str:
    """The rule, where and how it was broken, an excerpt of the wire, and the command that shows it again.

    `streams` are the answers of the run. `evidence` maps the id of each exchange to the path of its evidence,
    "" if none is stored. `alike` are further exchanges on which the rule was broken, and `consequences` the
    ids of rules that were broken because of it. `profiles` are the ids of the profiles that it breaks.
    """
    verdict = ruling.verdict
    unjudged = verdict.outcome is Outcome.ERROR  # then the rule has nothing to do with it
    told = "could not be judged by" if unjudged else _OPENING[verdict.outcome]
    lines = [f"{provider} {told} {rule.id} ({rule.level}, {rule.family}) in {verdict.subject}"]
    lines += [] if unjudged else ["", rule.statement]
    by_id = {stream.id: stream for stream in streams}
    for violation in verdict.violations:
        where = _where(violation, [by_id[name] for name in verdict.exchanges if name in by_id])
        lines += ["", *_field("where", where)]
        lines += _field("expected", violation.expected)
        lines += _field("observed", violation.observed)
        if violation.times > 1:
            lines += _field("", f"and alike in {counted(violation.times - 1, 'further place')}")
    if verdict.reason:
        lines += ["", *_field("reason", verdict.reason)]
    for name in verdict.exchanges if verdict.violations and len(verdict.exchanges) == 1 else ():
        if wire := list(_wire(by_id[name], verdict)):
            lines += ["", f"  wire of {name}", *wire]
    if alike:
        lines += ["", *_field("alike", f"in {counted(len(alike), 'further exchange')}: {_some(alike)}")]
    lines += ["", *([] if unjudged else _field("who suffers", rule.hurts))]
    if consequences:
        lines += _field("", because_of_it(consequences))
    if profiles:
        lines += _field("profiles", f"this breaks {', '.join(profiles)}")
    if rule.model:
        lines += _field("model", DEPENDS_ON_MODEL)
    if verdict.because:
        lines += _field("because of", f"{verdict.because}: mend that one, and this one should be kept again")
    if verdict.dialects:
        lines += _field("dialect", f"{', '.join(verdict.dialects)}: a recognised way of differing")
    if ruling.deviation is not None:
        until = f", until {ruling.deviation.until}" if ruling.deviation.until else ""
        lines += _field("known", f"{ruling.deviation.reason}{until} {ruling.deviation.link}".rstrip())
    for number, source in enumerate(() if unjudged else rule.sources):
        lines += _field("" if number else "stated in", f"{source.title}\n{source.url}")
    paths = [path for name in verdict.exchanges if (path := evidence.get(name))]
    for number, path in enumerate(paths):
        lines += _field("" if number else "evidence", path)
    if paths:
        replayed = " ".join(f"--replay {shlex.quote(path)}" for path in paths)
        lines += _field("again", f"pytest {replayed} -k {rule.id}")
    lines += [] if unjudged else _field("more", f"conformance explain {rule.id}")
    return unmarked(visible("\n".join(lines)))


_OPENING = {
    Outcome.FAIL: "breaks",
    Outcome.WARN: "breaks",
    Outcome.INFO: "is noted for",
    Outcome.NOT_TESTABLE: "could not be tested for",
    Outcome.NOT_APPLICABLE: "is not concerned by",
    Outcome.PASS: "keeps",
}


def because_of_it(names: Iterable[str]) -> str:
    """The rules that a violation broke as well, in the words that stand under it."""
    return f"and because of it: {', '.join(names)}"


def headline(ruling: Ruling) -> str:
    """The ruling in one line: the first violation, or the reason."""
    verdict = ruling.verdict
    if not verdict.violations:
        return one_line(verdict.reason, _LINE)
    said = contrast(verdict.violations[0], _LINE)
    return one_line(f"because of {verdict.because}: {said}", _LINE) if verdict.because else said


def contrast(violation: Violation, room: int) -> str:
    """What was expected and what was observed, on one line, each in a fair part of `room` characters.

    Of two long texts that begin alike, what is shown begins shortly before they differ.
    """
    texts = [one_line(text, max(len(text) * 12, room)) for text in (violation.expected, violation.observed)]
    alike = next((at for at, pair in enumerate(zip(*texts, strict=False)) if len(set(pair)) > 1), 0)
    expected, observed = (
        _around(text, alike, max(room // 2, room - len(other))) for text, other in (texts, reversed(texts))
    )
    return f"expected {expected}, observed {observed}"


def _around(text: str, place: int, room: int, before: int = _BEFORE, more: int = 0) -> str:
    """The text in at most `room` characters: if it is longer, what stands around a place that is far in.

    `before` is how many characters in front of the place are shown; `more` are those that are not in `text`.
    """
    near = place <= room // 2 - (before - _BEFORE)
    if not more and (near or len(text) <= room):
        return one_line(text, room)
    note = f" ({len(text) + more} characters)"
    size = max(room - len(note) - 4, 2 * before)
    begin = 0 if near else max(min(place - before, len(text) - size), 0)
    cut = " …" if more or begin + size < len(text) else ""
    return f"{'… ' if begin else ''}{text[begin : begin + size]}{cut}{note}"


def stale_report(stale: Stale, entry: str) -> str:
    """Why a known deviation turns the run red, and where it is listed."""
    item = stale.deviation
    lines = [ended(f"{stale.message[0].upper()}{stale.message[1:]}"), "", *_field("listed in", entry)]
    lines += _field("reason", item.reason)
    if item.link:
        lines += _field("link", item.link)
    return unmarked(visible("\n".join(lines)))


def _field(name: str, text: str) -> list[str]:
    first, *rest = text.split("\n")
    return [f"  {name:<12}{first}", *(f"{_INDENT}{line}" for line in rest)]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _where(violation: Violation, streams: list[Answer]) -> str:
    parts = []
    if violation.event is not None:
        parts.append(f"event {violation.event}")
    if violation.place:
        parts.append(violation.place)
    if violation.span is not None:
        parts.append(f"bytes {spanned(violation.span)}")
    event = streams[0].event(violation.event) if len(streams) == 1 else None
    if event is not None and event.at is not None:
        parts.append(f"{event.at:.3f} s after the request")
    return ", ".join(parts) or "the whole answer"


def _wire(stream: Answer, verdict: Verdict) -> Iterator[str]:
    if not stream.streamed:
        data = stream.exchange.body
        text = " ".join(data[:_READ].decode(errors="replace").split())
        if text:
            line = painted_text(text, places(stream, [verdict]))
            yield f"    {_shown(line, _BODY, characters(data[_READ:]))}"
        return
    shown = excerpt(stream, verdict)
    for row in paint(shown, stream.exchange.body, by_byte(stream, [verdict]), _BESIDE):
        if isinstance(row, Fold):
            yield f"           … {counted(row.rows, 'block')} not shown"
        else:
            yield from _row(row.row, row.lines)


def _row(row: WireRow, lines: Sequence[PaintedLine]) -> Iterator[str]:
    number = "" if row.number is None else f"#{row.number}"
    time = "" if row.at is None else f"{row.at / 1000:8.3f} s"
    head = f"  {'>' if row.rules else ' '} {number:>5} {time}"
    note = "" if row.what == "event" else f"  [{row.what}]"
    for index, line in enumerate(lines):
        start = head if index == 0 else " " * len(head)
        yield f"{start}  {_shown(line, _LINE)}{note if index == 0 else ''}"


def _shown(line: PaintedLine, room: int, more: int = 0) -> str:
    """A line of the wire in at most `room` characters: of a long one, what is around its first guilty part.

    What is absent stands where it belongs, within the brackets of what cannot be seen. `more` is how many
    characters come behind the line.
    """
    text, place = "", 0
    for guilty, inks in line.parts:
        place = place or guilty * len(text)
        text += "".join(f"⟨{ink.text}⟩" if ink.kind == "ghost" else ink.text for ink in inks)
    return _around(text, place, room, _AHEAD, more)
