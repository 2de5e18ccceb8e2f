"""The facts about one choice of a chat stream, and its state machine as a table of transitions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise
from typing import Any, Final, NamedTuple

from conformance.assemble.logprobs import Logprobs
from conformance.assemble.payload import joined
from conformance.assemble.records import Deltas, Reading, Sighting, Track, WrongIndex
from conformance.text import shown

__all__ = [
    "REASONING_FIELDS",
    "Audio",
    "Calls",
    "Choice",
    "Content",
    "ContentSpan",
    "Finish",
    "Fragment",
    "FunctionCall",
    "Misplaced",
    "Reasoning",
    "ReplacedText",
    "Signal",
    "State",
    "ToolCall",
    "signal",
]

REASONING_FIELDS = ("reasoning_content", "reasoning")
"""The fields in which vendors stream reasoning. OpenAI's chat API has none."""


class State(Enum):
    """The state of a choice."""

    START = auto()  # no role yet
    OPEN = auto()
    FINISHED = auto()


class Signal(Enum):
    """What a delta can contain."""

    ROLE = "role"
    REASONING = "reasoning"
    CONTENT = "content"
    REFUSAL = "refusal"
    TOOL = "tool_calls"
    FUNCTION_CALL = "function_call"
    FINISH = "finish_reason"


class Misplaced(Enum):
    """How a signal can be out of order."""

    BEFORE_ROLE = auto()  # a text, a refusal or a call before any role
    REASONING_BEFORE_ROLE = auto()
    ROLE_AGAIN = auto()
    AFTER_FINISH = auto()  # any content after a finish_reason
    FINISH_AGAIN = auto()


@dataclass(frozen=True, slots=True)
class Fragment:
    """The fields of one fragment of a tool call; None for a missing or null field.

    `name` and `arguments` are those of its `function`, or the `name` and the `input` of its `custom` object;
    `holds` says which of the two objects it has, "" for neither. `nulls` are those of `id`, `type` and `name`
    that are there and null.
    """

    event: int
    id: Any
    type: Any
    name: Any
    arguments: Any
    holds: str
    nulls: tuple[str, ...] = ()


@dataclass(slots=True)
class ToolCall:
    """One tool call of a choice."""

    index: Any  # as on the wire; None if no fragment has one
    fragments: list[Fragment] = field(default_factory=list)
    reused: Sighting | None = None  # set if this call began on an index already in use
    name: str = ""  # the first name that is a non-empty string; "" if there is none
    id: str = ""  # the first id that is a non-empty string; "" if there is none
    type: str = ""  # the first type that is a non-empty string; "" if there is none
    argued: bool = False  # whether any fragment has arguments
    place: int = 0  # among the calls of its choice, from 0

    def add(self, part: Fragment) -> None:
        """Adds the next fragment."""
        self.fragments.append(part)
        if not self.id and isinstance(part.id, str):
            self.id = part.id
        if not self.name and isinstance(part.name, str):
            self.name = part.name
        if not self.type and isinstance(part.type, str):
            self.type = part.type
        if part.arguments and isinstance(part.arguments, str):
            self.argued = True

    @property
    def event(self) -> int:
        """The event number of the first fragment."""
        return self.fragments[0].event

    @property
    def custom(self) -> bool:
        """Whether a custom tool is called, whose input is any text, rather than a function."""
        return self.type == "custom" or (not self.type and self.fragments[0].holds == "custom")

    @property
    def textual(self) -> bool:
        """Whether all arguments are strings, where there are any."""
        return all(part.arguments is None or isinstance(part.arguments, str) for part in self.fragments)

    @property
    def arguments(self) -> str:
        """The argument fragments, or those of a custom tool's input, concatenated."""
        return joined(part.arguments for part in self.fragments if isinstance(part.arguments, str))


