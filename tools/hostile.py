"""Bodies of every shape that could cost more than its bytes: `tools.growth` and the tests use them.

All of them are what a broken or malicious endpoint can send.
"""

from itertools import count

from conformance.exchange import Api
from tools.making import (
    SECRET,
    Hostile,
    added,
    again,
    alternatives,
    call_of,
    called,
    chat,
    chunk,
    cited,
    cumulative,
    data_of,
    delta,
    done_items,
    each,
    event_of,
    filled,
    long_first,
    long_item,
    long_response,
    lost_deltas,
    message,
    one_place,
    part_of,
    parts_closed,
    printed,
    responses,
    stops,
    text_delta,
    token,
    tools,
    twice,
    with_final,
)

__all__ = ["SECRET", "SHAPES", "Hostile"]

_STRANGE = {"object": "chat.completion.chunk", "choices": [{"delta": 5}]}
_PART_CALL = {"id": 7, "type": "function", "function": {"name": "f", "arguments": ""}}

SHAPES: tuple[Hostile, ...] = (
    # Framing.
    Hostile(name="lines without data", api=Api.CHAT, make=again("a\r")),
    Hostile(name="lines without data, LF", api=Api.CHAT, make=again("a\n")),
    Hostile(name="blocks without data", api=Api.CHAT, make=again("a\n\n")),
    Hostile(name="blocks of event: alone", api=Api.CHAT, make=again("event: a\n\n")),
    Hostile(name="comments", api=Api.CHAT, make=again(": c\n\n")),
    Hostile(name="ids and comments", api=Api.CHAT, make=again("id: 1\n: c\n\n")),
    Hostile(name="ids, dispatched", api=Api.CHAT, make=again("id: 1\ndata: {}\n\n")),
    Hostile(name="blank lines", api=Api.CHAT, make=again("\n")),
    Hostile(name="CRs", api=Api.CHAT, make=again("\r")),
    Hostile(name="CR LFs", api=Api.CHAT, make=again("data: 1\r\n\r\n")),
    Hostile(name="tiny events", api=Api.CHAT, make=again("data:1\n\n")),
    Hostile(name="empty events", api=Api.CHAT, make=again("data:\n\n")),
    Hostile(name="unknown fields", api=Api.CHAT, make=again("x: y\ndata: {}\n\n")),
    Hostile(name="1-byte pieces, ended", api=Api.CHAT, make=again("data: 1\n\n"), piece=1),
    Hostile(name="1-byte pieces, lines", api=Api.CHAT, make=again("a\n"), piece=1),
    Hostile(name="1-byte pieces, unended", api=Api.CHAT, make=again("x"), piece=1),
    Hostile(name="1-byte pieces, CRs", api=Api.CHAT, make=again("a\r"), piece=1),
    Hostile(name="one huge line", api=Api.CHAT, make=filled("data: ", "x", "\n\n")),
    Hostile(name="one huge comment", api=Api.CHAT, make=filled(": ", "x", "\n\n")),
    Hostile(name="multi-line data", api=Api.CHAT, make=again("data: 1\n")),
    Hostile(name="bad UTF-8", api=Api.CHAT, make=again(b"data: \xff\n\n")),
    Hostile(name="bad UTF-8, one line", api=Api.CHAT, make=lambda size: b"data: " + b"\xff" * size + b"\n\n"),
    Hostile(name="bad UTF-8 in text", api=Api.CHAT, make=chat(lambda _: delta({"content": "\ufffd"}))),
    Hostile(name="begins of a secret", api=Api.CHAT, make=again(SECRET[:9])),
    Hostile(name="halves of a secret", api=Api.CHAT, make=again(f"data: {SECRET[:14]}\\u\n\n"), piece=40),
    # JSON.
    Hostile(name="deep JSON", api=Api.CHAT, make=filled("data: ", "[", "\n\n")),
    Hostile(name="deep JSON, many", api=Api.CHAT, make=again("data: " + "[" * 900 + "]" * 900 + "\n\n")),
    Hostile(name="wide JSON", api=Api.CHAT, make=filled('data: {"choices":[', "{},", "{}]}\n\n")),
    Hostile(
        name="wide JSON, new keys",
        api=Api.CHAT,
        make=lambda size: data_of({"choices": [{f"k{at}": 0} for at in range(size // 16)]}).encode(),
    ),
    Hostile(name="huge integer", api=Api.CHAT, make=filled('data: {"created":', "9", "}\n\n")),
    Hostile(name="huge integers", api=Api.CHAT, make=again(chunk(created=10**250))),
    Hostile(name="schema errors", api=Api.CHAT, make=again(data_of(_STRANGE))),
    Hostile(name="schema errors, all new", api=Api.CHAT, make=chat(lambda at: chunk(**{f"x{at}": at}, id=5))),
    Hostile(name="no JSON", api=Api.CHAT, make=again("data: {nothing\n\n")),
    # Chat.
    Hostile(name="text", api=Api.CHAT, make=chat(lambda _: delta({"content": "ab "}))),
    Hostile(
        name="text in wide characters",
        api=Api.CHAT,
        make=chat(lambda _: delta({"content": "a" * 999 + "\U0001f600"})),
    ),
    Hostile(name="cumulative text", api=Api.CHAT, make=cumulative),
    Hostile(name="text cut by calls", api=Api.CHAT, make=chat(stops)),
    Hostile(
        name="text and thoughts",
        api=Api.CHAT,
        make=chat(
            lambda at: delta(
                {"content": "ab"} if at % 2 else {"reasoning": "<think>", "reasoning_content": "x"}
            )
        ),
    ),
    Hostile(name="many choices", api=Api.CHAT, make=chat(lambda at: delta({"content": "a"}, index=at))),
    Hostile(
        name="many choices, one chunk",
        api=Api.CHAT,
        make=lambda size: chunk(choices=[{"index": at} for at in range(size // 18)]).encode(),
    ),
    Hostile(name="roles", api=Api.CHAT, make=chat(lambda _: delta({"role": "assistant"}))),
    Hostile(name="finishes", api=Api.CHAT, make=chat(lambda _: delta({"content": "a"}, finish="stop"))),
    Hostile(name="usages", api=Api.CHAT, make=chat(lambda _: chunk(usage={"total_tokens": 1}))),
    Hostile(name="ever new ids", api=Api.CHAT, make=chat(lambda at: chunk(id=f"c{at}"))),
    Hostile(name="a long id, and others", api=Api.CHAT, make=long_first),
    Hostile(name="long ids", api=Api.CHAT, make=lambda size: chunk(id="x" * (size // 2)).encode() * 2),
    Hostile(
        name="after [DONE]",
        api=Api.CHAT,
        make=chat(lambda _: chunk(usage={"a": 1}), begin="data: [DONE]\n\n"),
    ),
    Hostile(name="[DONE]s", api=Api.CHAT, make=again("data: [DONE]\n\n")),
    Hostile(name="errors", api=Api.CHAT, make=chat(lambda _: data_of({"error": {"message": "no"}}))),
    # Tool calls.
    Hostile(
        name="calls without index",
        api=Api.CHAT,
        make=chat(
            lambda at: call_of(
                None, id=f"call_{at}", type="function", function={"name": "f", "arguments": "{}"}
            )
        ),
    ),
    Hostile(
        name="calls without index or id",
        api=Api.CHAT,
        make=chat(lambda _: call_of(None, function={"arguments": "{}"})),
    ),
    Hostile(
        name="calls with new indexes",
        api=Api.CHAT,
        make=chat(
            lambda at: call_of(at, id=f"c{at}", type="function", function={"name": "f", "arguments": "{}"})
        ),
    ),
    Hostile(
        name="calls on one index",
        api=Api.CHAT,
        make=chat(lambda at: call_of(0, id=f"c{at}", function={"name": "f", "arguments": ""})),
    ),
    Hostile(
        name="calls with an id that is no text", api=Api.CHAT, make=chat(lambda _: call_of(0, **_PART_CALL))
    ),
    Hostile(
        name="repeated ids",
        api=Api.CHAT,
        make=chat(
            lambda at: call_of(at, id="same", type="function", function={"name": "f", "arguments": "{}"})
        ),
    ),
    Hostile(
        name="arguments",
        api=Api.CHAT,
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
        api=Api.CHAT,
        make=chat(lambda _: delta({"content": "ab"}, logprobs={"content": [token()], "refusal": None})),
    ),
    Hostile(
        name="logprobs, one chunk",
        api=Api.CHAT,
        make=lambda size: delta(
            {"content": "ab"}, logprobs={"content": [token() for at in range(size // 66)], "refusal": None}
        ).encode(),
    ),
    Hostile(name="alternatives of one token", api=Api.CHAT, make=alternatives),
    # Responses.
    Hostile(name="items", api=Api.RESPONSES, make=each(lambda: map(done_items, count()))),
    Hostile(name="items, and the final response", api=Api.RESPONSES, make=with_final),
    Hostile(
        name="items without index",
        api=Api.RESPONSES,
        make=each(lambda: (event_of("response.output_item.added", at, item=message(at)) for at in count())),
    ),
    Hostile(
        name="items on one index",
        api=Api.RESPONSES,
        make=each(lambda: (added(at, 0, message(at)) for at in count())),
    ),
    Hostile(name="items of one place in the final response", api=Api.RESPONSES, make=one_place),
    Hostile(name="a long item, and deltas of it", api=Api.RESPONSES, make=long_item),
    Hostile(name="a long response, and others", api=Api.RESPONSES, make=long_response),
    Hostile(name="parts", api=Api.RESPONSES, make=responses(lambda at: part_of(at, content_index=at))),
    Hostile(name="parts without index", api=Api.RESPONSES, make=responses(part_of)),
    Hostile(name="parts, and the finished item", api=Api.RESPONSES, make=parts_closed),
    Hostile(name="deltas", api=Api.RESPONSES, make=responses(lambda at: text_delta(at, content_index=0))),
    Hostile(
        name="deltas with new indexes",
        api=Api.RESPONSES,
        make=responses(lambda at: text_delta(at, content_index=at)),
    ),
    Hostile(name="deltas without index", api=Api.RESPONSES, make=responses(text_delta)),
    Hostile(
        name="deltas of no item",
        api=Api.RESPONSES,
        make=each(lambda: (text_delta(at, content_index=0) for at in count())),
    ),
    Hostile(
        name="deltas by id alone",
        api=Api.RESPONSES,
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
        api=Api.RESPONSES,
        make=each(
            lambda: (
                event_of("response.completed", at, response={"id": f"r{at}", "output": []}) for at in count()
            )
        ),
    ),
    Hostile(
        name="unknown types",
        api=Api.RESPONSES,
        make=each(lambda: (event_of(f"response.x{at}", at) for at in count())),
    ),
    # What the search for causes, and rules on requests, read.
    Hostile(
        name="quotes in a text",
        api=Api.CHAT,
        make=filled('data: {"choices":[],"x":"', '\\"', '"}\n\n'),
    ),
    Hostile(name="keys twice", api=Api.CHAT, make=twice),
    Hostile(
        name="two documents", api=Api.CHAT, make=chat(lambda _: 'data: {"choices":[]}{"choices":[]}\n\n')
    ),
    Hostile(name="documents cut off", api=Api.CHAT, make=chat(lambda _: 'data: {"choices":[{"delta":\n\n')),
    Hostile(name="a deep document cut off", api=Api.CHAT, make=filled("data: ", '{"choices":[1,', "\n\n")),
    Hostile(name="white space between documents", api=Api.CHAT, make=filled("data: {}", " ", "{}\n\n")),
    Hostile(
        name="ever new speech",
        api=Api.CHAT,
        make=chat(lambda at: delta({"audio": {"id": f"a{at}" if at else "a" * 1_500, "data": "QUJD"}})),
    ),
    Hostile(
        name="calls of old",
        api=Api.CHAT,
        make=chat(lambda _: delta({"function_call": {"name": "f", "arguments": "[1, "}})),
    ),
    Hostile(
        name="documents in a text",
        api=Api.CHAT,
        make=chat(lambda _: delta({"content": "1 " * 100})),
        asked={"response_format": {"type": "json_object"}, "stream": True},
    ),
    Hostile(
        name="calls of tools of one name",
        api=Api.RESPONSES,
        make=each(lambda: (added(at, at, called(at, "f")) for at in count())),
        asked={"tools": tools("f" for _ in range(2_000)), "stream": True},
    ),
    Hostile(
        name="calls of other tools",
        api=Api.RESPONSES,
        make=each(lambda: (added(at, at, called(at, "g")) for at in count())),
        asked={"tools": tools(f"f{at}" for at in range(2_000)), "stream": True},
    ),
    Hostile(
        name="items that never end",
        api=Api.RESPONSES,
        make=each(lambda: (added(at, at, message(at)) for at in count())),
    ),
    Hostile(
        name="numbers far apart",
        api=Api.RESPONSES,
        make=responses(lambda at: text_delta(at * 10**15, content_index=0)),
    ),
    Hostile(
        name="numbers that fall",
        api=Api.RESPONSES,
        make=responses(lambda at: text_delta(10**9 - at, content_index=0)),
    ),
    Hostile(name="annotations", api=Api.RESPONSES, make=cited),
    Hostile(name="output of a shell", api=Api.RESPONSES, make=printed),
    Hostile(name="parts, and deltas that are no text", api=Api.RESPONSES, make=lost_deltas),
)
"""Every shape."""
