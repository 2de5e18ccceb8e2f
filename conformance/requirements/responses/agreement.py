"""Requirements on what a Responses stream tells several times: parts, items and the final response agree.

Texts and arguments have rules of their own, in `text` and `calls`; so has what identifies an item.
"""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.events import ARGUMENTS, TERMINAL, Scope
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import differences
from conformance.catalogue import Api, Family, Level, Violation, requirement
from conformance.requirements.common import responses_of
from conformance.requirements.responses.common import (
    IDENTITY,
    PARTS,
    ends_with_output,
    final_item,
    is_known,
    item_text,
    streamed_text,
    summary_text,
    value_shown,
)
from conformance.sources import OPEN_RESPONSES, openapi
from conformance.subject import Stream
from conformance.text import counted, shown

_RESPONSES = Family.RESPONSES
_FULL = openapi("Response")
_TEXTS = ("text", "refusal")
_HELD = {Scope.PART: "content", Scope.SUMMARY: "summary"}
"""The key of an item that holds the parts of a scope."""
_KNOWN = (*PARTS, "summary_text")
"""The types of parts that are announced and closed; others may be held without."""


@requirement(
    "annotations-agree",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "Annotations are streamed with `annotation_index` 0, 1, 2, and are those of the closed part and item.",
    hurts="Citations that were shown are gone from the answer that is kept, or in another place.",
    sources=[openapi("ResponseOutputTextAnnotationAddedEvent")],
    when=lambda stream: not stream.resumed and any(map(_annotated, responses_of(stream).items)),
    absent="no annotation in the stream, or a resumed one",
)
def annotations_agree(stream: Stream) -> Iterator[Violation]:
    """By number, order and value; null is like absent."""
    for item in responses_of(stream).items:
        for text in item.parts(Scope.PART):
            for due, (event, index, _) in enumerate(text.annotations):
                if index != due and type(index) is int:  # the schema tells of other types
                    yield Violation(
                        event=event, place="annotation_index", expected=str(due), observed=shown(index)
                    )
            streamed = [annotation for _, _, annotation in text.annotations]
            if text.closed and streamed:
                told = text.closed_part.get("annotations")
                yield from _cited(text.closed, "part.annotations", streamed, told)
        if item.done and _annotated(item):
            yield from _cited(item.done, "item.content.*.annotations", *_annotations(item))


def _cited(event: int, place: str, streamed: list[Any], told: Any) -> Iterator[Violation]:
    if _differ(streamed, told):
        told = told if isinstance(told, list) else []
        yield Violation(
            event=event,
            place=place,
            expected=f"{counted(len(streamed), 'annotation')}, as streamed: {shown(streamed)}",
            observed=f"{counted(len(told), 'annotation')}: {shown(told)}",
        )


def _differ(before: Any, after: Any) -> bool:
    return next(differences(before, after), None) is not None


def _annotated(item: Item) -> bool:
    return any(text.annotations for text in item.texts.values())


def _annotations(item: Item) -> tuple[list[Any], list[Any]]:
    # Those that were streamed, and those of the finished item, all parts together.
    streamed = [value for text in item.parts(Scope.PART) for _, _, value in text.annotations]
    lists = [part.get("annotations") for part in _dicts(item.at_done.get("content"))]
    return streamed, [value for found in lists if isinstance(found, list) for value in found]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


@requirement(
    "part-item-agrees",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "A finished item holds its parts as their done events closed them.",
    hurts="What is kept of an answer differs from what was shown: its citations, its logprobs, its parts.",
    sources=[openapi("ResponseContentPartDoneEvent"), openapi("ResponseOutputItemDoneEvent"), OPEN_RESPONSES],
    when=lambda stream: not stream.resumed and any(_closed(item) for item in responses_of(stream).items),
    absent="no finished item with a closed part, or a resumed stream",
    promise="responses-text",
)
def part_item_agrees(stream: Stream) -> Iterator[Violation]:
    """Part by part in their order, but for texts and annotations of which the rules about them tell."""
    for item in responses_of(stream).items:
        for scope, key in _HELD.items() if item.done else ():
            parts = [text for text in item.parts(scope) if text.slot in _KNOWN]
            whole = item.at_done.get(key)
            if not isinstance(whole, list):
                continue  # told by the schema; reasoning may keep its text to itself
            held = {at: entry for at, entry in enumerate(whole) if _is_held(entry)}
            if not parts or not all(text.closed for text in parts):
                continue  # told by `part-done`
            if len(held) != len(parts):
                if _text_told(item, item.at_done, scope):
                    continue
                yield Violation(
                    event=item.done,
                    place=f"item.{key}",
                    expected=f"{counted(len(parts), 'part')}, as closed",
                    observed=counted(len(held), "part"),
                )
                continue
            texts_told, cited_told = _text_told(item, item.at_done, scope), _annotations_told(item)
            for text, (number, entry) in zip(parts, held.items(), strict=True):
                aside = _told_of_part(text, texts_told=texts_told, cited_told=cited_told)
                before, after = _without(text.closed_part, aside), _without(entry, aside)
                for path, one, two in differences(before, after):
                    yield Violation(
                        event=item.done,
                        place=f"item.{key}.{number}.{path}".rstrip("."),
                        expected=f"{value_shown(one)}, as in event {text.closed}",
                        observed=value_shown(two),
                    )


