"""Requirements on the course of a Responses stream: events, lifecycle, sequence numbers."""

from collections.abc import Iterator

from conformance.assemble.events import TERMINAL
from conformance.catalogue import Api, Family, Level, Requirement, Violation, requirement
from conformance.requirements.common import (
    each,
    owned,
    responses_of,
    unowned,
)
from conformance.requirements.responses.common import (
    eventful,
)
from conformance.sources import (
    API_REFERENCE,
    NODE_RESPONSES,
    OPEN_RESPONSES,
    PYTHON_RESPONSES,
    WHATWG_INTERPRET,
    openapi,
)
from conformance.subject import Stream
from conformance.text import shown

_RESPONSES = Family.RESPONSES
_EVENT = openapi("ResponseStreamEvent")


@requirement(
    "event-schema",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "Every event has the shape that its type has in the API description.",
    hurts="Typed clients raise; untyped ones read undefined values.",
    sources=[_EVENT],
    when=eventful,
    absent="no event in the stream",
    reports=["ggml-org/llama.cpp#20607", "Effect-TS/effect#8017"],
)
def event_schema(stream: Stream) -> Iterator[Violation]:
    """In all that no rule of its own speaks of."""
    yield from unowned(stream)


@requirement(
    "event-type-known",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Every event's type is in the API description.",
    hurts="openai-node's stream helper raises 'Unhandled response stream event'.",
    sources=[_EVENT, NODE_RESPONSES],
    when=eventful,
    absent="no event in the stream",
    reports=["vllm-project/vllm#24938"],
)
def event_type_known(stream: Stream) -> Iterator[Violation]:
    """Fifty-eight types, and two that official clients know."""
    yield from each(responses_of(stream).unknown, "a type of the API description", "type")


@requirement(
    "event-line-type",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Every event has an `event:` line that names its type.",
    hurts="Clients that listen by event name, such as EventSource, see no response.",
    sources=[openapi("ResponseStreamEvent"), OPEN_RESPONSES, WHATWG_INTERPRET],
    when=eventful,
    absent="no event in the stream",
    reports=["ranxianglei/billion-context#549"],
)
def event_line_type(stream: Stream) -> Iterator[Violation]:
    """Official SDKs read `type` alone."""
    found = responses_of(stream)
    yield from each(found.misnamed, "the same name in both")
    for item in found.unnamed:
        yield Violation(event=item.event, expected="an event: line with the type", observed="no event: line")


@requirement(
    "responses-done-marker",
    _RESPONSES,
    Level.INFO,
    Api.RESPONSES,
    "The stream ends with its terminal event, without `[DONE]`.",
    hurts="Clients that parse every event as JSON raise after the answer.",
    sources=[API_REFERENCE, OPEN_RESPONSES],
    when=eventful,
    absent="no event in the stream",
    reports=["BerriAI/litellm#22102"],
)
def responses_done_marker(stream: Stream) -> Iterator[Violation]:
    """OpenAI sends none, Open Responses demands one, all measured clients take both."""
    yield from each(responses_of(stream).done[:1], "no [DONE]")


@requirement(
    "responses-done-last",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "Nothing comes after a `[DONE]`.",
    hurts="The official SDKs stop there and lose it.",
    sources=[OPEN_RESPONSES],
    when=lambda stream: bool(responses_of(stream).done),
    absent="no [DONE] in the stream",
)
def responses_done_last(stream: Stream) -> Iterator[Violation]:
    """Whoever sends one must mean it."""
    found = responses_of(stream)
    yield from each([*found.after_done, *found.done[1:]], "no event after [DONE]")


