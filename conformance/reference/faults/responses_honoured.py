"""Faults of doing something else than a Responses request says, and of repeating another request."""

from collections.abc import Callable
from dataclasses import replace

from conformance.reference.answer import answer
from conformance.reference.faults.edit import (
    DONE_ITEM,
    LIFECYCLE,
    TERMINAL,
    TEXT_DELTA,
    altered,
    asked,
    chained,
    dropped,
    each,
    every,
    first,
    free_tools,
    item,
    last,
    moved,
    of,
    output,
    read,
    renumbered,
    responses,
    sub,
    when,
)
from conformance.reference.faults.fault import Edit, Fault
from conformance.reference.wire import Ask, Json, Reply, compact

ADDED = of("response.output_item.added")
TEXT_DONE = of("response.output_text.done")
ECHO = ("max_output_tokens", "parallel_tool_calls", "text", "tool_choice", "tools", "top_logprobs")
TOO_MANY = 8
TOOLS = ("tools", "tool_choice", "parallel_tool_calls")


def _as_if(change: Callable[[Json], Json]) -> Edit:
    """The answer to another request, whose response repeats the one that was made."""

    def edit(ask: Ask, reply: Reply) -> Reply:
        body = asked(ask)
        other = change(body)
        if other == body or not reply.frames:
            return reply
        response = read(reply.frames[0].data)["response"]
        echo = {key: response[key] for key in ECHO}
        told = altered(every(LIFECYCLE), lambda event: event["response"].update(echo))
        return told(ask, answer(replace(ask, body=compact(other).encode())))

    return responses(edit)


def _lacking(*keys: str) -> Callable[[Json], Json]:
    return lambda body: {key: value for key, value in body.items() if key not in keys}


def _longer(body: Json) -> Json:
    limit = body.get("max_output_tokens")
    return {**body, "max_output_tokens": limit + TOO_MANY} if isinstance(limit, int) else body


def _as_function(tool: Json) -> Json:
    if tool.get("type") != "custom":
        return tool
    parameters = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
    return {"type": "function", "name": tool["name"], "parameters": parameters, "strict": True}


def _functions(body: Json) -> Json:
    return {**body, "tools": [_as_function(tool) for tool in body["tools"]]} if body.get("tools") else body


def _one_argument(tool: Json) -> Json:
    if tool.get("type") != "function":
        return tool
    parameters = {**tool["parameters"], "required": ["city"], "properties": {"city": {"type": "string"}}}
    return {**tool, "parameters": parameters}


def _fewer_arguments(body: Json) -> Json:
    return {**body, "tools": [_one_argument(tool) for tool in body["tools"]]} if body.get("tools") else body


def _forced(ask: Ask, _: Reply) -> bool:
    choice = asked(ask).get("tool_choice")
    return isinstance(choice, dict) and choice.get("type") == "function"


def _renamed(name: str) -> Edit:
    """The functions that the model chose to call under another name, in every event."""

    def rename(value: Json) -> None:
        if value.get("type") == "function_call":
            value["name"] = name

    return responses(
        free_tools(
            altered(every(ADDED), each(item, rename)),
            altered(every(DONE_ITEM), each(item, rename)),
            altered(every(TERMINAL), each(output, rename)),
        )
    )


def _echo(change: Callable[[Json], object]) -> Edit:
    return responses(altered(every(LIFECYCLE), lambda event: change(event["response"])))


def _loose(response: Json) -> None:
    for tool in response["tools"]:
        tool.pop("strict", None)


def _kept(response: Json) -> None:
    response["store"] = True


def _without_phase(value: Json) -> None:
    value.pop("phase", None)


def _json_asked(ask: Ask, _: Reply) -> bool:
    return "text" in asked(ask)


def _twice(ask: Ask, reply: Reply) -> Reply:
    """The whole text again in its last delta, and in everything that repeats it."""
    done = every(TEXT_DONE)(reply.frames)
    text = read(reply.frames[done[0]].data)["text"] if done else ""

    def again(part: Json) -> None:
        part["text"] += text

    def contents(value: Json) -> None:
        for part in value.get("content", ()):
            again(part)

    edit = chained(
        altered(last(TEXT_DELTA), lambda event: event.update({"delta": event["delta"] + text})),
        altered(every(TEXT_DONE), again),
        altered(every(of("response.content_part.done")), lambda event: again(event["part"])),
        altered(every(DONE_ITEM), each(item, contents)),
        altered(every(TERMINAL), each(output, contents)),
    )
    return edit(ask, reply)


