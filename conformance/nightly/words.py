"""The news of a night in words: one paragraph, its title, and the table of who was asked. Pure.

Texts from endpoints are made visible and put on one line; what else a place needs, such as the escapes of
Markdown, is a function that the caller hands in.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby

from conformance.catalogue import Level
from conformance.dashboard.history import broken
from conformance.gate import ExitCode
from conformance.nightly.news import Expiry, News, NewsItem, NightRun, Silence
from conformance.report.findings import LEVELS
from conformance.report.records import RequirementResult
from conformance.report.summary import summarise
from conformance.report.visible import one_line
from conformance.requirements import by_id
from conformance.text import counted, ended, unended

__all__ = [
    "Escape",
    "code_of",
    "day",
    "label",
    "paragraph",
    "plain",
    "slack",
    "title",
    "verdict",
]

Escape = Callable[[str], str]
"""Makes a text that is not ours harmless where it is shown."""

_OBSERVED = 160  # characters of what was observed
_NAME = 100  # characters of a provider and a model
_WHY = 240  # characters of a reason
_LISTED = 8  # requirements of a run that are named with what was observed; of the rest, the ids
_TITLED = 3  # requirements that a title names of each kind; of the rest, the number
_STILL = 5  # requirements of a run that are broken since the same night and named; of the rest, the number
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Other services that take messages of Slack call people by a bare `@channel` or `@everyone`.
# Slack has no escape for its own marks, so others take their place that look like them.
_SLACK = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "@": "\N{FULLWIDTH COMMERCIAL AT}",
    "*": "\N{ASTERISK OPERATOR}",
    "~": "\N{TILDE OPERATOR}",
    "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
}


def plain(text: str) -> str:
    """For a place that reads no marks."""
    return text


def slack(text: str) -> str:
    """For a message of Slack, where no text calls anybody, is a link with other words, or begins code."""
    for sign, instead in _SLACK.items():
        text = text.replace(sign, instead)
    return text


def label(run: NightRun, runs: Iterable[NightRun]) -> str:
    """What a run is called among those of a night: the provider, and the model where it has several."""
    several = sum(other.provider == run.provider for other in runs) > 1
    name = f"{run.provider} ({run.model})" if several and run.model else run.provider
    return one_line(name, _NAME)


def code_of(run: NightRun) -> str:
    """The exit code of a run and what it means; 0 says nothing of what was not judged."""
    code = run.record.exit_code
    if code is None:
        return "-"
    return f"{code} {_sound(run) if code is ExitCode.CONFORMS else code.name.lower()}"


def _sound(run: NightRun) -> str:
    """What a run did not break that nothing turned red: others than a MUST turn none red."""
    found = [one for one in (run.report.footer.results.values() if run.report else ()) if broken(one)]
    # A MUST that is broken all the same is flaky, or of a dialect that is declared.
    known = bool(run.record.flaky) or any(one.known or one.level is Level.MUST for one in found)
    soft = any(not one.known and one.level is not Level.MUST for one in found)
    return f"no{' new' if known else ''} MUST broken" if soft else f"nothing{' new' if known else ''} broken"


def day(time: str) -> str:
    """A time of RFC 3339 to the second, for people: two nights may begin in one minute."""
    moment = datetime.fromisoformat(time).astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def title(news: News) -> str:
    """The night in a few words that name requirements: two nights with two faults never read the same."""
    new = [item for item in news.new if not item.because] or news.new
    parts = [
        *_titled("{} new", [item.requirement for item in new]),
        *_titled("{} fixed", [item.requirement for item in news.fixed]),
        *_titled("{} flaky", [item.requirement for item in news.flaky]),
        *([f"{len(news.silent)} without an answer"] if news.silent else []),
        *([f"{len(news.partial)} incomplete"] if news.partial else []),
    ]
    if not parts:
        other = news.eased or news.unjudged or news.shifted
        alone = "nothing to compare" if news.since else "first night"
        parts = ["something changed" if other else "nothing changed" if news.compared else alone]
    parts += _titled("{} MUST still broken", [item.requirement for item in news.still if _must(item)])
    parts += _begun(news)
    return f"Night of {day(news.at)}: {', '.join(parts)}"


def _titled(words: str, names: Sequence[str]) -> list[str]:
    """How many there are and which, if there are any. No title holds what a report names that is no slug."""
    if not names:
        return []
    slugs = [name for name in dict.fromkeys(names) if len(name) <= _NAME and _SLUG.fullmatch(name)]
    more = f" and {len(slugs) - _TITLED} more" if len(slugs) > _TITLED else ""
    told = f" ({', '.join(slugs[:_TITLED])}{more})" if slugs else ""
    return [f"{words.format(len(names))}{told}"]


def _must(item: NewsItem) -> bool:
    return item.level is Level.MUST


def _begun(news: News) -> list[str]:
    """What those break that were never compared with a run before."""
    found = [item for run in news.first for item in _breaks(run)]
    where = "" if len(news.first) + len(news.silent) == len(news.runs) else " in a first run"
    for level in LEVELS:
        if names := [name for name, result in found if result.level is level]:
            return _titled(f"{{}} {level.value} broken{where}", names)
    return []


def _breaks(run: NightRun) -> list[tuple[str, RequirementResult]]:
    """The causes that a run breaks and that no list names, the gravest level first."""
    results = run.report.footer.results.items() if run.report else ()
    found = [(name, one) for name, one in results if broken(one) and not (one.because or one.known)]
    return sorted(found, key=lambda item: LEVELS.index(item[1].level))


def verdict(run: NightRun) -> str:
    """The verdict on a run in one sentence, or why there is none."""
    return ended(_verdict(run))


def _verdict(run: NightRun) -> str:
    if run.report is not None:
        sentence = unended(one_line(summarise(run.report, by_id).sentence, 4 * _WHY))
        flaky = f"flaky, and so not red: {', '.join(run.record.flaky)}" if run.record.flaky else ""
        more = [unended(one_line(text, _WHY)) for text in (run.record.why, flaky) if text]
        return f"{sentence} ({'; '.join(more)})" if more else sentence
    if run.record.exit_code is None:
        return "Nothing was recorded: its job ended before the run did, see the log of the job"
    if run.problem:
        return f"The report cannot be read: {one_line(run.problem, _WHY)}"
    return f"No report was written: {one_line(run.record.why, _WHY) or 'its process left no reason'}"


def paragraph(news: News, escape: Escape = plain) -> str:
    """What changed since the runs before, in one paragraph that names requirements."""
    if not news.runs:
        return "No provider was asked: not one key is set."
    sentences = [_lead(news)]
    sentences += _turned(news, escape)
    sentences += _shifted(news, escape)
    sentences += _excused(news, escape)
    sentences += _still(news, escape)
    if news.back:
        sentences.append(f"Back: {', '.join(escape(label(run, news.runs)) for run in news.back)}.")
    sentences += _silences("Did not answer", news.silent, news, escape)
    sentences += _silences("Incomplete", news.partial, news, escape)
    if news.gone:
        names = ", ".join(escape(one_line(name, _NAME)) for name in _gone(news))
        sentences.append(f"Not asked tonight, unlike in the last night: {names}.")
    if len(news.suites) > 1:
        versions = ", ".join(escape(one_line(suite, _NAME)) for suite in news.suites)
        sentences.append(f"The suite itself changed ({versions}).")
    sentences += _first(news, escape)
    sentences += _stale(news, escape)
    sentences += _expiring(news.expiring, news, escape)
    sentences += [escape(_capital(one_line(note, _WHY))) for note in news.notes]
    return " ".join(map(ended, sentences))


def _capital(text: str) -> str:
    """The text with a capital at its beginning, unless it begins with the name of a file or an option."""
    return f"{text[:1].upper()}{text[1:]}" if re.match(r"[a-z]+(?![\w./:-])", text) else text


def _lead(news: News) -> str:
    if news.since and len(news.silent) == len(news.runs):
        return f"Nobody answered. The run before was that of {day(news.since)}."
    if news.since and not news.compared:
        return f"Nothing can be compared with the run before, {day(news.since)}."
    if not news.since:
        answered = len(news.silent) < len(news.runs)
        return "This is the first night: nothing to compare with." if answered else "Nobody answered."
    words = "Changed" if news.turned or news.shifted else "No verdict changed"
    return f"{words} since the run before, {day(news.since)}."


def _turned(news: News, escape: Escape) -> list[str]:
    kinds: tuple[tuple[str, Sequence[NewsItem]], ...] = (
        ("New", news.new),
        ("Fixed", news.fixed),
        ("Broken less badly", news.eased),
        ("No longer judged", news.unjudged),
        ("Flaky", news.flaky),
    )
    sentences = []
    for words, items in kinds:
        for run, members in groupby(items, key=lambda item: item.run):
            told = _items(words, tuple(members), escape)
            sentences.append(f"{words} at {escape(label(run, news.runs))}: {told}.")
    return sentences


def _items(kind: str, items: Sequence[NewsItem], escape: Escape) -> str:
    """The causes among some turns of one run, each with what follows from it."""
    names = {item.requirement for item in items}
    causes = [item for item in items if item.because not in names]
    following = {
        cause.requirement: sum(item.because == cause.requirement for item in items) for cause in causes
    }
    parts = [_item(kind, item, following[item.requirement], escape) for item in causes[:_LISTED]]
    if rest := causes[_LISTED:]:
        parts.append(f"and {', '.join(_id(item.requirement, escape) for item in rest)}")
    return "; ".join(parts)


def _item(kind: str, item: NewsItem, following: int, escape: Escape) -> str:
    observed = escape(unended(one_line(item.observed, _OBSERVED)))
    match kind:
        case "New" | "Broken less badly":
            first = ["not judged before"] if kind == "New" and item.old is None else []
            told = ", ".join([item.level.value, *first, *([f"observed: {observed}"] if observed else [])])
        case "Flaky":
            state = "broken tonight" if item.new and item.new.value in ("fail", "warn") else "kept tonight"
            told = f"{item.level.value}, {state}, turned {item.turned} times of late"
        case _:
            told = item.level.value
    further = f" and because of it {counted(following, 'further requirement')}" if following else ""
    cause = f", because of {_id(item.because, escape)}" if item.because else ""
    return f"{_id(item.requirement, escape)} ({told}){cause}{further}"


def _id(requirement: str, escape: Escape) -> str:
    """A requirement as code. A report of somebody else may name anything, which is then mere text."""
    slug = len(requirement) <= _NAME and _SLUG.fullmatch(requirement)
    return f"`{requirement}`" if slug else escape(one_line(requirement, _NAME))


def _shifted(news: News, escape: Escape) -> list[str]:
    """What is broken as it was before, while another thing is observed."""
    sentences = []
    for run in news.runs:
        items = [item for item in news.shifted if item.run is run]
        told = [
            f"{_id(item.requirement, escape)} ({item.level.value}, "
            f"observed: {escape(unended(one_line(item.observed, _OBSERVED)))}; "
            f"before: {escape(unended(one_line(item.before, _OBSERVED)))})"
            for item in items[:_LISTED]
        ]
        if rest := items[_LISTED:]:
            told.append(f"and {', '.join(_id(item.requirement, escape) for item in rest)}")
        if told:
            sentences.append(f"Broken otherwise at {escape(label(run, news.runs))}: {'; '.join(told)}.")
    return sentences


def _excused(news: News, escape: Escape) -> list[str]:
    """What is broken and turned no run red, since it is flaky."""
    told = [
        f"{escape(label(run, news.runs))} {', '.join(_id(name, escape) for name in run.record.flaky)}"
        for run in news.runs
        if run.record.flaky
    ]
    return [f"Not red for what is flaky: {'; '.join(told)}."] if told else []


def _still(news: News, escape: Escape) -> list[str]:
    """What was broken before and is: the gravest and oldest by name, and how many others there are."""
    groups: dict[tuple[str, ...], list[NewsItem]] = {}
    for item in news.still:
        if not item.before:
            since = f" since {'at least ' if item.least else ''}{_date(item.since)}" if item.since else ""
            key = (escape(label(item.run, news.runs)), item.level.value, since)
            groups.setdefault(key, []).append(item)
    if not groups:
        return []
    told = []
    for (who, level, since), items in list(groups.items())[:_LISTED]:
        names = ", ".join(_id(item.requirement, escape) for item in items[:_STILL])
        more = f" and {len(items) - _STILL} more" if len(items) > _STILL else ""
        told.append(f"{who} {names}{more} ({level}){since}")
    rest = Counter(item.level.value for items in list(groups.values())[_LISTED:] for item in items)
    if rest:
        told.append(f"and {', '.join(f'{count} {level}' for level, count in rest.items())} more")
    return [f"Still broken: {'; '.join(told)}."]


def _date(time: str) -> str:
    moment = datetime.fromisoformat(time).astimezone(UTC)
    return f"{moment:%Y-%m-%d}"


def _silences(words: str, silences: Sequence[Silence], news: News, escape: Escape) -> list[str]:
    if not silences:
        return []
    reasons: dict[str, list[str]] = {}
    for item in silences:
        reasons.setdefault(item.why, []).append(escape(label(item.run, news.runs)))
    told = [f"{', '.join(names)} ({escape(unended(one_line(why, _WHY)))})" for why, names in reasons.items()]
    return [f"{words}: {'; '.join(told)}."]


def _gone(news: News) -> list[str]:
    """The providers that are not asked any more, and of those that still are, the models."""
    asked = {run.record.folder for run in news.runs}
    pairs = [place.partition("/") for place in news.gone]
    names = [f"{name} ({model})" if name in asked else name for name, _, model in pairs]
    return list(dict.fromkeys(names))


def _first(news: News, escape: Escape) -> list[str]:
    sentences = []
    for run in news.first:
        found = _breaks(run)
        known = any(result.known for result in run.report.footer.results.values()) if run.report else False
        nothing = "breaks nothing beyond its list" if known else "breaks nothing"
        nothing += " in what was judged" if run.report and run.report.footer.incomplete else ""
        told = f"breaks {_named(found, escape)}" if found else nothing
        who = escape(label(run, news.runs))
        sentences.append(f"No comparable run before at {who}: it {told}." if news.since else f"{who} {told}.")
    return sentences


def _named(found: Sequence[tuple[str, RequirementResult]], escape: Escape) -> str:
    """What a run breaks that was never compared: by level, each MUST with what was observed."""
    parts = []
    for name, result in found[:_LISTED]:
        seen = escape(unended(one_line(result.observed, _OBSERVED))) if result.level is Level.MUST else ""
        parts.append(f"{_id(name, escape)} ({result.level.value}{f', observed: {seen}' if seen else ''})")
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return f"{'; '.join(parts)}{more}"


def _stale(news: News, escape: Escape) -> list[str]:
    """What turns a run red although nothing is new: its own list of deviations."""
    return [
        f"Red for its own list: {escape(label(run, news.runs))} ("
        f"{'; '.join(escape(unended(one_line(stale.message, _WHY))) for stale in run.report.stale)})."
        for run in news.runs
        if run.report is not None and run.report.stale
    ]


def _expiring(expiries: Sequence[Expiry], news: News, escape: Escape) -> list[str]:
    if not expiries:
        return []
    told = [
        f"{_id(item.requirement, escape)} of {escape(label(item.run, news.runs))} {_left(item)}"
        for item in expiries
    ]
    return [f"Deviations to look at: {'; '.join(told)}."]


def _left(item: Expiry) -> str:
    if item.days < 0:
        return f"expired on {item.until}"
    return f"expires on {item.until}, in {counted(item.days, 'day')}" if item.days else "expires today"
