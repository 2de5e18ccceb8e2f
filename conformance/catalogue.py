"""What a requirement is, and the words in which it is judged."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from inspect import isgeneratorfunction
from typing import Any, Generic, TypeVar

from conformance.exchange import Api, Need, Promise

__all__ = [
    "ALWAYS",
    "Apis",
    "Family",
    "Kind",
    "Level",
    "Outcome",
    "Requirement",
    "Source",
    "Trigger",
    "Verdict",
    "Violation",
    "trigger",
]


class Level(StrEnum):
    """How much depends on a requirement."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFO = "INFO"


class Outcome(StrEnum):
    """What became of a requirement on a subject."""

    PASS = "pass"  # noqa: S105  no password
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"
    ERROR = "error"

    @property
    def words(self) -> str:
        """The outcome as people read it."""
        return self.value.replace("_", " ")


class Apis(StrEnum):
    """Which APIs a requirement speaks of."""

    CHAT = Api.CHAT.value
    RESPONSES = Api.RESPONSES.value
    BOTH = "both"

    def hold(self, api: Api) -> bool:
        """Whether this API is among them."""
        return self is Apis.BOTH or self.value == api.value


class Kind(StrEnum):
    """What a requirement judges."""

    ANSWER = "answer"  # any exchange that asks for a stream, whatever came back
    STREAM = "stream"  # an exchange that was answered with an event stream
    DOCUMENT = "document"  # a request without `stream`, and its answer
    REFUSAL = "refusal"  # an exchange answered with a status of 400 or more
    PROVOKED = "provoked"  # a request that a well-behaved endpoint refuses
    TWINS = "twins"  # a stream and the same request without `stream`
    LEAVING = "leaving"  # a stream that the client left, and the request that came next
    RUN = "run"  # all exchanges of a run that ask for a stream
    CONCURRENT = "concurrent"  # all streams of a run, which were open at the same time


class Family(StrEnum):
    """How people speak of requirements; also the module each one lives in."""

    WIRE = "wire"
    CHAT = "chat"
    USAGE = "usage"
    TOOLS = "tools"
    REASONING = "reasoning"
    RESPONSES = "responses"
    ERRORS = "errors"
    TIMING = "timing"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule is stated: a title that names the place, and its address."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Where and how a requirement was broken.

    `event` is the number of the event, `span` the bytes of the body it rests on, `place` a path
    into its JSON. `times` counts further events broken alike, this one included.
    """

    expected: str
    observed: str
    event: int | None = None
    span: tuple[int, int] | None = None
    place: str = ""
    times: int = 1

    def as_json(self) -> dict[str, Any]:
        """The violation as it stands in reports and in what commands print as JSON."""
        return asdict(self)


S_contra = TypeVar("S_contra", contravariant=True)
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Trigger(Generic[S_contra, T_co]):
    """What a rule is about, found in a subject, and the words for its absence.

    Called with a subject it gives what it found: a list, a value, or whether there is any. Where that is
    false, the rule is not asked, and `absent` says why.
    """

    find: Callable[[S_contra], T_co]
    absent: str

    def __call__(self, subject: S_contra) -> T_co:
        """What is found in a subject."""
        return self.find(subject)

    def unless(self, words: str, holds: Callable[[S_contra], object]) -> "Trigger[S_contra, bool]":
        """The same, but not where something else holds, which `words` names."""
        return Trigger(
            lambda subject: bool(self.find(subject)) and not holds(subject), f"{self.absent}, or {words}"
        )


def trigger(*, absent: str) -> Callable[[Callable[[S_contra], T_co]], Trigger[S_contra, T_co]]:
    """Makes a trigger of the function that finds what a rule is about. Raises TypeError for a generator."""

    def make(find: Callable[[S_contra], T_co]) -> Trigger[S_contra, T_co]:
        if isgeneratorfunction(find):
            raise TypeError(f"{find.__name__} gives a generator, which is true even if empty: return a list")
        return Trigger(find, absent)

    return make


ALWAYS: Trigger[object, bool] = Trigger(lambda _subject: True, absent="")
"""The trigger of rules that every subject of their kind is judged by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One rule, as data beside the pure function that checks it; `requirements.declare` makes them.

    `when` finds what the rule is about. `promise` is what a scenario asks for that is sure to bring it.
    `needs` names what the exchange must hold (see `Exchange.lacks`). `shapes` are the schema paths, with
    `:rule` behind them, that this rule owns; `rest` marks a rule about all that no other rule owns, whose
    check takes the paths that the others own as `others`.

    `carries_trouble` marks the rule that tells of what is ours or the network's, one of each kind of
    exchange; the others saw nothing then. `before_all` marks the rule that a report shows first: where it
    is broken, nothing else was looked at.
    """

    id: str
    family: Family
    level: Level
    api: Apis
    kind: Kind
    statement: str
    hurts: str
    sources: tuple[Source, ...]
    check: Callable[..., Iterable[Violation]]
    when: Trigger[Any, object] = ALWAYS
    promise: Promise | None = None
    needs: frozenset[Need] = frozenset()
    shapes: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    rest: bool = False
    carries_trouble: bool = False
    before_all: bool = False
    untestable: str = ""  # why it cannot be tested from outside, for rules kept for the record


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A requirement's outcome on a subject.

    `subject` is an exchange's id, or a group's name; `exchanges` are the ids of all exchanges it
    rests on. `reason` says why for the outcomes that are neither pass nor violation. `dialects` are
    the recognised ways of differing that together explain the violations; none where one is left over.
    """

    requirement: str
    level: Level
    subject: str
    exchanges: tuple[str, ...]
    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    reason: str = ""
    dialects: tuple[str, ...] = ()
