"""One request and its answer, as another program recorded them, made into an exchange."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest
from typing import Any
from urllib.parse import urlsplit

from conformance.asked import api_asked
from conformance.evidence.errors import EvidenceError, Unreadable
from conformance.evidence.fields import field_secrets
from conformance.evidence.format import parsed
from conformance.evidence.headers import address, address_secrets, header_secrets
from conformance.evidence.imports.coding import decoded
from conformance.evidence.imports.errors import (
    BodyNotKeptError,
    DamagedFileError,
    NoAnswerError,
    NothingOfOursError,
    RedirectLeftError,
    TooManyPartsError,
    TooMuchTogetherError,
)
from conformance.evidence.received import named_by, received
from conformance.evidence.redact import Redactor
from conformance.evidence.together import EACH, Credentials
from conformance.exchange import Ended, Exchange, Expects, Need, Request
from conformance.text import shown, slug

__all__ = [
    "MOST",
    "TOGETHER",
    "Entry",
    "Found",
    "exchange_alone",
    "exchange_of",
    "exchanges_of",
    "shown_in",
    "stem",
]

Found = list[Exchange | Unreadable | Credentials]
"""What is in a file: its exchanges, its parts that give none, with the reason, and its credentials."""

MOST = 10_000
"""How many exchanges one file may hold."""
TOGETHER = 256 * 2**20
"""Bytes of all bodies of one file together, after which no further exchange of it is read."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_SHOWN = 3  # addresses that an error names


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a file says of one exchange. None stands for what it does not say.

    `number` is the place in its file, from 1. `sent` is the body of the request and `body` that of the
    answer, both as the file has them, possibly compressed. `kept` says how to record so that bodies are kept,
    for an entry without one.
    """

    number: int = 1
    method: str = "POST"
    url: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    sent: bytes | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] | None = None
    body: bytes | None = None
    ended: Ended = Ended.UNKNOWN
    started: str = ""
    trouble: str = ""  # what the file says went wrong; "" if nothing
    damage: str = ""  # why its body cannot be read; "" if it can
    kept: str = ""
    led: str = ""  # where a redirect leads that nobody followed; "" if it is none

    @property
    def ours(self) -> bool:
        """Whether it asks for an answer of one of the APIs that are judged."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return False
        return api_asked(self.method, parts.path, parts.query) is not None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The credentials in headers and address of the request, and in the body of one that is judged."""
        found = header_secrets(self.request_headers) + address_secrets(self.url)
        return found + field_secrets(self._asked) if self.sent and self.ours else found

    @property
    def _asked(self) -> dict[str, Any]:
        try:
            value = parsed(decoded(self.sent or b"", self.request_headers))
        except (ValueError, EvidenceError):
            return {}
        return value if isinstance(value, dict) else {}


def exchanges_of(
    entries: Sequence[Entry], source: str, note: str, whole: Sequence[Entry] = (), *, several: bool = False
) -> Found:
    """The exchanges of a file with many entries; those that ask for something else are left out.

    `whole` are all that the file holds, where `entries` are not. A credential of any of these is removed from
    all exchanges: a redirect and what it led to have one key, which not every program writes beside both.
    If no entry is of Chat Completions or Responses, that is told. `several` says that a single entry is not
    the only one of its file. Raises TooManyPartsError.
    """
    if len(entries) > MOST:
        raise TooManyPartsError("exchanges", len(entries), MOST)
    # The first credentials of each come first, which are named as such: a browser's cookies keep no key out.
    turns = chain.from_iterable(zip_longest(*(entry.secrets for entry in whole or entries), fillvalue=""))
    also = tuple(islice(dict.fromkeys(filter(None, turns)), EACH))
    found: Found = [Credentials(also)] if also else []
    ours = [entry for entry in entries if entry.ours]
    if not ours:
        asked = dict.fromkeys(f"{entry.method} {address(entry.url, query=False)}" for entry in entries)
        error = NothingOfOursError(len(entries), tuple(shown(item, 100) for item in list(asked)[:_SHOWN]))
        return [*found, Unreadable(source, error)]
    size = 0  # a compressed body, and one that stands under many aliases, is larger than its file
    for entry in ours:
        read = _read(entry, source, note, also, several=several or len(entries) > 1, left=TOGETHER - size)
        found.append(read)
        if isinstance(read, Exchange):
            size += len(read.body) + len(read.request.body if read.request else "")
    return found


def exchange_alone(entry: Entry, source: str, note: str) -> Found:
    """The exchange of a file with one entry."""
    return [*shown_in(entry), _read(entry, source, note, (), several=False, left=TOGETHER)]


def shown_in(entry: Entry) -> list[Credentials]:
    """The credentials of an entry, if it has any."""
    return [Credentials(entry.secrets)] if entry.secrets else []


def _read(
    entry: Entry, source: str, note: str, also: Sequence[str], *, several: bool, left: int
) -> Exchange | Unreadable:
    place = f"{source}#{entry.number}" if several else source
    name = f"{stem(source)}-{entry.number}" if several else stem(source)
    try:
        if left <= 0:
            raise TooMuchTogetherError(TOGETHER)
        return exchange_of(entry, place, name, note, also)
    except EvidenceError as error:
        # A new error, because the traceback's frames hold the content of the file.
        return Unreadable(place, replace(error))


def exchange_of(entry: Entry, source: str, name: str, note: str, also: Sequence[str] = ()) -> Exchange:
    """The exchange of an entry, redacted, and without the credentials `also`.

    Raises EvidenceError if the entry holds no answer or no body.
    """
    if entry.damage:
        raise DamagedFileError("entry", entry.damage)
    if entry.trouble or entry.led:
        clean = Redactor((*entry.secrets, *also), loopback=True).text
        led = clean(address(entry.led, query=False))
        entry = replace(entry, trouble=clean(entry.trouble), led=led)
    if not entry.status and entry.body is None:
        raise NoAnswerError(entry.trouble)
    if entry.body is None and entry.led:
        raise RedirectLeftError(str(entry.status), entry.led)
    if entry.body is None:
        raise BodyNotKeptError(entry.kept, entry.trouble)
    sent = decoded(entry.sent, entry.request_headers) if entry.sent else b""
    request = Request(
        method=entry.method,
        url=entry.url,
        headers=entry.request_headers,
        body=sent.decode(errors="replace"),
    )
    exchange = received(
        decoded(entry.body, entry.headers or ()),
        request=request if entry.url or sent else None,
        status=entry.status,
        headers=entry.headers,
        ended=entry.ended.value,
        provider=named_by(entry.url),
        also=also,
    )
    unasked = Need.REQUEST in exchange.lacks
    return replace(
        exchange,
        id=slug(name) or "exchange",
        provider=exchange.provider if named_by(entry.url) else "",
        expects=Expects.UNKNOWN if unasked else exchange.expects,
        started=entry.started if _TIME.fullmatch(entry.started) else "",
        detail=entry.trouble,
        source=source,
        note=f"{note} {_missing(exchange)}".strip() + (f" {exchange.note}" if exchange.note else ""),
    )


_WORDS = {
    Need.REQUEST: "the body of the request",
    Need.STATUS: "the status",
    Need.HEADERS: "the headers",
    Need.TIMING: "arrival times",
    Need.ENDING: "how the body ended",
    Need.WIRE: "the bytes of the events",
}


def _missing(exchange: Exchange) -> str:
    words = [_WORDS[need] for need in Need if need in exchange.lacks]
    return f"It does not hold {' or '.join(words)}." if words else ""


def stem(source: str) -> str:
    """The name of a file without its folder and its last extension."""
    name = re.split(r"[/\\]", source)[-1]
    return name.rpartition(".")[0] or name
