"""`night.json`: the news of a night for programs, and what earlier nights told.

Schema: `schemas/night.json`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from conformance.nightly.feed import ENTRIES, feed_id
from conformance.nightly.news import Expiry, News, NewsItem, NightRun, Silence
from conformance.nightly.words import paragraph, title, verdict
from conformance.report.visible import visible

__all__ = [
    "FILE",
    "FORMAT",
    "VERSION",
    "Earlier",
    "document",
    "earlier_in",
    "earlier_of",
    "text_in",
    "time_in",
]

FILE = "night.json"
FORMAT = "stream-conformance/night"
VERSION = 1

_URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Earlier:
    """What `night.json` of the last night keeps for the feed: its id, and its entries, the newest first.

    `feed` is "" before the first night.
    """

    feed: str = ""
    entries: tuple[Mapping[str, str], ...] = ()


def document(news: News, earlier: Earlier, suite: str) -> dict[str, Any]:
    """The document of a night. A night that is told of again takes the place of its first telling."""
    others = [dict(item) for item in earlier.entries if item["at"] != news.at]
    entry = {"at": news.at, "night": news.night, "title": title(news), "paragraph": paragraph(news)}
    entries = sorted([entry, *others], key=lambda item: item["at"], reverse=True)
    return {
        "format": FORMAT,
        "version": VERSION,
        "suite": suite,
        "at": news.at,
        "since": news.since or None,
        "title": entry["title"],
        "paragraph": entry["paragraph"],
        "exit_code": int(news.exit_code),
        "runs": [_run(run) for run in news.runs],
        "new": [_item(item) for item in news.new],
        "fixed": [_item(item) for item in news.fixed],
        "eased": [_item(item) for item in news.eased],
        "unjudged": [_item(item) for item in news.unjudged],
        "flaky": [_item(item) | {"turned": item.turned} for item in news.flaky],
        "still": [
            _item(item) | {"since": item.since or None, "at_least": item.least, "before": item.before}
            for item in news.still
        ],
        "back": [_who(run) for run in news.back],
        "gone": list(news.gone),
        "silent": [_silence(item) for item in news.silent],
        "partial": [_silence(item) for item in news.partial],
        "expiring": [_expiry(item) for item in news.expiring],
        "first": [_who(run) for run in news.first],
        "suites": list(news.suites),
        "notes": list(news.notes),
        "feed": earlier.feed or feed_id(news.at, [run.provider for run in news.runs]),
        "nights": entries[:ENTRIES],
    }


def earlier_in(folder: Path) -> tuple[Earlier, str]:
    """What the last night left in a folder, and "" or, in words, why it cannot be read."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Earlier(), ""
    except UnicodeDecodeError as error:
        return Earlier(), _unread(path.name, f"it is not UTF-8 text (byte {error.start})")
    except OSError as error:
        return Earlier(), _unread(path.name, error.strerror or type(error).__name__)
    return earlier_of(text)


def earlier_of(text: str) -> tuple[Earlier, str]:
    """What the text of a `night.json` keeps, and "" or, in words, why it cannot be read.

    It may be anybody's: what it says goes into a feed, which no character of it may break.
    """
    try:
        value = json.loads(text)
        if (found := (value["format"], value["version"])) != (FORMAT, VERSION):
            return Earlier(), _unread(FILE, f"it is of {found[0]!r}, version {found[1]!r}")
        if not _URN.fullmatch(feed := text_in(value, "feed")):
            return Earlier(), _unread(FILE, "its feed is no urn:uuid")
        entries = tuple(
            {
                "at": time_in(item, "at"),
                "night": time_in(item, "night")[:10],
                **{name: visible(text_in(item, name)) for name in ("title", "paragraph")},
            }
            for item in value["nights"]
        )
        return Earlier(feed, entries), ""
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        return Earlier(), _unread(FILE, _damage(error))


def _damage(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"it is no JSON (line {error.lineno}), as after a disk was full"
        case KeyError():
            return f"it has no {error}"
        case RecursionError():
            return "it is nested too deeply"
        case _:  # what text_in and time_in tell
            return str(error)


def _unread(name: str, why: str) -> str:
    return f"{name} of the last night cannot be read, so the feed begins anew: {why}"


def text_in(value: Mapping[str, Any], name: str) -> str:
    """The text of this name in a document that may be anybody's. Raises KeyError and TypeError."""
    text = value[name]
    if not isinstance(text, str):
        raise TypeError(f"{name} is no text")
    return text


def time_in(value: Mapping[str, Any], name: str) -> str:
    """The time of this name as RFC 3339 in UTC; a day is its beginning.

    Raises KeyError, TypeError, ValueError and OverflowError.
    """
    moment = datetime.fromisoformat(text_in(value, name))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _who(run: NightRun) -> dict[str, str]:
    return {"provider": run.provider, "model": run.model}


def _run(run: NightRun) -> dict[str, Any]:
    header = run.report.header if run.report else None
    return {
        **_who(run),
        "exit_code": None if run.record.exit_code is None else int(run.record.exit_code),
        "verdict": verdict(run),
        "flaky": list(run.record.flaky),
        "report": run.record.report,
        "started": header.started if header else None,
        "complete": bool(run.report and run.report.footer.complete),
    }


def _item(item: NewsItem) -> dict[str, Any]:
    return {
        **_who(item.run),
        "requirement": item.requirement,
        "level": item.level.value,
        "old": item.old.value if item.old else None,
        "new": item.new.value if item.new else None,
        "observed": item.observed,
        "because": item.because,
    }


def _silence(item: Silence) -> dict[str, str]:
    return {**_who(item.run), "why": item.why}


def _expiry(item: Expiry) -> dict[str, Any]:
    return {
        **_who(item.run),
        "requirement": item.requirement,
        "until": item.until.isoformat(),
        "days": item.days,
    }
