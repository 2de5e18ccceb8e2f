"""Bodies of every shape that could cost more than its bytes: `tools.growth` and the tests use them.

All of them are what a broken or malicious endpoint can send.
"""

from itertools import count

from tools.making import (
    SECRET,
    Hostile,
    added,
    again,
    alternatives,
    call_of,
    chat,
    chunk,
    cumulative,
    data_of,
    delta,
    done_items,
    each,
    event_of,
    filled,
    message,
    part_of,
    parts_closed,
    responses,
    stops,
    text_delta,
    token,
    with_final,
)

__all__ = ["SECRET", "SHAPES", "Hostile"]

_STRANGE = {"object": "chat.completion.chunk", "choices": [{"delta": 5}]}
_PART_CALL = {"id": 7, "type": "function", "function": {"name": "f", "arguments": ""}}

SHAPES: tuple[Hostile, ...] = (
    # Framing.
    Hostile(name="lines without data", api="chat", make=again("a\r")),
    Hostile(name="lines without data, LF", api="chat", make=again("a\n")),
    Hostile(name="blocks without data", api="chat", make=again("a\n\n")),
    Hostile(name="blocks of event: alone", api="chat", make=again("event: a\n\n")),
    Hostile(name="comments", api="chat", make=again(": c\n\n")),
    Hostile(name="ids and comments", api="chat", make=again("id: 1\n: c\n\n")),
    Hostile(name="ids, dispatched", api="chat", make=again("id: 1\ndata: {}\n\n")),
    Hostile(name="blank lines", api="chat", make=again("\n")),
    Hostile(name="CRs", api="chat", make=again("\r")),
    Hostile(name="CR LFs", api="chat", make=again("data: 1\r\n\r\n")),
    Hostile(name="tiny events", api="chat", make=again("data:1\n\n")),
    Hostile(name="empty events", api="chat", make=again("data:\n\n")),
    Hostile(name="unknown fields", api="chat", make=again("x: y\ndata: {}\n\n")),
    Hostile(name="1-byte pieces, ended", api="chat", make=again("data: 1\n\n"), piece=1),
    Hostile(name="1-byte pieces, lines", api="chat", make=again("a\n"), piece=1),
    Hostile(name="1-byte pieces, unended", api="chat", make=again("x"), piece=1),
    Hostile(name="1-byte pieces, CRs", api="chat", make=again("a\r"), piece=1),
    Hostile(name="one huge line", api="chat", make=filled("data: ", "x", "\n\n")),
    Hostile(name="one huge comment", api="chat", make=filled(": ", "x", "\n\n")),
    Hostile(name="multi-line data", api="chat", make=again("data: 1\n")),
    Hostile(name="bad UTF-8", api="chat", make=again(b"data: \xff\n\n")),
    Hostile(name="bad UTF-8, one line", api="chat", make=lambda size: b"data: " + b"\xff" * size + b"\n\n"),
    Hostile(name="bad UTF-8 in text", api="chat", make=chat(lambda _: delta({"content": "\ufffd"}))),
    Hostile(name="begins of a secret", api="chat", make=again(SECRET[:9])),
    Hostile(name="halves of a secret", api="chat", make=again(f"data: {SECRET[:14]}\\u\n\n"), piece=40),
    # JSON.
    Hostile(name="deep JSON", api="chat", make=filled("data: ", "[", "\n\n")),
    Hostile(name="deep JSON, many", api="chat", make=again("data: " + "[" * 900 + "]" * 900 + "\n\n")),
    Hostile(name="wide JSON", api="chat", make=filled('data: {"choices":[', "{},", "{}]}\n\n")),
    Hostile(
        name="wide JSON, new keys",
        api="chat",
        make=lambda size: data_of({"choices": [{f"k{at}": 0} for at in range(size // 16)]}).encode(),
    ),
    Hostile(name="huge integer", api="chat", make=filled('data: {"created":', "9", "}\n\n")),
    Hostile(name="huge integers", api="chat", make=again(chunk(created=10**250))),
    Hostile(name="schema errors", api="chat", make=again(data_of(_STRANGE))),
    Hostile(name="schema errors, all new", api="chat", make=chat(lambda at: chunk(**{f"x{at}": at}, id=5))),
    Hostile(name="no JSON", api="chat", make=again("data: {nothing\n\n")),
    # Chat.
    Hostile(name="text", api="chat", make=chat(lambda _: delta({"content": "ab "}))),
    Hostile(
        name="text in wide characters",
        api="chat",
        make=chat(lambda _: delta({"content": "a" * 999 + "\U0001f600"})),
    ),
    Hostile(name="cumulative text", api="chat", make=cumulative),
    Hostile(name="text cut by calls", api="chat", make=chat(stops)),
    Hostile(
        name="text and thoughts",
        api="chat",
        make=chat(
            lambda at: delta(
                {"content": "ab"} if at % 2 else {"reasoning": "<think>", "reasoning_content": "x"}
            )
        ),
    ),
    Hostile(name="many choices", api="chat", make=chat(lambda at: delta({"content": "a"}, index=at))),
    Hostile(
        name="many choices, one chunk",
        api="chat",
        make=lambda size: chunk(choices=[{"index": at} for at in range(size // 18)]).encode(),
    ),
    Hostile(name="roles", api="chat", make=chat(lambda _: delta({"role": "assistant"}))),
    Hostile(name="finishes", api="chat", make=chat(lambda _: delta({"content": "a"}, finish="stop"))),
    Hostile(name="usages", api="chat", make=chat(lambda _: chunk(usage={"total_tokens": 1}))),
    Hostile(name="ever new ids", api="chat", make=chat(lambda at: chunk(id=f"c{at}"))),
    Hostile(name="long ids", api="chat", make=lambda size: chunk(id="x" * (size // 2)).encode() * 2),
    Hostile(
        name="after [DONE]",
        api="chat",
        make=chat(lambda _: chunk(usage={"a": 1}), begin="data: [DONE]\n\n"),
    ),
    Hostile(name="[DONE]s", api="chat", make=again("data: [DONE]\n\n")),
    Hostile(name="errors", api="chat", make=chat(lambda _: data_of({"error": {"message": "no"}}))),
    # Tool calls.
    Hostile(
        name="calls without index",
        api="chat",
        make=chat(
            lambda at: call_of(
                None, id=f"call_{at}", type="function", function={"name": "f", "arguments": "{}"}
            )
        ),
    ),
    Hostile(
        name="calls without index or id",
        api="chat",
        make=chat(lambda _: call_of(None, function={"arguments": "{}"})),
    ),
    Hostile(
        name="calls with new indexes",
        api="chat",
        make=chat(
            lambda at: call_of(at, id=f"c{at}", type="function", function={"name": "f", "arguments": "{}"})
        ),
    ),
    Hostile(
        name="calls on one index",
        api="chat",
        make=chat(lambda at: call_of(0, id=f"c{at}", function={"name": "f", "arguments": ""})),
    ),
    Hostile(
        name="calls with an id that is no text", api="chat", make=chat(lambda _: call_of(0, **_PART_CALL))
    ),
    Hostile(
        name="repeated ids",
        api="chat",
        make=chat(
            lambda at: call_of(at, id="same", type="function", function={"name": "f", "arguments": "{}"})
        ),
    ),
    Hostile(
        name="arguments",
        api="chat",
        make=chat(
            lambda at: call_of(
                0,
                **(
                    {"id": "c", "function": {"name": "f", "arguments": ""}}
                    if not at
                    else {"function": {"arguments": "[1, "}}
                ),
            )
        ),
    ),
    # Log probabilities.
    Hostile(
        name="logprobs",
        api="chat",
        make=chat(lambda _: delta({"content": "ab"}, logprobs={"content": [token()], "refusal": None})),
    ),
    Hostile(
        name="logprobs, one chunk",
        api="chat",
        make=lambda size: delta(
            {"content": "ab"}, logprobs={"content": [token() for at in range(size // 66)], "refusal": None}
        ).encode(),
    ),
    Hostile(name="alternatives of one token", api="chat", make=alternatives),
    # Responses.
    Hostile(name="items", api="responses", make=each(lambda: map(done_items, count()))),
    Hostile(name="items, and the final response", api="responses", make=with_final),
    Hostile(
        name="items without index",
        api="responses",
        make=each(lambda: (event_of("response.output_item.added", at, item=message(at)) for at in count())),
    ),
    Hostile(
        name="items on one index",
        api="responses",
        make=each(lambda: (added(at, 0, message(at)) for at in count())),
    ),
    Hostile(name="parts", api="responses", make=responses(lambda at: part_of(at, content_index=at))),
    Hostile(name="parts without index", api="responses", make=responses(part_of)),
    Hostile(name="parts, and the finished item", api="responses", make=parts_closed),
    Hostile(name="deltas", api="responses", make=responses(lambda at: text_delta(at, content_index=0))),
    Hostile(
        name="deltas with new indexes",
        api="responses",
        make=responses(lambda at: text_delta(at, content_index=at)),
    ),
    Hostile(name="deltas without index", api="responses", make=responses(text_delta)),
    Hostile(
        name="deltas of no item",
        api="responses",
        make=each(lambda: (text_delta(at, content_index=0) for at in count())),
    ),
    Hostile(
        name="deltas by id alone",
        api="responses",
        make=each(
            lambda: (
                event_of("response.output_item.added", at, item=message(at))
                if at % 2 == 0
                else event_of(
                    "response.output_text.delta", at, item_id="m0", content_index=0, delta="a", logprobs=[]
                )
                for at in count()
            )
        ),
    ),
    Hostile(
        name="responses",
        api="responses",
        make=each(
            lambda: (
                event_of("response.completed", at, response={"id": f"r{at}", "output": []}) for at in count()
            )
        ),
    ),
    Hostile(
        name="unknown types",
        api="responses",
        make=each(lambda: (event_of(f"response.x{at}", at) for at in count())),
    ),
)
"""Every shape."""
