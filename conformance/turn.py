"""Completes a request that sends another's answer back: the next turn of a conversation. Pure.

What is sent back is what an official SDK makes of the stream. Of Chat Completions that is the message whose
parts the deltas are, unknown keys included, such as the signatures of thoughts: openai-python 3.52.0 joins
them in `lib/streaming/_deltas.py`. Of Responses they are the items of the terminal event, as they came.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from conformance.assemble.payload import joined, parse
from conformance.exchange import Exchange, Promise
from conformance.plan import PlannedRequest
from conformance.subject import Answer, ChatStream, ResponsesStream, read
from conformance.trouble import trouble

__all__ = ["RESULT", "UnbuiltRequest", "completed"]

RESULT = '{"weather":"sunny","celsius":21}'
"""The result of every tool call."""

_Json = dict[str, Any]
_LONGEST = 1_000_000  # bytes of a request
_MOST = 100  # entries of a list that deltas put together
# Values that come whole: sent again, they replace what came before. Other strings are parts.
_WHOLE = frozenset({"role", "id", "index", "type", "name", "format", "signature", "thought_signature"})
_PLAIN = "{}"  # stands for the input of a custom tool, which need not be JSON
_OUTPUTS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}


@dataclass(frozen=True, slots=True)
class UnbuiltRequest:
    """Why a request cannot be completed, and its exchange without what it no longer promises."""

    why: str
    exchange: Exchange


class _NoCallError(Exception):
    """Raised where an answer holds nothing to send back; its text says why."""


def completed(planned: PlannedRequest, before: Exchange | None) -> PlannedRequest | UnbuiltRequest:
    """A planned request with the answer that it awaits, and the results of the calls in it.

    `before` is that answer's exchange, None if there is none. Where no call came, the request is not made. It
    then promises nothing if a capability was refused that the provider does not claim. Never raises.
    """
    try:
        body = _text(planned.exchange.asked, before)
    except _NoCallError as error:
        excused = before is not None and before.refused and before.claim is not True and not trouble(before)
        promises = () if excused else (Promise.NEXT_TURN,) if planned.exchange.promises else ()
        why = f"the next turn was not asked for: {planned.awaits} {error}"
        return UnbuiltRequest(why, replace(planned.exchange, promises=promises))
    request = replace(planned.request, body=body)
    return replace(planned, exchange=replace(planned.exchange, request=request), awaits="")


def _text(opening: _Json, before: Exchange | None) -> str:
    """The body of the completed request."""
    if before is None:
        raise _NoCallError("was not sent")
    if met := trouble(before):
        raise _NoCallError(f"told nothing: {met}")
    if before.refused:
        raise _NoCallError(f"was refused with status {before.status}")
    answer = read(before)
    try:
        match answer:
            case ChatStream():
                body = {**opening, "messages": [*opening["messages"], *_messages(answer)]}
            case ResponsesStream():
                body = _continued(opening, answer)
            case _:
                raise _NoCallError("was not answered with a stream")
        text = json.dumps(body, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except RecursionError:
        raise _NoCallError("was answered with JSON that is nested too deeply") from None
    except ValueError:
        raise _NoCallError("was answered with half a surrogate pair, or a number that is too large") from None
    if size > _LONGEST:
        raise _NoCallError(f"was answered with more than the {_LONGEST:,} bytes that are sent back")
    return text


def _checked(calls: Iterable[tuple[Any, Any, Any]]) -> None:
    """Raises _NoCallError unless there are calls, as (id, name, arguments), and all are whole."""
    found = list(calls)
    if not found:
        raise _NoCallError("was answered without a tool call")
    for identity, name, arguments in found:
        if not (isinstance(identity, str) and identity and isinstance(name, str) and name):
            raise _NoCallError("was answered with a call that has no id or no name")
        if not isinstance(arguments, str) or not isinstance(parse(arguments)[0], dict):
            raise _NoCallError(
                "was answered with a call whose arguments, put together from its events, are no JSON object"
            )


# Chat Completions


def _messages(stream: ChatStream) -> list[_Json]:
    """The assistant's message, and one with the result of each of its calls."""
    if stream.chat.errors.seen:
        raise _NoCallError("was answered with an error")
    message = _message(stream)
    entries = message.get("tool_calls")
    calls = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if any(choice.finish.reason == "length" for choice in stream.choices):
        raise _NoCallError("was cut by the token limit")
    _checked(map(_chat_call, calls))
    results = [{"role": "tool", "tool_call_id": call["id"], "content": RESULT} for call in calls]
    return [message, *results]


