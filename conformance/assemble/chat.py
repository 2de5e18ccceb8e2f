"""Chat Completions chunks, assembled per choice.

The assembler goes once through the events and records facts, each with its event number: first
and last of a field, changes, repeats, what came out of place. It is lenient where a client can
be, so that one fault shows as one fact, and it never raises, whatever the bytes hold.
Shapes: openai-openapi `CreateChatCompletionStreamResponse` at commit f85dbe2.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from conformance.assemble.choice import REASONING_FIELDS, Choice, Fragment, Signal, ToolCall, signal
from conformance.assemble.payload import At, Growth, Misfit, Misfits, Track, parse, stray_surrogate
from conformance.decode import Event, Wire
from conformance.paths import schema
from conformance.shapes import Shape
from conformance.text import clipped, shown

__all__ = ["Chat", "UsageSeen", "assemble_chat"]

_CONSTANT = ("id", "object", "created", "model")
_REPEATED = 100  # choices of one chunk that are told to be there already
_CHOICES = 10_000  # that are told apart; nobody asks for so many
_SAYING = ("content", "refusal", "tool_calls", "function_call", "audio")


@dataclass(frozen=True, slots=True)
class UsageSeen:
    """A `usage` that is not null."""

    event: int
    value: Any
    choices: bool  # whether its chunk has choices


@dataclass(slots=True)
class Chat:
    """A chat stream, assembled."""

    chunks: int = 0
    misfits: Misfits = field(default_factory=Misfits)
    not_json: list[At] = field(default_factory=list)
    foreign: list[At] = field(default_factory=list)
    named: list[At] = field(default_factory=list)  # events with an `event:` line
    errors: list[tuple[int, Any]] = field(default_factory=list)  # event, the value of `error`
    finished_errors: list[At] = field(default_factory=list)  # errors on a chunk that ends well
    misshapen_errors: list[At] = field(default_factory=list)  # errors that no SDK recognises as such
    null_errors: list[int] = field(default_factory=list)
    after_error: list[At] = field(default_factory=list)
    done: list[At] = field(default_factory=list)  # exact terminators
    done_variants: list[At] = field(default_factory=list)
    after_done: list[At] = field(default_factory=list)
    tracks: dict[str, Track] = field(default_factory=lambda: {name: Track() for name in _CONSTANT})
    empty_ids: list[int] = field(default_factory=list)
    odd_created: list[tuple[int, Any]] = field(default_factory=list)  # not Unix seconds
    usage: list[UsageSeen] = field(default_factory=list)
    no_usage_key: list[int] = field(default_factory=list)  # chunks without the key
    empty_choices: list[At] = field(default_factory=list)  # with nothing that explains it
    filters: list[int] = field(default_factory=list)  # chunks of Azure's content filter
    repeated_index: list[At] = field(default_factory=list)  # one choice twice in a chunk
    audio: bool = False
    choices: dict[int, Choice] = field(default_factory=dict)
    last_choice_event: int = 0

    @property
    def ordered(self) -> list[Choice]:
        """The choices in the order of their index."""
        return [self.choices[index] for index in sorted(self.choices)]

    @property
    def calls(self) -> list[tuple[Choice, ToolCall]]:
        """Every tool call with its choice."""
        return [(choice, call) for choice in self.ordered for call in choice.calls]


@cache
def _shape() -> Shape:
    return Shape(schema("chat.chunk"))


def assemble_chat(wire: Wire) -> Chat:
    """Assemble the events of a body. Never raises."""
    chat = Chat()
    for event in wire.events:
        _event(chat, event)
    return chat


def _event(chat: Chat, event: Event) -> None:
    number, data = event.number, event.data
    if event.name is not None:
        chat.named.append(At(number, event.name))
    if data == "[DONE]":
        (chat.after_done if chat.done else chat.done).append(At(number, data))
        return
    if chat.done:
        chat.after_done.append(At(number, data))
        return
    if data.strip().strip("\"'").upper() in ("[DONE]", "DONE"):
        chat.done_variants.append(At(number, data))
        return
    if not data:
        return  # the rule about empty data speaks of it
    value, wrong = parse(data)
    if wrong:
        chat.not_json.append(At(number, wrong))
        return
    if chat.errors or chat.misshapen_errors:
        chat.after_error.append(At(number, clipped(data, 80)))
    if not isinstance(value, dict):
        chat.foreign.append(At(number, clipped(data, 80)))
        return
    if value.get("error"):
        chat.errors.append((number, value["error"]))
        if (reason := _success(value)) is not None:
            chat.finished_errors.append(At(number, f"finish_reason {reason}"))
    elif "error" in value:
        chat.null_errors.append(number)
    if "choices" in value or value.get("object") == "chat.completion.chunk":
        _chunk(chat, number, value)
    elif not value.get("error"):
        if value.get("object") == "error" or isinstance(value.get("message"), str):
            chat.misshapen_errors.append(At(number, clipped(data, 80)))
        else:
            chat.foreign.append(At(number, clipped(data, 80)))


def _chunk(chat: Chat, number: int, value: dict[str, Any]) -> None:
    chat.chunks += 1
    for error in _shape().errors(value):
        chat.misfits.append(Misfit(number, error.path, error.rule, error.expected, error.observed))
    _identity(chat, number, value)
    choices = value.get("choices")
    usage = value.get("usage")
    if usage is not None:
        chat.usage.append(UsageSeen(number, usage, bool(choices)))
    elif "usage" not in value:
        chat.no_usage_key.append(number)
    filtered = "prompt_filter_results" in value
    if not choices:
        if filtered:
            chat.filters.append(number)
        elif choices == [] and usage is None and value.get("moderation") is None and not value.get("error"):
            chat.empty_choices.append(At(number))
        return
    if not isinstance(choices, list):
        return
    chat.last_choice_event = number
    seen: set[int] = set()
    repeated = 0
    for item in choices:
        if isinstance(item, dict):
            index = item.get("index", 0)
            if type(index) is not int:
                index = 0
            if index in seen and (repeated := repeated + 1) <= _REPEATED:
                chat.repeated_index.append(At(number, f"index {index} twice"))
            seen.add(index)
            choice = chat.choices.get(index)
            if choice is None:
                if len(chat.choices) >= _CHOICES:
                    continue
                choice = chat.choices[index] = Choice(index, number)
            _choice(chat, choice, number, item)


def _success(value: dict[str, Any]) -> str | None:
    # A finish_reason that says that all is well, on a chunk that holds an error.
    choices = value.get("choices")
    for item in choices if isinstance(choices, list) else ():
        reason = item.get("finish_reason") if isinstance(item, dict) else None
        if reason in ("stop", "length", "tool_calls"):
            return str(reason)
    return None


def _identity(chat: Chat, number: int, value: dict[str, Any]) -> None:
    tracks = chat.tracks
    identity = value.get("id")
    if identity:
        if type(identity) is str:
            tracks["id"].see(number, identity)
    elif identity == "":
        chat.empty_ids.append(number)
    created = value.get("created")
    if isinstance(created, int | float) and not isinstance(created, bool):
        # Seconds since 1970 have ten digits until the year 2286; milliseconds have thirteen.
        if 1_000_000_000 <= created < 10_000_000_000:
            tracks["created"].see(number, created)
        else:
            chat.odd_created.append((number, created))
    model = value.get("model")
    if model and type(model) is str:
        tracks["model"].see(number, model)


def _choice(chat: Chat, choice: Choice, number: int, item: dict[str, Any]) -> None:
    delta = item.get("delta")
    logprobs = item.get("logprobs")
    if logprobs is not None:
        choice.has_logprobs = True
        choice.logprobs.see(number, logprobs)  # also where nothing is said beside them
    if delta:
        if isinstance(delta, dict):
            _delta(chat, choice, number, delta, logprobs)
        else:
            delta = None
    finish = item.get("finish_reason")
    # An empty finish_reason ends nothing: clients go on, and the rule about its values tells of it.
    if finish is not None and finish != "":
        choice.finish.append((number, finish))
        if delta and any(delta.get(key) for key in ("content", "refusal", "tool_calls", *REASONING_FIELDS)):
            choice.finish_with_delta.append(At(number, shown(delta, 80)))
        signal(choice, Signal.FINISH, number, finish)


def _delta(chat: Chat, choice: Choice, number: int, delta: dict[str, Any], logprobs: Any) -> None:
    if not choice.said and any(delta.get(key) for key in _SAYING):
        choice.said = number
    role = delta.get("role")
    if role is not None:
        choice.roles.append(At(number, role if isinstance(role, str) else shown(role)))
        signal(choice, Signal.ROLE, number, role)
    if delta.get("audio") is not None:
        chat.audio = True
    for name in REASONING_FIELDS:
        if (text := delta.get(name)) is not None:
            _reasoning(choice, number, name, text, delta)
    content = delta.get("content")
    if content:
        if type(content) is str:
            _content(choice, number, content, logprobs)
        signal(choice, Signal.CONTENT, number, content)
    if (refusal := delta.get("refusal")) and isinstance(refusal, str):
        choice.refusal.append(refusal)
        _characters(choice, number, "refusal", refusal)
        signal(choice, Signal.REFUSAL, number, refusal)
    calls = delta.get("tool_calls")
    if calls is not None:
        if calls == []:
            choice.call_markers.append(At(number))
        elif isinstance(calls, list):
            for call in calls:
                if isinstance(call, dict):
                    _fragment(choice, number, call)
            signal(choice, Signal.TOOL, number, calls)


def _content(choice: Choice, number: int, content: str, logprobs: Any) -> None:
    parts = choice.content
    if choice.growth.alike:
        choice.growth.see(content)
    if choice.elsewhere and parts:
        choice.run_starts.append(len(parts))
    parts.append(content)
    choice.content_events.append(number)
    _characters(choice, number, "content", content)
    if not isinstance(logprobs, dict) or not logprobs.get("content"):
        choice.without_logprobs.append(number)


def _characters(choice: Choice, number: int, name: str, text: str) -> None:
    if text.isascii():
        return
    if stray_surrogate(text):
        choice.surrogates.append(At(number, ascii(text)[:80]))
    if "\ufffd" in text:
        choice.replaced.append((name, At(number, text)))


def _reasoning(choice: Choice, number: int, name: str, text: Any, delta: dict[str, Any]) -> None:
    if not isinstance(text, str):
        choice.reasoning_misfits.append(At(number, f"{name}: {shown(text, 60)}"))
        return
    choice.reasoning.setdefault(name, []).append(text)
    if not text:
        return
    choice.reasoning_event = choice.reasoning_event or number
    choice.reasoning_growth.setdefault(name, Growth()).see(text)
    _characters(choice, number, name, text)
    if choice.content_events:
        choice.reasoning_after_content.append(At(number, shown(text, 60)))
    if name == REASONING_FIELDS[0]:
        other = delta.get(REASONING_FIELDS[1])
        if isinstance(other, str) and other and other != text:
            choice.reasoning_differs.append(At(number, f"{shown(text, 40)} and {shown(other, 40)}"))
    signal(choice, Signal.REASONING, number, text)


def _fragment(choice: Choice, number: int, call: dict[str, Any]) -> None:
    function = call.get("function")
    function = function if isinstance(function, dict) else None
    part = Fragment(
        number,
        call.get("id"),
        call.get("type"),
        function.get("name") if function else None,
        function.get("arguments") if function else None,
        function is not None,
    )
    if isinstance(part.arguments, str):
        _characters(choice, number, "tool_calls", part.arguments)
    index = call.get("index")
    index = index if type(index) is int else None
    calls = choice.calls
    if index is None:
        # As a lenient client does: a new id opens a call, anything else continues the last one.
        current = calls.of_id(part.id)
        if current is None and calls and not (part.id or part.name):
            current = calls[-1]
    else:
        current = calls.of_index(index)
    reused = None
    if current is not None and _another(current, part):
        reused = At(number, f"index {index} was {current.name} {current.id}, now {part.name} {part.id}")
        current = None
    if current is not None:
        calls.go_on(current, part)
        return
    if index is not None and reused is None and index != calls.indexes:
        choice.new_index.append((number, index, calls.indexes))
    calls.begin(ToolCall(index, reused=reused), part)


def _another(call: ToolCall, part: Fragment) -> bool:
    # A new id with a name, where a call with another name or with arguments already stands.
    renewed = bool(part.id and part.name and call.id and part.id != call.id)
    return renewed and (part.name != call.name or call.argued)
