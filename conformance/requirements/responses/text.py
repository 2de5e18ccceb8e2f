"""Requirements on the text of a Responses stream: the same at every place that repeats it."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Item, Text
from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import (
    each,
    responses_of,
)
from conformance.requirements.responses.common import (
    ANSWER,
    PARTS,
    all_texts,
    ends_with_output,
    final_item,
    item_text,
    streamed_text,
    summary_text,
    text_differs,
    texts_of,
)
from conformance.sources import (
    API_REFERENCE,
    OPEN_RESPONSES,
    RFC_8259,
    openapi,
)
from conformance.subject import Stream
from conformance.text import shown

_RESPONSES = Family.RESPONSES
_EVENT = openapi("ResponseStreamEvent")
_FULL = openapi("Response")


@requirement(
    "text-done-agrees",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "The text of a done event is the concatenation of its deltas.",
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT, API_REFERENCE],
    when=lambda stream: any(text.done for _, text in texts_of(stream, *PARTS)),
    absent="no done event of a text",
    promise="responses-text",
)
def text_done_agrees(stream: Stream) -> Iterator[Violation]:
    """Text, refusals and reasoning text; a resumed stream lacks deltas."""
    if stream.resumed:
        return
    for _, text in texts_of(stream, *PARTS):
        if text.done and text.deltas:
            yield from text_differs(text.done, "text", text.text, text.done_text)


@requirement(
    "text-deltas-present",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "A text is streamed in deltas before anything holds it whole.",
    hurts="Clients that show deltas, which is all of them, show nothing.",
    sources=[API_REFERENCE, OPEN_RESPONSES],
    when=lambda stream: not stream.resumed and any(_whole(item) for item in responses_of(stream).items),
    absent="no text in any item, or a resumed stream",
    promise="responses-text",
    reports=["Sophomoresty/gemini-web2api#57"],
)
def text_deltas_present(stream: Stream) -> Iterator[Violation]:
    """An empty text needs none."""
    for item in responses_of(stream).items:
        event = _whole(item)
        if (
            event
            and not streamed_text(item, *PARTS)[1]
            and not any(text.start for text in item.texts.values())
        ):
            yield Violation(event=event, expected="deltas before it", observed="the whole text alone")


def _whole(item: Item) -> int:
    # The first event that holds text of the item whole; 0 for none.
    if item.type not in ("message", ""):
        return 0
    for text in item.texts.values():
        if text.slot and text.slot not in PARTS:
            continue  # parts of other types may come whole
        for event, whole in ((text.done, text.done_text), (text.closed, text.closed_text)):
            if whole:
                return event
    return item.done if item_text(item.at_done, *PARTS) else 0


@requirement(
    "text-cumulative",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "A delta holds what is new, not the text so far.",
    hurts="Every client shows 'HelloHello worldHello world!'.",
    sources=[_EVENT, API_REFERENCE],
    when=lambda stream: any(len(text.deltas) > 2 for _, text in texts_of(stream, *PARTS)),
    absent="fewer than three deltas of a text",
    promise="responses-text",
)
def text_cumulative(stream: Stream) -> Iterator[Violation]:
    """Each delta begins with the whole delta before it."""
    for _, text in texts_of(stream, *PARTS):
        if text.growth.cumulative:
            yield Violation(
                event=text.delta_events[1],
                place="delta",
                expected=f"what comes after {shown(text.deltas[0], 40)}",
                observed=f"{shown(text.deltas[1], 60)}, and so on",
            )


@requirement(
    "text-part-agrees",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "The part in `response.content_part.done` holds the text that was streamed.",
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT],
    when=lambda stream: any(text.closed for _, text in texts_of(stream, *PARTS)),
    absent="no closed part with a text",
    promise="responses-text",
)
def text_part_agrees(stream: Stream) -> Iterator[Violation]:
    """The done text may be wrong by itself; the deltas are the measure."""
    if stream.resumed:
        return
    for _, text in texts_of(stream, *PARTS):
        if text.closed and text.deltas:
            yield from text_differs(text.closed, "part.text", text.text, text.closed_text)


@requirement(
    "text-item-agrees",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "The item in `response.output_item.done` holds the text that was streamed.",
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT],
    when=lambda stream: any(item.done and text.deltas for item, text in texts_of(stream, *ANSWER)),
    absent="no closed item with a text",
    promise="responses-text",
)
def text_item_agrees(stream: Stream) -> Iterator[Violation]:
    """Text and refusals, all its parts together; a part that is not there counts as missing text."""
    if stream.resumed:
        return
    for item in responses_of(stream).items:
        streamed, any_delta = streamed_text(item, *ANSWER)
        if item.done and any_delta:
            yield from text_differs(item.done, "item.content", streamed, item_text(item.at_done, *ANSWER))


@requirement(
    "text-final-agrees",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "The final response holds the text that was streamed.",
    hurts="`response.output_text` in official SDKs differs from what was shown.",
    sources=[_FULL, API_REFERENCE],
    when=lambda stream: (
        ends_with_output(stream) and any(final_item(stream, item) for item, _ in texts_of(stream, *ANSWER))
    ),
    absent="no final response with the item, or it failed",
    promise="responses-text",
    reports=["open-webui/open-webui#27789"],
)
def text_final_agrees(stream: Stream) -> Iterator[Violation]:
    """An item that is missing there is told by `response-output-agrees`. A failed response promises none."""
    final = responses_of(stream).final
    if stream.resumed or final is None:
        return
    for item in responses_of(stream).items:
        entry = final_item(stream, item)
        streamed, any_delta = streamed_text(item, *ANSWER)
        if entry and any_delta:
            yield from text_differs(final.event, "response.output", streamed, item_text(entry, *ANSWER))


@requirement(
    "reasoning-text-agrees",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Where an item holds its reasoning text, when done and in the final response, it is the one streamed.",
    hurts="What is kept, and handed back in the next request, differs from what was shown.",
    sources=[openapi("ReasoningItem"), OPEN_RESPONSES],
    when=lambda stream: (
        not stream.resumed
        and any(item.done and text.deltas for item, text in texts_of(stream, "reasoning_text"))
    ),
    absent="no closed item with reasoning text, or a resumed stream",
)
def reasoning_text_agrees(stream: Stream) -> Iterator[Violation]:
    """`content` is optional: reasoning may be shown, and kept encrypted alone."""
    final = responses_of(stream).final
    for item in responses_of(stream).items:
        streamed, any_delta = streamed_text(item, "reasoning_text")
        if any_delta and item.done and isinstance(item.at_done.get("content"), list):
            told = item_text(item.at_done, "reasoning_text")
            yield from text_differs(item.done, "item.content", streamed, told)
        entry = final_item(stream, item) if ends_with_output(stream) else {}
        if final is not None and any_delta and isinstance(entry.get("content"), list):
            told = item_text(entry, "reasoning_text")
            yield from text_differs(final.event, "response.output.*.content", streamed, told)


@requirement(
    "summary-done-agrees",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "A reasoning summary is the same in its deltas, its done events, its item and the final response.",
    hurts="What is kept differs from what was shown.",
    sources=[_EVENT],
    when=lambda stream: any(text.deltas for _, text in texts_of(stream, "summary_text")),
    absent="no reasoning summary in the stream",
    promise="responses-summary",
)
def summary_done_agrees(stream: Stream) -> Iterator[Violation]:
    """Text done, part done, item done, in this order; an item that the final response lacks has its rule.

    The deltas are the measure, and where it stands is by its index.
    """
    if stream.resumed:
        return
    final = responses_of(stream).final if ends_with_output(stream) else None
    for item, text in texts_of(stream, "summary_text"):
        if not text.deltas or type(text.index) is not int:
            continue
        if text.done:
            yield from text_differs(text.done, "text", text.text, text.done_text)
        if text.closed:
            yield from text_differs(text.closed, "part.text", text.text, text.closed_text)
        if item.done:
            told = _summary_kept(item.at_done, text.index)
            yield from text_differs(item.done, "item.summary", text.text, told)
        if final is not None and (entry := final_item(stream, item)):
            told = _summary_kept(entry, text.index)
            yield from text_differs(final.event, "response.output.*.summary", text.text, told)


def _summary_kept(item: dict[str, Any], index: Any) -> Any:
    """One part of the summary; "" where it is lost, None where the item was cut and need not have it."""
    kept = summary_text(item, index)
    return kept if kept is not None or item.get("status") == "incomplete" else ""


@requirement(
    "text-surrogates-paired",
    _RESPONSES,
    Level.MUST,
    Api.RESPONSES,
    "A character beyond U+FFFF is not cut into two deltas.",
    hurts="openai-python hands out text that cannot be encoded.",
    sources=[RFC_8259],
    when=lambda stream: any(text.deltas for text in all_texts(stream)),
    absent="no text, reasoning or call in the stream",
    promise="responses-text",
)
def text_surrogates_paired(stream: Stream) -> Iterator[Violation]:
    """Half of a pair is no character."""
    yield from each(responses_of(stream).surrogates, "whole characters", "delta")


@requirement(
    "text-replacement",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Texts, reasoning and arguments hold no replacement character U+FFFD.",
    hurts="Letters and emoji cut by a tokenizer or a gateway are lost for good.",
    sources=[RFC_8259],
    when=lambda stream: any(piece for text in all_texts(stream) for piece in _said(text)),
    absent="no text, reasoning or call in the stream",
    promise="responses-text",
    reports=["mattn/tensai#110"],
)
def text_replacement(stream: Stream) -> Iterator[Violation]:
    """Invalid bytes on the wire are another rule's."""
    invalid = stream.wire.mangled
    for text in all_texts(stream):
        for event, place, said in _said(text):
            if "\ufffd" in said and event not in invalid:
                yield Violation(
                    event=event, place=place, expected="whole characters", observed=shown(said, 60)
                )


def _said(text: Text) -> Iterator[tuple[int, str, str]]:
    # Every piece of a text where it is first told: the event, the place in it, and the piece.
    if text.start:
        yield text.opened, f"item.{text.slot}" if text.index is None else "part", text.start
    for event, delta in zip(text.delta_events, text.deltas, strict=True):
        yield event, "delta", delta
    if not text.deltas and isinstance(text.done_text, str):
        yield text.done, text.slot if text.index is None else "text", text.done_text


@requirement(
    "text-logprobs",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Events about output text have `logprobs`, an empty array where none were asked for.",
    hurts="Clients generated from the API description refuse the event.",
    sources=[openapi("ResponseTextDeltaEvent")],
    when=lambda stream: any(text.deltas or text.done for _, text in texts_of(stream, "output_text")),
    absent="no output text in the stream",
    promise="responses-text",
)
def text_logprobs(stream: Stream) -> Iterator[Violation]:
    """Required by the description, missing in its own example and in older streams of OpenAI."""
    missing = responses_of(stream).text_without_logprobs
    if missing:
        yield Violation(
            event=missing[0],
            place="logprobs",
            expected="an array",
            observed="no such key",
            times=len(missing),
        )
