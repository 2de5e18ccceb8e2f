"""The nights before, from a dashboard that is served somewhere: its `index.json` and `night.json`.

A night never fails for it: what cannot be fetched or read is told in a sentence, and nothing is known then.
"""

import json
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any

from conformance.catalogue import Level, Outcome
from conformance.dashboard.document import FORMAT, VERSION
from conformance.dashboard.history import part_of
from conformance.nightly.document import FILE, Earlier, earlier_of, text_in, time_in
from conformance.nightly.news import PastRun
from conformance.nightly.past import History
from conformance.report.records import RequirementResult

__all__ = ["history_at", "is_address"]

_INDEX = "index.json"
_SECONDS = 30.0  # for each file, from its request to its last byte
_BYTES = 32_000_000
_WRONG = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
_TURNS = ("regressed", "improved", "added", "removed")


def is_address(text: str) -> bool:
    """Whether the text is an address rather than a folder."""
    return text.startswith(("http://", "https://"))


def history_at(url: str, *, seconds: float = _SECONDS, most: int = _BYTES) -> History:
    """The nights before tonight that the dashboard at an address knows of."""
    base = url.removesuffix(_INDEX).rstrip("/")
    text, problem = _fetched(base, _INDEX, seconds, most)
    if problem:
        return History(notes=(f"nothing is known of the nights before: {problem}",))
    try:
        past = dict(_endpoints(json.loads(text)))
    except _WRONG as error:
        why = f"{_INDEX} of --history is no dashboard of this version ({type(error).__name__})"
        return History(notes=(f"nothing is known of the nights before: {why}",))
    text, problem = _fetched(base, FILE, seconds, most)
    earlier, problem = (Earlier(), problem) if problem else earlier_of(text)
    return History(past=past, earlier=earlier, notes=(problem,) if problem else ())


def _fetched(base: str, name: str, seconds: float, most: int) -> tuple[str, str]:
    """The text of a file, and "" or, in words without the address, why there is none."""
    import httpx  # noqa: PLC0415 - nights whose history lies in a folder need no client

    until = monotonic() + seconds
    data = bytearray()
    try:
        with httpx.stream("GET", f"{base}/{name}", timeout=seconds, follow_redirects=True) as answer:
            if not answer.is_success:
                return "", f"{name} of --history was answered with status {answer.status_code}"
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > most:
                    return "", f"{name} of --history is larger than {most:,} bytes"
                if monotonic() > until:
                    return "", f"{name} of --history did not come within {seconds:g} seconds"
        return data.decode(), ""
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return "", f"{name} of --history could not be fetched ({type(error).__name__})"


def _endpoints(index: Mapping[str, Any]) -> Iterator[tuple[str, list[PastRun]]]:
    if (index["format"], index["version"]) != (FORMAT, VERSION):
        raise ValueError(index["format"])
    for endpoint in index["endpoints"]:
        if not endpoint["recorded"]:
            run = endpoint["run"]
            yield "/".join(run["folder"].split("/")[-3:-1]), list(_runs(endpoint, run))[::-1]


def _runs(endpoint: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[PastRun]:
    """The runs of an endpoint, the newest first: that of which all is said, and back by what turned."""
    results = {name: _result(item["outcome"], item) for name, item in endpoint["results"].items()}
    suite = text_in(run, "suite")
    part = part_of(text_in(run, "incomplete"), run["profile"] and text_in(run, "profile"))
    yield PastRun(started=time_in(run, "started"), suite=suite, results=results, part=part)
    shown = text_in(run, "started")[:10]
    for night in endpoint["nights"]:
        if night["changes"] is not None and text_in(night, "night") <= shown:
            for turn in (turn for kind in _TURNS for turn in night["changes"][kind]):
                results = {name: item for name, item in results.items() if name != turn["requirement"]}
                if turn["old"] is not None:
                    results[turn["requirement"]] = _result(turn["old"], turn)
            yield PastRun(started=time_in(night, "night"), suite=suite, results=results, part=part)


def _result(outcome: str, item: Mapping[str, Any]) -> RequirementResult:
    return RequirementResult(
        outcome=Outcome(outcome),
        level=Level(item["level"]),
        observed=str(item.get("observed", "")),
        because=str(item.get("because", "")),
        known=item.get("known") is True,
    )
