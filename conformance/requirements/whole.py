"""Requirements on answers without streaming."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Need
from conformance.paths import schema
from conformance.requirements.common import answered_with, sum_differs
from conformance.requirements.declare import document_rule, plain_response_rule, plain_rule
from conformance.shapes import Shape, ShapeError
from conformance.sources import openapi
from conformance.subject import Document
from conformance.text import clipped, shown

_COMPLETION = openapi("CreateChatCompletionResponse")
_RESPONSE = openapi("Response")
_OPEN = ("choices.*.finish_reason:enum", "choices.*.message.role:enum")
"""The closed enumerations of a whole answer, with the keyword that a value breaks which is not in them."""


def _body(document: Document) -> dict[str, Any]:
    """The body of an answer as a JSON object; empty if the body is not a JSON object."""
    return document.document if isinstance(document.document, dict) else {}


@cache
def _shape() -> Shape:
    return Shape(schema("chat.completion"))


@cache
def _response_shape() -> Shape:
    return Shape(schema("responses.events"), "/$defs/Response")


def _unknown_value(error: ShapeError) -> bool:
    """Whether a string is none of the values that the API description lists at its place."""
    return f"{error.path}:{error.rule}" in _OPEN and error.observed.startswith('"')


def response_values(document: Document) -> list[ShapeError]:
    """The values of a whole response that are none of those that the API description lists."""
    return [error for error in _response_shape().errors(document.document) if error.rule == "enum"]


# Answers without streaming


@plain_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="A request without `stream` that the endpoint supports is answered with status 200.",
    hurts="Every client raises.",
    sources=[openapi("CreateChatCompletionRequest")],
    needs=[Need.STATUS],
    carries_trouble=True,
)
def document_status(document: Document) -> Iterator[Violation]:
    """The request has the same prompt as its streamed twin."""
    if document.exchange.status != 200:
        yield Violation(expected="status 200", observed=answered_with(document.exchange))


@trigger(absent="the request was not answered")
def was_answered(document: Document) -> bool:
    return document.exchange.answered and document.exchange.status in (None, 200)


@plain_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="A request without `stream` is answered with one JSON document, which is named as such.",
    hurts="Clients that did not ask for a stream parse it as JSON and raise; openai-node returns a text.",
    sources=[openapi("CreateChatCompletionRequest")],
    when=was_answered,
    reports=["decolua/9router#3492", "diegosouzapw/OmniRoute#10239"],
)
def document_not_streamed(document: Document) -> Iterator[Violation]:
    """`stream` defaults to false where the request omits it.

    openai-node parses `application/json` and `...+json`, and returns all else as text.
    """
    if document.not_json or not isinstance(document.document, dict):
        body = clipped(document.exchange.body.decode(errors="replace"), 100)
        what = "an event stream: " if document.wire.events else ""
        yield Violation(expected="one JSON object", observed=f"{what}{body}" if body else "an empty body")
        return
    kind = document.exchange.header("content-type")
    named = (kind or "").partition(";")[0].strip().lower()
    known = Need.HEADERS not in document.exchange.lacks and document.exchange.headers
    if known and not ("application/json" in named or named.endswith("+json")):
        yield Violation(
            place="content-type",
            expected="application/json",
            observed=shown(kind) if kind is not None else "no such header",
        )


@trigger(absent="no answer in JSON")
def answered_in_json(document: Document) -> bool:
    return isinstance(document.document, dict) and document.exchange.status in (None, 200)


@document_rule(
    family=Family.CHAT,
    level=Level.MUST,
    statement="A whole answer has the shape of the API description.",
    hurts="Typed clients raise, untyped ones read undefined values.",
    sources=[_COMPLETION],
    when=answered_in_json,
)
def completion_schema(document: Document) -> Iterator[Violation]:
    """Unknown values of `finish_reason` and `role` are left to `completion-values`."""
    for error in _shape().errors(document.document):
        if not _unknown_value(error):
            yield Violation(place=error.path, expected=error.expected, observed=error.observed)


@plain_response_rule(
    family=Family.RESPONSES,
    level=Level.MUST,
    statement="A whole response has the shape of the API description.",
    hurts="Typed clients raise, untyped ones read undefined values.",
    sources=[_RESPONSE],
    when=answered_in_json,
)
def whole_response_schema(document: Document) -> Iterator[Violation]:
    """Unknown values of a `status` or a `role` are left to `whole-answer-consistent`."""
    for error in _response_shape().errors(document.document):
        if error.rule != "enum":  # an open set: `whole-answer-consistent`
            yield Violation(place=error.path, expected=error.expected, observed=error.observed)


@document_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement="The `finish_reason` and the `role` of a whole answer have values of the API description.",
    hurts="Typed clients refuse the answer; others cannot tell an end from a cut.",
    sources=[_COMPLETION],
    when=answered_in_json,
)
def completion_values(document: Document) -> Iterator[Violation]:
    """OpenAI may add values and the official SDKs read unknown ones, so the level is SHOULD."""
    for error in _shape().errors(document.document):
        if _unknown_value(error):
            yield Violation(place=error.path, expected=error.expected, observed=error.observed)


@trigger(absent="no usage in the answer")
def has_usage(document: Document) -> bool:
    return isinstance(_body(document).get("usage"), dict)


@document_rule(
    family=Family.USAGE,
    level=Level.MUST,
    statement="The usage of a whole answer adds up.",
    hurts="Bills and budgets disagree with each other.",
    sources=[openapi("CompletionUsage")],
    when=has_usage,
)
def completion_usage(document: Document) -> Iterator[Violation]:
    """The same arithmetic as for streams."""
    yield from sum_differs(None, "usage", _body(document)["usage"], ("prompt_tokens", "completion_tokens"))