@dataclass(slots=True)
class Calls:
    """The tool calls of a choice, found by their index and by their id."""

    made: list[ToolCall] = field(default_factory=list)  # in the order of their first fragments
    empty: list[Sighting] = field(default_factory=list)  # the events of deltas with `tool_calls: []`
    misnumbered: list[WrongIndex] = field(default_factory=list)  # new calls whose index is not the next one
    by_index: dict[Any, int] = field(default_factory=dict)  # the place of the last call of each index
    by_id: dict[str, int] = field(default_factory=dict)  # the place of the last call of each id

    @property
    def indexes(self) -> int:
        """The number of distinct indexes; None counts as one."""
        return len(self.by_index)

    def of_index(self, index: int) -> ToolCall | None:
        """The last call with an index."""
        place = self.by_index.get(index)
        return None if place is None else self.made[place]

    def of_id(self, identity: Any) -> ToolCall | None:
        """The last call with an id."""
        place = self.by_id.get(identity) if isinstance(identity, str) and identity else None
        return None if place is None else self.made[place]

    def begin(self, call: ToolCall, part: Fragment) -> None:
        """Adds a call with its first fragment."""
        call.place = self.by_index[call.index] = len(self.made)
        self.made.append(call)
        self.go_on(call, part)

    def go_on(self, call: ToolCall, part: Fragment) -> None:
        """Adds a fragment to a call; it may be the first one with an id."""
        unknown = not call.id
        call.add(part)
        if unknown and call.id:
            self.by_id[call.id] = max(self.by_id.get(call.id, 0), call.place)


@dataclass(slots=True)
class FunctionCall:
    """The call of a choice in the deprecated `function_call`, which has neither an id nor an index."""

    name: str = ""  # the first name that is not empty
    arguments: Deltas = field(default_factory=Deltas)
    event: int = 0  # the first event with `function_call`; 0 if there is none


@dataclass(slots=True)
class Audio:
    """The speech of a choice."""

    event: int = 0  # the first event with audio; 0 if there is none
    id: Track = field(default_factory=Track)  # texts that are not empty
    data: Deltas = field(default_factory=Deltas)  # pieces of base64 that are not empty
    expires: int = 0  # the event with `expires_at`, which ends the speech; 0 if there is none


@dataclass(slots=True)
class ContentSpan:
    """When a choice has content; 0 if never.

    `first` is the first event with content other than reasoning, `last` the last event with any content.
    """

    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Content(Deltas):
    """The text of a choice. Reasoning, refusals and calls in between divide it into runs."""

    run_starts: list[int] = field(default_factory=list)  # positions in `texts` where further runs begin
    interrupted: bool = False  # whether other output came after the last text
    visible: bool = False  # whether anything but white space has come

    def runs(self) -> Iterator[tuple[int, str]]:
        """Each run of text: the position of its first delta in `texts`, from 0, and its text."""
        for start, end in pairwise((0, *self.run_starts, len(self.texts))):
            yield start, joined(self.texts[start:end])


@dataclass(slots=True)
class Reasoning:
    """The reasoning of a choice, in either of `REASONING_FIELDS`."""

    fields: dict[str, Deltas] = field(default_factory=dict)  # by field name, even if all texts are empty
    event: int = 0  # the event of the first text that is not empty; 0 if there is none
    not_text: list[Sighting] = field(default_factory=list)
    after_content: list[Sighting] = field(default_factory=list)
    differing: list[Sighting] = field(default_factory=list)  # deltas whose two fields differ

    def text(self, name: str) -> str:
        """The texts of one field, concatenated."""
        return self.fields[name].text if name in self.fields else ""


@dataclass(slots=True)
class Finish:
    """Every `finish_reason` of a choice that is neither null nor empty."""

    seen: list[Reading] = field(default_factory=list)
    with_delta: list[Sighting] = field(default_factory=list)  # finish_reasons beside a delta with content

    @property
    def event(self) -> int:
        """The event number of the first one; 0 if there is none."""
        return self.seen[0].event if self.seen else 0

    @property
    def reason(self) -> Any:
        """The first one; None if there is none."""
        return self.seen[0].value if self.seen else None


@dataclass(frozen=True, slots=True)
class ReplacedText:
    """A text that contains U+FFFD, and the field of the delta that holds it."""

    event: int
    field: str
    text: str


@dataclass(slots=True)
class Characters:
    """Unusual characters in anything that a choice says."""

    surrogates: list[Sighting] = field(default_factory=list)  # texts with one half of a surrogate pair
    replaced: list[ReplacedText] = field(default_factory=list)


