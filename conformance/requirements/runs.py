"""Requirements on whole answers without streaming, and on streams beside each other."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance.catalogue import Api, Family, Kind, Level, Violation, requirement
from conformance.paths import schema
from conformance.requirements.common import sum_differs
from conformance.shapes import Shape
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import Group, Stream
from conformance.text import clipped, counted, shown

_COMPLETION = openapi("CreateChatCompletionResponse")


def _choices(stream: Stream) -> list[dict[str, Any]]:
    choices = stream.document.get("choices") if isinstance(stream.document, dict) else None
    return [item for item in choices if isinstance(item, dict)] if isinstance(choices, list) else []


@cache
def _shape() -> Shape:
    return Shape(schema("chat.completion"))


# Whole answers


@requirement(
    "document-status",
    Family.WIRE,
    Level.MUST,
    Api.CHAT,
    "A request without `stream` that the endpoint supports is answered with status 200.",
    kind=Kind.DOCUMENT,
    hurts="Every client raises.",
    sources=[openapi("CreateChatCompletionRequest")],
    needs=["status"],
)
def document_status(stream: Stream) -> Iterator[Violation]:
    """The same prompt that is streamed."""
    if stream.exchange.status != 200:
        body = clipped(stream.exchange.body.decode(errors="replace"), 120)
        yield Violation(expected="status 200", observed=f"status {stream.exchange.status}: {body}")


@requirement(
    "document-not-streamed",
    Family.WIRE,
    Level.MUST,
    Api.CHAT,
    "A request without `stream` is answered with one JSON document.",
    kind=Kind.DOCUMENT,
    hurts="Clients that did not ask for a stream parse it as JSON and raise.",
    sources=[openapi("CreateChatCompletionRequest")],
    when=lambda stream: stream.exchange.status == 200,
    absent="the request was not answered",
    reports=["decolua/9router#3492", "diegosouzapw/OmniRoute#10239"],
)
def document_not_streamed(stream: Stream) -> Iterator[Violation]:
    """`stream` is false where it is left out."""
    if stream.not_json or not isinstance(stream.document, dict):
        body = clipped(stream.exchange.body.decode(errors="replace"), 100)
        yield Violation(expected="one JSON object", observed=body or "an empty body")


@requirement(
    "completion-schema",
    Family.CHAT,
    Level.MUST,
    Api.CHAT,
    "A whole answer has the shape of the API description.",
    kind=Kind.DOCUMENT,
    hurts="Typed clients raise, untyped ones read undefined values.",
    sources=[_COMPLETION],
    when=lambda stream: isinstance(stream.document, dict) and stream.exchange.status == 200,
    absent="no answer in JSON",
)
def completion_schema(stream: Stream) -> Iterator[Violation]:
    """By the schema, all of it."""
    for error in _shape().errors(stream.document):
        yield Violation(place=error.path, expected=error.expected, observed=error.observed)


@requirement(
    "completion-usage",
    Family.USAGE,
    Level.MUST,
    Api.CHAT,
    "The usage of a whole answer adds up.",
    kind=Kind.DOCUMENT,
    hurts="Bills and budgets disagree with each other.",
    sources=[openapi("CompletionUsage")],
    when=lambda stream: isinstance(stream.document, dict) and isinstance(stream.document.get("usage"), dict),
    absent="no usage in the answer",
)
def completion_usage(stream: Stream) -> Iterator[Violation]:
    """As in the stream."""
    usage = stream.document["usage"]
    yield from sum_differs(None, "usage", usage, ("prompt_tokens", "completion_tokens"))


# A stream and its twin


def _twins(group: Group) -> tuple[Stream, dict[str, Any]] | None:
    stream, plain = group.parts["stream"], group.parts["plain"]
    if stream.chat is None or not stream.choices or not _choices(plain):
        return None
    return stream, _choices(plain)[0]


@requirement(
    "twin-finish-reason",
    Family.CHAT,
    Level.SHOULD,
    Api.CHAT,
    "The same request ends with the same finish_reason, streamed or not.",
    kind=Kind.TWINS,
    hurts="Code that works without streaming takes another branch with it.",
    sources=[API_REFERENCE],
    when=lambda group: _twins(group) is not None,
    absent="the stream or its twin holds no choice",
)
def twin_finish_reason(group: Group) -> Iterator[Violation]:
    """A model may differ from run to run, hence SHOULD."""
    twins = _twins(group)
    if twins is not None:
        streamed, whole = twins[0].choices[0].finish_reason, twins[1].get("finish_reason")
        if streamed is not None and streamed != whole:
            yield Violation(
                place="choices.0.finish_reason",
                expected=f"{shown(whole)}, as without streaming",
                observed=shown(streamed),
            )


@requirement(
    "twin-prompt-tokens",
    Family.USAGE,
    Level.SHOULD,
    Api.CHAT,
    "The same request counts the same prompt tokens, streamed or not.",
    kind=Kind.TWINS,
    hurts="Cost depends on whether one streams.",
    sources=[openapi("CompletionUsage")],
    when=lambda group: None not in _prompt_tokens(group),
    absent="no usage in the stream or in its twin",
    reports=["vllm-project/vllm#8625"],
)
def twin_prompt_tokens(group: Group) -> Iterator[Violation]:
    """The prompt is the same to the letter."""
    streamed, whole = _prompt_tokens(group)
    if streamed != whole:
        yield Violation(
            place="usage.prompt_tokens", expected=f"{whole}, as without streaming", observed=str(streamed)
        )


def _prompt_tokens(group: Group) -> tuple[int | None, int | None]:
    stream, plain = group.parts["stream"], group.parts["plain"]
    seen = stream.chat.usage[-1].value if stream.chat is not None and stream.chat.usage else None
    whole = plain.document.get("usage") if isinstance(plain.document, dict) else None
    counts = [item.get("prompt_tokens") if isinstance(item, dict) else None for item in (seen, whole)]
    return tuple(count if type(count) is int else None for count in counts)  # type: ignore[return-value]


# The run


@requirement(
    "endpoint-streams",
    Family.WIRE,
    Level.MUST,
    Api.BOTH,
    "At least one request of a run is answered with a stream.",
    kind=Kind.RUN,
    hurts="Nothing else was looked at: a wrong address or model refuses everything, and breaks nothing.",
    sources=[openapi("CreateChatCompletionRequest")],
    when=lambda group: bool(group.parts),
    absent="no request was answered at all",
)
def endpoint_streams(group: Group) -> Iterator[Violation]:
    """Look at the base URL and the model first."""
    if not any(stream.streamed for stream in group.parts.values()):
        name, stream = next(iter(group.parts.items()))
        body = clipped(stream.exchange.body.decode(errors="replace"), 120)
        yield Violation(
            place=name,
            expected="a stream for one of them",
            observed=f"{counted(len(group.parts), 'answer')}, all others; {name}: "
            f"status {stream.exchange.status}: {body}",
        )


# Streams that were open at the same time


def _said(stream: Stream) -> str:
    """All that a model said in a stream: texts, reasoning, names and arguments of calls."""
    if stream.chat is not None:
        parts = [choice.text + "".join(choice.refusal) for choice in stream.choices]
        parts += [text for choice in stream.choices for texts in choice.reasoning.values() for text in texts]
        parts += [call.arguments for _, call in stream.chat.calls]
    elif stream.responses is not None:
        parts = [text.text for item in stream.responses.items for text in item.texts.values()]
    else:
        parts = []
    return "\n".join(parts)


@requirement(
    "streams-separate",
    Family.WIRE,
    Level.MUST,
    Api.BOTH,
    "What one stream says never appears in another.",
    kind=Kind.CONCURRENT,
    hurts="One user reads another's answer.",
    sources=[API_REFERENCE],
    when=lambda group: len(group.parts) > 1,
    absent="fewer than two streams were answered",
)
def streams_separate(group: Group) -> Iterator[Violation]:
    """Each prompt has a code word of its own that belongs into its answer alone."""
    for name, stream in group.parts.items():
        said = _said(stream)
        for other_name, other in group.parts.items():
            code = other.exchange.nonce
            if code != stream.exchange.nonce and code in said:
                place = said.index(code)
                yield Violation(
                    place=name,
                    expected=f"nothing of {other_name}, whose code word is {code}",
                    observed=shown(said[max(0, place - 40) : place + 40]),
                )


@requirement(
    "ids-unique",
    Family.WIRE,
    Level.MUST,
    Api.BOTH,
    "Each answer has an id of its own.",
    kind=Kind.CONCURRENT,
    hurts="Logs, traces and stored responses of two answers are taken for one.",
    sources=[openapi("CreateChatCompletionStreamResponse"), openapi("Response")],
    when=lambda group: len(group.parts) > 1,
    absent="fewer than two streams were answered",
)
def ids_unique(group: Group) -> Iterator[Violation]:
    """An empty or missing id is another rule's matter."""
    seen: dict[Any, str] = {}
    for name, stream in group.parts.items():
        if stream.chat is not None:
            identity = stream.chat.tracks["id"].value
        else:
            identity = stream.responses.response_id.value if stream.responses is not None else None
        if identity and (other := seen.setdefault(shown(identity), name)) != name:
            yield Violation(place=name, expected=f"another id than that of {other}", observed=shown(identity))


