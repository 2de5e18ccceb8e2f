"""Legal Chat Completions streams in the shapes that OpenAI has been recorded with."""

from typing import Any

from tests.proof.streams.handmade import DONE, Breaks, Json, Wire, data, ids

HEAD: Json = {
    "id": "chatcmpl-CkX4Qz",
    "object": "chat.completion.chunk",
    "created": 1780000000,
    "model": "gpt-5.2",
    "service_tier": "default",
    "system_fingerprint": "fp_8f3a",
}
USAGE: Json = {
    "prompt_tokens": 9,
    "completion_tokens": 4,
    "total_tokens": 13,
    "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 1,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
ASKS: Json = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
ASKS_USAGE: Json = {**ASKS, "stream_options": {"include_usage": True}}
SERVER_ERROR: Json = {"error": {"message": "Overloaded", "type": "server_error", "param": None, "code": None}}
ROLE: Json = {"role": "assistant", "content": "", "refusal": None}
CALLING: Json = {"role": "assistant", "content": None}
SAID = ("Hel", "lo, ", "wor", "ld!")
STOP = b'"delta":{},"logprobs":null,"finish_reason":"stop"'
SCHEMA: Json = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
WEATHER: Json = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
NAMED: Json = {"type": "function", "function": {"name": "weather"}}


def choice(delta: Json, finish: str | None = None, *, index: int = 0, **more: object) -> Json:
    """One choice of a chunk."""
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish, **more}


def chunk(*choices: Json, **more: object) -> bytes:
    """One chunk; `more` are further keys of it."""
    return data({**HEAD, "choices": list(choices), **more})


def chunks(*deltas: Json, finish: str | None = "stop", **more: object) -> bytes:
    """A chunk for each delta of choice 0, and the one that ends it."""
    body = b"".join(chunk(choice(delta), **more) for delta in deltas)
    return body + (chunk(choice({}, finish), **more) if finish else b"")


def says(*texts: str) -> list[Json]:
    """The role and then the texts."""
    return [ROLE, *({"content": text} for text in texts)]


def call(index: int, **more: object) -> Json:
    """The delta with a fragment of one tool call."""
    return {"tool_calls": [{"index": index, **more}]}


def opens(index: int, identity: str, name: str, arguments: str = "") -> Json:
    """The delta that opens a tool call."""
    return call(index, id=identity, type="function", function={"name": name, "arguments": arguments})


def goes_on(index: int, arguments: str) -> Json:
    """The delta with the next piece of a call's arguments."""
    return call(index, function={"arguments": arguments})


def whole_call(index: int, identity: str) -> Json:
    """A fragment that is a whole call."""
    return {
        "index": index,
        "id": identity,
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
    }


def probability(token: str) -> Json:
    """One token of the logprobs."""
    return {"token": token, "logprob": -0.25, "bytes": list(token.encode()), "top_logprobs": []}


def probable(text: str) -> Json:
    """The logprobs of one token of text."""
    return {"content": [probability(text)] if text else [], "refusal": None}


def wire(
    id: str,
    *deltas: Json,
    finish: str = "stop",
    asks: Json = ASKS,
    breaks: Breaks = (),
    cause: str = "",
    **fields: Any,
) -> Wire:
    """A stream of these deltas, ended as usual; `asks` is what its request says besides the usual."""
    body = chunks(*deltas, finish=finish) + DONE
    return Wire(id=id, asks={**ASKS, **asks}, body=body, breaks=ids(breaks), cause=cause, **fields)


def calling(id: str, *deltas: Json, finish: str = "tool_calls", **fields: Any) -> Wire:
    """The same of deltas with tool calls, behind the role."""
    return wire(id, CALLING, *deltas, finish=finish, **fields)


def calling_in_two(id: str, *deltas: tuple[int, Json], asks: Json = ASKS, breaks: Breaks = ()) -> Wire:
    """Two choices of calls: the deltas with the index of their choice."""
    body = b"".join(chunk(choice(CALLING, index=index)) for index in (0, 1))
    body += b"".join(chunk(choice(delta, index=index)) for index, delta in deltas)
    body += b"".join(chunk(choice({}, "tool_calls", index=index)) for index in (0, 1))
    return Wire(id=id, asks={**ASKS, **asks, "n": 2}, body=body + DONE, breaks=ids(breaks))


