"""Faults of tool call fragments in chat streams."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from conformance.reference.faults.edit import (
    CALL_GOES_ON,
    CALL_OPENED,
    CONTENT,
    FRAGMENT,
    Pick,
    altered,
    chat,
    copied,
    deltas,
    dropped,
    each,
    every,
    first,
    fragments,
    free_tools,
    last,
    read,
    recast,
    sub,
)
from conformance.reference.faults.fault import Edit, Fault
from conformance.reference.wire import Ask, Json, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a fragment stands in its call: what the call opened with, its number, whether it is the last."""

    opening: Json
    number: int
    final: bool


Change = Callable[[Json, Place], object]
"""Changes a fragment in place."""


def _calls(change: Change) -> Edit:
    """Every tool call changed fragment by fragment."""

    def edit(ask: Ask, reply: Reply) -> Reply:
        calls: dict[tuple[int, int], list[int]] = {}
        for at in every(FRAGMENT)(reply.frames):
            choice = read(reply.frames[at].data)["choices"][0]
            calls.setdefault((choice["index"], choice["delta"]["tool_calls"][0]["index"]), []).append(at)
        for positions in calls.values():
            (opening,) = fragments(read(reply.frames[positions[0]].data))
            for number, at in enumerate(positions):
                place = Place(opening=opening, number=number, final=at == positions[-1])
                reply = altered(_at(at), each(fragments, _placed(change, place)))(ask, reply)
        return reply

    return edit


def _at(position: int) -> Pick:
    return lambda _: (position,)


def _placed(change: Change, place: Place) -> Callable[[Json], object]:
    return lambda fragment: change(fragment, place)


def _id_changes(fragment: Json, place: Place) -> None:
    if place.number == 1:
        fragment["id"] = place.opening["id"] + "x"


def _id_again(fragment: Json, place: Place) -> None:
    if place.number:
        fragment["id"] = place.opening["id"]


def _name_late(fragment: Json, place: Place) -> None:
    if place.number == 0:
        del fragment["function"]["name"]
    if place.number == 1:
        fragment["function"]["name"] = place.opening["function"]["name"]


def _name_again(fragment: Json, place: Place) -> None:
    if place.number:
        fragment["function"]["name"] = place.opening["function"]["name"]


def _empty_names(fragment: Json, place: Place) -> None:
    if place.number:
        fragment["id"] = ""
        fragment["function"]["name"] = ""


def _encoded_twice(fragment: Json, place: Place) -> None:
    function = fragment["function"]
    inner = json.dumps(function["arguments"])[1:-1]
    function["arguments"] = ("" if place.number else '"') + inner + ('"' if place.final else "")


def _one_id(ask: Ask, reply: Reply) -> Reply:
    opened = every(CALL_OPENED)(reply.frames)
    ids = [fragment["id"] for at in opened[:1] for fragment in fragments(read(reply.frames[at].data))]
    same = each(fragments, lambda fragment: fragment.update(id=ids[0]))
    return altered(lambda _: opened, same)(ask, reply)


def _bare(chunk: Json) -> None:
    for choice in chunk["choices"]:
        (fragment,) = choice["delta"]["tool_calls"]
        choice["delta"] = {"tool_calls": [{"index": fragment["index"]}]}


def _without_calls(delta: Json) -> None:
    delta.pop("tool_calls", None)


