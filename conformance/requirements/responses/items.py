"""Requirements on the items and parts of a Responses stream."""

from collections.abc import Iterator

from conformance.assemble.events import Scope
from conformance.assemble.item import Text, TextFault
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import each, resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
    IDENTITY,
    all_texts,
    failed,
    has_items,
    has_texts,
)
from conformance.sources import NODE_RESPONSES, OPEN_RESPONSES, PYTHON_RESPONSES, openapi
from conformance.subject import ResponsesStream
from conformance.text import counted, shown

_EVENT = openapi("ResponseStreamEvent")


@trigger(absent="no output in the stream")
def has_output(stream: ResponsesStream) -> bool:
    return bool(stream.items or stream.responses.output.orphans)


@responses_rule(
    level=Level.MUST,
    statement="An item is announced by `response.output_item.added` before any event about it.",
    hurts="The stream helpers of both official SDKs and @ai-sdk raise.",
    sources=[PYTHON_RESPONSES, NODE_RESPONSES, OPEN_RESPONSES],
    when=has_output.unless("a resumed one", resumed),
    promise=Promise.RESPONSES,
    reports=["BerriAI/litellm#22102", "maximhq/bifrost#5170"],
    rests_on=["output-index-present"],
)
def item_added_first(stream: ResponsesStream) -> Iterator[Violation]:
    """Items are matched by `output_index`."""
    yield from each(stream.responses.output.orphans, "response.output_item.added before it")


@responses_rule(
    level=Level.MUST,
    statement="Every item that was announced is closed by `response.output_item.done`.",
    hurts="Clients that act on the finished item, such as a call to a tool, never act.",
    sources=[_EVENT, OPEN_RESPONSES],
    when=has_items.unless("it failed", failed),
    promise=Promise.RESPONSES,
    needs=[Need.END],
    rests_on=["output-index-present", "output-index-order", "item-added-first"],
)
def item_done(stream: ResponsesStream) -> Iterator[Violation]:
    """Streams that fail are exempt: their items stay open."""
    for item in stream.items:
        if not item.done.event:
            yield Violation(
                event=item.added.event,
                expected="response.output_item.done",
                observed=f"none for item {item.output_index} ({item.type or 'no type'})",
            )


@responses_rule(
    level=Level.MUST,
    statement="Nothing is said about an item after its `response.output_item.done`.",
    hurts="Clients have put the item away and raise, or open it anew.",
    sources=[_EVENT, OPEN_RESPONSES],
    when=has_items,
    promise=Promise.RESPONSES,
)
def item_late(stream: ResponsesStream) -> Iterator[Violation]:
    """A second done event is a violation too."""
    for item in stream.items:
        yield from each(item.late, f"no event about item {item.output_index} after event {item.done.event}")


@responses_rule(
    level=Level.MUST,
    statement="Items are announced with `output_index` 0, 1, 2, each used once.",
    hurts="openai-python raises 'Duplicate response output index'; openai-node raises on a gap.",
    sources=[PYTHON_RESPONSES, NODE_RESPONSES],
    when=has_items.unless("a resumed one", resumed),
    promise=Promise.RESPONSES,
    reports=["BerriAI/litellm#36375"],
)
def output_index_order(stream: ResponsesStream) -> Iterator[Violation]:
    """`output_index` is the item's position in `response.output`."""
    output = stream.responses.output
    yield from each(output.reused, "an index not used before", "output_index")
    for wrong in output.misnumbered:
        yield Violation(
            event=wrong.event, place="output_index", expected=str(wrong.due), observed=shown(wrong.index)
        )