@requirement(
    "response-created-first",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "The first event is `response.created`.",
    hurts="The stream helpers of both official SDKs raise.",
    sources=[PYTHON_RESPONSES, NODE_RESPONSES, _EVENT],
    when=lambda stream: eventful(stream) and not stream.resumed and not _failed_at_once(stream),
    absent="no event, a resumed stream, or nothing but an error",
    promise="responses",
    reports=["BerriAI/litellm#22102", "Sophomoresty/gemini-web2api#57"],
)
def response_created_first(stream: Stream) -> Iterator[Violation]:
    """A resumed stream begins where it was left."""
    event, kind = responses_of(stream).first
    if kind != "response.created":
        yield Violation(event=event, place="type", expected="response.created", observed=kind)


def _failed_at_once(stream: Stream) -> bool:
    return responses_of(stream).first[1] == "error"


@requirement(
    "response-created-once",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "`response.created` comes once.",
    hurts="openai-python raises; others show the answer twice.",
    sources=[PYTHON_RESPONSES, _EVENT],
    when=lambda stream: bool(responses_of(stream).of("response.created")),
    absent="no response.created in the stream",
    promise="responses",
    reports=["mnfst/llm-gateway#2072"],
)
def response_created_once(stream: Stream) -> Iterator[Violation]:
    """One stream, one response."""
    first, *again = responses_of(stream).of("response.created")
    for life in again:
        yield Violation(
            event=life.event, expected=f"no response.created after event {first.event}", observed=life.type
        )


@requirement(
    "terminal-event-present",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "The stream ends with `response.completed`, `response.incomplete`, `response.failed` or `error`.",
    hurts="openai-python raises; Codex reports 'stream closed before response.completed'.",
    sources=[_EVENT, PYTHON_RESPONSES],
    needs=["end"],
    reports=["earendil-works/pi#5526", "router-for-me/CLIProxyAPI#4904", "farion1231/cc-switch#2750"],
)
def terminal_event_present(stream: Stream) -> Iterator[Violation]:
    """Without one nobody can tell a cut from an end."""
    found = responses_of(stream)
    if not found.terminals and not found.errors and not found.not_json and not found.foreign:
        yield Violation(
            event=found.last[0] or None,
            place="type",
            expected=", ".join(TERMINAL) + " or error",
            observed=f"the last event is {found.last[1]}" if found.last[0] else "no event at all",
        )


@requirement(
    "terminal-event-once",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "There is one terminal event.",
    hurts="Clients take the first or the last: the same stream has two outcomes.",
    sources=[_EVENT],
    when=lambda stream: bool(responses_of(stream).terminals),
    absent="no terminal event in the stream",
    promise="responses",
)
def terminal_event_once(stream: Stream) -> Iterator[Violation]:
    """`error` and then `response.failed` is how OpenAI fails, and is one end."""
    first, *again = responses_of(stream).terminals
    for life in again:
        yield Violation(
            event=life.event,
            expected=f"no second end after {first.type} in event {first.event}",
            observed=life.type,
        )


@requirement(
    "terminal-event-last",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "Nothing comes after the terminal event.",
    hurts="Clients that stop there lose it; openai-node and @ai-sdk raise or show it twice.",
    sources=[_EVENT, OPEN_RESPONSES],
    when=lambda stream: bool(responses_of(stream).terminals),
    absent="no terminal event in the stream",
    promise="responses",
)
def terminal_event_last(stream: Stream) -> Iterator[Violation]:
    """A second terminal event is told by `terminal-event-once`, `[DONE]` by its own rule."""
    found = responses_of(stream)
    for item in found.after_terminal:
        if item.what not in TERMINAL:
            yield Violation(
                event=item.event,
                expected=f"no event after event {found.terminals[0].event}",
                observed=item.what,
            )


@requirement(
    "response-id-constant",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "`response.id` is the same in every event that has it.",
    hurts="openai-python raises 'Lifecycle response identity changed.'; the response cannot be fetched.",
    sources=[PYTHON_RESPONSES, openapi("Response")],
    when=lambda stream: bool(responses_of(stream).response_id.event),
    absent="no response id in the stream",
    promise="responses",
)
def response_id_constant(stream: Stream) -> Iterator[Violation]:
    """From created to the end."""
    track = responses_of(stream).response_id
    expected = f"{shown(track.value)}, as in event {track.event}"
    for event, value in track.changes:
        yield Violation(
            event=event,
            place="response.id",
            expected=expected,
            observed=shown(value),
        )


