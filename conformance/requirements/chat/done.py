"""Requirements on the terminator of a chat stream, `data: [DONE]`."""

from collections.abc import Iterator

from conformance.assemble.terminator import DONE
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need, Promise
from conformance.requirements.common import (
    each,
    late_usage,
    unended_done,
)
from conformance.requirements.declare import chat_rule
from conformance.sources import (
    API_REFERENCE,
    NODE_STREAMING,
    PYTHON_STREAMING,
    WHATWG_INTERPRET,
    openapi,
)
from conformance.subject import ChatStream
from conformance.text import clipped


@trigger(absent="the terminator is there but not ended, or an error took its place")
def done_due(stream: ChatStream) -> bool:
    return unended_done(stream) is None and not stream.chat.errors.seen


@chat_rule(
    level=Level.MUST,
    statement="The stream ends with `data: [DONE]`.",
    hurts="Azure's .NET client and others wait on; an answer that was cut looks whole.",
    sources=[openapi("CreateCompletionRequest"), API_REFERENCE],
    when=done_due,
    needs=[Need.END, Need.WIRE],
    reports=["diegosouzapw/OmniRoute#6777", "huggingface/text-generation-inference#1896"],
    rests_on=["answer-present", "body-complete"],
)
def done_present(stream: ChatStream) -> Iterator[Violation]:
    """A misspelt terminator is reported by `done-exact` instead."""
    chat = stream.chat
    if not chat.done.seen and not chat.done.misspelt:
        last = stream.wire.events[-1] if stream.wire.events else None
        yield Violation(
            event=last.number if last else None,
            expected="data: [DONE] as the last event",
            observed=f"the last event is {clipped(last.data, 80)!r}" if last else "no event at all",
        )


@trigger(absent="no terminator")
def done_begun(stream: ChatStream) -> bool:
    return bool(stream.chat.done.seen) or unended_done(stream) is not None


@chat_rule(
    level=Level.MUST,
    statement="A blank line ends the terminator.",
    hurts="Clients that keep to the standard discard it and take the stream for cut.",
    sources=[WHATWG_INTERPRET],
    when=done_begun,
    promise=Promise.CHAT,
    needs=[Need.END, Need.WIRE],
)
def done_terminated(stream: ChatStream) -> Iterator[Violation]:
    """Both official SDKs accept a terminator without a blank line; the WHATWG standard discards it."""
    tail = unended_done(stream)
    if tail is not None and not stream.chat.done.seen:
        yield Violation(
            span=(tail.start, tail.end),
            expected="[DONE] and a blank line",
            observed="no blank line before the end of the body",
        )


@trigger(absent="no terminator")
def done_in_any_spelling(stream: ChatStream) -> bool:
    return bool(stream.chat.done.seen or stream.chat.done.misspelt)


@chat_rule(
    level=Level.MUST,
    statement="The terminator is exactly `[DONE]`.",
    hurts="Every measured client tries to parse anything else as JSON and raises.",
    sources=[PYTHON_STREAMING, NODE_STREAMING],
    when=done_in_any_spelling,
    promise=Promise.CHAT,
    needs=[Need.WIRE],
)
def done_exact(stream: ChatStream) -> Iterator[Violation]:
    """`[done]` and the JSON string `"[DONE]"` are violations."""
    yield from each(stream.chat.done.misspelt, "[DONE]")


@trigger(absent="no terminator")
def has_done(stream: ChatStream) -> bool:
    return bool(stream.chat.done.seen)


@chat_rule(
    level=Level.MUST,
    statement="The terminator comes once.",
    hurts="Clients that read on after the first try to parse the second as JSON.",
    sources=[API_REFERENCE],
    when=has_done,
    promise=Promise.CHAT,
    rests_on=["done-last"],
    needs=[Need.WIRE],
)
def done_once(stream: ChatStream) -> Iterator[Violation]:
    """Reports every exact `[DONE]` after the first."""
    again = [item for item in stream.chat.done.after if item.what == DONE]
    yield from each(again, f"nothing after event {stream.chat.done.seen[0].event if again else 0}")


@chat_rule(
    level=Level.MUST,
    statement="Nothing comes after the terminator.",
    hurts="The official SDKs lose it, @ai-sdk appends it to the answer.",
    sources=[API_REFERENCE, PYTHON_STREAMING],
    when=has_done,
    promise=Promise.CHAT,
    needs=[Need.WIRE],
)
def done_last(stream: ChatStream) -> Iterator[Violation]:
    """Usage after it is reported by `usage-before-done`, and a second terminator by `done-once`."""
    usage = late_usage(stream)
    for item in stream.chat.done.after:
        if item.what != DONE and item.event not in usage:
            yield Violation(event=item.event, expected="no event", observed=clipped(item.what, 80))