def _is_held(entry: Any) -> bool:
    return not isinstance(entry, dict) or is_known(entry, *_KNOWN)  # the schema tells of what is no part


def _told_of_part(text: Text, *, texts_told: bool, cited_told: bool) -> tuple[str, ...]:
    """The keys of a part that other rules tell of, or have other measures for.

    They tell already of the texts, or of the annotations, of the whole item.
    """
    other = bool(text.deltas) and text.closed_text != text.text
    texts = _TEXTS if other or texts_told else ()
    streamed = [annotation for _, _, annotation in text.annotations]
    other = bool(streamed) and _differ(streamed, text.closed_part.get("annotations"))
    return (*texts, "annotations") if other or cited_told else texts


def _annotations_told(item: Item) -> bool:
    return _annotated(item) and _differ(*_annotations(item))


def _closed(item: Item) -> bool:
    return bool(item.done) and any(text.closed for text in item.texts.values())


def _without(value: Any, keys: tuple[str, ...]) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: entry for key, entry in value.items() if key not in keys}


@requirement(
    "item-final-agrees",
    _RESPONSES,
    Level.SHOULD,
    Api.RESPONSES,
    "An item of the final response is the one of its `response.output_item.done`.",
    hurts="Clients that follow the stream keep another answer than those that take the final response.",
    sources=[_FULL, openapi("ResponseOutputItemDoneEvent")],
    when=lambda stream: (
        ends_with_output(stream)
        and any(item.done and final_item(stream, item) for item in responses_of(stream).items)
    ),
    absent="no final response with an item that was closed",
    promise="responses",
)
def item_final_agrees(stream: Stream) -> Iterator[Violation]:
    """In every key that no other rule compares. Other keys than output may be added at the end."""
    final = responses_of(stream).final
    for item in responses_of(stream).items:
        entry = final_item(stream, item)
        if final is None or not item.done or not entry:
            continue
        unsaid = (key for key in entry if item.at_done.get(key) is None and key not in _OUTPUT)
        aside = (*_told(item, entry), *unsaid)
        before, after = _without(item.at_done, aside), _without(entry, aside)
        for key, keys in _told_inside(item, entry):
            if isinstance(before.get(key), list) and isinstance(after.get(key), list):
                pairs = list(zip(before[key], after[key], strict=False))
                before[key], after[key] = ([_without(pair[at], keys) for pair in pairs] for at in (0, 1))
            else:
                before[key] = after[key] = None
        for path, one, two in differences(before, after):
            yield Violation(
                event=final.event,
                place=f"response.output.{shown(item.output_index)}.{path}",
                expected=f"{value_shown(one)}, as in event {item.done}",
                observed=value_shown(two),
            )


_OUTPUT = (
    *("content", "arguments", "input", "code", "action", "queries"),
    *("output", "outputs", "result", "results", "tools", "error"),
)
"""The keys in which items hold what a model or a tool gave; a finished item has it if the response has."""


def _told(item: Item, entry: dict[str, Any]) -> Iterator[str]:
    """The keys of an item that other rules compare with the final response, or that may change."""
    yield from IDENTITY
    if item.at_done.get("status") not in TERMINAL.values():
        yield "status"  # one that ends nothing is told by `item-status`
    if all(
        isinstance(one.get("encrypted_content"), str) and one["encrypted_content"]
        for one in (item.at_done, entry)
    ):
        yield "encrypted_content"  # OpenAI encrypts it anew
    if item.type == "reasoning" and entry.get("content") is None:
        yield "content"  # the text that was shown need not be kept
    key = ARGUMENTS.get(item.type, "")
    both = all(isinstance(one.get(key), str) for one in (item.at_done, entry))
    if both and any(text.deltas for text in item.texts.values()):
        yield key


def _told_inside(item: Item, entry: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The lists of parts in an item, and the keys of the parts, of which other rules tell already."""
    for scope, key in _HELD.items():
        if _text_told(item, item.at_done, scope) or _text_told(item, entry, scope):
            yield key, _TEXTS
    if _annotations_told(item):
        yield _HELD[Scope.PART], ("annotations",)


def _text_told(item: Item, entry: dict[str, Any], scope: Scope) -> bool:
    """Whether an item has other texts than were streamed, of which the rules about texts tell."""
    if scope is Scope.PART:
        streamed, any_delta = streamed_text(item, *PARTS)
        return any_delta and item_text(entry, *PARTS) != streamed
    return any(
        text.deltas and type(text.index) is int and (summary_text(entry, text.index) or "") != text.text
        for text in item.parts(scope)
    )
