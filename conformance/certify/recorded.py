"""Whether the evidence of a bundle is as a run of the suite leaves it, whatever it says. Pure.

A recorder writes its lines in one order and one spelling, repeats a request only where it failed, and sends
the headers that the settings name. Files that say otherwise were written by somebody else.
"""

import base64
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from itertools import pairwise
from urllib.parse import urlsplit

from conformance.capture.repeats import ATTEMPTS, repeated
from conformance.certify.certificate import Json, evidence_name
from conformance.certify.forms import object_in
from conformance.certify.problems import Problem
from conformance.evidence.format import Line, dumped
from conformance.evidence.headers import NOT_KEPT, REPLACEMENT
from conformance.exchange import Attempt, Exchange, Expects, Request
from conformance.providers import Provider
from conformance.text import clipped, counted
from conformance.version import suite_version

__all__ = ["misattempted", "misdated", "misheaded", "misspelt", "mistimed", "otherwise_dated"]

_SLACK = timedelta(hours=1)  # by which a clock may be set while a run is under way, or be wrong
_ORDER = (Line.HEAD, Line.ATTEMPT, Line.RESPONSE, Line.PIECE, Line.END)
_KEYS = {
    Line.HEAD: (
        *("format", "version", "id", "api", "provider", "model", "scenario", "sample", "again", "started"),
        *("expects", "promises", "claim", "unclaimed", "nonce", "expected_text", "expected_arguments"),
        *("note", "lacks", "request"),
    ),
    Line.ATTEMPT: ("started", "status", "error", "retry_after"),
    Line.RESPONSE: ("status", "headers"),
    Line.PIECE: ("at", "text", "base64"),
    Line.END: (
        *("ended", "ended_at", "detail", "attempts", "pieces", "bytes", "sha256"),
        *("mistake", "malformed", "beside", "digest"),
    ),
}
"""The keys of each line, in the order in which the suite writes them."""
_SELDOM = frozenset(
    {"again", "expected_arguments", "text", "base64", "mistake", "malformed", "beside"}
)  # those that only some lines of a kind have
_REQUEST = frozenset({"method", "url", "headers", "body"})
_HEADER = frozenset({"name", "value"})
_OWN = frozenset(  # headers that the suite sends by itself
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }
)
_PORTS = {"http": 80, "https": 443}
_SHOWN = 120  # characters of a value in a message


def misspelt(name: str, data: bytes) -> Iterator[Problem]:
    """The first line of an evidence file that is not as the suite writes it.

    Another reader might take the first of two values of one key, or a line in another place, for what counts.
    `data` are the bytes of a file that was read as evidence, so every line is valid by its schema.
    """
    before = 0
    for number, text in enumerate(BytesIO(data), start=1):  # only a line feed ends a line
        try:
            content = object_in(text)
        except ValueError:  # the reader of evidence leaves out a last line that is not whole
            yield Problem(
                "evidence-form", name, f"line {number}, behind the end, is none that the suite writes"
            )
            return
        line = Line(content["line"])
        if _ORDER.index(line) < before:
            yield Problem("evidence-form", name, f"line {number}, {line}, is not where the suite writes it")
            return
        before = _ORDER.index(line)
        if unknown := _unknown(line, content):
            said = f"line {number} has a key {clipped(unknown, _SHOWN)!r}, which the suite does not write"
            yield Problem("evidence-form", name, said)
            return
        if left := [key for key in _KEYS[line] if key not in content and key not in _SELDOM]:
            said = f"line {number} lacks the key {left[0]!r}, which the suite writes"
            yield Problem("evidence-form", name, said)
            return
        due = {key: content[key] for key in _KEYS[line] if key in content}
        if dumped(line, due) != text or (line is Line.PIECE and not _piece_written(content)):
            what = "is not written as the suite writes it: it may say one thing twice"
            yield Problem("evidence-form", name, f"line {number} {what}")
            return


def _piece_written(content: Json) -> bool:
    """Whether the bytes of a piece stand there as text, if they are text."""
    try:
        base64.b64decode(content["base64"]).decode()
    except (KeyError, ValueError):
        return True
    return False


def _unknown(line: Line, content: Json) -> str:
    """A key that the suite does not write; "" if there is none."""
    request = content.get("request") or {}
    headers = [*content.get("headers", ()), *request.get("headers", ())]
    places = [(content, {"line", *_KEYS[line]}), (request, _REQUEST), *((item, _HEADER) for item in headers)]
    return next((key for place, keys in places for key in place if key not in keys), "")


def misattempted(exchanges: Iterable[Exchange]) -> Iterator[Problem]:
    """The exchanges whose attempts are not those that the suite makes."""
    for one in exchanges:
        if why := _misattempted(one):
            yield Problem("attempts-forged", evidence_name(one.id), why)


def _misattempted(one: Exchange) -> str:
    tried = one.attempts
    if not tried:
        return "it holds an answer, and no attempt to ask for it" if one.answered else ""
    if len(tried) > ATTEMPTS:
        return f"it has {counted(len(tried), 'attempt')}, and the suite makes {ATTEMPTS} at most"
    if tried[0].started != 0:
        return f"its first attempt began {tried[0].started:g} s after the first one, so one was left out"
    if any(after.started < before.started for before, after in pairwise(tried)):
        return "its attempts are not in the order of their times"
    for number, attempt in enumerate(tried[:-1], start=1):
        if not _repeated(one, attempt):
            return f"attempt {number} was answered with status {attempt.status}, and the request sent again"
    both = [number for number, attempt in enumerate(tried, start=1) if attempt.error and attempt.status]
    if both:
        return f"attempt {both[0]} was answered, and has an error that kept it from an answer"
    if one.status != tried[-1].status and one.answered:
        return f"its last attempt has status {tried[-1].status}, and its answer {one.status}"
    return ""


