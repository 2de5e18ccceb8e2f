"""Five servers on loopback ports that stream as the five vendors' pages document, and in nothing else.

What a page shows is sent as it shows it, keys that it leaves out left out. What it says nothing of is done as
OpenAI does where an answer needs it, and ignored without a word where a request asks for it. The models obey
the prompts of the suite.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tests.capture.hostile import Asked, Hostile
from tests.proof.streams.handmade import DONE, data

Json = dict[str, Any]
Blocks = list[bytes]

KEY = "sk-of-a-test-and-long-enough"
MODELS = ("documented", "documented-reasoning")
CREATED = 1780000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one vendor documents.

    `chat` gives the blocks of a stream, for the request's body, its number and the text that the model
    writes; `responses` the same of the Responses API, None where the vendor documents none. `refused` gives
    the body of an error from its status and message. `tools` says that the chat API calls tools. `statuses`
    are those of a wrong key, an unknown model, a body that is not JSON, and a path that is not there.
    """

    chat: Callable[[Json, int, str], Blocks]
    refused: Callable[[int, str], Json]
    responses: Callable[[Json, int, str], Blocks] | None = None
    tools: bool = False
    statuses: tuple[int, int, int, int] = (401, 404, 400, 404)


# The model


def counted(text: str) -> Json:
    """The usage of an answer: a token for every three letters."""
    tokens = len(text) // 3 + 1
    return {"prompt_tokens": 40, "completion_tokens": tokens, "total_tokens": 40 + tokens}


def answered(body: Json) -> bool:
    """Whether the last word of a request is the result of a call."""
    words = body.get("input") or body["messages"]
    last = words[-1] if isinstance(words, list) else {}
    return bool(last.get("role") == "tool" or last.get("type") == "function_call_output")


def calls_for(body: Json) -> bool:
    """Whether a request is answered with calls: one that offers tools and asks for the weather."""
    return bool(body.get("tools")) and not answered(body) and bool(called(body))


def spoken(body: Json) -> str:
    """What a model that obeys the prompts of the suite writes."""
    if answered(body):
        return "It is sunny in Paris."
    asked = body.get("input") or body["messages"][-1]["content"]
    prompt = asked if isinstance(asked, str) else asked[-1]["content"]
    if "«" in prompt:
        return str(prompt.partition("«")[2].partition("»")[0])
    code = re.search(r"code (\w+)", prompt)
    assert code is not None
    if "JSON object" in prompt:
        return json.dumps({"city": "Paris", "code": code[1]})
    count = re.search(r"numbers 1 to (\d+)", prompt)
    return " ".join(f"{number}-{code[1]}" for number in range(1, int(count[1] if count else "1") + 1))


def pieces(text: str) -> Iterator[str]:
    """The text in deltas of a word each."""
    return (match[0] for match in re.finditer(r"\S+\s*", text))


def called(body: Json) -> list[str]:
    """The arguments of the calls that the prompt asks for, one for each city."""
    prompt = str(body.get("input") or body["messages"][-1]["content"])
    code = re.search(r"(?s)«(.*)»", prompt) or re.search(r"code (\w+)", prompt)
    assert code is not None
    cities = [city for city in ("Paris", "Rome") if city in prompt]
    return [json.dumps({"city": city, "code": code[1]}) for city in cities]


# Chat Completions


def chunk(serial: int, delta: Json, finish: str | None = None, **more: Any) -> Json:
    """A chunk with all keys that OpenAI's have."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**head(serial), "choices": [choice], **more}


def head(serial: int) -> Json:
    """The keys of a chunk that say whose it is."""
    return {
        "id": f"chatcmpl-{serial}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": MODELS[0],
    }


def calls(body: Json, serial: int) -> Iterator[Json]:
    """The deltas of tool calls, in fragments that are to be put together."""
    yield {"role": "assistant", "content": None}
    for index, arguments in enumerate(called(body)):
        function = {"name": "get_weather", "arguments": ""}
        first = {"index": index, "id": f"call_{serial}_{index}", "type": "function", "function": function}
        yield {"tool_calls": [first]}
        for piece in pieces(arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def as_openai(body: Json, serial: int, text: str, *, tools: bool = False, usage: bool = False) -> Blocks:
    """A stream of whole chunks, with the documented parts of OpenAI's API."""
    calling = tools and calls_for(body)
    if calling:
        deltas = list(calls(body, serial))
    else:
        deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces(text))]
    chunks = [chunk(serial, delta) for delta in deltas]
    chunks.append(chunk(serial, {}, "tool_calls" if calling else "stop"))
    if usage and (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head(serial), "choices": [], "usage": counted(text)})
    return [*map(data, chunks), DONE]


