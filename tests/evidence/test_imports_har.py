"""HTTP archives of browsers: what they hold and lack, and why a file gives nothing."""

import base64
import json
from typing import Any

import pytest

from conformance.evidence.imports.errors import (
    BodyNotKeptError,
    DamagedFileError,
    NoAnswerError,
    NothingOfOursError,
)
from conformance.exchange import Api, Need
from tests.evidence.handed import (
    KEY,
    STREAM,
    entry,
    handed,
    har,
    one,
    wrong,
    zipped,
)


def test_an_entry_of_an_archive_has_all_but_times_and_ending() -> None:
    """Headers that only HTTP/2 has are none, and credentials are not kept."""
    read = one(har(entry(text=STREAM.decode())), "in/A B.har")
    assert (read.id, read.source, read.provider, read.model) == (
        "a-b",
        "in/A B.har",
        "api.example.com-443",
        "m",
    )
    assert read.body == STREAM
    assert read.lacks == {Need.TIMING, Need.ENDING}
    assert read.request is not None
    assert read.request.headers == (("Authorization", "[not kept]"),)


def test_a_body_in_base64_is_its_bytes() -> None:
    """As Chromium exports what it holds for binary."""
    coded = base64.b64encode(b"data: \xff\n\n").decode()
    assert one(har(entry(text=coded, encoding="base64"))).body == b"data: \xff\n\n"
    error = wrong(har(entry(text="data: {}", encoding="base64")))
    assert type(error) is DamagedFileError
    assert "not base64" in error.message


def test_a_body_that_was_compressed_is_that_of_the_archive() -> None:
    """A browser decompresses it and keeps the header."""
    item = entry(text=STREAM.decode())
    item["response"]["headers"].append({"name": "content-encoding", "value": "br"})
    assert one(har(item)).body == STREAM


@pytest.mark.parametrize(
    "content", [{}, {"size": 400}, {"text": "", "size": 400}, {"text": ""}, {"text": None}]
)
def test_an_answer_without_its_body_is_told(content: dict[str, Any]) -> None:
    """An empty text is what exporters write for a body that they dropped."""
    assert type(wrong(har(entry(**content)))) is BodyNotKeptError


def test_a_request_that_was_not_answered_is_told_with_the_browsers_word() -> None:
    """Status 0 is none."""
    item = entry(status=0)
    item["response"]["_error"] = "net::ERR_CONNECTION_REFUSED"
    error = wrong(har(item))
    assert type(error) is NoAnswerError
    assert "net::ERR_CONNECTION_REFUSED" in error.message


def test_what_a_file_says_of_a_failure_has_no_credentials() -> None:
    """Whoever wrote it may have quoted the request."""
    item = entry(text=STREAM.decode())
    item["response"]["_error"] = f"failed with {KEY}"
    assert one(har(item)).detail == "failed with [redacted]"
    del item["response"]["content"]
    assert KEY not in wrong(har(item)).message


def test_other_requests_of_an_archive_are_passed_over() -> None:
    """A page, a list of models, a preflight, what is asked about a stored response; all of them count."""
    others = [
        entry("https://example.com/", "GET"),
        entry("https://api.example.com/v1/models", "GET"),
        entry(method="OPTIONS"),
        entry("https://api.example.com/v1/responses/resp_1/cancel"),
        entry("https://api.example.com/v1/responses/resp_1", "GET"),
        entry("http://[bad"),
    ]
    resumed = entry("https://api.example.com/v1/responses/resp_1?stream=true", "GET", text="data: {}\n\n")
    exchanges, errors = handed(har(*others, entry(text=STREAM.decode()), resumed), "x.har")
    assert [item.source for item in exchanges] == ["x.har#7", "x.har#8"]
    assert [item.api for item in exchanges] == [Api.CHAT, Api.RESPONSES]
    assert errors == []
    error = wrong(har(*others))
    assert type(error) is NothingOfOursError
    assert error.message.startswith("none of its 6 exchanges asks Chat Completions or Responses, such as")


@pytest.mark.parametrize("entries", [[], 7, [7], [{}], [{"request": 1}], [None]])
def test_an_archive_of_something_else_is_an_error(entries: Any) -> None:
    """Whatever stands where entries should."""
    assert wrong(json.dumps({"log": {"entries": entries}}).encode(), "x.har").message


def test_an_address_in_an_error_has_no_credentials() -> None:
    """They might stand in the query."""
    error = wrong(har(entry(f"https://user:{KEY}@example.com/x?key={KEY}")))
    assert KEY not in str(error)


def test_bodies_beside_an_archive_in_a_zip_are_found() -> None:
    """As Playwright attaches them; a name that leads out of the zip is a name of no file."""
    item = entry(_file="a.dat")
    files = {"har.har": har(item, entry(_file="../../etc/passwd")), "a.dat": STREAM}
    exchanges, (error,) = handed(zipped(files), "x.zip")
    assert [item.body for item in exchanges] == [STREAM]
    assert type(error) is BodyNotKeptError
    assert type(wrong(zipped({"har.har": b"{"}))) is not BodyNotKeptError
    assert "no HTTP archive" in wrong(zipped({"har.har": b"[]"})).message