@requirement(
    "call-ids-unique",
    Family.TOOLS,
    Level.SHOULD,
    Api.BOTH,
    "Each tool call has an id of its own, also between answers.",
    kind=Kind.CONCURRENT,
    hurts="Agents that run several conversations give a result to the wrong call.",
    sources=[openapi("ChatCompletionMessageToolCall"), openapi("FunctionToolCall")],
    when=lambda group: len(list(_call_ids(group))) > 1,
    absent="fewer than two tool calls in the run",
)
def call_ids_unique(group: Group) -> Iterator[Violation]:
    """Within one answer a repeated id is worse, and is told here too."""
    seen: dict[str, str] = {}
    for name, identity in _call_ids(group):
        if identity in seen:
            yield Violation(
                place=name,
                expected=f"another id than that of a call in {seen[identity]}",
                observed=f"{shown(identity)} again",
            )
        seen.setdefault(identity, name)


def _call_ids(group: Group) -> Iterator[tuple[str, str]]:
    for name, stream in group.parts.items():
        if stream.chat is not None:
            yield from ((name, call.id) for _, call in stream.chat.calls if call.id)
        elif stream.responses is not None:
            ids = (item.at_added.get("call_id") for item in stream.responses.items)
            yield from ((name, identity) for identity in ids if isinstance(identity, str) and identity)


