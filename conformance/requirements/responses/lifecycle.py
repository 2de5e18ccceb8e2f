"""Requirements on the events, the lifecycle and the sequence numbers of a Responses stream."""

import re
from collections.abc import Iterator

from conformance.assemble.events import TERMINAL
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import NOBODY, Owned, each, owned, resumed, unowned
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import has_created, has_events, was_cancelled
from conformance.sources import (
    API_REFERENCE,
    NODE_RESPONSES,
    OPEN_RESPONSES,
    PYTHON_RESPONSES,
    WHATWG_INTERPRET,
    openapi,
)
from conformance.subject import ResponsesStream
from conformance.text import shown

_EVENT = openapi("ResponseStreamEvent")


@responses_rule(
    level=Level.MUST,
    statement=(
        "The keys that the API description requires of an event are there, and of the right types; other "
        "keys and unknown types of items are allowed."
    ),
    hurts="Typed clients raise; untyped ones read undefined values.",
    sources=[_EVENT],
    when=has_events,
    reports=["ggml-org/llama.cpp#20607", "Effect-TS/effect#8017"],
    rest=True,
)
def event_schema(stream: ResponsesStream, others: Owned = NOBODY) -> Iterator[Violation]:
    """Reports schema errors at places not owned by a more specific rule."""
    yield from unowned(stream, others)


