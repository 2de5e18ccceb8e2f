"""What violations say of stray data: what it is, in words, with what is invisible named."""

import pytest

from conformance.catalogue import Violation
from conformance.judge import judge_exchange
from tests.proof.streams import chat, responses
from tests.proof.streams.edits import behind, edited, every, once, within
from tests.proof.streams.handmade import Wire, compact, data, exchange

CHUNK = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}}]}
FOREIGN = (
    (responses.TEXT, data(CHUNK), "a chat chunk: "),
    (responses.TEXT, data({"choices": []}), "a chat chunk without `object`: "),
    (responses.TEXT, data(compact(CHUNK)), "JSON encoded twice, a string with a chat chunk: "),
    (responses.TEXT, data([CHUNK]), "an array with a chat chunk: "),
    (responses.TEXT, data({"object": "response", "output": []}), "a whole response object, in no event: "),
    (responses.TEXT, data({"type": None}), "an object whose `type` is not a string: "),
    (responses.TEXT, data({"error": {"message": "x"}}), "an error: "),
    (chat.TEXT, data({"type": "response.created"}), "an event of type response.created: "),
    (chat.TEXT, data({"type": "ping"}), "an object of type ping: "),
    (chat.TEXT, data({"usage": {"total_tokens": 3}}), "a usage chunk without id, object and choices: "),
    (chat.TEXT, data({"detail": "Overloaded"}), "an error in a framework's form, `detail`: "),
    (chat.TEXT, data({"x": 1}), "an object of no known kind: "),
    (chat.TEXT, data({}), "an empty object: "),
    (chat.TEXT, data(7), "a number: 7"),
    (chat.TEXT, data(True), "true or false: true"),
    (chat.TEXT, data(None), "null: null"),
    (chat.TEXT, data("wait"), 'a JSON string: "wait"'),
    (chat.TEXT, data("[1]"), 'JSON encoded twice, a string with an array: "[1]"'),
)
STRAY = (
    (b'{"error":{"message":"x"}}\n\n', "an error, without `data:`: {"),
    (b'{\n "error": {\n  "message": "x"\n }\n}\n\n', "an error, without `data:`: {"),
    (b'{"choices":[{"delta":\n\n', "part of a JSON document, without `data:`: {"),
    (b"<html>\n<h1>502</h1>\n\n", "HTML or XML: <html>"),
    (b"\xef\xbb\xbfdata: {}\n\n", "a byte order mark (EF BB BF) in the middle of the body, before "),
    (b"Data: {}\n\n", "the field `data` in other letters: "),
    (b" data: {}\n\n", "the field `data` with space around its name: "),
    (b"error: overloaded\n\n", "the field `error`: error: overloaded"),
    (b"Internal Server Error\n\n", "a line without a field: Internal Server Error"),
)


def violation(wire: Wire, requirement: str) -> Violation:
    """The one violation of a requirement by a wire."""
    (verdict,) = [item for item in judge_exchange(exchange(wire)) if item.requirement == requirement]
    (found,) = verdict.violations
    return found


@pytest.mark.parametrize(("base", "stranger", "words"), FOREIGN)
def test_json_that_does_not_belong_is_named(base: Wire, stranger: bytes, words: str) -> None:
    """By its kind, not by what it lacks."""
    of_chat = base is chat.TEXT
    found = violation(
        edited(base, "x", behind(b"wor" if of_chat else b"in_progress\n", stranger)), "event-foreign"
    )
    assert found.observed.startswith(words)
    assert found.expected == ("a chat completion chunk" if of_chat else "an event with a `type`")


@pytest.mark.parametrize(("line", "words"), STRAY)
def test_a_line_without_a_known_field_is_named(line: bytes, words: str) -> None:
    """A document over several lines is one violation."""
    found = violation(edited(chat.TEXT, "x", behind(b"wor", line)), "sse-field-unknown")
    assert found.observed.startswith(words)
    assert found.times == 1


@pytest.mark.parametrize(("line", "words"), STRAY)
def test_a_line_behind_the_terminator_is_told_as_such(line: bytes, words: str) -> None:
    """It is not only in a wrong form, it comes where nothing is due."""
    found = violation(edited(chat.TEXT, "x", lambda body: body + line), "sse-field-unknown")
    assert found.observed.startswith(words)
    assert found.observed.endswith(", behind [DONE]")
    assert found.expected == "no line behind [DONE]"


def test_a_byte_order_mark_is_shown_by_name() -> None:
    """Its character would be shown as nothing."""
    found = violation(edited(chat.TEXT, "x", lambda body: b"\xef\xbb\xbf" + body), "sse-bom")
    assert found.observed == "a byte order mark (EF BB BF) before the first line"


def test_an_empty_id_is_quoted() -> None:
    """Nothing would be seen of it otherwise."""
    wire = edited(responses.CALL, "x", every(b'"item_id":"fc_0"', b'"item_id":""'))
    found = violation(wire, "item-id-matches")
    assert (found.expected, found.observed) == ('item_id "fc_0"', '"", announced as "fc_0"')


def test_an_empty_event_line_is_quoted() -> None:
    """In either API."""
    named = edited(chat.TEXT, "x", once(b"data: [DONE]", b"event:\ndata: [DONE]"))
    assert violation(named, "event-name-chat").observed == 'event: ""'
    empty = within(responses.COMPLETED, b"event: response.completed", b"event: ")
    misnamed = edited(responses.TEXT, "x", empty)
    assert violation(misnamed, "event-line-type").observed == 'event: "", type: response.completed'


@pytest.mark.parametrize("number", [b"10e-8172", b"1e999", b"2.5E+400", b"9" * 320])
def test_a_number_that_no_float_holds_is_shown_as_it_was_written(number: bytes) -> None:
    """Not as 0.0 or Infinity."""
    wire = edited(responses.TEXT, "x", every(b'"output_tokens":5', b'"output_tokens":' + number))
    observed = violation(wire, "response-usage-integers").observed
    assert observed.startswith(number.decode()[:40])


def test_a_call_that_the_limit_cut_is_told_as_cut() -> None:
    """Not as bad JSON of the model."""
    events = responses.call_events(0, responses.call('{"ci', "completed"), '{"ci')
    end = responses.completed(responses.call('{"ci', "completed"))
    wire = responses.wire("x", *responses.OPENING, *events, end, asks={"max_output_tokens": 5})
    found = violation(wire, "arguments-json")
    assert found.expected == '"incomplete", since the limit of 5 output tokens cut the arguments'
    assert found.observed == '"completed", arguments "{\\"ci"'
