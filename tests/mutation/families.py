"""Which family a mutation aims at, and which requirements speak for that family.

A mutation is killed by the family that it spoils, not by any rule that happens to notice:

* A place inside an event belongs to one family by its path: `usage` and below to usage, tool calls to tools,
  reasoning fields to reasoning, `error` to errors, all else to chat, or to responses in that API.
* An `error` event of the Responses API is of errors and of responses.
* Where a place holds others (a `delta` with a tool call, a whole event), their families are aimed at as well:
  what is dropped with it is spoilt with it.
* What is done to the arguments of a call is of tools in both APIs.
* Operators on the request aim at what the request is about, and at the API.
* Operators on the framing aim at wire; on the terminator also at the API, whose rules speak of it; on the
  `event:` line also at responses, whose rules say what stands there.
* Some rules live in one family and speak of another, each by name in `SPEAK_FOR`.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance.catalogue import Family, Requirement
from conformance.requirements import CATALOGUE
from tests.mutation.operators import WIRE_OPERATORS, Mutant, Path, pattern
from tests.mutation.requests import REQUEST_FAMILIES
from tests.mutation.stream import DONE, Base
from tests.mutation.texts import DAMAGES

__all__ = ["aimed", "family", "speaks_for"]

_CHAT = (
    ("usage", Family.USAGE),
    ("error", Family.ERRORS),
    ("choices.*.delta.tool_calls", Family.TOOLS),
    ("choices.*.delta.function_call", Family.TOOLS),
    ("choices.*.delta.reasoning_content", Family.REASONING),
    ("choices.*.delta.reasoning", Family.REASONING),
    ("choices.*.message.tool_calls", Family.TOOLS),
)
_RESPONSES = (("response.error", Family.ERRORS),)
_ALL = (Family.CHAT, Family.RESPONSES, Family.TOOLS, Family.USAGE, Family.REASONING)

# One rule for all that a whole answer says, and the rules that compare it with its stream.
SPEAK_FOR_DOCUMENTS = {
    **dict.fromkeys(("completion-schema", "whole-response-schema", "whole-answer-consistent"), _ALL),
    **dict.fromkeys(("document-not-streamed", "completion-values"), _ALL),
    **dict.fromkeys(("twin-text", "twin-text-damaged", "twin-finish-reason"), (Family.RESPONSES,)),
    **dict.fromkeys(
        ("twin-tool-calls", "twin-arguments", "twin-arguments-damaged", "twin-finish-reason"),
        (Family.CHAT, Family.TOOLS, Family.RESPONSES),
    ),
    **dict.fromkeys(("twin-prompt-tokens", "twin-completion-tokens"), (Family.RESPONSES,)),
}

SPEAK_FOR = {
    # One rule for both APIs.
    "content-cumulative-short": (Family.RESPONSES, Family.REASONING),
    **dict.fromkeys(("answer-damaged", "answer-altered"), (Family.CHAT, Family.TOOLS, Family.RESPONSES)),
    **dict.fromkeys(("twin-text", "twin-text-damaged", "text-repeated"), (Family.RESPONSES,)),
    **dict.fromkeys(("twin-arguments", "twin-arguments-damaged"), (Family.RESPONSES,)),
    # The schema speaks of all that no rule of its own speaks of; what is no event at all is told by wire.
    "chunk-schema": (Family.CHAT, Family.TOOLS, Family.USAGE, Family.REASONING, Family.ERRORS),
    "event-schema": (Family.RESPONSES, Family.ERRORS),
    "event-foreign": (Family.CHAT, Family.RESPONSES, Family.USAGE, Family.TOOLS, Family.ERRORS),
    # What a choice says is told in chat, whether it is text, a call or reasoning.
    "after-finish": (Family.TOOLS, Family.REASONING),
    "role-first": (Family.TOOLS, Family.REASONING),
    "surrogates-paired": (Family.TOOLS,),
    "finish-reason-tools": (Family.TOOLS,),
    "finish-reason-without-calls": (Family.TOOLS,),
    # A chunk whose usage is lost is empty; the limit is held against usage.
    "choices-empty": (Family.USAGE, Family.ERRORS),
    "max-tokens-honoured": (Family.USAGE,),
    "finish-reason-length": (Family.USAGE,),
    # How a stream ends, with an error or without.
    "response-failed-error": (Family.ERRORS,),
    "terminal-event-present": (Family.ERRORS,),
    "terminal-event-once": (Family.ERRORS,),
    "terminal-event-last": (Family.ERRORS,),
    "response-created-first": (Family.ERRORS,),
    "error-inband-done": (Family.CHAT,),
    "error-inband-last": (Family.CHAT,),
    "reasoning-order": (Family.CHAT,),
    "done-present": (Family.ERRORS,),
    "finish-reason-present": (Family.ERRORS,),
}


def aimed(base: Base, mutant: Mutant) -> frozenset[Family]:
    """The families that a mutation spoils."""
    home = Family.CHAT if base.api == "chat" else Family.RESPONSES
    if mutant.request:
        return frozenset({home, REQUEST_FAMILIES[mutant.operator]})
    if base.document and not mutant.path:
        return frozenset({Family.WIRE, home})
    if mutant.operator in WIRE_OPERATORS:
        also = mutant.label == DONE or mutant.operator.startswith("event-field")
        return frozenset({Family.WIRE, home} if also else {Family.WIRE})
    if mutant.parts:
        return frozenset(family for part in mutant.parts for family in aimed(base, part))
    if mutant.path:
        found = {*_families(home, mutant.label, mutant.path, mutant.old)}
        return frozenset(found | {Family.TOOLS} if _of_arguments(mutant) else found)
    spoilt = base.blocks[mutant.at : mutant.at + (2 if mutant.operator.startswith("event-swap") else 1)]
    found = {home, *(family for block in spoilt for family in _families(home, block.label, (), block.value))}
    return frozenset(found | {Family.WIRE} if mutant.operator == "event-cut-inside" else found)


def _of_arguments(mutant: Mutant) -> bool:
    return mutant.operator in DAMAGES and ("arguments" in mutant.place or "arguments" in mutant.label)


def family(base: Base, mutant: Mutant) -> Family:
    """The one family under which a mutant is counted: of its place, wire for the framing."""
    if mutant.operator in WIRE_OPERATORS or (base.document and not mutant.path):
        return Family.WIRE
    if mutant.request:
        return REQUEST_FAMILIES[mutant.operator]
    home = Family.CHAT if base.api == "chat" else Family.RESPONSES
    return _of(home, mutant.label, mutant.place)


def speaks_for(requirement: str, families: frozenset[Family], *, document: bool = False) -> bool:
    """Whether a requirement is of one of these families, or speaks for one, of a stream or of a document."""
    table = SPEAK_FOR_DOCUMENTS if document else SPEAK_FOR
    return _rules()[requirement].family in families or not families.isdisjoint(table.get(requirement, ()))


def _families(home: Family, label: str, path: Path, value: Any) -> Iterator[Family]:
    yield _of(home, label, pattern(path))
    if label == "error":
        yield home  # an error is an event of its API too
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _families(home, label, (*path, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _families(home, label, (*path, number), item)


def _of(home: Family, label: str, place: str) -> Family:
    if label == "error":
        return Family.ERRORS
    table = _CHAT if home is Family.CHAT else _RESPONSES
    return next((family for stem, family in table if f"{place}.".startswith(f"{stem}.")), home)


@cache
def _rules() -> dict[str, Requirement]:
    return {rule.id: rule for rule in CATALOGUE}