def zenmux(body: Json, serial: int, text: str) -> Blocks:
    """Reasoning in two fields of its own, usage at the end, tool calls."""
    blocks = as_openai(body, serial, text, tools=True, usage=True)
    if body["model"].endswith("reasoning"):
        thoughts = [
            chunk(serial, {"reasoning": piece, "reasoning_content": piece}) for piece in ("Let me ", "count.")
        ]
        blocks[1:1] = map(data, thoughts)
    return blocks


def yuhuan(body: Json, serial: int, text: str) -> Blocks:
    """The chunks of the page's example, and as the final one the object that it prints."""
    example = {"id": f"chatcmpl-{serial}", "object": "chat.completion.chunk"}
    if calls_for(body):
        deltas = list(calls(body, serial))
    else:
        deltas = [{"role": "assistant"}, *({"content": piece} for piece in pieces(text))]
    chunks: list[Json] = [{**example, "choices": [{"delta": delta, "index": 0}]} for delta in deltas]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({"usage": counted(text)})
    return [*map(data, chunks), DONE]


def onysoft(_body: Json, serial: int, text: str) -> Blocks:
    """The chunks of the page's example: deltas alone, and usage with a cost that nobody asked for."""
    example = {"id": f"req_{serial:024x}", "object": "chat.completion.chunk"}
    chunks: list[Json] = [{**example, "choices": [{"delta": {"content": piece}}]} for piece in pieces(text)]
    cost = {"amount": 0.000008, "currency": "USD"}
    return [*map(data, chunks), data({**example, "choices": [], "usage": counted(text), "cost": cost}), DONE]


# Responses


