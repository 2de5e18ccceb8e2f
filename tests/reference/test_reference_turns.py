"""What the reference provider takes back: calls with their results, responses by their id, and images."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.reference import Ask, answer
from conformance.reference.memory import BODIES, CHARACTERS, RESPONSES, Memory

CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
ASKING = {"role": "user", "content": "Call get_weather for Oslo"}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "rain"}
FUNCTION = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "rain"}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def messages(*turns: dict[str, Any]) -> list[dict[str, Any]]:
    """A conversation."""
    return [ASKING, *turns]


@pytest.mark.parametrize(
    ("turns", "status"),
    [
        ((CALLING, RESULT), 200),
        (({**CALLING, "reasoning_content": "Hm.", "x_key": 1}, RESULT), 200),
        ((CALLING, RESULT, {"role": "assistant", "content": "It rains."}, ASKING), 200),
        (({"role": "assistant", "content": "Hi", "tool_calls": None}, ASKING), 200),
        ((RESULT,), 400),
        ((CALLING,), 400),
        ((CALLING, ASKING), 400),
        ((CALLING, {**RESULT, "tool_call_id": "call_2"}), 400),
        ((CALLING, RESULT, RESULT), 400),
        (({**CALLING, "tool_calls": [CALL, {**CALL, "id": "call_2"}]}, RESULT), 400),
        (({**CALLING, "tool_calls": ["call"]}, RESULT), 400),
        (({**CALLING, "tool_calls": [{**CALL, "id": None}]}, RESULT), 400),
        (({**CALLING, "tool_calls": [{**CALL, "function": {"name": "f"}}]}, RESULT), 400),
    ],
)
def test_calls_and_their_results_belong_together(
    lab: SimpleNamespace, turns: tuple[dict[str, Any], ...], status: int
) -> None:
    """As OpenAI has it: a result for each call, right after it."""
    reply = answer(lab.chat(messages=messages(*turns), tools=[lab.chat_tool]))
    assert reply.status == status
    if status == 400:
        assert lab.body_of(reply)["error"]["message"]


@pytest.mark.parametrize(
    ("items", "status"),
    [
        ((FUNCTION, OUTPUT), 200),
        (({"type": "reasoning", "id": "rs_1", "summary": []}, FUNCTION, OUTPUT), 200),
        ((OUTPUT,), 400),
        ((FUNCTION,), 400),
        ((FUNCTION, {**OUTPUT, "call_id": "call_2"}), 400),
        ((FUNCTION, {**OUTPUT, "type": "custom_tool_call_output"}), 400),
        (
            (
                {**FUNCTION, "type": "custom_tool_call", "input": "x"},
                {**OUTPUT, "type": "custom_tool_call_output"},
            ),
            200,
        ),
    ],
)
def test_items_and_their_outputs_belong_together(
    lab: SimpleNamespace, items: tuple[dict[str, Any], ...], status: int
) -> None:
    """In whatever order, each output behind its call."""
    reply = answer(lab.responses([{"role": "user", "content": "Hi"}, *items], tools=[lab.responses_tool]))
    assert reply.status == status


def ask(lab: SimpleNamespace, memory: Memory, *of: Any, serial: int, **settings: Any) -> Ask:
    """A request to a server that remembers."""
    made: Ask = lab.responses(*of, serial=serial, **settings)
    return replace(made, memory=memory)


def final(lab: SimpleNamespace, asked: Ask) -> dict[str, Any]:
    """The response object at the end of a stream."""
    response: dict[str, Any] = lab.events(answer(asked))[-1]["response"]
    return response


def test_a_response_is_continued_by_its_id(lab: SimpleNamespace) -> None:
    """With all that came before it, which counts as input; and so is the one after it."""
    memory = Memory()
    first = final(lab, ask(lab, memory, "Call get_weather for Oslo", serial=1, tools=[lab.responses_tool]))
    (call,) = first["output"]
    output = [{**OUTPUT, "call_id": call["call_id"]}]
    second = final(lab, ask(lab, memory, output, serial=2, previous_response_id=first["id"]))
    third = final(lab, ask(lab, memory, "And now?", serial=3, previous_response_id=second["id"]))

    assert [one["status"] for one in (first, second, third)] == ["completed"] * 3
    assert second["previous_response_id"] == first["id"]
    counts = [one["usage"]["input_tokens"] for one in (first, second, third)]
    assert counts == sorted(set(counts))


def test_an_unknown_response_is_refused_as_openai_does(lab: SimpleNamespace) -> None:
    """Also one that was not to be stored, and one of another server."""
    memory = Memory()
    unstored = final(lab, ask(lab, memory, serial=1, store=False))
    for identity in (unstored["id"], "resp_0"):
        reply = answer(ask(lab, memory, serial=2, previous_response_id=identity))
        error = lab.body_of(reply)["error"]
        assert (reply.status, error["code"], error["param"]) == (
            400,
            "previous_response_not_found",
            "previous_response_id",
        )
        assert identity in error["message"]
    assert answer(ask(lab, memory, serial=3, previous_response_id=7)).status == 400


def test_the_memory_is_bounded_in_number_and_size() -> None:
    """The oldest goes first; one that is larger than all is not held."""
    memory = Memory()
    for number in range(RESPONSES + 5):
        memory.keep(f"resp_{number}", [{"text": "x"}])
    assert memory.before("resp_4") is None
    assert memory.before("resp_5") == ({"text": "x"},)
    memory.keep("resp_large", [{"text": "x" * (CHARACTERS // 2)}])
    memory.keep("resp_large", [{"text": "y" * (CHARACTERS // 2)}])
    assert memory.before("resp_large")
    memory.keep("resp_other", [{"text": "z" * (CHARACTERS // 2)}])
    assert memory.before("resp_large") is None
    memory.keep("resp_too_large", [{"text": "z" * CHARACTERS}])
    assert memory.before("resp_too_large") is None
    assert memory.before("resp_other") is None


def test_a_request_is_known_the_second_time() -> None:
    """Until so many others have come."""
    memory = Memory()
    assert [memory.met(b"a"), memory.met(b"a"), memory.met(b"b")] == [False, True, False]
    for number in range(BODIES):
        memory.met(b"%d" % number)
    assert not memory.met(b"a")


def test_images_are_taken_in_both_apis(lab: SimpleNamespace) -> None:
    """By address and as data; what is said beside them is what is answered."""
    said = {"type": "text", "text": "Repeat «a dot»"}
    for url in (PIXEL, "https://example.com/a.png"):
        parts = [said, {"type": "image_url", "image_url": {"url": url, "detail": "low"}}]
        assert lab.said(answer(lab.chat(messages=[{"role": "user", "content": parts}]))) == "a dot"
        parts = [{**said, "type": "input_text"}, {"type": "input_image", "image_url": url}]
        reply = answer(lab.responses([{"role": "user", "content": parts}]))
        assert lab.events(reply)[-1]["response"]["output"][0]["content"][0]["text"] == "a dot"
    file = [{"type": "input_image", "file_id": "file_1"}]
    assert answer(lab.responses([{"role": "user", "content": file}])).status == 200


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url"},
        {"type": "image_url", "image_url": PIXEL},
        {"type": "image_url", "image_url": {"url": "a.png"}},
        {"type": "input_image", "image_url": PIXEL},
    ],
)
def test_an_image_without_an_address_is_refused(lab: SimpleNamespace, part: dict[str, Any]) -> None:
    """And so is the part of the other API."""
    assert answer(lab.chat(messages=[{"role": "user", "content": [part]}])).status == 400
    assert answer(lab.responses([{"role": "user", "content": [{"type": "input_image"}]}])).status == 400