@responses_rule(
    level=Level.MUST,
    statement="Parts of an item begin with `content_index` (or `summary_index`) 0, 1, 2.",
    hurts="openai-node raises: the part is not where the index says.",
    sources=[NODE_RESPONSES, _EVENT],
    when=has_texts.unless("a resumed one", resumed),
    promise=Promise.RESPONSES_TEXT,
    rests_on=["content-index-present", "part-added-first"],
)
def content_index_order(stream: ResponsesStream) -> Iterator[Violation]:
    """`content_index` is the part's position in the item's content."""
    for item in stream.items:
        for wrong in item.misnumbered:
            yield Violation(
                event=wrong.event, place="content_index", expected=str(wrong.due), observed=shown(wrong.index)
            )


@responses_rule(
    level=Level.MUST,
    statement="`item_id` is the id under which the item at `output_index` was announced.",
    hurts="@ai-sdk raises; clients that route by id put the text nowhere.",
    sources=[_EVENT],
    when=has_items,
    promise=Promise.RESPONSES,
    reports=["vllm-project/vllm#24788", "BerriAI/litellm#36375"],
    rests_on=["item-identity"],
)
def item_id_matches(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares deltas, parts and the phases of hosted tools with the announced item."""
    for item in stream.items:
        yield from each(item.references.wrong_ids, f"item_id {item.id}", "item_id")


@trigger(absent="no item that was announced and closed")
def has_closed_items(stream: ResponsesStream) -> bool:
    return any(item.done.event or item.references.names for item in stream.items)


@responses_rule(
    level=Level.MUST,
    statement="An item keeps type, id, call_id and name from its announcement to its end.",
    hurts="openai-python raises 'Completed output item identity changed.'",
    sources=[PYTHON_RESPONSES, _EVENT],
    when=has_closed_items,
    promise=Promise.RESPONSES,
    reports=["vllm-project/vllm#38227"],
)
def item_identity(stream: ResponsesStream) -> Iterator[Violation]:
    """Also compares function names, including those in the done event of the arguments."""
    for item in stream.items:
        for key in IDENTITY:
            before, after = item.added.value.get(key), item.done.value.get(key)
            # OpenAI changes the call_id of a client's tool search when it is done, as recorded in
            # vercel/ai, packages/openai/src/responses/__fixtures__/openai-client-tool-search.1.chunks.txt.
            if key == "call_id" and item.type == "tool_search_call":
                continue
            # The announcement need not know the name yet.
            if item.done.event and before and after != before:
                yield Violation(
                    event=item.done.event, place=f"item.{key}", expected=shown(before), observed=shown(after)
                )
        name = item.added.value.get("name") or item.done.value.get("name")
        for given in item.references.names:
            if name and given.value and given.value != name:
                yield Violation(
                    event=given.event, place="name", expected=shown(name), observed=shown(given.value)
                )


@trigger(absent="fewer than two items in the stream")
def several_items(stream: ResponsesStream) -> bool:
    return len(stream.items) > 1


@responses_rule(
    level=Level.MUST,
    statement="The items of a response have different ids.",
    hurts="openai-python raises 'conflicting output identities' for two messages; clients that keep items by "
    "id lose one.",
    sources=[openapi("OutputMessage"), PYTHON_RESPONSES],
    when=several_items,
)
def item_id_unique(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the ids of announcements, or of done events where the announcement has none.

    An item announced again is reported by `output-index-order`.
    """
    again = {announced.event for announced in stream.responses.output.reused}
    seen: dict[str, int] = {}
    for item in stream.items:
        told = item.added if item.id else item.done
        identity, event = told.value.get("id"), told.event
        if not isinstance(identity, str) or not identity or item.added.event in again:
            continue
        if (first := seen.setdefault(identity, event)) != event:
            yield Violation(
                event=event,
                place="item.id",
                expected=f"another id than that of the item in event {first}",
                observed=shown(identity),
            )


@responses_rule(
    level=Level.MUST,
    statement="Events about the inside of an item fit the item's type.",
    hurts="openai-node raises when text comes for a call, or arguments for a message.",
    sources=[_EVENT, NODE_RESPONSES],
    when=has_items,
    promise=Promise.RESPONSES,
    reports=["vllm-project/vllm#35184"],
)
def item_event_type(stream: ResponsesStream) -> Iterator[Violation]:
    """Output text belongs to messages, arguments to calls, and summaries to reasoning."""
    for item in stream.items:
        yield from each(item.unfit, "an event that fits the item's type", "type")


@responses_rule(
    level=Level.MUST,
    statement="A part is announced before its text.",
    hurts="The stream helpers of both official SDKs raise: there is no part to add to.",
    sources=[PYTHON_RESPONSES, NODE_RESPONSES, OPEN_RESPONSES],
    when=has_texts.unless("a resumed one", resumed),
    promise=Promise.RESPONSES_TEXT,
    reports=["BerriAI/litellm#24445"],
    rests_on=["content-index-present"],
)
def part_added_first(stream: ResponsesStream) -> Iterator[Violation]:
    """A part is opened by `content_part.added` or `reasoning_summary_part.added`."""
    for text in all_texts(stream):
        yield from each(text.misplaced[TextFault.UNOPENED][:1], "the part's added event before it")


@trigger(absent="no part in the stream")
def has_any_text(stream: ResponsesStream) -> bool:
    return any(all_texts(stream))


@responses_rule(
    level=Level.MUST,
    statement="Each part is announced, completed and closed once, and gets no text after that.",
    hurts="openai-node adds the part again, so that every later index is wrong.",
    sources=[NODE_RESPONSES, _EVENT],
    when=has_any_text,
    promise=Promise.RESPONSES_TEXT,
)
def part_added_once(stream: ResponsesStream) -> Iterator[Violation]:
    """Reports repeated events and deltas that come after the end of their text or part."""
    for item in stream.items:
        for text in item.texts.values():
            late = [] if item.late else text.misplaced[TextFault.LATE]
            again = [*text.misplaced[TextFault.REPEATED], *late]
            yield from each(again, "no such event again or after the end")


@trigger(absent="no part in the stream")
def opened_parts(stream: ResponsesStream) -> list[Text]:
    return [text for text in _parts(stream) if text.opened.event]


def _parts(stream: ResponsesStream) -> list[Text]:
    return [
        text for item in stream.items for (scope, _), text in item.texts.items() if scope is not Scope.FIELD
    ]


@responses_rule(
    level=Level.SHOULD,
    statement="Every part that was announced is closed by its done event.",
    hurts="Clients that render finished parts keep showing a cursor.",
    sources=[OPEN_RESPONSES, _EVENT],
    when=opened_parts.unless("it failed", failed),
    promise=Promise.RESPONSES_TEXT,
    needs=[Need.END],
    reports=["vllm-project/vllm#24938"],
)
def part_done(stream: ResponsesStream) -> Iterator[Violation]:
    """A part is closed by `content_part.done` or `reasoning_summary_part.done`."""
    for text in opened_parts(stream):
        if not text.closed.event:
            yield Violation(
                event=text.opened.event,
                expected="the part's done event",
                observed=f"none for part {text.index}",
            )


@trigger(absent="no text in the stream")
def streamed_parts(stream: ResponsesStream) -> list[Text]:
    return [text for text in _parts(stream) if text.deltas.texts]


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "Streamed text of a part is completed by its own done event, such as `response.output_text.done`."
    ),
    hurts="Clients that wait for the finished text wait on.",
    sources=[_EVENT, OPEN_RESPONSES],
    when=streamed_parts.unless("it failed", failed),
    promise=Promise.RESPONSES_TEXT,
    needs=[Need.END],
    reports=["ogx-ai/ogx#5309"],
    rests_on=["part-added-first"],
)
def text_done_present(stream: ResponsesStream) -> Iterator[Violation]:
    """Applies to output text, refusals, reasoning text and summaries."""
    for text in streamed_parts(stream):
        if not text.done.event:
            yield Violation(
                event=text.deltas.events[-1],
                expected="a done event with the whole text",
                observed=f"none after {counted(len(text.deltas.texts), 'delta')}",
            )
