"""Of what hostile bodies are made: see `tools.hostile`.

Each shape makes a body of about a given size. All of them are what a broken or malicious endpoint can send.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from conformance.exchange import Api, Ended, Exchange, Expects, Piece, Promise, Request

__all__ = [
    "SECRET",
    "Hostile",
    "added",
    "again",
    "alternatives",
    "call_of",
    "called",
    "chat",
    "chunk",
    "cited",
    "cumulative",
    "data_of",
    "delta",
    "done_items",
    "each",
    "event_of",
    "filled",
    "long_first",
    "long_item",
    "long_response",
    "lost_deltas",
    "message",
    "one_place",
    "part_of",
    "parts_closed",
    "printed",
    "responses",
    "stops",
    "text_delta",
    "token",
    "tools",
    "twice",
    "with_final",
]

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
    api: Api
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
            expects=Expects.STREAM,
            promises=(Promise.TEXT, Promise.TOOLS),
            nonce=f"code-{name}",
        )


def again(text: str | bytes) -> Callable[[int], bytes]:
    data = text.encode() if isinstance(text, str) else text
    return lambda size: data * max(size // len(data), 1)


def filled(before: str, text: str, after: str) -> Callable[[int], bytes]:
    """One event whose inside is repeated."""
    return lambda size: (before + text * max(size // len(text.encode()), 1) + after).encode()


def each(parts: Callable[[], Iterator[str]]) -> Callable[[int], bytes]:
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


def data_of(value: Any) -> str:
    return f"data: {json.dumps(value, separators=(',', ':'))}\n\n"


def chunk(**fields: Any) -> str:
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m"}
    return data_of(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": None}]} | fields)


def delta(delta: Any, index: int = 0, finish: str | None = None, **more: Any) -> str:
    return chunk(choices=[{"index": index, "delta": delta, "finish_reason": finish, **more}])


def call_of(number: int | None, **fields: Any) -> str:
    call = {**fields} if number is None else {"index": number, **fields}
    return delta({"tool_calls": [call]})


def chat(parts: Callable[[int], str], begin: str = "", end: str = "") -> Callable[[int], bytes]:
    """Chat events made of their numbers, after a role and before an end."""
    first = delta({"role": "assistant", "content": ""}) + begin
    last = delta({}, finish="stop") + end + "data: [DONE]\n\n"
    inner = each(lambda: map(parts, count()))
    return lambda size: first.encode() + inner(size) + last.encode()


def event_of(kind: str, number: int, **fields: Any) -> str:
    value = {"type": kind, "sequence_number": number, **fields}
    return f"event: {kind}\n" + data_of(value)


def added(number: int, index: int, item: dict[str, Any]) -> str:
    return event_of("response.output_item.added", number, output_index=index, item=item)


def message(number: int) -> dict[str, Any]:
    return {
        "type": "message",
        "id": f"m{number}",
        "role": "assistant",
        "status": "in_progress",
        "content": [],
    }


def done_items(number: int) -> str:
    item = message(number) | {"status": "completed"}
    done = event_of("response.output_item.done", 2 * number + 1, output_index=number, item=item)
    return added(2 * number, number, message(number)) + done


def with_final(size: int) -> bytes:
    """Items, and all of them again in the response that completes them."""
    number = max(size // 700, 1)
    items = [message(at) | {"status": "incomplete"} for at in range(number)]
    begun = "".join(
        added(at, at, message(at))
        + event_of("response.output_item.done", at, output_index=at, item=items[at] | {"id": f"x{at}"})
        for at in range(number)
    )
    final = {"id": "r", "object": "response", "status": "completed", "output": items[::-1]}
    return (begun + event_of("response.completed", number, response=final)).encode()


def one_place(size: int) -> bytes:
    """Items on one index with one id, and a final response that holds one of many keys and parts there."""
    item = message(0) | {"status": "completed"}
    rest = each(
        lambda: (
            added(at, 0, item)
            + text_delta(at, content_index=0)
            + event_of("response.output_item.done", at, output_index=0, item=item)
            for at in count()
        )
    )
    keys: dict[str, Any] = {f"k{at}": at for at in range(size // 60)}
    parts = [{"type": "output_text", "text": "", "annotations": []}] * (size // 240)
    final = {"id": "r", "status": "completed", "output": [item | {"content": parts} | keys]}
    return rest(size // 2) + event_of("response.completed", 9, response=final).encode()


def parts_closed(size: int) -> bytes:
    """One item of many parts, each closed, and all of them again in the finished item."""
    number = max(size // 800, 1)
    parts = [{"type": "output_text", "text": f"t{at}", "annotations": [{"at": at}]} for at in range(number)]
    text = [added(0, 0, message(0))]
    for at, part in enumerate(parts):
        where = {"item_id": "m0", "output_index": 0, "content_index": at}
        text += [
            event_of("response.content_part.added", at, part=part | {"text": ""}, **where),
            event_of("response.output_text.delta", at, delta=f"t{at}", logprobs=[], **where),
            event_of("response.content_part.done", at, part=part, **where),
        ]
    item = message(0) | {"content": parts, "status": "completed"}
    final = {"id": "r", "status": "completed", "output": [item]}
    text.append(event_of("response.output_item.done", 9, output_index=0, item=item))
    text.append(event_of("response.completed", 9, response=final))
    return "".join(text).encode()


def part_of(number: int, **index: Any) -> str:
    where = {"item_id": "m0", "output_index": 0, **index}
    part = {"type": "output_text", "text": "", "annotations": []}
    return event_of("response.content_part.added", number, part=part, **where)


def text_delta(number: int, **index: Any) -> str:
    where = {"item_id": "m0", "output_index": 0, **index}
    return event_of("response.output_text.delta", number, delta="ab ", logprobs=[], **where)


def responses(parts: Callable[[int], str]) -> Callable[[int], bytes]:
    """Events about one message, made of their numbers."""
    first = event_of("response.created", 0, response={"id": "r"}) + added(1, 0, message(0))
    inner = each(lambda: map(parts, count(2)))
    return lambda size: first.encode() + inner(size)


def cumulative(size: int) -> bytes:
    """Every delta holds all of the text so far: the text is as long as the root of the size."""
    length = max(int((size * 2) ** 0.5), 8)
    step = max(length // 40, 1)
    whole = "abcdefghij " * (length // 11 + 1)
    events = each(lambda: (delta({"content": whole[: step * number]}) for number in count(1)))
    return events(size)


def token() -> dict[str, Any]:
    return {"token": "ab", "logprob": 0.5, "bytes": [97, 99], "top_logprobs": []}


def alternatives(size: int) -> bytes:
    entries = [{"token": "a", "logprob": -1, "x": at} for at in range(max(size // 36, 1))]
    token = {"token": "ab", "logprob": -0.5, "bytes": None, "top_logprobs": entries}
    return delta({"content": "ab"}, logprobs={"content": [token], "refusal": None}).encode()


def stops(_number: int) -> str:
    call = call_of(0, function={"arguments": "x"})
    return delta({"content": "a STOP b"}) + call


def long_first(size: int) -> bytes:
    """A chunk with a long id, and many with short ones: the long one is what all of them are held to."""
    rest = each(lambda: (chunk(id=f"c{at}") for at in count()))
    return chunk(id="x" * (size // 2)).encode() + rest(size // 2)


def long_response(size: int) -> bytes:
    nothing = dict.fromkeys(map(str, range(size // 40)))
    first = {"id": "r", "metadata": nothing | {"z": "x" * (size // 4)}, "user": ["u"] * (size // 20)}
    rest = each(
        lambda: (
            event_of("response.in_progress", at, response={"id": "s", "metadata": {"z": "y"}, "user": "v"})
            for at in count(1)
        )
    )
    return event_of("response.created", 0, response=first).encode() + rest(size // 2)


def long_item(size: int) -> bytes:
    item = {"type": "function_call" + "x" * (size // 4), "id": "m" + "x" * (size // 4), "name": "f"}
    rest = each(
        lambda: (
            event_of("response.function_call_arguments.delta", at, item_id="n", output_index=0, delta="{")
            for at in count(1)
        )
    )
    return added(0, 0, item).encode() + rest(size // 2)


def twice(size: int) -> bytes:
    """One object in which every key is there twice."""
    keys = ",".join(f'"k{at}":0,"k{at}":1' for at in range(size // 24 + 1))
    return f'data: {{"choices":[],{keys}}}\n\n'.encode()


def tools(names: Iterable[str]) -> list[dict[str, Any]]:
    """Tools of a request to Responses."""
    return [{"type": "function", "name": name, "parameters": {}} for name in names]


def called(number: int, name: str) -> dict[str, Any]:
    """An item that calls a function."""
    return {
        "type": "function_call",
        "id": f"c{number}",
        "call_id": f"x{number}",
        "name": name,
        "arguments": "",
    }


def cited(size: int) -> bytes:
    """One long text with many annotations."""
    where = {"item_id": "m0", "output_index": 0, "content_index": 0}
    note = {"type": "url_citation", "start_index": 0, "end_index": 9**9, "url": "u", "title": "t"}
    kind = "response.output_text.annotation.added"
    events = each(
        lambda: (event_of(kind, at, annotation_index=at - 4, annotation=note, **where) for at in count(4))
    )
    long = event_of("response.output_text.delta", 3, delta="ab " * (size // 6), logprobs=[], **where)
    return (added(1, 0, message(0)) + part_of(2, content_index=0) + long).encode() + events(size // 2)


def printed(size: int) -> bytes:
    """What very many commands of a shell wrote."""
    item = {"type": "shell_call_output", "id": "s", "call_id": "c", "output": []}
    kind = "response.shell_call_output_content.delta"
    events = each(
        lambda: (
            event_of(kind, at, item_id="s", output_index=0, command_index=at, delta=[{"stdout": "a"}])
            for at in count(1)
        )
    )
    return added(0, 0, item).encode() + events(size)


def lost_deltas(size: int) -> bytes:
    """One item of many parts, and a few deltas that are no text."""
    where = {"item_id": "m0", "output_index": 0}
    text = [
        event_of("response.output_text.delta", at, delta=None, content_index=at, logprobs=[], **where)
        for at in range(15)
    ]
    for at in range(max(size // 800, 1)):
        here = {**where, "content_index": at}
        text += [
            part_of(at, content_index=at),
            event_of("response.output_text.delta", at, delta="ab", logprobs=[], **here),
            event_of("response.output_text.done", at, text="abcd", logprobs=[], **here),
        ]
    return (added(0, 0, message(0)) + "".join(text)).encode()
