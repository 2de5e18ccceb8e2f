"""Assembles Chat Completions chunks into choices.

The assembler passes once over the events and records facts, each with its event number: the first and the
last occurrence of a field, changes, repetitions, and what is out of order. It is as lenient as a client can
be, so that one fault yields one fact, and it never raises, whatever the bytes.

Schema: openai-openapi `CreateChatCompletionStreamResponse` at commit f85dbe2.
"""

from dataclasses import dataclass, field
from functools import cache
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
from conformance.assemble.payload import parse, stray_surrogate
from conformance.assemble.records import (
    Data,
    Deltas,
    Done,
    Errors,
    Misfit,
    Reading,
    Sighting,
    Track,
    WrongIndex,
)
from conformance.assemble.terminator import DONE, means_done
from conformance.decode import Event, Wire
from conformance.paths import schema
from conformance.shapes import Shape
from conformance.text import clipped, shown

__all__ = ["Chat", "UsageReport", "assemble_chat"]

_REPEATED = 100  # choices of one chunk that are told to be there already
_CHOICES = 10_000  # that are told apart; nobody asks for so many
_SAYING = ("content", "refusal", "tool_calls", "function_call", "audio")


@dataclass(slots=True)
class Identity:
    """The values that all chunks of a stream should share."""

    id: Track = field(default_factory=Track)  # texts that are not empty
    created: Track = field(default_factory=Track)  # plausible Unix times in seconds
    model: Track = field(default_factory=Track)  # texts that are not empty
    empty_ids: list[int] = field(default_factory=list)  # the events of ids that are empty
    odd_created: list[Reading] = field(default_factory=list)  # numbers that are not Unix times in seconds


@dataclass(frozen=True, slots=True)
class UsageReport:
    """One `usage` that is not null."""

    event: int
    value: Any
    beside_choices: bool  # whether its chunk also has choices


@dataclass(slots=True)
class Usage:
    """All usage in the chunks before the terminator."""

    seen: list[UsageReport] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)  # the events of chunks without the key


@dataclass(slots=True)
class Choices:
    """The choices of a stream, and chunks with unusual `choices`."""

    by_index: dict[int, Choice] = field(default_factory=dict)
    last_event: int = 0  # the last chunk with choices; 0 if there is none
    empty: list[Sighting] = field(default_factory=list)  # `choices: []` and nothing else
    filtered: list[int] = field(default_factory=list)  # the events of chunks of Azure's content filter
    repeated: list[Sighting] = field(default_factory=list)  # chunks that hold one choice twice

    @property
    def ordered(self) -> list[Choice]:
        """The choices, sorted by index."""
        return [self.by_index[index] for index in sorted(self.by_index)]


@dataclass(slots=True)
class ChatErrors(Errors):
    """The errors inside a chat stream; `seen` holds the values of `error`."""

    finished: list[Sighting] = field(default_factory=list)  # beside a finish_reason that reports success
    misshapen: list[Sighting] = field(default_factory=list)  # in a form that no SDK recognises
    null: list[int] = field(default_factory=list)  # events whose `error` is null, false or empty


@dataclass(slots=True)
class ChatDone(Done):
    """The terminators of a chat stream; a second one is in `after`."""

    misspelt: list[Sighting] = field(default_factory=list)


@dataclass(slots=True)
class Chat:
    """Everything recorded of a chat stream, grouped by subject."""

    chunks: int = 0  # the number of chunks
    data: Data = field(default_factory=Data)
    named: list[Sighting] = field(default_factory=list)  # events with an `event:` line, and the name
    identity: Identity = field(default_factory=Identity)
    choices: Choices = field(default_factory=Choices)
    usage: Usage = field(default_factory=Usage)
    errors: ChatErrors = field(default_factory=ChatErrors)
    done: ChatDone = field(default_factory=ChatDone)
    audio: bool = False  # whether any delta holds audio

    @property
    def calls(self) -> list[tuple[Choice, ToolCall]]:
        """Every tool call, with its choice."""
        return [(choice, call) for choice in self.choices.ordered for call in choice.calls.made]


@cache
def _shape() -> Shape:
    return Shape(schema("chat.chunk"))


def assemble_chat(wire: Wire) -> Chat:
    """The facts about the events of a body. Never raises."""
    chat = Chat()
    for event in wire.events:
        _event(chat, event)
    return chat


def _event(chat: Chat, event: Event) -> None:
    number, data, done = event.number, event.data, chat.done
    if event.name is not None:
        chat.named.append(Sighting(number, event.name))
    if data == DONE:
        (done.after if done.seen else done.seen).append(Sighting(number, data))
        return
    if done.seen:
        done.after.append(Sighting(number, data))
        return
    if means_done(data):
        done.misspelt.append(Sighting(number, data))
        return
    if not data:
        return  # reported by `event-data-nonempty`
    value, wrong = parse(data)
    if wrong:
        chat.data.not_json.append(Sighting(number, wrong))
        return
    if chat.errors.seen or chat.errors.misshapen:
        chat.errors.after.append(Sighting(number, clipped(data, 80)))
    if not isinstance(value, dict):
        chat.data.foreign.append(Sighting(number, clipped(data, 80)))
        return
    if value.get("error"):
        chat.errors.seen.append(Reading(number, value["error"]))
        if (reason := _success(value)) is not None:
            chat.errors.finished.append(Sighting(number, f"finish_reason {reason}"))
    elif "error" in value:
        chat.errors.null.append(number)
    if "choices" in value or value.get("object") == "chat.completion.chunk":
        _chunk(chat, number, value)
    elif not value.get("error"):
        if value.get("object") == "error" or isinstance(value.get("message"), str):
            chat.errors.misshapen.append(Sighting(number, clipped(data, 80)))
        else:
            chat.data.foreign.append(Sighting(number, clipped(data, 80)))


