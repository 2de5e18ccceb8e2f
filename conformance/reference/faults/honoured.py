"""Faults of doing something else than the request says, silently."""

from collections.abc import Callable
from dataclasses import replace

from conformance.reference.answer import answer
from conformance.reference.faults.edit import (
    CHUNK,
    CONTENT,
    FINISH,
    FRAGMENT,
    USAGE,
    altered,
    asked,
    chat,
    deltas,
    each,
    every,
    first,
    free_tools,
    last,
    read,
    sub,
    when,
)
from conformance.reference.faults.fault import TEXT_CHANGED, Edit, Fault
from conformance.reference.wire import Ask, Json, Reply, compact

LIMITS = ("max_completion_tokens", "max_tokens")
TOO_MANY = 8
MARKUP = rb"<tool_call>{\"name\":\"get_weather\"}</tool_call>"
TOOLS = ("tools", "tool_choice", "parallel_tool_calls")


def _as_if(change: Callable[[Json], Json]) -> Edit:
    """The answer to another request, where `change` of the body makes it another."""

    def edit(ask: Ask, reply: Reply) -> Reply:
        body = asked(ask)
        other = change(body)
        return reply if other == body else answer(replace(ask, body=compact(other).encode()))

    return edit


def _more_tokens(body: Json) -> Json:
    more = {name: body[name] + TOO_MANY for name in LIMITS if isinstance(body.get(name), int)}
    return {**body, **more}


def _without_limit(body: Json) -> Json:
    return {key: value for key, value in body.items() if key not in LIMITS}


def _uncounted(chunk: Json) -> None:
    usage = chunk["usage"]
    del usage["completion_tokens_details"]
    usage.update(completion_tokens=0, total_tokens=usage["prompt_tokens"])


def _without_stop(body: Json) -> Json:
    return {key: value for key, value in body.items() if key != "stop"}


def _in_parallel(body: Json) -> Json:
    return {key: value for key, value in body.items() if key != "parallel_tool_calls"}


def _without_tools(body: Json) -> Json:
    return {key: value for key, value in body.items() if key not in TOOLS}


def _one_argument(tool: Json) -> Json:
    function = tool["function"]
    parameters = {**function["parameters"], "required": ["city"]}
    parameters["properties"] = {"city": {"type": "string"}}
    return {**tool, "function": {**function, "parameters": parameters}}


def _fewer_arguments(body: Json) -> Json:
    return {**body, "tools": [_one_argument(tool) for tool in body["tools"]]} if body.get("tools") else body


def _all_again(ask: Ask, reply: Reply) -> Reply:
    said = "".join(delta.get("content") or "" for frame in reply.frames for delta in deltas(read(frame.data)))

    def again(delta: Json) -> None:
        delta["content"] += "\n" + said

    return altered(last(CONTENT), each(deltas, again))(ask, reply)


def _fence_opened(delta: Json) -> None:
    delta["content"] = "```json\n" + delta["content"]


def _fence_closed(delta: Json) -> None:
    delta["content"] += "\n```"


def _tool_forced(ask: Ask, _: Reply) -> bool:
    return isinstance(asked(ask).get("tool_choice"), dict)


def _calls(_: Ask, reply: Reply) -> bool:
    return bool(every(FRAGMENT)(reply.frames))


def _json_asked(ask: Ask, _: Reply) -> bool:
    return bool(asked(ask).get("response_format"))


def _stop_asked(ask: Ask, _: Reply) -> bool:
    return bool(asked(ask).get("stop"))


FAULTS = (
    Fault(
        id="model-ignored",
        breaks=("model-as-asked",),
        why="Another model answers than the one that was asked, and nobody is told.",
        edit=chat(sub(every(CHUNK), rb'"model":"[^"]*"', b'"model":"cheap-1"')),
    ),
    Fault(
        id="max-tokens-overrun",
        breaks=("max-tokens-honoured",),
        why="The answer is a little longer than the request allows, and so is the bill.",
        edit=chat(_as_if(_more_tokens)),
    ),
    Fault(
        id="stop-as-length",
        breaks=("finish-reason-stop",),
        why="An answer that ended before a stop sequence is told as cut, and callers ask for the rest.",
        edit=chat(
            when(_stop_asked, sub(every(FINISH), rb'"finish_reason":"stop"', b'"finish_reason":"length"'))
        ),
    ),
    Fault(
        id="max-tokens-ignored-and-hidden",
        breaks=("max-tokens-honoured", "finish-reason-length", "usage-counts"),
        cause="The limit is ignored, and usage, which counts nothing, hides it.",
        why="The answer runs on past the limit to its own end, and usage says 0.",
        edit=chat(_as_if(_without_limit), altered(every(USAGE), _uncounted)),
    ),
    Fault(
        id="finish-reason-stop-after-cut",
        breaks=("finish-reason-length",),
        why="An answer that was cut ends with 'stop', so half of it is taken for the whole.",
        edit=chat(sub(every(FINISH), rb'"finish_reason":"length"', b'"finish_reason":"stop"')),
    ),
    Fault(
        id="stop-ignored",
        breaks=("stop-honoured", "answer-expected"),
        cause=TEXT_CHANGED,
        why="The answer runs on past the stop sequence, and callers read what they had cut off.",
        edit=chat(_as_if(_without_stop)),
    ),
    Fault(
        id="parallel-calls-anyway",
        breaks=("parallel-calls-honoured",),
        why="Two calls come although parallel calls were switched off; the caller runs only the first.",
        edit=chat(_as_if(_in_parallel)),
    ),
    Fault(
        id="tool-choice-ignored",
        breaks=("tool-choice-honoured",),
        why="A call was forced and prose comes, in which the caller looks for arguments.",
        edit=chat(when(_tool_forced, _as_if(_without_tools))),
    ),
    Fault(
        id="tool-call-as-text",
        breaks=("tool-markup", "twin-tool-calls", "claim-kept"),
        cause="Without streaming the same request has the calls, and parallel calls are claimed.",
        why="The model's own markup of a call comes as text: users read it, and nothing is called.",
        edit=chat(
            free_tools(
                when(
                    _calls,
                    _as_if(_without_tools),
                    sub(first(CONTENT), rb'"content":"', lambda _: b'"content":"' + MARKUP),
                )
            )
        ),
    ),
    Fault(
        id="tool-arguments-missing",
        breaks=("twin-arguments", "tool-arguments-schema"),
        cause="Without streaming it is there.",
        why="A required argument is missing, and the tool refuses the call.",
        edit=chat(_as_if(_fewer_arguments)),
    ),
    Fault(
        id="json-twice",
        breaks=("structured-output-once",),
        why="JSON was asked for and the whole document comes twice, on which every parser raises.",
        edit=chat(when(_json_asked, _all_again)),
    ),
    Fault(
        id="json-in-a-fence",
        breaks=("structured-output",),
        why="JSON was asked for and comes in a Markdown fence, on which every parser raises.",
        edit=chat(
            when(
                _json_asked,
                altered(first(CONTENT), each(deltas, _fence_opened)),
                altered(last(CONTENT), each(deltas, _fence_closed)),
            )
        ),
    ),
)
