"""Requirements on the text of a Responses stream: every repetition equals the deltas."""

from collections.abc import Iterator

from conformance.assemble.item import Item, Text
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.common import asked_for_replacement, each, resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import (
    ANSWER,
    PARTS,
    all_texts,
    ends_with_output,
    final_item,
    item_text,
    streamed_text,
    texts_of,
)
from conformance.requirements.responses.retold import (
    ANSWERS,
    PART_TEXTS,
    REASONING,
    SUMMARIES,
    Repetition,
    disagreements,
)
from conformance.sources import API_REFERENCE, OPEN_RESPONSES, RFC_8259, openapi
from conformance.subject import ResponsesStream
from conformance.text import shown

_EVENT = openapi("ResponseStreamEvent")
_FULL = openapi("Response")


@trigger(absent="no done event of a text")
def has_done_text(stream: ResponsesStream) -> bool:
    return any(text.done.event for _, text in texts_of(stream, *PARTS))


@responses_rule(
    level=Level.MUST,
    statement="The text of a done event is the concatenation of its deltas.",
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT, API_REFERENCE],
    when=has_done_text,
    promise=Promise.RESPONSES_TEXT,
    rests_on=["part-added-first", "output-index-present", "item-added-first", "text-cumulative"],
)
def text_done_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Applies to output text, refusals and reasoning text. A resumed stream lacks deltas and is exempt."""
    yield from disagreements(stream, PART_TEXTS, Repetition.DONE)


@trigger(absent="no text in any item")
def has_whole_text(stream: ResponsesStream) -> bool:
    return any(_whole(item) for item in stream.items)


def _whole(item: Item) -> int:
    """The number of the first event that holds a text of the item whole; 0 if there is none."""
    if item.type not in ("message", ""):
        return 0
    for text in item.texts.values():
        if text.slot and text.slot not in PARTS:
            continue  # parts of other types need no deltas
        for event, whole in ((text.done.event, text.done.value), (text.closed.event, text.closed.text)):
            if whole:
                return event
    return item.done.event if item_text(item.done.value, *PARTS) else 0


@responses_rule(
    level=Level.MUST,
    statement="Text of a message that is not empty comes in delta events before its done event.",
    hurts="Clients that show deltas, which is all of them, show nothing.",
    sources=[API_REFERENCE, OPEN_RESPONSES],
    when=has_whole_text.unless("a resumed stream", resumed),
    promise=Promise.RESPONSES_TEXT,
    reports=["Sophomoresty/gemini-web2api#57"],
)
def text_deltas_present(stream: ResponsesStream) -> Iterator[Violation]:
    """An empty text needs no deltas."""
    for item in stream.items:
        event, any_delta = _whole(item), streamed_text(item, *PARTS)[1]
        if event and not any_delta and not any(text.start for text in item.texts.values()):
            yield Violation(event=event, expected="deltas before it", observed="the whole text alone")


@trigger(absent="fewer than three deltas of a text")
def several_deltas(stream: ResponsesStream) -> bool:
    return any(len(text.deltas.texts) > 2 for _, text in texts_of(stream, *PARTS))


@responses_rule(
    level=Level.MUST,
    statement="A delta holds what is new, not the text so far.",
    hurts="Every client shows 'HelloHello worldHello world!'.",
    sources=[_EVENT, API_REFERENCE],
    when=several_deltas,
    promise=Promise.RESPONSES_TEXT,
)
def text_cumulative(stream: ResponsesStream) -> Iterator[Violation]:
    """Reports texts in which each delta begins with the whole previous delta."""
    for _, text in texts_of(stream, *PARTS):
        if text.deltas.growth.cumulative:
            yield Violation(
                event=text.deltas.events[1],
                place="delta",
                expected=f"what comes after {shown(text.deltas.texts[0], 40)}",
                observed=f"{shown(text.deltas.texts[1], 60)}, and so on",
            )


@trigger(absent="no closed part with a text")
def has_closed_text(stream: ResponsesStream) -> bool:
    return any(text.closed.event for _, text in texts_of(stream, *PARTS))


@responses_rule(
    level=Level.MUST,
    statement="The part in `response.content_part.done` holds the text that was streamed.",
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT],
    when=has_closed_text,
    promise=Promise.RESPONSES_TEXT,
    rests_on=["part-added-first", "item-added-first", "text-cumulative", "text-done-agrees"],
)
def text_part_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares with the deltas, not with the done event, which may be wrong too."""
    yield from disagreements(stream, PART_TEXTS, Repetition.PART)


@trigger(absent="no closed item with a text")
def has_text_of_closed_item(stream: ResponsesStream) -> bool:
    return any(item.done.event and text.deltas.texts for item, text in texts_of(stream, *ANSWER))


