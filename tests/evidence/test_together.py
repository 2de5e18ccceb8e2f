"""A credential that stands in one file is removed from all files that are read with it."""

import base64
import json
import pickle
from dataclasses import fields
from pathlib import Path

import pytest

from conformance.evidence import load, reread, together
from conformance.evidence.load import Handed
from conformance.evidence.together import Credentials, Together
from conformance.exchange import Exchange
from tests.evidence.handed import ASKED, HEAD, KEY, STREAM, URL, VERBOSE, cassette, entry, flow, har, zipped

ECHO = f'data: {{"object":"chat.completion.chunk","choices":[],"no":"{KEY}"}}\n\n'.encode()


def recording(body: bytes = STREAM, **request: str) -> bytes:
    asked = json.loads(ASKED) | request
    return json.dumps({"api": "chat", "body": body.decode(), "request": asked}).encode()


def keyless(body: bytes) -> bytes:
    """An archive whose request has no credential."""
    one = entry(text=body.decode())
    one["request"]["headers"] = []
    return har(one)


# Files in which a key stands beside an exchange, or beside something else.
SHOWN = {
    "x.har": har(entry(text=STREAM.decode())),
    "other.har": har(entry(url="https://api.example.com/v1/models", text="[]")),
    "query.har": har(
        entry(url=f"{URL}?api_key={KEY}", text=STREAM.decode()) | {"request": {"url": f"{URL}?api_key={KEY}"}}
    ),
    "x.yaml": b"interactions:\n- request:\n    method: POST\n    uri: "
    + URL.encode()
    + b"\n    body: '{}'\n    headers:\n      authorization: ['Bearer "
    + KEY.encode()
    + b"']\n  response:\n    status: {code: 200}\n    headers: {}\n    body: {string: 'data: [DONE]'}\n",
    "x.json": json.dumps(cassette({"string": STREAM.decode()})).encode(),
    "y.json": recording(api_key=KEY),
    "x.flow": flow(),
    "verbose.sse": VERBOSE + STREAM,
    "head.sse": VERBOSE,
    "httpie.sse": (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: a.example\r\nX-Api-Key: "
        + KEY.encode()
        + b"\r\n\r\n{}\r\n"
    )
    + HEAD
    + STREAM,
}
# Files in which it is echoed, without a word of what it is.
ECHOED: dict[str, bytes] = {
    "echo.sse": ECHO,
    "echo.har": keyless(ECHO),
    "echo.jsonl": ECHO.removeprefix(b"data: ") + b'{"object":"chat.completion.chunk","choices":[]}\n',
    "echo.json": recording(ECHO),
    "model.json": recording(model=KEY),
    "included.sse": HEAD.replace(b"Set-Cookie: a=b", b"Via: " + KEY.encode()) + STREAM,
    "coded.sse": b": " + base64.b64encode(b"Bearer " + KEY.encode()) + b"\n\n" + STREAM,
    "unread.jsonl": json.dumps({"nothing": KEY}).encode() + b"\n",
}


def told(exchange: Exchange) -> str:
    """All that an exchange holds but where it was read."""
    parts = [str(getattr(exchange, field.name)) for field in fields(Exchange) if field.name != "pieces"]
    return "\n".join([*parts, str(exchange.request), exchange.body.decode()])


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("order", ["a-", "z-"], ids=["before", "behind"])
def test_a_key_that_one_file_shows_is_in_none_of_a_folder(shown: str, order: str, tmp_path: Path) -> None:
    """Whatever shows it, whatever echoes it, and in which order they are read."""
    written(tmp_path, ECHOED | {order + shown: SHOWN[shown]})
    exchanges, unreadable = load([tmp_path])
    said = "\n".join([*map(told, exchanges), *map(str, unreadable)])
    assert KEY not in said
    assert base64.b64encode(b"Bearer " + KEY.encode()).decode()[10:-4] not in said
    assert any("[redacted]" in str(item) for item in unreadable)
    assert len(exchanges) >= len(ECHOED) - 1
    assert said.count("[redacted]") >= len(ECHOED)


def test_a_key_is_left_in_nothing_of_a_zip_or_of_files_that_are_named() -> None:
    files = ECHOED | {"x.har": SHOWN["x.har"]}
    for sources in (
        [Handed("x.zip", zipped(files))],
        [Handed(name, data) for name, data in files.items()],
    ):
        exchanges, unreadable = load(sources)
        assert len(exchanges) == len(files) - 1
        assert KEY not in "\n".join([*map(told, exchanges), *map(str, unreadable)])


