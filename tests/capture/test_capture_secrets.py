"""The key of an endpoint that echoes it everywhere appears in no output, in any form."""

import asyncio
import base64
import gzip
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from conformance.capture.endpoint import Endpoint
from conformance.capture.progress import Silent
from conformance.capture.recorder import Recorder
from conformance.capture.run import Job, capture
from conformance.capture.secrets import secrets_of, shown_command
from conformance.errors import ConformanceError, KeyCharactersError, KeyMissingError
from conformance.evidence import SecretTooShortError, read_evidence
from conformance.exchange import Ended
from conformance.plan import BAD_KEY, plan
from tests.capture.hostile import (
    END,
    FOREVER,
    HEAD,
    KEY,
    PATIENT,
    Asked,
    Hostile,
    Script,
    chunk,
    endpoint,
    job,
    says,
    whole,
)

BEARER = f"Bearer {KEY}"


def escaped(text: str) -> str:
    """Every character as JSON's escape."""
    return "".join(f"\\u{ord(one):04x}" for one in text)


FORMS = [
    KEY,
    quote(KEY, safe=""),
    "".join(f"%{byte:02x}" for byte in KEY.encode()),
    json.dumps(KEY).replace("/", "\\/").strip('"'),
    escaped(KEY),
    *(
        code((" " * lead + text).encode()).decode()
        for code in (base64.b64encode, base64.urlsafe_b64encode)
        for text in (KEY, BEARER)
        for lead in range(3)
    ),
]
# What would give the key away: its forms without what base64 mixes with their surroundings.
TRACES = {form.strip("=")[4:-4] for form in FORMS}


def split(data: bytes, size: int = 5) -> bytes:
    """The same in many pieces."""
    return b"".join(chunk(data[place : place + size]) for place in range(0, len(data), size))


async def echo_in_headers(_: Asked, writer: asyncio.StreamWriter) -> None:
    """Each form in headers that are kept and in headers that are not."""
    names = ["x-request-id", "server", "x-echo", "set-cookie", "openai-organization", "via"]
    lines = [f"{name}: {form}" for form in FORMS for name in names]
    head = "\r\n".join(["HTTP/1.1 200 OK", *lines, "content-length: 2"])
    writer.write(head.encode() + b"\r\n\r\n{}")


def echoes() -> dict[str, Script]:
    """Every place where an endpoint can put what it was sent."""
    events = b"".join(f"data: {form}\n\n: {form}\nid: {form}\n\n".encode() for form in FORMS)
    targets = "\r\n".join(f"location: https://{form}.example/{form}?k={form}" for form in FORMS[1:2])
    coded = HEAD[:-2] + b"content-encoding: gzip\r\n\r\n"
    return {
        "headers": echo_in_headers,
        "stream": says(HEAD, split(events), END),
        "whole pieces": says(HEAD, *(chunk(f"data: {form}\n\n".encode()) for form in FORMS), END),
        "across pieces": says(
            HEAD, b"".join(chunk(bytes((byte,))) for byte in f"data: {KEY}\n\n".encode()), END
        ),
        "broken off": says(HEAD, split(events), reset=True),
        "silent": says(HEAD, split(events), FOREVER),
        "error body": whole("400 Bad Request", json.dumps({"error": {"message": BEARER}}).encode()),
        "redirect": whole("302 Found", b"{}", targets, f"content-location: /{KEY}"),
        "reason": says(f"HTTP/1.1 500 {KEY}\r\ncontent-length: 0\r\n\r\n".encode()),
        "protocol error": says(f"{BEARER}\r\n\r\n".encode()),
        "bad chunk": says(HEAD, f"{KEY}\r\n".encode()),
        "bad header": says(f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()),
        "gzip": says(coded, split(gzip.compress(events)), END),
        "unknown coding": says(coded.replace(b"gzip", KEY.encode()), split(events), END),
        "retry-after": whole("429 Too Many", b"{}", f"retry-after: {KEY}"),
    }


def traces(text: str) -> list[str]:
    """What of the key a text gives away."""
    return [trace for trace in TRACES if trace in text]


def test_the_forms_that_are_looked_for_would_be_found() -> None:
    assert all(len(trace) > 15 for trace in TRACES)
    assert all(traces(f"x {form} y") for form in FORMS)


