"""A table of the event types of the Responses API: the object that each one is about, and its effect.

Source: openai-openapi `ResponseStreamEvent` at commit f85dbe2 (58 types); two types that only official
clients know (`response.compaction.compacting`, `keepalive`); and two that OpenAI sends and neither
openai-python 3.57.0 nor openai-node 7.57.0 knows (`response.apply_patch_call_operation_diff.delta`, `.done`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

__all__ = [
    "ARGUMENTS",
    "EVENTS",
    "ITEM_OF",
    "PART_OF",
    "PHASES",
    "TERMINAL",
    "Argument",
    "Does",
    "EventKind",
    "Scope",
]


class Scope(Enum):
    """The kind of object that an event is about."""

    RESPONSE = auto()  # the response as a whole
    ITEM = auto()  # an output item as a whole, or its phase
    PART = auto()  # a content part of an item, by `content_index`
    SUMMARY = auto()  # a summary part of a reasoning item, by `summary_index`
    FIELD = auto()  # a text field of the item itself, such as the arguments of a call
    COMMAND = auto()  # a command of a shell call, by `command_index`
    LOOSE = auto()  # no item


class Does(StrEnum):
    """The effect of an event on its object."""

    OPEN = "added"
    DELTA = "delta"
    DONE = "done"  # the text is complete
    CLOSE = "closed"
    EXTRA = "extra"  # between OPEN and CLOSE; leaves the text unchanged


@dataclass(frozen=True, slots=True)
class EventKind:
    """One row. `text` is the key that holds the whole text in a DONE event, `slot` the kind of text."""

    scope: Scope
    does: Does
    slot: str = ""
    text: str = ""


def _texts(stem: str, scope: Scope, slot: str, text: str) -> dict[str, EventKind]:
    return {
        f"response.{stem}.delta": EventKind(scope, Does.DELTA, slot),
        f"response.{stem}.done": EventKind(scope, Does.DONE, slot, text),
    }


def _phases(item: str, *names: str) -> dict[str, EventKind]:
    return {f"response.{item}.{name}": EventKind(Scope.ITEM, Does.EXTRA, item) for name in names}


PHASES = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "image_generation_call": ("in_progress", "generating", "partial_image", "completed"),
    "mcp_call": ("in_progress", "completed", "failed"),
    "mcp_list_tools": ("in_progress", "completed", "failed"),
}
"""The phases of hosted tools, in order; the last one ends the tool."""


@dataclass(frozen=True, slots=True)
class Argument:
    """The text field of a call that events of its own stream.

    `key` is its name in the item and in the done event; `stem` is the common part of its event types. If the
    item does not hold it itself, `within` is the key of the object that does.
    """

    key: str
    stem: str
    announced: bool = True  # whether the announcement of the item may already hold its beginning
    within: str = ""

    @property
    def path(self) -> str:
        """Where the item holds it."""
        return f"{self.within}.{self.key}" if self.within else self.key

    def held(self, item: Mapping[str, Any]) -> Any:
        """Its value in an item object; None if the item does not have it."""
        holder = item.get(self.within) if self.within else item
        return holder.get(self.key) if isinstance(holder, Mapping) else None


ARGUMENTS = {
    "function_call": Argument("arguments", "function_call_arguments"),
    "mcp_call": Argument("arguments", "mcp_call_arguments"),
    "custom_tool_call": Argument("input", "custom_tool_call_input"),
    "code_interpreter_call": Argument("code", "code_interpreter_call_code", announced=False),
    "apply_patch_call": Argument("diff", "apply_patch_call_operation_diff", within="operation"),
}
"""The item types that have such a streamed text field."""

EVENTS: dict[str, EventKind] = {
    **{
        f"response.{name}": EventKind(Scope.RESPONSE, Does.EXTRA, name)
        for name in ("created", "queued", "in_progress", "completed", "incomplete", "failed")
    },
    "error": EventKind(Scope.RESPONSE, Does.EXTRA, "error"),
    "keepalive": EventKind(Scope.LOOSE, Does.EXTRA),
    "response.output_item.added": EventKind(Scope.ITEM, Does.OPEN),
    "response.output_item.done": EventKind(Scope.ITEM, Does.CLOSE),
    "response.content_part.added": EventKind(Scope.PART, Does.OPEN),
    "response.content_part.done": EventKind(Scope.PART, Does.CLOSE),
    "response.output_text.annotation.added": EventKind(Scope.PART, Does.EXTRA, "output_text"),
    **_texts("output_text", Scope.PART, "output_text", "text"),
    **_texts("refusal", Scope.PART, "refusal", "refusal"),
    **_texts("reasoning_text", Scope.PART, "reasoning_text", "text"),
    "response.reasoning_summary_part.added": EventKind(Scope.SUMMARY, Does.OPEN),
    "response.reasoning_summary_part.done": EventKind(Scope.SUMMARY, Does.CLOSE),
    **_texts("reasoning_summary_text", Scope.SUMMARY, "summary_text", "text"),
    **{
        name: row
        for argument in ARGUMENTS.values()
        for name, row in _texts(argument.stem, Scope.FIELD, argument.key, argument.key).items()
    },
    **{name: row for item, phases in PHASES.items() for name, row in _phases(item, *phases).items()},
    **_phases("compaction", "compacting"),
    "response.shell_call_command.added": EventKind(Scope.COMMAND, Does.OPEN, "command"),
    **_texts("shell_call_command", Scope.COMMAND, "command", "command"),
    **{
        f"response.shell_call_output_content.{name}": EventKind(Scope.ITEM, Does.EXTRA, "shell_call_output")
        for name in ("delta", "done")
    },
    **{
        f"response.{stem}.{name}": EventKind(Scope.LOOSE, Does(name), slot)
        for stem, slot in (("audio", "audio"), ("audio.transcript", "transcript"))
        for name in ("delta", "done")
    },
}

TERMINAL = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}
"""The terminal event types, and the response status that each one stands for."""

ITEM_OF = {
    **{f"response.{tool}": tool for tool in (*PHASES, "compaction")},
    **{f"response.{argument.stem}": item for item, argument in ARGUMENTS.items()},
    "response.output_text": "message",
    "response.output_text.annotation": "message",
    "response.refusal": "message",
    "response.reasoning_text": "reasoning",
    "response.reasoning_summary_text": "reasoning",
    "response.reasoning_summary_part": "reasoning",
    "response.shell_call_command": "shell_call",
    "response.shell_call_output_content": "shell_call_output",
}
"""The item type that events are about, by the stem of the event type."""

PART_OF = {"output_text": "message", "refusal": "message", "reasoning_text": "reasoning"}
"""The item type whose content may hold a part, by the type of the part. Other types of parts fit any item."""
