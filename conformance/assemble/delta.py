"""Reads what a chunk says of one choice: its delta, its logprobs and its finish_reason."""

from typing import Any

from conformance.assemble.choice import (
    REASONING_FIELDS,
    Choice,
    Fragment,
    ReplacedText,
    Signal,
    ToolCall,
    signal,
)
from conformance.assemble.payload import stray_surrogate
from conformance.assemble.records import Deltas, Reading, Sighting, WrongIndex
from conformance.text import shown

__all__ = ["see_choice"]

_SAYING = ("content", "refusal", "tool_calls", "function_call", "audio")


def see_choice(choice: Choice, number: int, item: dict[str, Any]) -> None:
    """Records what one chunk says of a choice. Never raises."""
    delta = item.get("delta")
    logprobs = item.get("logprobs")
    if logprobs is not None:
        choice.logprobs.see(number, logprobs)  # even if the delta holds nothing else
        choice.logprobs.mark(number)
    if delta:
        if isinstance(delta, dict):
            _delta(choice, number, delta, logprobs)
        else:
            delta = None
    finish = item.get("finish_reason")
    # An empty finish_reason ends nothing: clients continue. `finish-reason-value` reports it.
    if finish is not None and finish != "":
        choice.finish.seen.append(Reading(number, finish))
        if delta and any(delta.get(key) for key in ("content", "refusal", "tool_calls", *REASONING_FIELDS)):
            choice.finish.with_delta.append(Sighting(number, shown(delta, 80)))
        signal(choice, Signal.FINISH, number, finish)


def _delta(choice: Choice, number: int, delta: dict[str, Any], logprobs: Any) -> None:
    if not choice.said.first and any(delta.get(key) for key in _SAYING):
        choice.said.first = number
    role = delta.get("role")
    if role is not None:
        choice.roles.append(Sighting(number, role if isinstance(role, str) else shown(role)))
        signal(choice, Signal.ROLE, number, role)
    if (audio := delta.get("audio")) is not None:
        _audio(choice, number, audio)
    for name in REASONING_FIELDS:
        if (text := delta.get(name)) is not None:
            _reasoning(choice, number, name, text, delta)
    content = delta.get("content")
    if content:
        if type(content) is str:
            _content(choice, number, content, logprobs)
        signal(choice, Signal.CONTENT, number, content)
    if (refusal := delta.get("refusal")) and isinstance(refusal, str):
        choice.refusal.add(number, refusal)
        _characters(choice, number, "refusal", refusal)
        signal(choice, Signal.REFUSAL, number, refusal)
    calls = delta.get("tool_calls")
    if calls is not None:
        if calls == []:
            choice.calls.empty.append(Sighting(number))
        elif isinstance(calls, list):
            for call in calls:
                if isinstance(call, dict):
                    _fragment(choice, number, call)
            signal(choice, Signal.TOOL, number, calls)
    if function := delta.get("function_call"):
        if isinstance(function, dict):
            _function_call(choice, number, function)
        signal(choice, Signal.FUNCTION_CALL, number, function)


def _audio(choice: Choice, number: int, audio: Any) -> None:
    known = choice.audio
    known.event = known.event or number
    if not isinstance(audio, dict):
        return
    identity, data = audio.get("id"), audio.get("data")
    if identity and isinstance(identity, str):
        known.id.see(number, identity)
    if data and isinstance(data, str):
        known.data.add(number, data)
    if audio.get("expires_at") is not None:
        known.expires = known.expires or number


def _function_call(choice: Choice, number: int, function: dict[str, Any]) -> None:
    known = choice.function_call
    known.event = known.event or number
    name, arguments = function.get("name"), function.get("arguments")
    if name and isinstance(name, str):
        known.name = known.name or name
    if isinstance(arguments, str):
        known.arguments.add(number, arguments)
        _characters(choice, number, "function_call", arguments)


def _content(choice: Choice, number: int, content: str, logprobs: Any) -> None:
    text = choice.content
    if text.interrupted and text.texts:
        text.run_starts.append(len(text.texts))
    text.add(number, content)
    text.visible = text.visible or not content.isspace()
    _characters(choice, number, "content", content)
    if not isinstance(logprobs, dict) or not logprobs.get("content"):
        choice.logprobs.missing.append(number)


def _characters(choice: Choice, number: int, name: str, text: str) -> None:
    if text.isascii():
        return
    if stray_surrogate(text):
        choice.characters.surrogates.append(Sighting(number, ascii(text)[:80]))
    if "\ufffd" in text:
        choice.characters.replaced.append(ReplacedText(number, name, text))


def _reasoning(choice: Choice, number: int, name: str, text: Any, delta: dict[str, Any]) -> None:
    reasoning = choice.reasoning
    if not isinstance(text, str):
        reasoning.not_text.append(Sighting(number, f"{name}: {shown(text, 60)}"))
        return
    known = reasoning.fields.get(name)
    if known is None:
        known = reasoning.fields[name] = Deltas()
    known.add(number, text)
    if not text:
        return
    reasoning.event = reasoning.event or number
    _characters(choice, number, name, text)
    if choice.content.visible:
        reasoning.after_content.append(Sighting(number, f"{name}: {shown(text, 60)}"))
    if name == REASONING_FIELDS[0]:
        other = delta.get(REASONING_FIELDS[1])
        if isinstance(other, str) and other and other != text:
            what = f"{name}: {shown(text, 40)}, {REASONING_FIELDS[1]}: {shown(other, 40)}"
            reasoning.differing.append(Sighting(number, what))
    signal(choice, Signal.REASONING, number, text)


def _fragment(choice: Choice, number: int, call: dict[str, Any]) -> None:
    part = _part(number, call)
    if isinstance(part.arguments, str):
        _characters(choice, number, "tool_calls", part.arguments)
    index = call.get("index")
    index = index if type(index) is int else None
    calls = choice.calls
    if index is None:
        # Like a lenient client: a new id begins a call, anything else continues the last one.
        current = calls.of_id(part.id)
        if current is None and calls.made and not (part.id or part.name):
            current = calls.made[-1]
    else:
        current = calls.of_index(index)
    reused = None
    if current is not None and _another(current, part):
        began = current.fragments[0].event
        reused = Sighting(number, f"{index}, that of the call of {current.name} which began in event {began}")
        current = None
    if current is not None:
        calls.go_on(current, part)
        return
    if index is not None and reused is None and index != calls.indexes:
        calls.misnumbered.append(WrongIndex(number, index, calls.indexes))
    calls.begin(ToolCall(index, reused=reused), part)


def _part(number: int, call: dict[str, Any]) -> Fragment:
    for holds, key in (("function", "arguments"), ("custom", "input")):
        value = call.get(holds)
        if isinstance(value, dict):
            nulls = _nulls(call, "id", "type") + _nulls(value, "name")
            return Fragment(
                number, call.get("id"), call.get("type"), value.get("name"), value.get(key), holds, nulls
            )
    return Fragment(number, call.get("id"), call.get("type"), None, None, "", _nulls(call, "id", "type"))


def _nulls(value: dict[str, Any], *keys: str) -> tuple[str, ...]:
    """Those of these keys that are there and null."""
    return tuple(key for key in keys if key in value and value[key] is None)


def _another(call: ToolCall, part: Fragment) -> bool:
    # A new id with a name, on the index of a call that already has another name or arguments.
    renewed = bool(part.id and part.name and call.id and part.id != call.id)
    return renewed and (part.name != call.name or call.argued)