# What the model made of the prompt


@requirement(
    "answer-expected",
    Family.WIRE,
    Level.INFO,
    Api.BOTH,
    "The answer is the sequence that the prompt asks for.",
    hurts="A lost, doubled or moved delta would show here; so does a model that does not obey.",
    sources=[API_REFERENCE],
    when=lambda stream: bool(stream.exchange.expected_text) and any(_answers(stream)),
    absent="the prompt asks for no certain text, or there is no text",
)
def answer_expected(stream: Stream) -> Iterator[Violation]:
    """By itself no fault of the protocol."""
    wanted = stream.exchange.expected_text
    for text in _answers(stream):
        if text.strip() != wanted:
            same = next(
                (i for i, pair in enumerate(zip(text, wanted, strict=False)) if len({*pair}) > 1), None
            )
            place = min(len(text), len(wanted)) if same is None else same
            yield Violation(
                expected=f"… {shown(wanted[max(0, place - 12) : place + 24])}",
                observed=f"… {shown(text[max(0, place - 12) : place + 24])} (at character {place})",
            )


def _answers(stream: Stream) -> list[str]:
    if stream.chat is not None:
        return [choice.text for choice in stream.choices]
    slots = stream.responses.texts("output_text") if stream.responses is not None else []
    return ["".join(text.text for _, text in slots)]
