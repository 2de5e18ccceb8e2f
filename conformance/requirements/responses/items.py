"""Requirements on the items and parts of a Responses stream."""

from collections.abc import Iterator

from conformance.assemble.events import Scope
from conformance.assemble.item import Text, TextFault
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import each, resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
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
    rests_on=["output-index-present", "output-index-unique", "item-added-first"],
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
    statement="No two items are announced with one `output_index`.",
    hurts="Both official SDKs raise 'Duplicate response output index'.",
    sources=[PYTHON_RESPONSES, NODE_RESPONSES],
    when=has_items,
    promise=Promise.RESPONSES,
    reports=["BerriAI/litellm#36375"],
)
def output_index_unique(stream: ResponsesStream) -> Iterator[Violation]:
    """Events find their item by this index."""
    yield from each(stream.responses.output.reused, "an index not used before", "output_index")


@responses_rule(
    level=Level.SHOULD,
    statement="Items are announced with `output_index` 0, 1, 2.",
    hurts="Clients that take the index for the position in `response.output` find another item there.",
    sources=[openapi("ResponseOutputItemAddedEvent"), PYTHON_RESPONSES, NODE_RESPONSES],
    when=has_items.unless("a resumed one", resumed),
    promise=Promise.RESPONSES,
)
def output_index_order(stream: ResponsesStream) -> Iterator[Violation]:
    """The official SDKs accept gaps. An index that is used twice is reported by `output-index-unique`."""
    for wrong in stream.responses.output.misnumbered:
        yield Violation(
            event=wrong.event, place="output_index", expected=str(wrong.due), observed=shown(wrong.index)
        )


@responses_rule(
    level=Level.MUST,
    statement=(
        "The first part announced in an item has index 0, the next 1, and so on, by `content_index`, "
        "`summary_index` or `command_index`."
    ),
    hurts="Both official SDKs raise: the part is not where the index says.",
    sources=[NODE_RESPONSES, _EVENT],
    when=has_texts.unless("a resumed one", resumed),
    promise=Promise.RESPONSES_TEXT,
    rests_on=["content-index-present", "part-added-first", "item-added-first"],
)
def content_index_order(stream: ResponsesStream) -> Iterator[Violation]:
    """The index is the position of the part in the item's content, of its summary, or of its commands."""
    for item in stream.items:
        for wrong in item.misnumbered:
            yield Violation(
                event=wrong.event, place=wrong.key, expected=str(wrong.due), observed=shown(wrong.index)
            )


@responses_rule(
    level=Level.MUST,
    statement="Events about the inside of an item fit the item's type.",
    hurts="openai-python raises AssertionError at text for a call; openai-node at any event of another type.",
    sources=[_EVENT, NODE_RESPONSES],
    when=has_items,
    promise=Promise.RESPONSES,
    reports=["vllm-project/vllm#35184"],
)
def item_event_type(stream: ResponsesStream) -> Iterator[Violation]:
    """Output text belongs to messages, arguments to calls, summaries to reasoning, phases to their tool."""
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
    # A command of a shell call has no event that closes it.
    return [text for text in _parts(stream) if text.opened.event and text.slot != "command"]


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
