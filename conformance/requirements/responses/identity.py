"""Requirements on the ids, names and phases in a Responses stream."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Item
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.common import each
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import IDENTITY, has_items, value_shown
from conformance.sources import FUNCTION_CALLING, NODE_RESPONSES, PYTHON_RESPONSES, openapi
from conformance.subject import ResponsesStream
from conformance.text import shown

_EVENT = openapi("ResponseStreamEvent")
LONGEST_ID = 64
"""Characters. OpenAI refuses longer ids of items and calls in the input of the next request."""


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
        yield from each(item.references.wrong_ids, f"item_id {shown(item.id)}", "item_id")


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
    """Also compares function names, including those in the done event of the arguments.

    OpenAI has been recorded with the namespace before a name in one of these places only.
    """
    for item in stream.items:
        for key in IDENTITY:
            before, after = item.added.value.get(key), item.done.value.get(key)
            # OpenAI changes the call_id of a client's tool search when it is done, as recorded in
            # vercel/ai, packages/openai/src/responses/__fixtures__/openai-client-tool-search.1.chunks.txt.
            if key == "call_id" and item.type == "tool_search_call":
                continue
            alike = key == "name" and _same_name(item, before, after)
            # The announcement need not know the name yet.
            if item.done.event and before and after != before and not alike:
                yield Violation(
                    event=item.done.event, place=f"item.{key}", expected=shown(before), observed=shown(after)
                )
        name = item.added.value.get("name") or item.done.value.get("name")
        for given in item.references.names:
            if name and given.value and not _same_name(item, name, given.value):
                yield Violation(
                    event=given.event, place="name", expected=shown(name), observed=shown(given.value)
                )


def _same_name(item: Item, one: Any, other: Any) -> bool:
    """Whether two names are the same, but for the item's namespace before one of them."""
    namespace = item.done.value.get("namespace") or item.added.value.get("namespace")
    if not isinstance(one, str) or not isinstance(other, str) or not isinstance(namespace, str):
        return bool(one == other)
    short, long = sorted((one, other), key=len)
    between = long.removesuffix(short).removeprefix(namespace) if long.startswith(namespace) else None
    return one == other or (long.endswith(short) and between in ("", *_SEPARATORS))


_SEPARATORS = (".", "/", ":", "::", "_", "__", "-")  # between a namespace and a name


@trigger(absent="no item or response id in the stream")
def has_ids(stream: ResponsesStream) -> bool:
    return bool(stream.items or stream.responses.lifecycle.seen)


# The items whose call is answered, or told about, by `call_id`. Other items may do without one.
_CALLS = (
    *("function_call", "custom_tool_call", "shell_call", "shell_call_output", "local_shell_call"),
    *("apply_patch_call", "apply_patch_call_output", "computer_call", "program", "program_output"),
)


@responses_rule(
    level=Level.MUST,
    statement="The `id` of an item and the `call_id` of a call are not empty.",
    hurts="openai-node raises; without a call_id no result can be sent back.",
    sources=[NODE_RESPONSES, _EVENT],
    when=has_ids,
    promise=Promise.RESPONSES,
    reports=["vllm-project/vllm#23927"],
)
def item_id_nonempty(stream: ResponsesStream) -> Iterator[Violation]:
    """Reports an id that is empty; one that is missing is reported by the schema rule."""
    for item in stream.items:
        for key in ("id", "call_id") if item.type in _CALLS else ("id",):
            whole = next((one for one in (item.added, item.done) if one.value.get(key) == ""), None)
            if whole is not None:
                yield Violation(
                    event=whole.event,
                    place=f"item.{key}",
                    expected="a string that is not empty",
                    observed=shown(""),
                )


@responses_rule(
    level=Level.MUST,
    statement="`response.id` is not empty.",
    hurts="The response can be neither fetched nor continued.",
    sources=[openapi("Response"), openapi("getResponse")],
    when=has_ids,
    promise=Promise.RESPONSES,
)
def response_id_nonempty(stream: ResponsesStream) -> Iterator[Violation]:
    """Reports the first event that has an empty id; one that is missing is reported by the schema rule."""
    empty = [one.event for one in stream.responses.lifecycle.seen if one.response.get("id") == ""]
    if empty:
        yield Violation(
            event=empty[0],
            place="response.id",
            expected="a string that is not empty",
            observed=shown(""),
            times=len(empty),
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

    An item announced again is reported by `output-index-unique`.
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