@pytest.mark.parametrize("place", echoes())
def test_an_echoed_key_is_in_no_file_no_exchange_and_no_log(
    place: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with Hostile([echoes()[place]]) as server:
        provider = endpoint(server.base_url, deadlines=replace(PATIENT, silence=1.0))
        exchanges = capture([job(provider, tmp_path)]).exchanges["hostile"]
        assert server.asked[0].headers["authorization"] == BEARER

    (exchange,) = exchanges
    (file,) = tmp_path.rglob("*.jsonl")
    assert not traces(file.read_text())
    assert not traces(file.read_bytes().decode("unicode-escape", "replace"))
    assert not traces(repr(exchange) + exchange.body.decode("latin-1") + exchange.detail)
    assert exchange == replace(read_evidence(file), source="")  # a live exchange has no file as its source
    output = capfd.readouterr()
    assert not traces(caplog.text + output.out + output.err)


def test_what_was_received_before_a_key_is_kept(tmp_path: Path) -> None:
    with Hostile([says(HEAD, chunk(f"data: a {KEY} b\n\n".encode()), END)]) as server:
        provider = endpoint(server.base_url)
        (exchange,) = capture([job(provider, tmp_path)]).exchanges["hostile"]

    assert exchange.body == b"data: a [redacted] b\n\n"
    assert exchange.ended is Ended.CLOSED


def test_credentials_in_configured_headers_and_queries_are_kept_out_too(tmp_path: Path) -> None:
    secrets = {
        "x-portkey-api-key": "pk-0123456789abcdef",
        "x-tenant": "acme-0123456789",
        "x-title": "nothing to hide here",
    }

    async def echo(asked: Asked, writer: asyncio.StreamWriter) -> None:
        body = " ".join([asked.line, *(asked.headers[name] for name in secrets)]).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    with Hostile([echo]) as server:
        provider = endpoint(server.base_url, headers=secrets, query={"access_token": "at-0123456789"})
        (exchange,) = capture([job(provider, tmp_path)]).exchanges["hostile"]

    line = b"POST /v1/chat/completions?access_token=[redacted] HTTP/1.1"
    assert exchange.body == line + b" [redacted] [redacted] nothing to hide here"
    (file,) = tmp_path.rglob("*.jsonl")
    assert not any(
        secret in file.read_text() for secret in ("pk-0123456789abcdef", "acme-0123456789", "at-0123456789")
    )


def test_each_request_bears_the_key_that_is_planned_for_it(tmp_path: Path) -> None:
    refused = whole("401 Unauthorized", b"{}")
    with Hostile([refused]) as server:
        capture([job(endpoint(server.base_url), tmp_path, ["chat-bad-key"])])
        capture([job(endpoint(server.base_url), tmp_path, ["chat-text"])])
        keyless = endpoint(server.base_url, api_key_env="")
        capture([Job(plan=plan(keyless, scenarios=["chat-text"]), evidence=tmp_path)])
        keys = [asked.headers.get("authorization") for asked in server.asked]

    assert keys == [f"Bearer {BAD_KEY}", BEARER, None]


@pytest.mark.parametrize(
    ("key", "base_url", "kind"),
    [
        (None, "http://127.0.0.1:9/v1", KeyMissingError),
        ("  ", "http://127.0.0.1:9/v1", KeyMissingError),
        ("sk-with a space in it", "http://127.0.0.1:9/v1", KeyCharactersError),
        ("sk-with-a\nline-end-in-it", "http://127.0.0.1:9/v1", KeyCharactersError),
        ("Bearer sk-with-what-the-suite-puts-before-it", "http://127.0.0.1:9/v1", KeyCharactersError),
        ("“sk-quoted-by-a-word-processor”", "http://127.0.0.1:9/v1", KeyCharactersError),
        ("sk-lite", "https://api.example/v1", SecretTooShortError),
    ],
)
def test_a_key_that_cannot_be_used_is_told_before_anything_is_sent(
    key: str | None, base_url: str, kind: type[ConformanceError], tmp_path: Path
) -> None:
    work = Job(plan=plan(endpoint(base_url), scenarios=["chat-text"]), key=key, evidence=tmp_path / "none")

    with pytest.raises(kind) as caught:
        capture([work])

    assert "HOSTILE_API_KEY" in str(caught.value)
    assert ("begins with `Bearer`" in str(caught.value)) is (key or "").startswith("Bearer ")
    assert (key or "").strip() not in str(caught.value) or not (key or "").strip()
    assert not (tmp_path / "none").exists()


def test_a_short_key_is_good_enough_on_this_machine(tmp_path: Path) -> None:
    with Hostile([whole("400 Bad Request")]) as server:
        work = Job(
            plan=plan(endpoint(server.base_url), scenarios=["chat-text"]), key="none", evidence=tmp_path
        )
        (exchange,) = capture([work]).exchanges["hostile"]

    assert exchange.status == 400


CREDENTIAL = "s3cret-0123456789"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, [KEY]),
        ({"headers": {"X-Portkey-Api-Key": CREDENTIAL}}, [KEY, CREDENTIAL]),
        ({"headers": {"Cookie": CREDENTIAL}}, [KEY, CREDENTIAL]),
        ({"headers": {"X-Title": CREDENTIAL}}, [KEY]),
        ({"headers": {"X-Api-Key": "short"}}, [KEY]),
        ({"headers": {"X-Api-Key": CREDENTIAL[:12]}}, [KEY, CREDENTIAL[:12]]),
        ({"headers": {"X-Api-Key": KEY}}, [KEY]),
        ({"query": {"access_token": CREDENTIAL}}, [KEY, CREDENTIAL]),
        ({"query": {"access_token": "short"}}, [KEY]),
        ({"query": {"api-version": CREDENTIAL}}, [KEY]),
        ({"base_url": f"https://me:{CREDENTIAL}@host/v1"}, [KEY, CREDENTIAL]),
        ({"base_url": "https://me:s3cret%2F0123456789@host/v1"}, [KEY, "s3cret/0123456789"]),
        ({"base_url": f"https://{CREDENTIAL}@host/v1"}, [KEY, CREDENTIAL]),
        ({"base_url": f"https://host/v1?key={CREDENTIAL}"}, [KEY, CREDENTIAL]),
        ({"base_url": "https://[broken"}, [KEY]),
        ({"extra_body": {"api_key": CREDENTIAL}}, [KEY, CREDENTIAL]),
        ({"extra_body": {"tools": [{"headers": {"X-Any": CREDENTIAL}}]}}, [KEY, CREDENTIAL]),
        ({"extra_body": {"api_key": "short", "user": CREDENTIAL}}, [KEY]),
    ],
)
def test_credentials_are_known_by_their_name_or_place(settings: dict[str, Any], found: list[str]) -> None:
    """The key, and values of headers, queries and addresses that are long enough to be found again."""
    provider = endpoint(**{"base_url": "http://127.0.0.1:9/v1", **settings})

    assert list(secrets_of(provider, KEY)) == found