def test_the_head_that_curl_wrote_beside_a_body_shows_its_key(tmp_path: Path) -> None:
    """`curl -v ... 2> x.headers` writes the request into it as well."""
    written(tmp_path, {"x.sse": ECHO, "x.headers": VERBOSE})
    (exchange,), unreadable = load([tmp_path])
    assert unreadable == []
    assert exchange.status == 200
    assert b'"no":"[redacted]"' in exchange.body


def test_an_answer_that_is_read_again_has_no_key_of_another_file(tmp_path: Path) -> None:
    """Of large folders each file is read twice, and only when all were is every key known."""
    written(tmp_path, {f"{number}.sse": ECHO for number in range(3)} | {"x.har": SHOWN["x.har"]})
    exchanges, _ = load([tmp_path], most=1)
    bare = [one for one in exchanges if not one.body]
    assert len(bare) == 3
    for one in bare:
        assert b'"no":"[redacted]"' in reread(one).body
        assert KEY.encode() not in pickle.dumps(one)


def test_a_key_in_the_request_that_is_given_beside_a_stream_is_in_no_answer() -> None:
    request = json.dumps(json.loads(ASKED) | {"api_key": KEY})
    (exchange, other), _ = load([Handed("x.sse", ECHO), Handed("x.har", keyless(ECHO))], request=request)
    assert KEY not in told(exchange)
    assert KEY not in told(other)
    assert exchange.asked["api_key"] == "[redacted]"


def test_a_short_key_in_a_request_is_removed_by_the_name_of_its_field() -> None:
    """It is sought nowhere else, because it may be a word."""
    request = json.dumps(json.loads(ASKED) | {"api_key": "short"})
    (given, recorded), _ = load(
        [Handed("x.sse", STREAM), Handed("x.json", recording(api_key="short"))], request=request
    )
    assert given.asked["api_key"] == recorded.asked["api_key"] == "[redacted]"


def test_what_has_none_of_the_credentials_stays_as_it_is(tmp_path: Path) -> None:
    written(tmp_path, {"x.har": SHOWN["x.har"], "plain.sse": STREAM})
    exchanges, _ = load([tmp_path])
    (alone,), _ = load([tmp_path / "plain.sse"])
    assert alone in exchanges


def test_of_very_many_credentials_the_first_of_each_file_are_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held does not grow with the files, and cookies of one keep out no key of another."""
    monkeypatch.setattr(together, "_MOST", 10)
    every = Together()
    for number in range(8):
        every.add(Credentials(tuple(f"key-{number}-{rank:02}-0123456789" for rank in range(30))))
    echoed = [f"key-{number}-{rank:02}-0123456789" for rank in range(3) for number in range(8)]
    (exchange,), _ = load([Handed("x.sse", f": {' '.join(echoed)}\n\n".encode() + STREAM)])
    kept = every.without(exchange)
    assert isinstance(kept, Exchange)
    assert kept.body.count(b"[redacted]") == 10
    assert b"-00-" not in kept.body


@pytest.mark.parametrize(
    ("values", "sought"),
    [
        (("a" * 8_193,), False),
        (("short-value",), False),
        ((), False),
        ((KEY,), True),
    ],
)
def test_what_is_no_credential_is_not_sought(values: tuple[str, ...], sought: bool) -> None:  # noqa: FBT001
    every = Together()
    every.add(Credentials(values))
    assert bool(every) is sought


def test_very_long_credentials_are_held_up_to_a_bound() -> None:
    every = Together()
    for number in range(100):
        every.add(Credentials((f"{number:04}" * 2_000,)))
    assert every._characters <= together._CHARACTERS


def test_an_answer_in_which_credentials_cannot_be_followed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.evidence.automaton.LEARNED", 300)
    tangled = har(entry(url="https://api.example.com/v1/models", text="[]"))
    tangled = tangled.replace(KEY.encode(), json.dumps("\\" * 200).encode().strip(b'"'))
    sources = [Handed("x.har", tangled), Handed("x.sse", b": " + b"\\" * 300 + b"\n\n" + STREAM)]
    exchanges, unreadable = load([*sources, Handed("y.sse", STREAM)])
    assert [one.source for one in exchanges] == ["y.sse"]
    assert [item.error.code for item in unreadable] == ["nothing-of-ours", "secrets-repeat"]