def responses(body: Json, serial: int, text: str, *, named: bool, first: int) -> Blocks:
    """A response event by event, with `event:` lines or without; numbers begin at `first`."""
    whole = {
        "id": f"resp_{serial}",
        "object": "response",
        "created_at": CREATED,
        "model": MODELS[0],
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "output": [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": body.get("tools", []),
        "top_p": 1.0,
    }
    events: list[Json] = [
        {"type": "response.created", "response": whole},
        {"type": "response.in_progress", "response": whole},
    ]
    item = yield_call(events, body, serial) if calls_for(body) else yield_text(events, serial, text)
    usage = counted(text)
    counts = {
        "input_tokens": usage["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage["total_tokens"],
    }
    done = {**whole, "status": "completed", "output": [item], "usage": counts}
    events.append({"type": "response.completed", "response": done})
    blocks = []
    for number, event in enumerate(events, first):
        block = data({**event, "sequence_number": number})
        blocks.append(f"event: {event['type']}\n".encode() + block if named else block)
    return blocks


def yield_text(events: list[Json], serial: int, text: str) -> Json:
    """Adds the events of a message; returns the finished item."""
    place = {"item_id": f"msg_{serial}", "output_index": 0, "content_index": 0}
    item: Json = {"id": f"msg_{serial}", "type": "message", "status": "in_progress", "role": "assistant"}
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    events += [
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        *(
            {"type": "response.output_text.delta", **place, "delta": it, "logprobs": []}
            for it in pieces(text)
        ),
        {"type": "response.output_text.done", **place, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
    ]
    item = {**item, "status": "completed", "content": [part]}
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    return item


def yield_call(events: list[Json], body: Json, serial: int) -> Json:
    """Adds the events of a function call; returns the finished item."""
    (arguments,) = called(body)
    place = {"item_id": f"fc_{serial}", "output_index": 0}
    item = {
        "id": f"fc_{serial}",
        "type": "function_call",
        "status": "in_progress",
        "call_id": f"call_{serial}",
        "name": "get_weather",
        "arguments": "",
    }
    kind = "response.function_call_arguments"
    events += [
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        *({"type": f"{kind}.delta", **place, "delta": piece} for piece in pieces(arguments)),
        {"type": f"{kind}.done", **place, "name": "get_weather", "arguments": arguments},
    ]
    item = {**item, "status": "completed", "arguments": arguments}
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    return item


# Errors


def enveloped(status: int, message: str) -> Json:
    """All four fields."""
    kinds = {401: "authentication_error"}
    codes = {401: "invalid_api_key", 404: "invalid_model"}
    kind = kinds.get(status, "invalid_request_error")
    return {"error": {"type": kind, "message": message, "code": codes.get(status), "param": None}}


def coded(status: int, message: str) -> Json:
    """The status as the code, a type, a message, and no `param`."""
    kinds = {403: "access_denied", 404: "invalid_model"}
    return {"error": {"code": str(status), "type": kinds.get(status, "invalid_params"), "message": message}}


def detailed(_status: int, message: str) -> Json:
    """The message alone."""
    return {"detail": message}


PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "zenmux": Page(
            chat=zenmux,
            responses=lambda body, serial, text: responses(body, serial, text, named=False, first=1),
            refused=coded,
            tools=True,
            statuses=(403, 404, 400, 404),
        ),
        "mume": Page(
            chat=as_openai,
            responses=lambda body, serial, text: responses(body, serial, text, named=True, first=0),
            refused=enveloped,
        ),
        "yuhuan-studio": Page(chat=yuhuan, refused=enveloped, tools=True),
        "inferex": Page(chat=as_openai, refused=detailed, statuses=(401, 404, 422, 404)),
        "onysoft": Page(chat=onysoft, refused=enveloped),
    }
)
"""What each vendor's page documents, by the name of its entry."""


def serving(name: str) -> Hostile:
    """The server of a vendor's page, to be used in a `with` statement."""
    page = PAGES[name]
    serial = 0

    async def script(asked: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal serial
        serial += 1
        status, kind, blocks = _answer(page, asked, serial)
        writer.write(
            f"HTTP/1.1 {status} {'OK' if status == 200 else 'Refused'}\r\ncontent-type: {kind}\r\n"
            "connection: close\r\ntransfer-encoding: chunked\r\n\r\n".encode()
        )
        for block in blocks:
            writer.write(b"%x\r\n%b\r\n" % (len(block), block))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    return Hostile([script])


def _answer(page: Page, asked: Asked, serial: int) -> tuple[int, str, Blocks]:
    bad_key, bad_model, malformed, no_path = page.statuses
    speaks = page.chat if " /v1/chat/completions " in asked.line else page.responses

    def refused(status: int, message: str) -> tuple[int, str, Blocks]:
        return status, "application/json", [json.dumps(page.refused(status, message)).encode()]

    if speaks is None:
        return refused(no_path, "Not Found")
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return refused(bad_key, "This key is not known.")
    try:
        body = json.loads(asked.body)
    except ValueError:
        return refused(malformed, "The body is not JSON.")
    if body["model"] not in MODELS:
        return refused(bad_model, f"There is no model {body['model']}.")
    if not body.get("stream"):
        return 200, "application/json", [json.dumps(_whole(page, body, serial)).encode()]
    return 200, "text/event-stream; charset=utf-8", speaks(body, serial, spoken(body))


def _whole(page: Page, body: Json, serial: int) -> Json:
    """An answer without streaming, of which no page says anything."""
    if "input" in body and page.responses is not None:
        ending = page.responses(body, serial, spoken(body))[-1].partition(b"data: ")[2]
        response: Json = json.loads(ending)["response"]
        return response
    message: Json = {"role": "assistant", "content": spoken(body), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    if page.tools and calls_for(body):
        arguments = called(body)
        message["content"] = None
        message["tool_calls"] = [
            {
                "id": f"call_{serial}_{index}",
                "type": "function",
                "function": {"name": "get_weather", "arguments": text},
            }
            for index, text in enumerate(arguments)
        ]
        choice["finish_reason"] = "tool_calls"
    return {**head(serial), "object": "chat.completion", "choices": [choice], "usage": counted(spoken(body))}