@responses_rule(
    level=Level.SHOULD,
    statement="The status of a response or an item is one that the API description names for it.",
    hurts="Generated clients in strict languages refuse the event; others wait for a status they know.",
    sources=[_EVENT],
    when=has_events,
    promise=Promise.RESPONSES,
    shapes=["response.status:enum", "item.status:enum", "response.output.*.status:enum"],
)
def status_known(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI adds to these sets from time to time, and both official SDKs read unknown values."""
    yield from owned(stream, status_known.shapes)


@responses_rule(
    level=Level.SHOULD,
    statement="Every event's type is in the API description.",
    hurts="openai-node's stream helper raises 'Unhandled response stream event'.",
    sources=[_EVENT, NODE_RESPONSES],
    when=has_events,
    reports=["vllm-project/vllm#24938"],
)
def event_type_known(stream: ResponsesStream) -> Iterator[Violation]:
    """Accepts the 58 types of the API description, two that official clients know, two that OpenAI sends."""
    yield from each(stream.responses.events.unknown, "a type of the API description", "type")


@responses_rule(
    level=Level.SHOULD,
    statement="Every event has an `event:` line that names its type.",
    hurts="Clients that listen by event name, such as EventSource, see no response.",
    sources=[openapi("ResponseStreamEvent"), OPEN_RESPONSES, WHATWG_INTERPRET],
    when=has_events,
    needs=[Need.WIRE],
    reports=["ranxianglei/billion-context#549"],
    rests_on=["event-type-known"],
)
def event_line_type(stream: ResponsesStream) -> Iterator[Violation]:
    """The official SDKs read `type` alone."""
    events = stream.responses.events
    yield from each(events.misnamed, "the same name in both")
    for item in events.unnamed:
        yield Violation(event=item.event, expected="an event: line with the type", observed="no event: line")


@responses_rule(
    level=Level.INFO,
    statement="The stream ends with its terminal event, without `[DONE]`.",
    hurts="Clients that parse every event as JSON raise after the answer.",
    sources=[API_REFERENCE, OPEN_RESPONSES],
    when=has_events,
    needs=[Need.WIRE],
    reports=["BerriAI/litellm#22102"],
    rests_on=["responses-done-last"],
)
def responses_done_marker(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI sends no `[DONE]`, Open Responses requires one, and all measured clients accept both."""
    yield from each(stream.responses.done.seen[:1], "no [DONE]")


@trigger(absent="no [DONE] in the stream")
def has_done(stream: ResponsesStream) -> bool:
    return bool(stream.responses.done.seen)


@responses_rule(
    level=Level.MUST,
    statement="Nothing comes after a `[DONE]`.",
    hurts="The official SDKs stop there and lose it.",
    sources=[OPEN_RESPONSES],
    when=has_done,
)
def responses_done_last(stream: ResponsesStream) -> Iterator[Violation]:
    """A stream that sends `[DONE]` must end there."""
    done = stream.responses.done
    yield from each([*done.after, *done.seen[1:]], "no event after [DONE]")


@trigger(absent="no event, a resumed stream, or nothing but an error")
def beginning_due(stream: ResponsesStream) -> bool:
    failed_at_once = stream.responses.events.first.what == "error"
    return has_events(stream) and not stream.resumed and not failed_at_once


@responses_rule(
    level=Level.MUST,
    statement="The first event is `response.created`.",
    hurts="The stream helpers of both official SDKs raise.",
    sources=[PYTHON_RESPONSES, NODE_RESPONSES, _EVENT],
    when=beginning_due,
    promise=Promise.RESPONSES,
    reports=["BerriAI/litellm#22102", "Sophomoresty/gemini-web2api#57"],
)
def response_created_first(stream: ResponsesStream) -> Iterator[Violation]:
    """A resumed stream begins where the earlier one stopped, so it is exempt."""
    first = stream.responses.events.first
    if first.what != "response.created":
        yield Violation(event=first.event, place="type", expected="response.created", observed=first.what)


@responses_rule(
    level=Level.MUST,
    statement="`response.created` comes once.",
    hurts="Clients that begin a message at this event show two; SDKs raise if the second differs.",
    sources=[PYTHON_RESPONSES, _EVENT],
    when=has_created,
    promise=Promise.RESPONSES,
    reports=["mnfst/llm-gateway#2072"],
)
def response_created_once(stream: ResponsesStream) -> Iterator[Violation]:
    """One stream carries one response."""
    first, *again = stream.responses.lifecycle.of("response.created")
    for snapshot in again:
        yield Violation(
            event=snapshot.event,
            expected=f"no response.created after event {first.event}",
            observed=snapshot.type,
        )


@trigger(
    absent="the unended last block holds the terminal event, of which `event-terminated` speaks; or the "
    "response was cancelled; or the stream was resumed behind its end"
)
def end_due(stream: ResponsesStream) -> bool:
    resumed_at_the_end = stream.resumed and not stream.wire.events and stream.wire.tail is None
    return not (_unended_terminal(stream) or was_cancelled(stream) or resumed_at_the_end)


def _unended_terminal(stream: ResponsesStream) -> bool:
    """Whether the body ends inside a terminal event, by its `event:` line or the type in its data."""
    tail = stream.wire.tail
    if tail is None:
        return False
    ends = (*TERMINAL, "error")
    kind = _TYPE.search(tail.data)
    return tail.name in ends or (kind is not None and kind[1] in ends)


_TYPE = re.compile(r'^\s*\{\s*"type"\s*:\s*"([^"]*)"')  # the type of an event whose data may be cut


@responses_rule(
    level=Level.MUST,
    statement=(
        "The stream ends with `response.completed`, `response.incomplete`, `response.failed` or `error`."
    ),
    hurts="openai-python raises; Codex reports 'stream closed before response.completed'.",
    sources=[_EVENT, PYTHON_RESPONSES],
    when=end_due,
    needs=[Need.END],
    reports=["earendil-works/pi#5526", "router-for-me/CLIProxyAPI#4904", "farion1231/cc-switch#2750"],
    rests_on=["body-complete"],
)
def terminal_event_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Without a terminal event, a truncated stream looks like a complete one."""
    found = stream.responses
    last = found.events.last
    ended = found.lifecycle.terminals or found.errors.seen
    if not ended and not found.data.not_json and not found.data.foreign:
        yield Violation(
            event=last.event or None,
            place="type",
            expected=", ".join(TERMINAL) + " or error",
            observed=f"the last event is {last.what}" if last.event else "no event at all",
        )


@trigger(absent="no terminal event in the stream")
def has_terminal(stream: ResponsesStream) -> bool:
    return bool(stream.responses.lifecycle.terminals)


@responses_rule(
    level=Level.MUST,
    statement="There is one terminal event.",
    hurts="Clients take the first or the last: the same stream has two outcomes.",
    sources=[_EVENT],
    when=has_terminal,
    promise=Promise.RESPONSES,
)
def terminal_event_once(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI fails by `error` and then `response.failed`, which counts as one end."""
    first, *again = stream.responses.lifecycle.terminals
    for snapshot in again:
        yield Violation(
            event=snapshot.event,
            expected=f"no second end after {first.type} in event {first.event}",
            observed=snapshot.type,
        )


@responses_rule(
    level=Level.MUST,
    statement="Nothing comes after the terminal event.",
    hurts="Clients that stop there lose it; openai-node and @ai-sdk raise or show it twice.",
    sources=[_EVENT, OPEN_RESPONSES],
    when=has_terminal,
    promise=Promise.RESPONSES,
    rests_on=["item-late"],
)
def terminal_event_last(stream: ResponsesStream) -> Iterator[Violation]:
    """Keepalives may follow. `terminal-event-once` reports a second end, `responses-done-marker` `[DONE]`."""
    life = stream.responses.lifecycle
    for item in life.after_terminal:
        if item.what not in (*TERMINAL, "keepalive"):
            yield Violation(
                event=item.event,
                expected=f"no event after event {life.terminals[0].event}",
                observed=item.what,
            )


@trigger(absent="no response id in the stream")
def has_response_id(stream: ResponsesStream) -> bool:
    return bool(stream.responses.lifecycle.id.event)


@responses_rule(
    level=Level.MUST,
    statement="`response.id` is the same in every event that has it.",
    hurts="openai-python raises 'Lifecycle response identity changed.'; the response cannot be fetched.",
    sources=[PYTHON_RESPONSES, openapi("Response")],
    when=has_response_id,
    promise=Promise.RESPONSES,
)
def response_id_constant(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares all events that carry the response."""
    track = stream.responses.lifecycle.id
    expected = f"{shown(track.value)}, as in event {track.event}"
    for change in track.changes:
        yield Violation(
            event=change.event,
            place="response.id",
            expected=expected,
            observed=shown(change.value),
        )


@responses_rule(
    level=Level.MUST,
    statement="Every event has an integer `sequence_number`.",
    hurts="Strict decoders refuse the event; a broken stream cannot be resumed.",
    sources=[_EVENT],
    when=has_events,
    promise=Promise.RESPONSES,
    shapes=["sequence_number"],
    reports=["BerriAI/litellm#28899", "Effect-TS/effect#8017", "Blaizzy/mlx-vlm#494"],
)
def sequence_number_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Missing, null and string values are all violations."""
    yield from owned(stream, sequence_number_present.shapes)


@responses_rule(
    level=Level.MUST,
    statement="Every event about an output item has its integer `output_index`.",
    hurts="openai-node's stream helper raises, and openai-python's does at the second item.",
    sources=[_EVENT],
    when=has_events,
    promise=Promise.RESPONSES,
    shapes=["output_index"],
    reports=["ggml-org/llama.cpp#20607", "lemonade-sdk/lemonade#3607", "vercel/ai#19493"],
)
def output_index_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Official clients find the item by it."""
    yield from owned(stream, output_index_present.shapes)


@responses_rule(
    level=Level.MUST,
    statement="Every event about a content part has its integer `content_index`.",
    hurts="The stream helpers of both official SDKs raise.",
    sources=[_EVENT],
    when=has_events,
    promise=Promise.RESPONSES,
    shapes=["content_index", "summary_index", "annotation_index"],
    reports=["lemonade-sdk/lemonade#3607", "vllm-project/vllm#24788"],
)
def content_index_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Also checks the indexes of summary parts and of annotations."""
    yield from owned(stream, content_index_present.shapes)


@responses_rule(
    level=Level.MUST,
    statement="Every event about something inside an item has its `item_id`.",
    hurts="@ai-sdk raises; clients that route by id lose the event.",
    sources=[_EVENT],
    when=has_events,
    promise=Promise.RESPONSES,
    shapes=["item_id"],
    reports=["maximhq/bifrost#5170"],
)
def item_id_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Only checks presence; `item-id-matches` compares it with the announced id."""
    yield from owned(stream, item_id_present.shapes)


@trigger(absent="no sequence number in the stream")
def has_number(stream: ResponsesStream) -> bool:
    return stream.responses.numbers.first is not None


@responses_rule(
    level=Level.MUST,
    statement="`sequence_number` rises from event to event.",
    hurts="A stream resumed by `starting_after` repeats or skips events; strict decoders refuse it.",
    sources=[_EVENT, openapi("getResponse")],
    when=has_number,
    promise=Promise.RESPONSES,
    reports=["BerriAI/litellm#28899", "ggml-org/llama.cpp#24957"],
)
def sequence_number_increasing(stream: ResponsesStream) -> Iterator[Violation]:
    """Repeated and falling numbers are both violations."""
    yield from each(stream.responses.numbers.not_increasing, "a higher number", "sequence_number")


@responses_rule(
    level=Level.INFO,
    statement="`sequence_number` begins at 0.",
    hurts="Clients that count from 0 believe that an event was lost.",
    sources=[_EVENT],
    when=has_number.unless("a resumed one", resumed),
    promise=Promise.RESPONSES,
    rests_on=["sequence-number-present", "response-created-first"],
)
def sequence_number_start(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI and vLLM start at 0; others start at 1."""
    first, number = stream.responses.events.first, stream.responses.numbers.first
    if number:
        yield Violation(event=first.event, place="sequence_number", expected="0", observed=str(number))


@responses_rule(
    level=Level.SHOULD,
    statement="`sequence_number` rises by one, so that a gap shows a lost event.",
    hurts="Clients that check for lost events ask for the stream again.",
    sources=[_EVENT],
    when=has_number,
    promise=Promise.RESPONSES,
    rests_on=[
        "sequence-number-present",
        "item-added-first",
        "part-added-first",
        "text-done-agrees",
        "arguments-done-agrees",
        "summary-done-agrees",
        "item-done",
        "part-done",
        "text-done-present",
    ],
)
def sequence_number_contiguous(stream: ResponsesStream) -> Iterator[Violation]:
    """OpenAI numbers keepalive events too."""
    yield from each(stream.responses.numbers.gaps, "the next number", "sequence_number")
