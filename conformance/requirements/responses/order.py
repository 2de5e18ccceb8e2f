"""Requirements on the order of items, and of the phases of hosted tools among the deltas of their items."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from conformance.assemble.item import Item
from conformance.catalogue import Level, Violation, trigger
from conformance.requirements.declare import responses_rule
from conformance.sources import API_REFERENCE, OPEN_RESPONSES, openapi
from conformance.subject import ResponsesStream

# The items that the model itself writes, one after the other. Hosted tools may run side by side.
_WRITTEN = ("message", "function_call", "custom_tool_call", "reasoning")


@trigger(absent="fewer than two items that the model writes")
def several_written(stream: ResponsesStream) -> list[Item]:
    """The messages, calls and reasoning of a stream, in the order of their announcement."""
    items = [item for item in stream.items if item.type in _WRITTEN]
    return items if len(items) > 1 else []


@responses_rule(
    level=Level.SHOULD,
    statement="A message, a call or reasoning is done before the next one begins.",
    hurts="Clients that keep one open item at a time put text and arguments into the wrong one.",
    sources=[OPEN_RESPONSES, API_REFERENCE],
    when=several_written,
)
def items_overlap(stream: ResponsesStream) -> Iterator[Violation]:
    """An item that never ends is reported by `item-done`. Hosted tools may overlap with anything."""
    items = several_written(stream)
    # The last event that ends an item, of the first one, the first two, and so on: it only grows.
    ends = list(accumulate((item.done.event for item in items), max))
    for number, item in enumerate(items):
        first = bisect_right(ends, item.added.event)
        if first < number:
            before = items[first]
            yield Violation(
                event=item.added.event,
                place="output_index",
                expected=f"response.output_item.done of item {before.output_index} ({before.type}) first",
                observed=f"item {item.output_index} ({item.type}) begins; the other ends in event "
                f"{before.done.event}",
            )


# The phases after what is streamed into the item. All others come before it.
_AFTER = ("interpreting", "completed", "failed")


@trigger(absent="no hosted tool with phases and deltas in the stream")
def streaming_tools(stream: ResponsesStream) -> list[tuple[Item, list[int]]]:
    """The items that have both phases and deltas, each with the event numbers of its deltas."""
    found = []
    for item in stream.items:
        events = sorted(event for text in item.texts.values() for event in text.deltas.events)
        if item.phases and events:
            found.append((item, events))
    return found


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "A hosted tool is in progress before the first delta of its code or arguments, and runs or ends "
        "after the last one."
    ),
    hurts="Clients that show what the tool does show it as begun after its code, or as over before it.",
    sources=[openapi("ResponseStreamEvent"), API_REFERENCE],
    when=streaming_tools,
)
def hosted_tool_deltas(stream: ResponsesStream) -> Iterator[Violation]:
    """A phase may be left out, and OpenAI repeats `mcp_call.in_progress` after the arguments."""
    for item, events in streaming_tools(stream):
        begun = False
        for phase in item.phases:
            name = phase.what.rpartition(".")[2]
            if name in _AFTER and phase.event < events[-1]:
                yield Violation(
                    event=phase.event,
                    place="type",
                    expected=f"it after the last delta, in event {events[-1]}",
                    observed=phase.what,
                )
            elif name == "in_progress" and not begun and phase.event > events[0]:
                yield Violation(
                    event=phase.event,
                    place="type",
                    expected=f"it before the first delta, in event {events[0]}",
                    observed=phase.what,
                )
            begun = begun or name == "in_progress"
