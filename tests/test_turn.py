"""The next turn of a conversation, built from an answer as an official SDK would put it together."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from conformance.exchange import Ended, Piece, Promise
from conformance.plan import Plan, PlannedRequest, plan
from conformance.turn import RESULT, UnbuiltRequest, completed
from tests.played import REFERENCE, answers
from tests.proof.streams import responses
from tests.proof.streams.chat import CALLING, TEXT, call, choice, chunk, chunks, goes_on, opens, says
from tests.proof.streams.handmade import DONE, Json, data

NAMES = ("chat-next-turn", "responses-next-turn")
WITHOUT = replace(REFERENCE, claims={**REFERENCE.claims, "responses-previous-response": False})


def whole(*, named: bool = False) -> Plan:
    """The next turns and what comes before them; `named` names the response before by its id."""
    return plan(REFERENCE if named else WITHOUT, scenarios=NAMES)


def of(name: str, *, named: bool = False) -> PlannedRequest:
    """A planned request, not yet complete."""
    return next(item for item in whole(named=named).requests if item.exchange.id == name)


FOUND = {exchange.id: exchange for _, exchange in answers(whole())}


def built(
    body: bytes, name: str = "chat-next-turn", *, named: bool = False, **fields: Any
) -> PlannedRequest | UnbuiltRequest:
    """What comes of the answer before, if it has this body."""
    planned = of(name, named=named)
    before = replace(FOUND[planned.awaits], pieces=(Piece(data=body),), **fields)
    return completed(planned, before)


def sent(result: PlannedRequest | UnbuiltRequest) -> Json:
    """The body of a request that could be completed."""
    assert isinstance(result, PlannedRequest), result
    assert result.awaits == ""
    body: Json = json.loads(result.request.body)
    return body


def turns(*deltas: Json, finish: str | None = "tool_calls") -> list[Json]:
    """The messages that are sent back for a stream of these deltas, behind the first one."""
    messages: list[Json] = sent(built(chunks(*deltas, finish=finish) + DONE))["messages"]
    return messages[1:]


# Chat Completions


def test_a_message_is_put_together_from_its_deltas() -> None:
    """With the id and the name of each call, its arguments joined, and a result for each."""
    message, first, second = turns(
        CALLING,
        opens(0, "call_a", "get_weather"),
        goes_on(0, '{"city":'),
        opens(1, "call_b", "get_weather", "{}"),
        goes_on(0, '"Paris"}'),
    )

    assert message == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_a",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
            },
            {"id": "call_b", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}},
        ],
    }
    assert first == {"role": "tool", "tool_call_id": "call_a", "content": RESULT}
    assert second["tool_call_id"] == "call_b"


def test_what_a_vendor_adds_is_sent_back() -> None:
    """Signatures of thoughts, thoughts, and keys that nobody knows, wherever they stand."""
    signed = {"google": {"thought_signature": "Eq0B"}}
    details = [
        {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1", "text": "Par"},
        {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1", "text": "is."},
        {"type": "reasoning.text", "index": 0, "signature": "Ev4C"},
    ]
    message, _ = turns(
        {**CALLING, "reasoning_content": "I ask ", "x_key": 1},
        *({"reasoning_details": [part]} for part in details),
        {"reasoning_content": "for it."},
        {**opens(0, "call_a", "get_weather", "{}")},
        call(0, extra_content=signed, x_call=[1, {"a": None}]),
    )

    assert message["reasoning_content"] == "I ask for it."
    assert message["x_key"] == 1
    assert message["reasoning_details"] == [
        {
            "type": "reasoning.text",
            "index": 0,
            "format": "anthropic-claude-v1",
            "text": "Paris.",
            "signature": "Ev4C",
        }
    ]
    assert message["tool_calls"][0]["extra_content"] == signed
    assert message["tool_calls"][0]["x_call"] == [1, {"a": None}]
    assert "index" not in message["tool_calls"][0]


def test_what_is_sent_again_is_not_joined() -> None:
    """The role, and the id, type and name of a call: openai-node overwrites them, too."""
    again = opens(0, "call_a", "get_weather", "{")
    message, _ = turns(CALLING, again, {"role": "assistant", **opens(0, "call_a", "get_weather", "}")})

    assert message["role"] == "assistant"
    assert message["tool_calls"][0] == {
        "id": "call_a",
        "type": "function",
        "function": {"name": "get_weather", "arguments": "{}"},
    }


def test_null_and_text_beside_a_call_are_sent_back() -> None:
    """As they came; a content that never came is null."""
    message, _ = turns(*says("I ", "ask."), opens(0, "call_a", "get_weather", "{}"))
    assert (message["content"], message["refusal"]) == ("I ask.", None)
    bare, _ = turns({"role": "assistant"}, opens(0, "call_a", "get_weather", "{}"))
    assert bare["content"] is None
    untyped, _ = turns(CALLING, call(0, id="call_a", function={"name": "get_weather", "arguments": "{}"}))
    assert untyped["tool_calls"][0]["type"] == "function"


def test_content_in_blocks_is_sent_back_in_blocks() -> None:
    """As Mistral streams thoughts; an empty text after them is none."""
    block = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    message, _ = turns({"role": "assistant", "content": [block]}, {"content": ""}, opens(0, "a", "f", "{}"))
    assert message["content"] == [block]


def test_two_halves_of_a_character_become_one() -> None:
    """A pair of surrogates may come in two deltas."""
    body = chunks(CALLING, opens(0, "call_a", "get_weather", "{}"), finish=None)
    halves = b"".join(chunk(choice({"content": mark})) for mark in ("HIGH", "LOW"))
    halves = halves.replace(b"HIGH", rb"\ud83d").replace(b"LOW", rb"\ude00")
    assert sent(built(body + halves + DONE))["messages"][1]["content"] == "😀"


def test_only_the_first_choice_is_sent_back() -> None:
    """Another one is another conversation."""
    other = chunk(choice(opens(0, "call_z", "get_weather", "{}"), index=1))
    body = chunks(CALLING, opens(0, "call_a", "get_weather", "{}"), finish="tool_calls") + other + DONE
    calls = sent(built(body))["messages"][1]["tool_calls"]
    assert [item["id"] for item in calls] == ["call_a"]


def test_the_rest_of_the_request_is_that_of_the_plan() -> None:
    """Tools, limit and stream, and the first message."""
    opening = of("chat-next-turn").exchange.asked
    body = sent(completed(of("chat-next-turn"), FOUND["chat-tool"]))

    assert {key: value for key, value in body.items() if key != "messages"} == {
        key: value for key, value in opening.items() if key != "messages"
    }
    assert body["messages"][:1] == opening["messages"] == FOUND["chat-tool"].asked["messages"]


NO_CALL: dict[str, tuple[bytes, str]] = {
    "text": (TEXT.body, "without a tool call"),
    "nothing": (b"", "without a tool call"),
    "document": (b'{"choices":[]}', "not answered with a stream"),
    "no-id": (chunks(CALLING, call(0, function={"name": "f", "arguments": "{}"})) + DONE, "no id or no name"),
    "no-name": (
        chunks(CALLING, call(0, id="call_a", function={"arguments": "{}"})) + DONE,
        "no id or no name",
    ),
    "id-number": (
        chunks(CALLING, call(0, id=7, function={"name": "f", "arguments": "{}"})) + DONE,
        "no id or no name",
    ),
    "cut-arguments": (chunks(CALLING, opens(0, "call_a", "f", '{"ci')) + DONE, "no JSON object"),
    "empty-arguments": (chunks(CALLING, opens(0, "call_a", "f")) + DONE, "no JSON object"),
    "list-arguments": (chunks(CALLING, opens(0, "call_a", "f", "[]")) + DONE, "no JSON object"),
    "limit": (
        chunks(CALLING, opens(0, "call_a", "f", "{}"), finish="length") + DONE,
        "cut by the token limit",
    ),
    "error": (
        chunks(CALLING, opens(0, "call_a", "f", "{}"), finish=None)
        + data({"error": {"message": "x"}})
        + DONE,
        "with an error",
    ),
    "half-a-character": (
        chunks({**CALLING, "content": "HALF"}, opens(0, "call_a", "f", "{}")).replace(b"HALF", rb"\ud83d")
        + DONE,
        "half a surrogate pair",
    ),
    "number-too-large": (
        chunks({**CALLING, "x": "HUGE"}, opens(0, "call_a", "f", "{}")).replace(b'"HUGE"', b"1e999") + DONE,
        "a number that is too large",
    ),
    "many-calls": (
        chunks(CALLING, *(opens(index, f"call_{index}", "f", "{}") for index in range(101))) + DONE,
        "more than 100 entries",
    ),
    "too-long": (
        chunks(*says("x" * 1_000_001), opens(0, "call_a", "f", "{}")) + DONE,
        "more than the 1,000,000 bytes",
    ),
    "nested-too-deep": (
        chunks({**CALLING, "x": "DEEP"}, opens(0, "call_a", "f", "{}")).replace(
            b'"DEEP"', b'{"a":' * 900 + b"1" + b"}" * 900
        )
        + DONE,
        "nested too deeply",
    ),
    "not-json": (b"data: {\n\n" + DONE, "without a tool call"),
    "odd-chunks": (
        data([1]) + data({"choices": 3}) + data({"choices": [4, {"delta": 5}]}) + DONE,
        "without a tool call",
    ),
    "odd-calls": (chunks({**CALLING, "tool_calls": "none"}, finish="stop") + DONE, "without a tool call"),
}


@pytest.mark.parametrize("name", NO_CALL)
def test_where_no_whole_call_came_the_request_is_not_made(name: str) -> None:
    """The sentence says why, and the exchange still promises what cannot be tested now."""
    body, why = NO_CALL[name]
    result = built(body)

    assert isinstance(result, UnbuiltRequest)
    assert result.why.startswith("the next turn was not asked for: chat-tool ")
    assert why in result.why
    assert result.exchange.promises == ("next-turn",)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": 429}, "limits the rate"),
        ({"status": 401}, "does not accept the key"),
        ({"status": 500}, "was refused with status 500"),
        ({"status": None, "pieces": (), "ended": Ended.NO_CONNECTION}, "told nothing"),
        ({"status": None, "pieces": (), "ended": Ended.NOT_SENT}, "told nothing"),
    ],
)
def test_an_answer_that_did_not_come_is_not_sent_back(fields: dict[str, Any], why: str) -> None:
    """For whatever reason: what is claimed still has to be tested."""
    result = completed(of("chat-next-turn"), replace(FOUND["chat-tool"], **fields))
    assert isinstance(result, UnbuiltRequest)
    assert why in result.why
    assert result.exchange.promises == ("next-turn",)
    missing = completed(of("chat-next-turn"), None)
    assert isinstance(missing, UnbuiltRequest)
    assert "was not sent" in missing.why


@pytest.mark.parametrize(
    ("fields", "promises"),
    [
        ({"status": 400, "claim": None}, ()),
        ({"status": 404, "claim": None}, ()),
        ({"status": 400, "claim": True}, (Promise.NEXT_TURN,)),
        ({"status": 429, "claim": None}, (Promise.NEXT_TURN,)),
    ],
)
def test_without_tools_nothing_is_promised_of_the_next_turn(
    fields: dict[str, Any], promises: tuple[Promise, ...]
) -> None:
    """An endpoint that refuses tools and does not claim them need not take their results."""
    result = completed(of("chat-next-turn"), replace(FOUND["chat-tool"], **fields))
    assert isinstance(result, UnbuiltRequest)
    assert result.exchange.promises == promises


# Responses


def continued(*events: Json, named: bool = False) -> Json:
    """The request that follows a response of these events."""
    body = responses.numbered(*responses.OPENING, *events)
    return sent(built(body, "responses-next-turn", named=named))


CALL_EVENTS = responses.call_events(1, responses.CALLED, responses.CALLED["arguments"])
OUTPUT: Json = {"type": "function_call_output", "call_id": "call_a1", "output": RESULT}


def test_the_items_of_a_response_are_sent_back_as_they_came() -> None:
    """Reasoning with its encrypted content, ids, and keys that nobody knows."""
    sealed = {**responses.SEALED, "x_key": [1], "status": None}
    ask, *items = continued(
        *responses.item_events(0, sealed, sealed), *CALL_EVENTS, responses.completed(sealed, responses.CALLED)
    )["input"]

    assert ask["role"] == "user"
    assert items == [sealed, responses.CALLED, OUTPUT]


def test_a_response_is_named_where_that_is_claimed() -> None:
    """Its items are then known to the endpoint."""
    body = continued(*CALL_EVENTS, responses.completed(responses.CALLED), named=True)
    assert (body["previous_response_id"], body["input"]) == ("resp_68af", [OUTPUT])


def test_items_that_the_end_does_not_hold_are_taken_from_their_own_ends() -> None:
    """Some servers end with an empty output."""
    items = continued(*CALL_EVENTS, responses.completed())["input"]
    assert items[1:] == [responses.CALLED, OUTPUT]


def test_a_custom_call_gets_its_own_kind_of_result() -> None:
    """Its input is no JSON."""
    custom = {
        "id": "ctc_0",
        "type": "custom_tool_call",
        "call_id": "call_n",
        "name": "write_note",
        "input": "Hi",
    }
    result = continued(responses.completed(custom))["input"][-1]
    assert result == {"type": "custom_tool_call_output", "call_id": "call_n", "output": RESULT}


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ((*responses.MESSAGE_EVENTS, responses.completed(responses.MESSAGE)), "without a tool call"),
        (CALL_EVENTS, "without an end"),
        ((*CALL_EVENTS, responses.failed(responses.CALLED)), "ended with response.failed"),
        ((*CALL_EVENTS, responses.incomplete(responses.CALLED)), "ended with response.incomplete"),
        ((responses.ERROR,), "with an error"),
        ((responses.completed({**responses.CALLED, "call_id": None}),), "no id or no name"),
        ((responses.completed({**responses.CALLED, "arguments": "{"}),), "no JSON object"),
        ((responses.completed({**responses.CALLED, "arguments": None}),), "no JSON object"),
    ],
)
def test_a_response_without_a_whole_call_is_not_continued(events: tuple[Json, ...], why: str) -> None:
    """Nor one that failed or was cut."""
    result = built(responses.numbered(*responses.OPENING, *events), "responses-next-turn")
    assert isinstance(result, UnbuiltRequest)
    assert why in result.why


def test_a_response_without_an_id_is_not_named() -> None:
    """Where it is to be."""
    end: Callable[[Json], Json] = lambda response: responses.lifecycle("completed", {**response, "id": ""})  # noqa: E731
    body = responses.numbered(*CALL_EVENTS, end(responses.response("completed", (responses.CALLED,))))
    result = built(body, "responses-next-turn", named=True)
    assert isinstance(result, UnbuiltRequest)
    assert "a response that has no id" in result.why


def test_what_is_built_is_the_same_again() -> None:
    """From the same answer, as a replay has it."""
    first, second = (completed(of("chat-next-turn"), FOUND["chat-tool"]) for _ in range(2))
    assert first == second
    assert isinstance(first, PlannedRequest)
    assert first.exchange.request == FOUND["chat-next-turn"].request


@pytest.mark.parametrize("model", ["reference", "reference-reasoning"])
def test_the_official_sdk_puts_the_same_message_together(model: str) -> None:
    """All but `index`, which openai-python keeps and openai-node leaves out, and null that it adds."""
    thinking = replace(WITHOUT, models={**REFERENCE.models, "tools": model})
    exchanges = {item.id: item for _, item in answers(plan(thinking, scenarios=["chat-next-turn"]))}
    state = ChatCompletionStreamState()
    for line in exchanges["chat-tool"].body.decode().splitlines():
        if line.startswith("data: {"):
            state.handle_chunk(ChatCompletionChunk.model_validate_json(line.removeprefix("data: ")))
    message = state.current_completion_snapshot.choices[0].message.to_dict()

    back = exchanges["chat-next-turn"].asked["messages"][1]
    assert bare(message) == bare(back)
    assert ("reasoning_content" in back) is (model == "reference-reasoning")


def bare(value: Any) -> Any:
    """A value without null and without what openai-python adds or keeps of a chunk."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if isinstance(value, dict):
        added = ("index", "parsed", "parsed_arguments")
        return {key: bare(item) for key, item in value.items() if item is not None and key not in added}
    return value
