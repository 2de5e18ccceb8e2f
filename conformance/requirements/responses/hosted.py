"""Requirements on what hosted tools and shells stream, and on how often they are used."""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from conformance.assemble.item import Item, Printed
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.common import resumed
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import failed, texts_of, value_shown
from conformance.requirements.responses.retold import COMMANDS, Repetition, disagreements
from conformance.sources import API_REFERENCE, openapi
from conformance.subject import ResponsesStream
from conformance.text import counted, shown

_IMAGE = openapi("ImageGenToolCall")
_CREATE = openapi("CreateResponse")
_HOSTED = (
    *("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_call"),
)


@trigger(absent="no command of a shell call in the stream")
def has_commands(stream: ResponsesStream) -> bool:
    return bool(texts_of(stream, *COMMANDS.slots))


@responses_rule(
    level=Level.MUST,
    statement="A command of a shell call is the same in its deltas, its done event, its item and at the end.",
    hurts="Which command runs depends on the event that a client takes it from.",
    sources=[openapi("ResponseStreamEvent"), API_REFERENCE],
    when=has_commands,
)
def shell_command_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Commands are matched by `command_index`, their position in `action.commands`."""
    yield from disagreements(stream, COMMANDS, Repetition.DONE, Repetition.ITEM, Repetition.FINAL)


@trigger(absent="no output of a shell in the stream")
def with_printed(stream: ResponsesStream) -> list[Item]:
    """The items whose output of commands is streamed."""
    return [item for item in stream.items if item.printed]


@responses_rule(
    level=Level.SHOULD,
    statement="What a shell command wrote is the same in its deltas, its done event and its item.",
    hurts="The model is told another result than the person was shown.",
    sources=[openapi("FunctionShellCallOutputContent"), API_REFERENCE],
    when=with_printed.unless("a resumed stream", resumed),
)
def shell_output_agrees(stream: ResponsesStream) -> Iterator[Violation]:
    """Compares `stdout` and `stderr` of each command, by its `command_index`."""
    for item in with_printed(stream):
        whole = item.done.value.get("output")
        kept = whole if isinstance(whole, list) else []
        commands: dict[int, list[Printed]] = {}
        for piece in item.printed:
            if type(piece.index) is int:
                commands.setdefault(piece.index, []).append(piece)
        for index, pieces in commands.items():
            streamed = [piece.value for piece in pieces if not piece.done]
            places = [(piece.event, "output", piece.value) for piece in pieces if piece.done]
            if 0 <= index < len(kept):
                places.append((item.done.event, f"item.output.{index}", [kept[index]]))
            for key in ("stdout", "stderr"):
                due = _written(streamed or places[0][2], key)
                for event, place, value in places:
                    if (told := _written(value, key)) != due:
                        yield Violation(
                            event=event,
                            place=f"{place}.{key}",
                            expected=f"{shown(due, 80)}, as streamed",
                            observed=shown(told, 80),
                        )


def _written(parts: Any, key: str) -> str:
    entries = parts if isinstance(parts, list) else []
    texts = [entry.get(key) for entry in entries if isinstance(entry, dict)]
    return "".join(text for text in texts if isinstance(text, str))


@trigger(absent="no speech in the stream, or it failed")
def speech(stream: ResponsesStream) -> list[str]:
    """Which of audio and transcript is streamed."""
    told = dict.fromkeys(one.what for one in stream.responses.speech if not one.done)
    return [] if failed(stream) else list(told)


@responses_rule(
    level=Level.SHOULD,
    statement="Speech is streamed in base64, and it and its transcript are each ended by their done event.",
    hurts="Players break off at what they cannot decode, or wait for more.",
    sources=[openapi("ResponseAudioDeltaEvent"), openapi("ResponseAudioDoneEvent")],
    when=speech,
    needs=[Need.END],
)
def response_audio(stream: ResponsesStream) -> Iterator[Violation]:
    """Each piece of audio is base64 of its own."""
    for what in speech(stream):
        events = [one for one in stream.responses.speech if one.what == what]
        if not events[-1].done:
            yield Violation(
                event=events[-1].event,
                place="type",
                expected="the done event after it",
                observed=f"no end of the {what}",
            )
        for one in events if what == "audio" else ():
            if isinstance(one.delta, str) and (wrong := _undecodable(one.delta)):
                yield Violation(event=one.event, place="delta", expected="base64", observed=wrong)


@trigger(absent="no finished image in the stream")
def finished_images(stream: ResponsesStream) -> list[Item]:
    """The image generations that are completed."""
    calls = [item for item in stream.items if item.type == "image_generation_call"]
    done = [item for item in calls if item.done.value.get("status") == "completed"]
    return [] if failed(stream) else done


@responses_rule(
    level=Level.SHOULD,
    statement="A completed image generation has its image in `result`.",
    hurts="Clients say that the image is there, and show none.",
    sources=[_IMAGE],
    when=finished_images,
)
def image_result(stream: ResponsesStream) -> Iterator[Violation]:
    """Judges the finished item."""
    for item in finished_images(stream):
        result = item.done.value.get("result")
        if not result and not item.done.value.get("error"):
            yield Violation(
                event=item.done.event,
                place="item.result",
                expected="the image in base64",
                observed=value_shown(result),
            )


@trigger(absent="no image in the stream")
def images(stream: ResponsesStream) -> list[tuple[int, str, str]]:
    """Every image that is not empty, partial ones too: its event, its place, and its text."""
    found: list[tuple[int, str, Any]] = []
    for item in stream.items:
        found += [(image.event, "partial_image_b64", image.image) for image in item.images]
        if item.type == "image_generation_call":
            found.append((item.done.event, "item.result", item.done.value.get("result")))
    return [(event, place, text) for event, place, text in found if isinstance(text, str) and text]


@responses_rule(
    level=Level.SHOULD,
    statement="An image, partial or whole, is valid base64.",
    hurts="Clients raise when they decode the image, or write a file that nothing opens.",
    sources=[_IMAGE, openapi("ResponseImageGenCallPartialImageEvent")],
    when=images,
)
def image_base64(stream: ResponsesStream) -> Iterator[Violation]:
    """Not as a data URL, and with its padding."""
    for event, place, text in images(stream):
        if wrong := _undecodable(text):
            yield Violation(event=event, place=place, expected="base64", observed=wrong)


def _undecodable(text: str) -> str:
    """A text that is not base64, clipped, and why it is not; "" if it is base64."""
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        return f"{shown(text, 60)} ({error})"
    return ""


@trigger(absent="no `max_tool_calls` in the request")
def tool_call_limit(stream: ResponsesStream) -> int | None:
    """The most calls of hosted tools that the request allows; None if it sets no limit."""
    limit = stream.asked.get("max_tool_calls")
    return limit if type(limit) is int and limit > 0 else None


@responses_rule(
    level=Level.SHOULD,
    statement="Hosted tools are called at most `max_tool_calls` times.",
    hurts="Searches and code runs that nobody wanted are billed.",
    sources=[_CREATE],
    when=tool_call_limit,
    needs=[Need.REQUEST],
)
def max_tool_calls_honoured(stream: ResponsesStream) -> Iterator[Violation]:
    """Counts the calls of all hosted tools together. Calls that the client answers do not count."""
    limit = tool_call_limit(stream)
    calls = [item for item in stream.items if item.type in _HOSTED]
    if limit is not None and len(calls) > limit:
        yield Violation(
            event=calls[limit].added.event,
            place="item.type",
            expected=f"at most {counted(limit, 'call')} of hosted tools, as `max_tool_calls` says",
            observed=f"{counted(len(calls), 'call')}, this one a {calls[limit].type}",
        )


@trigger(absent="obfuscation was not switched off")
def padding_off(stream: ResponsesStream) -> bool:
    options = stream.asked.get("stream_options")
    return isinstance(options, dict) and options.get("include_obfuscation") is False


@responses_rule(
    level=Level.SHOULD,
    statement="With `include_obfuscation: false` events have no `obfuscation`.",
    hurts="Padding is paid for on links that asked for none.",
    sources=[_CREATE],
    when=padding_off,
    needs=[Need.REQUEST],
)
def response_obfuscation_off(stream: ResponsesStream) -> Iterator[Violation]:
    """An empty string is as good as none."""
    padded = stream.responses.events.padded
    if padded:
        yield Violation(
            event=padded[0],
            place="obfuscation",
            expected="no such key",
            observed="padding",
            times=len(padded),
        )
