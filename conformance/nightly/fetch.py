"""The nights before, from a dashboard that is served somewhere: its `index.json` and `night.json`.

Only these two files are asked for, and only of the host that was named: what they say leads to no other file.
A night never fails for them: what cannot be fetched or read is told in a sentence, and is not known then.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from conformance.catalogue import Level, Outcome
from conformance.dashboard.document import FORMAT, VERSION
from conformance.dashboard.history import part_of
from conformance.dashboard.matrix import CellState
from conformance.nightly.document import FILE, Earlier, earlier_of, text_in, time_in
from conformance.nightly.news import PastRun
from conformance.nightly.past import History
from conformance.nightly.reached import unreached
from conformance.report.records import RequirementResult
from conformance.report.visible import one_line
from conformance.text import clipped

if TYPE_CHECKING:
    from httpx import Client

__all__ = ["history_at", "is_address"]

_INDEX = "index.json"
_SECONDS = 30.0  # for each file, from its request to its last byte
_BYTES = 32_000_000
_REDIRECTS = 5
_SHOWN = 80  # characters of what the index says, in a sentence
_OBSERVED = 300  # characters of what was observed
_WRONG = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
_TURNS = ("regressed", "improved", "added", "removed")
_PORTS = {"http": 80, "https": 443}


class _ProblemError(Exception):
    """Raised with a sentence, which holds no more of the address than its host, where a file says nothing."""


def is_address(text: str) -> bool:
    """Whether the text is an address rather than a folder."""
    return text.startswith(("http://", "https://"))


def history_at(url: str, *, seconds: float = _SECONDS, most: int = _BYTES) -> History:
    """The nights before tonight that the dashboard at an address knows of: those that its index names."""
    import httpx  # noqa: PLC0415 - nights whose history lies in a folder need no client

    base = url.removesuffix(_INDEX).rstrip("/")
    # What is compressed grows beyond every bound when it is read, so nobody asks for it.
    with httpx.Client(timeout=seconds, headers={"Accept-Encoding": "identity"}) as client:
        return _history(partial(_fetched, client, base, seconds, most))


def _history(fetched: Callable[[str], str]) -> History:
    past: dict[str, list[PastRun]] = {}
    notes: list[str] = []
    try:
        for endpoint in _endpoints(fetched(_INDEX)):
            try:
                place, runs = _of(endpoint)
            except _ProblemError as problem:
                notes.append(f"An endpoint of {_INDEX} of --history is passed over: {problem}")
            else:
                past.setdefault(place, []).extend(runs)
    except _ProblemError as problem:
        notes.append(f"Nothing is known of the nights before: {problem}")
    try:
        earlier, unread = earlier_of(fetched(FILE))
        notes += [unread] if unread else []
    except _ProblemError as problem:
        earlier = Earlier()
        notes += [f"The feed begins anew: {problem}"] if past else []
    return History(past=past, earlier=earlier, notes=tuple(dict.fromkeys(notes)))


def _fetched(client: "Client", base: str, seconds: float, most: int, name: str) -> str:
    """The text of a file of the dashboard. Raises _ProblemError."""
    import httpx  # noqa: PLC0415 - nights whose history lies in a folder need no client

    until = monotonic() + seconds
    address = f"{base}/{name}"
    try:
        for _ in range(_REDIRECTS + 1):
            with client.stream("GET", address) as answer:
                if answer.next_request is None:
                    return _text(answer, name, until, seconds, most)
                address = str(answer.next_request.url)
            if where := _elsewhere(address, base):
                raise _ProblemError(f"{name} of --history leads to {where}, which was not asked")
        raise _ProblemError(f"{name} of --history leads from one address to the next without an end")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        why = unreached(error, seconds)
        raise _ProblemError(f"{name} of --history could not be fetched{_from(base)}: {why}") from None


def _from(base: str) -> str:
    """The host and the port of an address, without what may be a secret; "" if it has none."""
    try:
        parts = urlsplit(base)
        return f" from {parts.hostname}{f':{parts.port}' if parts.port else ''}" if parts.hostname else ""
    except ValueError:
        return ""


def _text(answer: Any, name: str, until: float, seconds: float, most: int) -> str:
    if not answer.is_success:
        raise _ProblemError(f"{name} of --history was answered with status {answer.status_code}")
    data = bytearray()
    for piece in answer.iter_raw():
        data += piece
        if len(data) > most:
            raise _ProblemError(f"{name} of --history is larger than {most:,} bytes")
        if monotonic() > until:
            raise _ProblemError(f"{name} of --history did not come within {seconds:g} seconds")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _ProblemError(f"{name} of --history is no UTF-8 text") from None


def _elsewhere(address: str, base: str) -> str:
    """What an address leads to that is not the server of the base, nor that with https; "" if it is."""
    there, here = urlsplit(address), urlsplit(base)
    if there.hostname != here.hostname:
        return "another host"
    if here.scheme == "https" != there.scheme:
        return "its host without https"
    return "" if _port(there) in (_port(here), _PORTS["https"]) else "another port of its host"


def _port(parts: SplitResult) -> int | None:
    return parts.port or _PORTS.get(parts.scheme)


def _endpoints(text: str) -> list[Mapping[str, Any]]:
    """The endpoints of an index. Raises _ProblemError."""
    try:
        index = json.loads(text)
        found = (index["format"], index["version"])
        if found != (FORMAT, VERSION):
            told = one_line(f"{found[0]}, version {found[1]}", _SHOWN)
            raise _ProblemError(
                f"{_INDEX} of --history is of {told}; this suite reads {FORMAT}, version {VERSION}"
            )
        return [endpoint for endpoint in index["endpoints"] if not endpoint["recorded"]]
    except _WRONG:
        raise _ProblemError(
            f"{_INDEX} of --history is no dashboard, or is damaged; run `conformance dashboard` again"
        ) from None


def _of(endpoint: Mapping[str, Any]) -> tuple[str, list[PastRun]]:
    """The place of an endpoint and its runs, the oldest first. Raises _ProblemError."""
    try:
        return _place(text_in(endpoint["run"], "folder")), list(_runs(endpoint))[::-1]
    except _WRONG:
        who = one_line(f"{endpoint.get('provider', '')} {endpoint.get('model', '')}", _SHOWN).strip()
        raise _ProblemError(f"what it says of {who} is damaged") from None


def _place(folder: str) -> str:
    """The provider's and the model's folder, of that of a run. Raises _ProblemError for what is none."""
    parts = folder.split("/")
    # A dashboard that was written elsewhere begins with the way from there, such as `../reports`.
    names = parts[-3:] if len(parts) > 2 else [""]
    if folder.startswith("/") or set(":\\") & set(folder) or any(name[:1] in ("", ".") for name in names):
        raise _ProblemError(f"its run lies in no folder of runs: {one_line(folder, _SHOWN)}")
    return "/".join(names[:2])


def _runs(endpoint: Mapping[str, Any]) -> Iterator[PastRun]:
    """The runs of an endpoint, the newest first: that of which all is said, and from it by what turned."""
    run, newer = endpoint["run"], endpoint["newer"]
    results = {name: _result(item["outcome"], item) for name, item in endpoint["results"].items()}
    suite, shown = text_in(run, "suite"), text_in(run, "started")[:10]
    part = _part(run)
    # Runs after it judged less than it, so what they did not turn is as it was.
    after = dict(results)
    later = []
    for night in reversed(endpoint["nights"]):
        if text_in(night, "night") > shown and night["folder"] is not None:
            after = _turned(after, night, "new")
            told = {} if night["state"] == CellState.SILENT.value else after
            later.append(
                PastRun(
                    started=time_in(night, "night"),
                    suite=suite,
                    results=told,
                    part=_part(newer) if newer else part,
                )
            )
    yield from reversed(later)
    yield PastRun(started=time_in(run, "started"), suite=suite, results=results, part=part)
    for night in endpoint["nights"]:
        if text_in(night, "night") <= shown and night["folder"] is not None:
            if text_in(night, "night") < shown:
                told = {} if night["state"] == CellState.SILENT.value else results
                yield PastRun(started=time_in(night, "night"), suite=suite, results=told, part=part)
            results = _turned(results, night, "old")


def _part(run: Mapping[str, Any]) -> str:
    return part_of(text_in(run, "incomplete"), run["profile"] and text_in(run, "profile"))


def _turned(
    results: Mapping[str, RequirementResult], night: Mapping[str, Any], side: str
) -> dict[str, RequirementResult]:
    """What is known after a night, from what was known before it, or the other way round."""
    made = dict(results)
    for turn in (turn for kind in _TURNS for turn in (night["changes"] or {kind: []})[kind]):
        made.pop(turn["requirement"], None)
        if turn[side] is not None:
            made[turn["requirement"]] = _result(turn[side], turn)
    return made


def _result(outcome: str, item: Mapping[str, Any]) -> RequirementResult:
    return RequirementResult(
        outcome=Outcome(outcome),
        level=Level(item["level"]),
        observed=clipped(str(item.get("observed", "")), _OBSERVED),
        because=clipped(str(item.get("because", "")), _SHOWN),
        known=item.get("known") is True,
    )
