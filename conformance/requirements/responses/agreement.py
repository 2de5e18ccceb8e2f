"""Requirements that parts, items and the final response of a Responses stream agree with each other.

Texts and arguments are compared in `text` and `calls`; the keys that identify an item in `items` and `final`.
"""

from collections.abc import Collection, Iterator
from typing import Any

from conformance.assemble.events import ARGUMENTS, TERMINAL, Scope
from conformance.assemble.item import Item, Text
from conformance.assemble.payload import differences
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Promise
from conformance.requirements.common import resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.annotations import annotated, annotations, differ
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
from conformance.subject import ResponsesStream
from conformance.text import counted, shown

_FULL = openapi("Response")
_TEXTS = ("text", "refusal")
_HELD = {Scope.PART: "content", Scope.SUMMARY: "summary"}
"""The key of an item object under which it holds the parts of each scope."""
_KNOWN = (*PARTS, "summary_text")
"""The types of parts that have events of their own; parts of other types may be in the item only."""


@trigger(absent="no finished item with a closed part")
def has_closed_parts(stream: ResponsesStream) -> bool:
    return any(
        item.done.event and any(text.closed.event for text in item.texts.values()) for item in stream.items
    )


@responses_rule(
    level=Level.SHOULD,
    statement="A finished item holds its parts as their done events closed them.",
    hurts="What is kept of an answer differs from what was shown: its citations, its logprobs, its parts.",
    sources=[openapi("ResponseContentPartDoneEvent"), openapi("ResponseOutputItemDoneEvent"), OPEN_RESPONSES],
    when=has_closed_parts.unless("a resumed stream", resumed),
    promise=Promise.RESPONSES_TEXT,
)
def part_item_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares the parts in order, except texts and annotations that other rules report.

    OpenAI leaves logprobs out of the closed part and keeps them in the item.
    """
    for item in stream.items:
        for scope, key in _HELD.items() if item.done.event else ():
            parts = [text for text in item.parts(scope) if text.slot in _KNOWN]
            whole = item.done.value.get(key)
            if not isinstance(whole, list):
                continue  # reported by the schema rule; reasoning may omit its content
            held = {at: entry for at, entry in enumerate(whole) if _is_held(entry)}
            if not parts or not all(text.closed.event for text in parts):
                continue  # reported by `part-done`
            if len(held) != len(parts):
                if _text_told(item, item.done.value, scope):
                    continue
                yield Violation(
                    event=item.done.event,
                    place=f"item.{key}",
                    expected=f"{counted(len(parts), 'part')}, as closed",
                    observed=counted(len(held), "part"),
                )
                continue
            texts_told, cited_told = _text_told(item, item.done.value, scope), _annotations_told(item)
            for text, (number, entry) in zip(parts, held.items(), strict=True):
                aside = _told_of_part(text, texts_told=texts_told, cited_told=cited_told)
                before, after = _without(text.closed.value, aside), _without(entry, aside)
                for path, one, two in differences(before, after):
                    yield Violation(
                        event=item.done.event,
                        place=f"item.{key}.{number}.{path}".rstrip("."),
                        expected=f"{value_shown(one)}, as in event {text.closed.event}",
                        observed=value_shown(two),
                    )


def _is_held(entry: Any) -> bool:
    return not isinstance(entry, dict) or is_known(entry, *_KNOWN)  # the schema rule reports others


def _told_of_part(text: Text, *, texts_told: bool, cited_told: bool) -> tuple[str, ...]:
    """The keys of a part to leave out of the comparison: other rules report them, or they may differ.

    `texts_told` and `cited_told` say that another rule reports the texts, or the annotations, of the item.
    """
    other = bool(text.deltas.texts) and text.closed.text != text.text
    texts = _TEXTS if other or texts_told else ()
    streamed = [added.value for added in text.annotations]
    other = bool(streamed) and differ(streamed, text.closed.value.get("annotations"))
    cited = ("annotations",) if other or cited_told else ()
    unkept = () if text.closed.value.get("logprobs") else ("logprobs",)
    return (*texts, *cited, *unkept)


def _annotations_told(item: Item) -> bool:
    return annotated(item) and differ(*annotations(item))


def _without(value: Any, keys: Collection[str]) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: entry for key, entry in value.items() if key not in keys}


@trigger(absent="no final response with an item that was closed")
def has_final_items(stream: ResponsesStream) -> bool:
    return ends_with_output(stream) and any(
        item.done.event and final_item(stream, item) for item in stream.items
    )


@responses_rule(
    level=Level.SHOULD,
    statement="An item of the final response is the one of its `response.output_item.done`.",
    hurts="Clients that follow the stream keep another answer than those that take the final response.",
    sources=[_FULL, openapi("ResponseOutputItemDoneEvent")],
    when=has_final_items,
    promise=Promise.RESPONSES,
)
def item_final_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares every key that no other rule compares.

    The final response may add keys, except those that hold output.
    """
    final = stream.responses.lifecycle.final
    for item in stream.items:
        entry = final_item(stream, item)
        if final is None or not item.done.event or not entry:
            continue
        unsaid = (key for key in entry if item.done.value.get(key) is None and key not in _OUTPUT)
        aside = {*_told(item, entry), *unsaid}
        told_paths = _told_arguments(item, entry)
        before, after = _without(item.done.value, aside), _without(entry, aside)
        for key, keys in _told_inside(item, entry):
            if isinstance(before.get(key), list) and isinstance(after.get(key), list):
                pairs = list(zip(before[key], after[key], strict=False))
                before[key], after[key] = ([_without(pair[at], keys) for pair in pairs] for at in (0, 1))
            else:
                before[key] = after[key] = None
        for path, one, two in differences(before, after):
            if path in told_paths:
                continue
            yield Violation(
                event=final.event,
                place=f"response.output.{shown(item.output_index)}.{path}",
                expected=f"{value_shown(one)}, as in event {item.done.event}",
                observed=value_shown(two),
            )


