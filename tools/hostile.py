"""Bodies of every shape that could cost more than its bytes: `tools.growth` and the tests use them.

Each shape makes a body of about a given size. All of them are what a broken or malicious endpoint can send.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from conformance.exchange import Ended, Exchange, Piece, Request

__all__ = ["SECRET", "SHAPES", "Hostile"]

SECRET = "sk-0123456789abcdefghijklmnop"  # noqa: S105 - of nobody

_NETWORK = 16_384  # bytes of a piece, as network reads give them
_ASKED: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "stream_options": {"include_usage": True},
    "logprobs": True,
    "top_logprobs": 2,
    "stop": ["STOP"],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"required": ["a"]}}}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One shape: its name, its API, and `make`, which gives a body of about so many bytes.

    `piece` is how many bytes come at once.
    """

    name: str
    api: str
    make: Callable[[int], bytes]
    piece: int = _NETWORK
    asked: dict[str, Any] = field(default_factory=lambda: _ASKED)

    def exchange(self, size: int, name: str = "hostile") -> Exchange:
        """An exchange of this shape whose body has about `size` bytes."""
        body = self.make(size)
        pieces = tuple(
            Piece(data=body[at : at + self.piece], at=0.1 + at / 1e6)
            for at in range(0, len(body), self.piece)
        )
        return Exchange(
            id=name,
            api=self.api,
            provider="hostile",
            model="m",
            request=Request(body=json.dumps(self.asked)),
            status=200,
            headers=(("content-type", "text/event-stream"),),
            pieces=pieces,
            ended=Ended.CLOSED,
            expects="stream",
            promises=("text", "tools"),
            nonce=f"code-{name}",
        )