TEXT = wire("chat-text", *says(*SAID))
COUNTED = Wire(
    id="chat-usage",
    asks=ASKS_USAGE,
    body=chunks(*says(*SAID), usage=None) + chunk(usage=USAGE) + DONE,
)
TOOLS = calling(
    "chat-tools",
    opens(0, "call_a1", "weather"),
    goes_on(0, '{"ci'),
    goes_on(0, 'ty":"Oslo"}'),
    opens(1, "call_b2", "weather"),
    goes_on(1, '{"city":'),
    goes_on(1, '"Rome"}'),
    asks={"tools": [NAMED]},
)
ONE_TOOL = wire(
    "chat-tool-with-role",
    {**CALLING, **opens(0, "call_a1", "weather"), "refusal": None},
    goes_on(0, '{"city":'),
    goes_on(0, '"Oslo"}'),
    finish="tool_calls",
    asks={"tools": [NAMED]},
)
FORCED = calling(
    "chat-tool-forced",
    opens(0, "call_a1", "weather", '{"city":"Oslo"}'),
    finish="stop",
    asks={"tools": [NAMED], "tool_choice": NAMED},
)
TWO = Wire(
    id="chat-two-choices",
    asks={**ASKS_USAGE, "n": 2},
    body=b"".join(
        [
            *(
                chunk(choice(delta, index=index), usage=None)
                for delta in says("one ", "two ", "three ", "four")
                for index in (0, 1)
            ),
            chunk(choice({}, "stop", index=1), usage=None),
            chunk(choice({}, "stop"), usage=None),
            chunk(usage=USAGE),
            DONE,
        ]
    ),
)
LOGPROBS = Wire(
    id="chat-logprobs",
    asks={**ASKS, "logprobs": True},
    body=b"".join(
        [
            chunk(choice(ROLE, logprobs=probable(""))),
            *(chunk(choice({"content": text}, logprobs=probable(text))) for text in SAID),
            chunk(choice({}, "stop")),
            DONE,
        ]
    ),
)
REASONING = wire(
    "chat-reasoning",
    ROLE,
    {"reasoning_content": "Let me "},
    {"reasoning_content": "think."},
    {"content": "Hello"},
)
REFUSAL = wire("chat-refusal", ROLE, {"refusal": "I'm sorry, "}, {"refusal": "I can't."})
FUNCTION_CALL = wire(
    "chat-function-call",
    {**CALLING, "function_call": {"name": "weather", "arguments": ""}},
    {"function_call": {"arguments": '{"city":'}},
    {"function_call": {"arguments": '"Oslo"}'}},
    finish="function_call",
    asks={"functions": [{"name": "weather"}]},
)
ERROR = Wire(
    id="chat-error", asks=ASKS_USAGE, body=chunks(*says("Hel"), finish=None) + data(SERVER_ERROR) + DONE
)
SPOKEN = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "pcm16"}}


def spoken(audio: Json, **more: object) -> Json:
    """A choice with a piece of speech: OpenAI leaves the key finish_reason out."""
    return {"index": 0, "delta": {**more, "audio": audio}}


AUDIO = Wire(
    id="chat-audio",
    asks={**ASKS_USAGE, **SPOKEN},
    body=b"".join(
        [
            chunk(spoken({"id": "audio_6", "transcript": "Hel"}, role="assistant"), usage=None),
            chunk(spoken({"data": "AAEC"}), usage=None),
            data({**HEAD, "usage": None}),
            chunk(spoken({"data": "AwQF", "transcript": "lo"}, role="assistant"), usage=None),
            chunk(usage=USAGE),
            chunk(spoken({"expires_at": 1780003600}), usage=None),
            DONE,
        ]
    ),
)
RESULT: Json = {
    "type": "moderation_results",
    "model": "omni-moderation-latest",
    "results": [
        {
            "type": "moderation_result",
            "model": "omni-moderation-latest",
            "flagged": False,
            "categories": {"violence": False},
            "category_scores": {"violence": 0.01},
            "category_applied_input_types": {"violence": ["text"]},
        }
    ],
}
MODERATION = Wire(
    id="chat-moderation",
    asks={**ASKS_USAGE, "moderation": {"model": "omni-moderation-latest"}},
    body=chunks(*says(*SAID), usage=None)
    + chunk(usage=USAGE)
    + chunk(usage=None, moderation={"input": RESULT, "output": RESULT})
    + DONE,
)

LEGAL = (
    *(TEXT, COUNTED, TOOLS, ONE_TOOL, FORCED, TWO, LOGPROBS, REASONING, REFUSAL),
    *(FUNCTION_CALL, ERROR, AUDIO, MODERATION),
)