def _chat_call(call: _Json) -> tuple[Any, Any, Any]:
    custom = call.get("type") == "custom"
    spec = call.get("custom" if custom else "function")
    spec = spec if isinstance(spec, dict) else {}
    return call.get("id"), spec.get("name"), _PLAIN if custom else spec.get("arguments")


def _message(stream: ChatStream) -> _Json:
    """The message of the first choice, joined from its deltas."""
    parts = _Joined()
    for delta in _deltas(stream):
        parts.add(delta)
    message: _Json = {"role": "assistant", "content": None, **parts.value()}
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        # `index` is a key of chunks; openai-node leaves it out too. A call has a type, a chunk need not.
        message["tool_calls"] = [
            {"type": "function", **{key: value for key, value in call.items() if key != "index"}}
            if isinstance(call, dict)
            else call
            for call in calls
        ]
    return message


def _deltas(stream: Answer) -> Iterator[_Json]:
    for event in stream.wire.events:
        chunk, _ = parse(event.data)
        choices = chunk.get("choices") if isinstance(chunk, dict) else None
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and not choice.get("index") and isinstance(choice.get("delta"), dict):
                yield choice["delta"]


class _Joined:
    """An object of which deltas are the parts. Strings are kept in pieces until it is asked for."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def add(self, delta: _Json) -> None:
        for key, value in delta.items():
            self._held[key] = self._grown(key, self._held.get(key), value)

    def value(self) -> _Json:
        return {key: _plain(held) for key, held in self._held.items()}

    @staticmethod
    def _grown(key: str, held: Any, more: Any) -> Any:
        match more:
            case None:
                return held
            case "" if held is not None:
                return held
            case str() if key not in _WHOLE:
                texts = held if isinstance(held, _Texts) else _Texts()
                texts.append(more)
                return texts
            case dict():
                parts = held if isinstance(held, _Joined) else _Joined()
                parts.add(more)
                return parts
            case list():
                entries = held if isinstance(held, _Entries) else _Entries()
                entries.add(more)
                return entries
            case _:
                return more


class _Texts(list[str]):
    """The pieces of a string."""


class _Entries:
    """A list of which deltas bring the entries; those with one `index` are parts of one entry."""

    def __init__(self) -> None:
        self._ordered: list[Any] = []
        self._numbered: dict[int, _Joined] = {}

    def add(self, more: list[Any]) -> None:
        for entry in more:
            number = entry.get("index") if isinstance(entry, dict) else None
            if type(number) is int and number in self._numbered:
                self._numbered[number].add(entry)
                continue
            if len(self._ordered) >= _MOST:
                raise _NoCallError(f"was answered with more than {_MOST} entries of a list")
            if isinstance(entry, dict):
                parts = _Joined()
                parts.add(entry)
                self._ordered.append(parts)
                if type(number) is int:
                    self._numbered[number] = parts
            else:
                self._ordered.append(entry)

    def value(self) -> list[Any]:
        return [_plain(entry) for entry in self._ordered]


def _plain(held: Any) -> Any:
    if isinstance(held, _Joined | _Entries):
        return held.value()
    return joined(held) if isinstance(held, _Texts) else held


# Responses


def _continued(opening: _Json, stream: ResponsesStream) -> _Json:
    """The next request: with the items of the answer in its input, or with its id, and the results."""
    final = stream.responses.lifecycle.final
    if stream.responses.errors.seen or final is None:
        raise _NoCallError("was answered with an error, or without an end")
    if final.type != "response.completed":
        raise _NoCallError(f"ended with {final.type}")
    items = _output(stream)
    calls = [item for item in items if item.get("type") in _OUTPUTS]
    _checked(map(_responses_call, calls))
    results = [
        {"type": _OUTPUTS[call["type"]], "call_id": call["call_id"], "output": RESULT} for call in calls
    ]
    if "previous_response_id" not in opening:
        return {**opening, "input": [*opening["input"], *items, *results]}
    identity = final.response.get("id")
    if not isinstance(identity, str) or not identity:
        raise _NoCallError("was answered with a response that has no id")
    return {**opening, "input": results, "previous_response_id": identity}


def _output(stream: ResponsesStream) -> list[_Json]:
    """The items as the terminal event has them; where it has none, as their own last events do."""
    whole = stream.responses.final_items.ordered
    if whole:
        return whole
    ends = [parse(event.data)[0] for event in stream.wire.events if "output_item.done" in event.data]
    items = [end.get("item") for end in ends if isinstance(end, dict)]
    return [item for item in items if isinstance(item, dict)]


def _responses_call(item: _Json) -> tuple[Any, Any, Any]:
    function = item.get("type") == "function_call"
    return item.get("call_id"), item.get("name"), item.get("arguments") if function else _PLAIN
