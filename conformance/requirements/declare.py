"""The decorators that declare requirements, one for each kind of subject; each decorates the check.

    @chat_rule(
        level=Level.MUST,
        statement="`role` is `assistant`.",
        hurts="@ai-sdk raises; message classes are chosen by it.",
        sources=[openapi("ChatCompletionStreamResponseDelta")],
        when=has_role,
    )
    def role_value(stream: ChatStream) -> Iterator[Violation]:
        ...  # a violation for each place

The requirement's id is the function's name with hyphens: `role-value`. Its family is the name of the module
or package that holds the function. Modules that are not named after a family, such as `runs`, pass `family`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from conformance.capabilities import CAPABILITIES
from conformance.catalogue import ALWAYS, Apis, Family, Kind, Level, Requirement, Source, Trigger, Violation
from conformance.errors import did_you_mean
from conformance.exchange import Need, Promise, member, members
from conformance.subject import (
    Answer,
    ChatStream,
    Claim,
    ConcurrentStreams,
    Document,
    Leaving,
    PacedStreams,
    Refusal,
    Repeats,
    ResponsesStream,
    RunAnswers,
    Stream,
    Twins,
)

__all__ = [
    "Declaration",
    "answer_rule",
    "chat_answer_rule",
    "chat_rule",
    "claim_rule",
    "concurrent_rule",
    "document_rule",
    "http_rule",
    "leaving_rule",
    "pace_rule",
    "plain_response_rule",
    "plain_rule",
    "provoked_chat_rule",
    "provoked_rule",
    "refusal_rule",
    "repeats_rule",
    "responses_answer_rule",
    "responses_rule",
    "run_rule",
    "stream_rule",
    "twins_rule",
    "untestable_rule",
]

S = TypeVar("S")
_FAMILIES = {family.value: family for family in Family}


@dataclass(frozen=True, slots=True)
class Declaration(Generic[S]):
    """A decorator factory for rules on one kind of subject; the check receives that subject's type.

    `rests_on` are the ids of the rules that every rule of the kind rests on.
    """

    kind: Kind
    api: Apis
    rests_on: tuple[str, ...] = ()

    def __call__(
        self,
        *,
        level: Level,
        statement: str,
        hurts: str,
        sources: Iterable[Source],
        when: Trigger[S, object] = ALWAYS,
        testable: Trigger[S, object] = ALWAYS,
        promise: Promise | None = None,
        capability: str = "",
        needs: Iterable[Need] = (),
        shapes: Iterable[str] = (),
        reports: Iterable[str] = (),
        family: Family | None = None,
        rest: bool = False,
        carries_trouble: bool = False,
        bears_trouble: bool = False,
        before_all: bool = False,
        model: bool = False,
        rests_on: Iterable[str] = (),
    ) -> Callable[[Callable[[S], Iterable[Violation]]], Requirement]:
        """Returns the decorator. `Requirement` documents each field.

        A rule rests on those of `rests_on`, and on those that every rule of its kind rests on.

        Raises ValueError for an unknown promise, capability or need, for a missing family, and for a family
        that the module's name already determines.
        """

        def declare(check: Callable[[S], Iterable[Violation]]) -> Requirement:
            name = _id(check)
            if capability and capability not in CAPABILITIES:
                hint = did_you_mean(capability, tuple(CAPABILITIES))
                raise ValueError(f"the capability of {name}: there is no {capability!r}, {hint}")
            return Requirement(
                id=name,
                family=_family(check, family),
                level=level,
                api=self.api,
                kind=self.kind,
                statement=statement,
                hurts=hurts,
                sources=tuple(sources),
                check=check,
                when=when,
                testable=testable,
                promise=None if promise is None else member(Promise, promise, f"the promise of {name}"),
                capability=capability,
                needs=frozenset(members(Need, needs, f"the needs of {name}")),
                shapes=tuple(shapes),
                reports=tuple(reports),
                rest=rest,
                carries_trouble=carries_trouble,
                bears_trouble=bears_trouble,
                before_all=before_all,
                model=model,
                rests_on=(*_before(name, self.rests_on), *rests_on),
            )

        return declare


# What every rule on the content of events rests on: that the events can be read, and have their shape. A
# rule that is one of them rests on those before it.
_READ = ("event-terminated", "event-json", "event-foreign")
_CHAT = (*_READ, "utf8-valid", "chunk-schema")
_RESPONSES = (*_READ, "utf8-valid", "event-schema", "sequence-number-increasing")

chat_rule: Declaration[ChatStream] = Declaration(Kind.STREAM, Apis.CHAT, _CHAT)
responses_rule: Declaration[ResponsesStream] = Declaration(Kind.STREAM, Apis.RESPONSES, _RESPONSES)
stream_rule: Declaration[Stream] = Declaration(Kind.STREAM, Apis.BOTH)
http_rule: Declaration[Answer] = Declaration(Kind.HTTP, Apis.BOTH)
answer_rule: Declaration[Answer] = Declaration(Kind.ANSWER, Apis.BOTH)
chat_answer_rule: Declaration[Answer] = Declaration(Kind.ANSWER, Apis.CHAT)
responses_answer_rule: Declaration[Answer] = Declaration(Kind.ANSWER, Apis.RESPONSES)
document_rule: Declaration[Document] = Declaration(Kind.DOCUMENT, Apis.CHAT)
plain_response_rule: Declaration[Document] = Declaration(Kind.DOCUMENT, Apis.RESPONSES)
plain_rule: Declaration[Document] = Declaration(Kind.DOCUMENT, Apis.BOTH)
refusal_rule: Declaration[Refusal] = Declaration(Kind.REFUSAL, Apis.BOTH)
provoked_rule: Declaration[Answer] = Declaration(Kind.PROVOKED, Apis.BOTH)
provoked_chat_rule: Declaration[Answer] = Declaration(Kind.PROVOKED, Apis.CHAT)
twins_rule: Declaration[Twins] = Declaration(Kind.TWINS, Apis.BOTH, _READ)
repeats_rule: Declaration[Repeats] = Declaration(Kind.REPEATS, Apis.CHAT, _READ)
leaving_rule: Declaration[Leaving] = Declaration(Kind.LEAVING, Apis.CHAT)
claim_rule: Declaration[Claim] = Declaration(Kind.CLAIM, Apis.BOTH)
run_rule: Declaration[RunAnswers] = Declaration(Kind.RUN, Apis.BOTH, _READ)
pace_rule: Declaration[PacedStreams] = Declaration(Kind.PACE, Apis.BOTH, _READ)
concurrent_rule: Declaration[ConcurrentStreams] = Declaration(Kind.CONCURRENT, Apis.BOTH, _READ)


def untestable_rule(
    *,
    family: Family,
    level: Level,
    statement: str,
    hurts: str,
    sources: Iterable[Source],
    reports: Iterable[str] = (),
) -> Callable[[Callable[[], str]], Requirement]:
    """Declares a rule for the record; the decorated function returns why it cannot be tested from outside."""

    def declare(why: Callable[[], str]) -> Requirement:
        return Requirement(
            id=_id(why),
            family=_family(why, family),
            level=level,
            api=Apis.BOTH,
            kind=Kind.STREAM,
            statement=statement,
            hurts=hurts,
            sources=tuple(sources),
            check=lambda _subject: (),
            when=ALWAYS,
            reports=tuple(reports),
            untestable=why(),
        )

    return declare


def _before(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return names[: names.index(name)] if name in names else names


def _id(function: Callable[..., object]) -> str:
    return function.__name__.replace("_", "-")


def _family(function: Callable[..., object], named: Family | None) -> Family:
    place = function.__module__.removeprefix(f"{__package__}.").partition(".")[0]
    told = _FAMILIES.get(place)
    if told is None:
        if named is None:
            raise ValueError(f"{_id(function)}: the module {place!r} is no family, so name one by `family`")
        return named
    if named is not None:
        raise ValueError(f"{_id(function)}: its module says the family already, {told}; leave `family` out")
    return told
