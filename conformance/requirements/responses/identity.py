"""Requirements on the ids and the phase by which items are known, in later events and in the next turn."""

from collections.abc import Iterator

from conformance.assemble.item import Item
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import final_item, has_items, value_shown
from conformance.sources import FUNCTION_CALLING, openapi
from conformance.subject import ResponsesStream
from conformance.text import shown

LONGEST_ID = 64
"""Characters. OpenAI refuses longer ids of items and calls in the input of the next request."""


@responses_rule(
    level=Level.SHOULD,
    statement=f"The ids of items and of calls have at most {LONGEST_ID} characters.",
    hurts="Conversations that go on at OpenAI are refused: string_above_max_length.",
    sources=[openapi("FunctionToolCallOutput"), FUNCTION_CALLING],
    when=has_items,
    promise=Promise.RESPONSES,
)
def item_id_length(stream: ResponsesStream) -> Iterator[Violation]:
    """Ids are otherwise opaque. One violation for each id, at the first event that has it."""
    for item in stream.items:
        for key in ("id", "call_id"):
            for whole in (item.added, item.done):
                value = whole.value.get(key)
                if isinstance(value, str) and len(value) > LONGEST_ID:
                    yield Violation(
                        event=whole.event,
                        place=f"item.{key}",
                        expected=f"at most {LONGEST_ID} characters",
                        observed=f"{len(value)} characters: {shown(value, 60)}",
                    )
                    break


@trigger(absent="no item with a phase in the stream")
def items_in_phase(stream: ResponsesStream) -> list[Item]:
    """The finished items that have a phase anywhere."""
    done = [item for item in stream.items if item.done.event]
    return [
        item
        for item in done
        if any(value.get("phase") for value in (item.added.value, item.done.value, final_item(stream, item)))
    ]


@responses_rule(
    level=Level.SHOULD,
    statement="The `phase` of a message is the same when it is announced, when it is done and in the end.",
    hurts="Clients show a remark as the answer; the next turn, which has to repeat the phase, gets worse.",
    sources=[openapi("OutputMessage")],
    when=items_in_phase,
    reports=["NousResearch/hermes-agent#67593"],
)
def item_phase(stream: ResponsesStream) -> Iterator[Violation]:
    """Null and no phase count as the same. What the final response leaves out whole is not compared."""
    final = stream.responses.lifecycle.final
    for item in items_in_phase(stream):
        first = item.added.value.get("phase")
        places = [("item.phase", item.done.event, item.done.value)]
        if final is not None and (entry := final_item(stream, item)):
            places.append(("response.output.*.phase", final.event, entry))
        for place, event, value in places:
            if value.get("phase") != first:
                yield Violation(
                    event=event,
                    place=place,
                    expected=f"{value_shown(first)}, as in event {item.added.event}",
                    observed=value_shown(value.get("phase")),
                )
                break