@responses_rule(
    level=Level.MUST,
    statement="The item in `response.output_item.done` holds the text that was streamed.",
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT],
    when=has_text_of_closed_item,
    promise=Promise.RESPONSES_TEXT,
    rests_on=["part-added-first", "item-added-first", "text-cumulative", "text-done-agrees"],
)
def text_item_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares output text and refusals of all parts together; a missing part counts as missing text."""
    yield from disagreements(stream, ANSWERS, Repetition.ITEM)


@trigger(absent="no final response with the item, or it failed")
def has_text_of_final_item(stream: ResponsesStream) -> bool:
    return ends_with_output(stream) and any(final_item(stream, item) for item, _ in texts_of(stream, *ANSWER))


@responses_rule(
    level=Level.MUST,
    statement="The final response holds the text that was streamed.",
    hurts="`response.output_text` in official SDKs differs from what was shown.",
    sources=[_FULL, API_REFERENCE],
    when=has_text_of_final_item,
    promise=Promise.RESPONSES_TEXT,
    reports=["open-webui/open-webui#27789"],
    rests_on=["part-added-first", "item-added-first", "text-cumulative", "text-done-agrees"],
)
def text_final_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """An item missing from the final response is reported by `response-output-agrees`.

    Failed responses are not compared.
    """
    yield from disagreements(stream, ANSWERS, Repetition.FINAL)


@trigger(absent="no closed item with reasoning text")
def has_reasoning_of_closed_item(stream: ResponsesStream) -> bool:
    return any(item.done.event and text.deltas.texts for item, text in texts_of(stream, "reasoning_text"))


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "Where an item holds its reasoning text, when done and in the final response, it is the one streamed."
    ),
    hurts="What is kept, and handed back in the next request, differs from what was shown.",
    sources=[openapi("ReasoningItem"), OPEN_RESPONSES],
    when=has_reasoning_of_closed_item.unless("a resumed stream", resumed),
    rests_on=["item-added-first", "text-cumulative", "text-done-agrees"],
)
def reasoning_text_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """`content` is optional: streamed reasoning may be stored in encrypted form only."""
    yield from disagreements(stream, REASONING, Repetition.ITEM, Repetition.FINAL)


@trigger(absent="no reasoning summary in the stream")
def has_summary(stream: ResponsesStream) -> bool:
    return any(text.deltas.texts for _, text in texts_of(stream, "summary_text"))


@responses_rule(
    level=Level.MUST,
    statement=(
        "A reasoning summary is the same in its deltas, its done events, its item and the final response."
    ),
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT],
    when=has_summary,
    promise=Promise.RESPONSES_SUMMARY,
    rests_on=["part-added-first", "output-index-present", "item-added-first"],
)
def summary_done_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the done events of text, part and item with the deltas, and then the final response.

    Summaries are matched by their index. An item missing from the final response is reported by
    `response-output-agrees`.
    """
    yield from disagreements(stream, SUMMARIES, *Repetition)


@trigger(absent="no text, reasoning or call in the stream")
def has_deltas(stream: ResponsesStream) -> bool:
    return any(text.deltas.texts for text in all_texts(stream))


@responses_rule(
    level=Level.MUST,
    statement="A character beyond U+FFFF is not cut into two deltas.",
    hurts="openai-python hands out text that cannot be encoded.",
    sources=[RFC_8259],
    when=has_deltas,
    promise=Promise.RESPONSES_TEXT,
)
def text_surrogates_paired(stream: ResponsesStream) -> Iterator[Violation]:
    """One half of a surrogate pair is not a character."""
    yield from each(stream.responses.surrogates, "whole characters", "delta")


@trigger(absent="no text, reasoning or call in the stream")
def says_something(stream: ResponsesStream) -> bool:
    return any(piece for text in all_texts(stream) for piece in _said(text))


@responses_rule(
    level=Level.SHOULD,
    statement="Texts, reasoning and arguments hold no replacement character U+FFFD.",
    hurts="Letters and emoji cut by a tokenizer or a gateway are lost for good.",
    sources=[RFC_8259],
    when=says_something.unless("the request has the character itself", asked_for_replacement),
    promise=Promise.RESPONSES_TEXT,
    reports=["mattn/tensai#110"],
    model=True,
    rests_on=["answer-damaged"],
)
def text_replacement(stream: ResponsesStream) -> Iterator[Violation]:
    """Invalid bytes on the wire are reported by `utf8-valid`."""
    invalid = stream.wire.mangled
    for text in all_texts(stream):
        for event, place, said in _said(text):
            if "\ufffd" in said and event not in invalid:
                yield Violation(
                    event=event, place=place, expected="whole characters", observed=shown(said, 60)
                )


def _said(text: Text) -> Iterator[tuple[int, str, str]]:
    # Every piece of text where it first appears: the event, the place in it, and the piece.
    if text.start:
        yield text.opened.event, f"item.{text.slot}" if text.index is None else "part", text.start
    for event, delta in zip(text.deltas.events, text.deltas.texts, strict=True):
        yield event, "delta", delta
    if not text.deltas.texts and isinstance(text.done.value, str):
        yield text.done.event, text.slot if text.index is None else "text", text.done.value


@trigger(absent="no output text in the stream")
def has_output_text(stream: ResponsesStream) -> bool:
    return any(text.deltas.texts or text.done.event for _, text in texts_of(stream, "output_text"))


@responses_rule(
    level=Level.SHOULD,
    statement="Events about output text have `logprobs`, an empty array where none were asked for.",
    hurts="Clients generated from the API description refuse the event.",
    sources=[openapi("ResponseTextDeltaEvent")],
    when=has_output_text,
    promise=Promise.RESPONSES_TEXT,
)
def text_logprobs(stream: ResponsesStream) -> Iterator[Violation]:
    """The API description requires them, but its own example and OpenAI's older streams omit them.

    Events about an item that has no output text are reported by `item-event-type`.
    """
    elsewhere = {wrong.event for item in stream.items for wrong in item.unfit}
    missing = [event for event in stream.responses.without_logprobs if event not in elsewhere]
    if missing:
        yield Violation(
            event=missing[0],
            place="logprobs",
            expected="an array",
            observed="none",
            times=len(missing),
        )
