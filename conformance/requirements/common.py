"""Triggers and steps that the checks of several families share."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from heapq import merge
from typing import Any, Final

from conformance.assemble.choice import Choice
from conformance.assemble.payload import parse
from conformance.assemble.records import Deltas, Sighting
from conformance.assemble.terminator import begins_done
from conformance.catalogue import Violation, trigger
from conformance.decode import Event, Note, Oddity
from conformance.exchange import Exchange
from conformance.subject import Answer, ChatStream, Stream
from conformance.text import clipped, shown

__all__ = [
    "NOBODY",
    "Owned",
    "answered_with",
    "asked_for_replacement",
    "choices_in_range",
    "each",
    "fewest_tokens",
    "has_calls",
    "has_choices",
    "has_chunks",
    "has_several_calls",
    "late_usage",
    "limit_reached",
    "noted",
    "owned",
    "prefilled",
    "request_holds",
    "required_names",
    "resumed",
    "spoken",
    "spoken_output",
    "sum_differs",
    "token_limit",
    "tokens_spent",
    "unended_done",
    "unescaped",
    "unowned",
]

Owned = frozenset[str]
"""Schema paths that a rule owns.

A path that ends in `:rule` means errors of that JSON Schema keyword only (`choices.*.finish_reason:enum`);
one that ends in `.*` means everything below it.
"""

NOBODY: Owned = frozenset()
"""The empty set of paths: the default until the catalogue passes the paths that other rules own."""


# Triggers: what a stream must contain for a rule to apply


@trigger(absent="no chunk in the stream")
def has_chunks(stream: ChatStream) -> bool:
    return bool(stream.chat.chunks)


@trigger(absent="no choice in the stream")
def has_choices(stream: ChatStream) -> bool:
    return bool(stream.chat.choices.by_index)


@trigger(absent="no choice in the stream")
def choices_in_range(stream: ChatStream) -> list[Choice]:
    """The choices whose index is below the requested `n`; all choices if the request is unknown."""
    if not stream.asked:
        return stream.choices
    return [choice for choice in stream.choices if 0 <= choice.index < stream.choices_asked]


@trigger(absent="no tool call in the stream")
def has_calls(stream: ChatStream) -> bool:
    return bool(stream.chat.calls)


@trigger(absent="fewer than two tool calls in a choice")
def has_several_calls(stream: ChatStream) -> bool:
    return any(len(choice.calls.made) > 1 for choice in stream.choices)


@trigger(absent="no text in the stream")
def spoken(stream: Stream) -> list[Deltas]:
    """Every text that is shown to the user, in either API."""
    if isinstance(stream, ChatStream):
        return [choice.content for choice in stream.choices if choice.content.texts]
    texts = stream.responses.output.texts("output_text")
    return [text.deltas for _, text in texts if text.deltas.texts]


# Exemptions: conditions under which a rule does not apply although its trigger fires


def spoken_output(stream: ChatStream) -> bool:
    """Whether the answer is audio. OpenAI's own audio streams break some rules, which exempt them."""
    return stream.chat.audio


def prefilled(stream: ChatStream) -> bool:
    """Whether the request gives the beginning of the answer, which some servers repeat in their output."""
    messages = stream.asked.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    return isinstance(last, dict) and last.get("role") == "assistant"


def request_holds(answer: Answer, mark: re.Pattern[str]) -> bool:
    """Whether the request itself holds a mark, so that an answer may quote it."""
    return bool(mark.search(unescaped(answer.exchange.request.body if answer.exchange.request else "")))


@lru_cache(maxsize=4)
def unescaped(body: str) -> str:
    """A JSON text, such as the body of a request, with its escapes undone; as it is if it is not JSON."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def resumed(answer: Answer) -> bool:
    """Whether this stream resumes an earlier one, so its opening events are not required."""
    return answer.resumed


def asked_for_replacement(answer: Answer) -> bool:
    """Whether the request itself holds U+FFFD, which the answer may then quote."""
    return request_holds(answer, _REPLACEMENT)


# Building blocks of checks

_REPLACEMENT: Final = re.compile("\ufffd")
# Words, or numbers between commas; in scripts without spaces, four letters at most.
_WORDS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{1,4}|[^\s,;|/\u3040-\u30ff\u3400-\u9fff]+")


def fewest_tokens(deltas: Deltas) -> int:
    """How many tokens a text has at least, whatever the tokenizer: two for three words.

    Tokenizers begin a new token with each word, but for some that join frequent neighbours. Of a cumulative
    text, only what the last delta holds was generated.
    """
    text = deltas.texts[-1] if deltas.growth.cumulative else deltas.text
    return 2 * sum(1 for _ in _WORDS.finditer(text)) // 3


def each(seen: Iterable[Sighting], expected: str, place: str = "") -> Iterator[Violation]:
    """One violation for each sighting, at the given place; what was seen is reported as observed."""
    for item in seen:
        yield Violation(event=item.event, expected=expected, observed=item.what or shown(""), place=place)


_SAID = {
    Oddity.CR: "a line that ends with CR alone",
    Oddity.CRLF: "a line that ends with CR LF",
    Oddity.NO_SPACE: "a line with no space behind its colon",
    Oddity.EMPTY_DATA: "an event with empty data",
    Oddity.ID: "id: {}",
    Oddity.RETRY: "retry: {}",
    Oddity.BAD_RETRY: "retry: {}",
    Oddity.INVALID_UTF8: "bytes that are no UTF-8, shown as \ufffd: {}",
}
"""What is said of an oddity, around the text of its note."""
_AROUND = 40  # characters shown on each side of what could not be read


def _said(note: Note) -> str:
    text, begin = note.text, 0
    if note.oddity is Oddity.INVALID_UTF8:
        begin = max(text.find("\ufffd") - _AROUND, 0)
        text = clipped(text[begin : begin + 2 * _AROUND])
    return _SAID.get(note.oddity, "{}").replace("{}", f"… {text}" if begin else text) or note.oddity.value


def noted(notes: Iterable[Note], expected: str) -> Iterator[Violation]:
    """One violation for each framing oddity; the decoder's description of it is reported as observed."""
    for note in notes:
        yield Violation(
            event=note.event if note.dispatched else None,
            span=(note.start, note.end),
            expected=expected,
            observed=_said(note),
            times=note.times,
        )


