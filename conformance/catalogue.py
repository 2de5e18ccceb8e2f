"""The types of the catalogue: requirements, their levels and kinds, and the verdicts on them."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from inspect import isgeneratorfunction
from typing import Any, Generic, TypeVar

from conformance.exchange import Api, Need, Promise

__all__ = [
    "ALWAYS",
    "DEPENDS_ON_MODEL",
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


DEPENDS_ON_MODEL = "Depends on the model: one that obeys badly breaks it although the endpoint is right."
"""What readers are told of the rules that are marked `model`."""


class Level(StrEnum):
    """How much depends on a requirement."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    INFO = "INFO"


class Outcome(StrEnum):
    """The result of judging a requirement on a subject."""

    PASS = "pass"  # noqa: S105  no password
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTABLE = "not_testable"
    ERROR = "error"

    @property
    def words(self) -> str:
        """The outcome as shown to people."""
        return self.value.replace("_", " ")


class Apis(StrEnum):
    """The APIs that a requirement applies to."""

    CHAT = Api.CHAT.value
    RESPONSES = Api.RESPONSES.value
    BOTH = "both"

    def hold(self, api: Api) -> bool:
        """Whether the requirement applies to this API."""
        return self is Apis.BOTH or self.value == api.value


class Kind(StrEnum):
    """The kind of subject that a requirement judges."""

    HTTP = "http"  # any exchange, down to its HTTP
    ANSWER = "answer"  # any exchange that asks for a stream, whatever the answer
    STREAM = "stream"  # an exchange that was answered with an event stream
    DOCUMENT = "document"  # a request without `stream`
    REFUSAL = "refusal"  # an exchange answered with a status of 400 or more
    PROVOKED = "provoked"  # a request that a conforming endpoint refuses
    TWINS = "twins"  # a stream and the same request without `stream`
    LEAVING = "leaving"  # a stream that the client left, and the request that came next
    RUN = "run"  # all exchanges of a run that ask for a stream
    CLAIM = "claim"  # all exchanges of a run that try one capability, which the provider claims
    CONCURRENT = "concurrent"  # all streams of a run, which were open at the same time


class Family(StrEnum):
    """The subject area of a requirement, and the name of the module or package that holds it."""

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
    """The place where a rule is stated: its title and its URL."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """Where and how a requirement was broken.

    `event` is the number of the event, `span` the byte range in the body, and `place` a path into the event's
    JSON. `times` is the number of similar violations that this one stands for, itself included.
    """

    expected: str
    observed: str
    event: int | None = None
    span: tuple[int, int] | None = None
    place: str = ""
    times: int = 1

    def as_json(self) -> dict[str, Any]:
        """The violation as reports and `--json` output hold it."""
        return asdict(self)


S_contra = TypeVar("S_contra", contravariant=True)
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Trigger(Generic[S_contra, T_co]):
    """The condition under which a rule applies, and the words for its absence.

    A trigger called with a subject returns what the rule is about: a list, a value, or a bool. If that is
    falsy, the rule does not apply, and `absent` says why.
    """

    find: Callable[[S_contra], T_co]
    absent: str

    def __call__(self, subject: S_contra) -> T_co:
        """What the rule is about in this subject; falsy if there is nothing."""
        return self.find(subject)

    def unless(self, words: str, holds: Callable[[S_contra], object]) -> "Trigger[S_contra, bool]":
        """The same trigger, except for subjects for which `holds` is true; `words` names the exception."""
        return Trigger(
            lambda subject: bool(self.find(subject)) and not holds(subject), f"{self.absent}, or {words}"
        )


def trigger(*, absent: str) -> Callable[[Callable[[S_contra], T_co]], Trigger[S_contra, T_co]]:
    """Makes a trigger from a function that finds what a rule is about.

    Raises TypeError for a generator function, whose result is never falsy.
    """

    def make(find: Callable[[S_contra], T_co]) -> Trigger[S_contra, T_co]:
        if isgeneratorfunction(find):
            raise TypeError(f"{find.__name__} gives a generator, which is true even if empty: return a list")
        return Trigger(find, absent)

    return make


ALWAYS: Trigger[object, bool] = Trigger(lambda _subject: True, absent="")
"""The trigger of rules that apply to every subject of their kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One rule: data and the pure function that checks it. Made by the decorators of `requirements.declare`.

    `when` is the rule's trigger. `promise` is the promise of a scenario whose answer is sure to trigger it.
    `capability` is what a provider claims if it heeds the request parameter that the rule is about, "" if the
    rule is about no such parameter: where a provider does not claim it, the rule is a SHOULD at most.
    `needs` are the data that an exchange must hold (see `Exchange.lacks`). `shapes` are the schema paths that
    this rule owns, optionally with `:rule` behind them; a rule with `rest` reports the schema errors that no
    other rule owns, and its check receives the owned paths as `others`. `testable` is what a subject must
    show for the rule to be judged at all; without it the rule is "not testable".

    `carries_trouble` marks the one rule of each kind of exchange that reports failures of the suite or the
    network as errors; all other rules are then not testable. `before_all` marks a rule that reports show
    first, because nothing else could be judged if it is broken.

    `model` marks a rule that a model can break by itself, by answering badly, although the endpoint passed
    on its output correctly (see `DEPENDS_ON_MODEL`).
    `rests_on` are the ids of the rules that this one rests on: where one of them is broken, a violation of
    this rule may only follow from that one. `causes` decides whether it does.
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
    testable: Trigger[Any, object] = ALWAYS
    promise: Promise | None = None
    capability: str = ""
    needs: frozenset[Need] = frozenset()
    shapes: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    rest: bool = False
    carries_trouble: bool = False
    before_all: bool = False
    model: bool = False
    rests_on: tuple[str, ...] = ()
    untestable: str = ""  # for rules for the record: why they cannot be tested from outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of a requirement on a subject.

    `subject` is the id of an exchange or the name of a group; `exchanges` are the ids of all exchanges that
    the verdict rests on. `level` is that of the requirement, or SHOULD where the provider does not claim what
    the requirement asks for. `reason` explains outcomes that are neither a pass nor a violation, and a
    violation of something that is not claimed. `dialects` are
    the known dialects that together explain all violations; empty if any violation is left unexplained.
    `because` is the id of the requirement whose violation explains this one, so that there is nothing more to
    mend; "" for a violation that no other explains, and for outcomes that are no violation.
    """

    requirement: str
    level: Level
    subject: str
    exchanges: tuple[str, ...]
    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    reason: str = ""
    dialects: tuple[str, ...] = ()
    because: str = ""
