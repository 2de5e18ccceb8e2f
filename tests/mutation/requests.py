"""Operators on the request: the same stream, as the answer to a request that asks for something else.

Each applies only where the stream surely does not do what the changed request asks for, so none is
equivalent. An endpoint that ignores a parameter sends just such a stream.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.catalogue import Family
from tests.mutation.operators import Mutant
from tests.mutation.stream import Base, compact
from tests.mutation.texts import texts

__all__ = ["REQUEST_FAMILIES", "REQUEST_OPERATORS", "misasked"]

Json = dict[str, Any]
_WORDS = 6  # of a text that a limit of one token would have cut
_SCHEMA = {
    "type": "object",
    "properties": {"none_of_it": {"type": "boolean"}},
    "required": ["none_of_it"],
    "additionalProperties": False,
}
_LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True)
class Said:
    """What a stream holds, as far as a request can ask for it."""

    chat: bool
    text: str  # of the first choice or item that has any
    choices: int
    calls: tuple[str, ...]  # the names of the functions that are called in the first choice, or at all
    whole: bool  # whether all of it is there, ended by the model, and is nothing but texts and calls


def said(base: Base) -> Said:
    """What the events of a base say."""
    chat, spoken = base.api == "chat", [text.whole for text in texts(base) if text.answer]
    names, indexes, ends, kinds = [], set(), [], set()
    for value in base.values:
        if not isinstance(value, dict):
            continue
        item = value.get("item") or {}
        if value.get("type") == "response.output_item.done":
            kinds.add(item.get("type"))
            names += [item["name"]] if item.get("type") == "function_call" else []
        ends += [value["type"]] if value.get("type") == "response.completed" else []
        for choice in value.get("choices") or ():
            indexes.add(choice["index"])
            ends += [choice["finish_reason"]] if choice.get("finish_reason") in ("stop", "tool_calls") else []
            calls = (choice.get("delta") or {}).get("tool_calls") or ()
            functions = [call.get("function") or {} for call in calls if choice["index"] == 0]
            names += [function["name"] for function in functions if function.get("name")]
    begun = chat or any(block.label == "response.created" for block in base.blocks)
    plain = (
        begun
        and bool(ends)
        and not base.asked.get("stop")
        and kinds <= {"message", "reasoning", "function_call"}
    )
    return Said(chat, next(iter(spoken), ""), len(indexes), tuple(names), plain)


def _more_choices(asked: Json, stream: Said) -> Json | None:
    return {**asked, "n": stream.choices + 1} if stream.chat and stream.choices and stream.whole else None


def _stop(asked: Json, stream: Said) -> Json | None:
    words = stream.text.split()
    wanted = stream.chat and len(words) > 2 and stream.choices == 1 and not stream.calls
    return {**asked, "stop": [words[1]]} if wanted else None


def _limit(asked: Json, stream: Said) -> Json | None:
    if len(stream.text.split()) < _WORDS or not stream.whole:
        return None
    kept = {key: value for key, value in asked.items() if key not in _LIMITS}
    return {**kept, "max_completion_tokens" if stream.chat else "max_output_tokens": 1}


def _usage(asked: Json, stream: Said) -> Json | None:
    """Asked for where it was not; no longer asked for where it was."""
    if not stream.chat or not stream.whole:
        return None
    options = {"stream_options": {"include_usage": True}}
    return (
        {key: value for key, value in asked.items() if key not in options}
        if asked.get("stream_options")
        else {**asked, **options}
    )


def _logprobs(asked: Json, stream: Said) -> Json | None:
    wanted = stream.chat and stream.text and not asked.get("logprobs") and not stream.calls
    return {**asked, "logprobs": True} if wanted else None


def _call(asked: Json, stream: Said) -> Json | None:
    """A call of the one tool that there is."""
    if not stream.text or stream.calls or asked.get("tools") or not stream.whole:
        return None
    function = {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}
    tool = {"type": "function", "function": function} if stream.chat else {"type": "function", **function}
    return {**asked, "tools": [tool], "tool_choice": "required"}


def _other_tools(asked: Json, stream: Said) -> Json | None:
    """Tools of other names."""
    tools = asked.get("tools")
    if not stream.calls or not isinstance(tools, list):
        return None
    return {**asked, "tools": [_renamed(tool) for tool in tools], "tool_choice": "auto"}


def _renamed(tool: Json) -> Json:
    if isinstance(inner := tool.get("function"), dict):
        return {**tool, "function": {**inner, "name": f"other_{inner['name']}"}}
    return {**tool, "name": f"other_{tool.get('name')}"}


def _one_call(asked: Json, stream: Said) -> Json | None:
    return {**asked, "parallel_tool_calls": False} if len(stream.calls) > 1 else None


def _form(asked: Json, stream: Said) -> Json | None:
    """An answer that fits a schema of which it has no key."""
    if not stream.text or stream.calls or not stream.whole or stream.text.startswith("{"):
        return None
    form = {"name": "none", "strict": True, "schema": _SCHEMA}
    if stream.chat:
        return {**asked, "response_format": {"type": "json_schema", "json_schema": form}}
    return {**asked, "text": {"format": {"type": "json_schema", **form}}}


REQUEST_OPERATORS: dict[str, tuple[Family, Callable[[Json, Said], Json | None]]] = {
    "request-more-choices": (Family.CHAT, _more_choices),
    "request-stop": (Family.CHAT, _stop),
    "request-limit": (Family.CHAT, _limit),
    "request-usage": (Family.USAGE, _usage),
    "request-logprobs": (Family.CHAT, _logprobs),
    "request-call": (Family.TOOLS, _call),
    "request-other-tools": (Family.TOOLS, _other_tools),
    "request-one-call": (Family.TOOLS, _one_call),
    "request-form": (Family.CHAT, _form),
}
"""The family that it is about, and the changed request; None where the stream may answer that too."""

REQUEST_FAMILIES = {name: family for name, (family, _) in REQUEST_OPERATORS.items()}


def misasked(base: Base) -> Iterator[Mutant]:
    """The stream under every request that it does not answer; none where its own request is not known."""
    if not base.asked:
        return
    stream = said(base)
    for name, (_, change) in REQUEST_OPERATORS.items():
        asked = change(base.asked, stream)
        if asked is not None:
            yield Mutant(
                operator=name,
                at=0,
                label=base.blocks[0].label,
                blocks=base.blocks,
                request=compact(asked),
            )