FAULTS = (
    Fault(
        id="tool-index-missing",
        breaks=("tool-index-present",),
        why="Fragments have no index, and both official SDKs raise or lose the call.",
        edit=chat(sub(every(FRAGMENT), rb'"tool_calls":\[\{"index":\d+,', b'"tool_calls":[{')),
    ),
    Fault(
        id="tool-index-from-one",
        breaks=("tool-index-contiguous",),
        why="The first call has index 1; openai-python raises IndexError.",
        edit=chat(
            sub(
                every(FRAGMENT),
                rb'"tool_calls":\[\{"index":(\d+)',
                lambda match: b'"tool_calls":[{"index":%d' % (int(match[1]) + 1),
            )
        ),
    ),
    Fault(
        id="tool-index-shared",
        breaks=("tool-index-reused",),
        why="Parallel calls share index 0, so clients run their arguments together into one broken call.",
        edit=chat(sub(every(FRAGMENT), rb'"tool_calls":\[\{"index":\d+', b'"tool_calls":[{"index":0')),
    ),
    Fault(
        id="tool-id-missing",
        breaks=("tool-id-first",),
        why="Calls have no id, so their results cannot be sent back.",
        edit=chat(sub(every(CALL_OPENED), rb'"id":"call_\w+",', b"")),
    ),
    Fault(
        id="tool-id-changes",
        breaks=("tool-id-stable",),
        why=(
            "A later fragment has another id than the call began with, and the result is sent back to the "
            "wrong one."
        ),
        edit=chat(_calls(_id_changes)),
    ),
    Fault(
        id="tool-id-again",
        breaks=("tool-id-repeated",),
        why="Every fragment repeats the id; openai-python puts them together to one that does not exist.",
        edit=chat(_calls(_id_again)),
    ),
    Fault(
        id="tool-ids-counted",
        breaks=("call-ids-unique",),
        why="Every answer numbers its calls from call_0, so agents with several answers mix up the results.",
        edit=chat(sub(every(CALL_OPENED), rb'"index":(\d+),"id":"call_\w+"', rb'"index":\1,"id":"call_\1"')),
    ),
    Fault(
        id="tool-ids-same",
        breaks=("tool-id-unique", "call-ids-unique"),
        cause="What is not unique within an answer is not unique within a run.",
        why="Both calls of an answer have the same id, so their results cannot be told apart.",
        edit=chat(_one_id),
    ),
    Fault(
        id="tool-ids-long",
        breaks=("tool-id-length",),
        why="Ids of calls have 77 characters; OpenAI refuses a conversation that goes on with them.",
        edit=chat(sub(every(CALL_OPENED), rb'"id":"call_', b'"id":"call_' + b"0" * 48)),
    ),
    Fault(
        id="tool-ids-of-former-length",
        breaks=("tool-id-portable",),
        why="Ids of calls have 45 characters, which services with OpenAI's former limit refuse.",
        edit=chat(sub(every(CALL_OPENED), rb'"id":"call_', b'"id":"call_' + b"0" * 16)),
    ),
    Fault(
        id="tool-type-invented",
        breaks=("tool-type-value",),
        why="Calls have a type that no client knows, so those that choose by it skip the call.",
        edit=chat(sub(every(CALL_OPENED), rb'"type":"function"', b'"type":"action"')),
    ),
    Fault(
        id="tool-type-missing",
        breaks=("tool-type-first",),
        why="Calls have no type, and openai-node's stream helper raises.",
        edit=chat(sub(every(CALL_OPENED), rb'"type":"function",', b"")),
    ),
    Fault(
        id="tool-name-late",
        breaks=("tool-name-first",),
        why=(
            "The name of the function comes with the second fragment; clients that announce calls announce "
            "none."
        ),
        edit=chat(_calls(_name_late)),
    ),
    Fault(
        id="tool-name-again",
        breaks=("tool-name-repeated",),
        why="Every fragment repeats the function's name, and SDKs concatenate it to one that does not exist.",
        edit=chat(_calls(_name_again)),
    ),
    Fault(
        id="tool-continuation-empty-strings",
        breaks=("tool-empty-continuation",),
        why="Later fragments have an empty id and name, which clients that overwrite take for the real ones.",
        edit=chat(_calls(_empty_names)),
    ),
    Fault(
        id="tool-function-missing",
        breaks=("tool-function-present",),
        why="A fragment has no function object, and clients that read function.arguments raise.",
        edit=chat(copied(first(CALL_OPENED), first(CALL_OPENED), recast(_bare))),
    ),
    Fault(
        id="tool-arguments-are-object",
        breaks=("tool-arguments-string",),
        why="Arguments start as an object instead of a string, to which no client can append.",
        edit=chat(sub(every(CALL_OPENED), rb'"arguments":""', b'"arguments":{}')),
    ),
    Fault(
        id="tool-arguments-cut-off",
        breaks=("tool-arguments-json",),
        why="The last fragment is lost, so the arguments are no JSON and the call cannot be made.",
        edit=chat(dropped(last(CALL_GOES_ON))),
    ),
    Fault(
        id="tool-arguments-lost",
        breaks=("call-arguments-present",),
        why="No fragment of the arguments arrives, and the tool is called without what it requires.",
        edit=chat(dropped(every(CALL_GOES_ON))),
    ),
    Fault(
        id="tool-arguments-empty-object",
        breaks=("call-arguments-present",),
        why="Every call comes with {}, whatever the model wrote: the tool runs without its arguments.",
        edit=chat(
            dropped(every(CALL_GOES_ON)),
            sub(every(CALL_OPENED), rb'"arguments":""', b'"arguments":"{}"'),
        ),
    ),
    Fault(
        id="tool-arguments-encoded-twice",
        breaks=("answer-damaged", "tool-arguments-object", "twin-arguments-damaged"),
        cause="Arguments that the prompt dictates come as a string. Without streaming they are an object.",
        why="Arguments are JSON inside a JSON string; clients parse once and hand the function a text.",
        edit=chat(_calls(_encoded_twice)),
    ),
    Fault(
        id="tool-calls-dropped",
        breaks=("finish-reason-without-calls", "twin-tool-calls", "claim-kept"),
        cause="Without streaming the same request has the calls, and parallel calls are claimed.",
        why="A gateway drops every fragment of a call, but still says that the answer ends with tool_calls.",
        edit=chat(free_tools(altered(every(FRAGMENT), each(deltas, _without_calls)))),
    ),
    Fault(
        id="tool-calls-one-of-two",
        breaks=("claim-kept", "twin-tool-calls"),
        cause="Without streaming the same request has both calls.",
        why="Of parallel calls only the first one is streamed; without streaming both are there.",
        edit=chat(dropped(every(rb'"tool_calls":\[\{"index":[1-9]'))),
    ),
    Fault(
        id="tool-calls-empty-list",
        breaks=("tool-calls-empty",),
        why="Text deltas have an empty tool_calls, which clients take for the start of a call.",
        edit=chat(sub(every(CONTENT), rb'"delta":\{"content":', b'"delta":{"tool_calls":[],"content":')),
    ),
)