def answered_with(exchange: Exchange, limit: int = 120) -> str:
    """The status of an answer and, if it has one, the begin of its body: `status 500: no`."""
    said = clipped(exchange.body.decode(errors="replace"), limit)
    return f"status {exchange.status}{': ' if said else ''}{said}"


def unended_done(answer: Answer) -> Event | None:
    """The `[DONE]` at the very end of the body that no blank line terminates; None if there is none."""
    tail = answer.wire.tail
    return tail if tail is not None and begins_done(tail.data) else None


def late_usage(stream: ChatStream) -> dict[int, Any]:
    """The usage of chunks without choices after the terminator, by event number; empty if there is none."""
    found = {}
    for item in stream.chat.done.after:
        value, _ = parse(item.what)
        if isinstance(value, dict) and value.get("usage") and not value.get("choices"):
            found[item.event] = value["usage"]
    return found


def token_limit(stream: ChatStream) -> int | None:
    """The most tokens that the request allows a choice; None if it sets no limit."""
    limits = [stream.asked.get(name) for name in ("max_completion_tokens", "max_tokens")]
    return next((limit for limit in limits if type(limit) is int and limit > 0), None)


def tokens_spent(stream: ChatStream) -> int | None:
    """The completion tokens of the last usage, without those of a prediction that was rejected.

    None if no usage counts them.
    """
    seen = stream.chat.usage.seen
    usage = seen[-1].value if seen and isinstance(seen[-1].value, dict) else {}
    spent, details = usage.get("completion_tokens"), usage.get("completion_tokens_details")
    if type(spent) is not int:
        return None
    rejected = details.get("rejected_prediction_tokens") if isinstance(details, dict) else None
    return spent - rejected if type(rejected) is int and 0 < rejected <= spent else spent


def limit_reached(stream: ChatStream) -> int | None:
    """The token limit of a request for one choice, if usage says that it was reached; None otherwise."""
    limit, spent = token_limit(stream), tokens_spent(stream)
    reached = limit is not None and spent is not None and spent >= limit and stream.choices_asked == 1
    return limit if reached else None


def owned(stream: Stream, shapes: Iterable[str]) -> Iterator[Violation]:
    """One violation for each schema error at the given paths."""
    mine = frozenset(shapes)
    return _misfits(stream, lambda path, rule: _owns(mine, path, rule))


def unowned(stream: Stream, others: Owned) -> Iterator[Violation]:
    """One violation for each schema error at a path that no other rule owns."""
    return _misfits(stream, lambda path, rule: not _owns(others, path, rule))


def _misfits(stream: Stream, wanted: Callable[[str, str], bool]) -> Iterator[Violation]:
    misfits = stream.assembled.data.misfits
    for place in merge(*(places for kind, places in misfits.kinds.items() if wanted(*kind))):
        error = misfits[place]
        yield Violation(event=error.event, place=error.path, expected=error.expected, observed=error.observed)


def _owns(paths: Owned, place: str, rule: str) -> bool:
    if place in paths or f"{place}:{rule}" in paths:
        return True
    return any(path.endswith(".*") and place.startswith(path[:-1]) for path in paths)


def required_names(schema: Any) -> list[str]:
    """The names in a JSON Schema's `required`; empty if the schema is not an object schema."""
    names = schema.get("required") if isinstance(schema, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def sum_differs(
    event: int | None, place: str, usage: Mapping[str, Any], names: tuple[str, str]
) -> Iterator[Violation]:
    """One violation if `total_tokens` is not the sum of the two named counts.

    None if one of the three is not an integer.
    """
    first, second, total = (usage.get(name) for name in (*names, "total_tokens"))
    if type(first) is int and type(second) is int and type(total) is int and first + second != total:
        yield Violation(
            event=event,
            place=f"{place}.total_tokens",
            expected=f"{first} + {second} = {first + second}",
            observed=str(total),
        )
