"""`night.json`: the news of a night for programs, and what earlier nights told.

Schema: `schemas/night.json`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.nightly.feed import ENTRIES, feed_id
from conformance.nightly.news import Expiry, Item, News, Run, Silence
from conformance.nightly.words import paragraph, title, verdict

__all__ = ["FILE", "FORMAT", "VERSION", "Earlier", "document", "earlier_in", "earlier_of"]

FILE = "night.json"
FORMAT = "stream-conformance/night"
VERSION = 1

_ENTRY = ("at", "title", "paragraph")


@dataclass(frozen=True, slots=True)
class Earlier:
    """What `night.json` of the last night keeps for the feed: its id, and its entries, the newest first.

    `feed` is "" before the first night.
    """

    feed: str = ""
    entries: tuple[Mapping[str, str], ...] = ()


def document(news: News, earlier: Earlier, suite: str) -> dict[str, Any]:
    """The document of a night. A night that is told of again takes the place of its first telling."""
    entry = {"at": news.at, "title": title(news), "paragraph": paragraph(news)}
    others = [dict(item) for item in earlier.entries if item["at"] != news.at]
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
    except (OSError, UnicodeDecodeError) as error:
        return Earlier(), _unread(path.name, str(error))
    return earlier_of(text)


def earlier_of(text: str) -> tuple[Earlier, str]:
    """What the text of a `night.json` keeps, and "" or, in words, why it cannot be read."""
    try:
        value = json.loads(text)
        if (found := (value["format"], value["version"])) != (FORMAT, VERSION):
            return Earlier(), _unread(FILE, f"it is of {found[0]!r}, version {found[1]!r}")
        entries = tuple({name: _text(item[name]) for name in _ENTRY} for item in value["nights"])
        return Earlier(_text(value["feed"]), entries), ""
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        return Earlier(), _unread(FILE, f"{type(error).__name__}: {error}")


def _unread(name: str, why: str) -> str:
    return f"{name} of the last night cannot be read, so the feed begins anew: {why}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _who(run: Run) -> dict[str, str]:
    return {"provider": run.provider, "model": run.model}


def _run(run: Run) -> dict[str, Any]:
    header = run.report.header if run.report else None
    return {
        **_who(run),
        "exit_code": None if run.record.exit_code is None else int(run.record.exit_code),
        "verdict": verdict(run),
        "report": run.record.report,
        "started": header.started if header else None,
        "complete": bool(run.report and run.report.footer.complete),
    }


def _item(item: Item) -> dict[str, Any]:
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
