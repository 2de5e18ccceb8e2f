"""Edits of a reply, small enough to combine into one-liners.

Frames are found by a regular expression on their bytes. Where nothing is found nothing happens, so that a
fault of tool calls leaves a text answer alone. No edit raises.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from conformance.reference.faults.fault import Edit
from conformance.reference.wire import Ask, Ending, Frame, Json, Reply, compact

Pick = Callable[[tuple[Frame, ...]], tuple[int, ...]]
"""Chooses frames; gives their positions in order."""

# Frames of Chat Completions. Quotes inside a text are escaped, so no text can look like these.
ROLE = rb'"delta":\{"role":'
CONTENT = rb'"delta":\{"content":"'
REASONING = rb'"delta":\{"reasoning_content":"'
FRAGMENT = rb'"tool_calls":\[\{"index":'
CALL_OPENED = rb'"tool_calls":\[\{"index":\d+,"id":'
CALL_GOES_ON = rb'"tool_calls":\[\{"index":\d+,"function":\{"arguments"'
FINISH = rb'"finish_reason":"'
CHUNK = rb"^data: \{"
USAGE = rb'"choices":\[\],"usage":\{'
DONE = rb"^data: \[DONE\]"
ANY = rb""
PAYLOAD = rb"(?m)^data: (\{.*\})$"


# Events of Responses.
TERMINAL = rb'\ndata: \{"type":"response\.(completed|incomplete)"'
DELTA = rb'\ndata: \{"type":"response\.[a-z_.]+\.delta"'
LIFECYCLE = rb'"response":\{'


def of(name: str) -> bytes:
    """The pattern of Responses events of type `name`."""
    return rb'\ndata: \{"type":"' + re.escape(name.encode()) + b'"'


DONE_ITEM = of("response.output_item.done")
TEXT_DELTA = of("response.output_text.delta")
ARGUMENTS_DELTA = of("response.function_call_arguments.delta")
ARGUMENTS_DONE = of("response.function_call_arguments.done")


# Which frames


def every(pattern: bytes) -> Pick:
    """All frames in which `pattern` is found."""
    return lambda frames: tuple(at for at, frame in enumerate(frames) if re.search(pattern, frame.data))


def first(pattern: bytes) -> Pick:
    """The first such frame."""
    return lambda frames: every(pattern)(frames)[:1]


def last(pattern: bytes) -> Pick:
    """The last such frame."""
    return lambda frames: every(pattern)(frames)[-1:]


def rest(pattern: bytes) -> Pick:
    """All such frames but the first."""
    return lambda frames: every(pattern)(frames)[1:]


# What happens to them


def mapped(pick: Pick, change: Callable[[bytes], bytes]) -> Edit:
    """The bytes of the picked frames changed."""

    def edit(_: Ask, reply: Reply) -> Reply:
        picked = set(pick(reply.frames))
        frames = (
            replace(frame, data=change(frame.data)) if at in picked else frame
            for at, frame in enumerate(reply.frames)
        )
        return replace(reply, frames=tuple(frames))

    return edit


def sub(pick: Pick, pattern: bytes, by: bytes | Callable[[re.Match[bytes]], bytes], count: int = 0) -> Edit:
    """`pattern` replaced `by` something in the picked frames: everywhere, or `count` times in each."""
    return mapped(pick, lambda data: re.sub(pattern, by, data, count=count))


def altered(pick: Pick, change: Callable[[Json], object]) -> Edit:
    """The JSON of the picked frames changed in place by `change`; what surrounds it stays."""
    return mapped(pick, recast(change))


def recast(change: Callable[[Json], object]) -> Callable[[bytes], bytes]:
    """`change` of the JSON in a block, as a change of its bytes; a block without JSON stays as it is."""

    def rewritten(data: bytes) -> bytes:
        match = re.search(PAYLOAD, data)
        if match is None:
            return data
        value = json.loads(match[1])
        change(value)
        return data[: match.start(1)] + compact(value).encode() + data[match.end(1) :]

    return rewritten


def read(data: bytes) -> Json:
    """The JSON of a block; empty where there is none."""
    match = re.search(PAYLOAD, data)
    value: Json = json.loads(match[1]) if match else {}
    return value


def dropped(pick: Pick) -> Edit:
    """The picked frames not sent."""

    def edit(_: Ask, reply: Reply) -> Reply:
        picked = set(pick(reply.frames))
        return replace(
            reply, frames=tuple(frame for at, frame in enumerate(reply.frames) if at not in picked)
        )

    return edit


def copied(pick: Pick, behind: Pick, change: Callable[[bytes], bytes]) -> Edit:
    """A changed copy of the first picked frame sent right after the first frame that `behind` picks."""

    def edit(_: Ask, reply: Reply) -> Reply:
        source, target = pick(reply.frames), behind(reply.frames)
        if not source or not target:
            return reply
        copy = Frame(data=change(reply.frames[source[0]].data))
        at = target[0] + 1
        return replace(reply, frames=(*reply.frames[:at], copy, *reply.frames[at:]))

    return edit


def doubled(pick: Pick) -> Edit:
    """The first picked frame sent twice."""
    return copied(pick, pick, lambda data: data)


def inserted(pick: Pick, block: bytes) -> Edit:
    """`block` sent after the first picked frame."""
    return copied(pick, pick, lambda _: block)


def moved(pick: Pick, behind: Pick) -> Edit:
    """The first picked frame sent right after the first frame that `behind` picks."""

    def edit(_: Ask, reply: Reply) -> Reply:
        source, target = pick(reply.frames), behind(reply.frames)
        if not source or not target or source[0] == target[0]:
            return reply
        frames = list(reply.frames)
        frame = frames.pop(source[0])
        frames.insert(target[0] + (source[0] > target[0]), frame)
        return replace(reply, frames=tuple(frames))

    return edit


def truncated(pick: Pick, ending: Ending = "close") -> Edit:
    """Nothing sent after the first picked frame."""

    def edit(_: Ask, reply: Reply) -> Reply:
        picked = pick(reply.frames)
        return replace(reply, frames=reply.frames[: picked[0] + 1], ending=ending) if picked else reply

    return edit


def ended(ending: Ending) -> Edit:
    """The body ended otherwise."""
    return lambda _, reply: replace(reply, ending=ending)


def headed(name: str, value: str) -> Edit:
    """A header changed, or added."""

    def edit(_: Ask, reply: Reply) -> Reply:
        others = tuple(header for header in reply.headers if header[0] != name)
        return replace(reply, headers=((name, value), *others))

    return edit


def stated(status: int) -> Edit:
    """Another status."""
    return lambda _, reply: replace(reply, status=status)


def chained(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(ask: Ask, reply: Reply) -> Reply:
        for each in edits:
            reply = each(ask, reply)
        return reply

    return edit


def renumbered(edit: Edit) -> Edit:
    """`edit`, and after it `sequence_number` counted again from 0, so that only what was edited is wrong."""

    def counted(ask: Ask, reply: Reply) -> Reply:
        reply = edit(ask, reply)
        number = 0
        frames = []
        for frame in reply.frames:
            data, found = re.subn(rb'"sequence_number":\d+', b'"sequence_number":%d' % number, frame.data)
            number += bool(found)
            frames.append(replace(frame, data=data))
        return replace(reply, frames=tuple(frames))

    return counted


def without(name: str) -> Edit:
    """Responses events of one type never sent, the others numbered as if they had never been."""
    return responses(renumbered(dropped(every(of(name)))))


def lacking(pattern: bytes, key: str) -> Edit:
    """A plain value missing from the Responses events in which `pattern` is found."""
    return responses(sub(every(pattern), rb',"' + key.encode() + rb'":(\d+|"\w+")', b""))


# Which replies


def asked(ask: Ask) -> Json:
    """The body of the request, or nothing where it is no JSON object."""
    try:
        body = json.loads(ask.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def when(test: Callable[[Ask, Reply], bool], *edits: Edit) -> Edit:
    """The edits, for replies that pass the test."""
    edit = chained(*edits)
    return lambda ask, reply: edit(ask, reply) if test(ask, reply) else reply


def streams(*edits: Edit) -> Edit:
    """The edits, for streams of either API."""
    return when(lambda _, reply: _is_stream(reply), *edits)


def chat(*edits: Edit) -> Edit:
    """The edits, for streams of Chat Completions."""
    return when(lambda ask, reply: _is_stream(reply) and ask.path.endswith("/chat/completions"), *edits)


def responses(*edits: Edit) -> Edit:
    """The edits, for streams of Responses."""
    return when(lambda ask, reply: _is_stream(reply) and ask.path.endswith("/responses"), *edits)


def documents(*edits: Edit) -> Edit:
    """The edits, for whole answers of Chat Completions."""
    return when(
        lambda ask, reply: (
            reply.status == 200 and not _is_stream(reply) and ask.path.endswith("/chat/completions")
        ),
        *edits,
    )


def refusals(*edits: Edit) -> Edit:
    """The edits, for requests that were refused."""
    return when(lambda _, reply: reply.status >= 400, *edits)


def one_choice(*edits: Edit) -> Edit:
    """The edits, where a single choice was asked for."""
    return when(lambda ask, _: asked(ask).get("n") in (None, 1), *edits)


def prose(*edits: Edit) -> Edit:
    """The edits, where neither logprobs nor a format were asked for: a changed text would break these."""
    return when(lambda ask, _: not (asked(ask).get("logprobs") or asked(ask).get("response_format")), *edits)


def free_tools(*edits: Edit) -> Edit:
    """The edits, where the client left it to the model whether to call a tool."""
    return when(lambda ask, _: asked(ask).get("tool_choice") in (None, "auto"), *edits)


def _is_stream(reply: Reply) -> bool:
    return reply.status == 200 and any(
        name == "content-type" and value.startswith("text/event-stream") for name, value in reply.headers
    )


# Inside a chunk or an event


def deltas(chunk: Json) -> Iterable[Json]:
    """The deltas of a chunk."""
    return [choice["delta"] for choice in chunk.get("choices", ()) if isinstance(choice.get("delta"), dict)]


def fragments(chunk: Json) -> Iterable[Json]:
    """The tool call fragments of a chunk."""
    return [fragment for delta in deltas(chunk) for fragment in delta.get("tool_calls", ())]


def item(event: Json) -> Iterable[Json]:
    """The item of a Responses event."""
    return [event["item"]]


def output(event: Json) -> Iterable[Json]:
    """The items in the response of a Responses event."""
    items: list[Json] = event["response"]["output"]
    return items


def each(inside: Callable[[Json], Iterable[Json]], change: Callable[[Json], Any]) -> Callable[[Json], None]:
    """A change of every delta, fragment or item, for `altered`."""

    def change_all(chunk: Json) -> None:
        for part in inside(chunk):
            change(part)

    return change_all


def emptied(chunk: Json) -> None:
    """The chunk with nothing in its choices: something to insert that adds no text and ends nothing."""
    for choice in chunk.get("choices", ()):
        choice.update(
            {"delta": {}, "finish_reason": None, **({"logprobs": None} if "logprobs" in choice else {})}
        )
