"""Addresses, headers and values that no request can be made of: told before anything is sent."""

from pathlib import Path

import pytest

from conformance.capture.run import capture
from conformance.errors import (
    CertificatesUnusableError,
    ConformanceError,
    HeaderUnusableError,
    NotAnAddressError,
    ProxyUnusableError,
)
from conformance.providers import find_providers
from conformance.run.options import endpoint
from conformance.tables import DEEPEST
from conformance.toml_errors import TooDeepError
from tests.capture.hostile import endpoint as provider
from tests.capture.hostile import job

HIDDEN = "not-to-be-shown"


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("http://[::1/v1", "an IPv6 address ends with a bracket, as in http://[::1]:8000/v1"),
        ("http://localhost:99999/v1", "a port is a number from 1 to 65535"),
        ("http://localhost:0/v1", "a port is a number from 1 to 65535"),
        ("http://localhost:80x/v1", "a port is a number from 1 to 65535"),
        ("localhost:65536/v1", "a port is a number from 1 to 65535"),
        ("localhost:19100/v1", "it begins with https://, or with http:// on this machine"),
        ("localhost:8000/v1", "it begins with https://, or with http:// on this machine"),
        ("api.example.com", "it begins with https://, or with http:// on this machine"),
        ("http://localhost /v1", "there is white space in the name of the host"),
        ("https://my host:443/v1", "there is white space in the name of the host"),
        ("ftp://host/v1", "for example https://host/v1"),
    ],
)
def test_an_address_that_is_none_is_told_with_what_was_meant(url: str, hint: str) -> None:
    """Brackets, ports, schemes."""
    with pytest.raises(NotAnAddressError) as caught:
        endpoint(url, model="m", configuration="here")
    assert caught.value.message == f"the endpoint {url!r} is no http or https address"
    assert caught.value.hint == hint


def test_user_and_password_of_an_address_are_not_shown() -> None:
    """The address may be in a log that others read."""
    with pytest.raises(NotAnAddressError) as caught:
        endpoint(f"http://me:{HIDDEN}@[::1/v1", model="m", configuration="here")
    assert HIDDEN not in str(caught.value)


def test_an_address_that_the_http_library_refuses_is_told(tmp_path: Path) -> None:
    """It knows more ways of being wrong than are checked before."""
    with pytest.raises(NotAnAddressError, match="is no http or https address"):
        capture([job(provider("http://ho\x7fst:80/v1"), tmp_path)])


def test_a_query_that_the_http_library_refuses_is_told(tmp_path: Path) -> None:
    """The address itself is right."""
    asked = provider("http://host:80/v1", query={"a": "b" * 100_000})
    with pytest.raises(NotAnAddressError, match="with its `query`, 'http://host:80/v1' is no http"):
        capture([job(asked, tmp_path)])


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("X-A", f"{HIDDEN}\r\nX-B: 1", "its value holds a line end"),
        ("X-A", f"{HIDDEN}\n", "its value holds a line end"),
        ("X-A", f"{HIDDEN} ü", "its value holds a letter beyond ASCII"),
        ("X-A", f"{HIDDEN}\x00", "its value holds a control character"),
        ("X A", HIDDEN, "its name is no token of HTTP"),
        ("", HIDDEN, "its name is no token of HTTP"),
        ("Content-Length", HIDDEN, "it frames the request, which the suite does itself"),
        ("transfer-encoding", HIDDEN, "it frames the request, which the suite does itself"),
    ],
)
def test_a_header_that_cannot_be_sent_is_told_without_its_value(
    tmp_path: Path, name: str, value: str, reason: str
) -> None:
    """In a file and for an endpoint that is in none."""
    with pytest.raises(HeaderUnusableError) as caught:
        endpoint("http://host/v1", model="m", headers={name: value}, configuration="here")
    assert caught.value.message == f"the endpoint: the header {name!r} cannot be sent: {reason}"
    assert HIDDEN not in str(caught.value)
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in value)
    keyed = "".join(f"\\u{ord(letter):04x}" for letter in name)
    path = tmp_path / "providers.toml"
    path.write_text(f'[acme]\nbase_url = "http://host/v1"\nheaders = {{ "{keyed}" = "{escaped}" }}\n')
    with pytest.raises(HeaderUnusableError) as caught:
        find_providers(folder=tmp_path, environment={})
    assert caught.value.where == f"{path}, table [acme], key `headers`"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("extra_body = " + "{ a = " * 3000 + "1" + " }" * 3000, ""),
        ("extra_body." + ".".join("a" * 3000) + " = 1", ", table [acme], key `extra_body`"),
        ("extra_body." + ".".join("a" * (DEEPEST + 1)) + " = 1", ", table [acme], key `extra_body`"),
    ],
    ids=["inline", "dotted", "one-too-many"],
)
def test_a_value_that_is_nested_too_deep_is_told(tmp_path: Path, text: str, place: str) -> None:
    """Wherever reading it would have given up."""
    path = tmp_path / "providers.toml"
    path.write_text(f'[acme]\nbase_url = "http://host/v1"\n{text}\n')
    with pytest.raises(TooDeepError) as caught:
        find_providers(folder=tmp_path, environment={})
    assert caught.value.message == f"{path}{place}: tables and lists are nested more than {DEEPEST} deep"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("deadlines = { connect = nan }", '"nan" will not do'),
        ("deadlines = { run = inf }", '"inf" will not do'),
        ("extra_body = { a = [ { b = -inf } ] }", '"-inf" will not do'),
        (f"extra_body = {{ seed = {'9' * 5000} }}", "is not TOML: Exceeds the limit (4300 digits)"),
    ],
)
def test_a_number_that_no_request_can_hold_is_told(tmp_path: Path, text: str, words: str) -> None:
    """A deadline of it would never be over, and JSON has no form for it."""
    (tmp_path / "providers.toml").write_text(f'[acme]\nbase_url = "http://host/v1"\n{text}\n')
    with pytest.raises(ConformanceError) as caught:
        find_providers(folder=tmp_path, environment={})
    assert words in caught.value.message


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    """Editors on Windows write it."""
    text = '[acme]\nbase_url = "http://host/v1"\n'
    (tmp_path / "providers.toml").write_text(text, encoding="utf-8-sig")
    assert find_providers(folder=tmp_path, environment={})["acme"].base_url == "http://host/v1"


def test_a_value_that_is_nested_deep_is_read(tmp_path: Path) -> None:
    """As deep as is allowed."""
    text = "extra_body." + ".".join("a" * DEEPEST) + " = 1"
    (tmp_path / "providers.toml").write_text(f'[acme]\nbase_url = "http://host/v1"\n{text}\n')
    assert find_providers(folder=tmp_path, environment={})["acme"].extra_body


def test_certificates_that_cannot_be_read_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not as a folder that cannot be written."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(CertificatesUnusableError, match="SSL_CERT_FILE"):
        capture([job(provider("https://127.0.0.1:9/v1"), tmp_path)])


@pytest.mark.parametrize("proxy", ["garbage://", "http://[::1", "http://host:port"])
def test_a_proxy_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """Whatever is wrong with it."""
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(ProxyUnusableError, match="HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"):
        capture([job(provider("http://api.example/v1"), tmp_path)])