def _shape_rule(name: str, statement: str, hurts: str, shapes: list[str], reports: list[str]) -> Requirement:
    """A rule about a key that events of many types must have."""

    def check(stream: Stream) -> Iterator[Violation]:
        yield from owned(stream, shapes)

    return requirement(
        name,
        _RESPONSES,
        Level.MUST,
        Api.RESPONSES,
        statement,
        hurts=hurts,
        sources=[_EVENT],
        when=eventful,
        absent="no event in the stream",
        promise="responses",
        shapes=shapes,
        reports=reports,
    )(check)


sequence_number_present = _shape_rule(
    "sequence-number-present",
    "Every event has an integer `sequence_number`.",
    "Strict decoders refuse the event; a broken stream cannot be resumed.",
    ["sequence_number"],
    ["BerriAI/litellm#28899", "Effect-TS/effect#8017", "Blaizzy/mlx-vlm#494"],
)
output_index_present = _shape_rule(
    "output-index-present",
    "Every event about an output item has its integer `output_index`.",
    "The stream helpers of both official SDKs raise; @ai-sdk drops the event.",
    ["output_index"],
    ["ggml-org/llama.cpp#20607", "lemonade-sdk/lemonade#3607", "vercel/ai#19493"],
)
content_index_present = _shape_rule(
    "content-index-present",
    "Every event about a content part has its integer `content_index`.",
    "The stream helpers of both official SDKs raise.",
    ["content_index", "summary_index", "annotation_index"],
    ["lemonade-sdk/lemonade#3607", "vllm-project/vllm#24788"],
)
item_id_present = _shape_rule(
    "item-id-present",
    "Every event about something inside an item has its `item_id`.",
    "@ai-sdk raises; clients that route by id lose the event.",
    ["item_id"],
    ["maximhq/bifrost#5170"],
)


def _numbered(stream: Stream) -> bool:
    return responses_of(stream).first_number is not None


@requirement(
    "sequence-number-increasing",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "`sequence_number` rises from event to event.",
    hurts="A stream resumed by `starting_after` repeats or skips events; strict decoders refuse it.",
    sources=[_EVENT, openapi("getResponse")],
    when=_numbered,
    absent="no sequence number in the stream",
    promise="responses",
    reports=["BerriAI/litellm#28899", "ggml-org/llama.cpp#24957"],
)
def sequence_number_increasing(stream: Stream) -> Iterator[Violation]:
    """Repeated and falling alike."""
    yield from each(responses_of(stream).not_increasing, "a higher number", "sequence_number")


@requirement(
    "sequence-number-start",
    _RESPONSES,
    Level.INFO,
    Api.RESPONSES,
    "`sequence_number` begins at 0.",
    hurts="Clients that count from 0 believe that an event was lost.",
    sources=[_EVENT],
    when=lambda stream: _numbered(stream) and not stream.resumed,
    absent="no sequence number in the stream, or a resumed one",
    promise="responses",
)
def sequence_number_start(stream: Stream) -> Iterator[Violation]:
    """OpenAI and vLLM do; others begin at 1."""
    found = responses_of(stream)
    if found.first_number:
        yield Violation(
            event=found.first[0], place="sequence_number", expected="0", observed=str(found.first_number)
        )


@requirement(
    "sequence-number-contiguous",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "`sequence_number` rises by one, so that a gap shows a lost event.",
    hurts="Clients that check for lost events ask for the stream again.",
    sources=[_EVENT],
    when=_numbered,
    absent="no sequence number in the stream",
    promise="responses",
)
def sequence_number_contiguous(stream: Stream) -> Iterator[Violation]:
    """OpenAI counts keepalives too."""
    yield from each(responses_of(stream).gaps, "the next number", "sequence_number")
