"""The evidence file: written as it happens, read back unchanged, and refused if it is damaged."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.evidence.errors import (
    ChecksumError,
    DamagedLineError,
    EmptyFileError,
    EvidenceError,
    EvidenceVersionError,
    MisplacedLineError,
    NotEvidenceError,
)
from conformance.evidence.format import FORMAT, Seal
from conformance.evidence.headers import NOT_KEPT, address, kept_headers
from conformance.evidence.reader import evidence_in, read_evidence
from conformance.evidence.writer import EvidenceWriter, write_evidence
from conformance.exchange import Api, Attempt, Ended, Exchange, Expects, Need, Piece, Promise, Request
from conformance.paths import schema

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "evidence.md"
FULL = Exchange(
    id="chat-text.2",
    api=Api.CHAT,
    provider="acme",
    model="acme-1",
    scenario="chat-text",
    sample=2,
    request=Request(
        url="https://api.example.com/v1/chat/completions?api-version=1",
        headers=(("content-type", "application/json"), ("authorization", NOT_KEPT)),
        body='{"model": "acme-1", "stream": true}',
    ),
    attempts=(
        Attempt(started=0.0, status=429, retry_after=0.5),
        Attempt(started=0.5, error="connection refused"),
        Attempt(started=1.25, status=200),
    ),
    status=200,
    headers=(("Content-Type", "text/event-stream"), ("x-acme-account", NOT_KEPT)),
    pieces=(
        Piece(data="data: é\u2028\n\n".encode(), at=0.125),
        Piece(data=b"data: \xe2\x82", at=0.25),
        Piece(data=b"\xac\n\n", at=0.25),
        Piece(data=b"", at=0.5),
    ),
    ended=Ended.CLOSED,
    ended_at=0.75,
    detail="closed 0.25 s after the terminator",
    started="2026-08-21T12:00:00.000Z",
    expects=Expects.STREAM,
    promises=(Promise.TEXT, Promise.USAGE),
    claim=True,
    nonce="amber",
    expected_text="1 2 3 amber",
    expected_arguments=('{"city":"Paris"}', "a note"),
    note="a note",
    lacks=frozenset({Need.WIRE}),
)

seconds = st.floats(min_value=0, max_value=1e6)
optional_seconds = st.none() | seconds
headers = st.lists(
    st.tuples(st.sampled_from(["content-type", "Date", "x-ratelimit-limit-tokens", "via"]), st.text()),
    max_size=4,
).map(tuple)
exchanges = st.builds(
    Exchange,
    id=st.text(min_size=1),
    api=st.sampled_from(Api),
    provider=st.text(),
    model=st.text(),
    scenario=st.text(),
    sample=st.integers(1, 9),
    request=st.none()
    | st.builds(Request, method=st.sampled_from(["POST", "GET"]), headers=headers, body=st.text()),
    attempts=st.lists(
        st.builds(
            Attempt,
            started=seconds,
            status=st.none() | st.integers(100, 599),
            error=st.text(),
            retry_after=optional_seconds,
        ),
        max_size=3,
    ).map(tuple),
    status=st.none() | st.integers(100, 599),
    headers=headers,
    pieces=st.lists(st.builds(Piece, data=st.binary(), at=optional_seconds), max_size=6).map(tuple),
    ended=st.sampled_from(Ended),
    ended_at=optional_seconds,
    detail=st.text(),
    started=st.text(),
    expects=st.sampled_from(Expects),
    promises=st.lists(st.sampled_from(Promise), max_size=3).map(tuple),
    claim=st.none() | st.booleans(),
    nonce=st.text(),
    expected_text=st.text(),
    expected_arguments=st.lists(st.text(), max_size=2).map(tuple),
    note=st.text(),
    lacks=st.frozensets(st.sampled_from([need for need in Need if need is not Need.END])),
)


def written(path: Path, exchange: Exchange = FULL) -> list[bytes]:
    """The lines of an exchange's file, with their line ends."""
    write_evidence(path, exchange)
    return path.read_bytes().splitlines(keepends=True)


