"""What curl prints of an answer: `curl -i` (or `-D -`), `curl -v` with its output in one file, and `-D FILE`.

HTTPie prints the request before it, as `http -v` does.

HTTP/1.1 200 OK            -i        * Connected to ...        -v
content-type: ...                    > POST /v1/chat/completions HTTP/1.1
                                     > Host: ...
data: {...}                          < HTTP/1.1 200 OK
                                     < content-type: ...
                                     data: {...}
                                     * Connection #0 to host ... left intact
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from conformance.evidence.errors import Unreadable
from conformance.evidence.imports.chunked import UNFRAMED, unframed
from conformance.evidence.imports.entry import Entry, Found, exchange_alone, shown_in, stem
from conformance.evidence.imports.errors import (
    HeadAloneError,
    NoAnswerError,
    NotAHeadError,
    SeveralAnswersError,
)
from conformance.exchange import Ended, Exchange, Need

__all__ = [
    "Head",
    "answered",
    "failed",
    "is_dialogue",
    "is_head",
    "is_verbose",
    "read_dialogue",
    "read_head",
    "read_included",
    "read_verbose",
    "without_command",
    "without_failure",
]

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?: [^\r\n]*)?\r?\n")
_LINE = re.compile(rb"([^\r\n]*)\r?\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)")
_REQUEST = re.compile(rb"([A-Z]+) (\S+) HTTP/\d(?:\.\d)?")
# The meter that curl shows without -s, each time it is drawn again, and its title.
_AMOUNT = rb" +\d[\d.]*[kMGTPE]?"
_SHARE = rb" *\d{1,3}" + _AMOUNT
_CLOCK = rb" +(?:--:--:--|\d+:\d\d:\d\d|\d+d \d\dh|\d+d)"
_METER = re.compile(rb"\r" + _SHARE * 3 + _AMOUNT * 2 + _CLOCK * 3 + _AMOUNT + rb"\n?")
_TITLE = re.compile(rb"^ +% Total +% Received % Xferd[^\n]*\n(?=[^\n]*Dload)[^\n]*\n", re.MULTILINE)
# curl's own lines: what it does, how much it received, and an error.
_OWN = re.compile(rb"^(?:\* [^\n]*|[{}] \[\d+ bytes data\]\r?|curl: \(\d+\) [^\n]*)(?:\n|\Z)", re.MULTILINE)
# How a transfer ended. Where the output was buffered (no -N), it is written into the middle of a line.
_END = re.compile(
    rb"\* (?:Connection #\d+ to host [^\n]{1,300} left intact|Closing connection(?: #?\d+)?"
    rb"|transfer closed with outstanding read data remaining|Recv failure: [^\n]{1,200})\r?(?:\n|\Z)"
)
_WHOLE = re.compile(rb"\* Connection #\d+ to host .{1,300} left intact")
_LOST = re.compile(rb"transfer closed with outstanding read data remaining")
_SECURE = re.compile(rb"^\* (?:ALPN|SSL connection using|TLSv)", re.MULTILINE)
_VERBOSE = re.compile(rb"^(?:> [A-Z]+ \S+ HTTP/|< HTTP/\d)", re.MULTILINE)
_LARGEST = 2**20  # bytes of a head
# What `--trace-time` and `--trace-ids` write before curl's own lines.
_TIMED = re.compile(rb"^\d\d:\d\d:\d\d\.\d+ (?:\[\d+-\w+\] )?(?=[*{}] |[<>](?: |\r?$))", re.MULTILINE)
# The command that was typed, with its prompt, where a terminal was copied. A line of a stream, or of JSON,
# may speak of such a command, and is no prompt.
_COMMAND = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?!(?:data|event|id|retry)?:)(?:[$%>#]|[^\n\"{]{1,80}[$%>#]) *"
    rb"(?:curl(?:\.exe)?|https?) (?:[^\n]*\\\r?\n)*[^\n]*\n"
)
# It may follow the last byte of a body without a line end. A text in JSON that speaks of such an error is
# followed by a quotation mark.
_FAILED = re.compile(rb"curl: \(\d+\) [^\n\"]*\n?\Z")
_ERROR = 500  # bytes of an error
# The ends of an answer that curl's errors tell: a lost connection, and a deadline of curl's own.
_ENDS = {18: Ended.RESET, 28: Ended.LEFT, 55: Ended.RESET, 56: Ended.RESET, 92: Ended.RESET}
_ASKED = re.compile(rb"(?:POST|GET) \S+ HTTP/\d(?:\.\d)?\r?\n")
_ANSWERED = re.compile(rb"^HTTP/\d(?:\.\d)? \d{3}(?: [^\r\n]*)?\r?$", re.MULTILINE)
# The first line of a head where neither a stream nor JSON can have it: at the beginning of a line, or right
# behind JSON. Of the lines behind it, fields of a stream are no headers.
_NEXT = re.compile(rb"(?:^|(?<=[\r}\]]))HTTP/\d(?:\.\d)? \d{3}(?: [^\r\n]{0,200})?\r?\n", re.MULTILINE)
_BEHIND = re.compile(rb"((?:(?!(?:data|event|id|retry):)[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*\r?\n)*)(\r?\n)?")

_Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of an answer."""

    status: int
    headers: _Headers
    secrets: tuple[str, ...] = ()  # the credentials of the request that is shown with it


