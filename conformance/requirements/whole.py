"""Requirements on answers without streaming, and on how a stream compares with the same answer unstreamed.

The *twin* of a stream is the answer to the same request without `stream: true`.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance.assemble.choice import REASONING_FIELDS, Choice
from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Need
from conformance.paths import schema
from conformance.requirements.common import sum_differs
from conformance.requirements.declare import document_rule, plain_rule, twins_rule
from conformance.shapes import Shape, ShapeError
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import Answer, ChatStream, Document, Twins
from conformance.text import clipped, shown

_COMPLETION = openapi("CreateChatCompletionResponse")
_SLACK = 8
"""Tokens by which the counts of the same text may differ beyond their double: marks of begin and end."""
_OPEN = ("choices.*.finish_reason:enum", "choices.*.message.role:enum")
"""The closed enumerations of a whole answer, with the keyword that a value breaks which is not in them."""
_WORD = re.compile(r"\w+(?:-\w+)*")


def _body(answer: Answer) -> dict[str, Any]:
    """The body of an answer as a JSON object; empty if the body is not a JSON object."""
    return answer.document if isinstance(answer, Document) and isinstance(answer.document, dict) else {}


def _choices(answer: Answer) -> list[dict[str, Any]]:
    choices = _body(answer).get("choices")
    return [item for item in choices if isinstance(item, dict)] if isinstance(choices, list) else []


@cache
def _shape() -> Shape:
    return Shape(schema("chat.completion"))


def _unknown_value(error: ShapeError) -> bool:
    """Whether a string is none of the values that the API description lists at its place."""
    return f"{error.path}:{error.rule}" in _OPEN and error.observed.startswith('"')


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
        body = clipped(document.exchange.body.decode(errors="replace"), 120)
        yield Violation(expected="status 200", observed=f"status {document.exchange.status}: {body}")


@trigger(absent="the request was not answered")
def was_answered(document: Document) -> bool:
    return document.exchange.answered and document.exchange.status in (None, 200)


@plain_rule(
    family=Family.WIRE,
    level=Level.MUST,
    statement="A request without `stream` is answered with one JSON document.",
    hurts="Clients that did not ask for a stream parse it as JSON and raise.",
    sources=[openapi("CreateChatCompletionRequest")],
    when=was_answered,
    reports=["decolua/9router#3492", "diegosouzapw/OmniRoute#10239"],
)
def document_not_streamed(document: Document) -> Iterator[Violation]:
    """`stream` defaults to false where the request omits it."""
    if document.not_json or not isinstance(document.document, dict):
        body = clipped(document.exchange.body.decode(errors="replace"), 100)
        what = "an event stream: " if document.wire.events else ""
        yield Violation(expected="one JSON object", observed=f"{what}{body}" if body else "an empty body")


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


# A stream and its twin


@trigger(absent="the stream or its twin holds no choice")
def first_choices(twins: Twins) -> tuple[Choice, dict[str, Any]] | None:
    """The first choice of the stream and of its twin; None if either has no choice."""
    stream, whole = twins.stream, _choices(twins.plain)
    if not isinstance(stream, ChatStream) or not stream.choices or not whole:
        return None
    return stream.choices[0], whole[0]


@trigger(absent="the answer of the stream and that of its twin are not the same")
def same_answers(twins: Twins) -> tuple[Choice, dict[str, Any]] | None:
    """The first choices, if their texts agree but for white space, and their calls by name; else None."""
    choices = first_choices(twins)
    if choices is None:
        return None
    message = choices[1].get("message")
    text = message.get("content") if isinstance(message, dict) else None
    whole = text.split() if isinstance(text, str) else []
    called = called_tools(twins)
    alike = called is None or sorted(called[0]) == sorted(called[1])
    made = bool(choices[0].calls.made) == (called is not None)
    return choices if choices[0].content.text.split() == whole and alike and made else None


@twins_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement="The same answer ends with the same finish_reason, streamed or not.",
    hurts="Code that works without streaming takes another branch with it.",
    sources=[API_REFERENCE],
    when=same_answers,
    model=True,
    rests_on=["finish-reason-value", "finish-reason-tools", "tool-markup", "control-text"],
)
def twin_finish_reason(twins: Twins) -> Iterator[Violation]:
    """Judged only where the texts agree and as many tools are called: other answers may end otherwise."""
    choices = same_answers(twins)
    if choices is not None:
        streamed, whole = choices[0].finish.reason, choices[1].get("finish_reason")
        if streamed is not None and streamed != whole:
            yield Violation(
                place="choices.0.finish_reason",
                expected=f"{shown(whole)}, as without streaming",
                observed=shown(streamed),
            )


@trigger(absent="the stream did not end by itself, or its twin is not what the prompt asks for either")
def words_due(twins: Twins) -> tuple[list[str], list[str]] | None:
    """The code words that the prompt asks for, and those in the stream.

    None if the twin differs from the prompt too, so that a model's mistake is not blamed on the stream.
    """
    choices, due = first_choices(twins), twins.stream.exchange.expected_text.split()
    code = twins.stream.exchange.nonce
    if choices is None or not due or not code or choices[0].finish.reason != "stop":
        return None
    message = choices[1].get("message")
    whole = message.get("content") if isinstance(message, dict) else None
    if not isinstance(whole, str) or _coded(whole, code) != due:
        return None
    return due, _coded(choices[0].content.text, code)


def _coded(text: str, code: str) -> list[str]:
    # A hyphen is a part of a word, so words that lost the space between them count as one.
    return [word for word in _WORD.findall(text) if code in word]


@twins_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement="What the same request gets whole without streaming is whole in the stream.",
    hurts="Pieces of the text are lost, doubled or moved on the way, and only in the stream.",
    sources=[API_REFERENCE],
    when=words_due,
    reports=["vllm-project/vllm#30866"],
    model=True,
    rests_on=["content-string", "content-cumulative", "answer-nonempty"],
)
def twin_text(twins: Twins) -> Iterator[Violation]:
    """Text between the code words is ignored.

    A model may answer differently each time, so the level is SHOULD.
    """
    words = words_due(twins)
    if words is not None and words[0] != words[1]:
        wanted, found = words
        pairs = enumerate(zip(found, wanted, strict=False))
        at = next((at for at, (one, other) in pairs if one != other), min(len(found), len(wanted)))
        yield Violation(
            place=f"choices.0.delta.content, word {at + 1}",
            expected=f"{shown(' '.join(wanted[max(0, at - 1) : at + 2]))}, as without streaming",
            observed=shown(" ".join(found[max(0, at - 1) : at + 2])),
        )


@trigger(absent="no usage in the stream or in its twin")
def prompt_tokens(twins: Twins) -> tuple[int, int] | None:
    """The `prompt_tokens` of the stream and of its twin; None if either has none."""
    stream = twins.stream
    seen = (
        stream.chat.usage.seen[-1].value
        if isinstance(stream, ChatStream) and stream.chat.usage.seen
        else None
    )
    streamed, whole = _prompt_count(seen), _prompt_count(_body(twins.plain).get("usage"))
    return None if streamed is None or whole is None else (streamed, whole)


def _prompt_count(usage: Any) -> int | None:
    count = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return count if type(count) is int else None


@twins_rule(
    family=Family.USAGE,
    level=Level.SHOULD,
    statement="The same request counts the same prompt tokens, streamed or not.",
    hurts="Cost depends on whether one streams.",
    sources=[openapi("CompletionUsage")],
    when=prompt_tokens,
    reports=["vllm-project/vllm#8625"],
)
def twin_prompt_tokens(twins: Twins) -> Iterator[Violation]:
    """The two prompts are identical."""
    counts = prompt_tokens(twins)
    if counts is not None and counts[0] != counts[1]:
        yield Violation(
            place="usage.prompt_tokens",
            expected=f"{counts[1]}, as without streaming",
            observed=str(counts[0]),
        )


@trigger(absent="the answers differ, or no usage counts the tokens of both")
def completion_tokens(twins: Twins) -> tuple[int, int] | None:
    """The completion tokens of the stream and of its twin, without those of reasoning.

    None where the answers differ, and where the model reasons and either usage does not say how much.
    """
    choices, stream = same_answers(twins), twins.stream
    if choices is None or not choices[0].content.text or not isinstance(stream, ChatStream):
        return None
    message = choices[1].get("message")
    thoughts = isinstance(message, dict) and any(message.get(name) for name in REASONING_FIELDS)
    reasons = bool(choices[0].reasoning.event) or thoughts
    seen = stream.chat.usage.seen
    streamed = _spoken_count(seen[-1].value if seen else None, reasons=reasons)
    whole = _spoken_count(_body(twins.plain).get("usage"), reasons=reasons)
    return None if streamed is None or whole is None else (streamed, whole)


def _spoken_count(usage: Any, *, reasons: bool) -> int | None:
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    details = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    thought = details.get("reasoning_tokens") if isinstance(details, dict) else None
    if type(count) is not int or count <= 0 or (reasons and type(thought) is not int):
        return None  # counts of 0 or less are reported by `usage-counts` and `usage-integers`
    return count - thought if type(thought) is int and thought <= count else count


@twins_rule(
    family=Family.USAGE,
    level=Level.SHOULD,
    statement="The same text counts about as many completion tokens, streamed or not.",
    hurts="Cost depends on whether one streams, or is made up.",
    sources=[openapi("CompletionUsage")],
    when=completion_tokens,
    rests_on=["usage-counts", "max-tokens-honoured"],
)
def twin_completion_tokens(twins: Twins) -> Iterator[Violation]:
    """A text has several spellings in tokens, so only counts that differ by more than half are reported."""
    counts = completion_tokens(twins)
    if counts is not None and max(counts) > 2 * min(counts) + _SLACK:
        yield Violation(
            place="usage.completion_tokens",
            expected=f"about {counts[1]}, as without streaming",
            observed=f"{counts[0]}, for the same text",
        )


@trigger(absent="the twin calls no tool")
def called_tools(twins: Twins) -> tuple[list[str], list[str]] | None:
    """The names of the tools called in the stream and in its twin; None if the twin calls none."""
    choices = first_choices(twins)
    message = choices[1].get("message") if choices is not None else None
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    called = [call.get("function") or call.get("custom") for call in calls or () if isinstance(call, dict)]
    whole = [str(inner.get("name")) for inner in called if isinstance(inner, dict)]
    return ([call.name for call in choices[0].calls.made], whole) if choices is not None and whole else None


@twins_rule(
    family=Family.TOOLS,
    level=Level.SHOULD,
    statement="The same request calls as many tools, by the same names, streamed or not.",
    hurts="A call that is there without streaming is lost with it.",
    sources=[API_REFERENCE, openapi("ChatCompletionMessageToolCall")],
    when=called_tools,
    reports=["lmstudio-ai/lmstudio-bug-tracker#723"],
    model=True,
    rests_on=["finish-reason-without-calls", "tool-markup", "claim-kept"],
)
def twin_tool_calls(twins: Twins) -> Iterator[Violation]:
    """A model may answer differently each time, so the level is SHOULD."""
    names = called_tools(twins)
    if names is not None and sorted(names[0]) != sorted(names[1]):
        streamed, whole = names
        yield Violation(
            place="choices.0.tool_calls",
            expected=f"{', '.join(whole)}, as without streaming",
            observed=", ".join(streamed) or "no call",
        )
