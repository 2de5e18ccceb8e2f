"""Requirements on the HTTP below an answer, whatever was asked for."""

from collections.abc import Iterator

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Malformed, Need
from conformance.requirements.declare import http_rule
from conformance.sources import RFC_9112_CHUNKS, RFC_9112_FIELDS, RFC_9112_LENGTH
from conformance.subject import Answer

_WELL_FORMED = {
    Malformed.STATUS_LINE: "a status line with HTTP/1.1 or HTTP/1.0 and three digits",
    Malformed.HEADER: "header lines of a name, a colon and a value, each ended by CR LF",
    Malformed.FOLDED: "each header in one line",
    Malformed.LENGTH: "one Content-Length, a number",
    Malformed.CODING: "one Transfer-Encoding, chunked, and none in HTTP/1.0",
    Malformed.CHUNK: "chunks with their size in hexadecimal in front and a line end behind",
    Malformed.SURPLUS: "nothing behind the end of the answer",
}


@http_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="The head and the body of an answer are framed as HTTP/1.1 prescribes.",
    hurts="HTTP libraries raise before or in the middle of the answer; proxies take one answer for two.",
    sources=[RFC_9112_FIELDS, RFC_9112_LENGTH, RFC_9112_CHUNKS],
    needs=[Need.ENDING],
)
def http_framing(answer: Answer) -> Iterator[Violation]:
    """Judges what HTTP/1.1 forbids, never a lost connection; HTTP/2 frames its bytes otherwise.

    A Content-Length that is repeated with the same value is allowed, as RFC 9110 lets recipients accept it.
    """
    exchange = answer.exchange
    if exchange.malformed:
        yield Violation(
            expected=_WELL_FORMED[exchange.malformed],
            observed=exchange.detail or f"malformed: {exchange.malformed}",
        )


@trigger(absent="no Transfer-Encoding in the answer; HTTP/2 has none")
def transfer_coded(answer: Answer) -> bool:
    return answer.exchange.header("transfer-encoding") is not None


@http_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="An answer with `Transfer-Encoding` has no `Content-Length`.",
    hurts="Node refuses the answer; a proxy that believes the other header takes one answer for two.",
    sources=[RFC_9112_LENGTH],
    when=transfer_coded,
    needs=[Need.HEADERS],
)
def content_length_chunked(answer: Answer) -> Iterator[Violation]:
    """Most clients ignore the length, so the stream is judged as usual."""
    exchange = answer.exchange
    length, coding = exchange.header("content-length"), exchange.header("transfer-encoding")
    if length is not None:
        yield Violation(
            expected="Transfer-Encoding alone",
            observed=f"Content-Length: {length} beside Transfer-Encoding: {coding}",
        )
