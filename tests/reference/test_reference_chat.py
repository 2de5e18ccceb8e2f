"""Chat Completions of the reference provider have the shapes that OpenAI's recordings have."""

import json
from types import SimpleNamespace

import pytest

from conformance.reference import Pace, answer


def test_first_chunks_have_the_very_bytes_of_the_recordings(lab: SimpleNamespace) -> None:
    """Key order, nulls and spacing are those of api.openai.com."""
    ask = lab.chat("Hi", stream_options={"include_usage": True, "include_obfuscation": False})
    head = (
        b'data: {"id":"chatcmpl-1K0A0sXnJrZTUv5ZpDHsm3dNuG1eO","object":"chat.completion.chunk",'
        b'"created":1788000001,"model":"reference-2026-08-01","service_tier":"default",'
        b'"system_fingerprint":"fp_5050236cbd",'
    )
    first, second = (frame.data for frame in answer(ask).frames[:2])
    assert first == head + (
        b'"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},'
        b'"logprobs":null,"finish_reason":null}],"usage":null}\n\n'
    )
    assert second == head + (
        b'"choices":[{"index":0,"delta":{"content":"Hell"},'
        b'"logprobs":null,"finish_reason":null}],"usage":null}\n\n'
    )


def test_a_counted_sequence_is_streamed_to_the_end(lab: SimpleNamespace) -> None:
    """The text is the counted sequence, finish_reason comes alone, `[DONE]` is the last block."""
    reply = answer(lab.chat())
    assert lab.said(reply) == lab.counted
    assert lab.events(reply)[-1]["choices"][0] == {
        "index": 0,
        "delta": {},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert reply.frames[-1].data == b"data: [DONE]\n\n"
    assert ("content-type", "text/event-stream; charset=utf-8") in reply.headers


def test_usage_comes_only_when_asked(lab: SimpleNamespace) -> None:
    """Asked: null on every chunk but the last, which has no choices. Not asked: no such key."""
    *others, last = lab.events(answer(lab.chat(stream_options={"include_usage": True})))
    assert all(chunk["usage"] is None for chunk in others)
    assert last["choices"] == []
    assert (
        last["usage"]["total_tokens"] == last["usage"]["prompt_tokens"] + last["usage"]["completion_tokens"]
    )
    assert not any("usage" in chunk for chunk in lab.events(answer(lab.chat())))


def test_padding_can_be_switched_off(lab: SimpleNamespace) -> None:
    """`obfuscation` is on every chunk unless the request refuses it."""
    assert all("obfuscation" in chunk for chunk in lab.events(answer(lab.chat())))
    plain = lab.chat(stream_options={"include_obfuscation": False})
    assert not any("obfuscation" in chunk for chunk in lab.events(answer(plain)))


def test_several_choices_take_turns(lab: SimpleNamespace) -> None:
    """One choice to a chunk, role and first token together, finish chunks at the end, as OpenAI sends n=2."""
    reply = answer(lab.chat(n=2))
    order = [chunk["choices"][0]["index"] for chunk in lab.events(reply)]
    assert order[:8] == [0, 0, 1, 1, 0, 1, 0, 1]
    assert lab.said(reply, index=0) == lab.said(reply, index=1) == lab.counted


@pytest.mark.parametrize("alternatives", [0, 3])
def test_logprobs_spell_the_text(lab: SimpleNamespace, alternatives: int) -> None:
    """Tokens concatenate to the content and bytes are those of the token, alternatives as many as asked."""
    text = "«Grüße 👋🏽»"
    reply = answer(lab.chat(text, logprobs=True, top_logprobs=alternatives))
    choices = [chunk["choices"][0] for chunk in lab.events(reply)]
    entries = [entry for choice in choices for entry in (choice["logprobs"] or {"content": []})["content"]]
    assert "".join(entry["token"] for entry in entries) == lab.said(reply) == "Grüße 👋🏽"
    assert all(bytes(entry["bytes"]).decode() == entry["token"] for entry in entries)
    assert {len(entry["top_logprobs"]) for entry in entries} == {alternatives}
    assert choices[0]["logprobs"] == {"content": [], "refusal": None}
    assert choices[-1]["logprobs"] is None


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_token_limit_cuts(lab: SimpleNamespace, name: str) -> None:
    """As many tokens as allowed come, and finish_reason is `length`."""
    reply = answer(lab.chat(**{name: 5}, stream_options={"include_usage": True}))
    *_, finish, usage = lab.events(reply)
    assert finish["choices"][0]["finish_reason"] == "length"
    assert usage["usage"]["completion_tokens"] == 5
    assert lab.counted.startswith(lab.said(reply))


def test_a_stop_string_ends_the_text_before_it(lab: SimpleNamespace) -> None:
    """The stop string itself is not sent, and the end is an ordinary one."""
    reply = answer(lab.chat(stop=[" 9-", " 3-"]))
    assert lab.said(reply) == "1-q7x 2-q7x"
    assert lab.events(reply)[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_lone_call_opens_with_the_role(lab: SimpleNamespace) -> None:
    """First fragment: index, id, type, name and empty arguments; later ones: index and arguments only."""
    ask = lab.chat("Please call GET_WEATHER for Oslo, code k7", tools=[lab.chat_tool])
    first, *others, finish = (chunk["choices"][0] for chunk in lab.events(answer(ask)))
    (opening,) = first["delta"].pop("tool_calls")
    assert first["delta"] == {"role": "assistant", "content": None, "refusal": None}
    assert opening.pop("id").startswith("call_")
    assert opening == {"index": 0, "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    fragments = [fragment for choice in others for fragment in choice["delta"]["tool_calls"]]
    assert all(fragment.keys() == {"index", "function"} for fragment in fragments)
    arguments = "".join(fragment["function"]["arguments"] for fragment in fragments)
    assert json.loads(arguments) == {"city": "Oslo", "code": "k7", "days": 1}
    assert finish["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    ("settings", "cities", "finish"),
    [
        ({}, ["Rome", "Paris"], "tool_calls"),
        ({"parallel_tool_calls": False}, ["Rome"], "tool_calls"),
        ({"tool_choice": "required"}, ["Rome", "Paris"], "tool_calls"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
            ["Rome", "Paris"],
            "stop",
        ),
        ({"tool_choice": "none"}, [], "stop"),
    ],
)
def test_calls_follow_the_prompt_and_the_choice(
    lab: SimpleNamespace, settings: dict[str, object], cities: list[str], finish: str
) -> None:
    """One call per city in the prompt's order, unless parallel calls or calls at all are refused."""
    ask = lab.chat("Call get_weather for Rome and Paris.", tools=[lab.chat_tool], stream=False, **settings)
    (choice,) = lab.body_of(answer(ask))["choices"]
    calls = choice["message"].get("tool_calls", [])
    assert [json.loads(call["function"]["arguments"])["city"] for call in calls] == cities
    assert len({call["id"] for call in calls}) == len(cities)
    assert choice["finish_reason"] == finish


def test_a_required_call_needs_no_word_of_it(lab: SimpleNamespace) -> None:
    """With `required` the first tool is called though the prompt names none."""
    ask = lab.chat("Hello", tools=[lab.chat_tool], tool_choice="required", stream=False)
    (choice,) = lab.body_of(answer(ask))["choices"]
    assert json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])["city"] == "value"


def test_a_tool_result_is_answered_with_text(lab: SimpleNamespace) -> None:
    """The prompt that asked for the call does not ask for it again once the result is there."""
    reply = answer(lab.chat(messages=lab.turns, tools=[lab.chat_tool]))
    assert lab.said(reply) == "Hello! How can I help you today?"


def test_reasoning_comes_between_role_and_content(lab: SimpleNamespace) -> None:
    """Reasoning deltas come first, are counted, and have no logprobs key beside them."""
    reply = answer(lab.chat(model="reference-reasoning", stream_options={"include_usage": True}))
    chunks = lab.events(reply)
    kinds = [next(iter(choice["delta"]), "finish") for chunk in chunks for choice in chunk["choices"]]
    thought = kinds.count("reasoning_content")
    assert kinds[0] == "role"
    assert set(kinds[1 : thought + 1]) == {"reasoning_content"}
    assert lab.said(reply, "reasoning_content") == "Counting from 1 to 12 with the code q7x."
    assert lab.said(reply) == lab.counted
    assert chunks[-1]["usage"]["completion_tokens_details"]["reasoning_tokens"] == thought
    assert "logprobs" not in chunks[0]["choices"][0]


def test_reasoning_can_be_switched_off(lab: SimpleNamespace) -> None:
    """`reasoning_effort: none` leaves the answer alone."""
    reply = answer(lab.chat(model="reference-reasoning", reasoning_effort="none"))
    assert lab.said(reply, "reasoning_content") == ""
    assert lab.said(reply) == lab.counted


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"n": 3},
        {"max_tokens": 7},
        {"logprobs": True},
        {"model": "reference-reasoning"},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_the_twin_says_the_same(lab: SimpleNamespace, settings: dict[str, object]) -> None:
    """Text, reasoning, finish_reason and usage of the stream and of the plain answer agree."""
    prompt = f"{lab.prompt} As json."
    streamed = answer(lab.chat(prompt, **settings, stream_options={"include_usage": True}))
    whole = lab.body_of(answer(lab.chat(prompt, **settings, stream=False)))
    *chunks, usage = lab.events(streamed)
    assert usage["usage"] == whole["usage"]
    for choice in whole["choices"]:
        message = choice["message"]
        assert message["content"] == lab.said(streamed, index=choice["index"])
        assert message.get("reasoning_content", "") == lab.said(
            streamed, "reasoning_content", choice["index"]
        )
    ends = [
        choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]
    ]
    assert ends == [choice["finish_reason"] for choice in whole["choices"]]


def test_the_same_request_has_the_same_reply_and_the_next_one_other_ids(lab: SimpleNamespace) -> None:
    """Nothing is random; the serial alone makes the difference."""
    assert answer(lab.chat()) == answer(lab.chat())
    one, other = (lab.events(answer(lab.chat(serial=serial)))[0]["id"] for serial in (1, 2))
    assert one != other


def test_the_pace_is_kept(lab: SimpleNamespace) -> None:
    """The first frame waits for the first pause, each token for its own, the end for nothing."""
    pauses = [frame.pause for frame in answer(lab.chat(), Pace(first_pause=0.3, token_pause=0.03)).frames]
    assert pauses[0] == 0.3
    assert set(pauses[1:-2]) == {0.03}
    assert pauses[-2:] == [0.0, 0.0]