def is_head(data: bytes) -> bool:
    """Whether a file begins with the head of an answer."""
    return bool(_STATUS.match(data))


def is_verbose(data: bytes) -> bool:
    """Whether a file is what `curl -v` prints: curl's own lines, then a request or an answer."""
    begin = _TIMED.sub(b"", data[:_LARGEST])
    return begin.lstrip()[:2] in (b"* ", b"> ", b"< ", b"% ") and bool(_VERBOSE.search(begin))


def read_included(data: bytes, source: str) -> Found:
    """The answer that `curl -i` printed. Raises EvidenceError."""
    head, body = _split(data)
    if not body:
        raise HeadAloneError(stem(source))
    _check_alone(body)
    return answered(Entry(), head, body, source, "An answer as `curl -i` prints it.")


def read_verbose(data: bytes, source: str) -> Found:
    """The answer that `curl -v` printed, and what it printed of the request. Raises EvidenceError."""
    request, head, body, rest = _verbose(data)
    if not body:
        return [*shown_in(request), Unreadable(source, HeadAloneError(stem(source)))]
    ended = Ended.CLOSED if _WHOLE.search(rest) else Ended.RESET if _LOST.search(rest) else Ended.UNKNOWN
    asked = replace(request, ended=ended)
    return answered(asked, head, body, source, "What `curl -v` printed, without curl's own lines.")


def answered(asked: Entry, head: Head, body: bytes, source: str, note: str) -> Found:
    """The exchange of a request, the head of its answer, and the body as a program wrote it beside them."""
    if (bare := unframed(body, head.headers)) is not None:
        ended = Ended.CLOSED if bare.whole else asked.ended
        body, asked, note = bare.body, replace(asked, ended=ended), f"{note} {UNFRAMED}"
    return exchange_alone(replace(asked, status=head.status, headers=head.headers, body=body), source, note)


def is_dialogue(data: bytes) -> bool:
    """Whether a file begins with the head of a request, as HTTP has it."""
    return bool(_ASKED.match(data))


def read_dialogue(data: bytes, source: str) -> Found:
    """The request that HTTPie printed, and its answer. Raises EvidenceError."""
    answer = _ANSWERED.search(data)
    if answer is None:
        raise NoAnswerError
    lines, place = _lines(data, 0)
    request = replace(_request(lines, "https"), sent=data[place : answer.start()].strip() or None)
    head, body = _split(data[answer.start() :])
    if not body:
        raise HeadAloneError(stem(source))
    _check_alone(body)
    note = "A request and its answer as text, such as HTTPie prints them."
    return answered(request, head, body, source, note)


def without_command(data: bytes) -> bytes:
    """A file without the command in its first line, where a terminal was copied."""
    return _COMMAND.sub(b"", data, count=1)


def without_failure(data: bytes) -> tuple[bytes, str]:
    """A file without the error that curl wrote behind all that came, and that error; "" if there is none."""
    found = _FAILED.search(data, max(0, len(data) - _ERROR))
    return (data, "") if found is None else (data[: found.start()], found[0].decode(errors="replace").strip())


def failed(exchange: Exchange, error: str) -> Exchange:
    """An exchange behind whose answer curl told of an error."""
    ended = next((how for code, how in _ENDS.items() if error.startswith(f"curl: ({code})")), exchange.ended)
    known = ended is not Ended.UNKNOWN
    lacks = exchange.lacks - {Need.ENDING} if known else exchange.lacks
    return replace(exchange, ended=ended, lacks=lacks, detail=exchange.detail or error)


def read_head(data: bytes) -> Head:
    """The head in a file of `curl -D FILE`, or of what `curl -v` printed beside the body.

    Raises NotAHeadError.
    """
    if is_verbose(data):
        request, head, _, _ = _verbose(data)
        return replace(head, secrets=request.secrets)
    if not is_head(data):
        raise NotAHeadError
    return _split(data)[0]