def _repeated(one: Exchange, attempt: Attempt) -> bool:
    refusal = one.expects is Expects.REFUSAL
    return attempt.status is None or repeated(attempt.status, refusal=refusal, beside=one.beside or 0)


def mistimed(exchanges: Iterable[Exchange]) -> Iterator[Problem]:
    """The exchanges whose pieces did not come one after the other, each at a time."""
    for one in exchanges:
        before = 0.0
        for number, piece in enumerate(one.pieces, start=1):
            if piece.at is None or piece.at < before:
                why = "no time of arrival" if piece.at is None else "an earlier time than what came before it"
                yield Problem(
                    "times-forged", evidence_name(one.id), f"piece {number} of its answer has {why}"
                )
                break
            before = piece.at


def misheaded(entry: Provider, exchanges: Iterable[Exchange]) -> Iterator[Problem]:
    """The exchanges whose requests have other headers than the settings in the certificate name."""
    due = {name.lower(): value for name, value in entry.headers.items()}
    for one in exchanges:
        if one.request is None or not one.attempts:
            continue
        sent = {name.lower(): value for name, value in one.request.headers}
        where = evidence_name(one.id)
        if more := sorted(sent.keys() - due.keys() - _OWN):
            said = f"its request has the header {clipped(more[0], _SHOWN)}, which the settings do not name"
            yield Problem("asked-otherwise", where, said)
        if left := sorted(due.keys() - sent.keys()):
            said = f"its request lacks the header {clipped(left[0], _SHOWN)}, which the settings name"
            yield Problem("asked-otherwise", where, said)
        for name in sorted(due.keys() & sent.keys() - _OWN):
            if sent[name] != due[name] and not {NOT_KEPT, REPLACEMENT} & {sent[name], due[name]}:
                said = f"the header {clipped(name, _SHOWN)} of its request is not the one of the settings"
                yield Problem("asked-otherwise", where, said)
        yield from (Problem("asked-otherwise", where, said) for said in _misheaded(one.request, due))


def _misheaded(request: Request, named: Collection[str]) -> Iterator[str]:
    """What is wrong with the headers that the suite sends by itself, but for those that the settings name."""
    sent = [(name.lower(), value) for name, value in request.headers]
    for name, count in sorted(Counter(name for name, _ in sent).items()):
        if count > 1 and name in _OWN:
            yield f"its request has the header {name} {count} times"
    due = {"accept-encoding": "identity", "user-agent": f"stream-conformance/{suite_version()}"}
    if request.body and request.body.isascii() and REPLACEMENT not in request.body:
        due["content-length"] = str(len(request.body))
    if (host := _host(request.url)) and host.isascii():
        due["host"] = host
    for name, value in due.items():
        there = dict(sent).get(name, value)
        if there.lower() != value.lower() and name not in named and not _hidden(there):
            yield f"the header {name} of its request is {clipped(there, _SHOWN)}, and the suite sends {value}"


def _host(url: str) -> str:
    """The host and port of a URL as the header Host names them: without the port that its scheme implies.

    It is "" for what is no URL, of which another check tells.
    """
    try:
        parts = urlsplit(url)
        number = parts.port
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        return host
    return name if number in (None, _PORTS.get(parts.scheme)) else f"{name}:{number}"


def _hidden(value: str) -> bool:
    return value == NOT_KEPT or REPLACEMENT in value


def misdated(exchanges: Iterable[Exchange], started: str, ended: str) -> Iterator[Problem]:
    """The exchanges that were not recorded between the beginning and the end of the run."""
    first, last = _time(started), _time(ended)
    for one in exchanges:
        if not (one.started or one.attempts or one.answered):
            continue  # it was not sent
        at = _time(one.started)
        if at is None or (first and at < first - _SLACK) or (last and at > last + _SLACK):
            shown = clipped(json.dumps(one.started), _SHOWN)
            said = f"it is of {shown}, and the run went from {started} to {ended}"
            yield Problem("another-time", evidence_name(one.id), said)


def otherwise_dated(exchanges: Iterable[Exchange]) -> Iterator[Problem]:
    """What the dates in the headers of answers say, where it is another time than that of their requests.

    A clock may be wrong, so this speaks against nobody; but evidence whose dates were changed to prolong a
    certificate looks just like this.
    """
    apart: dict[str, str] = {}
    asked = ""
    for one in exchanges:
        at, told = _time(one.started), _dated(one.header("date"))
        if at is not None and told is not None and abs(told - at) > _SLACK + timedelta(seconds=_last(one)):
            apart[evidence_name(one.id)] = f"{told:%Y-%m-%dT%H:%M}Z"
            asked = asked or f"{at:%Y-%m-%dT%H:%M}Z"
    if apart:
        where, *also = apart
        what = f"dated {apart[where]} by the endpoint, and asked for at {asked} by the run"
        why = "a clock is wrong, or the evidence is of another time"
        yield Problem("clock-differs", where, f"{what}: {why}", tuple(also))


def _last(one: Exchange) -> float:
    """The seconds that an exchange took at most, the waiting between its attempts included."""
    return (one.ended_at or 0.0) + (one.attempts[-1].started if one.attempts else 0.0)


def _dated(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
