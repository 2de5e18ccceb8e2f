"""Assembles Chat Completions chunks into choices.

The assembler passes once over the events and records facts, each with its event number: the first and the
last occurrence of a field, changes, repetitions, and what is out of order. It is as lenient as a client can
be, so that one fault yields one fact, and it never raises, whatever the bytes.

Schema: openai-openapi `CreateChatCompletionStreamResponse` at commit f85dbe2.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from conformance.assemble.choice import Choice, ToolCall
from conformance.assemble.delta import see_choice
from conformance.assemble.foreign import described
from conformance.assemble.payload import parse
from conformance.assemble.records import (
    Data,
    Done,
    Errors,
    Misfit,
    Reading,
    Sighting,
    Track,
)
from conformance.assemble.repeats import repeated_keys
from conformance.assemble.terminator import DONE, means_done
from conformance.decode import Event, Wire
from conformance.paths import schema
from conformance.shapes import Shape
from conformance.text import clipped, shown

__all__ = ["Chat", "UsageReport", "assemble_chat"]

# The keys of a chunk that say nothing by themselves.
_HEAD = frozenset(
    ("id", "object", "created", "model", "service_tier", "system_fingerprint", "obfuscation", "choices")
)
# Those that say something wherever they stand; keys of the vendor's own may stand on every chunk.
_TELLING = frozenset(("usage", "moderation", "error", "prompt_filter_results"))
_NOTHING = (None, "", False)
# Reasoning in forms of a few vendors: OpenRouter's list of details, and Mistral's content blocks.
_THINKING = re.compile(r'"reasoning_details"\s*+:\s*+\[\s*+\{|"type"\s*+:\s*+"thinking"')
_REPEATED = 100  # choices of one chunk that are told to be there already
_CHOICES = 10_000  # that are told apart; nobody asks for so many


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
    """One `usage` that is not null, in a chunk or in an object that is none for want of id and choices."""

    event: int
    value: Any
    beside_choices: bool  # whether its chunk also has choices


@dataclass(slots=True)
class Usage:
    """All usage in the chunks before the terminator."""

    seen: list[UsageReport] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)  # the events of chunks without the key


@dataclass(frozen=True, slots=True)
class EmptyChoices:
    """A chunk with `choices: []`, and the keys by which it says something."""

    event: int
    told: frozenset[str]


@dataclass(slots=True)
class Choices:
    """The choices of a stream, and chunks with unusual `choices`."""

    by_index: dict[int, Choice] = field(default_factory=dict)
    last_event: int = 0  # the last chunk with choices; 0 if there is none
    without: list[EmptyChoices] = field(default_factory=list)
    usual_keys: set[str] = field(default_factory=set)  # keys of the vendor's own on chunks with choices
    filtered: list[int] = field(default_factory=list)  # the events of chunks of Azure's content filter
    repeated: list[Sighting] = field(default_factory=list)  # chunks that hold one choice twice

    @property
    def empty(self) -> list[int]:
        """The events of `choices: []` on chunks that say nothing else.

        A key of the vendor's own says something, such as a cost, unless chunks with choices have it too.
        """
        return [seen.event for seen in self.without if seen.told <= self.usual_keys]

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
    obfuscated: list[int] = field(default_factory=list)  # the events with an `obfuscation` that is not empty
    thinking: bool = False  # whether any event has reasoning in another form than a field of text

    @property
    def audio(self) -> bool:
        """Whether any delta holds audio."""
        return any(choice.audio.event for choice in self.choices.by_index.values())

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
    chat.thinking = chat.thinking or _THINKING.search(data) is not None
    if event.name is not None:
        chat.named.append(Sighting(number, f"event: {event.name or shown(event.name)}"))
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
    chat.data.repeated += [Sighting(number, key) for key in repeated_keys(data)]
    if chat.errors.seen or chat.errors.misshapen:
        chat.errors.after.append(Sighting(number, clipped(data, 80)))
    if not isinstance(value, dict):
        chat.data.foreign.append(Sighting(number, described(value)))
        return
    if value.get("error"):
        chat.errors.seen.append(Reading(number, value["error"]))
        if (reason := _success(value)) is not None:
            chat.errors.finished.append(Sighting(number, f"finish_reason {reason}"))
    elif "error" in value:
        chat.errors.null.append(number)
    if "choices" in value or value.get("object") == "chat.completion.chunk":
        _chunk(chat, event, value)
    elif not value.get("error"):
        if value.get("object") == "error" or isinstance(value.get("message"), str):
            chat.errors.misshapen.append(Sighting(number, clipped(data, 80)))
        else:
            chat.data.foreign.append(Sighting(number, described(value)))
            if isinstance(value.get("usage"), dict):
                chat.usage.seen.append(UsageReport(number, value["usage"], beside_choices=False))


def _chunk(chat: Chat, event: Event, value: dict[str, Any]) -> None:
    number = event.number
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
    if value.get("obfuscation"):
        chat.obfuscated.append(number)
    if not choices:
        if "prompt_filter_results" in value:
            chat.choices.filtered.append(number)
        if choices == []:
            chat.choices.without.append(EmptyChoices(number, _told(value)))
        return
    if not isinstance(choices, list):
        return
    chat.choices.last_event = number
    chat.choices.usual_keys |= _told(value) - _TELLING
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
            see_choice(choice, number, item)


def _told(value: dict[str, Any]) -> frozenset[str]:
    return frozenset(key for key in value.keys() - _HEAD if value[key] not in _NOTHING)


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
