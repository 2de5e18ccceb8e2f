"""Malformed HTTP is held against the endpoint; lost connections and what HTTP allows are not."""

from pathlib import Path

import pytest

from conformance.capture.framing import Framing, malformed
from conformance.catalogue import Outcome, Verdict
from conformance.evidence import load
from conformance.exchange import Ended, Exchange, Malformed
from conformance.judge import judge_exchange
from tests.capture.hostile import END, HEAD, Script, captured, chunk, event, says

OK = b"HTTP/1.1 200 OK\r\n"
TYPE = b"content-type: text/event-stream\r\n"
BODY = event(1) + b"data: [DONE]\n\n"
SIZED = TYPE + b"content-length: %d\r\n" % len(BODY)


def head(*lines: bytes) -> bytes:
    return OK + b"".join(line + b"\r\n" for line in lines) + SIZED + b"\r\n"


def verdict(exchange: Exchange, rule: str) -> Verdict:
    (found,) = [item for item in judge_exchange(exchange) if item.requirement == rule]
    return found


BROKEN: dict[str, tuple[Script, Malformed, str]] = {
    "status": (says(b"HTTP/1.1 99 What\r\n" + SIZED + b"\r\n" + BODY), Malformed.STATUS_LINE, "status line"),
    "no-colon": (says(head(b"nothing here") + BODY), Malformed.HEADER, "illegal header line"),
    "space-before-colon": (says(head(b"x : y") + BODY), Malformed.HEADER, "illegal header line"),
    "no-name": (says(head(b": y") + BODY), Malformed.HEADER, "illegal header line"),
    "control-in-name": (says(head(b"x\x01y: z") + BODY), Malformed.HEADER, "illegal header line"),
    "NUL-in-value": (says(head(b"x: a\0b") + BODY), Malformed.HEADER, "illegal header line"),
    "CR-in-value": (says(head(b"x: a\rb") + BODY), Malformed.HEADER, "illegal header line"),
    "folded": (says(head(b"x: a", b" b") + BODY), Malformed.FOLDED, "begins with white space: ' b'"),
    "folded-by-tab": (says(head(b"x: a", b"\tb") + BODY), Malformed.FOLDED, "begins with white space"),
    "folded-behind-an-interim-answer": (
        says(b"HTTP/1.1 103 Early Hints\r\n\r\n" + head(b"x: a", b" b") + BODY),
        Malformed.FOLDED,
        "begins with white space",
    ),
    "folded-at-once": (says(head(b" b: a") + BODY), Malformed.HEADER, "continuation line"),
    "length-negative": (
        says(OK + TYPE + b"content-length: -1\r\n\r\n" + BODY),
        Malformed.LENGTH,
        "bad Content-Length",
    ),
    "length-no-number": (
        says(OK + TYPE + b"content-length: many\r\n\r\n" + BODY),
        Malformed.LENGTH,
        "bad Content-Length",
    ),
    "length-signed": (
        says(OK + TYPE + b"content-length: +5\r\n\r\n" + BODY),
        Malformed.LENGTH,
        "bad Content-Length",
    ),
    "lengths-differ": (says(head(b"content-length: 3") + BODY), Malformed.LENGTH, "conflicting"),
    "lengths-differ-in-a-line": (
        says(OK + TYPE + b"content-length: 5, 6\r\n\r\n" + BODY),
        Malformed.LENGTH,
        "conflicting",
    ),
    "chunked-twice": (
        says(HEAD[:-2] + b"transfer-encoding: chunked\r\n\r\n", chunk(BODY), END),
        Malformed.CODING,
        "multiple Transfer-Encoding",
    ),
    "lines-without-CR": (
        says(head().replace(b"\r\n", b"\n") + BODY),
        Malformed.HEADER,
        "a line of the head ends without CR: 'HTTP/1.1 200 OK'",
    ),
    "one-line-without-CR": (
        says(OK + b"x: y\n" + TYPE + SIZED + b"\r\n" + BODY),
        Malformed.HEADER,
        "a line of the head ends without CR: 'x: y'",
    ),
    "version-that-does-not-exist": (
        says(head().replace(b"HTTP/1.1", b"HTTP/1.2") + BODY),
        Malformed.STATUS_LINE,
        "the answer says that it is of HTTP/1.2",
    ),
    "version-of-other-bytes": (
        says(head().replace(b"HTTP/1.1", b"HTTP/2.0") + BODY),
        Malformed.STATUS_LINE,
        "the answer says that it is of HTTP/2.0",
    ),
    "coded-otherwise": (
        says(OK + TYPE + b"transfer-encoding: gzip, chunked\r\n\r\n", chunk(BODY), END),
        Malformed.CODING,
        "Only Transfer-Encoding: chunked",
    ),
    "chunked-in-an-old-version": (
        says(HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"), chunk(BODY), END),
        Malformed.CODING,
        "an answer of HTTP/1.0 has Transfer-Encoding",
    ),
    "chunk-size-no-number": (
        says(HEAD, chunk(BODY), b"zzz\r\n"),
        Malformed.CHUNK,
        "could not be read on after event 2",
    ),
    "chunk-size-negative": (says(HEAD, b"-1\r\nx\r\n"), Malformed.CHUNK, "illegal chunk header"),
    "chunk-size-prefixed": (says(HEAD, b"0x5\r\nx\r\n"), Malformed.CHUNK, "illegal chunk header"),
    "chunk-without-size": (says(HEAD, BODY + b"\r\n"), Malformed.CHUNK, "illegal chunk header"),
    "chunk-longer-than-it-says": (
        says(HEAD, b"3\r\ndata: x\r\n" + END),
        Malformed.CHUNK,
        "malformed chunk footer",
    ),
    "surplus-behind-chunks": (
        says(HEAD + chunk(BODY) + END + b"more"),
        Malformed.SURPLUS,
        "4 bytes came behind the end",
    ),
    "surplus-behind-length": (says(head() + BODY + b"more"), Malformed.SURPLUS, "'more'"),
    "two-answers": (says((head() + BODY) * 2), Malformed.SURPLUS, "'HTTP/1.1 200 OK"),
}


@pytest.mark.parametrize(("script", "kind", "words"), BROKEN.values(), ids=BROKEN)
def test_malformed_http_is_a_violation(script: Script, kind: Malformed, words: str, tmp_path: Path) -> None:
    """In the verdicts on the exchange and on its file alike; nothing else is held against a head."""
    ((exchange,), asked) = captured(script, tmp_path)
    assert exchange.malformed is kind, exchange.detail
    assert words in exchange.detail
    assert len(asked) == 1  # not tried again: it is no accident

    for one in (exchange, *load([tmp_path])[0]):
        found = verdict(one, "http-framing")
        assert found.outcome is Outcome.FAIL
        assert words in found.violations[0].observed
        if one.status is None:
            broken = [item for item in judge_exchange(one) if item.violations]
            assert broken == [found]
            assert verdict(one, "status-ok").outcome is Outcome.NOT_TESTABLE


LEGAL: dict[str, Script] = {
    "length": says(head() + BODY),
    "length-twice": says(head(b"content-length: %d" % len(BODY)) + BODY),
    "length-said-twice": says(OK + TYPE + b"content-length: %d, %d\r\n\r\n" % (len(BODY), len(BODY)) + BODY),
    "until-the-end": says(OK + TYPE + b"\r\n" + BODY),
    "chunks": says(HEAD, chunk(event(1)), chunk(b"data: [DONE]\n\n"), END),
    "chunks-in-one-write": says(HEAD + chunk(event(1)) + chunk(b"data: [DONE]\n\n") + END),
    "chunk-extensions": says(HEAD, b'%X;a=b;c="d"\r\n' % len(BODY) + BODY + b"\r\n", b"0;e\r\n\r\n"),
    "leading-zeros": says(HEAD, b"000%x\r\n" % len(BODY) + BODY + b"\r\n", b"000\r\n\r\n"),
    "trailers": says(HEAD, chunk(BODY), b"0\r\nx: y\r\nserver-timing: z\r\n\r\n"),
    "white-space-around-values": says(head(b"x:y", b"z: \t a b \t", b"empty:", b"more: ") + BODY),
    "text-that-is-not-ASCII": says(head(b"x: caf\xc3\xa9") + BODY),
    "names-in-any-letters": says(head(b"X-!#$%&'*+.^_`|~0: y") + BODY),
    "a-name-twice": says(head(b"x: y", b"x: z") + BODY),
    "no-reason": says(b"HTTP/1.1 200\r\n" + SIZED + b"\r\n" + BODY),
    "interim-answers": says(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: </a>\r\n\r\n", head() + BODY
    ),
    "an-old-version": says(b"HTTP/1.0 200 OK\r\n" + TYPE + b"\r\n" + BODY),
    "an-empty-line-behind": says(HEAD + chunk(BODY) + END + b"\r\n"),
    "byte-by-byte": says(*(bytes([byte]) for byte in head() + BODY)),
}


@pytest.mark.parametrize("script", LEGAL.values(), ids=LEGAL)
def test_what_http_allows_is_none(script: Script, tmp_path: Path) -> None:
    ((exchange,), _) = captured(script, tmp_path)
    assert (exchange.ended, exchange.malformed, exchange.detail) == (Ended.CLOSED, Malformed.NONE, "")
    assert exchange.body == BODY
    assert verdict(exchange, "http-framing").outcome is Outcome.PASS


WEATHER: dict[str, tuple[Script, Ended]] = {
    "closes-at-once": (says(), Ended.NO_RESPONSE),
    "resets-at-once": (says(reset=True), Ended.NO_RESPONSE),
    "half-a-head": (says(b"HTTP/1.1 200 OK\r\ncontent-ty"), Ended.NO_RESPONSE),
    "a-head-too-long": (says(OK + b"x: y\r\n" * 20_000), Ended.NO_RESPONSE),
    "another-protocol": (says(b"220 mail ready\r\n\r\n"), Ended.NO_RESPONSE),
    "TLS": (says(b"\x15\x03\x01\x00\x02\x02\x46"), Ended.NO_RESPONSE),
    "shorter-than-it-says": (says(OK + TYPE + b"content-length: 999\r\n\r\n" + BODY), Ended.RESET),
    "no-last-chunk": (says(HEAD, chunk(BODY)), Ended.RESET),
    "half-a-chunk": (says(HEAD, chunk(BODY)[:-9]), Ended.RESET),
    "half-a-chunk-size": (says(HEAD, b"1"), Ended.RESET),
    "reset-within": (says(HEAD, chunk(event(1)), reset=True), Ended.RESET),
}


@pytest.mark.parametrize(("script", "ended"), WEATHER.values(), ids=WEATHER)
def test_a_lost_connection_is_none(script: Script, ended: Ended, tmp_path: Path) -> None:
    ((exchange,), _) = captured(script, tmp_path)
    assert (exchange.ended, exchange.malformed) == (ended, Malformed.NONE), exchange.detail
    assert verdict(exchange, "http-framing").outcome is not Outcome.FAIL


def test_length_beside_chunks_is_a_violation(tmp_path: Path) -> None:
    """The recorder reads on as HTTP prescribes, so the stream is judged besides."""
    script = says(HEAD[:-2] + b"content-length: 5\r\n\r\n", chunk(BODY), END)
    ((exchange,), _) = captured(script, tmp_path)
    assert exchange.body == BODY
    found = verdict(exchange, "content-length-chunked")
    assert found.outcome is Outcome.FAIL
    assert found.violations[0].observed == "Content-Length: 5 beside Transfer-Encoding: chunked"
    assert verdict(exchange, "http-framing").outcome is Outcome.PASS


def test_an_endpoint_that_is_malformed_at_once_is_asked_on(tmp_path: Path) -> None:
    """Its first answer is judged like others, and nobody's address is wrong."""
    exchanges, asked = captured(says(head(b"x : y") + BODY), tmp_path, ("chat-text", "chat-length"))
    assert len(asked) == len(exchanges) == 2
    assert {exchange.malformed for exchange in exchanges} == {Malformed.HEADER}


def test_a_long_line_is_quoted_in_part(tmp_path: Path) -> None:
    ((exchange,), _) = captured(says(head(b"x" * 50_000) + BODY), tmp_path)
    assert exchange.malformed is Malformed.HEADER
    assert len(exchange.detail) < 1_000
    assert all(len(attempt.error) < 1_000 for attempt in exchange.attempts)


@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
@pytest.mark.parametrize(
    "answer",
    [HEAD + chunk(BODY) + b"0;x\r\nx: y\r\n\r\n", head() + BODY, b"HTTP/1.1 204 No Content\r\n\r\n"],
    ids=["chunks", "length", "no-content"],
)
def test_the_end_is_found_however_the_bytes_are_cut(answer: bytes, size: int) -> None:
    for behind, found in ((b"", Malformed.NONE), (b"\r\n", Malformed.NONE), (b"more", Malformed.SURPLUS)):
        framing = Framing()
        for at in range(0, len(answer + behind), size):
            framing.feed((answer + behind)[at : at + size])
        assert framing.found[0] is found


@pytest.mark.parametrize(
    "begin",
    [
        b"\x15\x03" * 100_000,
        b"x" * 200_000,
        HEAD + b"zz\r\n",
        HEAD + b"1" * 200_000,
        HEAD + b"0\r\n" + b"y" * 200_000,
        b"HTTP/1.1 101 Switching\r\n\r\n",
        OK + b"content-length: -1\r\n\r\n",
        OK + b"transfer-encoding: gzip\r\n\r\n",
    ],
)
def test_what_cannot_be_followed_is_not_held(begin: bytes) -> None:
    """And nothing is said of it."""
    framing = Framing()
    framing.feed(begin)
    framing.feed(b"z" * 10_000)
    assert framing.found == (Malformed.NONE, "")
    assert not framing._held


def test_of_a_surplus_without_end_little_is_held() -> None:
    framing = Framing()
    framing.feed(head() + BODY)
    for _ in range(100):
        framing.feed(b"z" * 10_000)
    assert framing.found[1].startswith("1000000 bytes came behind")
    assert len(framing._begin) < 100


def test_only_what_claims_to_be_http_has_a_malformed_status_line() -> None:
    assert malformed("illegal status line: bytearray(b'HTTP/1.1 99 What')") is Malformed.STATUS_LINE
    assert malformed("illegal status line: bytearray(b'220 mail ready')") is Malformed.NONE
    assert malformed("illegal status line: bytearray(b'PRI * HTTP/2.0')") is Malformed.NONE
