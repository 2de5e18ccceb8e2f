"""Requirements that a response says of itself what its request asked for.

OpenAI fills in what a request leaves out and puts it into normal form: `strict` and `additionalProperties` of
a function, the level of a summary, the empty description as null. Only what contradicts the request counts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from conformance.assemble.payload import frozen
from conformance.catalogue import Level, Violation, trigger
from conformance.exchange import Need
from conformance.requirements.declare import responses_rule
from conformance.requirements.responses.common import value_shown
from conformance.sources import openapi
from conformance.subject import ResponsesStream
from conformance.text import clipped, fits, shown

_FULL = openapi("Response")

Found = Iterator[tuple[str, Any, Any]]
"""Where an echo contradicts its request: path, value asked for, value told."""

# Keywords of a JSON Schema that describe and do not bind: an endpoint may leave them out.
_REMARKS: Final = frozenset(
    ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly")
)
_DEEPEST: Final = 60  # nesting depth; deeper values are not compared
_SETS: Final = ("required", "enum", "type")  # arrays in which order means nothing


def _same(asked: Any, told: Any) -> Found:
    if isinstance(asked, str) and isinstance(told, str) and fits(asked, told):
        return  # a credential is removed from its field of the request, however short it is
    if told != asked or isinstance(told, bool) is not isinstance(asked, bool):
        yield "", asked, told


def _number(asked: Any, told: Any) -> Found:
    # Single precision writes 0.1 as 0.10000000149.
    near = isinstance(asked, int | float) and isinstance(told, int | float) and abs(asked - told) < 1e-6
    if not near:
        yield "", asked, told


def _text(asked: Any, told: Any) -> Found:
    # A text in several messages is what a stored prompt makes of it.
    if not isinstance(told, list) and (told or "") != asked:
        yield "", asked, told


def _off(asked: Any, told: Any) -> Found:
    # What is switched off stays off; an endpoint may be unable to switch it on.
    if asked is False and told is True:
        yield "", asked, told


def _parts(asked: Any, told: Any, depth: int = 0) -> Found:
    """Every key that was asked for, whatever else there is; null is as good as an object without keys."""
    if depth > _DEEPEST:
        return
    if isinstance(asked, list) and isinstance(told, list) and len(asked) == len(told):
        asked, told = ({str(place): item for place, item in enumerate(both)} for both in (asked, told))
    if not isinstance(asked, dict) or not isinstance(told, dict):
        if asked != {} or told is not None:
            yield from _same(asked, told)
        return
    for key, value in asked.items():
        if value is None or (value == "" and not told.get(key)):
            continue
        compare = _schema if key in ("schema", "parameters") else _parts
        for path, before, after in compare(value, told.get(key), depth + 1):
            yield f"{key}.{path}".rstrip("."), before, after


def _schema(asked: Any, told: Any, depth: int = 0) -> Found:
    """A JSON Schema, to which strict mode may add keys and required names."""
    if depth > _DEEPEST:
        return
    if isinstance(asked, dict) and isinstance(told, dict):
        for key, value in asked.items():
            left_out = key not in told and (key.startswith("$") or key in _REMARKS)
            if left_out or (key in _REMARKS and isinstance(value, str)):
                continue
            if key in _SETS and isinstance(value, list) and isinstance(told.get(key), list):
                if not {*map(frozen, value)} <= {*map(frozen, told[key])}:
                    yield key, value, told[key]
                continue
            for path, before, after in _schema(value, told.get(key), depth + 1):
                yield f"{key}.{path}".rstrip("."), before, after
    elif isinstance(asked, list) and isinstance(told, list) and len(asked) == len(told):
        for number, (one, two) in enumerate(zip(asked, told, strict=True)):
            for path, before, after in _schema(one, two, depth + 1):
                yield f"{number}.{path}".rstrip("."), before, after
    else:
        yield from _same(asked, told)


def _reasoning(asked: Any, told: Any) -> Found:
    # `auto` becomes the most detailed summary that the model has.
    settings = asked if isinstance(asked, dict) else {}
    free = ("summary", "generate_summary") if settings.get("summary") == "auto" else ("generate_summary",)
    yield from _parts({key: value for key, value in settings.items() if key not in free}, told)


_SETTINGS: Final[Mapping[str, Callable[[Any, Any], Found]]] = {
    "background": _off,
    "instructions": _text,
    "max_output_tokens": _same,
    "max_tool_calls": _same,
    "metadata": _parts,
    "parallel_tool_calls": _off,
    "previous_response_id": _same,
    "reasoning": _reasoning,
    "store": _off,  # OpenAI stores nothing for organisations that chose so, whatever the request says
    "temperature": _number,
    "text": _parts,
    "tool_choice": _parts,
    "top_logprobs": _same,
    "top_p": _number,
    "truncation": _same,
}
"""The keys of a response that repeat a key of its request, and how each is compared."""


@dataclass(frozen=True, slots=True)
class _Echo:
    """What the response says under one key, in the first event in which it says something."""

    event: int
    told: Any


def _echo(stream: ResponsesStream, key: str) -> _Echo | None:
    for snapshot in stream.responses.lifecycle.seen:
        if key in snapshot.response and snapshot.type != "response.failed":
            return _Echo(snapshot.event, snapshot.response[key])
    return None


@trigger(absent="the request sets nothing that the response repeats")
def settings_asked(stream: ResponsesStream) -> list[str]:
    """The keys that the request sets and the response has."""
    if stream.resumed:
        return []
    return [key for key in _SETTINGS if stream.asked.get(key) is not None and _echo(stream, key) is not None]


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "What a response repeats of its request is what was asked: limits, format, reasoning, metadata, "
        "instructions, sampling, storing, `tool_choice`."
    ),
    hurts="The caller cannot tell whether the settings were used; logs and evaluations file wrong ones.",
    sources=[_FULL, openapi("ResponseProperties")],
    when=settings_asked,
    needs=[Need.REQUEST],
)
def response_echo(stream: ResponsesStream) -> Iterator[Violation]:
    """Keys that the response leaves out are not judged, nor values that the endpoint fills in."""
    for key in settings_asked(stream):
        echo = _echo(stream, key)
        for path, asked, told in _SETTINGS[key](stream.asked[key], echo.told) if echo else ():
            yield Violation(
                event=echo.event if echo else None,
                place=f"response.{key}.{path}".rstrip("."),
                expected=f"{shown(asked)}, as asked",
                observed=value_shown(told),
            )


_SETTINGS_OF_TOOLS: Final = ("description", "parameters", "strict", "format")


def _tools(value: Any) -> list[dict[str, Any]]:
    found = [tool for tool in value if isinstance(tool, dict)] if isinstance(value, list) else []
    return [tool for tool in found if tool.get("type") in ("function", "custom")]


def _name(tool: dict[str, Any]) -> str:
    name = tool.get("name")
    return clipped(name, 200) if isinstance(name, str) else ""


@trigger(absent="no function or custom tool was offered, or the response lists no tools")
def tools_told(stream: ResponsesStream) -> list[dict[str, Any]]:
    """The functions and custom tools that the response lists, where the request offers some."""
    echo = _echo(stream, "tools")
    if stream.resumed or echo is None or not _tools(stream.asked.get("tools")):
        return []
    return _tools(echo.told)


@responses_rule(
    level=Level.SHOULD,
    statement=(
        "The tools in a response are those of its request, with their schema; a function says whether it is "
        "`strict`."
    ),
    hurts="Typed clients raise on a function without `strict`; others file tools that nobody offered.",
    sources=[openapi("FunctionTool"), _FULL],
    when=tools_told,
    needs=[Need.REQUEST],
    reports=["theopenco/llmgateway#2287"],
)
def response_echo_tools(stream: ResponsesStream) -> Iterator[Violation]:
    """Compared by name. Hosted tools are left out: OpenAI fills in their settings and hides some."""
    echo, told = _echo(stream, "tools"), {_name(tool): tool for tool in tools_told(stream)}
    event, place, names = echo.event if echo else None, "response.tools", _names(told)
    for number, asked in enumerate(_tools(stream.asked.get("tools"))):
        name = _name(asked)
        found = told.get(name)
        if found is None:
            yield Violation(event=event, place=place, expected=f"{name}, as offered", observed=names)
            continue
        if found.get("type") == "function" and "strict" not in found:
            yield Violation(
                event=event,
                place=f"{place}.{number}.strict",
                expected=f"whether {name} is strict",
                observed="no such key",
            )
        settings = {key: asked[key] for key in _SETTINGS_OF_TOOLS if key in asked}
        for path, before, after in _parts(settings, {"strict": asked.get("strict"), **found}):
            yield Violation(
                event=event,
                place=f"{place}.{number}.{path}",
                expected=f"{shown(before)}, as offered",
                observed=value_shown(after),
            )
    offered = {_name(tool) for tool in _tools(stream.asked.get("tools"))}
    if strangers := [name for name in told if name not in offered]:
        yield Violation(
            event=event, place=place, expected="the tools that were offered", observed=_names(strangers)
        )


def _names(names: Iterable[str]) -> str:
    return clipped(", ".join(shown(name) for name in names), 2_000)


@trigger(absent="no tool was offered, or the response has no key `tools`")
def tools_asked(stream: ResponsesStream) -> bool:
    asked = stream.asked.get("tools")
    return (
        isinstance(asked, list) and bool(asked) and not stream.resumed and _echo(stream, "tools") is not None
    )


@responses_rule(
    level=Level.INFO,
    statement="A response lists tools where its request offers some.",
    hurts="Logs show a request without tools.",
    sources=[_FULL],
    when=tools_asked,
    needs=[Need.REQUEST],
)
def response_tools_listed(stream: ResponsesStream) -> Iterator[Violation]:
    """Servers that do not repeat the tools at all send an empty list, which misleads nobody's program."""
    echo = _echo(stream, "tools")
    if echo is not None and not echo.told:
        yield Violation(
            event=echo.event,
            place="response.tools",
            expected="the tools of the request",
            observed=value_shown(echo.told),
        )