def _again(text: str | bytes) -> Callable[[int], bytes]:
    data = text.encode() if isinstance(text, str) else text
    return lambda size: data * max(size // len(data), 1)


def _filled(before: str, text: str, after: str) -> Callable[[int], bytes]:
    """One event whose inside is repeated."""
    return lambda size: (before + text * max(size // len(text.encode()), 1) + after).encode()


def _each(parts: Callable[[], Iterator[str]]) -> Callable[[int], bytes]:
    """Events that are made one by one until there are enough of them."""

    def make(size: int) -> bytes:
        made: list[bytes] = []
        held = 0
        for part in parts():
            made.append(part.encode())
            held += len(made[-1])
            if held >= size:
                break
        return b"".join(made)

    return make


def _data(value: Any) -> str:
    return f"data: {json.dumps(value, separators=(',', ':'))}\n\n"


def _chunk(**fields: Any) -> str:
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m"}
    return _data(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": None}]} | fields)


def _delta(delta: Any, index: int = 0, finish: str | None = None, **more: Any) -> str:
    return _chunk(choices=[{"index": index, "delta": delta, "finish_reason": finish, **more}])


def _call(number: int | None, **fields: Any) -> str:
    call = {**fields} if number is None else {"index": number, **fields}
    return _delta({"tool_calls": [call]})


def _chat(parts: Callable[[int], str], begin: str = "", end: str = "") -> Callable[[int], bytes]:
    """Chat events made of their numbers, after a role and before an end."""
    first = _delta({"role": "assistant", "content": ""}) + begin
    last = _delta({}, finish="stop") + end + "data: [DONE]\n\n"
    inner = _each(lambda: map(parts, count()))
    return lambda size: first.encode() + inner(size) + last.encode()


def _event(kind: str, number: int, **fields: Any) -> str:
    value = {"type": kind, "sequence_number": number, **fields}
    return f"event: {kind}\n" + _data(value)


def _added(number: int, index: int, item: dict[str, Any]) -> str:
    return _event("response.output_item.added", number, output_index=index, item=item)


def _message(number: int) -> dict[str, Any]:
    return {
        "type": "message",
        "id": f"m{number}",
        "role": "assistant",
        "status": "in_progress",
        "content": [],
    }


def _done_items(number: int) -> str:
    item = _message(number) | {"status": "completed"}
    done = _event("response.output_item.done", 2 * number + 1, output_index=number, item=item)
    return _added(2 * number, number, _message(number)) + done


def _with_final(size: int) -> bytes:
    """Items, and all of them again in the response that completes them."""
    number = max(size // 700, 1)
    items = [_message(at) | {"status": "incomplete"} for at in range(number)]
    begun = "".join(
        _added(at, at, _message(at))
        + _event("response.output_item.done", at, output_index=at, item=items[at] | {"id": f"x{at}"})
        for at in range(number)
    )
    final = {"id": "r", "object": "response", "status": "completed", "output": items[::-1]}
    return (begun + _event("response.completed", number, response=final)).encode()


def _parts_closed(size: int) -> bytes:
    """One item of many parts, each closed, and all of them again in the finished item."""
    number = max(size // 800, 1)
    parts = [{"type": "output_text", "text": f"t{at}", "annotations": [{"at": at}]} for at in range(number)]
    text = [_added(0, 0, _message(0))]
    for at, part in enumerate(parts):
        where = {"item_id": "m0", "output_index": 0, "content_index": at}
        text += [
            _event("response.content_part.added", at, part=part | {"text": ""}, **where),
            _event("response.output_text.delta", at, delta=f"t{at}", logprobs=[], **where),
            _event("response.content_part.done", at, part=part, **where),
        ]
    item = _message(0) | {"content": parts, "status": "completed"}
    final = {"id": "r", "status": "completed", "output": [item]}
    text.append(_event("response.output_item.done", 9, output_index=0, item=item))
    text.append(_event("response.completed", 9, response=final))
    return "".join(text).encode()


def _part(number: int, **index: Any) -> str:
    where = {"item_id": "m0", "output_index": 0, **index}
    part = {"type": "output_text", "text": "", "annotations": []}
    return _event("response.content_part.added", number, part=part, **where)


def _text_delta(number: int, **index: Any) -> str:
    where = {"item_id": "m0", "output_index": 0, **index}
    return _event("response.output_text.delta", number, delta="ab ", logprobs=[], **where)


def _responses(parts: Callable[[int], str]) -> Callable[[int], bytes]:
    """Events about one message, made of their numbers."""
    first = _event("response.created", 0, response={"id": "r"}) + _added(1, 0, _message(0))
    inner = _each(lambda: map(parts, count(2)))
    return lambda size: first.encode() + inner(size)


def _cumulative(size: int) -> bytes:
    """Every delta holds all of the text so far: the text is as long as the root of the size."""
    length = max(int((size * 2) ** 0.5), 8)
    step = max(length // 40, 1)
    whole = "abcdefghij " * (length // 11 + 1)
    events = _each(lambda: (_delta({"content": whole[: step * number]}) for number in count(1)))
    return events(size)


def _token() -> dict[str, Any]:
    return {"token": "ab", "logprob": 0.5, "bytes": [97, 99], "top_logprobs": []}


def _alternatives(size: int) -> bytes:
    entries = [{"token": "a", "logprob": -1, "x": at} for at in range(max(size // 36, 1))]
    token = {"token": "ab", "logprob": -0.5, "bytes": None, "top_logprobs": entries}
    return _delta({"content": "ab"}, logprobs={"content": [token], "refusal": None}).encode()


def _stops(_number: int) -> str:
    call = _call(0, function={"arguments": "x"})
    return _delta({"content": "a STOP b"}) + call


def _long_first(size: int) -> bytes:
    """A chunk with a long id, and many with short ones: the long one is what all of them are held to."""
    rest = _each(lambda: (_chunk(id=f"c{at}") for at in count()))
    return _chunk(id="x" * (size // 2)).encode() + rest(size // 2)


def _long_response(size: int) -> bytes:
    nothing = dict.fromkeys(map(str, range(size // 40)))
    first = {"id": "r", "metadata": nothing | {"z": "x" * (size // 4)}, "user": ["u"] * (size // 20)}
    rest = _each(
        lambda: (
            _event("response.in_progress", at, response={"id": "s", "metadata": {"z": "y"}, "user": "v"})
            for at in count(1)
        )
    )
    return _event("response.created", 0, response=first).encode() + rest(size // 2)


def _long_item(size: int) -> bytes:
    item = {"type": "function_call" + "x" * (size // 4), "id": "m" + "x" * (size // 4), "name": "f"}
    rest = _each(
        lambda: (
            _event("response.function_call_arguments.delta", at, item_id="n", output_index=0, delta="{")
            for at in count(1)
        )
    )
    return _added(0, 0, item).encode() + rest(size // 2)


_STRANGE = {"object": "chat.completion.chunk", "choices": [{"delta": 5}]}
_PART_CALL = {"id": 7, "type": "function", "function": {"name": "f", "arguments": ""}}

SHAPES: tuple[Hostile, ...] = (
    # Framing.
    Hostile(name="lines without data", api="chat", make=_again("a\r")),
    Hostile(name="lines without data, LF", api="chat", make=_again("a\n")),
    Hostile(name="blocks without data", api="chat", make=_again("a\n\n")),
    Hostile(name="blocks of event: alone", api="chat", make=_again("event: a\n\n")),
    Hostile(name="comments", api="chat", make=_again(": c\n\n")),
    Hostile(name="ids and comments", api="chat", make=_again("id: 1\n: c\n\n")),
    Hostile(name="ids, dispatched", api="chat", make=_again("id: 1\ndata: {}\n\n")),
    Hostile(name="blank lines", api="chat", make=_again("\n")),
    Hostile(name="CRs", api="chat", make=_again("\r")),
    Hostile(name="CR LFs", api="chat", make=_again("data: 1\r\n\r\n")),
    Hostile(name="tiny events", api="chat", make=_again("data:1\n\n")),
    Hostile(name="empty events", api="chat", make=_again("data:\n\n")),
    Hostile(name="unknown fields", api="chat", make=_again("x: y\ndata: {}\n\n")),
    Hostile(name="1-byte pieces, ended", api="chat", make=_again("data: 1\n\n"), piece=1),
    Hostile(name="1-byte pieces, lines", api="chat", make=_again("a\n"), piece=1),
    Hostile(name="1-byte pieces, unended", api="chat", make=_again("x"), piece=1),
    Hostile(name="1-byte pieces, CRs", api="chat", make=_again("a\r"), piece=1),
    Hostile(name="one huge line", api="chat", make=_filled("data: ", "x", "\n\n")),
    Hostile(name="one huge comment", api="chat", make=_filled(": ", "x", "\n\n")),
    Hostile(name="multi-line data", api="chat", make=_again("data: 1\n")),
    Hostile(name="bad UTF-8", api="chat", make=_again(b"data: \xff\n\n")),
    Hostile(name="bad UTF-8, one line", api="chat", make=lambda size: b"data: " + b"\xff" * size + b"\n\n"),
    Hostile(name="bad UTF-8 in text", api="chat", make=_chat(lambda _: _delta({"content": "\ufffd"}))),
    Hostile(name="begins of a secret", api="chat", make=_again(SECRET[:9])),
    Hostile(name="halves of a secret", api="chat", make=_again(f"data: {SECRET[:14]}\\u\n\n"), piece=40),
    # JSON.
    Hostile(name="deep JSON", api="chat", make=_filled("data: ", "[", "\n\n")),
    Hostile(name="deep JSON, many", api="chat", make=_again("data: " + "[" * 900 + "]" * 900 + "\n\n")),
    Hostile(name="wide JSON", api="chat", make=_filled('data: {"choices":[', "{},", "{}]}\n\n")),
    Hostile(
        name="wide JSON, new keys",
        api="chat",
        make=lambda size: _data({"choices": [{f"k{at}": 0} for at in range(size // 16)]}).encode(),
    ),
    Hostile(name="huge integer", api="chat", make=_filled('data: {"created":', "9", "}\n\n")),
    Hostile(name="huge integers", api="chat", make=_again(_chunk(created=10**250))),
    Hostile(name="schema errors", api="chat", make=_again(_data(_STRANGE))),
    Hostile(name="schema errors, all new", api="chat", make=_chat(lambda at: _chunk(**{f"x{at}": at}, id=5))),
    Hostile(name="no JSON", api="chat", make=_again("data: {nothing\n\n")),
    # Chat.
    Hostile(name="text", api="chat", make=_chat(lambda _: _delta({"content": "ab "}))),
    Hostile(
        name="text in wide characters",
        api="chat",
        make=_chat(lambda _: _delta({"content": "a" * 999 + "\U0001f600"})),
    ),
    Hostile(name="cumulative text", api="chat", make=_cumulative),
    Hostile(name="text cut by calls", api="chat", make=_chat(_stops)),
    Hostile(
        name="text and thoughts",
        api="chat",
        make=_chat(
            lambda at: _delta(
                {"content": "ab"} if at % 2 else {"reasoning": "<think>", "reasoning_content": "x"}
            )
        ),
    ),
    Hostile(name="many choices", api="chat", make=_chat(lambda at: _delta({"content": "a"}, index=at))),
    Hostile(
        name="many choices, one chunk",
        api="chat",
        make=lambda size: _chunk(choices=[{"index": at} for at in range(size // 18)]).encode(),
    ),
    Hostile(name="roles", api="chat", make=_chat(lambda _: _delta({"role": "assistant"}))),
    Hostile(name="finishes", api="chat", make=_chat(lambda _: _delta({"content": "a"}, finish="stop"))),
    Hostile(name="usages", api="chat", make=_chat(lambda _: _chunk(usage={"total_tokens": 1}))),
    Hostile(name="ever new ids", api="chat", make=_chat(lambda at: _chunk(id=f"c{at}"))),
    Hostile(name="long ids", api="chat", make=lambda size: _chunk(id="x" * (size // 2)).encode() * 2),
    Hostile(
        name="after [DONE]",
        api="chat",
        make=_chat(lambda _: _chunk(usage={"a": 1}), begin="data: [DONE]\n\n"),
    ),
    Hostile(name="[DONE]s", api="chat", make=_again("data: [DONE]\n\n")),
    Hostile(name="errors", api="chat", make=_chat(lambda _: _data({"error": {"message": "no"}}))),
    # Tool calls.
    Hostile(
        name="calls without index",
        api="chat",
        make=_chat(
            lambda at: _call(
                None, id=f"call_{at}", type="function", function={"name": "f", "arguments": "{}"}
            )
        ),
    ),
    Hostile(
        name="calls without index or id",
        api="chat",
        make=_chat(lambda _: _call(None, function={"arguments": "{}"})),
    ),
    Hostile(
        name="calls with new indexes",
        api="chat",
        make=_chat(
            lambda at: _call(at, id=f"c{at}", type="function", function={"name": "f", "arguments": "{}"})
        ),
    ),
    Hostile(
        name="calls on one index",
        api="chat",
        make=_chat(lambda at: _call(0, id=f"c{at}", function={"name": "f", "arguments": ""})),
    ),
    Hostile(
        name="calls with an id that is no text", api="chat", make=_chat(lambda _: _call(0, **_PART_CALL))
    ),
    Hostile(
        name="repeated ids",
        api="chat",
        make=_chat(
            lambda at: _call(at, id="same", type="function", function={"name": "f", "arguments": "{}"})
        ),
    ),
    Hostile(
        name="arguments",
        api="chat",
        make=_chat(
            lambda at: _call(
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
        make=_chat(lambda _: _delta({"content": "ab"}, logprobs={"content": [_token()], "refusal": None})),
    ),
    Hostile(
        name="logprobs, one chunk",
        api="chat",
        make=lambda size: _delta(
            {"content": "ab"}, logprobs={"content": [_token() for at in range(size // 66)], "refusal": None}
        ).encode(),
    ),
    Hostile(name="alternatives of one token", api="chat", make=_alternatives),
    # Responses.
    Hostile(name="items", api="responses", make=_each(lambda: map(_done_items, count()))),
    Hostile(name="items, and the final response", api="responses", make=_with_final),
    Hostile(
        name="items without index",
        api="responses",
        make=_each(lambda: (_event("response.output_item.added", at, item=_message(at)) for at in count())),
    ),
    Hostile(
        name="items on one index",
        api="responses",
        make=_each(lambda: (_added(at, 0, _message(at)) for at in count())),
    ),
    Hostile(name="parts", api="responses", make=_responses(lambda at: _part(at, content_index=at))),
    Hostile(name="parts without index", api="responses", make=_responses(_part)),
    Hostile(name="parts, and the finished item", api="responses", make=_parts_closed),
    Hostile(name="deltas", api="responses", make=_responses(lambda at: _text_delta(at, content_index=0))),
    Hostile(
        name="deltas with new indexes",
        api="responses",
        make=_responses(lambda at: _text_delta(at, content_index=at)),
    ),
    Hostile(name="deltas without index", api="responses", make=_responses(_text_delta)),
    Hostile(
        name="deltas of no item",
        api="responses",
        make=_each(lambda: (_text_delta(at, content_index=0) for at in count())),
    ),
    Hostile(
        name="deltas by id alone",
        api="responses",
        make=_each(
            lambda: (
                _event("response.output_item.added", at, item=_message(at))
                if at % 2 == 0
                else _event(
                    "response.output_text.delta", at, item_id="m0", content_index=0, delta="a", logprobs=[]
                )
                for at in count()
            )
        ),
    ),
    Hostile(
        name="responses",
        api="responses",
        make=_each(
            lambda: (
                _event("response.completed", at, response={"id": f"r{at}", "output": []}) for at in count()
            )
        ),
    ),
    Hostile(
        name="unknown types",
        api="responses",
        make=_each(lambda: (_event(f"response.x{at}", at) for at in count())),
    ),
)
"""Every shape."""