def _split(data: bytes) -> tuple[Head, bytes]:
    """The last head of some that follow each other, as after a redirect, and what is behind it."""
    head, place = _head(data, 0)
    while _STATUS.match(data, place):
        _check_passed(head)
        head, place = _head(data, place)
    return head, data[place:]


def _check_passed(head: Head) -> None:
    """Raises SeveralAnswersError for a head that another one cannot follow.

    One can follow an interim answer, a redirect, a refusal that curl answered with credentials, and what a
    proxy says of the connection, which has no content.
    """
    if 200 <= head.status < 300 and any(name.lower() == "content-type" for name, _ in head.headers):
        raise SeveralAnswersError


def _check_alone(body: bytes) -> None:
    """Raises SeveralAnswersError for a body with the head of another answer in it."""
    place = 0
    while first := _NEXT.search(body, place):
        behind = _BEHIND.match(body, first.end())
        if behind is None or (behind[1] and behind[2]):
            raise SeveralAnswersError
        place = behind.end()


def _head(data: bytes, place: int) -> tuple[Head, int]:
    first = _STATUS.match(data, place)
    if first is None:
        raise NotAHeadError
    lines, place = _lines(data, first.end())
    return Head(status=int(first[1]), headers=_headers(lines)), place


def _lines(data: bytes, place: int) -> tuple[list[bytes], int]:
    """The lines before the next one that is empty, and the place behind that one."""
    lines: list[bytes] = []
    while line := _LINE.match(data, place):
        place = line.end()
        if not line[1]:
            return lines, place
        lines.append(line[1])
    return lines, len(data)


def _headers(lines: Iterable[bytes]) -> _Headers:
    pairs = filter(None, map(_HEADER.fullmatch, lines))
    return tuple((pair[1].decode("ascii"), pair[2].strip(b" \t").decode("latin-1")) for pair in pairs)


def _verbose(data: bytes) -> tuple[Entry, Head, bytes, bytes]:
    """The request, the last head of an answer, the body, and curl's own lines beside that body."""
    data = _METER.sub(b"", _TIMED.sub(b"", data))
    sent: list[bytes] = []
    came: list[bytes] = []
    place = begin = 0  # `begin` is where the body does
    while (end := data.find(b"\n", place) + 1) > 0:
        sign, text = data[place : place + 2], data[place + 2 : end].rstrip(b"\r\n")
        if sign[:1] == b">" and sign.strip() == b">":
            if _REQUEST.fullmatch(text):
                sent.clear()
            sent.append(text)
        elif sign[:1] == b"<" and sign.strip() == b"<":
            if _STATUS.match(text + b"\n"):
                if came:
                    _check_passed(_shown_head(came))
                came.clear()
            came.append(text)
            begin = 0 if text else end
        elif begin and not _OWN.match(data, place):
            break
        place = end
    head = _shown_head(came)
    body, own = _without_own(data[begin:]) if begin else (b"", b"")
    if _VERBOSE.search(body):
        raise SeveralAnswersError
    scheme = "https" if _SECURE.search(data, 0, begin) else "http"
    return _request(sent, scheme), head, _without_head(body, head), own


def _shown_head(lines: Sequence[bytes]) -> Head:
    """The head in lines that curl marked as such. Raises NotAHeadError."""
    status = _STATUS.match(lines[0] + b"\n") if lines else None
    if status is None:
        raise NotAHeadError
    return Head(status=int(status[1]), headers=_headers(lines[1:]))


def _without_head(data: bytes, head: Head) -> bytes:
    """A body without the head of its answer, which `curl -v -i` prints a second time there.

    With those before it, as of redirects. A head that is not the very same one was sent in the body.
    """
    if not is_head(data):
        return data
    again, body = _split(data)
    return body if again == head else data


def _without_own(data: bytes) -> tuple[bytes, bytes]:
    """What is behind a head without curl's own lines, and those lines."""
    own: list[bytes] = []
    for form in (_END, _TITLE, _OWN):
        own += [found[0] for found in form.finditer(data)]
        data = form.sub(b"", data)
    return data, b"".join(own)


def _request(lines: Sequence[bytes], scheme: str) -> Entry:
    first = _REQUEST.fullmatch(lines[0]) if lines else None
    if first is None:
        return Entry()
    headers = _headers(lines[1:])
    host = next((value for name, value in headers if name.lower() == "host"), "")
    path = first[2].decode("latin-1")
    url = path if "://" in path else f"{scheme}://{host}{path}"
    return Entry(method=first[1].decode(), url=url, request_headers=headers)
