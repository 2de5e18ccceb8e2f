"""Requirements on the names of the tools that are called, in both APIs."""

import re
from collections.abc import Iterator
from typing import Any, Final

from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.declare import responses_rule, stream_rule
from conformance.requirements.tools.offered import Call, Tool, calls_made, made_calls, offered_tools
from conformance.sources import FUNCTION_CALLING, openapi
from conformance.subject import ChatStream, ResponsesStream, Stream
from conformance.text import clipped, shown

_ALIKE: Final = 100  # tools of one name that are told apart
_NAMES: Final = 2_000  # characters of the names of all tools that are shown
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
# The types of tools whose names the request gives. Any other may bring tools that only the endpoint knows.
_CLOSED: Final = ("function", "custom", "namespace")
# Keys of a request that may hold tools besides `tools`: stored prompts, and the function calls of old.
_ELSEWHERE: Final = ("prompt", "functions")
# Input items that add tools in the middle of a conversation.
_ADDING: Final = ("tool_search_output", "additional_tools", "mcp_list_tools")


def _place(stream: Stream, key: str) -> str:
    chat = {"name": "function.name", "type": "type"}
    return f"choices.*.delta.tool_calls.*.{chat[key]}" if isinstance(stream, ChatStream) else f"item.{key}"


def _names(tool: Tool) -> tuple[str, ...]:
    """The names by which a tool may be called: its own, with its namespace before it if it has one."""
    return (tool.name, f"{tool.namespace}.{tool.name}") if tool.namespace else (tool.name,)


@trigger(absent="no call, or the request does not list the tools that there are")
def named_calls(stream: Stream) -> list[Call]:
    """The calls with a name, where the request offers tools, and names every tool that there is."""
    given = stream.asked.get("input")
    added = any(
        isinstance(item, dict) and item.get("type") in _ADDING
        for item in (given if isinstance(given, list) else ())
    )
    if not _lists_tools(stream.asked.get("tools")) or added:
        return []
    if any(stream.asked.get(key) for key in _ELSEWHERE):
        return []
    return [call for call in made_calls(stream) if call.name]


def _lists_tools(tools: Any) -> bool:
    return (
        isinstance(tools, list)
        and bool(tools)
        and all(isinstance(entry, dict) and entry.get("type") in _CLOSED for entry in tools)
    )


@stream_rule(
    level=Level.SHOULD,
    statement="A call is of a tool that the request offers.",
    hurts="The client has no tool of that name, and the conversation ends there.",
    sources=[FUNCTION_CALLING],
    when=named_calls,
    needs=[Need.REQUEST],
    model=True,
    reports=["MoonshotAI/kimi-cli#2513", "vllm-project/vllm#32587"],
    rests_on=["event-terminated", "event-json", "event-foreign", "utf8-valid", "tool-name-form"],
)
def tool_name_offered(stream: Stream) -> Iterator[Violation]:
    """Names are compared letter by letter; a namespace and a dot may stand before the name.

    Not judged where tools come from elsewhere: hosted tools, tool search, stored prompts.
    """
    tools = offered_tools(stream)
    names = {name for tool in tools for name in _names(tool)}
    expected = clipped(" or ".join(dict.fromkeys(tool.name for tool in tools)), _NAMES)
    for call in named_calls(stream):
        if call.name not in names:
            yield Violation(
                event=call.event,
                place=_place(stream, "name"),
                expected=expected,
                observed=shown(call.name),
            )


@stream_rule(
    level=Level.SHOULD,
    statement="The name of a called tool has 1 to 64 of the characters A-Z, a-z, 0-9, _ and -.",
    hurts="OpenAI, and clients that check as it does, refuse the conversation when the call is sent back.",
    sources=[openapi("FunctionObject"), FUNCTION_CALLING],
    when=calls_made,
    reports=["vllm-project/vllm#32587"],
    rests_on=[
        *("event-terminated", "event-json", "event-foreign", "utf8-valid"),
        *("control-text", "control-text-cut", "tool-markup"),
    ],
)
def tool_name_form(stream: Stream) -> Iterator[Violation]:
    """A name that the request itself offers is accepted, whatever its form. So is a namespace before it.

    A namespace that stands in the name alone is reported by `tool-namespace`.
    """
    tools = offered_tools(stream)
    offered = {name for tool in tools for name in _names(tool)}
    for call in made_calls(stream):
        name = call.name.removeprefix(f"{call.namespace}.") if call.namespace else call.name
        if name and name not in offered and not _NAME.fullmatch(name):
            yield Violation(
                event=call.event,
                place=_place(stream, "name"),
                expected="1 to 64 of A-Z, a-z, 0-9, _ and -",
                observed=shown(call.name, 100),
            )


def _called(stream: Stream) -> list[tuple[Call, list[Tool]]]:
    """The calls, each with the offered tools that it may mean: those of its name, at most a hundred."""
    tools: dict[str, list[Tool]] = {}
    for tool in offered_tools(stream):
        for name in _names(tool):
            found = tools.setdefault(name, [])
            if len(found) < _ALIKE:
                found.append(tool)
    return [(call, tools.get(call.name, [])) for call in made_calls(stream)]


@trigger(absent="no tool of a namespace was offered and called")
def namespaced_calls(stream: ResponsesStream) -> list[tuple[Call, list[Tool]]]:
    """The calls of tools that are offered in namespaces only, each with those tools."""
    return [
        (call, found) for call, found in _called(stream) if found and all(tool.namespace for tool in found)
    ]


@responses_rule(
    level=Level.SHOULD,
    statement="The call of a tool in a namespace names the namespace.",
    hurts="Clients that look the tool up by namespace and name do not find it.",
    sources=[openapi("FunctionToolCall"), openapi("NamespaceToolParam")],
    when=namespaced_calls,
    needs=[Need.REQUEST],
)
def tool_namespace(stream: ResponsesStream) -> Iterator[Violation]:
    """The key `namespace` of the item; a name such as `crm.find` alone does not do."""
    for call, tools in namespaced_calls(stream):
        spaces = list(dict.fromkeys(tool.namespace for tool in tools))
        if call.namespace not in spaces:
            yield Violation(
                event=call.last,
                place="item.namespace",
                expected=" or ".join(map(shown, spaces)),
                observed=shown(call.namespace) if call.namespace else "no namespace",
            )


@trigger(absent="no offered tool was called")
def offered_calls(stream: Stream) -> list[tuple[Call, list[Tool]]]:
    """The calls of offered tools, each with the tools of that name."""
    return [(call, found) for call, found in _called(stream) if found]


@stream_rule(
    level=Level.MUST,
    statement="A custom tool is called as a custom tool, and a function as a function.",
    hurts="Clients look the call up by its type: they raise, or hand JSON to a tool that takes plain text.",
    sources=[FUNCTION_CALLING, openapi("CustomToolCall")],
    when=offered_calls,
    needs=[Need.REQUEST],
    capability="responses-custom-tools",
    reports=["decolua/9router#1371", "router-for-me/CLIProxyAPI#5753"],
    rests_on=["event-terminated", "event-json", "event-foreign", "utf8-valid"],
)
def tool_kind(stream: Stream) -> Iterator[Violation]:
    """An endpoint without custom tools should refuse them; turning them into functions is a violation."""
    for call, tools in offered_calls(stream):
        kinds = list(dict.fromkeys(tool.kind for tool in tools))
        if call.kind not in kinds:
            yield Violation(
                event=call.event,
                place=_place(stream, "type"),
                expected=f"a call of the {kinds[0]} tool {call.name}",
                observed=f"a call of a {call.kind} tool",
            )
