"""The requirement on two streams for one request: what a cache answers has the form of the first answer."""

from collections.abc import Callable, Iterator
from typing import Final

from conformance.catalogue import Family, Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.declare import repeats_rule
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import Answer, ChatStream, Repeats
from conformance.text import clipped, counted

_MANY: Final = 12  # events of a stream that comes piece by piece
_FEW: Final = 5  # role, content, finish, usage and [DONE], if the whole text comes at once
_LONG: Final = 24  # characters of a text that is worth streaming

# What a stream has, in words, and how it shows. What the first stream has is due in the second.
_PARTS: Final[tuple[tuple[str, Callable[[ChatStream], object]], ...]] = (
    ("a role", lambda stream: any(choice.roles for choice in stream.choices)),
    ("a finish_reason", lambda stream: any(choice.finish.seen for choice in stream.choices)),
    ("usage", lambda stream: stream.chat.usage.seen),
    ("[DONE]", lambda stream: stream.chat.done.seen),
)


@trigger(absent="the first request was not answered with a stream of choices")
def first_streamed(repeats: Repeats) -> bool:
    return isinstance(repeats.first, ChatStream) and bool(repeats.first.choices)


def _media_type(answer: Answer) -> str:
    return (answer.exchange.header("content-type") or "").partition(";")[0].strip().lower()


def _text(stream: ChatStream) -> str:
    return "".join(choice.content.text for choice in stream.choices)


@repeats_rule(
    family=Family.CHAT,
    level=Level.SHOULD,
    statement="A request that comes a second time, word for word, is answered in the same form.",
    hurts="What works in every test fails in use: the first answer streams, that of the cache does not.",
    sources=[API_REFERENCE, openapi("CreateChatCompletionStreamResponse")],
    when=first_streamed,
    needs=[Need.END],
    rests_on=[
        "status-ok",
        "stream-honoured",
        "content-type-event-stream",
        "role-first",
        "finish-reason-present",
        "done-present",
    ],
)
def repeat_form(repeats: Repeats) -> Iterator[Violation]:
    """Compares forms, not words: document or stream, content type, role, finish, usage, end, and pieces.

    Other ids, fingerprints, counts of cached tokens and fewer deltas are no difference, nor is a text that a
    model words otherwise. What the second answer has beyond the first is judged there.
    """
    first, second = repeats.first, repeats.second
    assert isinstance(first, ChatStream)  # noqa: S101  the trigger says so
    if not isinstance(second, ChatStream):
        began = clipped(second.exchange.body.decode(errors="replace"), 100)
        status = f"status {second.exchange.status}: " if second.exchange.status is not None else ""
        yield Violation(
            place=second.id, expected="an event stream, as the first time", observed=f"{status}{began}"
        )
        return
    if second.chat.errors.seen:
        return  # a refusal in the stream, which rules on errors report
    if first.exchange.headers and second.exchange.headers and _media_type(first) != _media_type(second):
        yield Violation(
            place=second.id,
            expected=f"Content-Type: {_media_type(first)}, as the first time",
            observed=_media_type(second) or "no Content-Type",
        )
    for name, shows in _PARTS:
        if shows(first) and not shows(second):
            yield Violation(
                place=second.id, expected=f"{name}, as the first time", observed=f"a stream without {name}"
            )
    before, after = len(first.wire.events), len(second.wire.events)
    if before >= _MANY and after <= _FEW and len(_text(second)) >= _LONG:
        yield Violation(
            place=second.id,
            expected=f"a text in pieces, as the first time, in {counted(before, 'event')}",
            observed=f"{counted(len(_text(second)), 'character')} in {counted(after, 'event')}",
        )
