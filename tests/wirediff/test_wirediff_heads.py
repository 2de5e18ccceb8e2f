"""What a gateway does around events: status, headers, framing, endings, times; and to other bodies."""

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Ended, Exchange, Expects, Piece, Request
from conformance.wirediff import ChangeKind, WireDifference, wire_difference
from tests.wirediff.pairs import DONE, HEADERS, answer, chunk, compared, deltas, document, event, only, typed

HELLO = deltas("Hel", "lo")
ERROR = {"error": {"message": "no such model", "type": "invalid_request_error", "code": None}}


def between(direct: Exchange, gateway: Exchange) -> WireDifference:
    return wire_difference([direct], [gateway])


def headed(*headers: tuple[str, str]) -> Exchange:
    return answer(HELLO, headers=(*HEADERS, *headers))


def test_a_header_that_is_added_dropped_and_changed() -> None:
    """Names are the same in any case."""
    direct = headed(("Cache-Control", "no-cache"), ("server", "uvicorn"))
    found = between(direct, headed(("cache-control", "no-store"), ("via", "1.1 gateway")))
    assert [(row.kind.value, row.place, row.direct, row.gateway) for row in found.changes] == [
        ("header-added", "via", "absent", "1.1 gateway"),
        ("header-dropped", "server", "uvicorn", "absent"),
        ("header-changed", "cache-control", '"no-cache"', '"no-store"'),
    ]


def test_a_header_that_each_answer_has_anew_is_no_change() -> None:
    found = between(
        headed(("date", "Thu, 1 Jan"), ("x-req", "1")), headed(("date", "Fri, 2 Jan"), ("x-req", "1"))
    )
    assert found.changes == ()
    assert [row.place for row in found.per_request] == ["header date"]


def test_a_value_that_evidence_does_not_keep_says_nothing() -> None:
    assert between(headed(("x-region", "[not kept]")), headed(("x-region", "eu"))).changes == ()


def test_a_header_that_comes_twice() -> None:
    row = only(
        between(headed(("vary", "Origin")), headed(("vary", "Origin"), ("Vary", "Accept"))),
        ChangeKind.HEADER_CHANGED,
    )
    assert (row.direct, row.gateway) == ('"Origin"', '"Origin, Accept"')


def test_a_source_without_headers_has_none_dropped() -> None:
    assert between(headed(("vary", "Origin")), answer(HELLO, headers=())).changes == ()


def test_another_status_and_another_end() -> None:
    found = between(answer(HELLO), answer(HELLO, status=206, ended=Ended.RESET))
    assert [(row.kind, row.direct, row.gateway) for row in found.changes] == [
        (ChangeKind.STATUS, "200", "206"),
        (ChangeKind.ENDING, "closed", "reset"),
    ]
    unknown = answer(HELLO, status=None, ended=Ended.UNKNOWN)
    assert between(answer(HELLO), unknown).changes == ()


LINES = [frame.replace(b"\n", b"\r\n") for frame in HELLO]


