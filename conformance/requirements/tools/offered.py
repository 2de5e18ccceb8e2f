"""What a request says of its tools, and the calls that an answer makes, in the same form for both APIs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.assemble.choice import Choice, ToolCall
from conformance.assemble.events import ARGUMENTS
from conformance.assemble.payload import parse
from conformance.catalogue import trigger
from conformance.requirements.responses.common import has_completed
from conformance.subject import ChatStream, ResponsesStream, Stream

__all__ = [
    "Call",
    "Tool",
    "ToolChoice",
    "calls_made",
    "lost_arguments",
    "made_calls",
    "offered_tools",
    "tool_choice",
]

_KINDS = ("function", "custom")
# The items of Responses that the client answers, and the kind of tool that each one calls.
_ITEMS = {"function_call": "function", "custom_tool_call": "custom"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that the client runs. `schema` is its JSON Schema, {} if it has none or takes free text."""

    name: str
    kind: str  # function or custom
    namespace: str = ""  # "" outside of any namespace
    schema: dict[str, Any] = field(default_factory=dict)
    strict: bool = False  # whether the request itself says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that the client is to answer.

    `arguments` is its text as streamed, None if the stream does not hold it as text. `ended` is whether the
    model completed the call; `alone` whether it is the only one in its answer. `event` began the call, `last`
    is the last event about it.
    """

    event: int
    last: int
    name: str
    kind: str  # function or custom
    namespace: str
    arguments: str | None
    ended: bool
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChoice:
    """The `tool_choice` of a request.

    `named` is the one tool that must be called, "" if any may be. `allowed` are the names of the functions
    and custom tools that may be called, None if there is no such list.
    """

    mode: str = "auto"  # auto, none or required
    named: str = ""
    allowed: frozenset[str] | None = None

    @property
    def obliges(self) -> bool:
        """Whether it leaves the model less than a free choice."""
        return self.mode != "auto" or self.allowed is not None


def tool_choice(stream: Stream) -> ToolChoice:
    """What the request says; `auto` if it says nothing that is known."""
    asked = stream.asked.get("tool_choice")
    if isinstance(asked, str):
        return ToolChoice(mode=asked if asked in ("none", "required") else "auto")
    if not isinstance(asked, dict):
        return ToolChoice()
    kind, nested = asked.get("type"), isinstance(stream, ChatStream)
    if kind == "allowed_tools":
        inner = asked.get(kind) if nested else asked
        inner = inner if isinstance(inner, dict) else {}
        names = frozenset(_name(tool, nested=nested) for tool in _objects(inner.get("tools")))
        mode = "required" if inner.get("mode") == "required" else "auto"
        return ToolChoice(mode=mode, allowed=names - {""} or None)
    return ToolChoice(mode="required", named=_name(asked, nested=nested))


def offered_tools(stream: Stream) -> list[Tool]:
    """The functions and custom tools of the request, those inside of namespaces included."""
    nested = isinstance(stream, ChatStream)
    return [tool for entry in _objects(stream.asked.get("tools")) for tool in _tools(entry, nested=nested)]


def _tools(entry: dict[str, Any], *, nested: bool, namespace: str = "") -> Iterator[Tool]:
    kind = str(entry.get("type"))
    if kind == "namespace" and not nested and not namespace:
        for inner in _objects(entry.get("tools")):
            yield from _tools(inner, nested=nested, namespace=str(entry.get("name") or ""))
        return
    # Vendors have kinds of their own, with a function inside.
    holder = entry.get(kind, entry.get("function")) if nested else entry
    name = _name(entry, nested=nested)
    if isinstance(holder, dict) and name:
        schema = holder.get("parameters")
        yield Tool(
            name=name,
            kind="custom" if kind == "custom" else "function",
            namespace=namespace,
            schema=schema if isinstance(schema, dict) else {},
            strict=holder.get("strict") is True,
        )


def _name(entry: dict[str, Any], *, nested: bool) -> str:
    kind = entry.get("type")
    if not nested:
        return str(entry.get("name") or "") if kind in _KINDS else ""
    holder = entry.get(str(kind), entry.get("function"))
    return str(holder.get("name") or "") if isinstance(holder, dict) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def made_calls(stream: Stream) -> list[Call]:
    """The calls of functions and of custom tools, in order."""
    if isinstance(stream, ResponsesStream):
        return list(_of_items(stream))
    return [_of_chat(choice, call) for choice, call in stream.chat.calls]


@trigger(absent="no tool call in the stream")
def calls_made(stream: Stream) -> list[Call]:
    """The calls of functions and of custom tools, in order."""
    return made_calls(stream)


def _of_chat(choice: Choice, call: ToolCall) -> Call:
    return Call(
        event=call.event,
        last=call.fragments[-1].event,
        name=call.name,
        kind="custom" if call.custom else "function",
        namespace="",
        arguments=call.arguments if call.textual else None,
        ended=choice.finish.reason in ("stop", "tool_calls"),
        alone=len(choice.calls.made) == 1,
    )


def _of_items(stream: ResponsesStream) -> Iterator[Call]:
    items = [item for item in stream.items if item.type in _ITEMS]
    completed = has_completed(stream)
    for item in items:
        known = {**item.added.value, **item.done.value}
        key = ARGUMENTS[item.type].key
        streamed = [text.text for text in item.texts.values() if text.slot == key and text.deltas.texts]
        text = streamed[0] if streamed else known.get(key)
        yield Call(
            event=item.added.event,
            last=item.done.event or item.added.event,
            # What clients look up is announced; `item-identity` reports another name at the end.
            name=str(item.added.value.get("name") or known.get("name") or ""),
            kind=_ITEMS[item.type],
            namespace=str(item.added.value.get("namespace") or known.get("namespace") or ""),
            arguments=text if isinstance(text, str) else None,
            ended=completed and bool(item.done.event) and item.done.value.get("status") != "incomplete",
            alone=len(items) == 1,
        )


def lost_arguments(text: str | None, required: list[str]) -> bool:
    """Whether arguments are no text at all, or as good as empty where a function requires some."""
    if text is None or not text.strip():
        return True
    value, wrong = parse(text)
    return bool(required) and not wrong and value in ({}, "", None)
