"""Requirements on the annotations of a Responses stream, such as citations."""

from collections.abc import Iterator
from typing import Any

from conformance.assemble.events import Scope
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import differences
from conformance.catalogue import Level, Violation, trigger
from conformance.requirements.common import resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import is_known
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import ResponsesStream
from conformance.text import counted, shown

_ADDED = openapi("ResponseOutputTextAnnotationAddedEvent")
_ANNOTATION = openapi("Annotation")


@trigger(absent="no annotation in the stream")
def has_annotations(stream: ResponsesStream) -> bool:
    return any(map(annotated, stream.items))


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "Annotations are streamed with `annotation_index` 0, 1, 2, and are those of the closed part and item."
    ),
    hurts="Citations that were shown are gone from the answer that is kept, or in another place.",
    sources=[_ADDED],
    when=has_annotations.unless("a resumed one", resumed),
)
def annotations_agree(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares number, order and values; null counts as missing."""
    for item in stream.items:
        for text in item.parts(Scope.PART):
            for due, added in enumerate(text.annotations):
                if added.index != due and type(added.index) is int:  # the schema rule reports others
                    yield Violation(
                        event=added.event,
                        place="annotation_index",
                        expected=str(due),
                        observed=shown(added.index),
                    )
            streamed = [added.value for added in text.annotations]
            if text.closed.event and streamed:
                told = text.closed.value.get("annotations")
                yield from _cited(text.closed.event, "part.annotations", streamed, told)
        if item.done.event and annotated(item):
            yield from _cited(item.done.event, "item.content.*.annotations", *annotations(item))


def _cited(event: int, place: str, streamed: list[Any], told: Any) -> Iterator[Violation]:
    if differ(streamed, told):
        told = told if isinstance(told, list) else []
        yield Violation(
            event=event,
            place=place,
            expected=f"{counted(len(streamed), 'annotation')}, as streamed: {shown(streamed)}",
            observed=f"{counted(len(told), 'annotation')}: {shown(told)}",
        )


def differ(before: Any, after: Any) -> bool:
    """Whether two lists of annotations differ; null counts as missing."""
    return next(differences(before, after), None) is not None


def annotated(item: Item) -> bool:
    """Whether any annotation of the item was streamed."""
    return any(text.annotations for text in item.texts.values())


def annotations(item: Item) -> tuple[list[Any], list[Any]]:
    """The streamed annotations and those of the finished item, over all its parts."""
    streamed = [added.value for text in item.parts(Scope.PART) for added in text.annotations]
    lists = [part.get("annotations") for part in _dicts(item.done.value.get("content"))]
    return streamed, [value for found in lists if isinstance(found, list) for value in found]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


@trigger(absent="no finished part or item with annotations")
def kept_annotations(stream: ResponsesStream) -> list[tuple[Item, Text, int, list[dict[str, Any]]]]:
    """Each streamed text with the annotations that are kept of it, and the event that holds them."""
    found = []
    for item in stream.items:
        whole = item.done.value.get("content")
        entries = [entry for entry in _dicts(whole) if is_known(entry, "output_text")]
        texts = [text for text in item.parts(Scope.PART) if text.slot == "output_text"]
        for place, text in enumerate(texts):
            holders = [(text.closed.event, text.closed.value)] if text.closed.event else []
            holders += [(item.done.event, entries[place])] if place < len(entries) else []
            lists = [_dicts(holder.get("annotations")) for _, holder in holders]
            if lists and all(lists):  # `part-item-agrees` reports those that one of the two lacks
                found.append((item, text, holders[0][0], lists[0]))
    return found


@responses_rule(
    level=Level.SHOULD,
    statement="Annotations come in events of their own before a finished part or item holds them.",
    hurts="Clients that build the answer from its events show it without its citations.",
    sources=[_ADDED, API_REFERENCE],
    when=kept_annotations.unless("a resumed stream", resumed),
)
def annotations_streamed(stream: ResponsesStream) -> Iterator[Violation]:
    """Reports texts none of whose annotations was streamed; others are `annotations-agree`'s."""
    streamed = {id(item) for item in stream.items if annotated(item)}
    for item, text, event, kept in kept_annotations(stream):
        if id(item) not in streamed and not text.annotations:
            yield Violation(
                event=event,
                place="annotations",
                expected="response.output_text.annotation.added before it",
                observed=f"{counted(len(kept), 'annotation')} that was never streamed: {shown(kept)}",
            )


@trigger(absent="no annotation with indexes in the stream")
def placed_annotations(stream: ResponsesStream) -> list[tuple[Text, int, dict[str, Any]]]:
    """Each annotation that says where in the text it is, with that text and the event that holds it."""
    found = []
    for item in stream.items:
        for text in item.texts.values():
            told = [(added.event, added.value) for added in text.annotations]
            found += [(text, event, value) for event, value in told if _is_placed(value)]
    for _, text, event, kept in kept_annotations(stream):
        if not text.annotations:
            found += [(text, event, value) for value in kept if _is_placed(value)]
    return found


def _is_placed(value: Any) -> bool:
    return isinstance(value, dict) and any(
        type(value.get(key)) is int for key in ("start_index", "end_index")
    )


@responses_rule(
    level=Level.SHOULD,
    statement="`start_index` and `end_index` of an annotation are in the text, the first not after the last.",
    hurts="Clients that put a link there raise, or link other words.",
    sources=[_ANNOTATION],
    when=placed_annotations.unless("a resumed stream", resumed),
)
def annotation_range(stream: ResponsesStream) -> Iterator[Violation]:
    """Counts in UTF-16, by which a text is never shorter than in characters."""
    sizes: dict[int, int] = {}
    for text, event, value in placed_annotations(stream):
        if (size := sizes.get(id(text))) is None:
            whole = text.done.value if isinstance(text.done.value, str) else text.text
            size = sizes[id(text)] = len(whole.encode("utf-16-le", "surrogatepass")) // 2
        start, end = value.get("start_index"), value.get("end_index")
        first, last = (start if type(start) is int else 0), (end if type(end) is int else size)
        if min(first, last) >= 0 and not first <= last <= size:  # the schema rule reports negative ones
            yield Violation(
                event=event,
                place="annotation",
                expected=f"0 <= start_index <= end_index <= {size}, the length of the text",
                observed=f"start_index {shown(start)}, end_index {shown(end)}",
            )