@dataclass(slots=True)
class Choice:
    """Everything recorded of one choice, grouped by subject."""

    index: int
    event: int  # the event of its first delta
    state: State = State.START
    misplaced: dict[Misplaced, list[Sighting]] = field(
        default_factory=lambda: {kind: [] for kind in Misplaced}
    )
    said: ContentSpan = field(default_factory=ContentSpan)
    roles: list[Sighting] = field(default_factory=list)
    content: Content = field(default_factory=Content)
    refusal: Deltas = field(default_factory=Deltas)
    reasoning: Reasoning = field(default_factory=Reasoning)
    calls: Calls = field(default_factory=Calls)
    function_call: FunctionCall = field(default_factory=FunctionCall)
    audio: Audio = field(default_factory=Audio)
    finish: Finish = field(default_factory=Finish)
    logprobs: Logprobs = field(default_factory=Logprobs)
    characters: Characters = field(default_factory=Characters)


class _Step(NamedTuple):
    """The effect of a signal: the next state, and how the signal is out of order, None if it is not."""

    state: State
    misplaced: Misplaced | None = None


_SAYS: Final = (Signal.REASONING, Signal.CONTENT, Signal.REFUSAL, Signal.TOOL, Signal.FUNCTION_CALL)

# The effect of each signal in each state.
_TRANSITIONS: Final[dict[tuple[State, Signal], _Step]] = {
    (State.START, Signal.ROLE): _Step(State.OPEN),
    (State.START, Signal.REASONING): _Step(State.START, Misplaced.REASONING_BEFORE_ROLE),
    (State.START, Signal.CONTENT): _Step(State.START, Misplaced.BEFORE_ROLE),
    (State.START, Signal.REFUSAL): _Step(State.START, Misplaced.BEFORE_ROLE),
    (State.START, Signal.TOOL): _Step(State.START, Misplaced.BEFORE_ROLE),
    (State.START, Signal.FUNCTION_CALL): _Step(State.START, Misplaced.BEFORE_ROLE),
    (State.START, Signal.FINISH): _Step(State.FINISHED),
    (State.OPEN, Signal.ROLE): _Step(State.OPEN, Misplaced.ROLE_AGAIN),
    (State.OPEN, Signal.REASONING): _Step(State.OPEN),
    (State.OPEN, Signal.CONTENT): _Step(State.OPEN),
    (State.OPEN, Signal.REFUSAL): _Step(State.OPEN),
    (State.OPEN, Signal.TOOL): _Step(State.OPEN),
    (State.OPEN, Signal.FUNCTION_CALL): _Step(State.OPEN),
    (State.OPEN, Signal.FINISH): _Step(State.FINISHED),
    (State.FINISHED, Signal.ROLE): _Step(State.FINISHED, Misplaced.ROLE_AGAIN),
    (State.FINISHED, Signal.REASONING): _Step(State.FINISHED, Misplaced.AFTER_FINISH),
    (State.FINISHED, Signal.CONTENT): _Step(State.FINISHED, Misplaced.AFTER_FINISH),
    (State.FINISHED, Signal.REFUSAL): _Step(State.FINISHED, Misplaced.AFTER_FINISH),
    (State.FINISHED, Signal.TOOL): _Step(State.FINISHED, Misplaced.AFTER_FINISH),
    (State.FINISHED, Signal.FUNCTION_CALL): _Step(State.FINISHED, Misplaced.AFTER_FINISH),
    (State.FINISHED, Signal.FINISH): _Step(State.FINISHED, Misplaced.FINISH_AGAIN),
}


def signal(choice: Choice, said: Signal, number: int, value: Any) -> None:
    """Moves a choice to its next state, and records the signal if it is out of order."""
    if said in _SAYS:
        choice.said.last = number
        choice.content.interrupted = said is not Signal.CONTENT
    choice.state, misplaced = _TRANSITIONS[choice.state, said]
    if misplaced is not None:
        choice.misplaced[misplaced].append(Sighting(number, f"{said.value}: {shown(value, 60)}"))