def _chunk(chat: Chat, number: int, value: dict[str, Any]) -> None:
    chat.chunks += 1
    for error in _shape().errors(value):
        chat.data.misfits.append(Misfit(number, error.path, error.rule, error.expected, error.observed))
    _identity(chat, number, value)
    choices = value.get("choices")
    usage = value.get("usage")
    if usage is not None:
        chat.usage.seen.append(UsageReport(number, usage, bool(choices)))
    elif "usage" not in value:
        chat.usage.missing.append(number)
    filtered = "prompt_filter_results" in value
    if not choices:
        if filtered:
            chat.choices.filtered.append(number)
        elif choices == [] and usage is None and value.get("moderation") is None and not value.get("error"):
            chat.choices.empty.append(Sighting(number))
        return
    if not isinstance(choices, list):
        return
    chat.choices.last_event = number
    seen: set[int] = set()
    repeated = 0
    for item in choices:
        if isinstance(item, dict):
            index = item.get("index", 0)
            if type(index) is not int:
                index = 0
            if index in seen and (repeated := repeated + 1) <= _REPEATED:
                chat.choices.repeated.append(Sighting(number, f"index {index} twice"))
            seen.add(index)
            choice = chat.choices.by_index.get(index)
            if choice is None:
                if len(chat.choices.by_index) >= _CHOICES:
                    continue
                choice = chat.choices.by_index[index] = Choice(index, number)
            _choice(chat, choice, number, item)


def _success(value: dict[str, Any]) -> str | None:
    # The finish_reasons that report success, on a chunk that holds an error.
    choices = value.get("choices")
    for item in choices if isinstance(choices, list) else ():
        reason = item.get("finish_reason") if isinstance(item, dict) else None
        if reason in ("stop", "length", "tool_calls"):
            return str(reason)
    return None


def _identity(chat: Chat, number: int, value: dict[str, Any]) -> None:
    identity, name = chat.identity, value.get("id")
    if name:
        if type(name) is str:
            identity.id.see(number, name)
    elif name == "":
        identity.empty_ids.append(number)
    created = value.get("created")
    if isinstance(created, int | float) and not isinstance(created, bool):
        # Seconds since 1970 have ten digits until the year 2286; milliseconds have thirteen.
        if 1_000_000_000 <= created < 10_000_000_000:
            identity.created.see(number, created)
        else:
            identity.odd_created.append(Reading(number, created))
    model = value.get("model")
    if model and type(model) is str:
        identity.model.see(number, model)


def _choice(chat: Chat, choice: Choice, number: int, item: dict[str, Any]) -> None:
    delta = item.get("delta")
    logprobs = item.get("logprobs")
    if logprobs is not None:
        choice.logprobs.see(number, logprobs)  # even if the delta holds nothing else
    if delta:
        if isinstance(delta, dict):
            _delta(chat, choice, number, delta, logprobs)
        else:
            delta = None
    finish = item.get("finish_reason")
    # An empty finish_reason ends nothing: clients continue. `finish-reason-value` reports it.
    if finish is not None and finish != "":
        choice.finish.seen.append(Reading(number, finish))
        if delta and any(delta.get(key) for key in ("content", "refusal", "tool_calls", *REASONING_FIELDS)):
            choice.finish.with_delta.append(Sighting(number, shown(delta, 80)))
        signal(choice, Signal.FINISH, number, finish)


def _delta(chat: Chat, choice: Choice, number: int, delta: dict[str, Any], logprobs: Any) -> None:
    if not choice.said.first and any(delta.get(key) for key in _SAYING):
        choice.said.first = number
    role = delta.get("role")
    if role is not None:
        choice.roles.append(Sighting(number, role if isinstance(role, str) else shown(role)))
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


def _content(choice: Choice, number: int, content: str, logprobs: Any) -> None:
    text = choice.content
    if text.interrupted and text.texts:
        text.run_starts.append(len(text.texts))
    text.add(number, content)
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
    if choice.content.texts:
        reasoning.after_content.append(Sighting(number, shown(text, 60)))
    if name == REASONING_FIELDS[0]:
        other = delta.get(REASONING_FIELDS[1])
        if isinstance(other, str) and other and other != text:
            reasoning.differing.append(Sighting(number, f"{shown(text, 40)} and {shown(other, 40)}"))
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
        # Like a lenient client: a new id begins a call, anything else continues the last one.
        current = calls.of_id(part.id)
        if current is None and calls.made and not (part.id or part.name):
            current = calls.made[-1]
    else:
        current = calls.of_index(index)
    reused = None
    if current is not None and _another(current, part):
        reused = Sighting(number, f"index {index} was {current.name} {current.id}, now {part.name} {part.id}")
        current = None
    if current is not None:
        calls.go_on(current, part)
        return
    if index is not None and reused is None and index != calls.indexes:
        calls.misnumbered.append(WrongIndex(number, index, calls.indexes))
    calls.begin(ToolCall(index, reused=reused), part)


def _another(call: ToolCall, part: Fragment) -> bool:
    # A new id with a name, on the index of a call that already has another name or arguments.
    renewed = bool(part.id and part.name and call.id and part.id != call.id)
    return renewed and (part.name != call.name or call.argued)