_OUTPUT = (
    *("content", "arguments", "input", "code", "action", "queries"),
    *("output", "outputs", "result", "results", "tools", "error"),
)
"""The keys in which items hold the output of a model or a tool.

If the final response has one, the finished item must have it too.
"""


def _told(item: Item, entry: dict[str, Any]) -> Iterator[str]:
    """The keys of an item to leave out of the comparison: other rules compare them, or they may change."""
    yield from IDENTITY
    if item.done.value.get("status") not in TERMINAL.values():
        yield "status"  # a status that is not final is reported by `item-status`
    if all(
        isinstance(one.get("encrypted_content"), str) and one["encrypted_content"]
        for one in (item.done.value, entry)
    ):
        yield "encrypted_content"  # OpenAI encrypts it again for every event
    if item.type == "reasoning" and entry.get("content") is None:
        yield "content"  # the final response may omit the reasoning text
    if item.type == "program":
        yield "fingerprint"  # OpenAI encrypts it again, too


def _told_arguments(item: Item, entry: dict[str, Any]) -> set[str]:
    """The paths of what a call is given, where other rules compare it with the deltas."""
    if item.type == "shell_call":
        texts = [text for text in item.texts.values() if text.slot == "command"]
        return {f"action.commands.{text.index}" for text in texts if text.deltas.texts or text.start}
    argument = ARGUMENTS.get(item.type)
    if argument is None or not any(text.deltas.texts for text in item.texts.values()):
        return set()
    both = all(isinstance(argument.held(one), str) for one in (item.done.value, entry))
    return {argument.path} if both else set()


def _told_inside(item: Item, entry: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys of an item that hold parts, each with the keys of those parts that other rules report."""
    for scope, key in _HELD.items():
        if _text_told(item, item.done.value, scope) or _text_told(item, entry, scope):
            yield key, _TEXTS
    if _annotations_told(item):
        yield _HELD[Scope.PART], ("annotations",)


def _text_told(item: Item, entry: dict[str, Any], scope: Scope) -> bool:
    """Whether the texts of an item differ from the streamed ones, which the rules on texts report."""
    if scope is Scope.PART:
        streamed, any_delta = streamed_text(item, *PARTS)
        return any_delta and item_text(entry, *PARTS) != streamed
    return any(
        text.deltas.texts and type(text.index) is int and (summary_text(entry, text.index) or "") != text.text
        for text in item.parts(scope)
    )
