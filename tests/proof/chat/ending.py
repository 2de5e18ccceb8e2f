"""What breaks and what keeps the requirements on how a choice and a chat stream end."""

from tests.proof.streams.chat import (
    ASKS,
    ASKS_USAGE,
    CALLING,
    COUNTED,
    FORCED,
    FUNCTION_CALL,
    NAMED,
    ONE_TOOL,
    ROLE,
    STOP,
    TEXT,
    TWO,
    USAGE,
    calling,
    choice,
    chunk,
    chunks,
    opens,
    says,
    wire,
)
from tests.proof.streams.edits import behind, edited, every, moved, nth, once, without
from tests.proof.streams.handmade import DONE, Json, Wire

NOTHING = "There is nothing at all, not even an end."
TEXT_DUE: Json = {"promises": ("chat", "text")}
CALL_DUE: Json = {"promises": ("chat", "tools")}


def silent(id: str, body: bytes, *more: str, cause: str = "", asks: Json = ASKS) -> Wire:
    """A wire in which nobody says anything; `more` is what it breaks besides."""
    return Wire(id=id, asks=asks, body=body, breaks=("answer-present", *more), cause=cause)


BROKEN: tuple[Wire, ...] = (
    edited(TEXT, "finish-absent", without(STOP), breaks="finish-reason-present"),
    edited(
        TWO,
        "finish-of-one-choice-absent",
        nth(0, b'"finish_reason":"stop"', b'"finish_reason":null'),
        breaks="finish-reason-present",
    ),
    edited(
        TEXT, "finish-again-length", behind(STOP, chunk(choice({}, "length"))), breaks="finish-reason-once"
    ),
    Wire(
        id="finish-on-each-chunk",
        asks=ASKS,
        breaks=("finish-reason-once", "after-finish", "finish-reason-delta"),
        cause="Each chunk ends the answer, and the next goes on.",
        body=b"".join(chunk(choice(delta, "stop")) for delta in says("Hel", "lo")) + DONE,
    ),
    edited(
        COUNTED,
        "finish-on-usage-chunk-too",
        once(
            b'"choices":[],"usage":{', b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{'
        ),
        breaks=("finish-reason-once", "usage-empty-choices"),
        cause="The usage chunk repeats the end, so it is no longer a chunk of its own.",
    ),
    edited(
        TEXT,
        "finish-empty-text",
        nth(1, b'"finish_reason":null', b'"finish_reason":""'),
        breaks="finish-reason-value",
    ),
    edited(
        TEXT,
        "finish-empty-text-throughout",
        every(b'"finish_reason":null', b'"finish_reason":""'),
        breaks="finish-reason-value",
    ),
    edited(TEXT, "finish-invented", once(b'"stop"', b'"end_turn"'), breaks="finish-reason-value"),
    edited(TEXT, "finish-upper-case", once(b'"stop"', b'"STOP"'), breaks="finish-reason-value"),
    edited(TEXT, "finish-key-absent-once", nth(1, b',"finish_reason":null', b""), breaks="finish-reason-key"),
    edited(TEXT, "text-after-finish", behind(STOP, chunk(choice({"content": "."}))), breaks="after-finish"),
    edited(
        TEXT, "refusal-after-finish", behind(STOP, chunk(choice({"refusal": "No."}))), breaks="after-finish"
    ),
    edited(
        TEXT,
        "call-after-finish",
        behind(STOP, chunk(choice(opens(0, "call_a", "f", "{}")))),
        breaks=("after-finish", "finish-reason-tools"),
        cause="The call that comes too late was not announced either.",
    ),
    calling(
        "call-ends-with-stop", opens(0, "call_a", "f", "{}"), breaks="finish-reason-tools", finish="stop"
    ),
    edited(
        TEXT,
        "finish-tools-without-call",
        once(b'"stop"', b'"tool_calls"'),
        breaks="finish-reason-without-calls",
    ),
    silent("answer-of-done-alone", DONE),
    silent("answer-of-comments-and-done", b": wait\n\n: wait\n\n" + DONE),
    silent("answer-of-usage-alone", chunk(usage=USAGE) + DONE, asks=ASKS_USAGE),
    silent("answer-of-nothing", b"", "done-present", cause=NOTHING),
    silent("answer-of-comments", b": wait\n\n", "done-present", cause=NOTHING),
    wire("answer-of-role-alone", ROLE, breaks="answer-nonempty", **TEXT_DUE),
    wire(
        "answer-of-empty-deltas",
        ROLE,
        {},
        {"content": ""},
        {"content": None},
        breaks="answer-nonempty",
        **TEXT_DUE,
    ),
    wire(
        "answer-of-empty-thoughts",
        ROLE,
        {"reasoning_content": ""},
        {"content": ""},
        breaks="answer-nonempty",
        **TEXT_DUE,
    ),
    wire(
        "answer-of-thoughts-alone", ROLE, {"reasoning_content": "Hm."}, breaks="answer-nonempty", **TEXT_DUE
    ),
    wire("call-due-and-nothing", CALLING, breaks="answer-nonempty", **CALL_DUE),
    edited(
        TWO,
        "answer-of-second-choice-empty",
        *(
            once(b'"index":1,"delta":{"content":"%s"}' % word, b'"index":1,"delta":{"content":""}')
            for word in (b"one ", b"two ", b"three ", b"four")
        ),
        breaks="answer-nonempty",
        **TEXT_DUE,
    ),
    edited(
        FUNCTION_CALL,
        "function-call-after-finish",
        moved(b"Oslo", b'"finish_reason":"function_call"'),
        breaks=("after-finish",),
    ),
    wire("answer-withheld-as-stop", ROLE, {"content": ""}, breaks="answer-empty"),
    wire("answer-of-thoughts-where-none-is-due", ROLE, {"reasoning_content": "Hm."}, breaks="answer-empty"),
    wire(
        "finish-function-call-without-one",
        *says("Hi"),
        finish="function_call",
        breaks="finish-reason-without-calls",
    ),
)

LEGAL: tuple[Wire, ...] = (
    wire("empty-answer", ROLE, breaks="answer-empty"),
    wire("empty-answer-filtered", ROLE, finish="content_filter"),
    wire("empty-answer-at-a-stop", ROLE, asks={"stop": ["Hi"]}),
    wire("finish-length", ROLE, {"content": "Hi th"}, finish="length"),
    wire("finish-content-filter", ROLE, {"content": "Hi"}, finish="content_filter"),
    Wire(
        id="finish-on-last-content",
        asks=ASKS,
        body=chunks(ROLE, {"content": "Hi"}, finish=None) + chunk(choice({"content": "!"}, "stop")) + DONE,
        breaks=("finish-reason-delta",),
    ),
    Wire(
        id="everything-in-one-chunk",
        asks=ASKS,
        body=chunk(choice({"role": "assistant", "content": "Hi"}, "stop")) + DONE,
        breaks=("finish-reason-delta",),
    ),
    edited(
        FORCED,
        "call-required-ends-with-stop",
        asks={**ASKS, "tools": [NAMED], "tool_choice": "required"},
    ),
    edited(FORCED, "call-forced-ends-with-tool-calls", once(b'"stop"', b'"tool_calls"')),
    wire("due-text", *says("Hello"), **TEXT_DUE),
    wire("due-and-cut", ROLE, finish="length", **TEXT_DUE),
    wire("due-and-filtered", ROLE, finish="content_filter", **TEXT_DUE),
    wire("due-and-refused", ROLE, {"refusal": "I can't."}, **TEXT_DUE),
    wire("due-and-only-thought-and-cut", ROLE, {"reasoning_content": "Hm."}, finish="length", **TEXT_DUE),
    wire("due-and-spoken", ROLE, {"audio": {"id": "audio_a", "transcript": "Hi"}}, **TEXT_DUE),
    wire("call-due-and-text", *says("It rains."), **CALL_DUE),
    calling("text-due-and-called", opens(0, "call_a", "now", "{}"), **TEXT_DUE),
    edited(ONE_TOOL, "call-due-and-called", **CALL_DUE),
    wire("white-space-alone", ROLE, {"content": " "}, **TEXT_DUE),
)
