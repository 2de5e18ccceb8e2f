"""Requirements on the ids and the phase by which items are known, in later events and in the next turn."""

from collections.abc import Iterator

from conformance.assemble.item import Item
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import has_items, value_shown
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


@trigger(absent="no finished item with a phase")
def items_in_phase(stream: ResponsesStream) -> list[Item]:
    """The finished items that have a phase where they are announced or where they are done."""
    done = [item for item in stream.items if item.done.event]
    return [item for item in done if item.added.value.get("phase") or item.done.value.get("phase")]


@responses_rule(
    level=Level.SHOULD,
    statement="The `phase` of a message is the same when it is announced and when it is done.",
    hurts="Clients show a remark as the answer; the next turn, which has to repeat the phase, gets worse.",
    sources=[openapi("OutputMessage")],
    when=items_in_phase,
    reports=["NousResearch/hermes-agent#67593"],
)
def item_phase(stream: ResponsesStream) -> Iterator[Violation]:
    """Null and no phase count as the same. The final response is compared by `item-final-agrees`."""
    for item in items_in_phase(stream):
        begun, done = item.added.value.get("phase"), item.done.value.get("phase")
        if begun != done:
            yield Violation(
                event=item.done.event,
                place="item.phase",
                expected=f"{value_shown(begun)}, as in event {item.added.event}",
                observed=value_shown(done),
            )