@pytest.mark.parametrize(
    ("place", "frames"),
    [
        ("comments", [b": keep-alive\n\n", *HELLO]),
        ("line ends of CR LF", LINES),
        ("line ends of CR alone", [frame.replace(b"\n", b"\r") for frame in HELLO]),
        ("a byte order mark", [b"\xef\xbb\xbf", *HELLO]),
        ("no space behind `data:`", [frame.replace(b"data: ", b"data:") for frame in HELLO]),
        ("`id:` lines", [b"id: 1\n" + HELLO[0], *HELLO[1:]]),
        ("`retry:` lines", [b"retry: 100\n" + HELLO[0], *HELLO[1:]]),
        ("the terminator [DONE]", HELLO[:-1]),
        ("`event:` lines", [b"event: message\n" + frame for frame in HELLO]),
        ("spaces in JSON", [frame.replace(b'":', b'": ') for frame in HELLO]),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_each_way_of_framing(place: str, frames: list[bytes]) -> None:
    """Whether the gateway adds it or takes it away."""
    row = only(compared(HELLO, frames), ChangeKind.FRAMING)
    assert row.place == place
    assert row.direct != row.gateway
    assert only(compared(frames, HELLO), ChangeKind.FRAMING).place == place


def test_the_order_of_keys_is_told_once() -> None:
    before, after = event({"a": {"b": 1, "c": 2}, "d": 3}), event({"d": 3, "a": {"c": 2, "b": 1}})
    row = only(compared([before] * 3, [after] * 3), ChangeKind.FRAMING)
    assert (row.place, row.count, row.direct, row.gateway) == ("the order of keys", 3, "{a, d}", "{d, a}")


def test_characters_that_are_escaped() -> None:
    plain = [chunk({"content": "Grüße"})]
    escaped = [plain[0].replace("ü".encode(), b"\\u00fc").replace("ß".encode(), b"\\u00df")]
    assert only(compared(plain, escaped), ChangeKind.FRAMING).place == "characters escaped in JSON"


def test_event_lines_of_responses_that_are_dropped() -> None:
    frames = [typed("response.created", a=1), typed("response.completed", a=2)]
    bare = [frame[frame.index(b"data:") :] for frame in frames]
    row = only(compared(frames, bare), ChangeKind.FRAMING)
    assert (row.place, row.count, row.events) == (
        "`event:` lines",
        2,
        ("response.created", "response.completed"),
    )


def test_documents_are_compared_path_by_path() -> None:
    before = {"id": "chatcmpl-1", "choices": [{"index": 0, "message": {"content": "Hello", "refusal": None}}]}
    after = {
        "id": "chatcmpl-2",
        "choices": [{"index": 0, "message": {"content": "Hello"}}],
        "provider": "acme",
    }
    found = between(document(before), document(after))
    assert [(row.kind.value, row.place) for row in found.changes] == [
        ("key-dropped", "choices.*.message.refusal"),
        ("key-added", "provider"),
    ]


def test_a_document_without_spaces() -> None:
    compact = document(ERROR)
    spaced = replace(compact, pieces=(Piece(data=b'{\n  "error": null}'),))
    squeezed = replace(compact, pieces=(Piece(data=b'{"error":null}'),))
    assert only(between(spaced, squeezed), ChangeKind.FRAMING).place == "spaces in a JSON document"


def test_refusals_are_compared_too() -> None:
    other = {"error": {**ERROR["error"], "code": "404"}}
    row = only(between(document(ERROR, status=404), document(other, status=404)), ChangeKind.RETYPED)
    assert (row.place, row.direct, row.gateway) == ("error.code", "null", 'string "404"')


def test_a_refusal_in_place_of_an_answer_is_one_change() -> None:
    """Not a list of all keys of both."""
    found = between(document({"id": "chatcmpl-1", "choices": []}), document(ERROR, status=500))
    assert [(row.kind, row.place) for row in found.changes] == [
        (ChangeKind.STATUS, "status 200"),
        (ChangeKind.BODY, "the document"),
    ]


def test_a_document_in_place_of_a_stream_is_one_change() -> None:
    row = only(between(answer(HELLO), replace(document(ERROR), headers=HEADERS)), ChangeKind.BODY)
    assert (row.direct, row.gateway) == ("an event stream", "a document")


def test_pages_and_nothing_are_told_apart() -> None:
    page = answer([b"<html>no</html>"])
    assert only(between(page, answer([b"<html>yes</html>"])), ChangeKind.BODY).place == "the text of the body"
    assert only(between(page, answer([])), ChangeKind.BODY).gateway == "nothing"
    assert between(page, page).changes == ()


def test_an_exchange_without_an_answer() -> None:
    """That the gateway did not answer is a change; that nobody was asked is none."""
    silent = answer([], status=None, headers=(), ended=Ended.NO_RESPONSE)
    row = only(between(answer(HELLO), silent), ChangeKind.STATUS)
    assert (row.place, row.direct, row.gateway) == ("an answer", "status 200", "no-response")
    found = between(answer(HELLO), replace(silent, ended=Ended.UNBUILT))
    assert (found.changes, found.compared, found.gateway.unanswered) == ((), (), ("chat-text",))
    assert between(silent, silent).compared == ()


def recorded(name: str, text: str, *, model: str = "m", **keys: Any) -> Exchange:
    """What an application asked, under the running number of a recorder."""
    body = json.dumps({"model": model, "messages": text, **keys})
    return replace(answer([chunk({"content": text}), DONE], name, scenario=""), request=Request(body=body))


def test_recordings_belong_together_by_their_request_and_never_by_their_number() -> None:
    """Two questions in another order, and a stream that one application asked for later than another."""
    direct = [recorded("chat-0001", "hello"), recorded("chat-0002", "count", max_tokens=7)]
    gateway = [recorded("chat-0001", "count", max_tokens=7), recorded("chat-0002", "hello")]
    found = wire_difference(direct, gateway)
    assert (found.changes, found.per_request) == ((), ())
    assert found.named_otherwise == {"chat-0001": "chat-0002", "chat-0002": "chat-0001"}
    streamed: dict[str, Any] = {"stream": True}
    whole: dict[str, Any] = {"stream": False}
    found = wire_difference(
        [recorded("chat-0001", "hello", **streamed), recorded("chat-0002", "hello", **whole)],
        [recorded("chat-0001", "hello", **whole), recorded("chat-0002", "hi", **streamed)],
    )
    assert found.compared == ("chat-0002",)
    assert (found.direct.alone, found.gateway.alone) == (("chat-0001",), ("chat-0002",))


def test_a_gateway_may_have_its_own_name_for_the_model() -> None:
    """But two models that were asked the same are each compared with themselves."""
    found = wire_difference([recorded("har-1", "x", model="a")], [recorded("har-2", "x", model="b")])
    assert found.named_otherwise == {"har-1": "har-2"}
    direct = [recorded("one", "x", model="a"), recorded("two", "x", model="b")]
    gateway = [recorded("one", "x", model="b"), recorded("two", "x", model="a")]
    assert wire_difference(direct, gateway).named_otherwise == {"one": "two", "two": "one"}


def test_the_same_request_sent_again_is_paired_in_its_order() -> None:
    """As the retries of an application are; keys may be in another order."""
    direct = [recorded(f"chat-{number}", "x", n=1, user="u") for number in (1, 2, 3)]
    gateway = [recorded(f"chat-{number}", "x", user="u", n=1) for number in (5, 6)]
    found = wire_difference(direct, gateway)
    assert found.named_otherwise == {"chat-1": "chat-5", "chat-2": "chat-6"}
    assert found.direct.alone == ("chat-3",)


def test_recordings_without_a_request_are_compared_only_where_they_are_alone() -> None:
    """Two files that somebody names belong together; of several, nobody knows which."""

    def bare(*names: str) -> list[Exchange]:
        return [answer([DONE], name, scenario="") for name in names]

    assert wire_difference(bare("one"), bare("two")).compared == ("one",)
    assert wire_difference(bare("a", "b"), bare("a", "b")).compared == ()
    assert wire_difference([recorded("a", "x")], [recorded("a", "y")]).compared == ()
    assert wire_difference([recorded("a", "x")], bare("a")).compared == ("a",)


def test_requests_that_are_no_json_belong_together_as_they_are() -> None:
    """A broken body is the same body too."""
    direct = [replace(answer([DONE], name, scenario=""), request=Request(body="{" * 9)) for name in "ab"]
    gateway = [replace(direct[0], id="c"), recorded("a", "x")]
    assert wire_difference(direct, gateway).named_otherwise == {"a": "c"}


def test_a_scenario_is_compared_with_itself_whatever_was_asked() -> None:
    """A provider's settings may change what a scenario sends."""
    direct, gateway = recorded("chat-text", "x"), recorded("chat-text", "y")
    sides = [[replace(one, scenario="chat-text")] for one in (direct, gateway)]
    assert wire_difference(*sides).compared == ("chat-text",)
    assert wire_difference(sides[0], [replace(direct, id="chat-n", scenario="chat-n")]).compared == (
        "chat-text",
    )


def test_a_model_that_the_suite_makes_up_is_none_of_the_endpoint() -> None:
    """It is asked for to be refused."""
    made_up = replace(answer([DONE], "chat-unknown-model"), model="nobody", expects=Expects.REFUSAL)
    run = [answer([DONE], model="m"), made_up]
    assert wire_difference(run, run).direct.models == ("m",)


def test_times_are_measured_and_never_a_change() -> None:
    direct, gateway = answer(HELLO), answer(HELLO)
    slow = replace(
        gateway,
        pieces=tuple(replace(piece, at=(piece.at or 0) * 3) for piece in gateway.pieces),
        ended_at=4.0,
    )
    found = between(direct, slow)
    assert found.changes == ()
    one, two = found.times["chat-text"]
    assert (one.first, two.first) == (0.01, 0.03)
    assert one.mean == pytest.approx(0.01)
    assert one.longest == pytest.approx(0.01)
    assert two.longest == pytest.approx(0.03)
    assert (one.last, two.last) == (1.0, 4.0)


def test_a_source_without_times_has_none() -> None:
    bare = replace(answer(HELLO), pieces=(Piece(data=b"".join(HELLO)),), ended_at=None)
    one, two = between(bare, answer(HELLO)).times["chat-text"]
    assert (one.first, one.mean, one.last) == (None, None, None)
    assert two.first == 0.01


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (b"0.10", b"0.1", ""),
        (b"1e2", b"100.0", ""),
        (b'"\\u00e9"', '"\N{LATIN SMALL LETTER E WITH ACUTE}"'.encode(), "characters escaped in JSON"),
        (b'"\\/"', b'"/"', "ASCII characters escaped in JSON"),
    ],
)
def test_spellings_of_one_value_are_told_as_the_documentation_says(
    one: bytes, other: bytes, told: str
) -> None:
    """In no document; of a stream, those of characters."""
    bodies = [b'{"a":%b}' % value for value in (one, other)]
    first, second = (replace(document({}), pieces=(Piece(data=body, at=0.1),)) for body in bodies)
    assert between(first, second).changes == ()
    first, second = (answer([b"data: %b\n\n" % body]) for body in bodies)
    assert [row.place for row in between(first, second).changes] == ([told] if told else [])
