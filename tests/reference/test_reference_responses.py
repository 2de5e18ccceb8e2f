"""Responses of the reference provider have the events and objects that OpenAI's recordings have."""

import json
from types import SimpleNamespace

import pytest

from conformance.reference import answer

TEXT_EVENTS = [
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
]
CALL_EVENTS = [
    "response.output_item.added",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.output_item.done",
]
SUMMARY_EVENTS = [
    "response.output_item.added",
    "response.reasoning_summary_part.added",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.reasoning_summary_part.done",
    "response.output_item.done",
]


def kinds(events: list[dict[str, object]]) -> list[object]:
    """The types of the events, runs of deltas as one."""
    found: list[object] = []
    for event in events:
        if not (found and found[-1] == event["type"] and str(event["type"]).endswith(".delta")):
            found.append(event["type"])
    return found


@pytest.mark.parametrize(
    ("settings", "blocks", "end"),
    [
        ({}, TEXT_EVENTS, "completed"),
        ({"max_output_tokens": 16}, TEXT_EVENTS, "incomplete"),
        ({"tool_choice": "required"}, CALL_EVENTS, "completed"),
        (
            {"model": "reference-reasoning", "reasoning": {"summary": "auto"}},
            SUMMARY_EVENTS + TEXT_EVENTS,
            "completed",
        ),
        (
            {"model": "reference-reasoning"},
            ["response.output_item.added", "response.output_item.done", *TEXT_EVENTS],
            "completed",
        ),
    ],
)
def test_events_come_in_order(
    lab: SimpleNamespace, settings: dict[str, object], blocks: list[str], end: str
) -> None:
    """Created, in progress, the items one by one, one terminal event; numbered from 0 and named."""
    if "tool_choice" in settings:
        settings = {**settings, "tools": [lab.responses_tool]}
    reply = answer(lab.responses(**settings))
    events = lab.events(reply)
    assert kinds(events) == ["response.created", "response.in_progress", *blocks, f"response.{end}"]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    for frame, event in zip(reply.frames, events, strict=True):
        assert frame.data.startswith(f"event: {event['type']}\ndata: {{".encode())


def test_a_delta_has_the_very_bytes_of_the_recordings(lab: SimpleNamespace) -> None:
    """Key order and the empty logprobs are those of api.openai.com."""
    ask = lab.responses("Hi", stream_options={"include_obfuscation": False})
    frame = next(frame for frame in answer(ask).frames if b"output_text.delta" in frame.data)
    assert frame.data == (
        b"event: response.output_text.delta\n"
        b'data: {"type":"response.output_text.delta","content_index":0,"delta":"Hell",'
        b'"item_id":"msg_b2424c54cf35c8acca661f6325d5a60454085bbd5610da0cb5","logprobs":[],'
        b'"output_index":0,"sequence_number":4}\n\n'
    )


def test_text_is_the_same_everywhere(lab: SimpleNamespace) -> None:
    """Deltas, done event, part, item and final response agree."""
    events = lab.events(answer(lab.responses()))
    by_type = {event["type"]: event for event in events}
    deltas = "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")
    item = by_type["response.output_item.done"]["item"]
    assert deltas == lab.counted
    assert by_type["response.output_text.done"]["text"] == deltas
    assert by_type["response.content_part.done"]["part"] == item["content"][0]
    assert item["content"][0]["text"] == deltas
    assert by_type["response.completed"]["response"]["output"] == [item]
    assert by_type["response.created"]["response"]["output"] == []


def test_a_cut_answer_is_incomplete(lab: SimpleNamespace) -> None:
    """Item and response say so, and the response says why."""
    response = lab.events(answer(lab.responses(max_output_tokens=16)))[-1]["response"]
    assert response["status"] == response["output"][0]["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert response["usage"]["output_tokens"] == 16


def test_parallel_calls_are_items_of_their_own(lab: SimpleNamespace) -> None:
    """Each call is opened, streamed and done before the next one opens."""
    ask = lab.responses("Call get_weather for Rome and Paris.", tools=[lab.responses_tool])
    events = lab.events(answer(ask))
    assert kinds(events)[2:-1] == CALL_EVENTS * 2
    output = events[-1]["response"]["output"]
    assert [json.loads(call["arguments"])["city"] for call in output] == ["Rome", "Paris"]
    assert len({call["call_id"] for call in output}) == len({call["id"] for call in output}) == 2


def test_messages_and_plain_text_are_the_same_input(lab: SimpleNamespace) -> None:
    """A string, a message with a string, and a message with parts get the same words."""
    forms = [
        lab.prompt,
        [{"role": "user", "content": lab.prompt}],
        [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": lab.prompt}]}],
    ]
    texts = [
        lab.events(answer(lab.responses(form)))[-1]["response"]["output"][0]["content"] for form in forms
    ]
    assert texts[0] == texts[1] == texts[2]


def test_a_call_result_is_answered_with_text(lab: SimpleNamespace) -> None:
    """After a function_call_output the model talks."""
    turns = [
        {"role": "user", "content": "Call get_weather for Oslo"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
    ]
    response = lab.events(answer(lab.responses(turns, tools=[lab.responses_tool])))[-1]["response"]
    assert [item["type"] for item in response["output"]] == ["message"]


def test_the_twin_is_the_final_response(lab: SimpleNamespace) -> None:
    """The plain answer is what the terminal event of the stream carries."""
    settings = {"model": "reference-reasoning", "reasoning": {"summary": "auto"}, "instructions": "Be brief."}
    streamed = lab.events(answer(lab.responses(**settings)))[-1]["response"]
    assert lab.body_of(answer(lab.responses(**settings, stream=False))) == streamed


def test_structured_output_fits_its_schema(lab: SimpleNamespace) -> None:
    """`text.format` with a schema gives that object, and the format is echoed in full."""
    form = {"type": "json_schema", "name": "count", "schema": lab.form}
    response = lab.body_of(answer(lab.responses(text={"format": form}, stream=False)))
    assert json.loads(response["output"][0]["content"][0]["text"]) == {
        "code": "q7x",
        "numbers": list(range(1, 13)),
        "mood": "calm",
    }
    assert response["text"]["format"]["strict"] is True


def test_logprobs_and_sealed_reasoning_come_when_included(lab: SimpleNamespace) -> None:
    """`include` adds logprobs to text events, and encrypted content to reasoning items."""
    events = lab.events(answer(lab.responses(include=["message.output_text.logprobs"], top_logprobs=1)))
    deltas = [event for event in events if event["type"] == "response.output_text.delta"]
    assert [event["logprobs"][0]["token"] for event in deltas] == [event["delta"] for event in deltas]
    sealed = lab.responses(model="reference-reasoning", include=["reasoning.encrypted_content"])
    assert lab.events(answer(sealed))[-1]["response"]["output"][0]["encrypted_content"]