def refused(path: Path, *lines: bytes | dict[str, Any]) -> EvidenceError:
    """The error with which some lines are refused."""
    parts = (line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    path.write_bytes(b"".join(parts))
    with pytest.raises(EvidenceError) as caught:
        read_evidence(path)
    return caught.value


def changed(line: bytes, **keys: Any) -> bytes:
    return json.dumps(json.loads(line) | keys).encode() + b"\n"


def sealed(*lines: bytes) -> bytes:
    """A file of some lines whose digest fits them."""
    seal = Seal()
    for line in lines[:-1]:
        seal.add(line)
    return b"".join([*lines[:-1], changed(lines[-1], digest=seal.digest(json.loads(lines[-1])))])


@given(exchange=exchanges)
def test_what_is_written_is_read_back_the_same(
    exchange: Exchange, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every exchange survives the file in every field; only its source is then the file."""
    path = tmp_path_factory.getbasetemp() / "round.jsonl"
    lines = written(path, exchange)
    assert read_evidence(path) == replace(exchange, source=str(path))
    assert all(Draft202012Validator(schema("evidence")).is_valid(json.loads(line)) for line in lines)


def test_a_full_exchange_is_read_back_the_same(tmp_path: Path) -> None:
    """Attempts, times, bytes that are not UTF-8 and all that the head knows."""
    path = tmp_path / "deep" / "er" / "full.jsonl"
    write_evidence(path, FULL)
    assert read_evidence(path) == replace(FULL, source=str(path))


def test_writing_what_was_read_changes_nothing(tmp_path: Path) -> None:
    """Redaction leaves what is already redacted as it is, so copies have the same bytes."""
    hostile = replace(FULL, headers=(("location", "https://a:b@example.com/x?token=1"), ("set-cookie", "c")))
    write_evidence(tmp_path / "one.jsonl", hostile)
    write_evidence(tmp_path / "two.jsonl", read_evidence(tmp_path / "one.jsonl"))
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    """Nothing of it is left behind the new one, however long it was."""
    path = tmp_path / "again.jsonl"
    write_evidence(path, FULL)
    write_evidence(path, replace(FULL, id="short", pieces=(), attempts=()))
    assert read_evidence(path).id == "short"
    # As a run that is resumed does, piece by piece.
    with EvidenceWriter(path, replace(FULL, id="again")):
        pass
    assert read_evidence(path).id == "again"


def test_the_schema_is_a_schema_and_lists_every_key_that_is_written(tmp_path: Path) -> None:
    """Nothing is written that the schema does not describe."""
    Draft202012Validator.check_schema(schema("evidence"))
    for line in map(json.loads, written(tmp_path / "full.jsonl")):
        assert set(line) <= set(schema("evidence")["$defs"][line["line"]]["properties"])


def test_the_schema_knows_every_ending() -> None:
    """The schema's list of endings is that of the exchange."""
    assert schema("evidence")["$defs"]["end"]["properties"]["ended"]["enum"] == [*Ended]


def test_each_line_is_on_disk_when_it_is_written(tmp_path: Path) -> None:
    """The file grows with the exchange and reads at any time as a recording that was cut off."""
    path = tmp_path / "growing.jsonl"
    with EvidenceWriter(path, FULL) as writer:
        assert read_evidence(path).ended is Ended.INTERRUPTED
        writer.attempt(FULL.attempts[0])
        assert read_evidence(path).attempts == FULL.attempts[:1]
        writer.response(200, FULL.headers)
        assert read_evidence(path).status == 200
        writer.piece(FULL.pieces[0])
        assert read_evidence(path).pieces == FULL.pieces[:1]
        writer.end(Ended.LEFT)
        assert read_evidence(path).ended is Ended.LEFT


def test_a_writer_that_is_left_without_an_end_keeps_what_it_holds_back(tmp_path: Path) -> None:
    """No byte is lost, not even one that could have been the beginning of a secret."""
    path = tmp_path / "broken.jsonl"
    with EvidenceWriter(path, FULL, secrets=["sk-0123456789"]) as writer:
        writer.piece(Piece(data=b"data: sk-01", at=1.0))
        assert read_evidence(path).pieces == ()
    assert read_evidence(path).pieces == (Piece(data=b"data: sk-01", at=1.0),)
    assert read_evidence(path).ended is Ended.INTERRUPTED


def test_a_file_cut_off_anywhere_keeps_every_whole_line(tmp_path: Path) -> None:
    """Cut at any byte after its head, a file is an interrupted exchange with all that was whole in it."""
    path = tmp_path / "cut.jsonl"
    lines = written(path)
    whole = b"".join(lines)
    for cut in range(len(lines[0]), len(whole) - 1):
        read = evidence_in(BytesIO(whole[:cut]), "cut")
        # A line is whole without its line end.
        kinds = [json.loads(line)["line"] for line in (whole[:cut] + b"\n").splitlines() if valid(line)]
        assert read.pieces == FULL.pieces[: kinds.count("piece")]
        assert read.attempts == FULL.attempts[: kinds.count("attempt")]
        assert read.status == (200 if "response" in kinds else None)
        assert read.ended is Ended.INTERRUPTED
        assert read.lacks == {"wire", "ending"}
        assert read.note.startswith("a note The recording was cut off: what came after its ")
    path.write_bytes(whole[:-1])
    assert read_evidence(path) == replace(FULL, source=str(path))


def valid(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_a_file_cut_off_in_its_head_is_an_error(tmp_path: Path) -> None:
    """Without a whole head there is nothing to judge, and the error says which line."""
    path = tmp_path / "head.jsonl"
    lines = written(path)
    assert refused(path, lines[0][:-9]).message == "line 1 is not JSON, or was cut off"
    assert type(refused(path)) is EmptyFileError


def test_an_unknown_version_is_named_with_what_to_do(tmp_path: Path) -> None:
    """A file of a later format is not half read."""
    path = tmp_path / "later.jsonl"
    lines = written(path)
    for version in (0, -1, 2, "1", True, None):
        error = refused(path, changed(lines[0], version=version), *lines[1:])
        assert type(error) is EvidenceVersionError
        assert f"version {json.dumps(version)}, and this installation reads version 1" in error.message
        assert error.hint.startswith("update stream-conformance")


@pytest.mark.parametrize(
    "line",
    [
        b"[]\n",
        b"1\n",
        b'{"format": "else"}\n',
        b"hello\n",
        b"\xff\xfe\n",
        b"{}\n",
        b"[" * 100_000 + b"\n",
        b"\n",
    ],
)
def test_a_file_of_another_kind_is_no_evidence(line: bytes, tmp_path: Path) -> None:
    """JSON lines of something else, and no JSON at all, are told apart from damaged evidence."""
    assert type(refused(tmp_path / "other.jsonl", line)) is NotEvidenceError


Damage = Callable[[list[bytes]], list[bytes | dict[str, Any]]]
# What is done to the lines of FULL (head, 3 attempts, response, 4 pieces, end): kind, words.
DAMAGES: dict[str, tuple[Damage, type[EvidenceError], str]] = {
    "a line that is no JSON": (
        lambda x: [*x[:5], b"{oops\n", *x[5:]],
        DamagedLineError,
        "line 6 is not JSON",
    ),
    "an empty line": (lambda x: [*x[:5], b"\n", *x[5:]], DamagedLineError, "line 6 is not JSON"),
    "NaN": (
        lambda x: [*x[:5], b'{"line":"piece","at":NaN,"text":""}\n'],
        DamagedLineError,
        "NaN is not JSON",
    ),
    "infinite": (lambda x: [*x[:5], b'{"line":"piece","at":1e999,"text":""}\n'], DamagedLineError, "1e999"),
    "absurd time": (
        lambda x: [*x[:5], b'{"line":"piece","at":1' + b"0" * 400 + b',"text":""}\n'],
        DamagedLineError,
        "line 6 has a time too large",
    ),
    "nesting": (
        lambda x: [*x[:5], b"[" * 100_000 + b"\n"],
        DamagedLineError,
        "line 6 is not JSON (its nesting",
    ),
    "no object": (lambda x: [*x[:5], b"[]\n", *x[5:]], DamagedLineError, "line 6 is no JSON object"),
    "unknown line": (
        lambda x: [*x[:5], {"line": "peace"}],
        DamagedLineError,
        'line 6, `line`: "peace" is not one of head, ',
    ),
    "odd line": (lambda x: [*x[:5], {"line": []}], DamagedLineError, "`line`: [] is not one of"),
    "second head": (lambda x: [*x[:5], x[0]], MisplacedLineError, "line 6, `head`, comes after another one"),
    "no head": (
        lambda x: [{"format": FORMAT, "version": 1, "line": "end"}, *x[1:]],
        MisplacedLineError,
        "line 1, `end`, comes before the head",
    ),
    "after the end": (lambda x: [*x, x[1]], MisplacedLineError, "line 11, `attempt`, comes after the end"),
    "second response": (
        lambda x: [*x[:5], x[4], *x[5:]],
        MisplacedLineError,
        "line 6, `response`, comes after another",
    ),
    "late response": (
        lambda x: [*x[:4], *x[5:9], x[4], x[9]],
        MisplacedLineError,
        "line 9, `response`, comes after",
    ),
    "odd request": (
        lambda x: [changed(x[0], request={"method": "POST", "url": "", "body": {}, "headers": []})],
        DamagedLineError,
        "line 1, `request.body`: expected string, found {}",
    ),
    "wrong type": (
        lambda x: [*x[:4], changed(x[4], status="200")],
        DamagedLineError,
        'line 5, `status`: expected integer or null, found "200"',
    ),
    "missing key": (
        lambda x: [*x[:1], {"line": "attempt"}],
        DamagedLineError,
        "line 2, `started`: expected the key",
    ),
    "unknown api": (
        lambda x: [changed(x[0], api="voice")],
        DamagedLineError,
        'line 1, `api`: expected one of "chat"',
    ),
    "odd header": (
        lambda x: [*x[:4], changed(x[4], headers=[{"name": "a"}])],
        DamagedLineError,
        "line 5, `headers.*.value`: expected the key",
    ),
    "two forms": (
        lambda x: [*x[:5], changed(x[5], base64="")],
        DamagedLineError,
        "line 6 breaks its schema: expected oneOf",
    ),
    "no base64": (
        lambda x: [*x[:5], {"line": "piece", "base64": "a"}],
        DamagedLineError,
        "line 6, `base64`: not",
    ),
    "odd base64": (
        lambda x: [*x[:5], {"line": "piece", "base64": "QU*JD"}],
        DamagedLineError,
        "line 6, `base64`: not",
    ),
    "not ASCII": (
        lambda x: [*x[:5], {"line": "piece", "base64": "é"}],
        DamagedLineError,
        "line 6, `base64`: not",
    ),
    "surrogate": (
        lambda x: [*x[:5], {"line": "piece", "text": "\ud800"}],
        DamagedLineError,
        "half a surrogate pair",
    ),
    "lost piece": (lambda x: [*x[:8], *x[9:]], ChecksumError, "`pieces` is 4, but it is 3"),
    "lost attempt": (lambda x: [x[0], *x[2:]], ChecksumError, "`attempts` is 3, but it is 2"),
    "longer piece": (lambda x: [*x[:8], changed(x[8], text="x"), x[9]], ChecksumError, "`bytes` is"),
    "other bytes": (lambda x: [*x[:7], changed(x[7], base64="rAoL"), *x[8:]], ChecksumError, "`sha256` is"),
}


@pytest.mark.parametrize(("damage", "kind", "words"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_told_with_its_line(
    damage: Damage, kind: type[EvidenceError], words: str, tmp_path: Path
) -> None:
    """A damaged file is an error that says where and what, and that the file was edited or damaged."""
    path = tmp_path / "damaged.jsonl"
    error = refused(path, *damage(written(path)))
    assert type(error) is kind
    assert words in error.message
    assert "edited or damaged" in error.hint


@pytest.mark.parametrize("number", range(10))
def test_no_line_can_be_edited(number: int, tmp_path: Path) -> None:
    """The digest covers every line, keys that readers ignore included."""
    path = tmp_path / "edited.jsonl"
    lines = written(path)
    assert len(lines) == 10
    error = refused(path, *lines[:number], changed(lines[number], colour="blue"), *lines[number + 1 :])
    assert isinstance(error, ChecksumError)
    assert error.key == "digest"
    assert "edited or damaged" in error.hint


EDITS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "status": lambda x: [*x[:4], changed(x[4], status=500), *x[5:]],
    "type of the content": lambda x: [*x[:4], changed(x[4], headers=[]), *x[5:]],
    "nonce": lambda x: [changed(x[0], nonce="other"), *x[1:]],
    "time of a piece": lambda x: [*x[:5], changed(x[5], at=9.5), *x[6:]],
    "ending": lambda x: [*x[:9], changed(x[9], ended="reset")],
    "time of the end": lambda x: [*x[:9], changed(x[9], ended_at=9.5)],
    "order of two pieces": lambda x: [*x[:7], x[8], x[7], x[9]],
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_verdicts_rest_on_cannot_be_edited(
    edit: Callable[[list[bytes]], list[bytes]], tmp_path: Path
) -> None:
    """Status, headers, times, nonce and ending are as well covered as the body."""
    path = tmp_path / "edited.jsonl"
    assert isinstance(refused(path, *edit(written(path))), ChecksumError)


def test_other_line_ends_are_no_edit(tmp_path: Path) -> None:
    """A version control system may convert them."""
    path = tmp_path / "windows.jsonl"
    lines = written(path)
    path.write_bytes(b"".join(line[:-1] + b"\r\n" for line in lines))
    assert read_evidence(path) == replace(FULL, source=str(path))


def test_keys_that_are_not_known_are_ignored(tmp_path: Path) -> None:
    """What a later program adds to lines of this version does not keep an older one from reading."""
    path = tmp_path / "additive.jsonl"
    lines = written(path)
    path.write_bytes(sealed(*(changed(line, colour="blue") for line in lines)))
    assert read_evidence(path) == replace(FULL, source=str(path))


def test_promises_of_another_version_promise_nothing(tmp_path: Path) -> None:
    """A later suite may know more of them; what this one knows is kept."""
    path = tmp_path / "later.jsonl"
    lines = written(path)
    path.write_bytes(sealed(changed(lines[0], promises=["text", "video"]), *lines[1:]))

    assert read_evidence(path).promises == (Promise.TEXT,)


def test_a_number_that_json_does_not_have_is_not_written(tmp_path: Path) -> None:
    """An infinite time is a fault of the recorder and must not make an unreadable file."""
    with EvidenceWriter(tmp_path / "inf.jsonl", FULL) as writer, pytest.raises(ValueError, match="JSON"):
        writer.piece(Piece(data=b"", at=float("inf")))


def test_half_a_surrogate_pair_in_a_request_is_written_and_read(tmp_path: Path) -> None:
    """Text without a UTF-8 form does not stop the recording."""
    odd = replace(FULL, request=Request(body="\ud800"))
    write_evidence(tmp_path / "odd.jsonl", odd)
    assert (tmp_path / "odd.jsonl").read_bytes().decode()
    assert read_evidence(tmp_path / "odd.jsonl").request == odd.request


def test_the_end_tells_size_and_checksum(tmp_path: Path) -> None:
    """A stranger checks the body without this package."""
    lines = [json.loads(line) for line in written(tmp_path / "full.jsonl")]
    body = b"".join(
        line["text"].encode() if "text" in line else base64.b64decode(line["base64"])
        for line in lines
        if line["line"] == "piece"
    )
    assert lines[-1]["bytes"] == len(body)
    assert lines[-1]["sha256"] == hashlib.sha256(body).hexdigest()


def test_text_stays_readable(tmp_path: Path) -> None:
    """Text in any script stands in the file as itself, not as escapes."""
    write_evidence(tmp_path / "full.jsonl", replace(FULL, pieces=(Piece(data="data: 你好".encode()),)))
    assert "你好" in (tmp_path / "full.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("Content-Type", "text/event-stream", "text/event-stream"),
        ("x-ratelimit-remaining-tokens", "9", "9"),
        ("openai-processing-ms", "12", "12"),
        ("openai-organization", "acme", NOT_KEPT),
        ("OpenAI-Project", "proj_1", NOT_KEPT),
        ("Authorization", "Basic abc", NOT_KEPT),
        ("api-key", "abc", NOT_KEPT),
        ("Set-Cookie", "id=1", NOT_KEPT),
        ("Location", "https://user:pass@example.com:8443/v1/x?key=1#top", "https://example.com:8443/v1/x"),
        ("location", "/v1/x?key=1", "/v1/x"),
        ("location", "http://[broken", NOT_KEPT),
    ],
)
def test_headers_are_kept_by_a_list(name: str, value: str, kept: str) -> None:
    """A header that is not on the list keeps its name alone; a location loses what may be a credential."""
    assert kept_headers([(name, value)]) == [(name, kept)]


def test_the_url_of_a_request_keeps_its_query_but_no_password() -> None:
    """The query says which version of an API was asked; what stands before the host is a credential."""
    assert address("https://user:pass@example.com/v1?api-version=1") == "https://example.com/v1?api-version=1"
    assert address("https://example.com/v1?to=a@b&empty=#") == "https://example.com/v1?to=a@b&empty=#"


def test_headers_and_url_of_a_written_request_are_redacted(tmp_path: Path) -> None:
    """The writer applies the list to the request and to the response."""
    request = Request(
        url="https://u:p@example.com/v1", headers=(("authorization", "Bearer x"), ("accept", "*/*"))
    )
    exchange = replace(FULL, request=request, headers=(("set-cookie", "id=1"), ("server", "acme")))
    write_evidence(tmp_path / "full.jsonl", exchange)
    read = read_evidence(tmp_path / "full.jsonl")
    assert read.request == Request(
        url="https://example.com/v1", headers=(("authorization", NOT_KEPT), ("accept", "*/*"))
    )
    assert read.headers == (("set-cookie", NOT_KEPT), ("server", "acme"))


def test_the_example_of_the_documentation_is_evidence(tmp_path: Path) -> None:
    """The file shown in docs/evidence.md is read, checksum included, and is what the writer would write."""
    example = DOCUMENT.read_text(encoding="utf-8").split("```jsonl\n")[1].split("```")[0]
    path = tmp_path / "example.jsonl"
    path.write_text(example, encoding="utf-8")
    read = read_evidence(path)
    assert read.ended is Ended.CLOSED
    write_evidence(tmp_path / "again.jsonl", read)
    assert (tmp_path / "again.jsonl").read_text(encoding="utf-8") == example


def test_the_python_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example in docs/evidence.md does what it says."""
    monkeypatch.chdir(tmp_path)
    source = DOCUMENT.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(compile(source, "docs/evidence.md", "exec"), names)  # noqa: S102 - our own documentation
    assert [exchange.id for exchange in names["exchanges"]] == ["chat-text"]
    assert names["unreadable"] == []