FAULTS: tuple[Fault, ...] = (
    Fault(
        id="responses-tool-choice-ignored",
        breaks=("response-tool-choice",),
        why="A call was forced and prose comes, in which the caller looks for arguments.",
        edit=when(_forced, _as_if(_lacking(*TOOLS))),
    ),
    Fault(
        id="responses-parallel-calls-anyway",
        breaks=("response-parallel-calls",),
        why="Parallel calls were switched off and two come: the second is lost.",
        edit=_as_if(_lacking("parallel_tool_calls")),
    ),
    Fault(
        id="responses-format-ignored",
        breaks=("response-structured-output",),
        why="JSON was asked for and prose comes, on which every parser raises.",
        edit=_as_if(_lacking("text")),
    ),
    Fault(
        id="responses-json-twice",
        breaks=("response-structured-once",),
        why="The JSON that was asked for comes twice, and every parser raises behind the first.",
        edit=responses(when(_json_asked, _twice)),
    ),
    Fault(
        id="responses-limit-ignored",
        breaks=("response-max-tokens",),
        why="More tokens come, and are paid for, than the caller allowed.",
        edit=_as_if(_longer),
    ),
    Fault(
        id="reasoning-not-encrypted",
        breaks=("reasoning-encrypted",),
        why="The caller stores nothing at the endpoint, and gets no reasoning to send back.",
        edit=when(
            lambda ask, _: bool(asked(ask).get("reasoning")),
            _as_if(_lacking("include")),
        ),
    ),
    Fault(
        id="responses-logprobs-missing",
        breaks=("response-logprobs-present",),
        why="Logprobs were asked for and none come, without a word.",
        edit=when(
            lambda ask, _: "top_logprobs" in asked(ask),
            _as_if(_lacking("include", "top_logprobs")),
        ),
    ),
    Fault(
        id="custom-tool-as-function",
        breaks=("tool-kind", "claim-kept"),
        cause="No call of a custom tool comes, though custom tools are claimed.",
        why="A tool that takes plain text is called with JSON, which coding agents refuse.",
        edit=_as_if(_functions),
    ),
    Fault(
        id="custom-input-at-once",
        breaks=("custom-input-streamed",),
        why="The input of a custom tool comes with the finished item alone, and agents run it with none.",
        edit=responses(renumbered(dropped(every(rb'"type":"response\.custom_tool_call_input')))),
    ),
    Fault(
        id="responses-arguments-of-a-strict-function-missing",
        breaks=("response-arguments-strict", "twin-arguments"),
        cause="Without streaming it is there.",
        why="A strict function is called without an argument that it requires.",
        edit=_as_if(_fewer_arguments),
    ),
    Fault(
        id="responses-call-of-no-tool",
        breaks=("tool-name-offered", "twin-tool-calls"),
        cause="Without streaming the name is right.",
        why="The name of the tool lost a letter: the client has no such tool.",
        edit=_renamed("get_wether"),
    ),
    Fault(
        id="responses-call-name-with-prefix",
        breaks=("tool-name-form", "tool-name-offered", "twin-tool-calls"),
        cause="No tool of that name was offered, nor may be. Without streaming the name is right.",
        why="The model's own prefix stays before the name, and the next request is refused.",
        edit=_renamed("functions.get_weather"),
    ),
    Fault(
        id="response-echo-stored",
        breaks=("response-echo",),
        why="The response says that it is stored, though the request forbids it.",
        edit=_echo(_kept),
    ),
    Fault(
        id="response-tools-without-strict",
        breaks=("response-echo-tools",),
        why="The functions in the response do not say whether they are strict, and typed clients raise.",
        edit=_echo(_loose),
    ),
    Fault(
        id="response-tools-empty",
        breaks=("response-tools-listed",),
        why="The response lists no tools, and logs show a request without any.",
        edit=_echo(lambda response: response.update({"tools": []})),
    ),
    Fault(
        id="item-id-long",
        breaks=("item-id-length",),
        why="Ids of messages are longer than OpenAI takes back in the next request.",
        edit=responses(sub(every(rb""), rb'"msg_', b'"msg_' + b"0" * 64)),
    ),
    Fault(
        id="item-phase-lost",
        breaks=("item-phase",),
        why="The finished message has no phase, and the next turn cannot repeat it.",
        edit=responses(
            altered(every(DONE_ITEM), each(item, _without_phase)),
            altered(every(TERMINAL), each(output, _without_phase)),
        ),
    ),
    Fault(
        id="items-interleaved",
        breaks=("items-overlap",),
        why="The message begins while the reasoning is open, and clients put the summary into it.",
        edit=responses(
            when(
                lambda _, reply: len(every(ADDED)(reply.frames)) > 1,
                renumbered(chained(moved(last(ADDED), first(ADDED)))),
            )
        ),
    ),
)