def test_credentials_in_the_body_of_every_request_are_kept_out_too(tmp_path: Path) -> None:
    """Some gateways take the key of what is behind them there. Short ones are known by their field alone."""
    extra = {"api_key": CREDENTIAL, "upstream": {"password": "short", "region": "eu"}}

    async def echo(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await whole("400 Bad Request", asked.body)(asked, writer)
        assert CREDENTIAL.encode() in asked.body

    with Hostile([echo]) as server:
        provider = endpoint(server.base_url, extra_body=extra)
        (exchange,) = capture([job(provider, tmp_path)]).exchanges["hostile"]

    assert exchange.asked["api_key"] == "[redacted]"
    assert exchange.asked["upstream"] == {"password": "[redacted]", "region": "eu"}
    assert json.loads(exchange.body)["api_key"] == "[redacted]"
    (file,) = tmp_path.rglob("*.jsonl")
    assert CREDENTIAL not in file.read_text()


def test_an_exchange_without_evidence_holds_no_secret(tmp_path: Path) -> None:
    """Neither in the address of its request, nor in the body, nor in the words about what failed."""
    secrets: dict[str, Any] = {
        "query": {"key": CREDENTIAL, "tag": KEY},
        "extra_body": {"user": KEY},
        "headers": {"x-api-key": CREDENTIAL},
    }
    provider = endpoint(f"http://me:{CREDENTIAL}@127.0.0.1:9/v1", **secrets)
    planned = plan(provider, scenarios=["chat-text"]).requests[0]
    assert CREDENTIAL in planned.request.url
    assert KEY in planned.request.body
    recorder = Recorder(Endpoint(plan(provider), KEY), planned, tmp_path, Silent())

    recorder._failed(OSError(f"no room for {KEY} and {CREDENTIAL}"))
    exchange = recorder.exchange()

    assert exchange.request is not None
    assert exchange.request.url == "http://127.0.0.1:9/v1/chat/completions?key=[redacted]&tag=[redacted]"
    assert json.loads(exchange.request.body)["user"] == "[redacted]"
    assert "no room for [redacted] and [redacted]" in exchange.detail
    assert not [secret for secret in (KEY, CREDENTIAL) if secret in repr(exchange)]


def test_a_job_shows_no_key() -> None:
    assert KEY not in repr(job(endpoint("http://127.0.0.1:9/v1"), Path()))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--header", "X-Api-Key: s"], "--header 'X-Api-Key: [redacted]'"),
        (["--header=X-Tenant:s"], "'--header=X-Tenant: [redacted]'"),
        (["--header", "X-Title: my app"], "--header 'X-Title: my app'"),
        (["--endpoint", "http://me:s@host/v1"], "--endpoint http://host/v1"),
        (["--endpoint=https://s@host/v1?key=s&a=b"], "'--endpoint=https://host/v1?key=[redacted]&a=b'"),
        (["-k", "role-first", "--model", "m"], "-k role-first --model m"),
    ],
)
def test_the_command_shows_no_credential_however_short(arguments: list[str], shown: str) -> None:
    """By the place of the value, since a short one cannot be searched for."""
    assert shown_command("pytest", arguments) == f"pytest {shown}"


def test_values_of_headers_are_secrets_unless_their_name_is_harmless() -> None:
    """A name that says nothing may be that of a credential."""
    headers = {"X-Tenant": f"Tenant {CREDENTIAL}", "User-Agent": CREDENTIAL, "X-Foo": "f00-0123456789"}
    provider = endpoint("http://127.0.0.1:9/v1", headers=headers)

    assert list(secrets_of(provider, KEY)) == [KEY, f"Tenant {CREDENTIAL}", "f00-0123456789", CREDENTIAL]


def test_a_base_url_with_a_query_keeps_it_behind_the_path() -> None:
    """Some gateways take their key there."""
    whole = plan(endpoint("https://host/v1?key=k", query={"v": "1"}), scenarios=["chat-text"])

    assert whole.requests[0].request.url == "https://host/v1/chat/completions?key=k&v=1"
