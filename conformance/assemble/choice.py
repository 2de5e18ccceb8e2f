"""One choice of a chat stream: its life as a table of transitions, and all that was said of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise
from typing import Any, Final

from conformance.assemble.logprobs import Logprobs
from conformance.assemble.payload import At, Growth, joined
from conformance.text import shown

__all__ = ["REASONING_FIELDS", "Calls", "Choice", "Fragment", "Signal", "State", "ToolCall", "signal"]

REASONING_FIELDS = ("reasoning_content", "reasoning")
"""The fields in which vendors stream reasoning; OpenAI's chat API has none."""


class State(Enum):
    """Where a choice is in its life."""

    START = auto()  # no role yet
    OPEN = auto()
    FINISHED = auto()


class Signal(Enum):
    """What a delta can say."""

    ROLE = "role"
    REASONING = "reasoning"
    CONTENT = "content"
    REFUSAL = "refusal"
    TOOL = "tool_calls"
    FINISH = "finish_reason"


_SAYS: Final = (Signal.REASONING, Signal.CONTENT, Signal.REFUSAL, Signal.TOOL)

# state and signal -> next state, and the list of `Choice` that records the signal as out of place.
_TRANSITIONS: Final[dict[tuple[State, Signal], tuple[State, str]]] = {
    (State.START, Signal.ROLE): (State.OPEN, ""),
    (State.START, Signal.REASONING): (State.START, "reasoning_before_role"),
    (State.START, Signal.CONTENT): (State.START, "before_role"),
    (State.START, Signal.REFUSAL): (State.START, "before_role"),
    (State.START, Signal.TOOL): (State.START, "before_role"),
    (State.START, Signal.FINISH): (State.FINISHED, ""),
    (State.OPEN, Signal.ROLE): (State.OPEN, "role_again"),
    (State.OPEN, Signal.REASONING): (State.OPEN, ""),
    (State.OPEN, Signal.CONTENT): (State.OPEN, ""),
    (State.OPEN, Signal.REFUSAL): (State.OPEN, ""),
    (State.OPEN, Signal.TOOL): (State.OPEN, ""),
    (State.OPEN, Signal.FINISH): (State.FINISHED, ""),
    (State.FINISHED, Signal.ROLE): (State.FINISHED, "role_again"),
    (State.FINISHED, Signal.REASONING): (State.FINISHED, "after_finish"),
    (State.FINISHED, Signal.CONTENT): (State.FINISHED, "after_finish"),
    (State.FINISHED, Signal.REFUSAL): (State.FINISHED, "after_finish"),
    (State.FINISHED, Signal.TOOL): (State.FINISHED, "after_finish"),
    (State.FINISHED, Signal.FINISH): (State.FINISHED, "finish_again"),
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """What one fragment of a tool call carries; None for an absent or null field."""

    event: int
    id: Any
    type: Any
    name: Any
    arguments: Any
    has_function: bool


@dataclass(slots=True)
class ToolCall:
    """One tool call of a choice."""

    index: Any  # as on the wire; None when no fragment has one
    fragments: list[Fragment] = field(default_factory=list)
    reused: At | None = None  # where another call took an index that was in use: this call began there
    name: str = ""  # the first name that is a text and not empty
    id: str = ""  # the first id that is a text and not empty
    argued: bool = False  # whether any arguments came
    place: int = 0  # among the calls of its choice, from 0

    def add(self, part: Fragment) -> None:
        """Take the next fragment."""
        self.fragments.append(part)
        if not self.id and isinstance(part.id, str):
            self.id = part.id
        if not self.name and isinstance(part.name, str):
            self.name = part.name
        if part.arguments and isinstance(part.arguments, str):
            self.argued = True

    @property
    def event(self) -> int:
        """The event of the first fragment."""
        return self.fragments[0].event

    @property
    def arguments(self) -> str:
        """The argument fragments, concatenated."""
        return joined(part.arguments for part in self.fragments if isinstance(part.arguments, str))


class Calls(list[ToolCall]):
    """The tool calls of a choice in the order of their beginning, found by index and by id."""

    __slots__ = ("_by_id", "_by_index")

    def __init__(self) -> None:
        super().__init__()
        self._by_index: dict[Any, int] = {}  # the place of the last call of an index
        self._by_id: dict[str, int] = {}

    @property
    def indexes(self) -> int:
        """How many different indexes they have; none is one of them."""
        return len(self._by_index)

    def of_index(self, index: int) -> ToolCall | None:
        """The last call with an index."""
        place = self._by_index.get(index)
        return None if place is None else self[place]

    def of_id(self, identity: Any) -> ToolCall | None:
        """The last call with an id."""
        place = self._by_id.get(identity) if isinstance(identity, str) and identity else None
        return None if place is None else self[place]

    def begin(self, call: ToolCall, part: Fragment) -> None:
        """Add a call with its first fragment."""
        call.place = self._by_index[call.index] = len(self)
        self.append(call)
        self.go_on(call, part)

    def go_on(self, call: ToolCall, part: Fragment) -> None:
        """Add a fragment to a call, which may tell its id only now."""
        unknown = not call.id
        call.add(part)
        if unknown and call.id:
            self._by_id[call.id] = max(self._by_id.get(call.id, 0), call.place)


@dataclass(slots=True)
class Choice:
    """All that was said of one choice."""

    index: int
    event: int  # of its first delta
    said: int = 0  # the first event in which it says something, thoughts aside; 0 for none
    last_said: int = 0  # the last event in which it says something, thoughts included
    state: State = State.START
    roles: list[At] = field(default_factory=list)
    before_role: list[At] = field(default_factory=list)
    reasoning_before_role: list[At] = field(default_factory=list)
    role_again: list[At] = field(default_factory=list)
    after_finish: list[At] = field(default_factory=list)
    finish_again: list[At] = field(default_factory=list)
    content: list[str] = field(default_factory=list)
    content_events: list[int] = field(default_factory=list)
    run_starts: list[int] = field(default_factory=list)  # places in content, after something else
    elsewhere: bool = False  # whether what was said last is no content
    refusal: list[str] = field(default_factory=list)
    reasoning: dict[str, list[str]] = field(default_factory=dict)  # field name -> its texts
    reasoning_event: int = 0  # of the first reasoning that is not empty
    reasoning_misfits: list[At] = field(default_factory=list)
    reasoning_after_content: list[At] = field(default_factory=list)
    reasoning_differs: list[At] = field(default_factory=list)
    finish: list[tuple[int, Any]] = field(default_factory=list)  # every value that is not null
    finish_with_delta: list[At] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)
    call_markers: list[At] = field(default_factory=list)  # `tool_calls: []`
    new_index: list[tuple[int, int, int]] = field(default_factory=list)  # event, index, the one due
    logprobs: Logprobs = field(default_factory=Logprobs)
    has_logprobs: bool = False  # whether any `logprobs` is not null
    without_logprobs: list[int] = field(default_factory=list)  # events with content but no logprobs
    surrogates: list[At] = field(default_factory=list)
    replaced: list[tuple[str, At]] = field(default_factory=list)  # field of the delta, text with U+FFFD
    growth: Growth = field(default_factory=Growth)  # of the content
    reasoning_growth: dict[str, Growth] = field(default_factory=dict)  # by field

    @property
    def text(self) -> str:
        """The content deltas, concatenated."""
        return joined(self.content)

    def runs(self) -> Iterator[tuple[int, str]]:
        """The content between thoughts, refusals and calls: the place of its first delta, and the text."""
        for start, end in pairwise((0, *self.run_starts, len(self.content))):
            yield start, joined(self.content[start:end])

    @property
    def finish_reason(self) -> Any:
        """The first finish_reason that is not null."""
        return self.finish[0][1] if self.finish else None

    def reasoning_text(self, name: str) -> str:
        """The texts of one reasoning field, concatenated."""
        return joined(self.reasoning.get(name, ()))


def signal(choice: Choice, said: Signal, number: int, value: Any) -> None:
    """Move a choice on, and record what it says where it is out of place."""
    if said in _SAYS:
        choice.last_said = number
        choice.elsewhere = said is not Signal.CONTENT
    choice.state, misplaced = _TRANSITIONS[choice.state, said]
    if misplaced:
        getattr(choice, misplaced).append(At(number, f"{said.value}: {shown(value, 60)}"))
