"""Requests to the reference provider, and the events of its replies."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.reference import Ask, Reply, answer
from conformance.reference.answer import REFUSED_KEY
from conformance.reference.memory import Memory

Json = dict[str, Any]

PROMPT = "Count: numbers 1 to 12 with the code q7x, one after the other."
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "code": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "code", "days"],
    "additionalProperties": False,
}
FORM = {
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "mood": {"enum": ["calm", "loud"]},
    },
    "required": ["code", "numbers", "mood"],
    "additionalProperties": False,
}
JSON_FORM = {"type": "json_schema", "json_schema": {"name": "f", "strict": True, "schema": FORM}}
CHAT_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
FORCED = {"type": "function", "function": {"name": "get_weather"}}
RESPONSES_TOOL = {"type": "function", "name": "get_weather", "parameters": PARAMETERS}
NAMED = {"type": "function", "name": "get_weather"}
NOTE = {"type": "custom", "name": "write_note"}
USAGE = {"include_usage": True}


TURNS = [
    {"role": "user", "content": "Call get_weather for Oslo"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
]
ITEMS = [
    {"type": "message", "role": "user", "content": "Call get_weather for Oslo"},
    {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
]


def _memory() -> Memory:
    """What a server remembers that has called a function."""
    memory = Memory()
    memory.keep("resp_1", ITEMS[:-1])
    return memory


def _ask(path: str, body: Json, serial: int) -> Ask:
    return Ask(method="POST", path=path, headers={}, body=json.dumps(body).encode(), serial=serial)


def chat(prompt: str = PROMPT, *, serial: int = 1, **settings: Any) -> Ask:
    """A streaming Chat Completions request of one user message."""
    body = {
        "model": "reference",
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
        **settings,
    }
    return _ask("/v1/chat/completions", body, serial)


def responses(prompt: Any = PROMPT, *, serial: int = 1, **settings: Any) -> Ask:
    """A streaming Responses request."""
    return _ask("/v1/responses", {"model": "reference", "input": prompt, "stream": True, **settings}, serial)


def events(reply: Reply) -> list[Json]:
    """The JSON of every event of a stream, in order; `[DONE]` is left out."""
    text = b"".join(frame.data for frame in reply.frames).decode()
    return [
        json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: {")
    ]


def body_of(reply: Reply) -> Json:
    """The JSON of a reply that is not a stream."""
    (frame,) = reply.frames
    body: Json = json.loads(frame.data)
    return body


def said(reply: Reply, key: str = "content", index: int = 0) -> str:
    """What the deltas of one choice say under `key`, put together."""
    choices = [choice for chunk in events(reply) for choice in chunk["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get(key) or "" for choice in choices)


@pytest.fixture
def lab() -> SimpleNamespace:
    """Builders of requests and readers of replies."""
    return SimpleNamespace(
        chat=chat,
        responses=responses,
        events=events,
        body_of=body_of,
        said=said,
        prompt=PROMPT,
        counted=" ".join(f"{number}-q7x" for number in range(1, 13)),
        turns=TURNS,
        chat_tool=CHAT_TOOL,
        responses_tool=RESPONSES_TOOL,
        form=FORM,
    )


@pytest.fixture(scope="session")
def variety() -> list[tuple[Ask, Reply]]:
    """Requests of every kind with their good replies."""
    weather = f"Call get_weather for Paris and Rome. {PROMPT}"
    asks = [
        chat(),
        chat(stream_options=USAGE),
        chat(stream_options=USAGE, max_tokens=5),
        chat(stream_options=USAGE, max_tokens=400),
        chat("Repeat «Grüße, 世界! 👋🏽 naïve»", stream_options=USAGE),
        chat(n=2, stream_options=USAGE),
        chat(logprobs=True, top_logprobs=2),
        chat(stop=["6-"]),
        chat(weather, tools=[CHAT_TOOL], parallel_tool_calls=False),
        chat(f"Call get_weather for Oslo. {PROMPT}", tools=[CHAT_TOOL]),
        chat("Repeat «one\ntwo»"),
        chat("Call get_weather for Oslo with the code «one\ntwo»", tools=[CHAT_TOOL]),
        chat(f"Call get_weather for Oslo. {PROMPT}", tools=[CHAT_TOOL], tool_choice=FORCED),
        chat(response_format=JSON_FORM),
        chat(weather, tools=[CHAT_TOOL], stream_options=USAGE),
        chat(model="reference-reasoning", stream_options=USAGE),
        chat(stream=False),
        chat(model="nothing"),
        responses(),
        responses(max_output_tokens=16),
        responses(weather, tools=[RESPONSES_TOOL]),
        responses(weather, tools=[RESPONSES_TOOL], tool_choice=NAMED),
        responses(weather, tools=[RESPONSES_TOOL], parallel_tool_calls=False),
        responses("Call write_note for «Hi there»", tools=[NOTE]),
        responses(text={"format": {"type": "json_schema", "name": "f", "strict": True, "schema": FORM}}),
        responses(include=["message.output_text.logprobs"], top_logprobs=2, store=False),
        responses(
            model="reference-reasoning",
            reasoning={"summary": "auto"},
            include=["reasoning.encrypted_content"],
        ),
        responses(model="reference-reasoning", reasoning={"summary": "auto"}),
        responses(stream=False),
        responses(model="nothing"),
        responses("Repeat «Grüße, 世界! 👋🏽 naïve»"),
        chat(stream=False, stream_options=USAGE),
        replace(chat(), body=b'{"model": "refer'),
        replace(chat(), headers={"authorization": f"Bearer {REFUSED_KEY}"}),
        chat(messages=TURNS, tools=[CHAT_TOOL]),
        responses(ITEMS, tools=[RESPONSES_TOOL]),
        replace(responses(ITEMS[-1:], previous_response_id="resp_1"), memory=_memory()),
        replace(chat(), again=True),
    ]
    return [(ask, answer(ask)) for ask in asks]
